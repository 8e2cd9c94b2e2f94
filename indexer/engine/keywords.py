"""The keyword half of the embedded engine: BM25 over the words of passages and of the headings above them.

The statistics are those of the live passages of all segments, so that scores do not depend on how an index came about.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial, reduce

import numpy as np

from askdex.indexer.engine import bm25
from askdex.indexer.engine.analyzer import function_terms
from askdex.indexer.engine.postings import Counts, Postings
from askdex.indexer.engine.protocol import Evidence
from askdex.indexer.engine.proximity import QueryTerms, evidence
from askdex.indexer.types import Mask, Rows, Vectors

_FUNCTION_WORD = 0.5
"""What a function word counts beside another word as rare."""

_COMMON = 0.1
"""A word that more passages than this share hold only adds to the scores of those that others find."""

_FEW = 4_096
"""Passages; a word that no more hold finds them by itself, whatever share they are."""

_MANY = 8
"""So many times what is wanted; fewer are not worth the search for the least of the best of them."""

_SUMMED_AT_ONCE = 2**14
"""Postings; to add up as many takes less than to find out which can be left out."""

_LOOKUP = 16
"""What it takes to look a passage up among postings, in postings that could be read through meanwhile."""

_REMEMBERED = 1_024
"""Words; a question's are looked up several times on its way, and many questions share some."""

_SLACK = 1e-4
"""What sums of 32-bit floats may be off by."""


@dataclass(frozen=True, slots=True)
class SegmentPostings:
    """The words of the passages of a segment, and which of the passages are live; None for all."""

    postings: Postings
    live: Mask | None

    @property
    def lengths(self) -> Rows:
        """The numbers of words of the live passages."""
        return self.postings.lengths if self.live is None else self.postings.lengths[self.live]

    def held(self, numbers: Iterable[int]) -> tuple[Rows, Counts]:
        """The passages that hold one word or another, ascending, and how often they hold the one that they hold most."""
        places = map(self.postings.place, numbers)
        nothing = np.empty(0, np.int32), np.empty(0, np.uint8)
        return reduce(_either, ((self.postings.passages[place], self.postings.counts[place]) for place in places), nothing)

    def living(self, rows: Rows) -> int:
        """How many of these passages are live."""
        return len(rows) if self.live is None else int(np.count_nonzero(self.live[rows]))


@dataclass(frozen=True, slots=True)
class _QueryTerm:
    """A word: its number in each segment, how many passages hold it, and its weight, which is by how few they are."""

    text: str
    numbers: Sequence[Sequence[int]]
    postings: Sequence[tuple[Rows, Counts]]
    holders: int
    weight: float


class KeywordIndex:
    """What finds passages by their words, in several segments."""

    def __init__(self, segments: Sequence[SegmentPostings]) -> None:
        self._segments = segments
        lengths = [of.lengths for of in segments]
        self._passages = sum(map(len, lengths))
        self._average = max(1.0, sum(int(of.sum()) for of in lengths) / max(1, self._passages))
        # What weighs a passage's count of a word: long ones are held back.
        self._norms = [bm25.length_norm(of.postings.lengths, self._average) for of in segments]
        self._least_norms = [float(norms.min(initial=np.inf)) for norms in self._norms]
        self._term = lru_cache(maxsize=_REMEMBERED)(partial(_term, segments, self._passages))

    def matching(
        self, words: Mapping[str, Sequence[str]], limit: int, allowed: Sequence[Mask | None]
    ) -> list[tuple[Rows, Vectors]]:
        """For each segment some passages with their scores, the best `limit` of all segments among them.

        Each word comes with others that stand for it: a passage that has those instead is one that has it. `allowed` are the
        passages of each segment that may be found, None for all.
        """
        terms = sorted(self._terms(words), key=lambda term: -term.weight)
        if terms and len(self._telling(terms)) == len(terms) and sum(term.holders for term in terms) <= _SUMMED_AT_ONCE:
            return [self._summed(segment, terms, limit, mask) for segment, mask in enumerate(allowed)]
        found: list[tuple[Rows, Vectors]] = []
        least = 0.0
        for segment, mask in enumerate(allowed):
            rows, scores = self._scored(segment, terms, limit, least, mask)
            least = max(least, _least_of_best(scores, limit))
            found.append((rows[scores >= least], scores[scores >= least]))
        return found

    def asked(self, words: Mapping[str, Sequence[str]], order: Sequence[str]) -> QueryTerms:
        """The words of a question, and the order in which it has them, as `evidence` takes them."""
        terms = self._terms(words)
        weights = np.array([term.weight for term in terms])
        unknown = bm25.idf(0, self._passages)
        return QueryTerms.of(order, [term.text for term in terms], [term.numbers for term in terms], weights, unknown)

    def evidence(self, segment: int, asked: QueryTerms, rows: Rows) -> Evidence:
        """What the words of a question say of some passages of a segment, at least one."""
        postings, norms = self._segments[segment].postings, self._norms[segment][rows]
        return evidence(postings, asked, [numbers[segment] for numbers in asked.numbers], rows, norms)

    def gains(self, segment: int, words: Mapping[str, Sequence[str]], rows: Rows) -> dict[str, Vectors]:
        """What each word adds to the BM25 of some passages of a segment, in ascending order, of shape (rows,)."""
        found = {}
        for term in self._terms(words):
            holding, counts = term.postings[segment]
            first, last = (np.searchsorted(holding, rows, side) for side in ("left", "right"))
            held = np.flatnonzero(first < last)
            found[term.text] = np.zeros(len(rows), np.float32)
            found[term.text][held] = self._gains(segment, term, rows[held], counts[first[held]])
        return found

    def score(self, words: Mapping[str, Sequence[str]], passage: Sequence[str]) -> float:
        """The score of a passage that is not here, by its words."""
        held_back = bm25.length_norm(np.array([len(passage)]), self._average)
        gains = 0.0
        for term in self._terms(words):
            often = sum(map(passage.count, (term.text, *words[term.text])))
            gains += term.weight * float(bm25.tf_weight(np.array([often]), held_back)[0])
        return gains

    def holders(self, words: Sequence[str]) -> list[int]:
        """How many live passages hold each word."""
        return [self._term(word).holders for word in words]

    def _terms(self, words: Mapping[str, Sequence[str]]) -> list[_QueryTerm]:
        """The words that some passage holds."""
        found = [self._term(word, *others) for word, others in words.items()]
        return [term for term in found if term.holders]

    def _summed(self, segment: int, terms: Sequence[_QueryTerm], limit: int, allowed: Mask | None) -> tuple[Rows, Vectors]:
        """The best `limit` passages of a segment, all postings of all terms being added up."""
        passages, counts = zip(*(term.postings[segment] for term in terms), strict=True)
        sizes, rows, often = list(map(len, passages)), np.concatenate(passages), np.concatenate(counts, dtype=np.float32)
        weights = np.repeat(np.array([term.weight for term in terms], np.float32), sizes)
        scores = np.bincount(rows, weights * bm25.tf_weight(often, self._norms[segment][rows])).astype(np.float32)
        rows = np.flatnonzero(scores).astype(np.int32)
        if allowed is not None:
            rows = rows[allowed[rows]]
        rows = rows[scores[rows] >= _least_of_best(scores[rows], limit)]
        return rows, scores[rows]

    def _scored(
        self, segment: int, terms: Sequence[_QueryTerm], limit: int, least: float, allowed: Mask | None
    ) -> tuple[Rows, Vectors]:
        """The passages of a segment that may be among the best `limit`, the last of which has `least` at least.

        A term at a time, and no new passages once the terms that are left cannot bring one among the best: the MaxScore
        strategy (Turtle and Flood, "Query Evaluation: Strategies and Optimizations", 1995).
        """
        scores = np.zeros(len(self._segments[segment].postings.lengths), np.float32)
        if allowed is not None:
            scores[~allowed] = -np.inf
        bounds = [self._bound(segment, term) for term in terms]
        # What another segment has found is known already, and mostly as good.
        is_first = least == 0
        first_common = len(self._telling(terms))
        for n, term in enumerate(terms[:first_common]):
            rows, counts = term.postings[segment]
            if sum(bounds[n:]) + _SLACK < least:
                return self._completed(segment, terms[n:], bounds[n:], scores, limit, least)
            np.add.at(scores, rows, self._gains(segment, term, rows, counts))
            if is_first:
                # The best of these passages are not better than the best of all, and sooner found.
                least = max(least, _least_of_best(scores[rows], limit))
        return self._completed(segment, terms[first_common:], bounds[first_common:], scores, limit, least)

    def _completed(
        self, segment: int, terms: Sequence[_QueryTerm], bounds: Sequence[float], scores: Vectors, limit: int, least: float
    ) -> tuple[Rows, Vectors]:
        """The passages found so far that may be among the best, with what the terms that are left bring them."""
        rows = np.flatnonzero(scores > max(0.0, least - sum(bounds) - _SLACK)).astype(np.int32)
        for n, term in enumerate(terms):
            found = scores[rows]
            if len(rows) > _MANY * limit:
                least = max(least, _least_of_best(found, limit))
            rows = rows[found >= least - sum(bounds[n:]) - _SLACK]
            holding, counts = term.postings[segment]
            if len(rows) * _LOOKUP < len(holding):
                at = np.minimum(np.searchsorted(holding, rows), len(holding) - 1)
                is_held = holding[at] == rows
                holding, counts = rows[is_held], counts[at[is_held]]
            np.add.at(scores, holding, self._gains(segment, term, holding, counts))
        return rows, scores[rows]

    def _telling(self, terms: Sequence[_QueryTerm]) -> Sequence[_QueryTerm]:
        """The terms that may bring in passages: those that are not all over the collection; all where each is."""
        often = max(_FEW, int(_COMMON * self._passages))
        return [term for term in terms if term.holders <= often] or terms

    def _bound(self, segment: int, term: _QueryTerm) -> float:
        """The most that a term can bring a passage of a segment."""
        most = int(term.postings[segment][1].max(initial=0))
        return term.weight * float(bm25.tf_weight(np.asarray(most), np.asarray(self._least_norms[segment])))

    def _gains(self, segment: int, term: _QueryTerm, rows: Rows, counts: Counts) -> Vectors:
        """What a term brings these passages, which hold it so many times."""
        gains: Vectors = bm25.tf_weight(counts.astype(np.float32), self._norms[segment][rows]) * np.float32(term.weight)
        return gains


def _term(segments: Sequence[SegmentPostings], passages: int, word: str, *others: str) -> _QueryTerm:
    """A word in segments of so many live passages, where others stand for it too."""
    numbers = [[at for form in (word, *others) if (at := of.postings.find(form)) is not None] for of in segments]
    postings = [of.held(at) for of, at in zip(segments, numbers, strict=True)]
    holders = sum(of.living(rows) for of, (rows, _) in zip(segments, postings, strict=True))
    weight = bm25.idf(holders, passages) * (_FUNCTION_WORD if word in function_terms() else 1)
    return _QueryTerm(word, numbers, postings, holders, weight)


def _either(one: tuple[Rows, Counts], other: tuple[Rows, Counts]) -> tuple[Rows, Counts]:
    """The postings of two words as if they were one word, which a passage that has both has as often as the more frequent."""
    (few, times), (rows, counts) = sorted((one, other), key=lambda postings: len(postings[0]))
    if not len(few):
        return rows, counts
    at = np.searchsorted(rows, few)
    has_both = rows[np.minimum(at, len(rows) - 1)] == few
    counts = counts.copy()
    counts[at[has_both]] = np.maximum(counts[at[has_both]], times[has_both])
    return np.insert(rows, at[~has_both], few[~has_both]), np.insert(counts, at[~has_both], times[~has_both])


def _least_of_best(scores: Vectors, limit: int) -> float:
    """The score of the last of the best `limit`, 0 where there are fewer."""
    if len(scores) < limit:
        return 0.0
    last = len(scores) - limit
    return float(np.partition(scores, last)[last])
