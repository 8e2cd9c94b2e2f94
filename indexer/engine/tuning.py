"""How far an engine must look: measured on questions made of its own vectors, against a search that compares them all.

Questions do not lie where passages do: what is nearest to one has a cosine of some .5 with it, and many come close to that.
To look for neighbours of passages is far easier, and says little. So a question is made of the mean of four passages and as
much noise again: with a million passages its recall was .007 above that of people's questions, however far one looked.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial

import numpy as np

from askdex.indexer.engine.embedded import EXACT, EmbeddedEngine, Tuning
from askdex.indexer.engine.protocol import has_changed
from askdex.indexer.engine.vectors import LISTS
from askdex.indexer.types import Ids, Vectors

ENOUGH_RECALL = 0.98
_AIM = 0.99
"""What is tuned for: people's questions find a little less than those of the sample."""

_OVERSAMPLING = (1, 2, 4, 8, 16)
_PROBES = (32, 64, 96, 128, 192, 256, 384, 512, LISTS)
_SAMPLE = 192
_SUBJECTS = 4
_AT = 10
_LIMIT = 100
"""As many passages as are asked for to choose the best from."""


def tuned(engine: EmbeddedEngine, before: Tuning = EXACT) -> Tuning:
    """The cheapest tuning that finds enough of what is near; that of before where the collection is much the same.

    A sketch that does not find enough, as one of vectors of few dimensions may, is not used.
    """
    if engine.is_exact:
        return EXACT
    if before.passages and not has_changed(len(engine), before.passages):
        return before
    reference = _Reference(engine)
    for oversampling in _OVERSAMPLING:
        if reference.recall(Tuning(LISTS, oversampling)) >= _AIM:
            tried = (Tuning(probes, oversampling) for probes in _PROBES)
            measured = (replace(tuning, recall=reference.recall(tuning), passages=len(engine)) for tuning in tried)
            return next(tuning for tuning in measured if tuning.recall >= _AIM)
    return replace(EXACT, passages=len(engine))


def recall(engine: EmbeddedEngine) -> float:
    """The share of the 10 passages nearest to a question that an engine finds as it is tuned."""
    return 1.0 if engine.tuning.probes is None else _Reference(engine).recall(engine.tuning)


class _Reference:
    """The passages nearest to some questions, by comparison with all."""

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
        return np.array(list(self._engine.nearest_passages(vector, _LIMIT, tuning))[:_AT], np.int64)


def _sample(engine: EmbeddedEngine) -> Vectors:
    """Questions of unit length, made of vectors from all over an engine."""
    chances = np.random.default_rng(0)
    step = max(1, sum(len(of.segment.vectors) for of in engine.segments) // (_SAMPLE * _SUBJECTS))
    vectors = _unit(np.concatenate([of.segment.vectors.halves[::step].astype(np.float32) for of in engine.segments]))
    subjects = _unit(vectors[chances.integers(len(vectors), size=(_SAMPLE, _SUBJECTS))].sum(axis=1))
    return _unit(subjects + _unit(chances.standard_normal(subjects.shape, np.float32)))


def _unit(vectors: Vectors) -> Vectors:
    found: Vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return found
