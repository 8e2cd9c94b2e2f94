"""Rows of cells, wherever they come from: which row names the columns, what the columns hold, and the records in them."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from askdex.corpus.readers.records.columns import Roles, roles_by_content, roles_by_name
from askdex.corpus.readers.records.documents import Record, checked, holds_html
from askdex.corpus.text.questions import ends_as_question

SAMPLE_ROWS = 100
"""Rows that are looked at to find out what the columns hold."""
_HEADER_ROWS = 15
"""Rows in which those that name the columns are looked for; titles and comments may stand above it."""
_LONGEST_COLUMN_NAME = 100
"""Characters."""
_NUMBER = re.compile(r"[-+]?[\d.,]*\d[\d.,]*\s?%?")
_YEAR = re.compile(r"(?:19|20)\d\d")
_COMMENT = re.compile(r"[#/]+\s*")

Row = tuple[int, list[str]]
"""The number of a row, and its cells."""


@dataclass(frozen=True, slots=True)
class Layout:
    """What the first rows say: `title` stands above the columns' names, `names` are those; `first` is the first row below."""

    title: str
    names: list[str]
    roles: Roles | None
    first: int


def layout_of(rows: Sequence[list[str]]) -> Layout:
    """What the first rows of a table say."""
    if (header := header_of(rows)) is not None:
        place, roles = header
        return Layout("", rows[place], roles, place + 1)
    width = width_of(rows)
    place = next((n for n, row in enumerate(rows[:_HEADER_ROWS]) if sum(map(bool, row)) > width / 2), 0)
    roles_found = roles_by_content(rows[place:], width)
    if roles_found is not None:
        has_names = not ends_as_question("".join(rows[place][roles_found.title : roles_found.title + 1]))
        return Layout("", rows[place] if has_names else [], roles_found, place + has_names)
    above = [_COMMENT.sub("", cell, count=1) for row in rows[:place] for cell in row if cell and not cell.startswith("#")]
    names = rows[place] if len(rows) > place + 1 and names_columns(rows[place]) else []
    return Layout(above[0] if above else "", names, None, place + bool(names))


def header_of(rows: Sequence[Sequence[str]]) -> tuple[int, Roles] | None:
    """The place of the row that names the columns of questions and answers, or of titles and texts, and these columns."""
    found = ((place, roles_by_name(row)) for place, row in enumerate(rows[:_HEADER_ROWS]) if len(row) > 1)
    return next(((place, roles) for place, roles in found if roles is not None), None)


def width_of(rows: Sequence[Sequence[str]]) -> int:
    """The most common number of cells."""
    return Counter(map(len, rows)).most_common(1)[0][0] if rows else 0


def records_in(
    rows: Iterable[Row], layout: Layout, roles: Roles, place: str, joint: str, *, has_html: bool
) -> Iterator[tuple[str, Record | str]]:
    """The records of rows below the names of the columns, each with its place in the file: `place` and the row's number."""
    for number, cells in rows:
        yield f"{place} {number}", checked(_record(cells, layout.names, roles, joint, has_html=has_html))


def hold_html(rows: Iterable[Sequence[str]]) -> bool:
    """Whether there is HTML in the cells of rows."""
    return any(holds_html(cell) for row in rows for cell in row)


def names_columns(row: Sequence[str]) -> bool:
    """Whether a row can name columns: its cells are short, differ, and are no numbers but years."""
    names = [cell for cell in row if cell]
    is_short = all(len(name) <= _LONGEST_COLUMN_NAME for name in names)
    are_words = all(_YEAR.fullmatch(name) or not _NUMBER.fullmatch(name) for name in names)
    return is_short and are_words and len(set(names)) == len(names)


def _record(cells: list[str], names: Sequence[str], roles: Roles, joint: str, *, has_html: bool) -> Record:
    """The record of a row; what an answer in the last column says behind a comma belongs to it, though it has no quotes.

    `joint` is what has parted the two.
    """
    is_last = roles.text == len(names) - 1
    text = joint.join(cells[roles.text :] if is_last else cells[roles.text : roles.text + 1])
    title = cells[roles.title] if roles.title < len(cells) else ""
    fields = {
        name: cell
        for place, (name, cell) in enumerate(zip(names, cells, strict=False))
        if place not in (roles.title, roles.text) and name
    }
    return Record(title, (text,), fields, roles.is_question, has_entities=has_html)
