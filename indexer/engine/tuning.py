"""Tuning the search of sketches: how much of each must be read to find what a search of all vectors finds.

Recall is measured on artificial questions, as there are no others when an index is made. The vectors of passages would be too
easy: each has a near neighbour, while the passage nearest to a person's question has a cosine of about .5 with it, and many
passages come close to that. So a question is the mean of four passages with as much noise added. On a million passages the
recall of such questions was .007 above that of people's questions, at every setting.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial

import numpy as np

from askdex.indexer.engine.embedded import EXACT, EmbeddedEngine, SketchTuning
from askdex.indexer.engine.protocol import CANDIDATES, has_changed
from askdex.indexer.engine.vectors import LISTS
from askdex.indexer.types import Ids, Vectors

ENOUGH_RECALL = 0.98
"""The recall that people's questions should have."""

_AIMED_RECALL = 0.99
"""The recall of artificial questions that is tuned for: people's questions have a little less."""

_OVERSAMPLING, _PROBES = (1, 2, 4, 8, 16), (32, 64, 96, 128, 192, 256, 384, 512, LISTS)
"""The settings that are tried, the cheapest of each first; see SketchTuning."""

SAMPLE = 192
"""Artificial questions. With ten neighbours of each, the standard error of a recall of .99 is sqrt(.99 * .01 / 1920) = .002."""

SUBJECTS = 4
"""Passages of which an artificial question is the mean."""

NEIGHBOURS = 10
"""Passages whose finding counts as recall: a page of results."""


def tuned(engine: EmbeddedEngine, before: SketchTuning = EXACT, aim: float = _AIMED_RECALL) -> SketchTuning:
    """The least oversampling, and with it the fewest lists, whose recall is at least `aim`.

    The tuning before is kept where the collection is much the same.
    Where no tuning reaches it, as with vectors of few dimensions, sketches are not used.
    """
    if engine.is_exact:
        return EXACT
    if before.passages and not has_changed(len(engine), before.passages):
        return before
    reference = _Reference(engine)
    for oversampling in _OVERSAMPLING:
        if reference.recall(SketchTuning(LISTS, oversampling)) >= aim:
            tried = (SketchTuning(probes, oversampling) for probes in _PROBES)
            measured = (replace(tuning, recall=reference.recall(tuning), passages=len(engine)) for tuning in tried)
            return next(tuning for tuning in measured if tuning.recall >= aim)
    return replace(EXACT, passages=len(engine))


def recall(engine: EmbeddedEngine) -> float:
    """The recall at 10 of an engine as it is tuned: the share of the 10 passages nearest to a question that it finds."""
    return 1.0 if engine.tuning.probes is None else _Reference(engine).recall(engine.tuning)


class _Reference:
    """Artificial questions and the passages nearest to each, found by comparing all vectors."""

    def __init__(self, engine: EmbeddedEngine) -> None:
        self._engine = engine
        self._questions = artificial_questions(_vectors(engine))
        self._exact = self._neighbours(EXACT)

    def recall(self, tuning: SketchTuning) -> float:
        """The share of these passages that a tuning finds, in the mean over the questions."""
        pairs = zip(self._exact, self._neighbours(tuning), strict=True)
        return float(np.mean([len(np.intersect1d(exact, near)) / max(1, len(exact)) for exact, near in pairs]))

    def _neighbours(self, tuning: SketchTuning) -> Sequence[Ids]:
        with ThreadPoolExecutor() as pool:
            return list(pool.map(partial(self._nearest, tuning), self._questions))

    def _nearest(self, tuning: SketchTuning, vector: Vectors) -> Ids:
        return np.array(list(self._engine.nearest_passages(vector, CANDIDATES, tuning))[:NEIGHBOURS], np.int64)


def _vectors(engine: EmbeddedEngine) -> Vectors:
    """Vectors from all over an engine, of shape (n, dimension)."""
    step = max(1, sum(len(live.segment.vectors) for live in engine.segments) // (SAMPLE * SUBJECTS))
    return np.concatenate([live.segment.vectors.halves[::step].astype(np.float32) for live in engine.segments])


def artificial_questions(vectors: Vectors) -> Vectors:
    """Artificial questions, of shape (192, dimension) and of unit length, made of vectors from all over a collection."""
    generator = np.random.default_rng(0)
    vectors = _normalised(vectors)
    means = _normalised(vectors[generator.integers(len(vectors), size=(SAMPLE, SUBJECTS))].sum(axis=1))
    return _normalised(means + _normalised(generator.standard_normal(means.shape, np.float32)))


def _normalised(vectors: Vectors) -> Vectors:
    """The vectors, of shape (n, dimension), each divided by its length."""
    normalised: Vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return normalised
