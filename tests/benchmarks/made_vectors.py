"""Any number of made vectors that are distributed as real embeddings are.

A made vector is a real one, moved up to half way towards one of its nearest neighbours (as two texts on one subject are), plus
noise with the covariance of the differences between nearest neighbours. The one free parameter is the size of the noise. It
is fitted so that a sample as large as the real set has the real set's median cosine to the tenth neighbour. What else
`Neighbourhoods` measures is not fitted, and shows how well the rest agrees.

Vectors are made block by block from seeds, so that none has to be stored.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from askdex.indexer.types import Vectors
from tests.benchmarks.made_words import BLOCK

_NEIGHBOURS = 64
"""Nearest neighbours towards one of which a vector is moved."""

_TENTH = 9
_DEEPEST = 20
"""Neighbours that the dimension is estimated from: more of them are less local, fewer give a less certain estimate."""

_SAMPLE = 1_000
"""Vectors whose neighbours are measured."""

_UNUSED_BLOCK = 2**30
"""A block number that no collection reaches: samples begin there."""

_BISECTIONS = 10
_LARGEST_NOISE = 4.0
"""The noise is found between 0 and this, to 1/1,000 of it."""


@dataclass(frozen=True, slots=True)
class Neighbourhoods:
    """Cosines to the first and the tenth neighbour and of any two vectors, and the dimension of the neighbourhoods."""

    first: Vectors
    tenth: Vectors
    any_two: Vectors
    dimension: float


@dataclass(frozen=True, slots=True)
class VectorModel:
    """Real unit vectors (n, d), the nearest neighbours of each (n, k), the shape of the noise (d, d), and its size."""

    real: Vectors
    neighbours: npt.NDArray[np.int64]
    shape: Vectors
    noise: float

    def block(self, number: int) -> Vectors:
        """The vectors of a block, of shape (BLOCK, d), the same each time."""
        random = np.random.default_rng([number, len(self.real)])
        origins = random.integers(0, len(self.real), BLOCK)
        targets = self.neighbours[origins, random.integers(0, self.neighbours.shape[1], BLOCK)]
        way = random.uniform(0, 0.5, (BLOCK, 1)).astype(np.float32)
        vectors = (1 - way) * self.real[origins] + way * self.real[targets]
        vectors += self.noise * random.standard_normal(vectors.shape, np.float32) @ self.shape
        return _unit(vectors)

    def sample(self) -> Vectors:
        """As many vectors as there are real ones, from blocks that no collection has."""
        return np.concatenate(list(self.blocks(len(self.real), _UNUSED_BLOCK)))

    def blocks(self, size: int, first: int = 0) -> Iterator[Vectors]:
        """A number of vectors, block by block, beginning with a block."""
        for number, start in enumerate(range(0, size, BLOCK), first):
            yield self.block(number)[: size - start]


def fitted_vectors(real: Vectors) -> VectorModel:
    """The model of real unit vectors; its noise is found by bisection."""
    neighbours = _nearest_neighbours(real, min(_NEIGHBOURS, len(real) - 1))[1]
    differences = real - real[neighbours[:, 0]]
    # The symmetric square root of the covariance turns white noise into noise of that covariance.
    variances, directions = np.linalg.eigh(differences.T @ differences / len(real))
    shape = (directions * np.sqrt(np.maximum(variances, 0))) @ directions.T
    model = VectorModel(real, neighbours, shape.astype(np.float32), 0.0)
    target = np.median(neighbourhoods(real).tenth)
    low, high = 0.0, _LARGEST_NOISE
    for _ in range(_BISECTIONS):
        middle = replace(model, noise=(low + high) / 2)
        is_too_wide = np.median(neighbourhoods(middle.sample()).tenth) < target
        low, high = (low, middle.noise) if is_too_wide else (middle.noise, high)
    return replace(model, noise=(low + high) / 2)


def neighbourhoods(vectors: Vectors) -> Neighbourhoods:
    """Measure how vectors are distributed.

    The dimension is the maximum likelihood estimate of Levina and Bickel (2004), with its inverse averaged, as MacKay and
    Ghahramani (2005) correct it. Identical vectors are left out of it.
    """
    depth = min(_DEEPEST, len(vectors) - 1)
    cosines, _ = _nearest_neighbours(vectors, depth, _SAMPLE)
    distances = np.sqrt(np.maximum(2 - 2 * cosines.astype(np.float64), 0))
    distinct = distances[distances[:, 0] > 1e-3]
    inverse = np.log(distinct[:, -1:] / distinct[:, :-1]).mean(axis=1)
    sample = vectors[:: max(1, len(vectors) // _SAMPLE)]
    any_two = (sample @ sample.T)[np.triu_indices(len(sample), 1)]
    return Neighbourhoods(cosines[:, 0], cosines[:, min(_TENTH, depth - 1)], any_two, float(1 / inverse.mean()))


def _nearest_neighbours(vectors: Vectors, depth: int, sample: int | None = None) -> tuple[Vectors, npt.NDArray[np.int64]]:
    """The cosines and row numbers of the nearest others of all vectors, or of a sample; both of shape (n, depth)."""
    rows = np.arange(0, len(vectors), 1 if sample is None else max(1, len(vectors) // sample))
    parts: list[tuple[Vectors, npt.NDArray[np.int64]]] = []
    for part in np.array_split(rows, len(rows) // 1_000 + 1):
        cosines = vectors[part] @ vectors.T
        # Below any cosine, so that no vector is its own neighbour.
        cosines[np.arange(len(part)), part] = -2
        nearest = np.argpartition(-cosines, depth - 1, axis=1)[:, :depth]
        order = np.argsort(-np.take_along_axis(cosines, nearest, 1), axis=1)
        numbers = np.take_along_axis(nearest, order, 1)
        parts.append((np.take_along_axis(cosines, numbers, 1), numbers))
    return np.concatenate([cosines for cosines, _ in parts]), np.concatenate([numbers for _, numbers in parts])


def _unit(vectors: Vectors) -> Vectors:
    unit: Vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return unit
