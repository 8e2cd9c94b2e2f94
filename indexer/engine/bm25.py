"""BM25, the weight of the terms of a question in a passage.

    score = sum over terms of idf * (k1 + 1) * tf / (tf + length_norm)
    length_norm = k1 * (1 - b + b * length / average_length)
    idf = ln(1 + (N - df + 0.5) / (df + 0.5))

Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond" (2009); the idf is Lucene's, never negative.
"""

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from askdex.indexer.types import Vectors

_K1 = 0.8
"""How slowly further occurrences of a term stop to count; see `_B`."""

_B = 0.9
"""How far long passages are discounted, 0 to 1.

In the mean over four public sets (tests.benchmarks fit-ranking) these rank better than the usual 1.2 and 0.75.
"""


def idf(document_frequency: int, passages: int) -> float:
    """The inverse document frequency of a term; it is largest where no passage holds the term."""
    return math.log1p((passages - document_frequency + 0.5) / (document_frequency + 0.5))


def length_norm(lengths: npt.NDArray[np.integer], average: float) -> Vectors:
    """The length norms of passages of these lengths, in terms, of shape (n,)."""
    return (_K1 * (1 - _B + _B / average * lengths)).astype(np.float32)


def tf_weight(tf: npt.NDArray[Any], norms: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """The saturated weight (k1 + 1) * tf / (tf + norm) of term frequencies."""
    weights: npt.NDArray[Any] = (_K1 + 1) * tf / (tf + norms)
    return weights
