"""From what is found by meaning and by words to one order of passages."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from math import isnan
from typing import Any

import numpy as np

from askdex.indexer.engine.protocol import Evidence
from askdex.indexer.engine.simhash import near_duplicates
from askdex.indexer.types import Ids, Mode, Numbers, Places, Positions, Scores, Vectors

_FOREMOST = 5


@dataclass(frozen=True, slots=True)
class FusionWeights:
    """What each evidence counts beside a cosine, or, up to `context`, beside a point of BM25.

    They were chosen by the mean nDCG@10 of four public sets (`python -m tests.benchmarks fit-ranking` does so again). Around
    them lies a plateau: half or twice of one moves no set by more than .006. `temperature` is the points of BM25 by which a
    passage stands out from the others with three quarters of all that standing out can bring, `fall` the score by which another
    passage counts a third less for what is near it. The last three are for what a cross-encoder says.
    """

    pairs: float = 0.5
    sentence: float = 0.35
    context: float = 0.5
    keyword: float = 0.008
    standing: float = 0.10
    temperature: float = 1.5
    nearness: float = 0.15
    fall: float = 0.05
    log_odds: float = 0.01
    favour: float = 0.2
    favour_temperature: float = 2.0


WEIGHTS = FusionWeights()


@dataclass(frozen=True, slots=True)
class Candidates:
    """Passages that a ranker found, with all that is known of each, all of shape (n,).

    `cosines` are those with the question; `keyword` is the weight of its words, in points of BM25, which `bm25` is a part of,
    and `coverage` the share of them that the passage holds. `standing` is
    what it adds to a passage's score to stand out from all others by its words, `nearness` what its mean cosine with the
    foremost of the others adds: what is like other good passages is rather good. `fused` is what orders them. `log_odds` are
    those of a cross-encoder, no number where it did not read the passage, and `reading` is what they add; None where it was
    not asked.
    """

    ids: Ids
    cosines: Numbers
    bm25: Numbers
    coverage: Numbers
    keyword: Numbers
    standing: Numbers
    nearness: Numbers
    fused: Numbers
    log_odds: Numbers | None = None
    reading: Numbers | None = None

    def __len__(self) -> int:
        return len(self.ids)

    def taken(self, chosen: Positions | Sequence[int]) -> "Candidates":
        """Some of them, in the order in which they are chosen."""
        columns = (getattr(self, field.name) for field in fields(self))
        found: Iterator[Any] = (None if column is None else column[chosen] for column in columns)
        return Candidates(*found)

    def scores(self, mode: Mode) -> list[Scores]:
        """Their raw scores as a result shows them."""
        cosines = [None] * len(self) if mode is Mode.KEYWORD else self.cosines.tolist()
        keyword = [None] * len(self) if mode is Mode.SEMANTIC else [score or None for score in self.keyword.tolist()]
        rerank = [None] * len(self) if self.log_odds is None else [None if isnan(of) else of for of in self.log_odds.tolist()]
        return list(map(Scores, cosines, keyword, self.fused.tolist(), rerank))

    def shares(self) -> list[dict[str, float]]:
        """What each evidence adds to the fused score of each."""
        others = {"standing": self.standing, "nearness": self.nearness}
        if self.reading is not None:
            others["rerank"] = self.reading
        shares = {"semantic": self.cosines, "keyword": self.fused - self.cosines - sum(others.values()), **others}
        rows = zip(*(share.tolist() for share in shares.values()), strict=True)
        return [dict(zip(shares, row, strict=True)) for row in rows]


def fuse(
    ids: Ids,
    cosines: Numbers,
    evidence: Evidence,
    vectors: Vectors,
    mode: Mode,
    trust: float = 1.0,
    weights: FusionWeights = WEIGHTS,
) -> Candidates:
    """Bring together what meaning and words say of passages, whose vectors are of shape (n, dimension).

    The cosine keeps its scale, and so do the words up to the bounded standing, so that a score means much the same for every
    question. `trust` is what words count beside what they usually do. In the modes of one ranker alone its score is all that
    counts.
    """
    beside = weights.pairs * evidence.pairs + weights.sentence * evidence.sentence + weights.context * evidence.context
    keyword = evidence.bm25 + beside
    if mode in (Mode.KEYWORD, Mode.SEMANTIC) or not len(ids):
        nothing = np.zeros(len(ids))
        fused = keyword if mode is Mode.KEYWORD else cosines
        return Candidates(ids, cosines, evidence.bm25, evidence.coverage, keyword, nothing, nothing, fused)
    standing = np.exp((keyword - keyword.max()) / weights.temperature)
    standing *= trust * weights.standing / standing.sum()
    alone = cosines + trust * weights.keyword * keyword + standing
    nearness = weights.nearness * _nearness(alone, vectors, weights.fall)
    fused = alone + nearness
    return Candidates(ids, cosines, evidence.bm25, evidence.coverage, keyword, standing, nearness, fused)


def _nearness(scores: Numbers, vectors: Vectors, fall: float) -> Numbers:
    """The mean cosine of each passage with the foremost of the others, weighted by how little their scores fall off."""
    foremost = np.argsort(-scores, kind="stable")[:_FOREMOST]
    weights = np.repeat(np.exp((scores[foremost] - scores[foremost[0]]) / fall)[None], len(scores), axis=0)
    weights[foremost, np.arange(len(foremost))] = 0
    # Summed row by row: a matrix product may give one row other last digits in other company.
    cosines = np.vecdot(vectors[:, None], vectors[foremost])
    found: Numbers = (weights * cosines).sum(axis=1) / np.maximum(weights.sum(axis=1), np.finfo(np.float64).tiny)
    return found


def ordered(candidates: Candidates, places: Places) -> Positions:
    """The positions of the candidates by fused score, equal ones by document and place.

    Of those under one question only the best is kept.
    """
    order: Positions = np.lexsort((places["ordinal"], places["document"], -candidates.fused))
    questions = places["question"][order]
    is_kept = questions == 0
    # One question may be asked in several documents.
    of_documents = places["document"][order] ^ questions
    is_kept[np.unique(of_documents, return_index=True)[1]] = True
    kept: Positions = order[is_kept]
    return kept


def gains(log_odds: Sequence[float], weights: FusionWeights = WEIGHTS) -> Numbers:
    """What passages gain that a cross-encoder has read, of shape (n,), at least one."""
    found = np.array(log_odds)
    favour = np.exp((found - found.max()) / weights.favour_temperature)
    gained: Numbers = weights.log_odds * found + weights.favour * favour / favour.sum()
    return gained


def reranked(ranked: Candidates, log_odds: Sequence[float]) -> tuple[Candidates, Positions]:
    """Ranked candidates, the first of which a cross-encoder has read, at least one, with what that adds; and their new order.

    One that was not read gains as little as any that was, so it stays below all of them.
    """
    unread = len(ranked) - len(log_odds)
    gained = gains(log_odds)
    reading = np.concatenate([gained, np.full(unread, gained.min())])
    fused = ranked.fused + reading
    found = replace(ranked, fused=fused, log_odds=np.array([*log_odds, *[np.nan] * unread]), reading=reading)
    order: Positions = np.argsort(-fused, kind="stable")
    return found, order


def grouped(places: Places) -> list[list[int]]:
    """The positions of ranked passages by groups, each in the order of the ranking, as are the groups by their first.

    A passage goes to the group of the first that is of the same document, or that has nearly the same text.
    """
    together = (places["document"][:, None] == places["document"]) | near_duplicates(places["simhash"])
    leaders = together.argmax(axis=1) if len(places) else np.empty(0, np.intp)
    # The first that a passage belongs to may belong to another itself.
    while (leaders != leaders[leaders]).any():
        leaders = leaders[leaders]
    return [np.flatnonzero(leaders == leader).tolist() for leader in np.unique(leaders)]
