"""Making an engine, opening it, asking it and adding to it, each in a process of its own."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from askdex.indexer.engine.build import built, extended
from askdex.indexer.engine.embedded import EmbeddedEngine, Hits
from askdex.indexer.engine.features import keyword_features
from askdex.indexer.engine.files import EngineWriter, Stamp, opened, read_manifest
from askdex.indexer.engine.protocol import Ask
from askdex.indexer.engine.question import weighed
from askdex.indexer.types import Ids, IndexedPassage, Vectors
from tests.benchmarks import machine
from tests.benchmarks.made_vectors import VectorModel, fitted_vectors
from tests.benchmarks.made_words import BLOCK, TextModel, learned_text

CANDIDATES = 100
"""Passages that a search takes from each ranker."""

ADDED = 1_000
"""Passages of an addition: one block."""

_DEPTH = 10
"""Of recall@10."""

_NO_IDS = np.empty(0, np.int64)
_MULTIPLIER = 0x9E3779B97F4A7C15
"""2^64 divided by the golden ratio (Knuth's multiplicative hashing): it scatters consecutive numbers."""


@dataclass(frozen=True)
class Source:
    """Real texts and vectors, from which any number of passages is made."""

    texts: Sequence[str]
    vectors: Vectors
    questions: Vectors

    @cached_property
    def vector_model(self) -> VectorModel:
        return fitted_vectors(self.vectors)

    @cached_property
    def text_model(self) -> TextModel:
        return learned_text(self.texts)

    def entries(self, size: int, first: int = 0) -> Iterator[IndexedPassage]:
        """A number of passages, beginning with a block."""
        for number, vectors in enumerate(self.vector_model.blocks(size, first), first):
            texts = self.text_model.passages(number, len(vectors))
            ids = ids_of(number, len(vectors)).tolist()
            for passage_id, (heading, text), vector in zip(ids, texts, vectors, strict=True):
                yield IndexedPassage(passage_id, heading, text, vector[None])


@dataclass(frozen=True, slots=True)
class BuildCosts:
    """The costs of making an engine: seconds, and bytes at the peak of memory.

    `passages_seconds` are the seconds of making the passages, which `seconds` leaves out.
    """

    seconds: float
    passages_seconds: float
    peak: int | None


@dataclass(frozen=True, slots=True)
class QueryCosts:
    """The costs of an engine in a new process, in seconds and bytes.

    `nearest` has the ids nearest to each question. `semantic`, `keyword` and `features` are the seconds of each question: of
    the nearest vectors, of the best passages by terms, and of the features of those.
    """

    opening: float
    memory_open: dict[str, int]
    memory_asked: dict[str, int]
    recall: float
    nearest: list[Ids]
    semantic: list[float]
    keyword: list[float]
    features: list[float]


def ids_of(block: int, size: int) -> Ids:
    """The ids of a block's passages, in no order, like digests."""
    numbers = np.arange(block * BLOCK + 1, block * BLOCK + size + 1, dtype=np.uint64)
    return ((numbers * np.uint64(_MULTIPLIER)) >> np.uint64(1)).astype(np.int64)


def make(source: Source, folder: Path, size: int) -> BuildCosts:
    """Make an engine of a number of passages in an empty folder."""
    waited = 0.0

    def timed() -> Iterator[IndexedPassage]:
        nonlocal waited
        entries = source.entries(size)
        while True:
            before = time.perf_counter()
            entry = next(entries, None)
            waited += time.perf_counter() - before
            if entry is None:
                return
            yield entry

    _ = source.vector_model, source.text_model
    started = time.perf_counter()
    draft = EngineWriter(folder)
    draft.finish(built(timed(), draft), str(size))
    seconds = time.perf_counter() - started
    return BuildCosts(seconds - waited, waited, machine.memory().get("VmHWM"))


def ask(_: object, folder: Path, size: int, vectors: Vectors, questions: Sequence[str]) -> QueryCosts:
    """Open an engine, and ask it for what is nearest by vectors, best by terms, and for the features of the latter.

    Vectors beyond the questions are only asked for what is nearest.
    """
    started = time.perf_counter()
    engine = opened(folder, Stamp(str(size), size, size))
    opening = time.perf_counter() - started
    memory_open = machine.memory()
    nearest: list[Ids] = []
    seconds: list[list[float]] = []
    for vector, question in zip(vectors, questions, strict=False):
        clock = [time.perf_counter()]
        near = engine.nearest_passages(vector, CANDIDATES, engine.tuning)
        clock.append(time.perf_counter())
        terms = weighed(question, engine.vocabulary)
        by_terms = engine.candidates(Ask(terms=terms.terms, limit=CANDIDATES))
        clock.append(time.perf_counter())
        keyword_features(by_terms, terms, engine.vocabulary)
        clock.append(time.perf_counter())
        nearest.append(first_ids(near))
        seconds.append(np.diff(clock).tolist())
    nearest += [first_ids(engine.nearest_passages(vector, CANDIDATES, engine.tuning)) for vector in vectors[len(questions) :]]
    times = map(list, zip(*seconds, strict=True))
    return QueryCosts(opening, memory_open, machine.memory(), engine.tuning.recall, nearest, *times)


def first_ids(hits: Hits) -> Ids:
    """The ids of the nearest passages."""
    return np.array(list(hits)[:_DEPTH], np.int64)


def add(source: Source, folder: Path, size: int, turns: int) -> tuple[list[float], list[float]]:
    """Add passages in turns. Returns the seconds of each addition, and of each opening after it, with the known segments."""
    adding, opening = [], []
    token = str(size)
    known: EmbeddedEngine = opened(folder, Stamp(token, size, size))
    for number in range(turns):
        entries = list(source.entries(ADDED, first=size // BLOCK + 1 + number))
        after = folder.with_name(f"{folder.name}+{number}")
        after.mkdir()
        clock = [time.perf_counter()]
        manifest = read_manifest(folder, token)
        draft = EngineWriter(after, manifest)
        folder, token, size = after, f"{size}+", size + ADDED
        draft.finish(extended(manifest, entries, _NO_IDS, draft), token)
        clock.append(time.perf_counter())
        known = opened(folder, Stamp(token, size, size), {of.segment.name: of.segment for of in known.segments})
        clock.append(time.perf_counter())
        adding.append(clock[1] - clock[0])
        opening.append(clock[2] - clock[1])
    return adding, opening


def exact(source: Source, queries: Vectors, sizes: Sequence[int]) -> dict[int, list[Ids]]:
    """By size, the ids nearest to each vector among that many passages; all are compared, in one pass over them."""
    best_ids = np.zeros((len(queries), 0), np.int64)
    best = np.zeros((len(queries), 0), np.float32)
    nearest: dict[int, list[Ids]] = {}
    done = 0
    for number, vectors in enumerate(source.vector_model.blocks(max(sizes))):
        ids = ids_of(number, len(vectors))
        for size in (size for size in sizes if done < size <= done + len(vectors)):
            nearest[size] = list(_nearest(queries, best, best_ids, vectors[: size - done], ids[: size - done])[1])
        best, best_ids = _nearest(queries, best, best_ids, vectors, ids)
        done += len(vectors)
    return nearest


def _nearest(queries: Vectors, best: Vectors, best_ids: Ids, vectors: Vectors, ids: Ids) -> tuple[Vectors, Ids]:
    """The best of the scores and ids so far and those of more vectors, both of shape (questions, depth)."""
    scores = np.concatenate([best, queries @ vectors.T], axis=1)
    all_ids = np.concatenate([best_ids, np.broadcast_to(ids, (len(queries), len(ids)))], axis=1)
    chosen = np.argpartition(-scores, min(_DEPTH, scores.shape[1]) - 1, axis=1)[:, :_DEPTH]
    return np.take_along_axis(scores, chosen, 1), np.take_along_axis(all_ids, chosen, 1)


def recall(found: Sequence[Ids], exact: Sequence[Ids]) -> float:
    """The share of the exact nearest that was found, averaged over the questions."""
    return float(np.mean([len(np.intersect1d(ids, nearest)) / len(nearest) for ids, nearest in zip(found, exact, strict=True)]))
