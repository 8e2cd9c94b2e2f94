"""Shares and their bounds."""

import pytest

from askdex.indexer.search import shares


def test_the_interval_of_a_share_is_wilsons() -> None:
    # Of none of n, with z = 1.96: z^2 / (n + z^2).
    assert shares.interval(0, 10) == pytest.approx((0.0, 1.96**2 / (10 + 1.96**2)))
    low, high = shares.interval(50, 100)
    assert (low + high) / 2 == pytest.approx(0.5)
    assert high - low == pytest.approx(0.192, abs=1e-3)
    assert all(0 <= low <= high <= 1 for number in range(1, 40) for low, high in (shares.interval(number, number),))


@pytest.mark.parametrize(
    # As R's binom.test(successes, number, alternative = "less") has them; of none it is 1 - .05^(1 / number).
    ("successes", "number", "bound"),
    [(0, 20, 1 - 0.05 ** (1 / 20)), (1, 10, 0.3942), (5, 100, 0.1023), (10, 10, 1.0), (0, 1, 0.95), (500, 5_000, 0.1073)],
)
def test_the_bound_of_a_share_is_exact(successes: int, number: int, bound: float) -> None:
    assert shares.upper_bound(successes, number) == pytest.approx(bound, abs=1e-4)


@pytest.mark.parametrize(("most", "number"), [(0.05, 59), (0.01, 299), (0.2, 14), (0.9, 2), (0.99, 1)])
def test_how_many_it_takes_is_the_least_number(most: float, number: int) -> None:
    assert shares.fewest_for(most) == number
    assert shares.upper_bound(0, number) <= most
    assert number == 1 or shares.upper_bound(0, number - 1) > most
