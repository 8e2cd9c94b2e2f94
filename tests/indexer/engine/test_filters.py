"""The inverted index of metadata."""

from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest

from askdex.indexer.engine import filters
from askdex.indexer.engine.filters import FilterIndex, pair_hash, predicate
from askdex.indexer.errors import RequestError
from askdex.indexer.types import Filter, Range, Rows

VALUES = [("folder", "cards"), ("folder", "pensions"), ("year", "2024"), ("year", "2025"), ("draft", "true")]


def index(passages: list[list[tuple[str, str]]]) -> FilterIndex:
    pairs: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    for row, values in enumerate(passages):
        for pair in values:
            pairs[pair].append(row)
    return FilterIndex.of(pairs)


@pytest.fixture
def passages() -> list[list[tuple[str, str]]]:
    """60 passages, each with some of the values."""
    chances = np.random.default_rng(0)
    return [[pair for pair in VALUES if chances.random() < 0.4] for _ in range(60)]


@pytest.mark.parametrize(
    "wanted",
    [
        {},
        {"folder": "Cards"},
        {"folder": ["cards", "pensions"], "year": 2024},
        {"draft": True},
        {"draft": [True, False], "year": "2"},
    ],
)
def test_a_passage_passes_that_has_one_value_of_each_key(passages: list[list[tuple[str, str]]], wanted: Filter) -> None:
    mask = index(passages).passes(predicate(wanted), 60)
    expected = [
        all(any((key, value) in values for value in of_key) for key, of_key in predicate(wanted)) for values in passages
    ]
    assert mask.tolist() == expected


def test_an_index_of_several_is_that_of_all_their_passages(passages: list[list[tuple[str, str]]], tmp_path: Path) -> None:
    rows: Rows = np.random.default_rng(1).permutation(60).astype(np.int32)
    parts = [(index(passages[:20]), rows[:20].copy()), (index(passages[20:]), rows[20:].copy())]
    filters.merge_filters(parts).save(tmp_path)
    expected = index([passages[n] for n in np.argsort(rows)])
    for name in ("hashes", "ends", "rows", "keys", "numbers"):
        np.testing.assert_array_equal(getattr(FilterIndex.load(tmp_path), name), getattr(expected, name))


def test_passages_that_are_left_out_of_a_merger_leave_nothing_behind() -> None:
    moved: Rows = np.array([-1, 0, -1], np.int32)
    merged = filters.merge_filters([(index([[VALUES[0]], [VALUES[1]], [VALUES[2]]]), moved)])
    assert (merged.hashes.tolist(), merged.rows.tolist()) == ([pair_hash(*VALUES[1])], [0])


def test_without_passages_nothing_passes() -> None:
    assert filters.merge_filters([]).passes(predicate({"folder": "cards"}), 0).tolist() == []


DATED = [["2023-12-31"], ["2024-01-01T08:00:00"], ["2024-06-15", "2020-01-01"], ["2024"], ["soon"], ["7"], ["12.5"], ["-1"]]


@pytest.mark.parametrize(
    ("wanted", "rows"),
    [
        (Range("2024-01-01", "2024-12-31"), [1, 2]),
        (Range("2024", "2024"), [1, 2]),
        (Range("2024-06"), [2]),
        (Range(None, "2023"), [0, 2]),
        (Range(7, 12.5), [5, 6]),
        (Range(None, 7), [5, 7]),
        (Range(2024, 2024), [3]),
        (Range("2025"), []),
    ],
)
def test_a_passage_passes_that_has_a_value_within_a_range(wanted: Range, rows: list[int]) -> None:
    passages = [[("date", value) for value in values] + [("other", "2024-01-01")] for values in DATED]
    assert np.flatnonzero(index(passages).passes(predicate({"date": wanted}), len(DATED))).tolist() == rows


@pytest.mark.parametrize("wanted", [Range("soon"), Range(None, "later"), Range("2024-13-01", "2024")])
def test_a_bound_is_a_number_or_a_date(wanted: Range) -> None:
    with pytest.raises(RequestError, match="range of date"):
        predicate({"date": wanted})
