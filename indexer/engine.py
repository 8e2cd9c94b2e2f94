"""The seam behind a search: what finds passages near a vector and passages that hold words."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

Ids = npt.NDArray[np.int64]
Vectors = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Entry:
    """A passage as an engine takes it: `vectors` has shape (k, dimension), k >= 1; the best match counts.

    A vector is as long as its weight: 1, or less where a match with it counts for less.
    """

    id: int
    context: str
    text: str
    vectors: Vectors


@dataclass(frozen=True, slots=True)
class Hits:
    """Passages and their scores, best first, equal scores by id; both of shape (n,)."""

    ids: Ids
    scores: Vectors

    @classmethod
    def ordered(cls, scores: dict[int, float], limit: int) -> "Hits":
        """The best `limit` of the scores."""
        best = sorted(scores.items(), key=lambda hit: (-hit[1], hit[0]))[:limit]
        return cls(np.array([hit[0] for hit in best], np.int64), np.array([hit[1] for hit in best], np.float32))


class Engine(Protocol):
    """One state of an index, searched by many threads at once."""

    def __len__(self) -> int:
        """The number of passages."""

    def nearest(self, vector: Vectors, limit: int, within: Ids | None = None) -> Hits:
        """The passages whose vectors have the largest inner product with a vector of shape (dimension,).

        `within` restricts the search to these passages.
        """

    def matching(self, question: str, limit: int, within: Ids | None = None) -> Hits:
        """The passages that hold words of the question, by BM25; `within` restricts the search to these passages."""
