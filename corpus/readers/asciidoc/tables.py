"""The tables of AsciiDoc, written as HTML."""

import csv
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise

_CELL = re.compile(r"(?:(?<=\s)|^)(?:(\d{1,3})?(?:\.(\d{1,3}))?([+*]))?[<^>.]{0,4}([adehlmsv])?(?<!\\)\|", re.MULTILINE)
"""What begins a cell: over how many columns and rows it reaches, or how often it stands there, and how its text is read."""
_COLUMNS = re.compile(r"\b(?:cols)\s*=\s*(?:\"([^\"]{0,1000})\"|([^\s,\]]{1,100}))")
_REPEATED_COLUMN = re.compile(r"\s*(\d{1,3})\*")
_HAS_HEADER = re.compile(r"%[\w%]*header|options\s*=\s*\"?[^\"\]]{0,200}header|opts\s*=\s*\"?[^\"\]]{0,200}header")
_HAS_VALUES = re.compile(r"format\s*=\s*\"?(csv|tsv|dsv)")
_SEPARATORS = {"csv": ",", "tsv": "\t", "dsv": ":"}
_MOST_REPEATED = 10_000
"""Cells of a table that stand there because another one says how often it does."""
_WIDEST = 200
"""Columns, and what a cell may reach over."""


@dataclass(frozen=True, slots=True)
class _Cell:
    """A cell, over how many columns and rows it reaches, and how its text is read."""

    text: str
    columns: int = 1
    rows: int = 1
    style: str = ""


def table_html(lines: Sequence[str], attributes: str, separator: str, content: Callable[[str, str], str]) -> str:
    """The HTML of a table. `separator` is what begins its cells; `content` writes a cell, from its text and its style."""
    own = _HAS_VALUES.search(attributes)
    if separator != "|" or own is not None:
        comma = _SEPARATORS[own[1]] if own is not None else separator
        rows = [[_Cell(cell) for cell in row] for row in csv.reader(filter(str.strip, lines), delimiter=comma) if row]
    else:
        width = _width(attributes) or _cells_of_first_line(lines)
        rows = list(_rows(list(_cells("\n".join(lines).lstrip("\n"))), width))
    has_header = _HAS_HEADER.search(attributes) is not None or _is_header(lines)
    return f"<table>{''.join(_row_html(row, content, is_header=has_header and n == 0) for n, row in enumerate(rows))}</table>"


def _row_html(row: Sequence[_Cell], content: Callable[[str, str], str], *, is_header: bool) -> str:
    cells = []
    for cell in row:
        tag = "th" if is_header or cell.style == "h" else "td"
        reach = f' colspan="{cell.columns}"' if cell.columns > 1 else ""
        reach += f' rowspan="{cell.rows}"' if cell.rows > 1 else ""
        cells.append(f"<{tag}{reach}>{content(cell.text, cell.style)}</{tag}>")
    return f"<tr>{''.join(cells)}</tr>"


def _cells(text: str) -> Iterator[_Cell]:
    starts = list(_CELL.finditer(text))
    left = _MOST_REPEATED
    for match, following in pairwise([*starts, None]):
        if match is None:
            return
        content = text[match.end() : following.start() if following is not None else len(text)]
        columns, rows = (min(int(number or 1), _WIDEST) for number in match.group(1, 2))
        cell = content.strip().replace("\\|", "|")
        if match[3] == "*":
            left -= columns
            yield from [_Cell(cell, style=match[4] or "")] * (columns if left > 0 else 1)
        else:
            yield _Cell(cell, max(1, columns), max(1, rows), match[4] or "")


def _rows(cells: Sequence[_Cell], width: int) -> Iterator[list[_Cell]]:
    """The cells in rows of so many columns, some of which are taken by cells that reach down from rows above."""
    row: list[_Cell] = []
    taken, reaching = 0, [0] * _WIDEST
    for cell in cells:
        while taken < width and reaching[taken]:
            reaching[taken] -= 1
            taken += 1
        row.append(cell)
        for column in range(taken, min(taken + cell.columns, width)):
            reaching[column] = cell.rows - 1
        taken += cell.columns
        if taken >= width:
            yield row
            row, taken = [], 0
    if row:
        yield row


def _width(attributes: str) -> int:
    """How many columns a table says that it has; 0 where it does not."""
    found = _COLUMNS.search(attributes)
    if found is None:
        return 0
    columns = re.split("[,;]", found[1] or found[2] or "")
    repeats = (_REPEATED_COLUMN.match(column) for column in columns)
    return min(sum(int(repeat[1]) if repeat else 1 for repeat in repeats), _WIDEST)


def _cells_of_first_line(lines: Sequence[str]) -> int:
    """The columns of a table that does not say how many: the cells of its first line."""
    first = next(filter(str.strip, lines), "")
    return max(1, min(sum(cell.columns for cell in islice(_cells(first), _WIDEST)), _WIDEST))


def _is_header(lines: Sequence[str]) -> bool:
    """Whether the first line names the columns: a blank one stands below it, and none above."""
    return len(lines) > 2 and bool(lines[0].strip()) and not lines[1].strip() and lines[0].count("|") > 1
