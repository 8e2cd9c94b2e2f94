"""How figures grow with the number of passages, and what that means past one machine."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

_MOST_POWERS = 700.0
"""Of e; a float holds no more."""


@dataclass(frozen=True, slots=True)
class Power:
    """`factor` times n to the power of `exponent`."""

    factor: float
    exponent: float

    def at(self, size: float) -> float:
        """The value for so many passages."""
        return float(self.factor * size**self.exponent)

    def reaches(self, value: float) -> float:
        """The number of passages for this value; infinite where it does not grow, or next to nothing."""
        powers = math.log(value / self.factor) / self.exponent if self.exponent > 0 else math.inf
        return math.exp(powers) if powers < _MOST_POWERS else math.inf


def fitted(values: Mapping[int, float]) -> Power:
    """The power law through values by size, by least squares of the logarithms; a constant where they are too few."""
    known = {size: value for size, value in values.items() if value > 0}
    if len(known) < 2:
        return Power(next(iter(known.values()), float("nan")), 0.0)
    exponent, factor = np.polyfit(np.log(list(known)), np.log(list(known.values())), 1)
    return Power(float(np.exp(factor)), float(exponent))


def largest(limits: Sequence[tuple[str, Power, float]]) -> tuple[str, float]:
    """Which of some figures reaches its limit first, and with how many passages."""
    found = [(name, power.reaches(limit)) for name, power, limit in limits]
    return min(found, key=lambda one: one[1])
