"""A segment: passages with their vectors and words that were added to an engine together, and never change."""

import secrets
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np

from indexer import arrays, postings
from indexer.arrays import Mask, Rows
from indexer.engine import Entry, Ids
from indexer.postings import Postings, PostingsWriter
from indexer.terms import terms
from indexer.vectors import Halves, VectorIndex

LARGEST = 2**17
"""Vectors of the largest segment, about; it bounds what adding a few passages can cost, and the memory that takes."""

_MOST_WORDS = 2**23
_IDS = "ids"
_OWNERS = "owners"
_CONTEXT = "context"
_TEXT = "text"


@dataclass(frozen=True, slots=True)
class Segment:
    """`ids` are those of the passages, ascending, shape (passages,); `owners` the passage's row of each vector, ascending."""

    name: str
    ids: Ids
    owners: Rows
    vectors: VectorIndex
    context: Postings
    text: Postings

    @classmethod
    def load(cls, folder: Path) -> "Segment":
        """Map a segment from the folder that `save` made, whose checksums have been verified.

        Raises RuntimeError, OSError, ValueError.
        """
        ids, owners = (arrays.load(folder / f"{name}.npy") for name in (_IDS, _OWNERS))
        return cls(
            folder.name, ids, owners, VectorIndex.load(folder), Postings.load(folder, _CONTEXT), Postings.load(folder, _TEXT)
        )

    def save(self, folder: Path) -> None:
        """Write the segment into an empty folder. Raises OSError."""
        arrays.save(folder / f"{_IDS}.npy", self.ids)
        arrays.save(folder / f"{_OWNERS}.npy", self.owners)
        self.vectors.save(folder)
        self.context.save(folder, _CONTEXT)
        self.text.save(folder, _TEXT)

    def __len__(self) -> int:
        return len(self.ids)

    def rows_of(self, ids: Ids) -> Mask:
        """Which passages have one of these ids, of shape (passages,)."""
        found = np.zeros(len(self), np.bool_)
        at = np.minimum(np.searchsorted(self.ids, ids), len(self) - 1)
        found[at[self.ids[at] == ids]] = True
        return found


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


def segments_of(entries: Iterable[Entry]) -> Iterator[Segment]:
    """Segments of these passages, each as large as it may be."""
    remaining = iter(entries)
    for first in remaining:
        yield _gathered(chain([first], remaining))


def _gathered(entries: Iterable[Entry]) -> Segment:
    ids: list[int] = []
    owners: list[int] = []
    vectors: list[Halves] = []
    context, text = PostingsWriter(), PostingsWriter()
    for entry in entries:
        owners += [len(ids)] * len(entry.vectors)
        vectors.append(entry.vectors.astype(np.float16))
        context.add(terms(entry.context))
        text.add(terms(entry.text))
        ids.append(entry.id)
        if len(owners) >= LARGEST or len(context) + len(text) >= _MOST_WORDS:
            break
    row_of = _ranks(np.array(ids, np.int64))
    return _sorted(np.sort(ids), row_of[owners], np.concatenate(vectors), context.finish(row_of), text.finish(row_of))


def merged(parts: Sequence[LiveSegment]) -> Segment:
    """One segment of the live passages of several."""
    ids = np.concatenate([part.ids[1] for part in parts])
    ranks = iter(np.split(_ranks(ids), np.cumsum([len(part) for part in parts])[:-1]))
    owners, halves, moved = [], [], []
    for part in parts:
        segment = part.segment
        row_of = np.full(len(segment), -1, np.int32)
        row_of[slice(None) if part.live is None else part.live] = next(ranks)
        of_vectors = row_of[segment.owners]
        owners.append(of_vectors[of_vectors >= 0])
        halves.append(segment.vectors.halves[of_vectors >= 0])
        moved.append(row_of)
    context, text = (
        postings.merge(zip(of_field, moved, strict=True), len(ids))
        for of_field in ([of.segment.context for of in parts], [of.segment.text for of in parts])
    )
    return _sorted(np.sort(ids), np.concatenate(owners), np.concatenate(halves), context, text)


def _ranks(ids: Ids) -> Rows:
    """The row that each passage has among these when they are in ascending order."""
    ranks = np.empty(len(ids), np.int32)
    ranks[np.argsort(ids)] = np.arange(len(ids), dtype=np.int32)
    return ranks


def _sorted(ids: Ids, owners: Rows, halves: Halves, context: Postings, text: Postings) -> Segment:
    order = np.argsort(owners, kind="stable")
    return Segment(secrets.token_hex(8), ids, owners[order], VectorIndex.of(halves[order]), context, text)
