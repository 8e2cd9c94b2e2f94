"""Whether probabilities come true."""

import pytest

from askdex.indexer.evaluation.reliability import Bin, calibration_error, reliability


def test_results_lie_in_bins_by_their_probability() -> None:
    judged = [(0.0625, False), (0.0, True), (0.31, False), (0.39, False), (1.0, True), (0.9, False)]
    low, middle, high = reliability(judged)
    assert low == Bin(0.0, 0.1, 2, 0.03125, 0.5)
    assert (middle.results, middle.found) == (2, 0.0)
    assert (high.low, high.high, high.results, high.found) == (0.9, 1.0, 2, 0.5)


def test_the_error_is_the_mean_distance_over_all_results() -> None:
    assert calibration_error([Bin(0, 0.1, 3, 0.05, 0.05), Bin(0.5, 0.6, 1, 0.5, 0.9)]) == pytest.approx(0.1)
    assert calibration_error([]) == 0
    assert reliability([]) == []
