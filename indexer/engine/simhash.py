"""Finding near-identical texts: each has a fingerprint of 64 bits, and similar texts have similar fingerprints.

SimHash (Charikar, "Similarity Estimation Techniques from Rounding Algorithms", 2002); three bits as in Manku, Jain and Das
Sarma, "Detecting Near-Duplicates for Web Crawling" (2007).
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from askdex.indexer.types import Mask

_MOST_BITS = 3
"""Bits in which the fingerprints of near-identical texts may differ."""

_BITS = 64
"""Bits of a fingerprint."""


def simhash(hashes: Sequence[int]) -> int:
    """The fingerprint of a text from the 64-bit hashes of its terms: each bit is the one that most hashes have there."""
    bits = np.unpackbits(np.array(hashes, np.uint64).view(np.uint8)).reshape(-1, _BITS)
    return int(np.packbits(2 * bits.sum(axis=0) > len(bits)).view(np.uint64)[0])


def near_duplicates(one: npt.NDArray[np.uint64], other: npt.NDArray[np.uint64]) -> Mask:
    """Whether the two texts of each pair are near-identical, from their fingerprints; the shapes are broadcast."""
    is_near: Mask = np.bitwise_count(one ^ other) <= _MOST_BITS
    return is_near
