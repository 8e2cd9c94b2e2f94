"""An inverted index: which passages of a segment hold a word, and how often."""

import hashlib
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt

from indexer import arrays
from indexer.arrays import Rows

_MOST_COUNTED = 255
_Numbers = npt.NDArray[np.int64]
Counts = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Postings:
    """Words are in the order of their hashes, the postings of word n from `ends[n]` to `ends[n + 1]`.

    `passages` are rows of the segment, ascending for each word, `counts` how often they hold it (255 for more), `lengths`
    how many words each passage has, of shape (passages,). `spelling` has the words themselves as UTF-8, word n from
    `spelling_ends[n]` to `spelling_ends[n + 1]`.
    """

    hashes: npt.NDArray[np.uint64]
    ends: _Numbers
    passages: Rows
    counts: Counts
    lengths: Rows
    spelling: npt.NDArray[np.uint8]
    spelling_ends: _Numbers

    @classmethod
    def load(cls, folder: Path, name: str) -> "Postings":
        """Map the files that `save` made. Raises OSError, ValueError."""
        return cls(*(arrays.load(folder / _file(name, field.name)) for field in fields(cls)))

    def save(self, folder: Path, name: str) -> None:
        """Write the files into a folder. Raises OSError."""
        for field in fields(self):
            arrays.save(folder / _file(name, field.name), getattr(self, field.name))

    def find(self, words: Sequence[str]) -> list[slice]:
        """Where the postings of each word are."""
        hashes = np.array([word_hash(word) for word in words], np.uint64)
        first, last = (np.searchsorted(self.hashes, hashes, side).tolist() for side in ("left", "right"))
        return [self._place(word.encode(), range(*some)) for word, *some in zip(words, first, last, strict=True)]

    def _place(self, word: bytes, numbers: Iterable[int]) -> slice:
        # Different words may have one hash.
        for number in numbers:
            if self.spelling[self.spelling_ends[number] : self.spelling_ends[number + 1]].tobytes() == word:
                return slice(int(self.ends[number]), int(self.ends[number + 1]))
        return slice(0, 0)

    def words(self) -> list[str]:
        """All words, in their order."""
        spelling, ends = self.spelling.tobytes(), self.spelling_ends.tolist()
        return [spelling[start:end].decode() for start, end in pairwise(ends)]


class PostingsWriter:
    """Takes the words of one passage after the other; `size` counts them."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._words = array("i")
        self._lengths = array("i")

    def __len__(self) -> int:
        return len(self._words)

    def add(self, words: Sequence[str]) -> None:
        """Take the words of a passage."""
        self._lengths.append(len(words))
        self._words.extend([self._numbers.setdefault(word, len(self._numbers)) for word in words])

    def finish(self, row_of: Rows) -> Postings:
        """The index of what was taken; the nth passage that was taken becomes its row `row_of[n]`."""
        number = len(row_of)
        lengths = np.empty(number, np.int32)
        lengths[row_of] = self._lengths
        held = np.asarray(self._words, np.int64) * number + np.repeat(row_of, self._lengths)
        held, times = np.unique(held, return_counts=True)
        counts = np.minimum(times, _MOST_COUNTED).astype(np.uint8)
        return _indexed(list(self._numbers), held // number, held % number, counts, lengths)


def merge(parts: Iterable[tuple[Postings, Rows]], number: int) -> Postings:
    """One index of several for `number` passages.

    With each index come the new rows of its passages, -1 for a passage that is left out.
    """
    numbers: dict[str, int] = {}
    words, passages, counts = [], [], []
    lengths = np.empty(number, np.int32)
    for postings, row_of in parts:
        of_part = np.array([numbers.setdefault(word, len(numbers)) for word in postings.words()], np.int64)
        rows = row_of[postings.passages]
        words.append(np.repeat(of_part, np.diff(postings.ends))[rows >= 0])
        passages.append(rows[rows >= 0])
        counts.append(postings.counts[rows >= 0])
        lengths[row_of[row_of >= 0]] = postings.lengths[row_of >= 0]
    return _indexed(list(numbers), np.concatenate(words), np.concatenate(passages), np.concatenate(counts), lengths)


def _indexed(words: list[str], numbers: _Numbers, passages: npt.NDArray[np.integer], counts: Counts, lengths: Rows) -> Postings:
    """The index of postings in any order: the numbers of their words, their passages and counts."""
    hashes = np.array([word_hash(word) for word in words], np.uint64)
    is_held = np.zeros(len(words), np.bool_)
    is_held[numbers] = True
    order = np.argsort(hashes, kind="stable")
    order = order[is_held[order]]
    rank = np.empty(len(words), np.int64)
    rank[order] = np.arange(len(order))
    numbers = rank[numbers]
    place = np.argsort(numbers * len(lengths) + passages, kind="stable")
    spelt = [words[number].encode() for number in order.tolist()]
    return Postings(
        hashes=hashes[order],
        ends=_ends(np.bincount(numbers, minlength=len(order))),
        passages=passages[place].astype(np.int32),
        counts=counts[place],
        lengths=lengths,
        spelling=np.frombuffer(b"".join(spelt), np.uint8),
        spelling_ends=_ends(np.array([len(word) for word in spelt], np.int64)),
    )


def _ends(sizes: _Numbers) -> _Numbers:
    return np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)


@lru_cache(maxsize=2**15)
def word_hash(word: str) -> int:
    """64 bits that stand for a word."""
    return int.from_bytes(hashlib.blake2b(word.encode(), digest_size=8).digest())


def _file(name: str, part: str) -> str:
    return f"{name}-{part.replace('_', '-')}.npy"
