"""How far an engine must look: measured on its own vectors, against a search that compares them all."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial

import numpy as np

from indexer.embedded import EXACT, EmbeddedEngine, Tuning
from indexer.engine import Ids, Vectors
from indexer.vectors import LISTS

ENOUGH_RECALL = 0.98
_AIM = 0.99
"""What is tuned for; questions that were not in the sample may find a little less."""

_OVERSAMPLING = (2, 4, 8, 16)
_PROBES = (8, 16, 32, 64, 128, LISTS)
_SAMPLE = 128
_AT = 10
_CHANGED = 0.25
"""The share by which a collection has changed that is measured anew."""


def tuned(engine: EmbeddedEngine, before: Tuning = EXACT) -> Tuning:
    """The cheapest tuning that finds enough of what is near; that of before where the collection is much the same.

    A sketch that does not find enough, as one of vectors of few dimensions may, is not used.
    """
    if engine.is_exact:
        return EXACT
    if before.passages and abs(len(engine) - before.passages) <= _CHANGED * before.passages:
        return before
    reference = _Reference(engine)
    for oversampling in _OVERSAMPLING:
        if reference.recall(Tuning(LISTS, oversampling)) >= _AIM:
            tried = (Tuning(probes, oversampling) for probes in _PROBES)
            found = next(tuning for tuning in tried if reference.recall(tuning) >= _AIM)
            return replace(found, recall=reference.recall(found), passages=len(engine))
    return replace(EXACT, passages=len(engine))


def recall(engine: EmbeddedEngine) -> float:
    """The share of the 10 nearest passages that an engine finds as it is tuned."""
    return 1.0 if engine.tuning.probes is None else _Reference(engine).recall(engine.tuning)


class _Reference:
    """The passages nearest to some of an engine's own vectors, by comparison with all."""

    def __init__(self, engine: EmbeddedEngine) -> None:
        self._engine = engine
        self._sample = _sample(engine)
        self._exact = self._neighbours(EXACT)

    def recall(self, tuning: Tuning) -> float:
        """The share of them that is found, in the mean."""
        both = zip(self._exact, self._neighbours(tuning), strict=True)
        return float(np.mean([len(np.intersect1d(exact, found)) / max(1, len(exact)) for exact, found in both]))

    def _neighbours(self, tuning: Tuning) -> Sequence[Ids]:
        with ThreadPoolExecutor() as pool:
            return list(pool.map(partial(self._nearest, tuning), self._sample))

    def _nearest(self, tuning: Tuning, vector: Vectors) -> Ids:
        # The vector's own passage comes first.
        return self._engine.found(vector, _AT + 1, tuning).ids[1:]


def _sample(engine: EmbeddedEngine) -> Vectors:
    """Some of an engine's vectors, of unit length, spread over its segments."""
    step = max(1, sum(len(of.segment.vectors) for of in engine.segments) // _SAMPLE)
    vectors = np.concatenate([of.segment.vectors.halves[::step].astype(np.float32) for of in engine.segments])
    found: Vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return found
