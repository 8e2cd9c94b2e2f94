"""A segment: passages with their vectors and words that were added to an engine together, and never change."""

import secrets
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np

from askdex.corpus.text.sentences import sentences
from askdex.indexer.engine import arrays, postings
from askdex.indexer.engine.analyzer import stems, words
from askdex.indexer.engine.postings import Postings, PostingsWriter, word_hash
from askdex.indexer.engine.simhash import simhash
from askdex.indexer.engine.vectors import Halves, VectorIndex, products
from askdex.indexer.engine.vocabulary import Vocabulary
from askdex.indexer.types import PLACES, Ids, IndexedPassage, Mask, Places, Positions, Rows, Vectors

LARGEST = 2**17
"""Vectors of the largest segment, about; it bounds what adding a few passages can cost, and the memory that takes."""

_MOST_WORDS = 2**23
_IDS = "ids"
_OWNERS = "owners"
_PLACES = "places"


@dataclass(frozen=True, slots=True)
class Segment:
    """`ids` are those of the passages, ascending, and `places` where they stand, both of shape (passages,).

    `owners` are the rows of the passages that the vectors belong to, ascending, shape (vectors,).
    """

    name: str
    ids: Ids
    places: Places
    owners: Rows
    vectors: VectorIndex
    words: Postings
    lexicon: Vocabulary

    @classmethod
    def load(cls, folder: Path) -> "Segment":
        """Map a segment from the folder that `save` made, whose checksums have been verified.

        Raises RuntimeError, OSError, ValueError.
        """
        ids, places, owners = (arrays.load(folder / f"{name}.npy") for name in (_IDS, _PLACES, _OWNERS))
        words, lexicon = Postings.load(folder), Vocabulary.load(folder)
        return cls(folder.name, ids, places, owners, VectorIndex.load(folder), words, lexicon)

    def save(self, folder: Path) -> None:
        """Write the segment into an empty folder. Raises OSError."""
        arrays.save(folder / f"{_IDS}.npy", self.ids)
        arrays.save(folder / f"{_PLACES}.npy", self.places)
        arrays.save(folder / f"{_OWNERS}.npy", self.owners)
        self.vectors.save(folder)
        self.words.save(folder)
        self.lexicon.save(folder)

    def __len__(self) -> int:
        return len(self.ids)

    def find(self, ids: Ids) -> tuple[Positions, Rows]:
        """Which of these ids are here, by their positions, and the rows of their passages."""
        rows = np.minimum(np.searchsorted(self.ids, ids), len(self) - 1).astype(np.int32)
        here = np.flatnonzero(self.ids[rows] == ids)
        return here, rows[here]

    def rows_of(self, ids: Ids) -> Mask:
        """Which passages have one of these ids, of shape (passages,)."""
        found = np.zeros(len(self), np.bool_)
        found[self.find(ids)[1]] = True
        return found

    def compared(self, vector: Vectors, rows: Rows) -> tuple[Vectors, Vectors]:
        """The largest inner product of a vector with those of each of these passages, at least one, of shape (n,).

        And the first vector of each, which stands for all of it, of shape (n, dimension).
        """
        first, last = (np.searchsorted(self.owners, rows, side) for side in ("left", "right"))
        sizes = last - first
        vectors, starts = self.vectors.decoded(arrays.ranges(first, sizes)), np.cumsum(sizes) - sizes
        return np.maximum.reduceat(products(vectors, vector), starts), vectors[starts]


@dataclass(frozen=True, slots=True)
class LiveSegment:
    """A segment as one state of an index has it: `live` are the passages that are in that state, None for all."""

    segment: Segment
    live: Mask | None = None

    def __len__(self) -> int:
        """The number of live passages."""
        return len(self.segment) if self.live is None else int(np.count_nonzero(self.live))

    @property
    def ids(self) -> tuple[Ids, Ids]:
        """The id of each live vector's passage, and of each live passage."""
        ids, owners = self.segment.ids, self.segment.owners
        if self.live is None:
            return ids[owners], ids
        return ids[owners[self.live[owners]]], ids[self.live]

    def find(self, ids: Ids) -> tuple[Positions, Rows]:
        """Which of these ids are live here, by their positions, and the rows of their passages."""
        here, rows = self.segment.find(ids)
        return (here, rows) if self.live is None else (here[self.live[rows]], rows[self.live[rows]])

    def without(self, ids: Ids) -> "LiveSegment":
        """The segment without the passages of these ids."""
        dead = self.segment.rows_of(ids)
        if self.live is not None:
            dead |= ~self.live
        return LiveSegment(self.segment, ~dead if dead.any() else None)

    def allowed(self, within: Ids | None) -> Mask | None:
        """The passages that a search may find, None for all."""
        if within is None:
            return self.live
        rows = self.segment.rows_of(within)
        return rows if self.live is None else rows & self.live


def segments_of(entries: Iterable[IndexedPassage]) -> Iterator[Segment]:
    """Segments of these passages, each as large as it may be."""
    remaining = iter(entries)
    for first in remaining:
        yield _gathered(chain([first], remaining))


def _gathered(entries: Iterable[IndexedPassage]) -> Segment:
    ids: list[int] = []
    places: list[tuple[int, ...]] = []
    owners: list[int] = []
    vectors: list[Halves] = []
    of_passages = PostingsWriter()
    written: set[str] = set()
    for entry in entries:
        owners += [len(ids)] * len(entry.vectors)
        vectors.append(entry.vectors.astype(np.float16))
        spoken = [words(entry.context), *(words(entry.text[start:end]) for start, end in sentences(entry.text))]
        written.update(*spoken)
        context, *of_text = map(stems, spoken)
        of_passages.add([context, *of_text])
        ids.append(entry.id)
        places.append((*entry.place, simhash([word_hash(word) for word in chain.from_iterable(of_text)])))
        if len(owners) >= LARGEST or len(of_passages) >= _MOST_WORDS:
            break
    known = np.array(ids, np.int64)
    row_of = _ranks(known)
    of_words = of_passages.finish(row_of), Vocabulary.of(written)
    return _sorted(known, np.array(places, PLACES), row_of[owners], np.concatenate(vectors), *of_words)


def merged(parts: Sequence[LiveSegment]) -> Segment:
    """One segment of the live passages of several."""
    ids = np.concatenate([part.ids[1] for part in parts])
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
    words = postings.merge(zip((of.segment.words for of in parts), moved, strict=True))
    lexicon = Vocabulary.of(_still_held(parts, words))
    return _sorted(ids, np.concatenate(places), np.concatenate(owners), np.concatenate(halves), words, lexicon)


def _still_held(parts: Sequence[LiveSegment], postings: Postings) -> Iterable[str]:
    """The written words of several segments, but for those whose terms left with the passages that are not live."""
    written = sorted(set(chain.from_iterable(part.segment.lexicon.words() for part in parts)))
    if all(part.live is None for part in parts):
        return written
    held = set(postings.words())
    return [word for word, stem in zip(written, stems(written), strict=True) if stem in held]


def _ranks(ids: Ids) -> Rows:
    """The row that each passage has among these when they are in ascending order."""
    ranks = np.empty(len(ids), np.int32)
    ranks[np.argsort(ids)] = np.arange(len(ids), dtype=np.int32)
    return ranks


def _sorted(ids: Ids, places: Places, owners: Rows, halves: Halves, words: Postings, lexicon: Vocabulary) -> Segment:
    """A segment of passages in any order, whose vectors, in any order too, belong to rows in ascending order."""
    by_id, by_owner = np.argsort(ids), np.argsort(owners, kind="stable")
    name, vectors = secrets.token_hex(8), VectorIndex.of(halves[by_owner])
    return Segment(name, ids[by_id], places[by_id], owners[by_owner], vectors, words, lexicon)
