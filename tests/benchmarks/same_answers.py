"""Two versions of Askdex side by side: both index the same documents and are asked the same questions.

Each version works in processes of its own, on the same paths, because the ids of passages depend on them. What is compared
is exact: the order of passages, each score, the sentences that are marked, each relevance, and whether there is an answer.
"""

import json
import random
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice, zip_longest
from pathlib import Path
from typing import Any

import askdex
from tests.benchmarks import answers, processes
from tests.benchmarks.options import Options, SkippedError
from tests.benchmarks.table import table

_QUESTIONS = 300
"""Of all sets together; a few minutes on two cores beside the indexing."""

_PRECISE_EACH, _ALONE_EACH = 10, 4
"""Each tenth question is also asked in the mode precise, which takes far longer, each fourth by one ranker."""

_SEED = 0
_SHOWN = 5
"""Differences of a set that are printed."""

ASPECTS = {
    "order": ("error", "order", "total"),
    "scores": ("scores",),
    "marked sentences": ("marked",),
    "relevance": ("relevance",),
    "answered": ("answered",),
    "corrected": ("corrected",),
}
"""The columns of the table, and the values of an answer that each of them compares."""

_TINY_DOCUMENTS = {
    "card.md": "# Lost card\n\nThe office issues a new card within five days. It costs 12 euros.",
    "pension.md": "# Pension\n\nA pension begins at sixty. Who works longer gets more.",
    "leave.md": "# Leave\n\n- Each employee has 25 days.\n- Parents have 10 days more.",
}
_TINY_QUESTIONS = ("Who issues a new card?", "When does a pension begin?", "days for parents", "the prize of a balloon")

Answer = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class DocumentSet:
    """Documents and questions that people asked of them."""

    name: str
    documents: Path
    questions: Sequence[str]


@dataclass(frozen=True, slots=True)
class Version:
    """A Python that has a version of Askdex, and the folder that it is imported from, where it is not installed."""

    python: str
    packages: str = ""

    def answers(self, documents: Path, questions: Sequence[tuple[str, str]], work: Path) -> list[Answer]:
        """The answers to questions in modes, from a new index of these documents. Raises FailedError."""
        with tempfile.TemporaryDirectory(dir=work) as temporary:
            folder = Path(temporary)
            job, result = folder / "job.json", folder / "result.json"
            tasks = {"index": str(folder / "index"), "documents": str(documents), "questions": questions}
            job.write_text(json.dumps(tasks), encoding="utf-8")
            # -P leaves out the folder of the script, whose modules could stand in the way of others.
            command = [self.python, "-P", str(Path(answers.__file__)), str(job), str(result)]
            processes.finished(command, {"PYTHONPATH": self.packages})
            loaded: list[Answer] = json.loads(result.read_text(encoding="utf-8"))
            return loaded


def report(options: Options) -> Iterator[str]:
    """The lines of the table, and the first differences of each set."""
    if not hasattr(askdex, "open"):
        raise SkippedError("this version has no askdex.index and askdex.open")
    now = Version(sys.executable, str(processes.PACKAGES))
    with tempfile.TemporaryDirectory(dir=options.work) as temporary:
        if options.tiny:
            before, sets = now, [_tiny_set(Path(temporary))]
        else:
            before, sets = _version_before(options), _even_sets(_document_sets(options))
        rows, lines = [], []
        for document_set in sets:
            questions = list(_questions_with_modes(document_set.questions))
            pairs = [version.answers(document_set.documents, questions, options.work) for version in (before, now)]
            rows.append(row(document_set.name, *pairs))
            lines += list(differences(document_set.name, questions, *pairs))
    yield from table(["set", "asked", "refused", *ASPECTS], rows)
    yield from lines


def _version_before(options: Options) -> Version:
    if options.before is None:
        raise SkippedError("no other version: name with --before the Python of an environment that has one")
    return Version(str(options.before))


def _tiny_set(folder: Path) -> DocumentSet:
    for name, text in _TINY_DOCUMENTS.items():
        (folder / name).write_text(text, encoding="utf-8")
    return DocumentSet("tiny", folder, _TINY_QUESTIONS)


def _document_sets(options: Options) -> list[DocumentSet]:
    """The sets of real documents beside the evaluation sets, and the public pages. Raises SkippedError where none is there."""
    places = [
        (file.parent / "documents", file, "question") for file in sorted(options.sets.parent.glob("real/*/questions.jsonl"))
    ]
    places.append((options.sets / "usagov_en" / "pages_txt", options.sets / "usagov_en" / "queries.jsonl", "text"))
    sets = [
        DocumentSet(file.parent.name, documents, _questions(file, key)) for documents, file, key in places if documents.is_dir()
    ]
    if not sets:
        raise SkippedError(f"no documents with questions in {options.sets} or beside it: name the folder with --sets")
    return sets


def _questions(file: Path, key: str) -> list[str]:
    """The different questions of a file, in a random order that is always the same."""
    with file.open(encoding="utf-8") as lines:
        questions = list(dict.fromkeys(str(json.loads(line)[key]) for line in lines))
    random.Random(_SEED).shuffle(questions)
    return questions


def _even_sets(sets: Sequence[DocumentSet]) -> list[DocumentSet]:
    """The sets with as many questions of each as the total allows."""
    pairs = ([(document_set.name, question) for question in document_set.questions] for document_set in sets)
    in_turn = filter(None, chain.from_iterable(zip_longest(*pairs)))
    chosen = list(islice(in_turn, _QUESTIONS))
    return [DocumentSet(one.name, one.documents, [question for name, question in chosen if name == one.name]) for one in sets]


def _questions_with_modes(questions: Sequence[str]) -> Iterator[tuple[str, str]]:
    for number, question in enumerate(questions):
        yield question, "fast"
        if number % _PRECISE_EACH == 0:
            yield question, "precise"
        if number % _ALONE_EACH == 0:
            yield question, "keyword"
            yield question, "semantic"


def row(name: str, before: Sequence[Answer], now: Sequence[Answer]) -> list[str]:
    counts = [sum(_differs(*pair, keys) for pair in zip(before, now, strict=True)) for keys in ASPECTS.values()]
    return [name, f"{len(now):,}", f"{sum('error' in answer for answer in now):,}", *(f"{count:,}" for count in counts)]


def _differs(before: Answer, now: Answer, keys: Sequence[str]) -> bool:
    return any(_differing(before.get(key), now.get(key)) for key in keys)


def _differing(before: object, now: object) -> bool:
    """Whether two values differ; of values by passage those of passages that both versions found."""
    if isinstance(before, Mapping) and isinstance(now, Mapping):
        return any(before[passage] != now[passage] for passage in before.keys() & now.keys())
    return before != now


def differences(
    name: str, questions: Sequence[tuple[str, str]], before: Sequence[Answer], now: Sequence[Answer]
) -> Iterator[str]:
    """How many answers of a set differ, and the first of them."""
    differing = [
        f"  {mode}: {question!r} differs in {', '.join(aspects)}"
        for (question, mode), one, other in zip(questions, before, now, strict=True)
        if (aspects := [aspect for aspect, keys in ASPECTS.items() if _differs(one, other, keys)])
    ]
    yield f"{name}: {len(differing):,} differences" + (":" if differing else "")
    yield from differing[:_SHOWN]
