"""Must-hold questions: what would break one does not become visible."""

import os
import re
import signal
from collections.abc import Callable, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from askdex.indexer.errors import BrokenAnswersError, EvaluationSetError, MissingIndexError
from askdex.indexer.evaluation.must_hold import Broken, Expected, MustHold, MustHoldCheck, read_must_hold
from askdex.indexer.evaluation.told import told
from askdex.indexer.generations.reader import Reader
from askdex.indexer.ingest.update import Changes, Report, update
from askdex.indexer.search.searcher import Searcher, open_searcher
from askdex.indexer.store import database, states
from askdex.indexer.upkeep.doctor import examine
from tests.faults import child
from tests.stubs import StubEncoder, write_files

THINGS = "apple bridge candle donkey engine feather garden hammer island jacket kettle ladder".split()
APPLE = "Where do we keep the apple?"
MUST = (
    MustHold(APPLE, (Expected("apple.md", "in the Attic"),)),
    MustHold("Where do we keep the bridge?", (Expected("bridge.md"), Expected("engine.md"))),
)

Run = Callable[..., tuple[Report | None, list[Broken]]]


def page(thing: str, room: str = "attic") -> str:
    return f"# The {thing}\n\nWe keep every {thing} in the {room}. It costs {len(thing)} coins.\n"


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    write_files(tmp_path / "docs", {f"{thing}.md": page(thing) for thing in THINGS})
    return tmp_path / "docs"


@pytest.fixture
def index(tmp_path: Path) -> Path:
    return tmp_path / "index"


@pytest.fixture
def run(docs: Path, index: Path, stub: StubEncoder) -> Run:
    """Updates the index; returns the report, None where it was stopped, and what was told of."""

    def checked(questions: Sequence[MustHold] = MUST, *, goes_on: bool = False) -> tuple[Report | None, list[Broken]]:
        broken: list[Broken] = []
        check = MustHoldCheck(index, questions, lambda _: stub, broken.append, goes_on=goes_on)
        try:
            report = update(index, [docs], load_encoder=lambda _: stub, check=check)
        except BrokenAnswersError:
            report = None
        return report, broken

    return checked


def engines(index: Path) -> set[str]:
    return {path.name for path in (index / "derived").iterdir()}


def tokens(index: Path) -> set[str]:
    with closing(database.open_for_reading(index)) as connection:
        return {state.token for state in states.all_states(connection)}


def answer(index: Path, question: str = APPLE) -> str:
    with closing(open_searcher(index, StubEncoder)) as searcher:
        return next(told(searcher, [question])).answer


def test_a_change_that_breaks_none_becomes_visible(run: Run, docs: Path, index: Path) -> None:
    assert run()[1] == []
    write_files(docs, {"candle.md": page("candle", "cellar")})
    report, broken = run()
    assert report is not None
    assert (report.state.generation, broken) == (2, [])
    assert "cellar" in answer(index, "Where do we keep the candle?")


def test_a_change_that_breaks_one_does_not_and_its_file_is_named(run: Run, docs: Path, index: Path) -> None:
    run()
    write_files(docs, {"apple.md": page("apple", "barn"), "candle.md": page("candle", "cellar")})
    report, (broken,) = run()
    assert report is None
    assert (broken.must.question, broken.stops, "barn" in broken.now.answer) == (APPLE, True, True)
    assert [(Path(os.fsdecode(cause.key)), cause.edit) for cause in broken.causes] == [(docs / "apple.md", "was changed")]
    assert "attic" in answer(index)
    assert engines(index) == tokens(index)
    assert all(finding.is_sound for finding in examine(index, StubEncoder))


def test_nothing_is_embedded_again_after_a_stop(run: Run, docs: Path, index: Path, stub: StubEncoder) -> None:
    run()
    write_files(docs, {"apple.md": page("apple", "barn"), "candle.md": page("candle", "cellar")})
    run()
    before = len(stub.encoded)
    write_files(docs, {"apple.md": page("apple")})
    report, broken = run()
    assert report is not None
    assert (report.embedded, broken, report.state.generation) == (0, [], 2)
    assert page("candle", "cellar").splitlines()[-1] not in "".join(stub.encoded[before:])
    assert "cellar" in answer(index, "Where do we keep the candle?")


def test_one_may_go_on_and_what_did_not_hold_before_stops_nothing(run: Run, docs: Path, index: Path) -> None:
    run()
    write_files(docs, {"apple.md": page("apple", "barn")})
    run()
    report, (broken,) = run(goes_on=True)
    assert report is not None
    assert (report.embedded, broken.held_before) == (0, True)
    assert "barn" in answer(index)
    write_files(docs, {"candle.md": page("candle", "cellar")})
    report, (broken,) = run()
    assert report is not None
    assert (broken.held_before, broken.stops) == (False, False)


def test_a_first_index_has_to_hold_all(run: Run, docs: Path, index: Path) -> None:
    write_files(docs, {"apple.md": page("apple", "barn")})
    report, (broken,) = run()
    assert report is None
    assert (broken.held_before, broken.causes) == (None, ())
    with pytest.raises(MissingIndexError):
        Reader(index)
    assert engines(index) == set()
    write_files(docs, {"apple.md": page("apple")})
    report, _ = run()
    assert report is not None
    assert (report.state.generation, report.embedded) == (1, 1)


@pytest.mark.parametrize(
    ("pages", "gone", "edits"),
    [
        ({}, "apple.md", [("apple.md", "was removed")]),
        ({"moved/apple.md": page("apple")}, "apple.md", [("apple.md", "was moved"), ("moved/apple.md", "is new")]),
        ({"apple.md": "\0"}, "", [("apple.md", "is left out")]),
    ],
)
def test_what_became_of_the_file_is_told(
    run: Run, docs: Path, pages: dict[str, str], gone: str, edits: list[tuple[str, str]]
) -> None:
    run()
    if gone:
        (docs / gone).unlink()
    write_files(docs, pages)
    report, (broken,) = run()
    assert report is None
    assert [(os.fsdecode(os.path.relpath(cause.key, os.fsencode(docs))), cause.edit) for cause in broken.causes][
        : len(edits)
    ] == edits


def test_a_question_may_have_to_be_refused(run: Run, docs: Path) -> None:
    must = [MustHold("How many zebras graze in Uganda?")]
    run(must)
    write_files(docs, {"zebra.md": "# Zebras\n\nHow many zebras graze in Uganda? In Uganda graze 300 zebras.\n"})
    report, (broken,) = run(must)
    assert report is None
    assert [cause.edit for cause in broken.causes] == ["is new"]


def _killed(_searcher: Searcher, _changes: Changes) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.slow
def test_a_process_killed_while_the_questions_are_asked_leaves_the_generation_before(
    run: Run, docs: Path, index: Path, stub: StubEncoder
) -> None:
    run()
    write_files(docs, {"apple.md": page("apple", "barn")})
    killed = child.run(partial(update, index, [docs], load_encoder=StubEncoder, check=_killed))
    assert (killed.is_killed, killed.steps) == (True, None)
    assert "attic" in answer(index)
    assert all(finding.is_sound for finding in examine(index, StubEncoder))
    before = len(stub.encoded)
    report, (broken,) = run()
    assert report is None
    assert "barn" in broken.now.answer
    assert page("apple", "barn").splitlines()[-1] not in "".join(stub.encoded[before:])
    assert engines(index) == tokens(index)


def test_a_file_of_questions_is_read(tmp_path: Path) -> None:
    write_files(
        tmp_path,
        {"must.csv": "document,question,words\na.md,Where?,\nb.md,Where?,30 days\n,Why?,\n,,\n"},
    )
    assert read_must_hold(tmp_path / "must.csv") == [
        MustHold("Where?", (Expected("a.md"), Expected("b.md", "30 days"))),
        MustHold("Why?"),
    ]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("question,document\n", "has no column words"),
        ("question,document,words,note\n", "has a column 'note'"),
        ("question,document,words\nHow, when?,a.md,now\n", "line 2 has more values than columns"),
        ("question,document,words\nWhere?,,now\n", "'Where?' has words but no document"),
        ("question,document,words\n,a.md,now\n", "a row has no question"),
        (f"question,document,words\n{'a' * 2_001},a.md,now\n", "2,001 characters"),
        ("question,document,words\n,,\n", "has no question."),
    ],
)
def test_what_is_no_such_file_is_refused(tmp_path: Path, text: str, reason: str) -> None:
    write_files(tmp_path, {"must.csv": text})
    with pytest.raises(EvaluationSetError, match=re.escape(reason)):
        read_must_hold(tmp_path / "must.csv")
