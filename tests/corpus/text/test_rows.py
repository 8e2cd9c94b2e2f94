"""The cells of rows."""

import pytest

from askdex.corpus.text.rows import cell_spans, cells


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("Van | Seats", ["Van", "Seats"]),
        ("Van", ["Van"]),
        ("| Adults | Children", ["", "Adults", "Children"]),
        ("Day |  | 5", ["Day", "", "5"]),
        ("Day | | 5 |", ["Day", "", "5", ""]),
        ("a|b | c||d |e", ["a|b", "c||d |e"]),
    ],
)
def test_empty_cells_are_cells_too(row: str, expected: list[str]) -> None:
    assert cells(row) == expected
    assert [row[start:end] for start, end in cell_spans(row)] == expected
