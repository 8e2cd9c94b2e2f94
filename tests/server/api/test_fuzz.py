"""Whatever is sent, the endpoint and the pages answer in one of their shapes and never fail."""

import json
import re
from collections.abc import Iterator
from contextlib import closing
from urllib.parse import quote

import pytest
from flask.testing import FlaskClient
from hypothesis import example, given, settings
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from askdex.indexer.ingest.update import update
from askdex.indexer.search.searcher import open_searcher
from askdex.indexer.types import Mode
from askdex.server.api.models.search import NOT_BLANK
from askdex.server.app import create_app
from tests.server.api.shapes import RESPONSE
from tests.stubs import WordyEncoder

SEARCH = "/api/v1/search"
PROBLEM = {"type", "title", "status", "detail"}

# Halves of surrogate pairs and unassigned characters among them.
ANY_TEXT = st.text(st.characters(codec=None, exclude_categories=()), max_size=30)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | ANY_TEXT
JSON = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(ANY_TEXT, inner, max_size=4), max_leaves=8
)
FILTERS = st.dictionaries(
    st.sampled_from(["document", "language", "folder", "format", "topic", "year"]) | ANY_TEXT,
    st.sampled_from(["en", "markdown", 2019, True]) | JSON,
    max_size=3,
)
NEARLY_REQUESTS = st.fixed_dictionaries(
    {"question": st.just("Who issues the card?") | ANY_TEXT},
    optional={
        "limit": st.integers(1, 100) | JSON,
        "offset": st.integers(0, 100) | JSON,
        "mode": st.sampled_from([*Mode, "slow"]) | JSON,
        "correct": st.booleans() | JSON,
        "filter": FILTERS | JSON,
        "more": JSON,
    },
)
ARGUMENT_NAMES = (
    st.sampled_from(["q", "limit", "offset", "mode", "correct", "filter", "page", "generation", "passage"]) | ANY_TEXT
)
ARGUMENT_VALUES = (
    ANY_TEXT | st.integers().map(str) | JSON.map(json.dumps) | st.sampled_from(Mode) | st.just("Who issues the card?")
)
PATHS = st.sampled_from(
    ["/", "/documents/{}", "/static/{}", "/api/v1/documents", "/api/v1/documents/{}", "/api/v1/passages/{}", SEARCH, "/{}"]
)

# A machine that is busy with other things is no failure.
unhurried = settings(deadline=None)


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlaskClient]:
    """An app over two small documents, without a model."""
    folder = tmp_path_factory.mktemp("fuzz")
    documents = folder / "documents"
    documents.mkdir()
    card = (
        "---\ntopic: [cards, 卡]\nyear: 2019\n---\n# The card\n\n## Who issues the card?\n\nThe office does. It takes a day.\n"
    )
    (documents / "card.md").write_text(card, encoding="utf-8")
    (documents / "costs.txt").write_text("Costs\n\nThe first card is free.\n\n1. A second costs 10.\n", encoding="utf-8")
    update(folder / "index", [documents], load_encoder=lambda _: WordyEncoder())
    with closing(open_searcher(folder / "index", lambda _: WordyEncoder())) as searcher:
        yield create_app(searcher).test_client()


def percent_encoded(text: str) -> str:
    return quote(text.encode("utf-8", "surrogatepass"), safe="")


def assert_known_shape(response: TestResponse) -> None:
    body = response.get_json()
    if response.status_code == 200:
        assert set(body) == RESPONSE
        return
    assert response.status_code in (400, 413, 415, 422), response.text
    assert response.mimetype == "application/problem+json"
    assert set(body) - {"errors"} == PROBLEM
    assert body["status"] == response.status_code


@unhurried
@given(JSON | NEARLY_REQUESTS)
@example({"question": "a", "filter": {"year": float("nan")}})
@example({"question": "a", "filter": {"year": 10**4000}})
@example({"question": "a", "filter": {"document": "\x00"}})
@example({"question": "\ud800"})
@example({"question": "a", "\ud800": 1})
def test_any_json_is_answered(client: FlaskClient, body: object) -> None:
    assert_known_shape(client.post(SEARCH, data=json.dumps(body), content_type="application/json"))


@unhurried
@given(st.binary(max_size=60), st.sampled_from(["application/json", "text/plain", "application/json; charset=utf-16", ""]))
def test_any_bytes_are_answered(client: FlaskClient, body: bytes, content_type: str) -> None:
    assert_known_shape(client.post(SEARCH, data=body, content_type=content_type))


@unhurried
@given(ANY_TEXT.filter(re.compile(NOT_BLANK).search), st.sampled_from(list(Mode)))
@example("\x00", Mode.FAST)
@example('"card" AND (office OR -cost) topic:cards^2 ~1 *', Mode.FAST)
@example("卡" * 2000, Mode.FAST)
@example("e\u0301" * 1000, Mode.FAST)
@example("card " * 400, Mode.KEYWORD)
def test_any_question_is_answered(client: FlaskClient, question: str, mode: Mode) -> None:
    # A half of a surrogate pair is no character, and JSON with one is refused.
    sendable = question.encode("utf-8", "replace").decode()
    response = client.post(SEARCH, json={"question": sendable, "mode": mode})
    assert response.status_code == 200, response.text
    assert response.get_json()["question"] == sendable


@pytest.mark.parametrize("blank", ["", " \u3000", "\x1c", "\x85", "\ufeff\n"])
def test_a_blank_question_is_refused(client: FlaskClient, blank: str) -> None:
    response = client.post(SEARCH, json={"question": blank})
    assert (response.status_code, response.get_json()["detail"]) == (422, "question: Input should not be blank")


@unhurried
@given(st.dictionaries(ARGUMENT_NAMES, ARGUMENT_VALUES, max_size=4))
def test_any_arguments_are_answered(client: FlaskClient, arguments: dict[str, str]) -> None:
    query = "&".join(f"{percent_encoded(name)}={percent_encoded(value)}" for name, value in arguments.items())
    assert_known_shape(client.get(f"{SEARCH}?{query}"))


@unhurried
@given(st.text(st.characters(min_codepoint=33, max_codepoint=126, exclude_characters="#"), max_size=40))
@example("q=%ff%00&filter=%")
@example("q[]=a&q=b;q=c&&=&")
def test_any_query_string_is_answered(client: FlaskClient, query: str) -> None:
    assert_known_shape(client.get(f"{SEARCH}?{query}"))


@given(PATHS, ANY_TEXT, st.dictionaries(ARGUMENT_NAMES, ARGUMENT_VALUES, max_size=3), st.sampled_from(["text/html", "*/*"]))
@settings(unhurried, max_examples=200)
@example("/documents/{}", "\x00", {}, "text/html")
@example("/documents/{}", "\ud800", {"q": "\ud800"}, "text/html")
@example("/static/{}", "../app.py", {}, "*/*")
@example("/static/{}", "\x00", {}, "*/*")
@example("/{}", "\x00", {}, "*/*")
@example("/api/v1/search", "", {"q": "card", "generation": "2"}, "*/*")
def test_no_address_makes_the_server_fail(
    client: FlaskClient, path: str, name: str, arguments: dict[str, str], accept: str
) -> None:
    query = "&".join(f"{percent_encoded(key)}={percent_encoded(value)}" for key, value in arguments.items())
    response = client.get(f"{path.format(percent_encoded(name))}?{query}", headers={"Accept": accept})
    # Only who names a generation can name one that is gone.
    gone = {409} if "generation" in arguments else set()
    assert response.status_code in {200, 308, 400, 404, 422} | gone, response.text
    if path.startswith("/api/"):
        assert response.is_json or response.status_code == 308
    response.close()


@unhurried
@given(ANY_TEXT, st.integers(1, 100))
def test_the_search_page_takes_any_question(client: FlaskClient, question: str, page: int) -> None:
    response = client.get(f"/?q={percent_encoded(question)}&page={page}")
    assert (response.status_code, response.mimetype) == (200, "text/html"), response.text
