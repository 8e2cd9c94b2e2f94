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

from askdex.indexer.engine import arrays
from askdex.indexer.types import Rows

END = -1
"""What stands for the end of a sentence among the numbers of words."""

_MOST_COUNTED = 255
_Numbers = npt.NDArray[np.int64]
Counts = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Postings:
    """Words are in the order of their hashes, the postings of word n from `ends[n]` to `ends[n + 1]`.

    `passages` are rows of the segment, ascending for each word, `counts` how often they hold it (255 for more), `lengths`
    how many words each passage has, of shape (passages,). `sequence` has the numbers of the words of passage n, in their
    order, from `sequence_ends[n]` to `sequence_ends[n + 1]`: first those of its context, then those of its sentences, each
    followed by an END. `spelling` has the words themselves as UTF-8, word n from `spelling_ends[n]` to `spelling_ends[n + 1]`.
    """

    hashes: npt.NDArray[np.uint64]
    ends: _Numbers
    passages: Rows
    counts: Counts
    lengths: Rows
    sequence: Rows
    sequence_ends: _Numbers
    spelling: npt.NDArray[np.uint8]
    spelling_ends: _Numbers

    @classmethod
    def load(cls, folder: Path) -> "Postings":
        """Map the files that `save` made. Raises OSError, ValueError."""
        return cls(*(arrays.load(folder / _file(field.name)) for field in fields(cls)))

    def save(self, folder: Path) -> None:
        """Write the files into a folder. Raises OSError."""
        for field in fields(self):
            arrays.save(folder / _file(field.name), getattr(self, field.name))

    def find(self, word: str) -> int | None:
        """The number of a word, None for one that no passage holds."""
        wanted, spelt = np.uint64(word_hash(word)), word.encode()
        # Different words may have one hash.
        for number in range(int(np.searchsorted(self.hashes, wanted)), len(self.hashes)):
            if self.hashes[number] != wanted:
                break
            if self.spelling[self.spelling_ends[number] : self.spelling_ends[number + 1]].tobytes() == spelt:
                return number
        return None

    def place(self, number: int) -> slice:
        """Where the postings of a word are."""
        return slice(int(self.ends[number]), int(self.ends[number + 1]))

    def words(self) -> list[str]:
        """All words, in their order."""
        spelling, ends = self.spelling.tobytes(), self.spelling_ends.tolist()
        return [spelling[start:end].decode() for start, end in pairwise(ends)]


class PostingsWriter:
    """Takes the words of one passage after the other; its length is their number."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._sequence = array("i")
        self._sizes = array("i")

    def __len__(self) -> int:
        return len(self._sequence)

    def add(self, parts: Iterable[Sequence[str]]) -> None:
        """Take the words of a passage by its parts, in their order: its context, and each of its sentences."""
        before = len(self._sequence)
        for words in parts:
            self._sequence.extend([self._numbers.setdefault(word, len(self._numbers)) for word in words])
            self._sequence.append(END)
        self._sizes.append(len(self._sequence) - before)

    def finish(self, row_of: Rows) -> Postings:
        """The index of what was taken; the nth passage that was taken becomes its row `row_of[n]`."""
        order = np.argsort(row_of)
        sizes = np.asarray(self._sizes, np.int64)
        sequence = np.asarray(self._sequence, np.int32)[arrays.ranges((np.cumsum(sizes) - sizes)[order], sizes[order])]
        is_word = sequence != END
        owners = np.repeat(np.arange(len(sizes)), sizes[order])
        held = sequence[is_word].astype(np.int64) * len(sizes) + owners[is_word]
        held, times = np.unique(held, return_counts=True)
        counts = np.minimum(times, _MOST_COUNTED).astype(np.uint8)
        return _indexed(list(self._numbers), held // len(sizes), held % len(sizes), counts, sequence, sizes[order])


def merge(parts: Iterable[tuple[Postings, Rows]]) -> Postings:
    """One index of several.

    With each index come the new rows of its passages, -1 for a passage that is left out.
    """
    numbers: dict[str, int] = {}
    words, passages, counts, sequences, sizes, rows = [], [], [], [], [], []
    for postings, row_of in parts:
        # The last is what stands for END.
        of_part = np.array([*(numbers.setdefault(word, len(numbers)) for word in postings.words()), END], np.int64)
        moved = row_of[postings.passages]
        words.append(np.repeat(of_part[:-1], np.diff(postings.ends))[moved >= 0])
        passages.append(moved[moved >= 0])
        counts.append(postings.counts[moved >= 0])
        kept = np.flatnonzero(row_of >= 0)
        sizes.append(np.diff(postings.sequence_ends)[kept])
        sequences.append(of_part[postings.sequence[arrays.ranges(postings.sequence_ends[kept], sizes[-1])]])
        rows.append(row_of[kept])
    size, order, sequence = np.concatenate(sizes), np.argsort(np.concatenate(rows)), np.concatenate(sequences)
    sequence = sequence[arrays.ranges((np.cumsum(size) - size)[order], size[order])]
    found = np.concatenate(words), np.concatenate(passages), np.concatenate(counts)
    return _indexed(list(numbers), *found, sequence, size[order])


def _indexed(
    words: list[str],
    numbers: _Numbers,
    passages: npt.NDArray[np.integer],
    counts: Counts,
    sequence: npt.NDArray[np.integer],
    sizes: _Numbers,
) -> Postings:
    """The index of postings in any order: the numbers of their words, their passages and counts.

    `sequence` has the numbers of all words of all passages in their order, `sizes` how many are of each passage.
    """
    hashes = np.array([word_hash(word) for word in words], np.uint64)
    is_held = np.zeros(len(words), np.bool_)
    is_held[numbers] = True
    order = np.argsort(hashes, kind="stable")
    order = order[is_held[order]]
    rank = np.full(len(words) + 1, END, np.int32)
    rank[order] = np.arange(len(order))
    numbers = rank[numbers].astype(np.int64)
    place = np.argsort(numbers * len(sizes) + passages, kind="stable")
    spelt = [words[number].encode() for number in order.tolist()]
    owners = np.repeat(np.arange(len(sizes)), sizes)[sequence != END]
    return Postings(
        hashes=hashes[order],
        ends=_ends(np.bincount(numbers, minlength=len(order))),
        passages=passages[place].astype(np.int32),
        counts=counts[place],
        lengths=np.bincount(owners, minlength=len(sizes)).astype(np.int32),
        # END is -1, and so the last.
        sequence=rank[sequence],
        sequence_ends=_ends(sizes),
        spelling=np.frombuffer(b"".join(spelt), np.uint8),
        spelling_ends=_ends(np.array([len(word) for word in spelt], np.int64)),
    )


def _ends(sizes: _Numbers) -> _Numbers:
    return np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)


@lru_cache(maxsize=2**15)
def word_hash(word: str) -> int:
    """64 bits that stand for a word."""
    return int.from_bytes(hashlib.blake2b(word.encode(), digest_size=8).digest())


def _file(part: str) -> str:
    return f"words-{part.replace('_', '-')}.npy"
