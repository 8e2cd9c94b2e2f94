"""From the hits of two rankers to one order of passages."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from indexer.arrays import Positions
from indexer.engine import Hits, Ids, Places
from indexer.likeness import alike
from indexer.types import Mode, Scores

KEYWORD_WEIGHT = 0.01
"""What a point of BM25 is worth beside a cosine.

Both scores keep their own scale, so a fused score means the same for every question. Taking each to 0-1 by its least and
largest loses that, and ranked worse on three of four public sets and in the mean of all (nDCG@10 .800, this .808). The
weight is the best in that mean of those tried.
"""

Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Candidates:
    """Passages that one of the rankers found, with what each says of them, all of shape (n,).

    `cosines` and `bm25` are 0 where a ranker was not asked or did not find the passage.
    """

    ids: Ids
    cosines: Numbers
    bm25: Numbers
    fused: Numbers

    def __len__(self) -> int:
        return len(self.ids)

    def taken(self, chosen: Positions | Sequence[int]) -> "Candidates":
        """Some of them, in the order in which they are chosen."""
        return Candidates(self.ids[chosen], self.cosines[chosen], self.bm25[chosen], self.fused[chosen])

    def scores(self, mode: Mode) -> list[Scores]:
        """Their raw scores as a result shows them."""
        has_cosines = mode is not Mode.KEYWORD
        rows = zip(self.cosines.tolist(), self.bm25.tolist(), self.fused.tolist(), strict=True)
        return [Scores(cosine if has_cosines else None, bm25 or None, fused) for cosine, bm25, fused in rows]


def fuse(ids: Ids, cosines: Numbers, keyword: Hits, mode: Mode) -> Candidates:
    """Bring together what two rankers say of passages, whose ids are in ascending order."""
    bm25 = np.zeros(len(ids))
    bm25[np.searchsorted(ids, keyword.ids)] = keyword.scores
    return Candidates(ids, cosines, bm25, cosines + (1.0 if mode is Mode.KEYWORD else KEYWORD_WEIGHT) * bm25)


def ordered(candidates: Candidates, places: Places) -> Positions:
    """The positions of the candidates by fused score, equal ones by document and place.

    Of those under one question only the best is kept.
    """
    order: Positions = np.lexsort((places["ordinal"], places["document"], -candidates.fused))
    questions = places["question"][order]
    is_kept = questions == 0
    is_kept[np.unique(questions, return_index=True)[1]] = True
    kept: Positions = order[is_kept]
    return kept


def grouped(places: Places) -> list[list[int]]:
    """The positions of ranked passages by groups, each in the order of the ranking, as are the groups by their first.

    A passage goes to the group of the first that is of the same document, or that has nearly the same text.
    """
    together = (places["document"][:, None] == places["document"]) | alike(places["likeness"])
    leaders = together.argmax(axis=1) if len(places) else np.empty(0, np.intp)
    # The first that a passage belongs to may belong to another itself.
    while (leaders != leaders[leaders]).any():
        leaders = leaders[leaders]
    return [np.flatnonzero(leaders == leader).tolist() for leader in np.unique(leaders)]
