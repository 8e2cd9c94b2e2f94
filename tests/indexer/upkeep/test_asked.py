"""What people ask, from the log: put together by meaning, told only where it was asked often enough."""

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from askdex.indexer.errors import QuestionLogError
from askdex.indexer.ingest.update import update
from askdex.indexer.store import question_log
from askdex.indexer.store.question_log import Asked, Verdict
from askdex.indexer.upkeep.asked import WhatIsAsked, grouped, what_is_asked
from tests.stubs import StubEncoder, write_files

LOST = "how do people replace a lost card"
FEES = "what are the fees this year"


def asked(question: str, day: int, *, answered: bool = True, document: str | None = "card.md") -> Asked:
    return Asked(f"2026-11-{day:02}T10", question, "fast", answered, 0.5, document, 1)


def said(question: str, *, helped: bool, document: str | None = "card.md") -> Verdict:
    return Verdict("2026-11-03T10", question, document, helped)


@pytest.fixture
def index(tmp_path: Path) -> Path:
    write_files(tmp_path / "pages", {"card.md": "# Card\n\nThe card is green.\n"})
    update(tmp_path / "index", [tmp_path / "pages"], load_encoder=lambda _: StubEncoder())
    return tmp_path / "index"


def told(index: Path, entries: Sequence[Asked | Verdict], *, since: str = "2026-01-01T00", least_days: int = 3) -> WhatIsAsked:
    with closing(question_log.open_log(index)) as connection:
        question_log.write(connection, entries, 0, "2026-11-30T10", "2026-01-01T00")
    return what_is_asked(index, lambda _: StubEncoder(), since, least_days)


def test_words_are_told_once_alike_was_asked_on_enough_days(index: Path) -> None:
    wordings = [LOST, f"{LOST} now", LOST.replace("people", "persons")]
    found = told(index, [asked(wording, day) for day, wording in enumerate(wordings, 1)])
    assert [(group.asked, group.days) for group in found.groups] == [(3, 3)]
    assert found.groups[0].question in wordings
    many_on_two_days = [asked(FEES, day) for day in (1, 1, 1, 2, 2)]
    found = told(index, many_on_two_days)
    assert FEES not in str(found)
    assert (found.hidden, found.hidden_asked, found.asked) == (1, 5, 8)
    assert [group.asked for group in told(index, [], least_days=2).groups] == [5, 3]
    assert [group.asked for group in told(index, [], since="2026-11-02T00", least_days=2).groups] == [2]


def test_what_is_not_answered_is_told_with_the_nearest_document(index: Path) -> None:
    entries = [asked(FEES, day, answered=False, document=f"{'ab'[day > 1]}.md") for day in (1, 2, 3)]
    found = told(index, [*entries, asked(FEES, 4), *(asked(LOST, day) for day in range(1, 9))])
    (group,) = found.lists["not_answered"]
    assert (group.question, group.not_answered, group.document) == (FEES, 3, "b.md")
    assert [group.question for group in found.lists["most_asked"]] == [LOST, FEES]
    assert found.not_answered == 3


def test_of_what_is_not_answered_as_often_the_least_relevant_comes_first(index: Path) -> None:
    relevances = {FEES: (0.1, 0.1, 0.3), LOST: (0.0, 0.1, 0.0)}
    found = told(
        index,
        [
            asked(question, day, answered=False)._replace(relevance=relevance)
            for question, of_question in relevances.items()
            for day, relevance in enumerate(of_question, 1)
        ],
    )
    assert [(group.question, group.relevance) for group in found.lists["not_answered"]] == [(LOST, 0.033), (FEES, 0.167)]
    assert [group.question for group in found.lists["most_asked"]] == [LOST, FEES]


def test_what_did_not_help_is_told_unless_more_say_that_it_did(index: Path) -> None:
    entries = [asked(question, day) for question in (FEES, LOST) for day in (1, 2, 3)]
    verdicts = [said(FEES, helped=False), said(FEES, helped=False), said(FEES, helped=True), said(LOST, helped=True)]
    found = told(index, [*entries, *verdicts, said("never asked at all", helped=False)])
    assert [(group.question, group.not_helped) for group in found.lists["did_not_help"]] == [(FEES, 2)]
    assert {group.question: group.helpful for group in found.groups} == {FEES: (), LOST: ("card.md",)}


def test_groups_are_the_same_whenever_they_are_made() -> None:
    vectors = np.random.default_rng(0).standard_normal((60, 4)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    groups = grouped(vectors, 0.8)
    assert sorted(np.concatenate(groups).tolist()) == list(range(60))
    assert 1 < len(groups) < 60
    assert all((vectors[group] @ vectors[group[0]] >= 0.79).all() for group in groups)
    assert [group.tolist() for group in grouped(vectors, 0.8)] == [group.tolist() for group in groups]


def test_without_a_log_it_is_said_how_to_get_one(index: Path) -> None:
    with pytest.raises(QuestionLogError, match="serve with --log-questions first"):
        what_is_asked(index, lambda _: StubEncoder(), "2026-01-01T00", 3)
    assert not (index / "questions.sqlite").exists()


@pytest.mark.parametrize("content", [b"no database at all, but a text of some length" * 90, b""])
def test_a_file_that_is_no_log_is_left_alone(index: Path, content: bytes) -> None:
    file = index / "questions.sqlite"
    file.write_bytes(content)
    if content:
        with pytest.raises(QuestionLogError, match="move it away"):
            question_log.open_log(index)
        assert file.read_bytes() == content
    else:
        question_log.open_log(index).close()
