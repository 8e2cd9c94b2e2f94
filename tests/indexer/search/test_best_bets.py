"""Best bets: what editors chose for a question comes first, and nobody learns of it who may not read it."""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from askdex.indexer.ingest.update import update
from askdex.indexer.models.encoder import DEFAULT_MODEL
from askdex.indexer.search import best_bets, close_reading
from askdex.indexer.search.searcher import Searcher, open_searcher
from askdex.indexer.store import database, states
from askdex.indexer.types import UNCURATED, Access, BestBet, Curation, Mode, Query, Response
from tests.indexer.search.test_late_interaction import StubTokenModel, installed
from tests.stubs import StubEncoder, write_files

PAGES = {
    "cards.md": "# Cards\n\nThe office issues the card.\n\n## Loss\n\nReport a lost card at once.",
    "pension.md": "# Pension\n\nA pension begins at sixty.",
    "inner/widow.md": "# Widows\n\nA widow has a claim.\n\n## Papers\n\nShe brings the certificate.",
    "hotline.md": "# Hotline\n\nThe hotline answers.",
    "other.md": "# Other\n\nNothing of note stands here.",
}
ASKED = "When does a pension begin for me?"
BET = BestBet((ASKED,), "inner/widow.md")

Ask = Callable[..., Response]


def index_with(folder: Path, docs: Path, curation: Curation | None) -> int:
    return update(folder, [docs], load_encoder=StubEncoder, curation=curation).state.generation


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    write_files(tmp_path / "docs", PAGES)
    return tmp_path / "docs"


@pytest.fixture
def index(tmp_path: Path) -> Path:
    return tmp_path / "index"


def asked(index: Path, question: str, **more: object) -> Response:
    with closing(open_searcher(index, StubEncoder)) as searcher:
        return searcher.search(Query(question, **more))  # type: ignore[arg-type]


def first_uri(response: Response) -> str:
    return response.results[0].passage.document.uri


def test_what_editors_chose_comes_first_and_answers(index: Path, docs: Path) -> None:
    index_with(index, docs, None)
    assert first_uri(asked(index, ASKED)) == "pension.md"
    index_with(index, docs, Curation((BET,)))
    response = asked(index, ASKED, explain=True)
    assert first_uri(response) == "inner/widow.md"
    assert response.answered is True
    assert response.results[0].best_bet == ASKED
    assert response.results[0].answer is not None
    assert [result.best_bet for result in response.results[1:]] == [None] * (len(response.results) - 1)
    assert first_uri(asked(index, ASKED, curated=False)) == "pension.md"


@pytest.mark.parametrize("question", [f"{ASKED} ", "when does a PENSION begin for me?", "When does a pension begin for me"])
def test_a_question_in_other_words_is_meant_too(index: Path, docs: Path, question: str) -> None:
    index_with(index, docs, Curation((BET,)))
    assert asked(index, question).results[0].best_bet == ASKED


@pytest.mark.parametrize(
    ("question", "more"),
    [
        ("Who issues the card?", {}),
        ("When does a pension end for my neighbour?", {}),
        (ASKED, {"mode": Mode.KEYWORD}),
        (ASKED, {"mode": Mode.SEMANTIC}),
        (f'{ASKED} "begins at sixty"', {}),
        (ASKED, {"filter": {"document": "pension.md"}}),
    ],
)
def test_nothing_else_is(index: Path, docs: Path, question: str, more: dict[str, object]) -> None:
    index_with(index, docs, Curation((BET,)))
    response = asked(index, question, **more)
    assert all(result.best_bet is None for result in response.results)
    without = asked(index, question, **{**more, "curated": False})
    assert (response.results, response.answered) == (without.results, without.answered)


def test_other_numbers_are_another_question(index: Path, docs: Path) -> None:
    question = "What is the number of the hotline 12333 for all of us here in town today?"
    index_with(index, docs, Curation((BestBet((question,), "other.md"),)))
    assert asked(index, question).results[0].best_bet == question
    assert asked(index, question.replace("12333", "12393")).results[0].best_bet is None


TOLD = "What does the office of the town by the river ask of all people who come from the hills to dance today"


@pytest.fixture
def ask_otherwise(index: Path, docs: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], str | None]:
    """Asks another question than that of the editors, where tokens are compared; gives theirs if it is taken for it."""
    installed(monkeypatch, StubTokenModel())
    index_with(index, docs, Curation((BestBet((TOLD,), "other.md"),)))
    return lambda question: asked(index, question).results[0].best_bet


def test_each_token_of_both_questions_has_to_be_met(ask_otherwise: Callable[[str], str | None]) -> None:
    assert ask_otherwise(TOLD.replace(" today", "").replace("What", "Today what")) == TOLD
    # By its vector it is as near.
    assert ask_otherwise(TOLD.replace("dance", "sing")) is None


@pytest.mark.parametrize(("log_odds", "is_taken"), [(None, False), (0.9, False), (1.1, True)])
def test_a_question_that_may_mean_the_same_is_taken_where_a_reader_says_that_the_passage_answers(
    ask_otherwise: Callable[[str], str | None], monkeypatch: pytest.MonkeyPatch, log_odds: float | None, *, is_taken: bool
) -> None:
    read: list[object] = []

    def read_passage(*told: object) -> float | None:
        read.append(told)
        return log_odds

    monkeypatch.setattr(close_reading, "log_odds_of", read_passage)
    monkeypatch.setitem(best_bets.LEAST_ALIKE, DEFAULT_MODEL, 1.0)
    assert ask_otherwise(TOLD) == TOLD
    assert not read
    assert ask_otherwise(TOLD.replace("dance", "sing")) == (TOLD if is_taken else None)
    assert len(read) == 1


def test_words_choose_the_passage(index: Path, docs: Path) -> None:
    index_with(index, docs, Curation((BestBet((ASKED,), "inner/widow.md", "brings the  Certificate"),)))
    assert "certificate" in asked(index, ASKED).results[0].passage.text
    index_with(index, docs, Curation((BestBet((ASKED,), "inner/widow.md", "no such words"),)))
    assert first_uri(asked(index, ASKED)) == "pension.md"


def test_pages_of_results_go_on_behind_it(index: Path, docs: Path) -> None:
    index_with(index, docs, Curation((BET,)))
    whole = asked(index, ASKED, limit=100)
    pages = [asked(index, ASKED, limit=1, offset=offset).results[0] for offset in range(whole.total)]
    assert [page.passage.id for page in pages] == [result.passage.id for result in whole.results]
    assert [page.best_bet for page in pages] == [ASKED] + [None] * (whole.total - 1)


def test_who_may_not_read_the_document_gets_the_answer_as_if_there_were_no_bet(index: Path, docs: Path) -> None:
    access = Access(uris=("cards.md", "pension.md", "hotline.md", "other.md"))
    index_with(index, docs, Curation((BET,), (("pension", "widow"),)))
    with_bet = asked(index, ASKED, access=access)
    index_with(index, docs, UNCURATED)
    without = asked(index, ASKED, access=access)
    assert with_bet.results == without.results
    assert (with_bet.answered, with_bet.synonyms, with_bet.total) == (without.answered, (), without.total)


def test_a_curation_is_a_change_and_stays_until_another(index: Path, docs: Path) -> None:
    curation = Curation((BET,), (("pension", "annuity"),))
    first = index_with(index, docs, None)
    assert index_with(index, docs, UNCURATED) == first
    assert index_with(index, docs, curation) == first + 1
    assert index_with(index, docs, curation) == first + 1
    assert index_with(index, docs, None) == first + 1
    assert kept(index) == curation
    assert index_with(index, docs, UNCURATED) == first + 2
    assert kept(index) == UNCURATED


def kept(index: Path) -> Curation:
    with closing(database.open_for_reading(index)) as connection:
        return states.curation(connection)


def test_an_open_searcher_takes_up_a_new_curation(index: Path, docs: Path) -> None:
    index_with(index, docs, None)
    with closing(open_searcher(index, StubEncoder)) as searcher:
        assert first_of(searcher) == "pension.md"
        index_with(index, docs, Curation((BET,)))
        assert first_of(searcher) == "inner/widow.md"
        index_with(index, docs, Curation((BestBet((ASKED,), "other.md"),)))
        assert first_of(searcher) == "other.md"


def first_of(searcher: Searcher) -> str:
    return first_uri(searcher.search(Query(ASKED)))
