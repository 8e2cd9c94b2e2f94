"""How often people would be served who ask about real collections: each set in both modes, with 95% intervals.

A set is a folder with `documents/` and `questions.jsonl`, a line for each question: its kind, the documents that answer it, and
a pattern that the right passage and the right answer hold. A question of the kind near or far has no documents.
"""

import json
import re
import statistics
import time
import urllib.parse
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from askdex.indexer.search import shares
from askdex.indexer.search.searcher import Searcher, open_searcher
from askdex.indexer.types import Mode, Query, Response, Result, StoredPassage
from tests.benchmarks import processes
from tests.benchmarks.options import Options, SkippedError
from tests.benchmarks.table import percentile, table

_SETS = "real"
"""The folder of sets, beside that of the evaluation sets."""

_TOP, _LIMIT = 3, 20

_TINY_QUESTIONS = 5
_NEAR = "near"


@dataclass(frozen=True, slots=True)
class Question:
    """A question of a set; `answer` is None where the documents do not answer it."""

    text: str
    kind: str
    documents: Sequence[str]
    answer: re.Pattern[str] | None

    def is_right(self, passage: StoredPassage) -> bool:
        """Whether a passage is of a document that answers, and holds the answer itself."""
        if self.answer is None:
            return False
        uri = urllib.parse.unquote(passage.document.uri.partition("#")[0])
        of_document = any(uri.endswith(path) or path.endswith(uri) for path in self.documents)
        return of_document and bool(self.answer.search(f"{' '.join(passage.heading_path)}\n{passage.text}"))


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a question; `rank` is that of the first right result, None where none is right."""

    question: Question
    rank: int | None
    is_marked: bool
    is_refused: bool
    seconds: float

    @property
    def is_served(self) -> bool:
        """Whether the person is helped: the right sentence marked, or an unanswerable question refused."""
        return self.is_refused if self.question.answer is None else self.is_marked and not self.is_refused


def report(options: Options) -> Iterator[str]:
    """A row for each set and mode, then the answerable questions that are not served, by what went wrong."""
    folder = options.sets.parent / _SETS
    sets = sorted(file.parent for file in folder.glob("*/questions.jsonl"))
    if not sets:
        raise SkippedError(f"there are no sets in {folder}")
    rows, losses = [], []
    for of_set in sets[-1:] if options.tiny else sets:
        with closing(open_searcher(_index(options, of_set))) as searcher:
            for mode in (Mode.FAST, Mode.PRECISE):
                outcomes = [outcome(searcher, question, mode) for question in _questions(options, of_set)]
                rows.append([of_set.name, mode.value, *_figures(outcomes)])
                losses.append([of_set.name, mode.value, *_losses(outcomes)])
    yield from table(["set", "mode", *_MEASURES, "median, ms", "p95, ms"], rows)
    yield from table(["answerable, not served", "mode", *_REASONS], losses)


def outcome(searcher: Searcher, question: Question, mode: Mode) -> Outcome:
    """Ask a question."""
    started = time.perf_counter()
    response = searcher.search(Query(question.text, limit=_LIMIT, mode=mode))
    seconds = time.perf_counter() - started
    rank = next((result.rank for result in response.results if _is_right(question, result)), None)
    return Outcome(question, rank, rank == 1 and _is_marked(question, response), response.answered is False, seconds)


def _is_right(question: Question, result: Result) -> bool:
    return any(question.is_right(found.passage) for found in (result, *result.more))


def _is_marked(question: Question, response: Response) -> bool:
    first = response.results[0]
    if first.answer is None or question.answer is None:
        return False
    return bool(question.answer.search(first.passage.text[first.answer.start : first.answer.end]))


_MEASURES: dict[str, tuple[Callable[[Outcome], bool], Callable[[Outcome], bool]]] = {
    "first": (lambda one: one.question.answer is not None, lambda one: one.rank == 1),
    f"top {_TOP}": (lambda one: one.question.answer is not None, lambda one: (one.rank or _LIMIT) <= _TOP),
    f"top {_LIMIT}": (lambda one: one.question.answer is not None, lambda one: one.rank is not None),
    "sentence": (lambda one: one.question.answer is not None, lambda one: one.is_marked),
    "refused": (lambda one: one.question.answer is not None, lambda one: one.is_refused),
    "near refused": (lambda one: one.question.kind == _NEAR, lambda one: one.is_refused),
    "served": (lambda _: True, lambda one: one.is_served),
}
"""For each measure, of which outcomes it is the share of which. The first 20 are the ceiling of any better order of these."""

_REASONS: dict[str, Callable[[Outcome], bool]] = {
    f"not in the first {_LIMIT}": lambda one: one.rank is None,
    "not first": lambda one: one.rank is not None and one.rank > 1,
    "refused": lambda one: one.rank == 1 and one.is_refused,
    "another sentence": lambda one: one.rank == 1 and not one.is_refused,
}


def _figures(outcomes: Sequence[Outcome]) -> list[str]:
    shares = [_share([holds(one) for one in outcomes if counts(one)]) for counts, holds in _MEASURES.values()]
    seconds = [one.seconds * 1e3 for one in outcomes]
    return [*shares, f"{statistics.median(seconds):,.0f}", f"{percentile(seconds, 0.95):,.0f}"]


def _losses(outcomes: Sequence[Outcome]) -> list[str]:
    lost = [one for one in outcomes if one.question.answer is not None and not one.is_served]
    return [str(sum(map(is_reason, lost))) for is_reason in _REASONS.values()]


def _share(held: Sequence[bool]) -> str:
    if not held:
        return "-"
    low, high = shares.interval(sum(held), len(held))
    return f"{sum(held) / len(held):.2f} ({low:.2f}-{high:.2f})"


def _questions(options: Options, folder: Path) -> list[Question]:
    lines = (folder / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    questions = []
    for row in map(json.loads, lines[: _TINY_QUESTIONS if options.tiny else None]):
        answer = re.compile(row["answer"], re.IGNORECASE | re.DOTALL) if row["answer"] else None
        questions.append(Question(row["question"], row["kind"], row["documents"], answer))
    return questions


def _index(options: Options, of_set: Path) -> Path:
    """The index of the documents of a set, made or brought up to date by the command; of its smallest folder with `tiny`."""
    documents = of_set / "documents"
    if options.tiny:
        documents = min(filter(Path.is_dir, documents.iterdir()), key=lambda path: sum(1 for _ in path.rglob("*")))
    index = options.work / f"quality-{of_set.name}{'-tiny' if options.tiny else ''}"
    processes.finished(processes.askdex_command("index", documents, "--index", index))
    return index
