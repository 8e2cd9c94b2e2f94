"""Keyword search of the embedded engine: the best passages by BM25 over the postings of several segments.

Document frequencies and the average length are those of the live passages of all segments, so that scores do not depend on how
an index came about.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache, reduce

import numpy as np
import numpy.typing as npt

from askdex.indexer.engine import bm25
from askdex.indexer.engine.postings import Counts, Postings
from askdex.indexer.engine.protocol import QueryTerm
from askdex.indexer.types import Mask, Rows, Vectors

_CUT_ABOVE = 8
"""Passages are cut to the best only where more than so many times the limit are left: partitioning fewer costs more."""

_TERMS_REMEMBERED = 1_024
"""Terms whose postings are kept at hand: a question looks each up several times, and questions share them."""

_SLACK = 1e-4
"""The rounding error that sums of 32-bit floats may have."""


@dataclass(frozen=True, slots=True)
class KeywordLimits:
    """The numbers that decide how a search goes about it; they change its speed and, but for the first two, no result.

    A term that more than the share `common` of all passages have, and more than `few` passages, proposes none; it still counts
    for those that other terms propose. Up to `summed_at_once` postings of a question are added up without MaxScore, which is
    then faster than skipping some. `search_cost` is the cost of one binary search, in postings scanned one after the other.
    """

    common: float = 0.1
    few: int = 4_096
    summed_at_once: int = 2**14
    search_cost: int = 16


_DEFAULT_LIMITS = KeywordLimits()

_RowsAndScores = tuple[npt.NDArray[np.integer], Vectors]
"""Rows of a segment and their scores, both of shape (n,)."""


@dataclass(frozen=True, slots=True)
class SegmentPostings:
    """The postings of a segment and which of its passages are live, None for all."""

    postings: Postings
    live: Mask | None

    @property
    def lengths(self) -> Rows:
        """The numbers of terms of the live passages."""
        return self.postings.lengths if self.live is None else self.postings.lengths[self.live]

    def of(self, forms: Sequence[str]) -> tuple[Rows, Counts]:
        """The passages that hold one of these forms, ascending, each with the largest of their term frequencies."""
        numbers = [number for form in forms if (number := self.postings.find(form)) is not None]
        places = map(self.postings.place, numbers)
        nothing = np.empty(0, np.int32), np.empty(0, np.uint8)
        return reduce(united, ((self.postings.rows[place], self.postings.counts[place]) for place in places), nothing)

    def count_live(self, rows: Rows) -> int:
        """How many of these passages are live."""
        return len(rows) if self.live is None else int(np.count_nonzero(self.live[rows]))


class KeywordIndex:
    """Finds passages by their terms, in several segments."""

    def __init__(self, segments: Sequence[SegmentPostings], limits: KeywordLimits = _DEFAULT_LIMITS) -> None:
        self._segments = segments
        self._limits = limits
        lengths = [segment.lengths for segment in segments]
        self.passage_count = sum(map(len, lengths))
        self.average_length = max(1.0, sum(int(of_segment.sum()) for of_segment in lengths) / max(1, self.passage_count))
        self._norms = [bm25.length_norm(segment.postings.lengths, self.average_length) for segment in segments]
        self._least_norms = [float(norms.min(initial=np.inf)) for norms in self._norms]
        self._postings = lru_cache(maxsize=_TERMS_REMEMBERED)(self._looked_up)

    def document_frequency(self, forms: tuple[str, ...]) -> int:
        """See Vocabulary."""
        return self._postings(forms)[1]

    def matching(self, terms: Sequence[QueryTerm], limit: int, allowed: Sequence[Mask | None]) -> list[_RowsAndScores]:
        """For each segment some passages with their scores; the best `limit` of all segments are among them.

        `allowed` are the passages of each segment that may be found, None for all.
        """
        proposing, others = self._told_apart(sorted(terms, key=lambda term: -term.weight))
        postings = sum(term.document_frequency for term in terms)
        if terms and not others and postings <= self._limits.summed_at_once:
            return [self._summed(segment, proposing, limit, mask) for segment, mask in enumerate(allowed)]
        hits: list[_RowsAndScores] = []
        least = 0.0
        for segment, mask in enumerate(allowed):
            rows, scores = self._by_max_score(segment, proposing, others, limit, least, mask)
            least = max(least, _last_of_best(scores, limit))
            hits.append((rows[scores >= least], scores[scores >= least]))
        return hits

    def _looked_up(self, forms: tuple[str, ...]) -> tuple[list[tuple[Rows, Counts]], int]:
        """The postings of a term in each segment, and its document frequency."""
        postings = [segment.of(forms) for segment in self._segments]
        return postings, sum(segment.count_live(rows) for segment, (rows, _) in zip(self._segments, postings, strict=True))

    def _summed(self, segment: int, terms: Sequence[QueryTerm], limit: int, allowed: Mask | None) -> _RowsAndScores:
        """The passages of a segment with all postings of all terms added up; of many only the best `limit`."""
        passages, counts = zip(*(self._postings(term.forms)[0][segment] for term in terms), strict=True)
        sizes, rows, tf = list(map(len, passages)), np.concatenate(passages), np.concatenate(counts, dtype=np.float32)
        weights = np.array([term.weight for term in terms], np.float32).repeat(sizes)
        scores = np.bincount(rows, weights * bm25.tf_weight(tf, self._norms[segment][rows])).astype(np.float32)
        rows = scores.nonzero()[0]
        if allowed is not None:
            rows = rows[allowed[rows]]
        scores = scores[rows]
        if len(rows) <= _CUT_ABOVE * limit:
            return rows, scores
        is_best = scores >= _last_of_best(scores, limit)
        return rows[is_best], scores[is_best]

    def _by_max_score(
        self,
        segment: int,
        proposing: Sequence[QueryTerm],
        others: Sequence[QueryTerm],
        limit: int,
        least: float,
        allowed: Mask | None,
    ) -> tuple[Rows, Vectors]:
        """The passages of a segment that may be among the best `limit`; `least` is a lower bound of the last one's score.

        Terms are added one by one, the heaviest first; no new passage is taken in once the terms that are left cannot lift one
        above the lower bound. The others count only for passages that are taken in by then. This is MaxScore (Turtle and Flood,
        "Query Evaluation: Strategies and Optimizations", 1995).
        """
        scores = np.zeros(len(self._segments[segment].postings.lengths), np.float32)
        if allowed is not None:
            scores[~allowed] = -np.inf
        terms = [*proposing, *others]
        bounds = [self._bound(segment, term) for term in terms]
        # The bound that an earlier segment gives is known already, and mostly as good as this one's own.
        is_first = least == 0
        for n, term in enumerate(proposing):
            rows, counts = self._postings(term.forms)[0][segment]
            if sum(bounds[n:]) + _SLACK < least:
                return self._completed(segment, terms[n:], bounds[n:], scores, limit, least)
            np.add.at(scores, rows, self._gains(segment, term, rows, counts))
            if is_first:
                # The best of these passages are no better than the best of all, and found sooner.
                least = max(least, _last_of_best(scores[rows], limit))
        return self._completed(segment, others, bounds[len(proposing) :], scores, limit, least)

    def _completed(
        self, segment: int, terms: Sequence[QueryTerm], bounds: Sequence[float], scores: Vectors, limit: int, least: float
    ) -> tuple[Rows, Vectors]:
        """The passages so far that may be among the best, with what the remaining terms add to them."""
        rows = np.flatnonzero(scores > max(0.0, least - sum(bounds) - _SLACK)).astype(np.int32)
        for n, term in enumerate(terms):
            so_far = scores[rows]
            if len(rows) > _CUT_ABOVE * limit:
                least = max(least, _last_of_best(so_far, limit))
            rows = rows[so_far >= least - sum(bounds[n:]) - _SLACK]
            holding, counts = self._postings(term.forms)[0][segment]
            if len(rows) * self._limits.search_cost < len(holding):
                at = np.minimum(np.searchsorted(holding, rows), len(holding) - 1)
                is_held = holding[at] == rows
                holding, counts = rows[is_held], counts[at[is_held]]
            np.add.at(scores, holding, self._gains(segment, term, holding, counts))
        return rows, scores[rows]

    def _told_apart(self, terms: Sequence[QueryTerm]) -> tuple[Sequence[QueryTerm], Sequence[QueryTerm]]:
        """The terms that propose passages, and the others: those that many passages have, unless all terms are such."""
        frequent = max(self._limits.few, int(self._limits.common * self.passage_count))
        proposing = [term for term in terms if term.document_frequency <= frequent]
        others = [term for term in terms if term.document_frequency > frequent]
        return (proposing, others) if proposing else (others, [])

    def _bound(self, segment: int, term: QueryTerm) -> float:
        """The most that a term can add to the score of a passage of a segment."""
        most = int(self._postings(term.forms)[0][segment][1].max(initial=0))
        return term.weight * float(bm25.tf_weight(np.asarray(most), np.asarray(self._least_norms[segment])))

    def _gains(self, segment: int, term: QueryTerm, rows: Rows, counts: Counts) -> Vectors:
        """What a term adds to the scores of these passages, which have it with these frequencies."""
        gains: Vectors = bm25.tf_weight(counts.astype(np.float32), self._norms[segment][rows]) * np.float32(term.weight)
        return gains


def united(one: tuple[Rows, Counts], other: tuple[Rows, Counts]) -> tuple[Rows, Counts]:
    """The postings of two forms as if they were one term; a passage with both has the larger of their frequencies."""
    (few, few_counts), (rows, counts) = sorted((one, other), key=lambda postings: len(postings[0]))
    if not len(few):
        return rows, counts
    at = np.searchsorted(rows, few)
    has_both = rows[np.minimum(at, len(rows) - 1)] == few
    counts = counts.copy()
    counts[at[has_both]] = np.maximum(counts[at[has_both]], few_counts[has_both])
    return np.insert(rows, at[~has_both], few[~has_both]), np.insert(counts, at[~has_both], few_counts[~has_both])


def _last_of_best(scores: Vectors, limit: int) -> float:
    """The score of the last of the best `limit`, 0 where there are fewer."""
    if len(scores) < limit:
        return 0.0
    last = len(scores) - limit
    return float(scores[scores.argpartition(last)[last]])
