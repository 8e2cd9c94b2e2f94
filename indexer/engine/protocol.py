"""The seam behind a search: what finds passages near a vector and passages that hold words."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np

from askdex.indexer.types import Ids, Numbers, Places, Vectors

_CHANGED = 0.25
"""The share by which a collection has changed that is measured anew."""


class Evidence(NamedTuple):
    """What the words of a question say of passages, each of shape (n,), in points of BM25.

    `bm25` is their BM25; `pairs` what those weigh that stand side by side in both; `sentence` what those weigh that one
    sentence of the passage holds, the best of them; `context` those in its title and headings. `coverage` is the share of
    what the content words of the question weigh, 0 to 1, that the passage holds.
    """

    bm25: Numbers
    pairs: Numbers
    sentence: Numbers
    context: Numbers
    coverage: Numbers


def has_changed(passages: int, measured: int) -> bool:
    """Whether a collection has changed much since it had so many passages, and was measured."""
    return abs(passages - measured) > _CHANGED * measured


@dataclass(frozen=True, slots=True)
class Hits:
    """Passages and their scores, best first, equal scores by id; both of shape (n,)."""

    ids: Ids
    scores: Vectors

    @classmethod
    def best(cls, ids: Ids, scores: Vectors, limit: int) -> "Hits":
        """The best `limit` passages; one that is there several times counts by its best score."""
        order = np.lexsort((ids, -scores))
        ids, scores = ids[order], scores[order]
        first = np.sort(np.unique(ids, return_index=True)[1])[:limit]
        return cls(ids[first], scores[first])


NOTHING = Hits(np.empty(0, np.int64), np.empty(0, np.float32))


class Engine(Protocol):
    """One state of an index, searched by many threads at once."""

    def __len__(self) -> int:
        """The number of passages."""

    def nearest(self, vector: Vectors, limit: int, within: Ids | None = None) -> Hits:
        """The passages whose vectors have the largest inner product with a vector of shape (dimension,).

        `within` restricts the search to these passages; it is exact then.
        """

    def matching(self, question: str, limit: int, within: Ids | None = None) -> Hits:
        """The passages that hold words of the question, by BM25; `within` restricts the search to these passages."""

    def word_scores(self, question: str, ids: Ids) -> list[dict[str, float]]:
        """For each of these passages the terms of the question that it holds, and what each adds to its BM25 score."""

    def holders(self, terms: Sequence[str]) -> list[int]:
        """How many passages hold each term, in their texts or in what stands above them."""

    def near(self, word: str, edits: int) -> list[str]:
        """The words as passages have them, in lower case, that so many edits or fewer make of a word, in their order.

        There may be some whose passages are gone.
        """

    def compared(self, vector: Vectors, ids: Ids) -> tuple[Vectors, Vectors]:
        """The largest inner product of a vector with those of each of these passages, of shape (n,).

        And the vector that stands for all of each, of shape (n, dimension).
        """

    def evidence(self, question: str, ids: Ids) -> Evidence:
        """What the words of the question say of each of these passages."""

    def places(self, ids: Ids) -> Places:
        """Where these passages stand, of shape (n,)."""
