"""The address for assistants, without an assistant: who may ask there, and what else is answered."""

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.test import Client, TestResponse

from askdex.indexer.search.searcher import Searcher
from askdex.server.app import create_app, create_building_app
from askdex.server.building import Building

ACCEPTED = {"Accept": "application/json, text/event-stream"}
CALL = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "documents", "arguments": {"limit": 1}}}


@pytest.fixture
def client(searcher: Searcher) -> FlaskClient:
    return create_app(searcher).test_client()


def posted(client: Client, address: str = "/mcp", body: object = CALL, **headers: str) -> TestResponse:
    return client.post(address, json=body, headers={**ACCEPTED, **headers})


def uri(response: TestResponse) -> str:
    assert response.status_code == 200
    assert response.content_type == "application/json"
    body: dict[str, Any] = response.get_json()
    found: str = body["result"]["structuredContent"]["documents"][0]["uri"]
    return found


def test_each_request_stands_alone(client: FlaskClient) -> None:
    assert [uri(posted(client)) for _ in range(2)] == ["card.md", "card.md"]
    assert "Mcp-Session-Id" not in posted(client).headers
    assert client.get("/mcp", headers=ACCEPTED).status_code == 405


def test_assistants_ask_under_a_path_of_a_site_too(searcher: Searcher) -> None:
    site = Client(DispatcherMiddleware(Flask("host").wsgi_app, {"/help": create_app(searcher)}))
    assert uri(posted(site, "/help/mcp")) == "card.md"


def test_pages_of_other_sites_may_not_ask(client: FlaskClient) -> None:
    assert uri(posted(client, Origin="http://localhost")) == uri(posted(client, Origin="https://localhost")) == "card.md"
    for origin in ("https://evil.example", "null", "http://localhost.evil.example"):
        refused = posted(client, Origin=origin)
        assert (refused.status_code, refused.content_type) == (403, "application/problem+json")
        assert "Origin" in refused.get_json()["detail"]


@pytest.mark.parametrize("accept", [ACCEPTED["Accept"], "*/*"])
def test_what_is_not_sent_as_json_gets_a_problem(client: FlaskClient, accept: str) -> None:
    refused = client.post("/mcp", data=b"{}", headers={"Accept": accept, "Content-Type": "text/plain"})
    assert refused.status_code in (400, 415)
    assert refused.content_type == "application/problem+json"
    assert "Content-Type" in refused.get_json()["detail"]


def test_names_that_are_not_trusted_are_refused(searcher: Searcher) -> None:
    client = create_app(searcher, ["help.example"]).test_client()
    assert posted(client, Host="evil.example", Origin="http://evil.example").status_code == 400
    assert uri(posted(client, Host="help.example")) == "card.md"


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b'{"jsonrpc": "2.0", "id": 1, "method": "nothing"}', b"\xff", b"[" * 10_000]
)
@pytest.mark.parametrize("version", ["2025-11-25", "2026-07-28", "1999-01-01", "\x00"])
def test_what_is_no_call_is_refused_and_changes_nothing(client: FlaskClient, body: bytes, version: str) -> None:
    headers = {**ACCEPTED, "Mcp-Protocol-Version": version, "Content-Type": "application/json"}
    response = client.post("/mcp", data=body, headers=headers)
    assert response.status_code in (200, 400, 404)
    assert "error" in response.get_json()
    assert uri(posted(client)) == "card.md"


def test_a_body_that_is_too_large_gets_a_problem(client: FlaskClient) -> None:
    response = posted(client, body={"long": "a" * 2**17})
    assert (response.status_code, response.content_type) == (413, "application/problem+json")


def test_without_the_extra_the_problem_says_how_to_install_it(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("askdex.server.mcp.extra.find_spec", lambda _: None)
    response = posted(client)
    assert (response.status_code, response.content_type) == (501, "application/problem+json")
    assert "pip install 'askdex[mcp]'" in response.get_json()["detail"]


def test_until_there_is_an_index_assistants_are_told_to_come_again() -> None:
    response = posted(create_building_app(Building()).test_client())
    assert (response.status_code, response.headers["Retry-After"]) == (503, "5")


def test_an_error_of_a_tool_is_no_error_of_the_server(client: FlaskClient) -> None:
    response = posted(client, body={**CALL, "params": {"name": "ask", "arguments": {"question": ""}}})
    assert response.status_code == 200
    assert response.get_json()["result"]["isError"] is True
