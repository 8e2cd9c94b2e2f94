"""The words of a segment as people write them, by which a misspelt word is found again."""

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass, fields
from itertools import accumulate, pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt
from rapidfuzz import process
from rapidfuzz.distance import OSA

from askdex.indexer.engine import arrays

_LEAST = 3
_MOST = 64
_LETTERS = 32
"""The kinds of letters that a signature tells apart: those of the English alphabet, and others by chance."""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Words of letters alone, by length and then in their order; those of n letters from `ends[n]` to `ends[n + 1]`.

    Word i is `spelling[spelling_ends[i]:spelling_ends[i + 1]]` as UTF-8. Its signature has a bit for each letter that it has,
    and one for each that it has more than once: one edit changes two bits at most.
    """

    signatures: npt.NDArray[np.uint64]
    ends: npt.NDArray[np.int64]
    spelling: npt.NDArray[np.uint8]
    spelling_ends: npt.NDArray[np.int64]

    @classmethod
    def of(cls, words: Iterable[str]) -> "Vocabulary":
        """A lexicon of those of these words that can be misspelt: of letters alone, at least three."""
        known = sorted(
            {word for word in words if _LEAST <= len(word) <= _MOST and word.isalpha()}, key=lambda word: (len(word), word)
        )
        spelt = [word.encode() for word in known]
        lengths = np.array([len(word) for word in known], np.int64)
        return cls(
            _signatures(known, lengths),
            np.searchsorted(lengths, np.arange(_MOST + 2)),
            np.frombuffer(b"".join(spelt), np.uint8),
            np.array([0, *accumulate(map(len, spelt))], np.int64),
        )

    @classmethod
    def load(cls, folder: Path) -> "Vocabulary":
        """Map the files that `save` made. Raises OSError, ValueError."""
        return cls(*(arrays.load(folder / _file(field.name)) for field in fields(cls)))

    def save(self, folder: Path) -> None:
        """Write the files into a folder. Raises OSError."""
        for field in fields(self):
            arrays.save(folder / _file(field.name), getattr(self, field.name))

    def words(self) -> list[str]:
        """All words, in their order."""
        return self._spelt(np.arange(len(self.signatures)))

    def near(self, word: str, edits: int) -> list[str]:
        """The words that so many edits make of a word: letters put in, left out, changed, or turned with their neighbour.

        The optimal string alignment distance (Damerau 1964), compared for the words whose signatures allow it.
        """
        length = min(len(word), _MOST)
        start, end = self.ends[max(0, length - edits)], self.ends[min(_MOST, length + edits) + 1]
        if not edits:
            numbers = range(start, end)
            at = bisect_left(numbers, word, key=self._word)
            return [word] if at < len(numbers) and self._word(numbers[at]) == word else []
        signature = _signatures([word], np.array([len(word)]))
        changed = np.bitwise_count(self.signatures[start:end] ^ signature)
        words = self._spelt(start + np.flatnonzero(changed <= 2 * edits))
        return [near for near, *_ in process.extract(word, words, scorer=OSA.distance, score_cutoff=edits, limit=None)]

    def _word(self, number: int) -> str:
        return self.spelling[self.spelling_ends[number] : self.spelling_ends[number + 1]].tobytes().decode()

    def _spelt(self, numbers: npt.NDArray[np.int64]) -> list[str]:
        """The words of these numbers."""
        starts, sizes = self.spelling_ends[numbers], self.spelling_ends[numbers + 1] - self.spelling_ends[numbers]
        text = self.spelling[arrays.ranges(starts, sizes)].tobytes()
        return [text[start:end].decode() for start, end in pairwise([0, *np.cumsum(sizes).tolist()])]


def _signatures(words: list[str], lengths: npt.NDArray[np.int64]) -> npt.NDArray[np.uint64]:
    letters = np.frombuffer("".join(words).encode("utf-32-le"), np.uint32) % _LETTERS
    held, times = np.unique(np.repeat(np.arange(len(words)), lengths) * _LETTERS + letters, return_counts=True)
    bits = np.uint64(1) << (held % _LETTERS).astype(np.uint64)
    bits |= np.where(times > 1, bits << np.uint64(_LETTERS), np.uint64(0))
    return np.bitwise_or.reduceat(bits, np.searchsorted(held, np.arange(len(words)) * _LETTERS)) if words else bits


def _file(part: str) -> str:
    return f"lexicon-{part.replace('_', '-')}.npy"
