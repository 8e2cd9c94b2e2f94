"""The words of a segment as people write them: which of them a misspelt word may stand for."""

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

_SHORTEST, _LONGEST = 3, 64
"""Letters of a word that is kept."""

_LETTERS = 32
"""Letters are told apart by their code points modulo 32: those of the English alphabet exactly, others by chance."""


@dataclass(frozen=True, slots=True)
class SpellingIndex:
    """Words of letters alone, sorted by length and then by letters; those of n letters go from `ends[n]` to `ends[n + 1]`.

    Word i is `spelling[spelling_ends[i]:spelling_ends[i + 1]]` as UTF-8. Its signature has one bit for each letter it holds and
    one for each letter it holds more than once, so that one edit changes at most two bits.
    """

    signatures: npt.NDArray[np.uint64]
    ends: npt.NDArray[np.int64]
    spelling: npt.NDArray[np.uint8]
    spelling_ends: npt.NDArray[np.int64]

    @classmethod
    def of(cls, words: Iterable[str]) -> "SpellingIndex":
        """An index of those words that can be misspelt: of letters alone, at least three."""
        known = sorted(
            {word for word in words if _SHORTEST <= len(word) <= _LONGEST and word.isalpha()},
            key=lambda word: (len(word), word),
        )
        spelt = [word.encode() for word in known]
        lengths = np.array([len(word) for word in known], np.int64)
        return cls(
            _signatures(known, lengths),
            np.searchsorted(lengths, np.arange(_LONGEST + 2)),
            np.frombuffer(b"".join(spelt), np.uint8),
            np.array([0, *accumulate(map(len, spelt))], np.int64),
        )

    @classmethod
    def load(cls, folder: Path) -> "SpellingIndex":
        """Map the files that `save` wrote. Raises OSError, ValueError."""
        return cls(*(arrays.load(folder / _file(field.name)) for field in fields(cls)))

    def save(self, folder: Path) -> None:
        """Write the files into a folder. Raises OSError."""
        for field in fields(self):
            arrays.save(folder / _file(field.name), getattr(self, field.name))

    def words(self) -> list[str]:
        """All words, in their order here."""
        return self._spelt(np.arange(len(self.signatures)))

    def within(self, word: str, edits: int) -> list[str]:
        """The words at most so many edits from a word: letters inserted, deleted, replaced, or swapped with their neighbour.

        This is the optimal string alignment distance (Damerau, 1964). It is computed only where the signatures allow it.
        """
        length = min(len(word), _LONGEST)
        start, end = self.ends[max(0, length - edits)], self.ends[min(_LONGEST, length + edits) + 1]
        if not edits:
            numbers = range(start, end)
            at = bisect_left(numbers, word, key=self._word)
            return [word] if at < len(numbers) and self._word(numbers[at]) == word else []
        signature = _signatures([word], np.array([len(word)]))
        changed = np.bitwise_count(self.signatures[start:end] ^ signature)
        words = self._spelt(start + np.flatnonzero(changed <= 2 * edits))
        return [other for other, *_ in process.extract(word, words, scorer=OSA.distance, score_cutoff=edits, limit=None)]

    def _word(self, number: int) -> str:
        return self.spelling[self.spelling_ends[number] : self.spelling_ends[number + 1]].tobytes().decode()

    def _spelt(self, numbers: npt.NDArray[np.int64]) -> list[str]:
        """The words of these numbers."""
        starts, sizes = self.spelling_ends[numbers], self.spelling_ends[numbers + 1] - self.spelling_ends[numbers]
        text = self.spelling[arrays.ranges(starts, sizes)[0]].tobytes()
        return [text[start:end].decode() for start, end in pairwise([0, *np.cumsum(sizes).tolist()])]


def _signatures(words: list[str], lengths: npt.NDArray[np.int64]) -> npt.NDArray[np.uint64]:
    letters = np.frombuffer("".join(words).encode("utf-32-le"), np.uint32) % _LETTERS
    held, times = np.unique(np.repeat(np.arange(len(words)), lengths) * _LETTERS + letters, return_counts=True)
    bits = np.uint64(1) << (held % _LETTERS).astype(np.uint64)
    bits |= np.where(times > 1, bits << np.uint64(_LETTERS), np.uint64(0))
    return np.bitwise_or.reduceat(bits, np.searchsorted(held, np.arange(len(words)) * _LETTERS)) if words else bits


def _file(part: str) -> str:
    return f"lexicon-{part.replace('_', '-')}.npy"
