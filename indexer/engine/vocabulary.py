"""The words of a segment as people write them: which of them a misspelt word may stand for."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from itertools import accumulate
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
            np.array([_signature(word) for word in known], np.uint64),
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
        return list(map(self._word, range(len(self.signatures))))

    def within(self, word: str, edits: int) -> list[str]:
        """The words at most so many edits from a word: letters inserted, deleted, replaced, or swapped with their neighbour.

        This is the optimal string alignment distance (Damerau, 1964). It is computed only where the signatures allow it.
        """
        length = min(len(word), _LONGEST)
        start, end = self.ends[max(0, length - edits)], self.ends[min(_LONGEST, length + edits) + 1]
        changed = np.bitwise_count(self.signatures[start:end] ^ np.uint64(_signature(word)))
        words = [self._word(number) for number in (start + (changed <= 2 * edits).nonzero()[0]).tolist()]
        return [other for other, *_ in process.extract(word, words, scorer=OSA.distance, score_cutoff=edits, limit=None)]

    def _word(self, number: int) -> str:
        return self.spelling[self.spelling_ends[number] : self.spelling_ends[number + 1]].tobytes().decode()


def _signature(word: str) -> int:
    """The signature of a word; see SpellingIndex."""
    held = repeated = 0
    for letter in word:
        bit = 1 << ord(letter) % _LETTERS
        repeated |= held & bit
        held |= bit
    return repeated << _LETTERS | held


def _file(part: str) -> str:
    return f"lexicon-{part.replace('_', '-')}.npy"
