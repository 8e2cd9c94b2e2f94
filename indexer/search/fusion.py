"""Fusing the scores by vectors and by terms into one order.

fused = cosine_scale * cosine + keyword_weight * (0.008 * keyword + 0.10 * softmax(keyword / 1.5)) + cluster_bonus
keyword = bm25 + 0.5 * pairs + 0.35 * sentence + 0.5 * context
cluster_bonus = 0.15 * cosine_scale * mean cosine with the five foremost passages, each weighted by exp(-gap / 0.05)

To this are added, in this order and where they apply: a loss for what the question names and a passage lacks (`retrieval`); 4
times the match of late interaction beyond what is unrelated (`models.token_codes`), of the best 40 candidates; the gain by what
a cross-encoder has read; what versions exchange (`versions`).

The softmax is over all candidates of the question. The foremost are the five with the largest scores without the bonus; a
passage is not compared with itself, so each of the five is compared with four. The gap is how far one lies below the first.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from math import isnan
from typing import Any

import numpy as np

from askdex.indexer.engine.features import KeywordFeatures
from askdex.indexer.engine.simhash import near_duplicates
from askdex.indexer.types import Ids, Mask, Mode, Numbers, Places, Positions, Scores, Vectors

_FOREMOST = 5
"""Passages with which the cluster bonus compares each candidate. Chosen by hand, before the weights below."""

_LEAST_WEIGHT = float(np.finfo(np.float64).tiny)
"""The least divisor of a weighted mean: a single candidate has no others, so no weight, and gets a bonus of 0."""


@dataclass(frozen=True, slots=True)
class FusionWeights:
    """The weight of each feature.

    `match` is the weight of late interaction beside a cosine.

    `pairs`, `sentence` and `context` are weights beside a point of BM25; `keyword`, `softmax` and `cluster` beside a cosine.
    `temperature` divides points of BM25 before the softmax. For the cluster bonus a passage whose score is `gap_scale` below
    the best counts e^-1 = .37 times as much as the best. `log_odds` and `rerank_softmax`, with its own temperature, weigh the
    log-odds of a cross-encoder.

    All but `match` were chosen for the mean nDCG@10 of four public sets (`python -m tests.benchmarks fit-ranking`). Around them
    lies a plateau: half or twice of one moves no set by more than .006. `match` was chosen by hand: with it the right passage
    of two real collections comes first for 64% of the questions instead of 52%, and none of the four sets loses more than .003.
    """

    pairs: float = 0.5
    sentence: float = 0.35
    context: float = 0.5
    keyword: float = 0.008
    softmax: float = 0.10
    temperature: float = 1.5
    cluster: float = 0.15
    match: float = 4.0
    gap_scale: float = 0.05
    log_odds: float = 0.01
    rerank_softmax: float = 0.2
    rerank_temperature: float = 2.0


FUSION_WEIGHTS = FusionWeights()

READER_WEIGHTS = replace(FUSION_WEIGHTS, log_odds=0.0, rerank_softmax=0.25, rerank_temperature=0.7)
"""The same where the reader of the installation reads: its log-odds lie closer together than those of a cross-encoder that was
trained to rank. With these the right passage comes first for .71 of the questions of four collections in the mean, in the mode
fast too (without a reader .67), and the order on pages that answer like FAQs stays (usagov_en, nDCG@10 .823 and .815). They
were chosen by hand among such figures, which `python -m tests.benchmarks quality` measures again."""


@dataclass(frozen=True, slots=True)
class Candidates:
    """The candidates for a question with their scores, all of shape (n,).

    `cosines` are those with the question. `keyword` is the score by terms in points of BM25, of which `bm25` is a part;
    `coverage` is the share of the question's content words that the passage has, by weight. `cosine_share`, `keyword_softmax`
    and `cluster_bonus` are parts of the fused score, see the formula above. `fused` orders the passages. `log_odds` are those
    of a cross-encoder, NaN where it did not read the passage, and `rerank_gain` what they add; both are None where no
    cross-encoder was asked. `version_gain` is what passages gained or lost where versions of a passage changed places, None
    where none did; `match_gain` is what late interaction adds, None where it was not used. `lacks` is whether each lacks what
    the question names, or a quoted phrase, where another has it; None where the question has nothing of the kind.
    """

    ids: Ids
    cosines: Numbers
    bm25: Numbers
    coverage: Numbers
    keyword: Numbers
    cosine_share: Numbers
    keyword_softmax: Numbers
    cluster_bonus: Numbers
    fused: Numbers
    log_odds: Numbers | None = None
    rerank_gain: Numbers | None = None
    version_gain: Numbers | None = None
    match_gain: Numbers | None = None
    lacks: Mask | None = None

    def __len__(self) -> int:
        return len(self.ids)

    def take(self, positions: Positions | Sequence[int]) -> "Candidates":
        """The candidates at these positions, in this order."""
        columns = (getattr(self, field.name) for field in fields(self))
        chosen: Iterator[Any] = (None if column is None else column[positions] for column in columns)
        return Candidates(*chosen)

    def scores(self, mode: Mode) -> list[Scores]:
        """The scores that results show, in the order of the candidates."""
        cosines = [None] * len(self) if mode is Mode.KEYWORD else self.cosines.tolist()
        keyword = [None] * len(self) if mode is Mode.SEMANTIC else [score or None for score in self.keyword.tolist()]
        rerank = [None] * len(self)
        if self.log_odds is not None:
            rerank = [None if isnan(log_odds) else log_odds for log_odds in self.log_odds.tolist()]
        return list(map(Scores, cosines, keyword, self.fused.tolist(), rerank))

    def shares(self) -> list[dict[str, float]]:
        """What each kind of evidence adds to the fused score of each, by the names that explanations use.

        These are `semantic` (cosine), `keyword` (points, less what is taken off for names and phrases that the passage lacks),
        `standing` (softmax), `nearness` (cluster bonus), `tokens` (late interaction), `rerank` and `version`.
        """
        others = {"standing": self.keyword_softmax, "nearness": self.cluster_bonus}
        if self.match_gain is not None:
            others["tokens"] = self.match_gain
        if self.rerank_gain is not None:
            others["rerank"] = self.rerank_gain
        if self.version_gain is not None:
            others["version"] = self.version_gain
        by_words = self.fused - self.cosine_share - sum(others.values())
        shares = {"semantic": self.cosine_share, "keyword": by_words, **others}
        rows = zip(*(share.tolist() for share in shares.values()), strict=True)
        return [dict(zip(shares, row, strict=True)) for row in rows]


def fuse(
    ids: Ids,
    cosines: Numbers,
    by_terms: KeywordFeatures,
    vectors: Vectors,
    mode: Mode,
    keyword_weight: float = 1.0,
    cosine_scale: float = 1.0,
    weights: FusionWeights = FUSION_WEIGHTS,
) -> Candidates:
    """Fuse the scores of passages, whose first vectors have shape (n, dimension).

    A cosine keeps its scale, and so do points of BM25, so that a fused score means much the same for every question.
    `keyword_weight` is a factor on all that terms add, `cosine_scale` one on all that cosines do. A mode of one ranker alone
    orders by that ranker's score.
    """
    pairs, sentence = weights.pairs * by_terms.pairs, weights.sentence * by_terms.sentence
    keyword = by_terms.bm25 + (pairs + sentence + weights.context * by_terms.context)
    if mode in (Mode.KEYWORD, Mode.SEMANTIC) or not len(ids):
        nothing = np.zeros(len(ids))
        fused = keyword if mode is Mode.KEYWORD else cosines
        return Candidates(ids, cosines, by_terms.bm25, by_terms.coverage, keyword, cosines, nothing, nothing, fused)
    softmax = np.exp((keyword - np.maximum.reduce(keyword)) / weights.temperature)
    softmax *= keyword_weight * weights.softmax / np.add.reduce(softmax)
    share = cosine_scale * cosines
    alone = share + keyword_weight * weights.keyword * keyword + softmax
    bonus = weights.cluster * cosine_scale * _mean_cosines(alone, vectors, weights.gap_scale)
    return Candidates(ids, cosines, by_terms.bm25, by_terms.coverage, keyword, share, softmax, bonus, alone + bonus)


def _mean_cosines(scores: Numbers, vectors: Vectors, gap_scale: float) -> Numbers:
    """The mean cosine of each passage with the foremost, weighted by exp(-gap / gap_scale), of shape (n,).

    The gap is how far the score of a foremost passage lies below the best. Scores have shape (n,), vectors (n, dimension).
    """
    foremost = (-scores).argsort(kind="stable")[:_FOREMOST]
    # Row i, column j: the weight of foremost passage j for passage i, 0 where they are the same.
    weights = np.exp((scores[foremost] - scores[foremost[0]]) / gap_scale)[None].repeat(len(scores), axis=0)
    weights[foremost, range(len(foremost))] = 0
    # Summed row by row: a matrix product may give one row other last digits in other company.
    cosines = np.vecdot(vectors[:, None], vectors[foremost])
    sums, whole = np.add.reduce(weights * cosines, axis=1), np.add.reduce(weights, axis=1)
    means: Numbers = sums / np.maximum(whole, _LEAST_WEIGHT)
    return means


def with_matches(
    candidates: Candidates,
    best: Positions,
    compared: Sequence[int],
    matches: Numbers,
    factor: float = 1.0,
) -> Candidates:
    """Candidates with `factor` times what late interaction adds, in the same order.

    `matches` are those of the candidates at the positions `compared`, at least one, which are among the `best`. Others of the
    best have no codes, as in a language that the model does not know: they gain what those that were compared gain in the mean.
    All others gain no more than the least of these, so they stay below all of them.
    """
    gained = factor * FUSION_WEIGHTS.match * matches
    gains = np.full(len(candidates), gained.min())
    gains[best] = gained.mean()
    gains[compared] = gained
    return replace(candidates, fused=candidates.fused + gains, match_gain=gains)


def best_match(candidates: Candidates, factor: float = 1.0) -> float | None:
    """The best match of tokens among candidates, at least one; None where none was compared. For `factor` see with_matches."""
    return None if candidates.match_gain is None else float(candidates.match_gain.max()) / (factor * FUSION_WEIGHTS.match)


def ordered(candidates: Candidates, places: Places) -> Positions:
    """The positions of the candidates by fused score, equal scores by document and ordinal.

    Of several passages of a document under one question only the best is kept.
    """
    order = np.lexsort((places["ordinal"], places["document"], -candidates.fused))
    best: dict[tuple[int, ...], int] = {}
    for position, under in zip(order.tolist(), places[["document", "question"]][order].tolist(), strict=True):
        _, question = under
        best.setdefault(under if question else (position,), position)
    return np.array(list(best.values()), np.intp)


def rerank_gains(log_odds: Sequence[float] | Numbers, weights: FusionWeights = FUSION_WEIGHTS) -> Numbers:
    """What passages gain by these log-odds of a cross-encoder, of shape (n,); NaN are those of one that it has not read.

    Such a one gains the least of those that were read, at least one.
    """
    odds = np.array(log_odds)
    is_read = ~np.isnan(odds)
    odds = odds[is_read]
    softmax = np.exp((odds - odds.max()) / weights.rerank_temperature)
    gained = weights.log_odds * odds + weights.rerank_softmax * softmax / softmax.sum()
    gains = np.full(len(is_read), gained.min())
    gains[is_read] = gained
    return gains


def reranked(
    ranked: Candidates, log_odds: Sequence[float], weights: FusionWeights = FUSION_WEIGHTS
) -> tuple[Candidates, Positions]:
    """Ranked candidates with what a cross-encoder adds that has read some of the first, at least one; and their new order.

    See `rerank_gains`. A candidate behind those that were read stays below all of them.
    """
    every_odds = np.array([*log_odds, *[np.nan] * (len(ranked) - len(log_odds))])
    gains = rerank_gains(every_odds, weights)
    fused = ranked.fused + gains
    order: Positions = np.argsort(-fused, kind="stable")
    return replace(ranked, fused=fused, log_odds=every_odds, rerank_gain=gains), order


def grouped(places: Places) -> list[list[int]]:
    """The positions of ranked passages in groups; groups and their members keep the order of the ranking.

    A passage joins the group of the first passage that is of the same document or has nearly the same text.
    """
    together = (places["document"][:, None] == places["document"]) | near_duplicates(
        places["simhash"][:, None], places["simhash"]
    )
    leaders = together.argmax(axis=1) if len(places) else np.empty(0, np.intp)
    # The leader of a passage may itself have joined an earlier one.
    while (leaders != leaders[leaders]).any():
        leaders = leaders[leaders]
    return [np.flatnonzero(leaders == leader).tolist() for leader in np.unique(leaders)]
