"""The embedded engine: FAISS for vectors and BM25 for terms, over segments that never change."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, islice

import numpy as np

from askdex.indexer.engine import arrays
from askdex.indexer.engine.filters import Predicate, predicate
from askdex.indexer.engine.keywords import KeywordIndex, SegmentPostings
from askdex.indexer.engine.protocol import CANDIDATES, Ask, Found, QueryTerm
from askdex.indexer.engine.segment import Allowed, LiveSegment, Segment
from askdex.indexer.engine.vectors import LISTS, AllowedVectors, VectorIndex
from askdex.indexer.types import PLACES, Array, Filter, Ids, Numbers, Positions, Vectors

_FILTERS_REMEMBERED = 16
"""Filters whose masks are kept; of a million passages one takes about 2 MB."""

_SCANNED_SHARE = 1 / 16
"""Where a filter allows at most this share of the vectors of a segment, all of these are compared; for more, its sketch is
faster."""


@dataclass(frozen=True, slots=True)
class SketchTuning:
    """How far a sketch is searched, and what that finds.

    `probes` are the lists that are read, None to compare a question with every vector. A sketch proposes `oversampling` vectors
    for each that is wanted. `recall` is the share of the 10 nearest passages that is found, in the mean over a sample of
    questions, when there were so many `passages`.
    """

    probes: int | None = None
    oversampling: int = 1
    recall: float = 1.0
    passages: int = 0


EXACT = SketchTuning()
"""Compares every vector."""

Hits = dict[int, float]
"""The scores of passages by their ids, best first, equal scores by id."""


def _best(parts: Sequence[tuple[Ids, Vectors]], limit: int) -> Hits:
    """The best `limit` passages of several lists; a passage that comes several times counts by its best score."""
    if not parts:
        return {}
    ids, scores = parts[0] if len(parts) == 1 else (np.concatenate(column) for column in zip(*parts, strict=True))
    order = np.lexsort((ids, -scores))
    best: Hits = {}
    for passage, score in zip(ids[order].tolist(), scores[order].tolist(), strict=True):
        best.setdefault(passage, score)
    return dict(islice(best.items(), limit))


class EmbeddedVocabulary:
    """The terms of the live passages of all segments; see Vocabulary."""

    def __init__(self, keywords: KeywordIndex, segments: Sequence[LiveSegment]) -> None:
        self.passage_count = keywords.passage_count
        self.average_length = keywords.average_length
        self.document_frequency = keywords.document_frequency
        self._spellings = [live.segment.spellings for live in segments]

    def spellings(self, word: str, edits: int) -> list[str]:
        """See Vocabulary."""
        return sorted(set(chain.from_iterable(index.within(word, edits) for index in self._spellings)))


class EmbeddedEngine:
    """The search files of one generation: segments with the passages that are live in it. Many threads may search at once."""

    def __init__(self, segments: Sequence[LiveSegment], tuning: SketchTuning = EXACT) -> None:
        self.segments = tuple(segments)
        self.tuning = tuning
        self._keywords = KeywordIndex([SegmentPostings(live.segment.postings, live.live) for live in segments])
        self.vocabulary = EmbeddedVocabulary(self._keywords, self.segments)
        self.dimension = segments[0].segment.vectors.halves.shape[1] if segments else 0
        sizes = [int(np.diff(live.segment.vector_ends).max(initial=1)) for live in segments]
        self._most_vectors = max(sizes, default=1)
        self._allowed = lru_cache(maxsize=_FILTERS_REMEMBERED)(self._passing)

    def __len__(self) -> int:
        return sum(map(len, self.segments))

    @property
    def is_exact(self) -> bool:
        """Whether every search compares a question with every vector."""
        return all(live.segment.vectors.is_exact for live in self.segments)

    @property
    def ids(self) -> Ids:
        """The ids of all passages, ascending."""
        return np.sort(np.concatenate([np.empty(0, np.int64), *(live.ids for live in self.segments)]))

    @property
    def vector_count(self) -> int:
        """The number of live vectors."""
        return sum(live.vector_count for live in self.segments)

    @property
    def vector_ids(self) -> Ids:
        """The ids of the passages of all vectors, ascending."""
        return np.sort(np.concatenate([np.empty(0, np.int64), *(live.vector_ids for live in self.segments)]))

    def only(self, documents: Array) -> "EmbeddedEngine":
        """An engine of the passages of these documents alone: no other counts in its words, scores and numbers."""
        return EmbeddedEngine([live.only(documents) for live in self.segments], self.tuning)

    def sample(self, number: int) -> Ids:
        """See Engine."""
        return arrays.spread(self.ids, number)

    def candidates(self, ask: Ask) -> Found:
        """See Engine."""
        allowed = self._allowed(predicate(ask.filter))
        by_vector = {} if ask.vector is None else self.nearest_passages(ask.vector, ask.limit, self.tuning, allowed)
        by_terms = self._matching(ask.terms, ask.limit, allowed) if ask.terms else {}
        return self.look_up(np.array(sorted(by_vector.keys() | by_terms.keys()), np.int64))

    def best_cosines(self, vectors: Vectors, wanted: Filter) -> Numbers:
        """See Engine."""
        allowed = self._allowed(predicate(wanted))
        # A sketch is tuned for as many passages as a question takes; asked for one alone, it often proposes another.
        hits = (self.nearest_passages(vector, CANDIDATES, self.tuning, allowed) for vector in vectors)
        return np.array([max(of_vector.values(), default=-1.0) for of_vector in hits], np.float64)

    def nearest_passages(
        self, vector: Vectors, limit: int, tuning: SketchTuning, allowed: Sequence[Allowed | None] | None = None
    ) -> Hits:
        """The passages whose vectors have the largest inner product with a vector, found with a tuning."""
        # One passage may take as many of the hits as it has vectors.
        wanted = limit * self._most_vectors
        parts = [
            _nearest(live, vector, wanted, tuning, mask)
            for live, mask in zip(self.segments, allowed or self._allowed(()), strict=True)
        ]
        return _best(parts, limit)

    def look_up(self, ids: Ids) -> Found:
        """What ranking needs of these passages, all of which are here, ascending by id."""
        parts = []
        for live in self.segments:
            positions, rows = live.find(ids)
            if len(rows):
                parts.append((positions, _looked_up(live.segment, ids[positions], rows)))
        return parts[0][1] if len(parts) == 1 else _joined(parts, self.dimension)

    def _passing(self, wanted: Predicate) -> list[Allowed | None]:
        return [live.allowed(wanted) for live in self.segments]

    def _matching(self, terms: Sequence[QueryTerm], limit: int, allowed: Sequence[Allowed | None]) -> Hits:
        masks = [None if mask is None else mask.passages for mask in allowed]
        hits = self._keywords.matching(terms, limit, masks)
        parts = [(live.segment.ids[rows], scores) for live, (rows, scores) in zip(self.segments, hits, strict=True)]
        return _best(parts, limit)


def _nearest(
    live: LiveSegment, vector: Vectors, limit: int, tuning: SketchTuning, allowed: Allowed | None
) -> tuple[Ids, Vectors]:
    """The ids of the passages of the nearest vectors of a segment, and the scores of these vectors."""
    segment, mask = live.segment, None if allowed is None else allowed.vectors
    if tuning.probes is None or _is_scanned(segment.vectors, mask):
        rows, scores = segment.vectors.nearest(vector, limit, mask)
    else:
        rows = segment.vectors.proposed(vector, tuning.oversampling * limit, _probes(tuning.probes, mask), mask)
        scores = segment.vectors.scores(vector, rows)
    return segment.ids[segment.owners[rows]], scores


def _is_scanned(vectors: VectorIndex, allowed: AllowedVectors | None) -> bool:
    """Whether all allowed vectors of a segment are compared, as it has no sketch or few are allowed."""
    return vectors.is_exact or (allowed is not None and allowed.share <= _SCANNED_SHARE)


def _probes(probes: int, allowed: AllowedVectors | None) -> int:
    """The lists to read where only some vectors are allowed: the nearest of these are spread over more lists."""
    return probes if allowed is None else min(LISTS, round(probes / math.sqrt(allowed.share)))


def _looked_up(segment: Segment, ids: Ids, rows: Positions) -> Found:
    """What ranking needs of passages of a segment."""
    sequence, sequence_ends = segment.postings.sequence, segment.postings.sequence_ends
    starts = sequence_ends[rows]
    terms, term_ends = arrays.ranges(starts, sequence_ends[rows + 1] - starts)
    starts = segment.vector_ends[rows]
    vectors, vector_ends = arrays.ranges(starts, segment.vector_ends[rows + 1] - starts)
    return Found(ids, segment.places[rows], segment.vectors.decoded(vectors), vector_ends, sequence[terms], term_ends)


def _joined(parts: Sequence[tuple[Positions, Found]], dimension: int) -> Found:
    """The passages of several segments, each at its position, as one."""
    if not parts:
        nothing = np.zeros(1, np.intp)
        vectors, terms = np.empty((0, dimension), np.float32), np.empty(0, np.uint32)
        return Found(np.empty(0, np.int64), np.empty(0, PLACES), vectors, nothing, terms, nothing)
    order = np.concatenate([positions for positions, _ in parts]).argsort()
    found = [part for _, part in parts]
    vectors, vector_ends = _reordered([(part.vectors, part.vector_ends) for part in found], order)
    terms, term_ends = _reordered([(part.terms, part.term_ends) for part in found], order)
    ids, places = np.concatenate([part.ids for part in found])[order], np.concatenate([part.places for part in found])[order]
    return Found(ids, places, vectors, vector_ends, terms, term_ends)


def _reordered(parts: Sequence[tuple[Array, Positions]], order: Positions) -> tuple[Array, Positions]:
    """Items in ranges, of several parts, with their ranges put in this order; and where each range then ends."""
    sizes = np.concatenate([np.diff(ends) for _, ends in parts])
    positions, ends = arrays.ranges((sizes.cumsum() - sizes)[order], sizes[order])
    return np.concatenate([items for items, _ in parts])[positions], ends
