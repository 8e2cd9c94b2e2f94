"""Fitting the weights that choose the unit of a passage that answers, and measuring them on sets that were left out.

A set is either an evaluation set with the spans that answer (`answers.jsonl`), or a real collection: a folder of documents, and
questions that give the documents that answer and a regular expression for the answer. Each question is asked of one passage
that answers it, so that the ranking does not matter. The model is a softmax over the units of the passage: the loss is minus
the logarithm of the probability of the units that answer, in the mean of each set, and the sets have equal weight.
"""

import json
import random
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from scipy.optimize import minimize  # type: ignore[import-untyped]

from askdex.corpus.passages import context
from askdex.corpus.text.units import clipped, units
from askdex.corpus.types import Block, Kind
from askdex.indexer import library
from askdex.indexer.search.answer import COSINE, scored_units
from askdex.indexer.search.answer_kinds import KINDS, asked_kinds, held_weight
from askdex.indexer.search.answer_parts import PassageText
from askdex.indexer.search.searcher import open_searcher
from askdex.indexer.types import Numbers, Query, Span
from tests.benchmarks import materials
from tests.benchmarks.options import Options, SkippedError
from tests.benchmarks.table import table

_DEEPEST = 100
"""Results of a question among which a passage that answers is looked for."""

_MOST_QUESTIONS, _TINY_QUESTIONS = 400, 5
"""Questions of a set."""

_RIDGE = 0.02
"""The penalty on the squares of the weights: there are few questions beside the kinds of answers."""

FEATURES = ("share", *KINDS, "cosine")


@dataclass(frozen=True, slots=True)
class AskedPassage:
    """A question, a passage that answers it with its title and headings, and whether a span of its text answers."""

    question: str
    passage: PassageText
    context: str
    answers: Callable[[Span], bool]


Example: TypeAlias = tuple[Numbers, Numbers]
"""The features of the units of a passage, of shape (units, features), and 1 or 0 for whether each answers."""


def report(options: Options) -> Iterator[str]:
    """The weights fitted on all sets, and how weights do on each set that are fitted on all others."""
    sets = {name: list(map(_example, asked)) for name, asked in _asked_sets(options)}
    if len(sets) < 2:
        raise SkippedError(f"fewer than two sets with answers in {options.sets} and {_real(options)}")
    of_all = fitted(list(sets.values()))
    yield "of all  " + "  ".join(f"{name} {weight:.2f}" for name, weight in zip(FEATURES, of_all / of_all[0], strict=True))
    rows = []
    for name, examples in sets.items():
        of_others = fitted([others for other, others in sets.items() if other != name])
        shares = [share_right(examples, weights) for weights in (in_use(), of_all, of_others)]
        rows.append([name, str(len(examples)), *(f"{share:.3f}" for share in shares)])
    yield from table(["set", "questions", "in use", "fitted on all", "fitted on others"], rows)


def in_use() -> Numbers:
    """The weights that the search uses."""
    return np.array([1.0, *(kind.weight for kind in KINDS.values()), COSINE])


def fitted(sets: Sequence[Sequence[Example]]) -> Numbers:
    """The weights of the features under which the units that answer are most likely."""
    weighed = [(*example, 1 / (len(examples) * len(sets))) for examples in sets for example in examples if example[1].any()]

    def loss(weights: Numbers) -> float:
        total = _RIDGE * float(weights @ weights) / 2
        for features, answering, weight in weighed:
            scores = features @ weights
            total += weight * float(np.logaddexp.reduce(scores) - np.logaddexp.reduce(scores[answering > 0]))
        return total

    found: Numbers = minimize(loss, np.zeros(len(FEATURES))).x
    return found


def share_right(examples: Sequence[Example], weights: Numbers) -> float:
    """The share of the examples in which the unit with the highest score answers."""
    return float(np.mean([answering[int(np.argmax(features @ weights))] for features, answering in examples]))


def _example(asked: AskedPassage) -> Example:
    encoder, text = materials.load_encoder(), asked.passage.text
    scored, kinds = scored_units(asked.question, asked.passage), asked_kinds(asked.question)
    vectors = encoder.encode_documents([f"{asked.context}\n{text[unit.span.start : unit.span.end]}" for unit in scored])
    cosines = vectors @ encoder.encode_questions([asked.question])[0]
    rows = []
    for unit, cosine in zip(scored, cosines.tolist(), strict=True):
        shown = text[unit.shown.start : unit.shown.end]
        held = [float(kind in kinds and held_weight([kind], shown) > 0) for kind in KINDS.values()]
        rows.append([unit.score - held_weight(kinds, shown), *held, cosine])
    return np.array(rows), np.array([float(asked.answers(unit.shown)) for unit in scored])


def _asked_sets(options: Options) -> Iterator[tuple[str, list[AskedPassage]]]:
    most = _TINY_QUESTIONS if options.tiny else _MOST_QUESTIONS
    for answers in sorted(options.sets.glob("*/answers.jsonl")):
        yield answers.parent.name, list(_of_evaluation_set(answers.parent, most))
    for questions in sorted(_real(options).glob("*/questions.jsonl")):
        if not options.tiny:
            yield questions.parent.name, list(_of_collection(questions.parent, options))


def _real(options: Options) -> Path:
    """The folder of real collections, which stands beside that of the evaluation sets."""
    return options.sets.parent / "real"


def _of_evaluation_set(folder: Path, most: int) -> Iterator[AskedPassage]:
    passages, questions = ({row["id"]: row for row in _rows(folder / f"{name}.jsonl")} for name in ("corpus", "queries"))
    labels = [line.split("\t") for line in (folder / "qrels.tsv").read_text(encoding="utf-8").splitlines()]
    passage_of = {question: passage for question, passage, *_ in labels}
    rows = list(_rows(folder / "answers.jsonl"))
    for row in random.Random(0).sample(rows, min(most, len(rows))):
        passage = passages[passage_of[row["query-id"]]]
        text = passage["text"]
        spans = [(answer["start"], answer["start"] + len(answer["text"])) for answer in row["answers"]]
        text_units = tuple(units(text, [Block(Kind.PARAGRAPH, 0, len(text))]))
        answers = _holds_one_of(spans)
        yield AskedPassage(questions[row["query-id"]]["text"], PassageText(text, text_units), passage["title"], answers)


def _holds_one_of(spans: Sequence[tuple[int, int]]) -> Callable[[Span], bool]:
    return lambda shown: any(shown.start <= start and end <= shown.end for start, end in spans)


def _of_collection(folder: Path, options: Options) -> Iterator[AskedPassage]:
    """The questions of a real collection, each with the first passage in the ranking that answers it."""
    index = options.work / f"answers-{folder.name}"
    library.index(index, folder / "documents")
    with closing(open_searcher(index)) as searcher, searcher.reader.opened() as opened:
        for row in _rows(folder / "questions.jsonl"):
            if not row["answer"]:
                continue
            pattern = re.compile(row["answer"], re.IGNORECASE | re.DOTALL)
            for result in searcher.search(Query(row["question"], limit=_DEEPEST)).results:
                passage = result.passage
                if passage.document.uri in row["documents"] and pattern.search(passage.text):
                    document = opened.document(passage.document.id)
                    parts = tuple(units(passage.text, clipped(document.blocks, passage.start, passage.end)))
                    yield AskedPassage(
                        row["question"],
                        PassageText(passage.text, parts, passage.question),
                        context(passage.document.title, passage.heading_path),
                        _holds(pattern, passage.text),
                    )
                    break


def _holds(pattern: re.Pattern[str], text: str) -> Callable[[Span], bool]:
    return lambda shown: pattern.search(text[shown.start : shown.end]) is not None


def _rows(file: Path) -> Iterator[Mapping[str, Any]]:
    with file.open(encoding="utf-8") as lines:
        yield from map(json.loads, lines)
