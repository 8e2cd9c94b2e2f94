"""An inverted index of metadata: which passages of a segment belong to documents with a value."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
import numpy.typing as npt

from askdex.indexer.engine import arrays
from askdex.indexer.types import Filter, Mask, Rows, filter_text

Predicate = tuple[tuple[str, tuple[str, ...]], ...]
"""A filter that can be a key of a cache: keys with the values of which a document must have one, as `filter_text`."""


@dataclass(frozen=True, slots=True)
class FilterIndex:
    """Passages by the 64-bit hashes of their (key, value) pairs.

    `hashes` are ascending; the passages with pair i are `rows[ends[i]:ends[i + 1]]`, ascending.
    """

    hashes: npt.NDArray[np.uint64]
    ends: npt.NDArray[np.int64]
    rows: Rows

    @classmethod
    def of(cls, pairs: Mapping[int, Sequence[int]]) -> "FilterIndex":
        """An index of passages by the hashes of their pairs."""
        ordered = sorted(pairs)
        sizes = np.array([len(pairs[pair]) for pair in ordered], np.int64)
        rows = [np.sort(np.array(pairs[pair], np.int32)) for pair in ordered]
        return cls(np.array(ordered, np.uint64), _ends(sizes), np.concatenate([np.empty(0, np.int32), *rows]))

    @classmethod
    def load(cls, folder: Path) -> "FilterIndex":
        """Map the files that `save` wrote. Raises OSError, ValueError."""
        return cls(*(arrays.load(folder / _file(field.name)) for field in fields(cls)))

    def save(self, folder: Path) -> None:
        """Write the files into a folder. Raises OSError."""
        for field in fields(self):
            arrays.save(folder / _file(field.name), getattr(self, field.name))

    def passes(self, predicate: Predicate, passages: int) -> Mask:
        """Which of so many passages a filter lets through, of shape (passages,)."""
        passing = np.ones(passages, np.bool_)
        for key, values in predicate:
            has_value = np.zeros(passages, np.bool_)
            for value in values:
                has_value[self._with(pair_hash(key, value))] = True
            passing &= has_value
        return passing

    def _with(self, pair: int) -> Rows:
        place = int(np.searchsorted(self.hashes, np.uint64(pair)))
        if place == len(self.hashes) or self.hashes[place] != pair:
            return self.rows[:0]
        return self.rows[self.ends[place] : self.ends[place + 1]]


def merge(parts: Iterable[tuple[FilterIndex, Rows]]) -> FilterIndex:
    """One index of several; with each come the new rows of its passages, -1 for a passage that is left out."""
    pairs, rows = [np.empty(0, np.uint64)], [np.empty(0, np.int32)]
    for index, row_of in parts:
        moved = row_of[index.rows]
        pairs.append(np.repeat(index.hashes, np.diff(index.ends))[moved >= 0])
        rows.append(moved[moved >= 0])
    every_pair, every_row = np.concatenate(pairs), np.concatenate(rows)
    order = np.lexsort((every_row, every_pair))
    hashes, sizes = np.unique(every_pair, return_counts=True)
    return FilterIndex(hashes, _ends(sizes), every_row[order])


def pair_hash(key: str, value: str) -> int:
    """64 bits of a digest of a key and a value."""
    return int.from_bytes(hashlib.blake2b(f"{key}\0{value}".encode(), digest_size=8).digest())


def predicate(wanted: Filter) -> Predicate:
    """A filter with its values as passages are indexed by them."""
    lists = ((key, [given] if isinstance(given, str | int | float) else given) for key, given in wanted.items())
    return tuple((key, tuple(map(filter_text, values))) for key, values in lists)


def _ends(sizes: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    return np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)


def _file(part: str) -> str:
    return f"filters-{part}.npy"
