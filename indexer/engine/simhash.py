"""Telling near-identical texts by fingerprints of 64 bits that differ in few bits where the texts differ in few words.

SimHash (Charikar, "Similarity Estimation Techniques from Rounding Algorithms", 2002); three bits as in Manku, Jain and Das
Sarma, "Detecting Near-Duplicates for Web Crawling" (2007).
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

_MOST_BITS = 3
_BITS = 64


def simhash(hashes: Sequence[int]) -> int:
    """The fingerprint of a text from the 64-bit hashes of its words: each bit is that of most words."""
    bits = np.unpackbits(np.array(hashes, np.uint64).view(np.uint8)).reshape(-1, _BITS)
    return int(np.packbits(2 * bits.sum(axis=0) > len(bits)).view(np.uint64)[0])


def near_duplicates(fingerprints: npt.NDArray[np.uint64]) -> npt.NDArray[np.bool_]:
    """Which texts are near-identical to which, of shape (n, n)."""
    found: npt.NDArray[np.bool_] = np.bitwise_count(fingerprints[:, None] ^ fingerprints) <= _MOST_BITS
    return found
