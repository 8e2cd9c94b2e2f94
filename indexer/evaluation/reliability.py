"""Whether probabilities come true: what was expected of results beside what was found."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

BINS = 10


@dataclass(frozen=True, slots=True)
class Bin:
    """Results whose probability lies between two bounds: how many, the mean of it, and the share that does answer."""

    low: float
    high: float
    results: int
    expected: float
    found: float


def reliability(judged: Sequence[tuple[float, bool]]) -> list[Bin]:
    """Bins of equal width over the probabilities of results and whether each answers; those without results are left out."""
    likely, labels = np.array([of for of, _ in judged]), np.array([label for _, label in judged])
    places = np.minimum((likely * BINS).astype(np.int64), BINS - 1)
    return [
        Bin(n / BINS, (n + 1) / BINS, int((places == n).sum()), *(float(of[places == n].mean()) for of in (likely, labels)))
        for n in np.unique(places).tolist()
    ]


def calibration_error(bins: Sequence[Bin]) -> float:
    """The mean distance of what was expected from what was found, over all results (ECE; Naeini et al., 2015)."""
    results = sum(one.results for one in bins)
    return sum(one.results * abs(one.expected - one.found) for one in bins) / max(1, results)
