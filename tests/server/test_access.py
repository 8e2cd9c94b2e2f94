"""Who may ask a server: with a key on every address, and without one where nothing is told."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.test import Client, TestResponse

from askdex.indexer.search.searcher import Searcher
from askdex.server.access import Guard, KeysNeededError, guard_of
from askdex.server.app import create_app, create_building_app
from askdex.server.building import Building
from askdex.server.keys import Keys, Scope, add_key, keys_file, revoke_key
from askdex.server.metrics import Metrics
from askdex.server.rules import Rules

PAGE = {"Accept": "text/html"}
NO_KEY_ASKED = {"/livez", "/static/<path:filename>", "/key", "/sign-out", "/logo", "/colour.css"}


@pytest.fixture
def client(searcher: Searcher, key_file: Path) -> FlaskClient:
    add_key(key_file, "anna", [Scope.READ])
    return create_app(searcher, guard=Guard(Keys(key_file), is_public=False, needs_keys=False)).test_client()


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def routes(app: Flask) -> Iterator[tuple[str, str]]:
    """Every method and address of an app."""
    for rule in app.url_map.iter_rules():
        path = rule.rule
        for name in rule.arguments:
            path = path.replace(f"<{name}>", "x").replace(f"<path:{name}>", "x")
        for method in (rule.methods or set()) - {"OPTIONS"}:
            if rule.rule not in NO_KEY_ASKED:
                yield method, path


def test_every_address_asks_for_a_key(client: FlaskClient) -> None:
    asked = [*routes(client.application), ("GET", "/nothing"), ("DELETE", "/"), ("POST", "/documents")]
    assert len(asked) > 40
    for method, path in asked:
        for headers in ({}, bearer("x"), {"Authorization": "Basic eDp4"}, {"Cookie": "askdex_key=x"}):
            response = client.open(path, method=method, headers=headers)
            assert (response.status_code, response.headers["WWW-Authenticate"]) == (401, "Bearer"), (method, path)
            assert b"card" not in response.data
    assert client.get("/livez").status_code == 200
    with client.get("/static/style.css") as style:
        assert style.status_code == 200


def test_a_key_opens_the_pages_the_endpoint_and_the_tools(client: FlaskClient, key_file: Path) -> None:
    headers = bearer(add_key(key_file, "bert", [Scope.READ]))
    for path in ("/", "/documents", "/guide/", "/readyz", "/api/v1/documents", "/api/v1/search?q=card"):
        assert client.get(path, headers=headers).status_code == 200, path
    listing = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    accepted = {"Accept": "application/json, text/event-stream"}
    assert client.post("/mcp", json=listing, headers=headers | accepted).status_code == 200
    assert client.post("/mcp", json=listing, headers=accepted).status_code == 401


def test_a_key_is_good_for_its_scopes_alone(client: FlaskClient, key_file: Path) -> None:
    readers, writers = (bearer(add_key(key_file, scope.value, [scope])) for scope in (Scope.READ, Scope.WRITE))
    refused = client.delete("/api/v1/documents", headers=readers)
    assert (refused.status_code, refused.content_type) == (403, "application/problem+json")
    assert "needs the scope write" in refused.get_json()["detail"]
    assert client.delete("/api/v1/documents", headers=writers).status_code == 405
    assert client.get("/api/v1/documents", headers=writers).status_code == 403


def test_a_revoked_key_opens_nothing_from_the_next_request_on(client: FlaskClient, key_file: Path) -> None:
    headers = bearer(add_key(key_file, "bert", [Scope.READ]))
    assert client.get("/readyz", headers=headers).status_code == 200
    revoke_key(key_file, "bert")
    assert client.get("/readyz", headers=headers).status_code == 401
    revoke_key(key_file, "anna")
    assert client.get("/readyz").status_code == 401
    key_file.unlink()
    assert client.get("/readyz").status_code == 401


def test_a_file_of_keys_that_is_broken_opens_nothing(client: FlaskClient, key_file: Path) -> None:
    headers = bearer(add_key(key_file, "bert", [Scope.READ]))
    key_file.write_bytes(b"[")
    assert client.get("/readyz", headers=headers).status_code == 503


def given(client: Client, token: str, to: str = "/?q=card", **headers: str) -> TestResponse:
    return client.post("/key", data={"key": token, "to": to}, headers={**PAGE, **headers})


def test_a_browser_keeps_a_key_that_it_was_given_once(client: FlaskClient, key_file: Path) -> None:
    token = add_key(key_file, "bert", [Scope.READ])
    page = client.get("/?q=card", headers=PAGE)
    assert (page.status_code, page.mimetype) == (401, "text/html")
    assert 'value="/?q=card"' in page.text
    assert "form-action 'self'" in page.headers["Content-Security-Policy"]
    led = given(client, f" {token} ")
    assert (led.status_code, led.location) == (303, "http://localhost/?q=card")
    (cookie,) = led.headers.getlist("Set-Cookie")
    assert {"HttpOnly", "SameSite=Strict", "Path=/"} <= set(cookie.split("; "))
    assert "Secure" not in cookie
    assert client.get("/?q=card", headers=PAGE).status_code == 200
    revoke_key(key_file, "bert")
    assert client.get("/?q=card", headers=PAGE).status_code == 401


def test_a_wrong_key_is_not_kept_and_its_page_still_leads_on(client: FlaskClient) -> None:
    refused = given(client, "wrong")
    assert (refused.status_code, refused.headers.getlist("Set-Cookie")) == (401, [])
    assert 'role="alert"' in refused.text
    assert 'value="/?q=card"' in refused.text


@pytest.mark.parametrize(
    "to", ["https://evil.example/", "//evil.example", "/\\evil.example", "@evil.example", "", "javascript:alert(1)"]
)
def test_no_key_leads_to_another_site(client: FlaskClient, key_file: Path, to: str) -> None:
    led = given(client, add_key(key_file, "bert", [Scope.READ]), to)
    assert led.status_code == 303
    assert led.location.startswith("http://localhost/")


def test_no_page_of_another_site_gives_a_key(client: FlaskClient, key_file: Path) -> None:
    token = add_key(key_file, "bert", [Scope.READ])
    for site in ("cross-site", "same-site"):
        assert given(client, token, **{"Sec-Fetch-Site": site}).status_code == 403
    assert given(client, token, **{"Sec-Fetch-Site": "same-origin"}).status_code == 303


def test_below_a_path_and_encrypted_the_cookie_is_for_that_alone(client: FlaskClient, key_file: Path) -> None:
    token = add_key(key_file, "bert", [Scope.READ])
    site = Client(DispatcherMiddleware(Flask("host").wsgi_app, {"/help": client.application.wsgi_app}))
    page = site.get("/help/documents", headers=PAGE, base_url="https://help.example")
    assert 'action="/help/key"' in page.text
    assert 'value="/help/documents"' in page.text
    led = site.post("/help/key", data={"key": token, "to": "/help/documents"}, base_url="https://help.example")
    assert led.location == "https://help.example/help/documents"
    assert {"Secure", "Path=/help"} <= set(led.headers["Set-Cookie"].split("; "))


def test_without_keys_whoever_reaches_it_may_ask_and_with_the_first_nobody_else(searcher: Searcher, key_file: Path) -> None:
    client = create_app(searcher, guard=Guard(Keys(key_file), is_public=False, needs_keys=False)).test_client()
    assert client.get("/readyz").status_code == 200
    add_key(key_file, "anna", [Scope.READ])
    assert client.get("/readyz").status_code == 401


def test_a_public_server_asks_for_none(searcher: Searcher, key_file: Path) -> None:
    add_key(key_file, "anna", [Scope.READ])
    client = create_app(searcher, guard=Guard(Keys(key_file), is_public=True, needs_keys=True)).test_client()
    assert client.get("/readyz").status_code == 200


def test_how_far_the_documents_are_read_is_told_to_those_with_a_key(key_file: Path) -> None:
    headers = bearer(add_key(key_file, "anna", [Scope.READ]))
    client = create_building_app(Building(), guard=Guard(Keys(key_file), is_public=False, needs_keys=False)).test_client()
    assert [client.get("/readyz", headers=each).status_code for each in ({}, headers)] == [401, 503]
    assert client.get("/livez").status_code == 200


@pytest.mark.parametrize("is_public", [False, True])
@pytest.mark.parametrize("rules", [None, Rules()])
def test_the_metrics_are_told_to_keys_of_their_scope(key_file: Path, *, is_public: bool, rules: Rules | None) -> None:
    readers, scrapers = (bearer(add_key(key_file, scope.value, [scope])) for scope in (Scope.READ, Scope.ADMIN))
    guard = Guard(Keys(key_file), is_public=is_public, needs_keys=bool(rules), rules=rules)
    client = Client(guard.told(Metrics().app))
    told = [client.get("/metrics", headers=each) for each in ({}, readers, scrapers)]
    assert [each.status_code for each in told] == [401, 403, 200]
    assert [each.content_type for each in told[:2]] == ["application/problem+json"] * 2
    assert told[0].headers["WWW-Authenticate"] == "Bearer"
    key_file.unlink()
    assert client.get("/metrics").status_code == 401


@pytest.mark.parametrize("is_public", [False, True])
def test_the_metrics_need_a_key_where_rules_hide_documents(key_file: Path, *, is_public: bool) -> None:
    guard = Guard(Keys(key_file), is_public=is_public, needs_keys=True, rules=Rules())
    assert Client(guard.told(Metrics().app)).get("/metrics").status_code == 401


@pytest.mark.parametrize(("is_public", "needs_keys"), [(False, False), (True, False), (True, True)])
def test_the_metrics_need_no_key_where_nobody_has_one(key_file: Path, *, is_public: bool, needs_keys: bool) -> None:
    guard = Guard(Keys(key_file), is_public=is_public, needs_keys=needs_keys)
    assert Client(guard.told(Metrics().app)).get("/metrics").status_code == 200


def test_beyond_this_computer_a_key_is_needed_unless_it_is_public(tmp_path: Path) -> None:
    index = tmp_path / "index"
    with pytest.raises(KeysNeededError, match=r"askdex key add NAME --index \S+, or let everybody read with --public"):
        guard_of(index, is_public=False, is_local=False)
    assert guard_of(index, is_public=True, is_local=False).readers == "Whoever reaches it may read all that is indexed."
    assert not guard_of(index, is_public=False, is_local=True).asks
    add_key(keys_file(index), "anna", [Scope.READ])
    guard = guard_of(index, is_public=False, is_local=False)
    assert (guard.asks, guard.readers) == (True, "Who has a key may read all that is indexed; there is one: askdex key list")
