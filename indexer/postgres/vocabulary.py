"""The terms of a state: document frequencies and spellings, held in memory by each server; see Vocabulary."""

import hashlib
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from askdex.indexer.engine.postings import term_hash
from askdex.indexer.engine.vocabulary import SpellingIndex
from askdex.indexer.types import Rows, TermHashes


@dataclass(frozen=True)
class HeldVocabulary:
    """What a server holds of a vocabulary: about 8 bytes a term, and the spellings.

    `hashes` are ascending; `frequencies` has the number of passages that hold each.
    """

    hashes: TermHashes
    frequencies: Rows
    words: frozenset[str]

    def frequency(self, form: str) -> int:
        """The number of passages that hold a form of a term."""
        wanted = np.uint32(term_hash(form))
        place = int(np.searchsorted(self.hashes, wanted))
        return int(self.frequencies[place]) if place < len(self.hashes) and self.hashes[place] == wanted else 0

    @cached_property
    def spellings(self) -> SpellingIndex:
        """The words of passages as they are written."""
        return SpellingIndex.of(self.words)


def packed(hashes: TermHashes, frequencies: Rows) -> bytes:
    """The bytes that `unpacked` reads."""
    return hashes.astype("<u4").tobytes() + frequencies.astype("<i4").tobytes()


def unpacked(stored: bytes) -> tuple[TermHashes, Rows]:
    """Hashes of terms, ascending, and the document frequency of each. Raises ValueError where these bytes are none."""
    half = len(stored) // 2
    return np.frombuffer(stored[:half], "<u4").astype(np.uint32), np.frombuffer(stored[half:], "<i4").astype(np.int32)


def checksum(stored: bytes, *numbers: int) -> bytes:
    """A digest of a vocabulary and of the numbers of its state."""
    return hashlib.blake2b(repr(numbers).encode() + stored, digest_size=16).digest()
