"""Whether an answer helped: the form of the page, and the endpoint."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from flask.testing import FlaskClient
from selectolax.lexbor import LexborHTMLParser

from askdex.indexer.store import question_log
from askdex.indexer.store.question_log import VerdictTally
from askdex.server.app import create_app
from askdex.server.question_log import QuestionLog
from tests.server.made_index import made_searcher

QUESTION = "Which card is green?"
API = "/api/v1/feedback"


@pytest.fixture
def client(tmp_path: Path) -> Iterator[FlaskClient]:
    with made_searcher(tmp_path) as searcher, QuestionLog(tmp_path / "index", 90, searcher.reader) as log:
        yield create_app(searcher, question_log=log).test_client()


def verdicts(folder: Path) -> list[VerdictTally]:
    """What is written down after the next write."""
    with closing(question_log.open_log(folder / "index")) as connection:
        return list(question_log.verdicts(connection, ""))


def sent_form(client: FlaskClient, answer: str, question: str = QUESTION, **headers: str) -> tuple[int, str]:
    """What pressing a button of the page leads to: the status, and where."""
    (form,) = LexborHTMLParser(client.get("/", query_string={"q": question, "mode": "fast"}).text).css("form.feedback")
    fields = {field.attributes["name"]: field.attributes["value"] for field in form.css("input")}
    assert [button.attributes["value"] for button in form.css("button[name=helped]")] == ["yes", "no"]
    response = client.post(form.attributes["action"] or "", data={**fields, "helped": answer}, headers=headers)
    return response.status_code, response.headers.get("Location", "")


def test_where_nothing_seems_to_answer_it_is_asked_of_the_nearest_passages(tmp_path: Path) -> None:
    with made_searcher(tmp_path) as searcher, QuestionLog(tmp_path / "index", 90, searcher.reader) as log:
        client = create_app(searcher, question_log=log).test_client()
        for question, asked in (
            (QUESTION, "Did this answer your question?"),
            ("zebra crossing rules", "Does one of the nearest passages answer your question?"),
        ):
            (legend,) = LexborHTMLParser(client.get("/", query_string={"q": question}).text).css("legend")
            assert legend.text() == asked


def test_a_press_of_a_button_is_written_down_and_leads_back_to_the_answer(tmp_path: Path) -> None:
    with made_searcher(tmp_path) as searcher, QuestionLog(tmp_path / "index", 90, searcher.reader) as log:
        client = create_app(searcher, question_log=log).test_client()
        status, place = sent_form(client, "yes", Origin="http://localhost")
        assert status == 303
        parts = urlsplit(place)
        assert (parts.scheme, parts.netloc, parts.path, parts.fragment) == ("", "", "/", "feedback")
        assert {name: value for name, (value,) in parse_qs(parts.query).items()} == {
            "q": QUESTION,
            "mode": "fast",
            "generation": "1",
            "ranked": "fast",
            "thanked": "1",
        }
        (form,) = LexborHTMLParser(client.get(place).text).css("#feedback")
        assert "Thank you." in form.text()
        assert form.css("button") == []
        sent_form(client, "no", question="pizza in town")
    assert [(said.question, said.helped, said.not_helped) for said in verdicts(tmp_path)] == [
        (QUESTION, 1, 0),
        ("pizza in town", 0, 1),
    ]
    assert verdicts(tmp_path)[0].document == "card.md"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 303),
        ({"Origin": "http://localhost"}, 303),
        ({"Sec-Fetch-Site": "same-origin"}, 303),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://localhost.evil.example"}, 403),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
    ],
)
def test_a_form_of_another_site_is_refused(client: FlaskClient, headers: dict[str, str], status: int) -> None:
    assert sent_form(client, "no", **headers)[0] == status


def test_the_form_carries_on_what_the_address_says(client: FlaskClient) -> None:
    query = "q=a+%26+%22b%22&in=language:en&in=language:de"
    (form,) = LexborHTMLParser(client.get("/", environ_overrides={"QUERY_STRING": query}).text).css("form.feedback")
    carried = parse_qs(urlsplit(form.attributes["action"] or "").query)
    assert (carried["q"], carried["in"]) == (['a & "b"'], ["language:en", "language:de"])


@pytest.mark.parametrize(
    "query", ["q=a&_external=1&_scheme=javascript", "q=a&_anchor=//evil.example", "q=a&next=//evil.example"]
)
def test_no_address_leads_elsewhere(client: FlaskClient, query: str) -> None:
    response = client.post(f"/feedback?{query}", data={"helped": "no", "generation": "1", "ranked": "fast"})
    parts = urlsplit(response.headers["Location"])
    assert (parts.scheme, parts.netloc, parts.path) == ("", "", "/")


@pytest.mark.parametrize(
    ("query", "data", "status"),
    [
        ({"q": "card"}, {"helped": "perhaps", "generation": "1", "ranked": "fast"}, 422),
        ({}, {"helped": "yes", "generation": "1", "ranked": "fast"}, 422),
        ({"q": "x" * 2_001}, {"helped": "yes", "generation": "1", "ranked": "fast"}, 422),
        ({"q": "card"}, {"helped": "yes", "document": "none", "generation": "1", "ranked": "fast"}, 404),
    ],
)
def test_a_form_that_was_not_sent_by_the_page_is_refused(
    client: FlaskClient, query: dict[str, str], data: dict[str, str], status: int
) -> None:
    assert client.post("/feedback", query_string=query, data=data).status_code == status


def test_a_program_says_whether_an_answer_helped(tmp_path: Path) -> None:
    with made_searcher(tmp_path) as searcher, QuestionLog(tmp_path / "index", 90, searcher.reader) as log:
        client = create_app(searcher, question_log=log).test_client()
        document = client.get("/api/v1/documents").get_json()["documents"][0]["id"]
        response = client.post(API, json={"question": "Ask m@example.org", "helped": False, "document_id": document})
        assert (response.status_code, response.get_json()) == (200, {"status": "ok"})
        assert client.post(API, json={"question": " ", "helped": True}).status_code == 422
        assert client.post(API, json={"question": "card", "helped": "yes"}).status_code == 422
        assert client.post(API, json={"question": "card", "helped": True, "document_id": "x"}).status_code == 404
        assert client.post(API, data={"question": "card"}).status_code == 415
    assert verdicts(tmp_path) == [VerdictTally("Ask [address]", "card.md", 0, 1)]


def test_without_the_log_nobody_is_asked(tmp_path: Path) -> None:
    with made_searcher(tmp_path) as searcher:
        client = create_app(searcher).test_client()
        assert "feedback" not in client.get("/", query_string={"q": QUESTION}).text
        refused = client.post(API, json={"question": QUESTION, "helped": True})
    assert refused.status_code == 404
    assert refused.get_json()["detail"] == "No feedback is taken here: questions are not written down."
