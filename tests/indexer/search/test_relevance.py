"""How likely a passage answers, and whether any does."""

import math
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from askdex.indexer.generations.reader import viewed
from askdex.indexer.ingest.update import update
from askdex.indexer.models import token_models
from askdex.indexer.models.encoder import Encoder
from askdex.indexer.search import retrieval
from askdex.indexer.search.fusion import Candidates
from askdex.indexer.search.late_interaction import LateInteractionStage
from askdex.indexer.search.relevance import THRESHOLD, RelevanceFeatures, features_of
from askdex.indexer.search.retrieval import Search
from askdex.indexer.search.searcher import Searcher, open_searcher
from askdex.indexer.store import database, states
from askdex.indexer.types import PLACES, Calibration, Mode, Numbers, Places, Query
from askdex.indexer.upkeep.info import inventory
from tests.stubs import StubEncoder, write_files

USUAL = Calibration(foreign=0.2, own=0.6, passages=10)


def ranked(*fused: float) -> Candidates:
    scores = np.array(fused)
    return Candidates(np.arange(len(scores)), scores, scores, np.ones(len(scores)), *[scores] * 5)


def places(*questions: int) -> Places:
    found = np.zeros(len(questions), PLACES)
    found["document"], found["question"] = range(len(questions)), questions
    return found


@pytest.mark.parametrize(("nearest", "meaning"), [(0.2, 0.0), (0.6, 1.0), (0.5, 0.75)])
def test_meaning_is_0_as_near_as_to_foreign_questions_and_1_as_near_as_to_own_sentences(nearest: float, meaning: float) -> None:
    found = features_of(USUAL, ranked(nearest, 0.1), places(0, 0), unknown=2.0, content=1)
    assert found.meaning == pytest.approx(meaning)


def test_words_count_by_the_weight_that_a_word_nobody_uses_would_have() -> None:
    found = features_of(USUAL, ranked(0.6, 0.5), places(0, 0), unknown=2.0, content=1)
    assert found.words == pytest.approx(0.6 / 2)


def test_where_tokens_decide_their_best_match_alone_tells_whether_a_question_is_answered() -> None:
    near, far = (
        features_of(USUAL, ranked(0.6, 0.5), places(0, 0), unknown=2.0, content=1, match=match).relevance()
        for match in (0.3, 0.03)
    )
    assert near[0] > THRESHOLD > far[0]
    other_words = features_of(USUAL, ranked(0.3, 0.2), places(0, 0), unknown=2.0, content=9, match=0.3)
    assert other_words.relevance()[0] == pytest.approx(near[0])


@pytest.mark.parametrize(("content", "focus"), [(1, 1.0), (2, 0.25), (5, 0.04)])
def test_focus_falls_with_the_square_of_the_words_of_a_question(content: int, focus: float) -> None:
    found = features_of(USUAL, ranked(0.6, 0.5), places(0, 0), unknown=2.0, content=content)
    assert found.focus == pytest.approx(focus)


def test_a_passage_under_the_question_of_a_better_one_is_as_near_the_first() -> None:
    found = features_of(USUAL, ranked(0.9, 0.8, 0.7, 0.6), places(0, 5, 0, 5), unknown=1.0, content=1)
    np.testing.assert_allclose(found.lag, [0, -0.1, -0.2, -0.1])


@pytest.mark.parametrize(
    ("fused", "questions", "lead"),
    [
        ([0.9, 0.5, 0.5, 0.5, 0.5], [0] * 5, 0.4),
        ([0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.1], [0] * 7, 0.3),
        ([0.9, 0.89, 0.8, 0.7, 0.6, 0.5, 0.4], [3, 3, 0, 0, 0, 0, 0], 0.3),
        ([1.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.1], [0] * 7, 0.4),
    ],
    ids=["too few others", "five others", "but those under its question", "no more than the largest"],
)
def test_the_lead_is_that_before_the_mean_of_five_others(fused: list[float], questions: list[int], lead: float) -> None:
    assert features_of(USUAL, ranked(*fused), places(*questions), unknown=1.0, content=1).lead == pytest.approx(lead)


def test_relevance_grows_with_every_sign_and_is_a_probability() -> None:
    def best(of: RelevanceFeatures) -> Numbers:
        return of.relevance()

    some = RelevanceFeatures(2.0, 0.5, 0.25, np.array([0.0, -0.1]), 0.1)
    first, second = best(some)
    assert 0 < second < first < 1
    for more in (replace(some, meaning=3.0), replace(some, words=0.7), replace(some, focus=0.3), replace(some, lead=0.2)):
        assert best(more)[0] > first


def test_what_is_read_is_the_mean_of_the_odds_of_passages_and_of_the_best_sentence() -> None:
    some = RelevanceFeatures(2.0, 0.5, 0.25, np.array([0.0]), 0.1)
    # Odds of 4 and 2.
    assert some.with_reading([math.log(4), math.log(2)]).read == pytest.approx(math.log(3))
    assert some.with_reading([1.0], [-7.0, -2.0]).read == -0.5


def test_a_calibration_is_kept_as_text() -> None:
    assert Calibration.from_json(USUAL.to_json()) == USUAL
    assert Calibration.from_json(USUAL.to_json().replace("foreign", "other")) is None


@pytest.fixture
def index(tmp_path: Path) -> Path:
    write_files(tmp_path / "docs", {f"{n}.md": f"# Page {n}\n\nItem {n} is for sale. It costs {n}.\n" for n in range(20)})
    update(tmp_path / "index", [tmp_path / "docs"], load_encoder=lambda _: StubEncoder())
    return tmp_path / "index"


def calibration(index: Path) -> Calibration:
    with viewed(index) as view:
        found = states.calibration(view.connection)
    assert found is not None
    return found


def test_a_collection_is_measured_when_it_is_indexed(index: Path) -> None:
    found = calibration(index)
    assert found.passages == 20
    assert -1 <= found.foreign < found.own <= 1
    told = inventory(index)
    assert told["answer_threshold"] == THRESHOLD
    assert told["own_questions_refused"] == found.own_refused < told["foreign_questions_refused"] == found.foreign_refused


def test_it_is_measured_again_when_it_has_changed_by_more_than_a_quarter(index: Path, tmp_path: Path) -> None:
    before = calibration(index)
    for number, is_same in ((5, True), (7, False)):
        write_files(tmp_path / "docs", {f"more {n}.md": f"# More {n}\n\nThing {n} is not for sale.\n" for n in range(number)})
        update(tmp_path / "index", [tmp_path / "docs"], load_encoder=lambda _: StubEncoder())
        assert (calibration(index) == before) is is_same
    assert calibration(index).passages == 27


def test_an_index_that_was_never_measured_says_nothing_of_relevance(index: Path) -> None:
    with closing(open_searcher(index, lambda _: StubEncoder())) as searcher:
        assert searcher.search(Query("item 3")).answered
    with closing(database.open_for_writing(index)) as connection:
        connection.execute("DELETE FROM settings WHERE key = 'calibration'")
    with closing(open_searcher(index, lambda _: StubEncoder())) as searcher:
        response = searcher.search(Query("item 3"))
    assert response.answered is None
    assert {result.relevance for result in response.results} == {None}
    assert inventory(index)["answer_threshold"] is None


@pytest.mark.parametrize(
    "question",
    [
        "How long does the social insurance agency take to answer a complaint?",
        "When must an employer register a new employee?",
        "What do I do if I have lost my social security card?",
    ],
)
def test_a_question_that_the_documents_answer_is_answered(starter_searcher: Searcher, question: str) -> None:
    response = starter_searcher.search(Query(question))
    assert response.answered
    assert response.results[0].relevance == max(result.relevance or 0 for result in response.results)


@pytest.mark.parametrize(
    "question",
    [
        "How do I bake bread with sourdough?",
        "Which planet has the most moons?",
        "x",
        "?",
        "qwrtz plmk vbnx",
        "aaaaaaaaaaaaaaaa",
        "123456789",
        "how to train a dog not to bark at night",
        "Was kostet eine Fahrkarte nach Hamburg?",
    ],
)
def test_a_question_that_they_do_not_answer_is_not(starter_searcher: Searcher, question: str) -> None:
    response = starter_searcher.search(Query(question))
    assert response.results
    assert response.answered is False


@pytest.mark.parametrize("mode", [Mode.KEYWORD, Mode.SEMANTIC])
def test_one_ranker_alone_says_nothing_of_relevance(starter_searcher: Searcher, mode: Mode) -> None:
    response = starter_searcher.search(Query("Who issues the card?", mode=mode))
    assert response.answered is None
    assert {result.relevance for result in response.results} == {None}


def test_a_page_further_on_has_the_relevance_that_it_has_on_a_longer_first_one(starter_searcher: Searcher) -> None:
    whole = starter_searcher.search(Query("Who issues the card?", limit=20))
    part = starter_searcher.search(Query("Who issues the card?", limit=5, offset=10))
    assert [result.relevance for result in part.results] == [result.relevance for result in whole.results[10:15]]
    assert part.answered == whole.answered


def test_the_features_of_a_search_are_those_that_it_is_calibrated_with(starter_searcher: Searcher, encoder: Encoder) -> None:
    question = "Who issues the card?"
    response = starter_searcher.search(Query(question, limit=100))
    (vector,) = encoder.encode_questions([question])
    with starter_searcher.reader.opened() as opened:
        usual = opened.calibration
        assert usual is not None
        tokens = LateInteractionStage(lambda: token_models.load_beside(encoder)).question(opened, question)
        ranking = retrieval.ranked(opened, Search(question, vector, tokens=tokens), usual)
        expected = retrieval.relevance_features(opened, usual, question, ranking, tokens).relevance()
    np.testing.assert_allclose([result.relevance or 0 for result in response.results], expected[:100], rtol=1e-3)


@pytest.mark.parametrize("question", ["the", "what is it", "of the", "的"])
def test_function_words_alone_ask_nothing(starter_searcher: Searcher, question: str) -> None:
    assert starter_searcher.search(Query(question)).answered is False


def test_function_words_that_are_a_title_or_a_saying_ask_for_it(tmp_path: Path, encoder: Encoder) -> None:
    texts = {"band.md": "# The The\n\nThey play on Mondays.", "say.md": "# Sayings\n\nTo have and to have not is a film."}
    write_files(tmp_path / "docs", texts)
    update(tmp_path / "index", [tmp_path / "docs"], load_encoder=lambda _: encoder)
    with closing(open_searcher(tmp_path / "index", lambda _: encoder)) as searcher:
        for question, uri in (("The The", "band.md"), ("to have and to have not", "say.md")):
            response = searcher.search(Query(question))
            assert response.answered
            assert response.results[0].passage.document.uri == uri
