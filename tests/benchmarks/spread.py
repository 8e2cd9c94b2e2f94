"""Any number of vectors that lie as real embeddings do.

A vector is a real one, moved up to half way to one of its nearest neighbours (two texts on one subject) and by noise of
the shape that the differences between nearest neighbours have (their covariance). The one free number, how large the
noise is, is fitted: a sample as large as the real set must have its median cosine to the tenth neighbour. `Lie` tells how
far the rest agrees, which is not fitted. All is drawn block by block from seeds, so nothing needs to be kept.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from askdex.indexer.types import Vectors
from tests.benchmarks.words import BLOCK

_NEIGHBOURS = 64
_TENTH = 9
_DEEPEST = 20
_SAMPLE = 1_000
_APART = 2**30
_STEPS = 10
_LARGEST_NOISE = 4.0


@dataclass(frozen=True, slots=True)
class Lie:
    """How vectors lie: cosines to the first and tenth neighbour and of any two, and the dimension of the neighbourhoods."""

    first: Vectors
    tenth: Vectors
    any_two: Vectors
    dimension: float


@dataclass(frozen=True, slots=True)
class Spread:
    """Real unit vectors (n, d), the nearest neighbours of each (n, k), the shape of the noise (d, d) and its size."""

    real: Vectors
    near: npt.NDArray[np.int64]
    shape: Vectors
    noise: float

    def block(self, number: int) -> Vectors:
        """The vectors of a block, of shape (BLOCK, d), the same each time."""
        chances = np.random.default_rng([number, len(self.real)])
        of = chances.integers(0, len(self.real), BLOCK)
        to = self.near[of, chances.integers(0, self.near.shape[1], BLOCK)]
        way = chances.uniform(0, 0.5, (BLOCK, 1)).astype(np.float32)
        found = (1 - way) * self.real[of] + way * self.real[to]
        found += self.noise * chances.standard_normal(found.shape, np.float32) @ self.shape
        return _unit(found)

    def sample(self) -> Vectors:
        """As many vectors as there are real ones, from blocks that no collection has."""
        return np.concatenate(list(self.blocks(len(self.real), _APART)))

    def blocks(self, size: int, first: int = 0) -> Iterator[Vectors]:
        """So many vectors, block by block, from this block on."""
        for number, start in enumerate(range(0, size, BLOCK), first):
            yield self.block(number)[: size - start]


def fitted(real: Vectors) -> Spread:
    """The spread of real unit vectors, its noise found by bisection."""
    near = _neighbours(real, min(_NEIGHBOURS, len(real) - 1))[1]
    differences = real - real[near[:, 0]]
    values, directions = np.linalg.eigh(differences.T @ differences / len(real))
    shape = (directions * np.sqrt(np.maximum(values, 0))) @ directions.T
    spread = Spread(real, near, shape.astype(np.float32), 0.0)
    wanted = np.median(lie(real).tenth)
    least, most = 0.0, _LARGEST_NOISE
    for _ in range(_STEPS):
        tried = replace(spread, noise=(least + most) / 2)
        is_too_wide = np.median(lie(tried.sample()).tenth) < wanted
        least, most = (least, tried.noise) if is_too_wide else (tried.noise, most)
    return replace(spread, noise=(least + most) / 2)


def lie(vectors: Vectors) -> Lie:
    """Measure how vectors lie. The dimension is the maximum likelihood estimate of Levina and Bickel (2004).

    Its inverse is averaged, as MacKay and Ghahramani (2005) put right; identical vectors are left out of it.
    """
    depth = min(_DEEPEST, len(vectors) - 1)
    cosines, _ = _neighbours(vectors, depth, _SAMPLE)
    distances = np.sqrt(np.maximum(2 - 2 * cosines.astype(np.float64), 0))
    distinct = distances[distances[:, 0] > 1e-3]
    inverse = np.log(distinct[:, -1:] / distinct[:, :-1]).mean(axis=1)
    some = vectors[:: max(1, len(vectors) // _SAMPLE)]
    any_two = (some @ some.T)[np.triu_indices(len(some), 1)]
    return Lie(cosines[:, 0], cosines[:, min(_TENTH, depth - 1)], any_two, float(1 / inverse.mean()))


def _neighbours(vectors: Vectors, depth: int, sample: int | None = None) -> tuple[Vectors, npt.NDArray[np.int64]]:
    """The cosines and numbers of the nearest others of all vectors, or of a sample; both of shape (n, depth)."""
    asked = np.arange(0, len(vectors), 1 if sample is None else max(1, len(vectors) // sample))
    found: list[tuple[Vectors, npt.NDArray[np.int64]]] = []
    for some in np.array_split(asked, len(asked) // 1_000 + 1):
        cosines = vectors[some] @ vectors.T
        cosines[np.arange(len(some)), some] = -2
        best = np.argpartition(-cosines, depth - 1, axis=1)[:, :depth]
        order = np.argsort(-np.take_along_axis(cosines, best, 1), axis=1)
        numbers = np.take_along_axis(best, order, 1)
        found.append((np.take_along_axis(cosines, numbers, 1), numbers))
    return np.concatenate([one for one, _ in found]), np.concatenate([one for _, one in found])


def _unit(vectors: Vectors) -> Vectors:
    unit: Vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return unit
