"""A segment: passages that were added to an engine together or merged later, with their vectors and terms; it never changes."""

import secrets
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

import numpy as np
import numpy.typing as npt

from askdex.indexer.engine import arrays, filters, postings
from askdex.indexer.engine.analyzer import stems, words
from askdex.indexer.engine.filters import FilterIndex, Predicate
from askdex.indexer.engine.postings import Postings, PostingsWriter, word_hash
from askdex.indexer.engine.simhash import simhash
from askdex.indexer.engine.vectors import AllowedVectors, Halves, VectorIndex
from askdex.indexer.engine.vocabulary import SpellingIndex
from askdex.indexer.types import PLACES, Array, Ids, IndexedPassage, Mask, Places, Positions, Rows

_IDS = "ids"
_OWNERS = "owners"
_PLACES = "places"
_LONG_TEXT = 20
"""Terms of a text from which on SimHash tells it from others but for single words."""


@dataclass(frozen=True, slots=True)
class SegmentSizes:
    """How large segments are.

    `largest` is about the number of vectors of the largest segment; it bounds the time and memory that adding a few passages
    can take. `most_terms` is about the number of its terms; it bounds the memory that indexing takes. Segments of up to `small`
    passages are merged whenever one is added, as far as the merged one stays below `largest`. A segment from `sketched_from`
    vectors on has a sketch; to compare a question with fewer takes a millisecond or two, and misses none.
    """

    largest: int = 2**17
    most_terms: int = 2**23
    small: int = 2**12
    sketched_from: int = 2**16


DEFAULT_SIZES = SegmentSizes()


@dataclass(frozen=True, slots=True)
class Segment:
    """Passages in the order of their ids.

    `ids`, ascending, and `places` have shape (passages,). `owners` has the row of each vector's passage, ascending, of shape
    (vectors,); the vectors of row n go from `vector_ends[n]` to `vector_ends[n + 1]`.
    """

    name: str
    ids: Ids
    places: Places
    owners: Rows
    vectors: VectorIndex
    postings: Postings
    spellings: SpellingIndex
    filters: FilterIndex
    vector_ends: npt.NDArray[np.int64] = field(init=False)

    def __post_init__(self) -> None:
        ends = np.searchsorted(self.owners, np.arange(len(self.ids) + 1, dtype=np.int32))
        object.__setattr__(self, "vector_ends", ends)

    @classmethod
    def load(cls, folder: Path) -> "Segment":
        """Map a segment from the folder that `save` wrote, whose checksums have been verified.

        Raises RuntimeError, OSError, ValueError.
        """
        ids, places, owners = (arrays.load(folder / f"{name}.npy") for name in (_IDS, _PLACES, _OWNERS))
        indexes = VectorIndex.load(folder), Postings.load(folder), SpellingIndex.load(folder), FilterIndex.load(folder)
        return cls(folder.name, ids, places, owners, *indexes)

    def save(self, folder: Path) -> None:
        """Write the segment into an empty folder. Raises OSError."""
        arrays.save(folder / f"{_IDS}.npy", self.ids)
        arrays.save(folder / f"{_PLACES}.npy", self.places)
        arrays.save(folder / f"{_OWNERS}.npy", self.owners)
        for index in (self.vectors, self.postings, self.spellings, self.filters):
            index.save(folder)

    def __len__(self) -> int:
        return len(self.ids)

    def find(self, ids: Ids) -> tuple[Positions, Positions]:
        """Which of these ids are here, by their positions, and the rows of their passages."""
        rows = np.minimum(self.ids.searchsorted(ids), len(self) - 1)
        positions: Positions = (self.ids[rows] == ids).nonzero()[0]
        return positions, rows[positions]

    def holds(self, ids: Ids) -> Mask:
        """Which passages have one of these ids, of shape (passages,)."""
        mask = np.zeros(len(self), np.bool_)
        mask[self.find(ids)[1]] = True
        return mask


@dataclass(frozen=True, slots=True)
class Allowed:
    """What a search may find in a segment: the passages, of shape (passages,), and their vectors."""

    passages: Mask
    vectors: AllowedVectors


@dataclass(frozen=True, slots=True)
class LiveSegment:
    """A segment as one generation has it: `live` are the passages that are in that generation, None for all."""

    segment: Segment
    live: Mask | None = None

    @property
    def name(self) -> str:
        """The name of the segment, by which its files are found."""
        return self.segment.name

    def __len__(self) -> int:
        """The number of live passages."""
        return len(self.segment) if self.live is None else int(np.count_nonzero(self.live))

    @property
    def ids(self) -> Ids:
        """The ids of the live passages, ascending."""
        return self.segment.ids if self.live is None else self.segment.ids[self.live]

    @property
    def vector_ids(self) -> Ids:
        """The id of the passage of each live vector."""
        owners = self.segment.owners if self.live is None else self.segment.owners[self.live[self.segment.owners]]
        return self.segment.ids[owners]

    @property
    def vector_count(self) -> int:
        """The number of live vectors."""
        owners = self.segment.owners
        return len(owners) if self.live is None else int(np.count_nonzero(self.live[owners]))

    def find(self, ids: Ids) -> tuple[Positions, Positions]:
        """Which of these ids are those of live passages, by their positions, and the rows of these passages.

        A passage that was removed and came back is dead in one segment and live in another.
        """
        positions, rows = self.segment.find(ids)
        if self.live is None:
            return positions, rows
        is_live = self.live[rows]
        return positions[is_live], rows[is_live]

    def without(self, ids: Ids) -> "LiveSegment":
        """The segment without the passages of these ids."""
        removed = self.segment.holds(ids)
        if self.live is not None:
            removed |= ~self.live
        return LiveSegment(self.segment, ~removed if removed.any() else None)

    def only(self, documents: Array) -> "LiveSegment":
        """The segment with the passages of the documents of these numbers alone."""
        kept = np.isin(self.segment.places["document"], documents)
        return LiveSegment(self.segment, kept if self.live is None else kept & self.live)

    def allowed(self, predicate: Predicate) -> Allowed | None:
        """The live passages that a filter lets through, None where these are all passages."""
        passages = self.live
        if predicate:
            passing = self.segment.filters.passes(predicate, len(self.segment))
            passages = passing if self.live is None else passing & self.live
        if passages is None or passages.all():
            return None
        return Allowed(passages, AllowedVectors.of(passages[self.segment.owners]))


def segments_of(passages: Iterable[IndexedPassage], sizes: SegmentSizes) -> Iterator[Segment]:
    """Segments of these passages, each as large as it may be."""
    remaining = iter(passages)
    for first in remaining:
        yield _filled(chain([first], remaining), sizes)


def _filled(passages: Iterable[IndexedPassage], sizes: SegmentSizes) -> Segment:
    """A segment of the first passages, as many as it may hold."""
    ids: list[int] = []
    places: list[tuple[int, ...]] = []
    owners: list[int] = []
    vectors: list[Halves] = []
    writer = PostingsWriter()
    written: set[str] = set()
    pairs: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    for passage in passages:
        owners += [len(ids)] * len(passage.vectors)
        vectors.append(passage.vectors.astype(np.float16))
        parts = [words(passage.context), *(words(passage.text[start:end]) for start, end in passage.units)]
        written.update(*parts)
        context, *sentences = map(stems, parts)
        named = words(passage.names)
        written.update(named)
        writer.add([context, *sentences, *_unsaid(named, context)])
        for pair in set(passage.filters):
            pairs[pair].append(len(ids))
        ids.append(passage.id)
        hashes = [word_hash(term) for term in chain.from_iterable(sentences)]
        # Texts without words, such as rows of signs, are alike only where they are the same.
        figures = _figures(list(chain.from_iterable(sentences)), context)
        places.append((*passage.place, simhash(hashes or [word_hash(passage.text)]), figures))
        if len(owners) >= sizes.largest or len(writer) >= sizes.most_terms:
            break
    every_id = np.array(ids, np.int64)
    row_of = _ranks(every_id)
    values = FilterIndex.of({pair: row_of[rows].tolist() for pair, rows in pairs.items()})
    indexes = writer.finish(row_of), SpellingIndex.of(written), values
    return _sorted(every_id, np.array(places, PLACES), row_of[owners], np.concatenate(vectors), *indexes, sizes)


def _figures(text: Sequence[str], context: Sequence[str]) -> int:
    """A digest of the numbers in a text; of a short text one of all its terms and those of its context."""
    told_apart = sorted(filter(_has_digit, text)) if len(text) >= _LONG_TEXT else [*context, *text]
    return word_hash("\0".join(told_apart))


def _has_digit(term: str) -> bool:
    return any(map(str.isdigit, term))


def _unsaid(named: Sequence[str], context: Sequence[str]) -> list[list[str]]:
    """The terms of names that the context does not have, as one sentence; none where it has all of them."""
    terms = [term for term in dict.fromkeys(stems(named)) if term not in context]
    return [terms] if terms else []


def merged(parts: Sequence[LiveSegment], sizes: SegmentSizes) -> Segment:
    """One segment of the live passages of several."""
    ids = np.concatenate([part.ids for part in parts])
    ranks = iter(np.split(_ranks(ids), np.cumsum([len(part) for part in parts])[:-1]))
    places, owners, halves, moved = [], [], [], []
    for part in parts:
        segment = part.segment
        live = slice(None) if part.live is None else part.live
        row_of = np.full(len(segment), -1, np.int32)
        row_of[live] = next(ranks)
        places.append(segment.places[live])
        of_vectors = row_of[segment.owners]
        owners.append(of_vectors[of_vectors >= 0])
        halves.append(segment.vectors.halves[of_vectors >= 0])
        moved.append(row_of)
    words = postings.merge_postings(zip((part.segment.postings for part in parts), moved, strict=True))
    values = filters.merge_filters(zip((part.segment.filters for part in parts), moved, strict=True))
    spellings = SpellingIndex.of(_still_held(parts, words))
    indexes = words, spellings, values
    return _sorted(ids, np.concatenate(places), np.concatenate(owners), np.concatenate(halves), *indexes, sizes)


def _still_held(parts: Sequence[LiveSegment], postings: Postings) -> Iterable[str]:
    """The written words of several segments, without those whose terms only removed passages held."""
    written = sorted(set(chain.from_iterable(part.segment.spellings.words() for part in parts)))
    if all(part.live is None for part in parts):
        return written
    terms = set(postings.terms())
    return [word for word, stem in zip(written, stems(written), strict=True) if stem in terms]


def _ranks(ids: Ids) -> Rows:
    """The row of each passage when they are sorted by id."""
    ranks = np.empty(len(ids), np.int32)
    ranks[np.argsort(ids)] = np.arange(len(ids), dtype=np.int32)
    return ranks


def _sorted(
    ids: Ids,
    places: Places,
    owners: Rows,
    halves: Halves,
    words: Postings,
    spellings: SpellingIndex,
    values: FilterIndex,
    sizes: SegmentSizes,
) -> Segment:
    """A segment of passages and vectors in any order; `owners` and the indexes already have the rows of the segment."""
    by_id, by_owner = np.argsort(ids), np.argsort(owners, kind="stable")
    vectors = VectorIndex.of(halves[by_owner], is_sketched=len(halves) >= sizes.sketched_from)
    name = secrets.token_hex(8)
    return Segment(name, ids[by_id], places[by_id], owners[by_owner], vectors, words, spellings, values)
