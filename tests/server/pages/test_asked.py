"""The page that tells editors what people ask, and who gets it."""

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from selectolax.lexbor import LexborHTMLParser

from askdex.indexer.ingest.update import update
from askdex.indexer.search.searcher import Searcher, open_searcher
from askdex.indexer.store import question_log
from askdex.indexer.store.question_log import Asked, Verdict
from askdex.indexer.types import Mode
from askdex.server.access import Guard
from askdex.server.app import create_app
from askdex.server.keys import Keys, Scope, add_key
from askdex.server.question_log import QuestionLog, hour
from askdex.server.rules import Rules
from tests.stubs import StubEncoder, write_files

FEES, CARD, FORMULA, RARE = "how much <charge> applies", "who issues the card", '=HYPERLINK("x") then', "what one alone asked"
PATHS = ("/questions", "/questions.csv")
RULES = Rules.model_validate({"keys": {"chief": ["staff"]}, "groups": {"staff": {"folders": ["fees.md"]}}})


@pytest.fixture(scope="module")
def searcher(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Searcher]:
    place = tmp_path_factory.mktemp("asked")
    write_files(place / "pages", {"card.md": "# The card\n\nThe card is green.\n", "fees.md": "# Fees\n\nThere are none.\n"})
    update(place / "index", [place / "pages"], load_encoder=lambda _: StubEncoder())
    found = [(FEES, False, "fees.md"), (CARD, True, "card.md"), (FORMULA, True, "gone.md")]
    entries = [Asked(hour(day), asked, "fast", right, 0.5, uri, 1) for asked, right, uri in found for day in (1, 2, 3)]
    entries.append(Asked(hour(1), RARE, "fast", answered=False, relevance=0.1, document=None, generation=1))
    said = [Verdict(hour(1), CARD, "card.md", helped=False)]
    with closing(question_log.open_log(place / "index")) as connection:
        question_log.write(connection, [*entries, *said], 0, hour(), hour(90))
    with closing(open_searcher(place / "index", lambda _: StubEncoder())) as searcher:
        yield searcher


def client_of(searcher: Searcher, guard: Guard | None) -> FlaskClient:
    reader = searcher.reader
    log = QuestionLog(reader.folder, 90, reader)  # type: ignore[attr-defined]  # a folder's reader
    log._connection.close()
    return create_app(searcher, question_log=log, guard=guard).test_client()


@pytest.fixture
def alone(searcher: Searcher, key_file: Path) -> FlaskClient:
    return client_of(searcher, Guard(Keys(key_file), is_public=False, needs_keys=False, is_alone=True))


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    return tmp_path / "keys"


def test_the_lists_tell_where_to_write(alone: FlaskClient) -> None:
    shown = alone.get("/questions").text
    page = LexborHTMLParser(shown)
    assert [node.text() for node in page.css("h2")] == ["Not answered", "Answered, but did not help", "Most asked"]
    not_answered, did_not_help, most = ([item.text() for item in node.css("li")] for node in page.css("main ul"))
    assert [" ".join(text.split()) for text in not_answered] == [f"{FEES} not answered: 3 write here: Fees fees.md"]
    assert " ".join(did_not_help[0].split()) == f"{CARD} did not help: 1 write here: The card card.md"
    assert len(most) == 3
    assert RARE not in shown
    assert "1 others, asked 1 times" in shown
    assert page.css_first("main script") is None


def test_what_is_answered_by_now_is_not_listed_and_asked_once(alone: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    asked_again: list[str] = []

    def answered_now(_searcher: Searcher, _mode: Mode, questions: Sequence[str]) -> set[str]:
        asked_again.extend(questions)
        return set(questions)

    monkeypatch.setattr("askdex.server.service.answered_now", answered_now)
    monkeypatch.setattr("askdex.server.service._ASKED_KEPT_S", -1)
    for path in (*PATHS, *PATHS):
        assert "write here: Fees" not in " ".join(alone.get(path).text.split())
    assert asked_again == [FEES]


def test_the_page_speaks_chinese(alone: FlaskClient) -> None:
    assert "大家问了什么" in alone.get("/questions", headers={"Accept-Language": "zh"}).text


def test_the_table_is_one_that_runs_nothing(alone: FlaskClient) -> None:
    response = alone.get("/questions.csv?days=30")
    assert response.headers["Content-Disposition"] == 'attachment; filename="questions.csv"'
    rows = list(csv.DictReader(io.StringIO(response.text)))
    assert {row["question"] for row in rows} == {FEES, CARD, f"'{FORMULA}"}
    assert {row["document"] for row in rows} == {"fees.md", "card.md", ""}


@pytest.mark.parametrize("query", ["days=0", "days=x", "days=99999"])
def test_a_wrong_number_of_days_is_told(alone: FlaskClient, query: str) -> None:
    assert alone.get(f"/questions?{query}").status_code in (400, 422)


@pytest.mark.parametrize("path", PATHS)
def test_only_a_key_with_the_scope_admin_opens_it(searcher: Searcher, key_file: Path, path: str) -> None:
    tokens = {scope: add_key(key_file, scope.value, [scope]) for scope in Scope}
    for is_public in (False, True):
        client = client_of(searcher, Guard(Keys(key_file), is_public=is_public, needs_keys=False, is_alone=True))
        status = {scope: client.get(path, headers=bearer(token)).status_code for scope, token in tokens.items()}
        assert status == {Scope.READ: 403, Scope.WRITE: 403, Scope.ADMIN: 200}
        assert client.get(path).status_code == 401


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    "make",
    [partial(Guard, is_public=True, is_alone=True), partial(Guard, is_public=True), partial(Guard, is_public=False)],
    ids=["public", "public for others", "behind a proxy"],
)
def test_nobody_gets_it_without_a_key_where_others_are(
    searcher: Searcher, key_file: Path, path: str, make: Callable[..., Guard]
) -> None:
    client = client_of(searcher, make(Keys(key_file), needs_keys=False))
    assert client.get(path).status_code == 401
    assert client_of(searcher, None).get(path).status_code == 404


def test_documents_that_an_editor_may_not_read_are_not_named(searcher: Searcher, key_file: Path) -> None:
    token = add_key(key_file, "chief", [Scope.ADMIN])
    client = client_of(searcher, Guard(Keys(key_file), is_public=False, needs_keys=True, rules=RULES))
    for path in PATHS:
        text = client.get(path, headers=bearer(token)).text
        assert "fees.md" in text
        assert "card.md" not in text


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}
