"""Shares of questions, with the bounds that their number leaves."""

from math import exp, lgamma, log, log1p, sqrt

_NORMAL_95 = 1.96
"""The normal quantile of a 95% interval."""

_EXACT = 1e-9
"""The error of a bound that is found by halving."""

INTERVAL_CONFIDENCE = 0.95
"""The level of a one-sided bound."""


def interval(successes: int, number: int) -> tuple[float, float]:
    """The 95% interval of a share (Wilson, 1927).

    `evaluation.measure.interval` resamples, which gives no width where none or all of few questions succeed.
    """
    share, squared = successes / number, _NORMAL_95**2
    centre = share + squared / (2 * number)
    half = _NORMAL_95 * sqrt(share * (1 - share) / number + squared / (4 * number**2))
    # Rounding may lead out of 0 to 1.
    return max(0.0, (centre - half) / (1 + squared / number)), min(1.0, (centre + half) / (1 + squared / number))


def upper_bound(successes: int, number: int) -> float:
    """The exact one-sided upper 95% bound of a share (Clopper and Pearson, 1934): 1 where all succeed.

    It is the share p with which no more than these successes are as rare as 5%: P(X <= successes | number, p) = .05.
    """
    if successes == number:
        return 1.0
    low, high = successes / number, 1.0
    while high - low > _EXACT:
        middle = (low + high) / 2
        low, high = (middle, high) if _at_most(successes, number, middle) > 1 - INTERVAL_CONFIDENCE else (low, middle)
    return high


def fewest_for(most: float) -> int:
    """The least number, none of which succeed, whose upper bound is at most this: 59 for .05."""
    number = max(1, int(log(1 - INTERVAL_CONFIDENCE) / log1p(-most)))
    return number if upper_bound(0, number) <= most else number + 1


def _at_most(successes: int, number: int, share: float) -> float:
    """The binomial probability of no more than so many successes, each of which has the probability `share`."""
    terms = (
        lgamma(number + 1) - lgamma(n + 1) - lgamma(number - n + 1) + n * log(share) + (number - n) * log1p(-share)
        for n in range(successes + 1)
    )
    return sum(map(exp, terms))
