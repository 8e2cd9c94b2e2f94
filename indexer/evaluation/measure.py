"""How good the answers are: rankings of labelled questions, measured."""

import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import ir_measures
import numpy as np
from ir_measures import RR, R, ScoredDoc, Success, nDCG

from askdex.corpus.types import Source
from askdex.indexer.errors import EvaluationSetError
from askdex.indexer.evaluation import sets
from askdex.indexer.evaluation.sets import EvaluationSet
from askdex.indexer.ingest.progress import Progress
from askdex.indexer.ingest.update import EncoderLoader
from askdex.indexer.models.encoder import DEFAULT_MODEL, canonical_name
from askdex.indexer.search.searcher import Searcher
from askdex.indexer.store import read
from askdex.indexer.store.states import Model
from askdex.indexer.store.write import FileVersion
from askdex.indexer.types import Mode, Query
from askdex.indexer.upkeep import carrying

MEASURES = {"ndcg@10": nDCG @ 10, "hit@1": Success @ 1, "hit@5": Success @ 5, "mrr@10": RR @ 10, "recall@100": R @ 100}
"""As the field has them: a gain of 1 for each relevant document, a discount of log2 of the rank."""

_JUDGED = 10
_MOST_NAMED = 3
_RESAMPLES = 2_000
_LEVEL = 0.95
_SEED = 0


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean and the bounds that hold it with 95% probability."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Measured:
    """What a mode reached on a set: each measure by question, and the time of each question, in milliseconds.

    `judged` has the relevance of the first ten results of each question, where they have one, and whether they answer.
    """

    set: str
    mode: Mode
    values: Mapping[str, Mapping[str, float]]
    milliseconds: Mapping[str, float]
    judged: Sequence[tuple[float, bool]] = ()


@dataclass(frozen=True, slots=True)
class Comparison:
    """How a measure moved from one run to another, over the questions that both asked.

    `chance` is the probability of a move at least as large if the runs were alike (two-sided, by turning signs at random).
    """

    difference: Interval
    chance: float
    questions: int


def index_corpus(folder: Path, corpus: Path, model: str | None, load_encoder: EncoderLoader, progress: Progress) -> None:
    """Index the documents of a set in the BEIR layout as they are, in a new folder."""
    name = canonical_name(model or DEFAULT_MODEL)
    encoder = load_encoder(name)
    found = list(sets.documents_of(corpus))
    place = corpus.resolve()
    edition = FileVersion(Source(place, place.parent, place.name), b"", sum(len(document.text) for document in found))
    known = Model(name, encoder.fingerprint, encoder.dimension)
    carrying.unload(carrying.Contents(known, 0, (), [(edition, found)], edition.size), folder, lambda _: encoder, progress)


def absent(searcher: Searcher, one: EvaluationSet) -> list[str]:
    """The documents that a set gives as answers and the index does not hold: what they answer counts as not found.

    Raises EvaluationSetError where it holds none of them, so that there is nothing to measure.
    """
    with searcher.reader.snapshot() as snapshot:
        held = {_uri(summary.uri, one) for summary in read.documents(snapshot, snapshot.state.documents, 0)}
    missing = sorted(one.documents - held)
    if len(missing) == len(one.documents):
        raise EvaluationSetError(
            f"The collection holds none of the documents that {one.name} gives as answers ({named(missing)}): name them as it "
            f"does, such as {min(held)}."
        )
    return missing


def named(documents: Sequence[str]) -> str:
    """The first few of some documents, and how many more there are."""
    more = f" and {len(documents) - _MOST_NAMED:,} more" if len(documents) > _MOST_NAMED else ""
    return f"{', '.join(documents[:_MOST_NAMED])}{more}"


def measure(searcher: Searcher, one: EvaluationSet, mode: Mode) -> Measured:
    """Ask all questions of a set, each for all that is found. A document's rank is that of its best passage."""
    milliseconds: dict[str, float] = {}
    ranked: list[ScoredDoc] = []
    judged: list[tuple[float, bool]] = []
    for key, question in one.questions.items():
        started = time.perf_counter()
        results = searcher.search(Query(question, limit=sys.maxsize, mode=mode)).results
        milliseconds[key] = (time.perf_counter() - started) * 1e3
        found = dict.fromkeys(_uri(result.passage.document.uri, one) for result in results)
        ranked += [ScoredDoc(key, uri, -rank) for rank, uri in enumerate(found)]
        judged += [
            (result.relevance, _uri(result.passage.document.uri, one) in one.relevant[key])
            for result in results[:_JUDGED]
            if result.relevance is not None
        ]
    labels = [ir_measures.Qrel(key, uri, 1) for key, uris in one.relevant.items() for uri in uris]
    values: dict[str, dict[str, float]] = {name: dict.fromkeys(one.questions, 0.0) for name in MEASURES}
    names = {measure: name for name, measure in MEASURES.items()}
    for metric in ir_measures.iter_calc(list(names), labels, ranked):
        values[names[metric.measure]][metric.query_id] = metric.value
    return Measured(one.name, mode, values, milliseconds, judged)


def interval(values: Sequence[float]) -> Interval:
    """The mean, and the bounds of 95% by resampling questions (percentile bootstrap, Efron 1979)."""
    numbers = np.asarray(values, np.float64)
    chances = np.random.default_rng(_SEED)
    means = [numbers[chances.integers(0, len(numbers), len(numbers))].mean() for _ in range(_RESAMPLES)]
    low, high = np.quantile(means, [(1 - _LEVEL) / 2, (1 + _LEVEL) / 2])
    return Interval(float(numbers.mean()), float(low), float(high))


def compare(now: Mapping[str, float], before: Mapping[str, float]) -> Comparison:
    """Compare a measure of two runs, question by question. Both must have asked some of the same."""
    both = [key for key in now if key in before]
    differences = np.array([now[key] - before[key] for key in both])
    signs = np.random.default_rng(_SEED).choice((-1.0, 1.0), (_RESAMPLES, len(both)))
    by_chance = np.abs((signs * differences).mean(axis=1)) >= abs(differences.mean()) - 1e-12
    chance = (int(by_chance.sum()) + 1) / (_RESAMPLES + 1)
    return Comparison(interval(differences.tolist()), chance, len(both))


def moved(now: Mapping[str, float], before: Mapping[str, float]) -> Iterator[tuple[str, float, float]]:
    """The questions whose value changed with what it was and is, the largest changes first."""
    changed = [(key, before[key], now[key]) for key in now if key in before and now[key] != before[key]]
    yield from sorted(changed, key=lambda change: (-abs(change[2] - change[1]), change[0]))


def _uri(uri: str, one: EvaluationSet) -> str:
    """The name that labels have for a document: for a set of files, that of the file."""
    return uri if one.corpus is not None else uri.partition("#")[0]
