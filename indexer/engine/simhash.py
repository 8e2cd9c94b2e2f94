"""Finding near-identical texts: each has a fingerprint of 64 bits, and similar texts have similar fingerprints.

SimHash (Charikar, "Similarity Estimation Techniques from Rounding Algorithms", 2002); three bits as in Manku, Jain and Das
Sarma, "Detecting Near-Duplicates for Web Crawling" (2007).
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

_MOST_BITS = 3
"""Bits in which the fingerprints of near-identical texts may differ."""

_BITS = 64
"""Bits of a fingerprint."""


def simhash(hashes: Sequence[int]) -> int:
    """The fingerprint of a text from the 64-bit hashes of its terms: each bit is the one that most hashes have there."""
    bits = np.unpackbits(np.array(hashes, np.uint64).view(np.uint8)).reshape(-1, _BITS)
    return int(np.packbits(2 * bits.sum(axis=0) > len(bits)).view(np.uint64)[0])


def near_duplicates(fingerprints: npt.NDArray[np.uint64]) -> npt.NDArray[np.bool_]:
    """Whether each text is near-identical to each other, of shape (n, n), from fingerprints of shape (n,)."""
    is_near: npt.NDArray[np.bool_] = np.bitwise_count(fingerprints[:, None] ^ fingerprints) <= _MOST_BITS
    return is_near
