"""BM25: what it is worth to a passage that it holds a word so many times.

Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond" (2009), with the inverse document frequency
of Lucene, which is never negative.
"""

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from askdex.indexer.types import Vectors

_K1 = 0.8
_B = 0.9
"""With these the rankings of four public sets were better in the mean than with the 1.2 and .75 that are usual."""

_MOST = _K1 + 1
"""What a word of weight 1 is worth where a passage holds it without end."""


def idf(holders: int, passages: int) -> float:
    """The inverse document frequency of a word that so many passages hold; the largest is that of a word that none holds."""
    return math.log1p((passages - holders + 0.5) / (holders + 0.5))


def length_norm(lengths: npt.NDArray[np.integer], average: float) -> Vectors:
    """What holds back the counts of a passage of so many words, of shape (n,)."""
    return (_K1 * (1 - _B + _B / average * lengths)).astype(np.float32)


def tf_weight(often: npt.NDArray[Any], held_back: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """What counts of words are worth, times the weight of the words."""
    found: npt.NDArray[Any] = _MOST * often / (often + held_back)
    return found
