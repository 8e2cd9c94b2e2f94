"""An inverted index of metadata: which passages of a segment belong to documents with a value."""

import hashlib
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from askdex.corpus.text.dates import first_day, last_day
from askdex.corpus.types import Scalar
from askdex.indexer.engine import arrays
from askdex.indexer.errors import RequestError
from askdex.indexer.types import Filter, Mask, Numbers, Range, Rows, filter_text

_DAY = re.compile(r"\d{4}-\d\d(?:$|-)")
_DAY_NUMBERS = (10_000_101.0, 99_991_231.0)
"""The first and the last day as numbers; a day is its digits, so 2024-05-01 is 20240501."""


class Bounds(NamedTuple):
    """The least and the largest number that a value may be; see `number_of`."""

    least: float
    largest: float


Predicate = tuple[tuple[str, tuple[str, ...] | Bounds], ...]
"""A filter that can be a key of a cache: keys with the values of which a document must have one, as `filter_text`, or with the
bounds of its values."""


@dataclass(frozen=True, slots=True)
class FilterIndex:
    """Passages by the 64-bit hashes of their (key, value) pairs.

    `hashes` are ascending; the passages with pair i are `rows[ends[i]:ends[i + 1]]`, ascending. `keys[i]` is the hash of its
    key, `numbers[i]` the number that its value is, NaN where it is none.
    """

    hashes: npt.NDArray[np.uint64]
    ends: npt.NDArray[np.int64]
    rows: Rows
    keys: npt.NDArray[np.uint64]
    numbers: Numbers

    @classmethod
    def of(cls, pairs: Mapping[tuple[str, str], Sequence[int]]) -> "FilterIndex":
        """An index of passages by their pairs of a key and a value."""
        ordered = sorted((pair_hash(*pair), pair) for pair in pairs)
        rows = [np.sort(np.array(pairs[pair], np.int32)) for _, pair in ordered]
        return cls(
            np.array([pair for pair, _ in ordered], np.uint64),
            _ends(np.array(list(map(len, rows)), np.int64)),
            np.concatenate([np.empty(0, np.int32), *rows]),
            np.array([_key_hash(key) for _, (key, _) in ordered], np.uint64),
            np.array([number_of(value) for _, (_, value) in ordered], np.float64),
        )

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
            if isinstance(values, Bounds):
                has_value[self._within(key, values)] = True
            else:
                for value in values:
                    has_value[self._with(pair_hash(key, value))] = True
            passing &= has_value
        return passing

    def _within(self, key: str, bounds: Bounds) -> Rows:
        """The passages with a value of this key within the bounds; one may come several times."""
        is_within = (self.numbers >= bounds.least) & (self.numbers <= bounds.largest)
        places = (is_within & (self.keys == np.uint64(_key_hash(key)))).nonzero()[0]
        starts = self.ends[places]
        return self.rows[arrays.ranges(starts, self.ends[places + 1] - starts)[0]]

    def _with(self, pair: int) -> Rows:
        place = int(np.searchsorted(self.hashes, np.uint64(pair)))
        if place == len(self.hashes) or self.hashes[place] != pair:
            return self.rows[:0]
        return self.rows[self.ends[place] : self.ends[place + 1]]


def merge_filters(parts: Iterable[tuple[FilterIndex, Rows]]) -> FilterIndex:
    """One index of several; with each come the new rows of its passages, -1 for a passage that is left out."""
    pairs, rows, indexes = [np.empty(0, np.uint64)], [np.empty(0, np.int32)], [FilterIndex.of({})]
    for index, row_of in parts:
        indexes.append(index)
        moved = row_of[index.rows]
        pairs.append(np.repeat(index.hashes, np.diff(index.ends))[moved >= 0])
        rows.append(moved[moved >= 0])
    every_pair, every_row = np.concatenate(pairs), np.concatenate(rows)
    order = np.lexsort((every_row, every_pair))
    hashes, sizes = np.unique(every_pair, return_counts=True)
    every_hash, first = np.unique(np.concatenate([index.hashes for index in indexes]), return_index=True)
    kept = first[np.searchsorted(every_hash, hashes)]
    keys, numbers = (np.concatenate(column)[kept] for column in zip(*((one.keys, one.numbers) for one in indexes), strict=True))
    return FilterIndex(hashes, _ends(sizes), every_row[order], keys, numbers)


def pair_hash(key: str, value: str) -> int:
    """64 bits of a digest of a key and a value."""
    return int.from_bytes(hashlib.blake2b(f"{key}\0{value}".encode(), digest_size=8).digest())


def number_of(value: str) -> float:
    """A number that orders values as `filter_text` gives them: that of a number or of a day; NaN for any other text."""
    if _DAY.match(value) and (day := first_day(value)):
        return _day_number(day)
    try:
        return float(value)
    except ValueError:
        return math.nan


def predicate(wanted: Filter) -> Predicate:
    """A filter with its values as passages are indexed by them. Raises RequestError where a bound is no number and no date."""
    return tuple((key, _bounds(key, given) if isinstance(given, Range) else _values(given)) for key, given in wanted.items())


def _values(given: Scalar | Sequence[Scalar]) -> tuple[str, ...]:
    return tuple(map(filter_text, [given] if isinstance(given, str | int | float) else given))


def _bounds(key: str, given: Range) -> Bounds:
    """The bounds of a range of numbers or of dates; of a month or a year as the end all days are within."""
    if isinstance(given.start, str) or isinstance(given.end, str):
        start, end = first_day(str(given.start)), last_day(str(given.end))
        if (start is None) is (given.start is None) and (end is None) is (given.end is None):
            least, largest = _DAY_NUMBERS
            return Bounds(least if start is None else _day_number(start), largest if end is None else _day_number(end))
        raise RequestError(f"The range of {key} is none of dates: write them as 2025-02-01, 2025-02 or 2025, or give numbers.")
    return Bounds(-math.inf if given.start is None else given.start, math.inf if given.end is None else given.end)


def _day_number(day: date) -> float:
    return float(f"{day:%Y%m%d}")


def _key_hash(key: str) -> int:
    return pair_hash(key, "")


def _ends(sizes: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    return np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)


def _file(part: str) -> str:
    return f"filters-{part}.npy"
