"""What people ask, put together by meaning from the log of questions: what is not answered, and what did not help."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence, Set
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from askdex.indexer.errors import QuestionLogError
from askdex.indexer.generations.reader import viewed
from askdex.indexer.models.encoder import Encoder
from askdex.indexer.search.searcher import LONGEST_QUESTION, Searcher
from askdex.indexer.store import question_log, states
from askdex.indexer.store.folder import QUESTIONS
from askdex.indexer.store.question_log import Tally, VerdictTally
from askdex.indexer.types import Calibration, Mode, Positions, Query, Vectors

_ALIKE = 1.4
"""How near two questions are that ask for the same, where 0 is as near as a foreign question and a text, and 1 as near as a
text and its own sentences. Of the 26,000 pairs of different test questions on the starter collection 5 are as near as that."""

_UNMEASURED_COSINE, _HIGHEST_COSINE = 0.65, 0.95
"""The cosine of two such questions where nothing is measured of the collection, and the highest that is asked for."""

_MOST_ASKED_AGAIN = 100
"""Groups that are asked again; what stands behind them in the list is asked again once those before it are answered."""

_DIGITS = 3
"""Of a relevance; the log has no more."""

_BLOCK = 1_024
"""Questions that are encoded at once."""


@dataclass(frozen=True, slots=True)
class QuestionGroup:
    """Questions that ask for the same: `question` is the most usual of their wordings, masked.

    `asked` counts how often, `days` on how many days, `not_answered` how often nothing answered. `helped` and `not_helped`
    count what people said of the answers. `document` is the uri of the one that was nearest most often, `helpful` are those
    of which more people said that they helped than that they did not. `relevance` is the mean of what was found first, from 0
    to 1; None where it was never judged.
    """

    question: str
    asked: int
    days: int
    not_answered: int
    helped: int
    not_helped: int
    document: str | None
    helpful: tuple[str, ...]
    relevance: float | None

    @property
    def is_not_answered(self) -> bool:
        """Whether it was answered in less than half of the cases."""
        return 2 * self.not_answered > self.asked

    @property
    def did_not_help(self) -> bool:
        """Whether it was answered, and more people said that this did not help than that it did."""
        return not self.is_not_answered and self.not_helped > self.helped


AskAgain = Callable[[Sequence[str]], Set[str]]
"""Tells which of some questions the newest generation answers."""


@dataclass(frozen=True, slots=True)
class WhatIsAsked:
    """All that was asked since an hour; `lost` counts what could not be written down.

    `groups` are those asked on enough days, the most frequent first; `hidden` counts the others, whose words are not told,
    and `hidden_asked` how often they were asked. `filled` are the questions of groups that were not answered and are now.
    """

    asked: int
    not_answered: int
    lost: int
    groups: Sequence[QuestionGroup]
    hidden: int
    hidden_asked: int
    filled: Set[str] = frozenset()

    @property
    def lists(self) -> dict[str, list[QuestionGroup]]:
        """The groups in the lists that they belong to, each with what there is most of first.

        Of those not answered equally often, the least relevant come first: nothing is held of these most surely.
        """
        surest_first = sorted(self.groups, key=lambda group: 1.0 if group.relevance is None else group.relevance)
        return {
            "most_asked": list(self.groups),
            "not_answered": _most(surest_first, self._still_missing),
            "did_not_help": _most(self.groups, lambda group: group.not_helped * group.did_not_help),
        }

    def _still_missing(self, group: QuestionGroup) -> int:
        """How often a group was not answered; 0 where it is now."""
        return group.not_answered * (group.is_not_answered and group.question not in self.filled)

    def asked_again(self, answered_now: AskAgain) -> "WhatIsAsked":
        """The same with what is answered by now, as far as it stands first in the list of what is not answered."""
        questions = [group.question for group in self.lists["not_answered"] if len(group.question) <= LONGEST_QUESTION]
        return replace(self, filled=frozenset(answered_now(questions[:_MOST_ASKED_AGAIN])))


@dataclass(slots=True)
class _Wording:
    """What the log has of questions in the same words."""

    days: set[str] = field(default_factory=set)
    documents: Counter[str] = field(default_factory=Counter)
    verdicts: list[VerdictTally] = field(default_factory=list)
    asked: int = 0
    judged: int = 0
    not_answered: int = 0
    relevance: float = 0.0

    def add(self, tally: Tally) -> None:
        """Count in what was asked on a day."""
        self.days.add(tally.day)
        self.asked += tally.asked
        self.judged += tally.answered + tally.unanswered
        self.not_answered += tally.unanswered
        self.relevance += tally.relevance
        if tally.document is not None:
            self.documents[tally.document] += tally.asked


def what_is_asked(folder: Path, load_encoder: Callable[[str], Encoder], since: str, least_days: int) -> WhatIsAsked:
    """What was asked of the index in a folder since an hour, of groups that were asked on at least so many days.

    Raises QuestionLogError where there is no log, MissingIndexError, DamagedIndexError, ModelError.
    """
    wordings, lost = _read(folder, since)
    with viewed(folder) as view:
        model, calibration = view.model, states.calibration(view.connection)
    # The most frequent wording leads a group; the log knows no other order that is always the same.
    questions = sorted(wordings, key=lambda question: (-wordings[question].asked, question))
    groups: list[QuestionGroup] = []
    hidden: list[QuestionGroup] = []
    if questions:
        vectors = _encoded(load_encoder(model.name or ""), questions)
        for members in grouped(vectors, least_cosine(calibration)):
            group = _group([questions[member] for member in members], vectors[members], wordings)
            (groups if group.days >= least_days else hidden).append(group)
    return WhatIsAsked(
        sum(wording.asked for wording in wordings.values()),
        sum(wording.not_answered for wording in wordings.values()),
        lost,
        _most(sorted(groups, key=lambda group: group.question), lambda group: group.asked),
        len(hidden),
        sum(group.asked for group in hidden),
    )


def answered_now(searcher: Searcher, mode: Mode, questions: Sequence[str]) -> set[str]:
    """Those of some questions that the newest generation answers."""
    responses = searcher.answers([Query(question, limit=1, mode=mode) for question in questions])
    return {question for question, response in zip(questions, responses, strict=True) if response.answered}


def least_cosine(calibration: Calibration | None) -> float:
    """The least cosine of two questions that ask for the same; models differ in how far apart they put texts."""
    if calibration is None:
        return _UNMEASURED_COSINE
    return min(calibration.foreign + _ALIKE * (calibration.own - calibration.foreign), _HIGHEST_COSINE)


def grouped(vectors: Vectors, least: float) -> list[Positions]:
    """Put unit vectors together: each goes to the nearest leader of a group, or leads a new one where none is near enough.

        >>> grouped(np.eye(2, dtype=np.float32)[[0, 1, 0]], 0.6)
        [array([0, 2]), array([1])]

    The order decides who leads, so those that matter most come first.
    """
    leaders = np.empty_like(vectors)
    groups: list[list[int]] = []
    for number, vector in enumerate(vectors):
        cosines = leaders[: len(groups)] @ vector
        if len(groups) and cosines.max() >= least:
            groups[int(cosines.argmax())].append(number)
        else:
            leaders[len(groups)] = vector
            groups.append([number])
    return [np.array(group) for group in groups]


def _read(folder: Path, since: str) -> tuple[dict[str, _Wording], int]:
    """What the log has of each wording since an hour, and how many were lost."""
    file = folder / QUESTIONS
    if not file.is_file():
        raise QuestionLogError(f"Nothing is written down of what is asked in {folder}: serve with --log-questions first.")
    wordings: dict[str, _Wording] = {}
    with question_log.reported(file), closing(question_log.open_log(folder)) as connection:
        for tally in question_log.tallies(connection, since):
            wordings.setdefault(tally.question, _Wording()).add(tally)
        for verdict in question_log.verdicts(connection, since):
            # Anybody may say of anything that it helped: only what was asked counts.
            if verdict.question in wordings:
                wordings[verdict.question].verdicts.append(verdict)
        return wordings, question_log.lost(connection, since)


def _encoded(encoder: Encoder, questions: Sequence[str]) -> Vectors:
    blocks = (questions[start : start + _BLOCK] for start in range(0, len(questions), _BLOCK))
    return np.concatenate([encoder.encode_questions(block) for block in blocks])


def _group(questions: Sequence[str], vectors: Vectors, wordings: dict[str, _Wording]) -> QuestionGroup:
    """What is known of these wordings together."""
    members = [wordings[question] for question in questions]
    asked = np.array([member.asked for member in members])
    documents: Counter[str] = sum((member.documents for member in members), Counter())
    said = [verdict for member in members for verdict in member.verdicts]
    judged = sum(member.judged for member in members)
    return QuestionGroup(
        # What is nearest to the mean has least of what is one asker's own.
        question=questions[int((vectors @ (asked @ vectors)).argmax())],
        asked=int(asked.sum()),
        days=len(set[str]().union(*(member.days for member in members))),
        not_answered=sum(member.not_answered for member in members),
        helped=sum(verdict.helped for verdict in said),
        not_helped=sum(verdict.not_helped for verdict in said),
        document=min(documents, key=lambda uri: (-documents[uri], uri), default=None),
        helpful=tuple(_helpful(said)),
        relevance=round(sum(member.relevance for member in members) / judged, _DIGITS) if judged else None,
    )


def _helpful(said: Sequence[VerdictTally]) -> Iterator[str]:
    """The documents of which more people said that they helped."""
    balance: Counter[str] = Counter()
    for verdict in said:
        if verdict.document is not None:
            balance[verdict.document] += verdict.helped - verdict.not_helped
    yield from sorted(uri for uri in balance if balance[uri] > 0)


def _most(groups: Sequence[QuestionGroup], number: Callable[[QuestionGroup], int]) -> list[QuestionGroup]:
    """The groups of which there is any, those with most of it first, others as they are."""
    return sorted((group for group in groups if number(group)), key=lambda group: -number(group))
