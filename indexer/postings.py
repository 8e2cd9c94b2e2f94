"""The words of a segment: which of its passages hold a word, and how often, in the headings above them and in their text."""

import hashlib
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt

from indexer import arrays
from indexer.arrays import Rows

FIELDS = 2
"""The words of a passage are those of its context and those of its text, in this order."""

_MOST_COUNTED = 255
_Numbers = npt.NDArray[np.int64]
Counts = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Postings:
    """An inverted index: words in the order of their hashes, the postings of word n from `ends[n]` to `ends[n + 1]`.

    `passages` are rows of the segment, ascending for each word; `counts`, of shape (2, postings), says how often they hold
    it, `holders`, (2, words), how many passages hold a word, `lengths`, (2, passages), how many words a passage has.
    `spelling` has the words themselves as UTF-8, word n from `spelling_ends[n]` to `spelling_ends[n + 1]`.
    """

    hashes: npt.NDArray[np.uint64]
    ends: _Numbers
    passages: Rows
    counts: Counts
    holders: Rows
    lengths: Rows
    spelling: npt.NDArray[np.uint8]
    spelling_ends: _Numbers

    @classmethod
    def load(cls, folder: Path) -> "Postings":
        """Map the files that `save` made. Raises OSError, ValueError."""
        return cls(*(arrays.load(_file(folder, field.name)) for field in fields(cls)))

    def save(self, folder: Path) -> None:
        """Write the files into a folder. Raises OSError."""
        for field in fields(self):
            arrays.save(_file(folder, field.name), getattr(self, field.name))

    def find(self, word: str) -> int | None:
        """The number of a word, None where no passage holds it."""
        wanted, spelt = _hash(word), word.encode()
        number = int(np.searchsorted(self.hashes, np.uint64(wanted)))
        # Different words may have one hash.
        while number < len(self.hashes) and int(self.hashes[number]) == wanted:
            if self.spelling[self.spelling_ends[number] : self.spelling_ends[number + 1]].tobytes() == spelt:
                return number
            number += 1
        return None

    def place(self, number: int) -> slice:
        """Where the postings of a word are."""
        return slice(int(self.ends[number]), int(self.ends[number + 1]))

    def words(self) -> list[str]:
        """All words, in their order."""
        spelling, ends = self.spelling.tobytes(), self.spelling_ends.tolist()
        return [spelling[start:end].decode() for start, end in pairwise(ends)]


class PostingsWriter:
    """Takes the words of one passage after the other; `size` counts them."""

    def __init__(self) -> None:
        self.size = 0
        self._numbers: dict[str, int] = {}
        self._words = tuple(array("i") for _ in range(FIELDS))
        self._lengths = tuple(array("i") for _ in range(FIELDS))

    def add(self, *passage: Sequence[str]) -> None:
        """Take the words of a passage's fields."""
        for field, words in enumerate(passage):
            self._lengths[field].append(len(words))
            self._words[field].extend([self._numbers.setdefault(word, len(self._numbers)) for word in words])
            self.size += len(words)

    def finish(self, row_of: Rows) -> Postings:
        """The index of what was taken; the nth passage that was taken becomes its row `row_of[n]`."""
        number = len(row_of)
        lengths = np.empty((FIELDS, number), np.int32)
        counted = []
        for field, (words, of_field) in enumerate(zip(self._words, self._lengths, strict=True)):
            lengths[field, row_of] = of_field
            key = np.asarray(words, np.int64) * number + np.repeat(row_of, of_field)
            counted.append(np.unique(key, return_counts=True))
        keys = np.union1d(counted[0][0], counted[1][0])
        counts = np.zeros((FIELDS, len(keys)), np.uint8)
        for field, (found, times) in enumerate(counted):
            counts[field, np.searchsorted(keys, found)] = np.minimum(times, _MOST_COUNTED)
        return _indexed(list(self._numbers), keys // number, keys % number, counts, lengths)


def merge(parts: Iterable[tuple[Postings, Rows]], number: int) -> Postings:
    """One index of several for `number` passages.

    With each index come the new rows of its passages, -1 for a passage that is left out.
    """
    numbers: dict[str, int] = {}
    words, passages, counts = [], [], []
    lengths = np.empty((FIELDS, number), np.int32)
    for postings, row_of in parts:
        of_part = np.array([numbers.setdefault(word, len(numbers)) for word in postings.words()], np.int64)
        rows = row_of[postings.passages]
        words.append(np.repeat(of_part, np.diff(postings.ends))[rows >= 0])
        passages.append(rows[rows >= 0])
        counts.append(postings.counts[:, rows >= 0])
        lengths[:, row_of[row_of >= 0]] = postings.lengths[:, row_of >= 0]
    return _indexed(list(numbers), np.concatenate(words), np.concatenate(passages), np.concatenate(counts, axis=1), lengths)


def _indexed(words: list[str], numbers: _Numbers, passages: npt.NDArray[np.integer], counts: Counts, lengths: Rows) -> Postings:
    """The index of postings in any order: the numbers of their words, their passages and counts."""
    hashes = np.array([_hash(word) for word in words], np.uint64)
    order = np.argsort(hashes, kind="stable")
    is_held = np.zeros(len(words), np.bool_)
    is_held[numbers] = True
    order = order[is_held[order]]
    rank = np.empty(len(words), np.int64)
    rank[order] = np.arange(len(order))
    of_posting = rank[numbers]
    place = np.argsort(of_posting * lengths.shape[1] + passages, kind="stable")
    spelt = [words[number].encode() for number in order.tolist()]
    holders = [np.bincount(of_posting[of_field > 0], minlength=len(order)) for of_field in counts]
    return Postings(
        hashes=hashes[order],
        ends=_ends(np.bincount(of_posting, minlength=len(order))),
        passages=passages[place].astype(np.int32),
        counts=counts[:, place],
        holders=np.array(holders, np.int32),
        lengths=lengths,
        spelling=np.frombuffer(b"".join(spelt), np.uint8),
        spelling_ends=_ends(np.array([len(word) for word in spelt], np.int64)),
    )


def _ends(sizes: _Numbers) -> _Numbers:
    return np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)


def _hash(word: str) -> int:
    return int.from_bytes(hashlib.blake2b(word.encode(), digest_size=8).digest())


def _file(folder: Path, name: str) -> Path:
    return folder / f"{name.replace('_', '-')}.npy"
