"""Power laws: how figures grow with the number of passages."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

_GREATEST_EXPONENT = 700.0
"""The greatest x for which a float holds e^x, rounded down (e^709 is the last)."""


@dataclass(frozen=True, slots=True)
class Power:
    """The power law y = factor * n^exponent."""

    factor: float
    exponent: float

    def at(self, size: float) -> float:
        """The value y for n passages."""
        return float(self.factor * size**self.exponent)

    def reaches(self, value: float) -> float:
        """The number n of passages for a value y; infinite where y does not grow, or hardly."""
        logarithm = math.log(value / self.factor) / self.exponent if self.exponent > 0 else math.inf
        return math.exp(logarithm) if logarithm < _GREATEST_EXPONENT else math.inf


def fitted(values: Mapping[int, float]) -> Power:
    """The power law through values by size, by least squares of the logarithms; a constant where there is but one value."""
    positive = {size: value for size, value in values.items() if value > 0}
    if len(positive) < 2:
        return Power(next(iter(positive.values()), float("nan")), 0.0)
    exponent, log_factor = np.polyfit(np.log(list(positive)), np.log(list(positive.values())), 1)
    return Power(float(np.exp(log_factor)), float(exponent))


def first_reached(limits: Sequence[tuple[str, Power, float]]) -> tuple[str, float]:
    """Of figures with a power law and a limit each, the one that reaches its limit first, and the number of passages then."""
    sizes = [(name, power.reaches(limit)) for name, power, limit in limits]
    return min(sizes, key=lambda name_and_size: name_and_size[1])
