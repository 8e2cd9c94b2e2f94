"""How often somebody may ask."""

from pathlib import Path

import pytest
from flask.testing import FlaskClient

from askdex.indexer.search.searcher import Searcher
from askdex.server.access import Guard
from askdex.server.app import create_app
from askdex.server.keys import Keys, Scope, add_key
from askdex.server.rates import Rate, network_of, rate_limit

MOST = 3


@pytest.fixture
def client(searcher: Searcher, key_file: Path) -> FlaskClient:
    rate = Rate(rate_limit(f"{MOST}/hour"))
    return create_app(searcher, guard=Guard(Keys(key_file), is_public=False, needs_keys=False, rate=rate)).test_client()


def statuses(client: FlaskClient, number: int, address: str, token: str = "", path: str = "/readyz") -> list[int]:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    sent = (client.get(path, headers=headers, environ_base={"REMOTE_ADDR": address}) for _ in range(number))
    return [response.status_code for response in sent]


def test_an_address_that_asks_too_often_is_told_when_to_ask_again(client: FlaskClient) -> None:
    assert statuses(client, MOST + 1, "192.0.2.1") == [200] * MOST + [429]
    refused = client.get("/api/v1/documents", environ_base={"REMOTE_ADDR": "192.0.2.1"})
    assert (refused.status_code, refused.content_type) == (429, "application/problem+json")
    assert "3 per 1 hour" in refused.get_json()["detail"]
    assert refused.get_json()["detail"].endswith(("ask again in 60 minutes.", "ask again in 59 minutes."))
    assert 3_500 < int(refused.headers["Retry-After"]) <= 3_600
    assert statuses(client, MOST, "192.0.2.2") == [200] * MOST
    assert statuses(client, MOST + 1, "192.0.2.1", path="/livez") == [200] * (MOST + 1)


def test_a_key_that_asks_too_often_is_refused_wherever_it_asks_from(client: FlaskClient, key_file: Path) -> None:
    anna, bert = (add_key(key_file, name, [Scope.READ]) for name in ("anna", "bert"))
    answered = [statuses(client, 1, f"192.0.2.{number}", anna)[0] for number in range(MOST + 1)]
    assert answered == [200] * MOST + [429]
    assert statuses(client, 1, "192.0.2.99", bert) == [200]


def test_wrong_keys_count_for_the_address(client: FlaskClient, key_file: Path) -> None:
    add_key(key_file, "anna", [Scope.READ])
    assert statuses(client, MOST + 1, "192.0.2.1", "wrong") == [401] * MOST + [429]


def test_computers_of_one_network_of_ipv6_count_as_one() -> None:
    assert network_of("2001:db8::1") == network_of("2001:db8::ffff:1") != network_of("2001:db8:0:1::1")
    assert network_of("192.0.2.1") == "192.0.2.1"


@pytest.mark.parametrize("text", ["", "60", "often", "60/fortnight", "-1/minute"])
def test_what_is_no_rate_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no rate such as 60/minute"):
        rate_limit(text)


def test_a_browser_that_asks_too_often_gets_a_page_that_leads_back(client: FlaskClient) -> None:
    statuses(client, MOST, "192.0.2.1")
    refused = client.get("/left-out?page=2", headers={"Accept": "text/html"}, environ_base={"REMOTE_ADDR": "192.0.2.1"})
    assert (refused.status_code, refused.mimetype) == (429, "text/html")
    assert "<h1>You have asked too often</h1>" in refused.text
    assert '<a href="/left-out?page=2">Try again</a>' in refused.text
