"""The keyword half of the embedded engine: BM25 over the words of passages and of the headings above them.

Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond" (2009), with the inverse document frequency
of Lucene, which is never negative, summed over the two fields. The statistics are those of the live passages of all
segments, so that scores do not depend on how an index came about.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from indexer.arrays import Mask, Rows
from indexer.engine import Vectors
from indexer.postings import FIELDS, Counts, Postings

_K1 = 1.2
_B = 0.75
_LONG = 4_096
"""Postings; before a longer list is read through, it is worth a look whether its word can bring in a new passage at all."""

_SLACK = np.float32(1e-4)
"""What sums of 32-bit floats may be off by."""


@dataclass(frozen=True, slots=True)
class Words:
    """The words of a question, those first that can bring a passage most.

    `numbers` has their numbers in each segment, `rarity` the inverse document frequency in each field, shape (2, words),
    `bounds` the most that a word can bring a passage, shape (words,).
    """

    numbers: Sequence[Sequence[int | None]]
    rarity: Vectors
    bounds: Vectors


@dataclass(frozen=True, slots=True)
class LivePostings:
    """The postings of a segment, and which of its passages are live; None for all."""

    postings: Postings
    live: Mask | None

    def holders(self, number: int) -> Rows:
        """How many live passages hold a word in each field, of shape (2,)."""
        if self.live is None:
            return self.postings.holders[:, number]
        place = self.postings.place(number)
        is_held = self.postings.counts[:, place] > 0
        is_held &= self.live[self.postings.passages[place]]
        number_held: Rows = is_held.sum(axis=1, dtype=np.int32)
        return number_held


class KeywordIndex:
    """What finds passages by their words, in several segments."""

    def __init__(self, segments: Sequence[LivePostings]) -> None:
        self._segments = segments
        lengths = [of.postings.lengths if of.live is None else of.postings.lengths[:, of.live] for of in segments]
        self._live = sum(of_segment.shape[1] for of_segment in lengths)
        total = np.sum([of_segment.sum(axis=1) for of_segment in lengths], axis=0) if lengths else np.zeros(FIELDS)
        average = np.maximum(total / max(1, self._live), 1)[:, None]
        self._norms = [(_K1 * (1 - _B + _B * of.postings.lengths / average)).astype(np.float32) for of in segments]

    def matching(self, words: Sequence[str], limit: int, allowed: Sequence[Mask | None]) -> list[tuple[Rows, Vectors]]:
        """For each segment some passages with their scores, the best `limit` of all segments among them.

        `allowed` are the passages of each segment that may be found, None for all.
        """
        looked_up = self._look_up(words)
        found: list[tuple[Rows, Vectors]] = []
        least = np.float32(0)
        for n, mask in enumerate(allowed):
            found.append(self._scored(n, looked_up, limit, least, mask))
            least = _least_of_best(np.concatenate([scores for _, scores in found]), limit)
        return found

    def _look_up(self, words: Sequence[str]) -> Words:
        numbers = [[of.postings.find(word) for word in words] for of in self._segments]
        holders = np.zeros((FIELDS, len(words)), np.int64)
        for of, of_segment in zip(self._segments, numbers, strict=True):
            for n, number in enumerate(of_segment):
                if number is not None:
                    holders[:, n] += of.holders(number)
        rarity = np.log1p((self._live - holders + 0.5) / (holders + 0.5)).astype(np.float32)
        rarity[holders == 0] = 0
        bounds = rarity.sum(axis=0) * np.float32(_K1 + 1)
        order = np.argsort(-bounds, kind="stable")
        return Words([[of_segment[n] for n in order] for of_segment in numbers], rarity[:, order], bounds[order])

    def _scored(self, segment: int, words: Words, limit: int, least: np.float32, allowed: Mask | None) -> tuple[Rows, Vectors]:
        """The passages of a segment that may be among the best `limit`, where the last of them has at least `least`.

        A word at a time, and no new passages once the words that are left cannot bring one among the best: the MaxScore
        strategy (Turtle and Flood, "Query Evaluation: Strategies and Optimizations", 1995).
        """
        postings, norms = self._segments[segment].postings, self._norms[segment]
        scores = np.zeros(postings.lengths.shape[1], np.float32)
        if allowed is not None:
            scores[~allowed] = -np.inf
        for n, number in enumerate(words.numbers[segment]):
            if number is None:
                continue
            place = postings.place(number)
            if place.stop - place.start > _LONG:
                left = words.bounds[n:].sum() + _SLACK
                least = max(least, _least_of_best(scores[scores > 0], limit))
                if left < least:
                    rows = np.flatnonzero(scores >= max(least - left, _SLACK)).astype(np.int32)
                    return rows, self._completed(segment, words, n, rows, scores[rows])
            rows = postings.passages[place]
            scores[rows] += _gains(postings.counts[:, place], norms[:, rows], words.rarity[:, n])
        rows = np.flatnonzero(scores > 0).astype(np.int32)
        return rows, scores[rows]

    def _completed(self, segment: int, words: Words, first: int, rows: Rows, scores: Vectors) -> Vectors:
        """The scores of a few passages with what the words from the `first` on bring them."""
        postings, norms = self._segments[segment].postings, self._norms[segment]
        for n, number in enumerate(words.numbers[segment][first:], first):
            if number is None:
                continue
            place = postings.place(number)
            holding = postings.passages[place]
            at = np.minimum(np.searchsorted(holding, rows), len(holding) - 1)
            is_holding = holding[at] == rows
            counts = postings.counts[:, place.start + at[is_holding]]
            scores[is_holding] += _gains(counts, norms[:, rows[is_holding]], words.rarity[:, n])
        return scores


def _gains(counts: Counts, norms: Vectors, rarity: Vectors) -> Vectors:
    """What a word brings passages that hold it `counts` times in each field; all arguments have shape (2, n) or (2,)."""
    often = counts.astype(np.float32)
    gains: Vectors = (rarity[:, None] * np.float32(_K1 + 1) * (often / (often + norms))).sum(axis=0)
    return gains


def _least_of_best(scores: Vectors, limit: int) -> np.float32:
    """The score of the last of the best `limit`, 0 where there are fewer."""
    if len(scores) < limit:
        return np.float32(0)
    last = len(scores) - limit
    return np.float32(np.partition(scores, last)[last])
