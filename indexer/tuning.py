"""How far an engine must look: measured on its own vectors, against a search that compares them all."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np

from indexer.embedded import EXACT, EmbeddedEngine, Tuning
from indexer.engine import Vectors
from indexer.vectors import LISTS

ENOUGH_RECALL = 0.98
_AIM = 0.99
"""What is tuned for; questions that were not in the sample may find a little less."""

_FEWEST_PROBES = 8
_SAMPLE = 128
_AT = 10
_CHANGED = 0.25
"""The share by which a collection has changed that is measured anew."""


def tuned(engine: EmbeddedEngine, before: Tuning = EXACT) -> Tuning:
    """As few probes as find enough of what is near; those of before where the collection is much the same."""
    if engine.is_exact:
        return EXACT
    if before.probes is not None and abs(len(engine) - before.passages) <= _CHANGED * before.passages:
        return before
    probes = _FEWEST_PROBES
    while (found := measured(engine, probes)).recall < _AIM and probes < LISTS:
        probes *= 2
    return found


def measured(engine: EmbeddedEngine, probes: int | None) -> Tuning:
    """What an engine finds with so many probes."""
    sample = _sample(engine)
    with ThreadPoolExecutor() as pool:
        recalls = list(pool.map(partial(_recall, engine, probes), sample))
    return Tuning(probes, float(np.mean(recalls)), len(engine))


def _sample(engine: EmbeddedEngine) -> Vectors:
    """Some of an engine's vectors, of unit length, spread over its segments."""
    chosen = []
    number = sum(len(of.segment.vectors) for of in engine.segments)
    for of in engine.segments:
        rows = np.arange(0, len(of.segment.vectors), max(1, number // _SAMPLE))
        chosen.append(of.segment.vectors.halves[rows].astype(np.float32))
    vectors = np.concatenate(chosen)
    found: Vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return found


def _recall(engine: EmbeddedEngine, probes: int | None, vector: Vectors) -> float:
    """The share of the passages nearest to a vector that is found; the vector's own, which comes first, does not count."""
    exact, found = (set(engine.probed(vector, _AT + 1, each).ids[1:].tolist()) for each in (None, probes))
    return len(exact & found) / max(1, len(exact))
