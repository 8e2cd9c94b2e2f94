"""How good the answers are: rankings of labelled questions, and relevance against the labels.

The interval and the comparison are written out here: scipy.stats offers both, but takes longer to import than a small set
takes to evaluate, and its bootstrap refuses a single question.
"""

import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import ir_measures
import numpy as np
from ir_measures import RR, R, ScoredDoc, Success, nDCG

from askdex.corpus.sources import Item
from askdex.corpus.sources.folder import file_key
from askdex.indexer.errors import EvaluationSetError
from askdex.indexer.evaluation import sets
from askdex.indexer.evaluation.sets import EvaluationSet
from askdex.indexer.ingest.progress import Progress
from askdex.indexer.ingest.update import EncoderLoader
from askdex.indexer.models.encoder import DEFAULT_MODEL, canonical_name
from askdex.indexer.search.searcher import Searcher
from askdex.indexer.store.write import FileVersion
from askdex.indexer.types import Mode, Model, Query
from askdex.indexer.upkeep import rebuild

MEASURES = {"ndcg@10": nDCG @ 10, "hit@1": Success @ 1, "hit@5": Success @ 5, "mrr@10": RR @ 10, "recall@100": R @ 100}
"""nDCG has a gain of 1 for each relevant document and a discount of log2(rank + 1)."""

_BINS = 10
"""Of a reliability diagram; ten of equal width is what the literature reports."""

_JUDGED_RESULTS = 10
"""Results of a question whose relevance is compared with the labels: what a page of results shows."""

_NAMED_DOCUMENTS = 3
"""Documents that a message lists before it counts the others."""

_RESAMPLES = 2_000
"""Resamples of the bootstrap and of the permutation test: the bounds then vary by about 2% of the interval's width."""

_CONFIDENCE = 0.95
"""The level of the confidence intervals."""

_SEED = 0
"""Of the random resamples, so that the same answers always get the same bounds."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean and the bounds of its 95% confidence interval."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Measured:
    """The result of a mode on a set: by question, the value of each measure, and the time in milliseconds.

    `judged` has a pair for each of the first ten results of each question: its relevance, and whether it answers.
    """

    set: str
    mode: Mode
    values: Mapping[str, Mapping[str, float]]
    milliseconds: Mapping[str, float]
    judged: Sequence[tuple[float, bool]] = ()


@dataclass(frozen=True, slots=True)
class Comparison:
    """The difference of a measure between two runs, over the questions that both asked.

    `chance` is the p-value of a two-sided paired permutation test: the probability of a difference at least as large if the
    runs were alike.
    """

    difference: Interval
    chance: float
    questions: int


@dataclass(frozen=True, slots=True)
class Bin:
    """The results whose relevance lies between two bounds.

    `results` is their number, `expected` their mean relevance, `found` the share that answers.
    """

    low: float
    high: float
    results: int
    expected: float
    found: float


def index_corpus(folder: Path, corpus: Path, model: str | None, load_encoder: EncoderLoader, progress: Progress) -> None:
    """Index the documents of a set in the BEIR layout as they are, in a new folder."""
    name = canonical_name(model or DEFAULT_MODEL)
    encoder = load_encoder(name)
    documents = list(sets.documents_of(corpus))
    path = corpus.resolve()
    item = Item(file_key(path), path.name, b"", sum(len(document.text) for document in documents))
    file = FileVersion(file_key(path.parent), item)
    model_of_index = Model(name, encoder.fingerprint, encoder.dimension)
    contents = rebuild.Contents(model_of_index, 0, (), [(file, documents)], item.size)
    rebuild.rebuild(contents, folder, lambda _: encoder, progress, makes_codes=True)


def absent(searcher: Searcher, evaluation_set: EvaluationSet) -> list[str]:
    """The documents that a set labels as answers and the index does not hold. They count as not found.

    Raises EvaluationSetError where the index holds none of them, so that there is nothing to measure.
    """
    with searcher.reader.opened() as opened:
        indexed = {label_of(summary.uri, evaluation_set) for summary in opened.documents(opened.state.documents, 0)}
    missing = sorted(evaluation_set.documents - indexed)
    if len(missing) == len(evaluation_set.documents):
        raise EvaluationSetError(
            f"The collection holds none of the documents that {evaluation_set.name} gives as answers ({named(missing)}): name "
            f"them as it does, such as {min(indexed)}."
        )
    return missing


def named(documents: Sequence[str]) -> str:
    """The first few of some documents, and the number of the others."""
    more = f" and {len(documents) - _NAMED_DOCUMENTS:,} more" if len(documents) > _NAMED_DOCUMENTS else ""
    return f"{', '.join(documents[:_NAMED_DOCUMENTS])}{more}"


def measure(searcher: Searcher, evaluation_set: EvaluationSet, mode: Mode) -> Measured:
    """Ask all questions of a set, each for all results. A document has the rank of its best passage."""
    milliseconds: dict[str, float] = {}
    ranking: list[ScoredDoc] = []
    judged: list[tuple[float, bool]] = []
    for key, question in evaluation_set.questions.items():
        start = time.perf_counter()
        results = searcher.search(Query(question, limit=sys.maxsize, mode=mode)).results
        milliseconds[key] = (time.perf_counter() - start) * 1e3
        documents = [label_of(result.passage.document.uri, evaluation_set) for result in results]
        # Copies of a text stand behind the best of them.
        found = (label_of(one.passage.document.uri, evaluation_set) for result in results for one in (result, *result.more))
        ranking += [ScoredDoc(key, document, -rank) for rank, document in enumerate(dict.fromkeys(found))]
        judged += [
            (result.relevance, document in evaluation_set.relevant[key])
            for result, document in zip(results[:_JUDGED_RESULTS], documents, strict=False)
            if result.relevance is not None
        ]
    return Measured(evaluation_set.name, mode, _values(evaluation_set, ranking), milliseconds, judged)


def interval(values: Sequence[float]) -> Interval:
    """The mean and its 95% confidence interval, by resampling questions (percentile bootstrap; Efron, 1979)."""
    numbers = np.asarray(values, np.float64)
    random = np.random.default_rng(_SEED)
    means = [numbers[random.integers(0, len(numbers), len(numbers))].mean() for _ in range(_RESAMPLES)]
    low, high = np.quantile(means, [(1 - _CONFIDENCE) / 2, (1 + _CONFIDENCE) / 2])
    return Interval(float(numbers.mean()), float(low), float(high))


def compare(now: Mapping[str, float], before: Mapping[str, float]) -> Comparison:
    """Compare a measure of two runs by question. The runs must have at least one question in common.

    p = (1 + number of resamples whose mean difference is at least as large, with signs drawn at random) / (1 + resamples).
    """
    keys = [key for key in now if key in before]
    differences = np.array([now[key] - before[key] for key in keys])
    signs = np.random.default_rng(_SEED).choice((-1.0, 1.0), (_RESAMPLES, len(keys)))
    # The tolerance keeps equal means equal, whatever the order in which they were added up.
    is_as_large = np.abs((signs * differences).mean(axis=1)) >= abs(differences.mean()) - 1e-12
    chance = (int(is_as_large.sum()) + 1) / (_RESAMPLES + 1)
    return Comparison(interval(differences.tolist()), chance, len(keys))


def moved(now: Mapping[str, float], before: Mapping[str, float]) -> Iterator[tuple[str, float, float]]:
    """The questions whose value differs, each with its value before and now; the largest differences come first."""
    changed = [(key, before[key], now[key]) for key in now if key in before and now[key] != before[key]]
    yield from sorted(changed, key=lambda change: (-abs(change[2] - change[1]), change[0]))


def reliability(judged: Sequence[tuple[float, bool]]) -> list[Bin]:
    """A reliability diagram: bins of equal width over the relevance of results, which are paired with whether they answer.

    Bins without results are left out:

        >>> reliability([(0.12, False), (0.18, True)])
        [Bin(low=0.1, high=0.2, results=2, expected=0.15, found=0.5)]
    """
    relevance, answers = np.array([value for value, _ in judged]), np.array([answer for _, answer in judged])
    numbers = np.minimum((relevance * _BINS).astype(np.int64), _BINS - 1)
    bins = []
    for number in np.unique(numbers).tolist():
        is_inside = numbers == number
        means = float(relevance[is_inside].mean()), float(answers[is_inside].mean())
        bins.append(Bin(number / _BINS, (number + 1) / _BINS, int(is_inside.sum()), *means))
    return bins


def calibration_error(bins: Sequence[Bin]) -> float:
    """The mean of |expected - found| over all results (expected calibration error; Naeini et al., 2015)."""
    results = sum(part.results for part in bins)
    return sum(part.results * abs(part.expected - part.found) for part in bins) / max(1, results)


def _values(evaluation_set: EvaluationSet, ranking: Sequence[ScoredDoc]) -> dict[str, dict[str, float]]:
    """Each measure by question; 0 where a question has no results."""
    labels = [ir_measures.Qrel(key, uri, 1) for key, uris in evaluation_set.relevant.items() for uri in uris]
    values: dict[str, dict[str, float]] = {name: dict.fromkeys(evaluation_set.questions, 0.0) for name in MEASURES}
    names = {measure: name for name, measure in MEASURES.items()}
    for metric in ir_measures.iter_calc(list(names), labels, ranking):
        values[names[metric.measure]][metric.query_id] = metric.value
    return values


def label_of(uri: str, evaluation_set: EvaluationSet) -> str:
    """The name that a set's labels use for a document: its uri, or for a set without a corpus the name of its file."""
    return uri if evaluation_set.corpus is not None else uri.partition("#")[0]
