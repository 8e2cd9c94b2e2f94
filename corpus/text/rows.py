"""The cells of a table's row, as it stands in a text."""

import re

_JOINT = re.compile(r"(?:^|(?<=\s))\|(?=\s|$)")
"""`CELL_JOINT`, of which the blank beside an empty cell may be missing."""


def cell_spans(row: str) -> list[tuple[int, int]]:
    """Where each cell of a row begins and ends, in characters.

    An empty cell is one too: those of "| Adults | | 5" are "", "Adults", "" and "5".
    """
    joints = [joint.span() for joint in _JOINT.finditer(row)]
    starts = [0, *(end for _, end in joints)]
    ends = [*(start for start, _ in joints), len(row)]
    return [_trimmed(row, start, end) for start, end in zip(starts, ends, strict=True)]


def cells(row: str) -> list[str]:
    """The cells of a row."""
    return [row[start:end] for start, end in cell_spans(row)]


def _trimmed(row: str, start: int, end: int) -> tuple[int, int]:
    cell = row[start:end]
    begin = start + len(cell) - len(cell.lstrip())
    return begin, max(begin, start + len(cell.rstrip()))
