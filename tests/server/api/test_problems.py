"""Errors: one shape for programs, a page for people, and words that say what to do."""

import json
import shutil
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from selectolax.lexbor import LexborHTMLParser
from werkzeug.test import TestResponse

from askdex.indexer.errors import StorageError
from askdex.indexer.generations.reader import Reader
from askdex.indexer.ingest.update import update
from askdex.indexer.models.reranker import load_reranker
from askdex.indexer.search.rerank import RerankStage
from askdex.indexer.search.searcher import Searcher, open_searcher
from askdex.indexer.types import Query, Response, State
from askdex.server.app import create_app, create_building_app
from askdex.server.batching import BusyError
from askdex.server.building import Building
from tests.stubs import StubEncoder

SEARCH = "/api/v1/search"
AS_FIREFOX = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"}
AS_CHROMIUM = {
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8,"
    "application/signed-exchange;v=b3;q=0.7"
}
AS_SAFARI = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
AS_BROWSER = AS_CHROMIUM

BAD_FILTER_VALUES: list[object] = [None, [], {}, [None], [["a"]], [{}], ["a"] * 101]
BAD_VALUES: dict[str, list[object]] = {
    "question": ["", " \n\t ", "\u3000", "a" * 2001, None, 1, True, ["a"], {"a": 1}],
    "limit": [0, -1, 101, 10**30, 1.5, "10", True, None, [1]],
    "offset": [-1, 10_001, 10**30, 0.5, "0", False, None],
    "mode": ["slow", "FAST", "", 1, None, ["fast"]],
    "filter": [
        *([], "topic", 1, None, *({"topic": value} for value in BAD_FILTER_VALUES)),
        {f"key {n}": "a" for n in range(101)},
    ],
    "questions": ["Who?"],
    "Question": ["Who?"],
    "": [1],
}


class FailingSearcher(Searcher):
    """Fails at every question with words that nobody outside may read."""

    def answers(self, queries: Sequence[Query]) -> Iterator[Response]:
        raise RuntimeError(f"secret {queries[0].question}")


class UnreadableSearcher(Searcher):
    """Cannot read its index, for a reason with a place that nobody outside may know."""

    def answers(self, queries: Sequence[Query]) -> Iterator[Response]:
        raise StorageError(f"The database postgresql://secret@db/x cannot be asked {queries[0].question}: start the server.")


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("problems")
    (folder / "card.md").write_text("---\ntopic: cards\n---\n# The card\n\nThe office issues the card.\n", encoding="utf-8")
    update(folder / "index", [folder / "card.md"], load_encoder=lambda _: StubEncoder())
    return folder / "index"


@pytest.fixture
def client(index: Path) -> Iterator[FlaskClient]:
    """An app over one small document, without a model."""
    with closing(open_searcher(index, lambda _: StubEncoder())) as searcher:
        yield create_app(searcher).test_client()


@pytest.fixture
def failing(index: Path) -> Iterator[FlaskClient]:
    with closing(FailingSearcher(Reader(index), StubEncoder())) as searcher:
        yield create_app(searcher).test_client()


@pytest.fixture
def without_extra(index: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FlaskClient]:
    monkeypatch.setattr("askdex.indexer.models.reranker.packaged_folder", lambda: None)
    with closing(open_searcher(index, lambda _: StubEncoder(), RerankStage(load=load_reranker))) as searcher:
        yield create_app(searcher).test_client()


@pytest.fixture
def own_index(index: Path, tmp_path: Path) -> Path:
    """A copy of the index, to be damaged."""
    return shutil.copytree(index, tmp_path / "index")


def problem(response: TestResponse, status: HTTPStatus) -> dict[str, Any]:
    """The problem that a response describes, after a look at its shape."""
    assert (response.status_code, response.mimetype) == (status, "application/problem+json"), response.text
    details: dict[str, Any] = response.get_json()
    assert set(details) - {"errors"} == {"type", "title", "status", "detail"}
    assert (details["type"], details["title"], details["status"]) == ("about:blank", status.phrase, status)
    assert details["detail"].strip()
    assert "\n" not in details["detail"]
    return details


def places(details: dict[str, Any]) -> set[str]:
    """What the parts of a request are called that are wrong in it."""
    assert all(set(error) == {"at", "detail"} and error["detail"] for error in details["errors"])
    assert all(f"{error['at']}: {error['detail']}" in details["detail"] for error in details["errors"])
    return {error["at"].split(".")[0] for error in details["errors"]}


@pytest.mark.parametrize(
    ("field", "value"),
    [(field, value) for field, values in BAD_VALUES.items() for value in values],
    ids=lambda value: repr(value)[:30],
)
def test_a_bad_value_in_a_body_is_named(client: FlaskClient, field: str, value: object) -> None:
    response = client.post(SEARCH, json={"question": "Who issues the card?", field: value})
    assert places(problem(response, HTTPStatus.UNPROCESSABLE_ENTITY)) == {field or "body"}


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        ({}, "q"),
        ({"q": ""}, "q"),
        ({"q": "  "}, "q"),
        ({"q": "a" * 2001}, "q"),
        ({"q": "a", "limit": "0"}, "limit"),
        ({"q": "a", "limit": "101"}, "limit"),
        ({"q": "a", "limit": "ten"}, "limit"),
        ({"q": "a", "limit": "1.5"}, "limit"),
        ({"q": "a", "limit": ""}, "limit"),
        ({"q": "a", "offset": "-1"}, "offset"),
        ({"q": "a", "offset": "10001"}, "offset"),
        ({"q": "a", "offset": "x"}, "offset"),
        ({"q": "a", "mode": "slow"}, "mode"),
        ({"q": "a", "mode": ""}, "mode"),
        ({"q": "a", "filter": "[]"}, "filter"),
        ({"q": "a", "filter": "null"}, "filter"),
        ({"q": "a", "filter": '{"topic": []}'}, "filter"),
        ({"q": "a", "filter": '{"topic": null}'}, "filter"),
        ({"q": "a", "page": "1"}, "page"),
    ],
)
def test_a_bad_value_in_a_query_string_is_named(client: FlaskClient, arguments: dict[str, str], field: str) -> None:
    assert places(problem(client.get(SEARCH, query_string=arguments), HTTPStatus.UNPROCESSABLE_ENTITY)) == {field}


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        ({"limit": "0"}, "limit"),
        ({"limit": "101"}, "limit"),
        ({"limit": "x"}, "limit"),
        ({"offset": "-1"}, "offset"),
        ({"offset": "x"}, "offset"),
        ({"page": "2"}, "page"),
    ],
)
def test_a_bad_page_of_documents_is_named(client: FlaskClient, arguments: dict[str, str], field: str) -> None:
    response = client.get("/api/v1/documents", query_string=arguments)
    assert places(problem(response, HTTPStatus.UNPROCESSABLE_ENTITY)) == {field}


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({}, "searches"),
        ({"searches": []}, "searches"),
        ({"searches": [{"question": "Who?"}] * 101}, "searches"),
        ({"searches": [{"question": "Who?"}, {"question": " "}]}, "searches.1.question"),
        ({"searches": [{"question": "Who?", "generation": 1}]}, "searches.0.generation"),
        ({"searches": [{"question": "Who?"}], "limit": 1}, "limit"),
    ],
)
def test_a_bad_batch_is_told_with_the_place(client: FlaskClient, body: object, place: str) -> None:
    details = problem(client.post(f"{SEARCH}/batch", json=body), HTTPStatus.UNPROCESSABLE_ENTITY)
    assert [error["at"] for error in details["errors"]] == [place]


def test_a_batch_of_a_gone_generation_is_refused(client: FlaskClient) -> None:
    body = {"searches": [{"question": "Who?"}], "generation": 99}
    problem(client.post(f"{SEARCH}/batch", json=body), HTTPStatus.CONFLICT)


def test_a_blank_question_is_told_in_one_sentence(client: FlaskClient) -> None:
    response = client.post(SEARCH, json={"question": " \u3000"})
    assert problem(response, HTTPStatus.UNPROCESSABLE_ENTITY)["detail"] == "question: Input should not be blank"


@pytest.mark.parametrize("value", BAD_FILTER_VALUES, ids=lambda value: repr(value)[:30])
def test_a_bad_value_of_a_filter_is_told_in_one_sentence(client: FlaskClient, value: object) -> None:
    response = client.post(SEARCH, json={"question": "Who?", "filter": {"topic": value}})
    assert problem(response, HTTPStatus.UNPROCESSABLE_ENTITY)["detail"] == (
        "filter.topic: Input should be a string, a number, true or false, a list of 1 to 100 of them, or a range (from, to)"
    )


def test_an_answer_that_does_not_fit_its_model_is_no_fault_of_the_request(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("askdex.server.service.Service.state", lambda _: State("none"))  # type: ignore[arg-type]
    problem(client.get("/readyz"), HTTPStatus.INTERNAL_SERVER_ERROR)


def test_no_offset_is_too_large_to_be_refused(client: FlaskClient) -> None:
    response = client.get("/api/v1/documents", query_string={"offset": 10**30})
    assert places(problem(response, HTTPStatus.UNPROCESSABLE_ENTITY)) == {"offset"}


def test_every_bad_value_is_named_at_once(client: FlaskClient) -> None:
    details = problem(client.post(SEARCH, json={"limit": 0, "mode": "slow"}), HTTPStatus.UNPROCESSABLE_ENTITY)
    assert places(details) == {"question", "limit", "mode"}


@pytest.mark.parametrize("body", [b"null", b"[]", b'"Who?"', b"1"])
def test_a_body_that_is_no_object_is_refused(client: FlaskClient, body: bytes) -> None:
    response = client.post(SEARCH, data=body, content_type="application/json")
    assert places(problem(response, HTTPStatus.UNPROCESSABLE_ENTITY)) == {"body"}


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"\xff", b'{"question": "a"', b"{'question': 'a'}", b'{"question": "\\ud800"}', b"[" * 60_000],
    ids=lambda body: repr(body)[:30],
)
def test_a_body_that_is_no_json_is_a_bad_request(client: FlaskClient, body: bytes) -> None:
    problem(client.post(SEARCH, data=body, content_type="application/json"), HTTPStatus.BAD_REQUEST)


def test_a_filter_in_a_query_string_that_is_no_json_is_a_bad_request(client: FlaskClient) -> None:
    details = problem(client.get(SEARCH, query_string={"q": "a", "filter": "topic"}), HTTPStatus.BAD_REQUEST)
    assert places(details) == {"filter"}


def test_a_filter_key_that_no_document_has_is_answered_with_those_that_are_there(client: FlaskClient) -> None:
    response = client.post(SEARCH, json={"question": "Who?", "filter": {"tpoic": "cards"}})
    detail = problem(response, HTTPStatus.UNPROCESSABLE_ENTITY)["detail"]
    assert "tpoic" in detail
    assert "document, language, format, topic" in detail


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/documents/none",
        "/api/v1/passages/none",
        "/api/v1/passages/none-0",
        "/api/v1/passages/-",
        "/api/v1/passages/-1",
        f"/api/v1/passages/none-{10**30}",
        "/api/v1/passages/none-²",
        "/api/v1",
        "/api/v2/search",
        "/documents/none",
        "/static/none.css",
        "/nothing",
    ],
)
def test_what_is_not_there_is_not_found(client: FlaskClient, path: str) -> None:
    problem(client.get(path), HTTPStatus.NOT_FOUND)


@pytest.mark.parametrize("passage", ["-1", "x", "9" * 5_000])
def test_a_passage_without_a_number_is_not_understood(client: FlaskClient, passage: str) -> None:
    document = client.get("/api/v1/documents").get_json()["documents"][0]["id"]
    assert client.get(f"/documents/{document}?passage=0").status_code == HTTPStatus.OK
    problem(client.get(f"/documents/{document}", query_string={"passage": passage}), HTTPStatus.UNPROCESSABLE_ENTITY)


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("DELETE", SEARCH, {"GET", "HEAD", "OPTIONS", "POST"}),
        ("PUT", "/api/v1/documents", {"GET", "HEAD", "OPTIONS"}),
        ("POST", "/api/v1/documents/none", {"GET", "HEAD", "OPTIONS"}),
        ("POST", "/", {"GET", "HEAD", "OPTIONS"}),
        ("PATCH", "/livez", {"GET", "HEAD", "OPTIONS"}),
    ],
)
def test_another_method_is_told_which_are_allowed(client: FlaskClient, method: str, path: str, allowed: set[str]) -> None:
    response = client.open(path, method=method)
    problem(response, HTTPStatus.METHOD_NOT_ALLOWED)
    assert set(response.headers["Allow"].split(", ")) == allowed


def test_a_body_that_is_too_large_is_refused(client: FlaskClient) -> None:
    body = json.dumps({"question": "a", "filter": {"topic": "b" * 2**16}})
    response = client.post(SEARCH, data=body, content_type="application/json")
    problem(response, HTTPStatus.REQUEST_ENTITY_TOO_LARGE)


def test_the_longest_question_is_answered_whatever_its_letters(client: FlaskClient) -> None:
    response = client.post(SEARCH, json={"question": "\U0001f600" * 2000})
    assert response.status_code == HTTPStatus.OK


@pytest.mark.parametrize("content_type", [None, "text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
def test_a_body_of_another_type_is_told_the_right_one(client: FlaskClient, content_type: str | None) -> None:
    response = client.post(SEARCH, data=b'{"question": "Who?"}', content_type=content_type)
    assert "application/json" in problem(response, HTTPStatus.UNSUPPORTED_MEDIA_TYPE)["detail"]


@pytest.mark.parametrize("content_type", ["application/json; charset=utf-8", "application/ld+json"])
def test_every_json_type_is_taken(client: FlaskClient, content_type: str) -> None:
    assert client.post(SEARCH, data=b'{"question": "Who?"}', content_type=content_type).status_code == HTTPStatus.OK


def test_an_unexpected_error_tells_the_log_and_nobody_else(failing: FlaskClient, caplog: pytest.LogCaptureFixture) -> None:
    response = failing.post(SEARCH, json={"question": "Who?"})
    problem(response, HTTPStatus.INTERNAL_SERVER_ERROR)
    assert "secret" not in response.text
    assert "secret Who?" in caplog.text


@pytest.mark.parametrize("headers", [{}, AS_BROWSER], ids=["program", "browser"])
def test_where_an_index_lies_that_cannot_be_read_tells_the_log_and_nobody_else(
    index: Path, headers: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    with closing(UnreadableSearcher(Reader(index), StubEncoder())) as searcher:
        response = create_app(searcher).test_client().get("/?q=Who", headers=headers)
    assert response.status_code == HTTPStatus.SERVICE_UNAVAILABLE
    assert "secret" not in response.text
    assert "secret" in caplog.text


def test_an_unexpected_error_shows_people_a_page(failing: FlaskClient, caplog: pytest.LogCaptureFixture) -> None:
    response = failing.get("/?q=Who", headers=AS_BROWSER)
    assert (response.status_code, response.mimetype) == (HTTPStatus.INTERNAL_SERVER_ERROR, "text/html")
    assert "secret" not in response.text
    assert "secret Who" in caplog.text


@pytest.mark.parametrize(
    "path", [f"{SEARCH}?q=card", "/api/v1/documents", "/api/v1/documents/a", "/api/v1/passages/a-0", "/readyz", "/", "/?q=card"]
)
def test_an_index_that_has_gone_is_reported_to_every_new_thread(own_index: Path, path: str) -> None:
    with closing(open_searcher(own_index, lambda _: StubEncoder())) as searcher, ThreadPoolExecutor(1) as other_thread:
        client = create_app(searcher).test_client()
        shutil.rmtree(own_index)
        detail = problem(other_thread.submit(client.get, path).result(), HTTPStatus.SERVICE_UNAVAILABLE)["detail"]
        assert "askdex index" in detail
        assert client.get("/livez").status_code == HTTPStatus.OK


def test_an_index_that_has_gone_is_reported_to_every_thread(own_index: Path) -> None:
    with closing(open_searcher(own_index, lambda _: StubEncoder())) as searcher:
        client = create_app(searcher).test_client()
        shutil.rmtree(own_index)
        problem(client.get("/readyz"), HTTPStatus.SERVICE_UNAVAILABLE)


def test_an_index_made_anew_in_its_place_answers_in_every_thread(own_index: Path, tmp_path: Path) -> None:
    with closing(open_searcher(own_index, lambda _: StubEncoder())) as searcher:
        client = create_app(searcher).test_client()
        shutil.rmtree(own_index)
        (tmp_path / "new.txt").write_text("The new card\n\nIt is green.\n", encoding="utf-8")
        update(own_index, [tmp_path / "new.txt"], load_encoder=lambda _: StubEncoder())
        assert [document["uri"] for document in client.get("/api/v1/documents").get_json()["documents"]] == ["new.txt"]


def test_an_index_that_is_damaged_while_it_is_served_is_reported(own_index: Path) -> None:
    with closing(open_searcher(own_index, lambda _: StubEncoder())) as searcher, ThreadPoolExecutor(1) as other_thread:
        client = create_app(searcher).test_client()
        (own_index / "index.sqlite").write_bytes(b"no longer an index" * 1000)
        detail = problem(other_thread.submit(client.get, "/readyz").result(), HTTPStatus.SERVICE_UNAVAILABLE)["detail"]
        assert "askdex doctor --repair" in detail


@pytest.mark.parametrize(
    ("method", "path", "status", "title"),
    [
        ("GET", "/nothing", HTTPStatus.NOT_FOUND, "There is no such page"),
        ("GET", "/?q=card&page=0", HTTPStatus.UNPROCESSABLE_ENTITY, "This address is not understood"),
        ("GET", "/?q=card&page=x", HTTPStatus.UNPROCESSABLE_ENTITY, "This address is not understood"),
        ("GET", f"/?q=card&page={10**30}", HTTPStatus.UNPROCESSABLE_ENTITY, "This address is not understood"),
        ("GET", "/?q=card&mode=slow", HTTPStatus.UNPROCESSABLE_ENTITY, "This address is not understood"),
        ("GET", f"/?q={'a' * 2001}", HTTPStatus.UNPROCESSABLE_ENTITY, "This address is not understood"),
        ("POST", "/", HTTPStatus.METHOD_NOT_ALLOWED, "Method Not Allowed"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_people_get_the_same_words_on_a_page(
    client: FlaskClient, method: str, path: str, status: HTTPStatus, title: str
) -> None:
    detail = problem(client.open(path, method=method), status)["detail"]
    page = client.open(path, method=method, headers=AS_BROWSER)
    assert (page.status_code, page.mimetype) == (status, "text/html")
    assert f"<h1>{title}</h1>" in page.text
    assert detail.split(":")[0] in page.text
    assert not detail.startswith("The requested URL")
    assert "&lt;Mode" not in page.text


def test_a_stale_link_to_a_document_says_so_and_leads_back_to_its_question(client: FlaskClient) -> None:
    page = LexborHTMLParser(client.get("/documents/none?q=Who+issues+<it>%3F&passage=3", headers=AS_BROWSER).text)
    assert [node.text() for node in page.css("h1")] == ["This document is not held here any more"]
    assert "The link may be old" in page.css("main p")[0].text()
    assert [node.attributes["href"] for node in page.css("main a")] == ["/?q=Who+issues+%3Cit%3E?"]
    assert [node.text() for node in page.css("form textarea")] == ["Who issues <it>?"]


def test_an_address_that_is_not_understood_leads_back_to_its_question(client: FlaskClient) -> None:
    page = LexborHTMLParser(client.get("/?q=lost+card&page=0", headers=AS_BROWSER).text)
    assert [node.attributes["href"] for node in page.css("main a")] == ["/?q=lost+card"]


def test_a_question_that_is_too_long_is_kept_but_not_asked_again(client: FlaskClient) -> None:
    question = "card " * 500
    response = client.get("/", query_string={"q": question, "mode": "fast"}, headers=AS_BROWSER)
    assert response.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    page = LexborHTMLParser(response.text)
    assert [node.attributes["href"] for node in page.css("main a")] == ["/"]
    assert [node.text() for node in page.css("form textarea")] == [question]


def test_what_went_wrong_is_said_in_the_language_of_the_reader(client: FlaskClient) -> None:
    page = LexborHTMLParser(client.get("/nothing", headers={**AS_BROWSER, "Accept-Language": "zh-CN"}).text)
    assert page.css("main p")[0].text().startswith("这个地址")


def test_where_too_many_ask_the_page_says_so_and_when_to_try_again(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(*_: object) -> None:
        raise BusyError("More questions are being asked than can be answered at once.")

    monkeypatch.setattr("askdex.server.batching.Batcher.search", busy)
    details = problem(client.get(SEARCH, query_string={"q": "card"}), HTTPStatus.SERVICE_UNAVAILABLE)
    assert set(details) == {"type", "title", "status", "detail"}
    response = client.get("/?q=card+%26&mode=fast", headers=AS_BROWSER)
    assert (response.status_code, response.headers["Retry-After"]) == (HTTPStatus.SERVICE_UNAVAILABLE, "1")
    page = LexborHTMLParser(response.text)
    assert [node.text() for node in page.css("h1")] == ["Too many are asking just now"]
    assert [node.attributes["href"] for node in page.css("main a")] == ["/?q=card+%26&mode=fast"]


@pytest.mark.parametrize("path", ["/", "/?q=card", "/documents/a", "/readyz", SEARCH, "/nothing"])
def test_until_there_is_an_index_every_answer_says_how_far_that_is(path: str) -> None:
    building = Building()
    client = create_building_app(building).test_client()
    building(1, 4)
    response = client.get(path)
    assert (response.status_code, response.headers["Retry-After"]) == (HTTPStatus.SERVICE_UNAVAILABLE, "5")
    assert response.get_json()["share"] == 0.25
    assert "25% so far" in response.get_json()["detail"]
    assert client.get("/livez").status_code == HTTPStatus.OK
    with client.get("/static/style.css") as style:
        assert style.status_code == HTTPStatus.OK
    if not path.startswith("/api/"):
        page = client.get(path, headers=AS_BROWSER)
        assert (page.status_code, page.mimetype) == (HTTPStatus.SERVICE_UNAVAILABLE, "text/html")
        assert "<h1>The documents are being read</h1>" in page.text
        assert 'value="0.25"' in page.text


@pytest.mark.parametrize("headers", [AS_FIREFOX, AS_CHROMIUM, AS_SAFARI], ids=["firefox", "chromium", "safari"])
def test_every_browser_gets_a_page(client: FlaskClient, headers: dict[str, str]) -> None:
    page = client.get("/documents/none", headers=headers)
    assert (page.status_code, page.mimetype) == (HTTPStatus.NOT_FOUND, "text/html")


@pytest.mark.parametrize("path", [SEARCH, "/api/v1/documents/none", "/api/nothing"])
def test_the_endpoint_speaks_json_to_browsers_too(client: FlaskClient, path: str) -> None:
    response = client.get(path, headers=AS_BROWSER)
    problem(response, HTTPStatus(response.status_code))


@pytest.mark.parametrize("accept", ["*/*", "application/json", "application/problem+json", "application/json, */*", ""])
def test_programs_get_json_outside_the_endpoint_too(client: FlaskClient, accept: str) -> None:
    problem(client.get("/nothing", headers={"Accept": accept}), HTTPStatus.NOT_FOUND)


@pytest.mark.parametrize("accept", ["*/*", "text/html"])
@pytest.mark.parametrize("path", ["/", "/livez", "/nowhere", "/api/v1/documents"])
def test_a_foreign_host_name_is_refused(starter_searcher: Searcher, path: str, accept: str) -> None:
    client = create_app(starter_searcher, ["localhost"]).test_client()
    response = client.get(path, headers={"Host": "foreign.example:8080", "Accept": accept})
    assert "--trusted-host" in str(problem(response, HTTPStatus.BAD_REQUEST)["detail"])


@pytest.mark.parametrize("host", ["localhost", "localhost:9000", "LOCALHOST"])
def test_a_trusted_host_name_is_answered(starter_searcher: Searcher, host: str) -> None:
    client = create_app(starter_searcher, ["localhost"]).test_client()
    assert client.get("/?q=lost card", headers={"Host": host}).status_code == HTTPStatus.OK


def test_a_precise_question_without_the_extra_says_how_to_get_it(without_extra: FlaskClient) -> None:
    details = problem(without_extra.get(SEARCH, query_string={"q": "card", "mode": "precise"}), HTTPStatus.NOT_IMPLEMENTED)
    assert "pip install 'askdex[precise]'" in details["detail"]
    assert without_extra.get(SEARCH, query_string={"q": "card"}).status_code == HTTPStatus.OK
    page = without_extra.get("/?q=card&mode=precise", headers={"Accept": "text/html"})
    assert page.status_code == HTTPStatus.NOT_IMPLEMENTED
    assert "askdex[precise]" in page.text
