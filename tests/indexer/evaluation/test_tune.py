"""Fitting an index to questions whose answers are known."""

import shutil
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from askdex.indexer.errors import BusyIndexError, EvaluationSetError, MissingIndexError
from askdex.indexer.evaluation import tune as tuning
from askdex.indexer.evaluation.tune import SHIFTS, Trials, fitted, grid, promised, reset, tune
from askdex.indexer.generations import publish
from askdex.indexer.generations.backup import restore, snapshot
from askdex.indexer.ingest.progress import unheard
from askdex.indexer.ingest.update import update
from askdex.indexer.search.searcher import open_searcher
from askdex.indexer.store import database, states
from askdex.indexer.store.lock import changing
from askdex.indexer.types import UNTUNED, Query, Response, Tuning, Vectors
from askdex.indexer.upkeep.rebuild import rebuild
from askdex.indexer.upkeep.salvage import open_salvage
from tests.indexer.evaluation.tuned import QUESTIONS, THINGS, kept, make_index
from tests.stubs import StubEncoder, StubReranker, unjudged, write_files

ASKED = [f"Where do we keep the {thing}?" for thing in THINGS[:3]] + [
    f"Who painted the {thing} of Rembrandt?" for thing in THINGS[:3]
]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tuned")
    make_index(folder)
    return folder


@pytest.fixture
def index(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made / "index", tmp_path / "index"))


@pytest.fixture
def questions(made: Path) -> Path:
    return made / "questions.csv"


def answers(index: Path, questions: Sequence[str] = ASKED) -> list[Response]:
    with closing(open_searcher(index, StubEncoder)) as searcher:
        return [searcher.search(Query(question)) for question in questions]


def set_tuning(index: Path, new: Tuning | None) -> None:
    with closing(database.open_for_writing(index)) as connection:
        states.set_tuning(connection, new)
        database.empty_log(connection)


def trials(shifts: Sequence[float], refused: Sequence[Sequence[int]], *, answerable: int) -> Trials:
    """Trials of shifts, with some of which each question is refused; the first questions have an answer, which comes first."""
    is_refused = np.array(refused, np.bool_)
    has_answer = np.arange(len(refused)) < answerable
    tunings = [Tuning(shift=shift) for shift in shifts]
    return Trials([f"question {n}" for n in range(len(refused))], tunings, has_answer, np.ones_like(is_refused), is_refused)


def test_what_serves_most_is_fitted_and_its_gain_found_on_other_questions(index: Path, questions: Path) -> None:
    _, before = kept(index)
    report = tune(index, questions, StubEncoder)
    assert report.is_kept
    assert (report.answerable, report.unanswerable, report.absent) == (20, 20, [])
    assert report.tuning.shift < 0
    assert report.tuning.questions == 40
    assert report.tuning.gain is not None
    assert report.tuning.gain_low is not None
    assert 0 < report.tuning.gain_low <= report.tuning.gain
    # What was measured of refusals is true of the index as it is now.
    found, usual = kept(index)
    assert found == report.tuning
    assert before is not None
    assert usual is not None
    assert usual.own_refused >= before.own_refused
    refused = before.own_refused, before.near_refused, before.foreign_refused
    assert replace(usual, own_refused=refused[0], near_refused=refused[1], foreign_refused=refused[2]) == before
    assert [response.answered for response in answers(index)] == [True] * 3 + [False] * 3


def test_to_tune_again_finds_the_same(index: Path, questions: Path) -> None:
    assert tune(index, questions, StubEncoder) == tune(index, questions, StubEncoder)


def test_what_gains_nothing_is_refused_and_changes_nothing(index: Path, tmp_path: Path) -> None:
    rows = [f"Where do we keep the {thing}?,{thing}.md\n" for thing in THINGS]
    write_files(tmp_path, {"easy.csv": "question,document\n" + "".join(rows)})
    file = (index / "index.sqlite").read_bytes()
    report = tune(index, tmp_path / "easy.csv", StubEncoder)
    assert not report.is_kept
    assert not report.fits_shift
    assert report.tuning.gain == 0
    assert (index / "index.sqlite").read_bytes() == file


def test_a_tuning_is_taken_back(index: Path, questions: Path) -> None:
    before = [unjudged(response.results) for response in answers(index)]
    relevance = [response.results[0].relevance for response in answers(index)]
    tune(index, questions, StubEncoder)
    assert [response.results[0].relevance for response in answers(index)] != relevance
    assert reset(index, StubEncoder)
    assert kept(index)[0] is None
    assert [unjudged(response.results) for response in answers(index)] == before
    assert [response.results[0].relevance for response in answers(index)] == relevance
    assert not reset(index, StubEncoder)


def test_the_tuning_that_changes_nothing_changes_no_digit(index: Path) -> None:
    before = [response.results for response in answers(index)]
    set_tuning(index, Tuning(questions=40))
    assert [response.results for response in answers(index)] == before


@pytest.mark.parametrize("of_index", [Tuning(0.5), Tuning(2.0, 0.7, 0.5), Tuning(shift=-1.5), Tuning(1.4, 1.0, -0.75), UNTUNED])
def test_an_outcome_is_what_the_question_gets_once_tuned(index: Path, of_index: Tuning) -> None:
    questions = [*ASKED, "Where do we kepe the candel?", "coins", "zebra quagga"]
    tunings = [Tuning(), of_index, replace(of_index, shift=2.0)]
    with closing(open_searcher(index, StubEncoder)) as searcher:
        tried = [list(searcher.outcomes(question, tunings))[1] for question in questions]
    set_tuning(index, of_index)
    for response, outcome in zip(answers(index, questions), tried, strict=True):
        assert response.results[0].passage.document.uri == outcome.document
        assert response.answered is not outcome.is_refused


def test_a_question_is_encoded_once_and_no_passage_read_twice(
    index: Path, questions: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    encoded: list[str] = []
    read: list[tuple[str, str]] = []

    class Counting(StubEncoder):
        def encode_questions(self, texts: Sequence[str]) -> Vectors:
            encoded.extend(texts)
            return super().encode_questions(texts)

    class Reading(StubReranker):
        def scores(self, question: str, texts: Sequence[str]) -> Vectors:
            read.extend((question, text) for text in texts)
            return np.full(len(texts), -0.5 if "Rembrandt" in question else 2.0, np.float32)

    monkeypatch.setattr("askdex.indexer.models.reranker.load_reranker", lambda *_: Reading({}))
    monkeypatch.setattr("askdex.indexer.search.rerank.PassageReader", StubReranker)
    monkeypatch.setattr(tuning, "_keep", lambda *_: None)
    tune(index, questions, Counting)
    assert sorted(encoded) == sorted(row.partition(",")[0] for row in QUESTIONS.splitlines()[1:])
    assert len(read) == len(set(read)) >= len(encoded)


def test_few_questions_are_too_few(index: Path, tmp_path: Path) -> None:
    write_files(tmp_path, {"few.csv": "question,document\n" + "".join(f"Where is {n}?,apple.md\n" for n in range(19))})
    with pytest.raises(EvaluationSetError, match=r"few.csv has 19 questions: to tune takes at least 20\."):
        tune(index, tmp_path / "few.csv", StubEncoder)


def test_without_an_index_none_is_made(questions: Path, tmp_path: Path) -> None:
    with pytest.raises(MissingIndexError):
        tune(tmp_path / "nowhere", questions, StubEncoder)
    with pytest.raises(MissingIndexError):
        reset(tmp_path / "nowhere", StubEncoder)
    assert not (tmp_path / "nowhere").exists()


def test_what_is_stopped_changes_nothing(index: Path, questions: Path) -> None:
    before = kept(index)

    def stopped(done: int, _: int) -> None:
        if done == 30:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        tune(index, questions, StubEncoder, stopped)
    assert kept(index) == before


def test_one_process_changes_an_index(index: Path, questions: Path) -> None:
    with changing(index), pytest.raises(BusyIndexError):
        tune(index, questions, StubEncoder)


def test_who_asks_meanwhile_gets_the_new_tuning(index: Path, questions: Path) -> None:
    with closing(open_searcher(index, StubEncoder)) as searcher:
        searcher.reader.follow()
        before = searcher.search(Query(ASKED[-1]))
        tune(index, questions, StubEncoder)
        assert (before.answered, searcher.search(Query(ASKED[-1])).answered) == (True, False)


def test_a_tuning_survives_what_changes_an_index(made: Path, index: Path, questions: Path, tmp_path: Path) -> None:
    found = tune(index, questions, StubEncoder).tuning
    docs = Path(shutil.copytree(made / "docs", tmp_path / "docs"))
    write_files(docs, {f"new{n}.md": f"# New {n}\n\nA new thing {n}.\n" for n in range(20)})
    _, before = kept(index)
    update(index, [docs], load_encoder=StubEncoder)
    assert kept(index)[0] == found
    assert kept(index)[1] != before
    with closing(open_salvage(index)) as salvage:
        rebuild(salvage.contents(), tmp_path / "repaired", StubEncoder, unheard)
    assert kept(tmp_path / "repaired")[0] == found
    publish.roll_back(index)
    assert kept(index)[0] == found
    snapshot(index, tmp_path / "snapshot")
    restore(tmp_path / "restored", tmp_path / "snapshot")
    assert kept(tmp_path / "restored")[0] == found


def test_each_question_counts_once_however_often_the_grid_is_searched() -> None:
    assert len(grid(fits_match=True, fits_shift=True)) == 5 * 5 * 17
    assert grid(fits_match=False, fits_shift=False) == [Tuning(factor) for factor in (0.5, 0.7, 1.0, 1.4, 2.0)]


def test_of_tunings_that_serve_alike_the_nearest_is_fitted() -> None:
    # Two refuse all questions without an answer, which the other does not.
    found = fitted(trials([-1.0, -0.5, 0.0], [[0, 0, 0]] * 30 + [[1, 1, 0]] * 30, answerable=30))
    assert (found.shift, found.questions) == (-0.5, 60)
    assert found.gain == 0.5
    same = fitted(trials([-1.0, -0.5, 0.0], [[0, 0, 0]] * 30 + [[0, 0, 0]] * 30, answerable=30))
    assert (same.shift, same.gain) == (0.0, 0.0)


def test_chance_is_no_gain() -> None:
    random = np.random.default_rng(0)
    found = fitted(trials(SHIFTS, random.integers(0, 2, (60, len(SHIFTS))).tolist(), answerable=30))
    assert found.gain_low is not None
    assert found.gain_low < 0


def test_a_promise_holds_up_to_the_first_shift_that_breaks_it() -> None:
    # Of 100: none refused at 1, two at 0, five at -1, one at -2.
    refused = [[n < 1, n < 5, n < 2, False] for n in range(100)]
    ordered = trials([-2.0, -1.0, 0.0, 1.0], refused, answerable=100)
    assert [promised(ordered, most).shift for most in (0.03, 0.07, 0.2)] == [1.0, 0.0, -2.0]


def test_a_promise_sets_the_threshold_alone(index: Path, questions: Path) -> None:
    report = tune(index, questions, StubEncoder, refuse_at_most=0.2)
    assert report.is_kept
    assert report.answerable_refused == 0
    assert report.bound == pytest.approx(1 - 0.05 ** (1 / 20))
    assert replace(report.tuning, shift=0.0) == Tuning(questions=40, refused_at_most=0.2)
    assert report.tuning.shift < 0
    assert kept(index)[0] == report.tuning


def test_no_promise_is_made_on_too_few_questions(index: Path, questions: Path) -> None:
    report = tune(index, questions, StubEncoder, refuse_at_most=0.05)
    assert not report.is_kept
    assert report.bound > 0.05
    assert kept(index)[0] is None


def test_a_tuning_of_another_version_is_read() -> None:
    assert Tuning.from_json(Tuning(0.7, 1.4, -0.5, 40, 0.1, 0.0, 0.2).to_json()) == Tuning(0.7, 1.4, -0.5, 40, 0.1, 0.0, 0.2)
    assert Tuning.from_json('{"keyword_factor": 2.0, "of_a_newer_version": [1]}') == Tuning(2.0)
