"""CSV as programs write it: what parts the cells, which row names the columns, and what the columns hold."""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice

from askdex.corpus.builder import Part, clean
from askdex.corpus.errors import UnreadableError
from askdex.corpus.readers.records.columns import Roles, roles_by_content, roles_by_name
from askdex.corpus.readers.records.documents import Record, checked, holds_html, record_documents
from askdex.corpus.readers.records.table import table_document
from askdex.corpus.text.questions import ends_as_question

_DELIMITERS = ",;\t|"
_NO_DELIMITER = "\x1f"
"""Stands in no text: a table of one column has nothing that parts cells."""
_LONGEST_FIELD = 2**31 - 1
"""Characters: the most that the csv module can be set to, as its default of 131,072 would refuse a whole file."""
_SAMPLE_ROWS = 100
"""Rows that are looked at to find out what parts the cells and what the columns hold."""
_HEADER_ROWS = 15
"""Rows in which those that name the columns are looked for; titles and comments may stand above it."""
_LONGEST_COLUMN_NAME = 100
"""Characters."""
_DELIMITER_LINE = re.compile(r"sep=(.)[ \t]*(?:\n|$)", re.IGNORECASE)
"""The first line that Excel writes and reads: "sep=;"."""
_ESCAPED_QUOTE = re.compile(r'[^"\\,;\t|\n]\\"(?![ \t]*(?:[,;\t|\n]|$))')
r"""A quotation mark within a cell as MySQL writes it; before the end of a cell, "\" may be the end of a path."""
_ESCAPED = re.compile(r'\\(["\\])')
_NUMBER = re.compile(r"[-+]?[\d.,]*\d[\d.,]*\s?%?")
_YEAR = re.compile(r"(?:19|20)\d\d")
_COMMENT = re.compile(r"[#/]+\s*")

_Row = tuple[int, list[str]]
"""The number of the last line of a row, and its cells."""


@dataclass(frozen=True, slots=True)
class _Layout:
    """What the first rows say: `title` stands above the columns' names, `names` are those; `first` is the first row below."""

    title: str
    names: list[str]
    roles: Roles | None
    first: int


def read_csv(source: str) -> Iterator[Part]:
    """Read a table whose cells are parted by comma, semicolon, tab or bar.

    Rows with a question and an answer, or a title and a text, become documents; their other columns are metadata. Any other
    table is one document. Raises UnreadableError where it is no table.
    """
    csv.field_size_limit(_LONGEST_FIELD)
    source = clean(source)
    body = source.lstrip(" \n\ufeff")
    delimiter = None
    if line := _DELIMITER_LINE.match(body):
        delimiter, body = line[1], body[line.end() :]
    if _ESCAPED_QUOTE.search(body):
        body = _ESCAPED.sub(lambda match: '""' if match[1] == '"' else "\\", body)
    lines_above = source.count("\n") - body.count("\n")
    try:
        delimiter = delimiter or _delimiter(body)
        rows = _rows(body, delimiter, lines_above)
        sample = list(islice(rows, _SAMPLE_ROWS))
        yield from _parts(sample, chain(sample, rows), delimiter)
    except csv.Error as error:
        raise UnreadableError(f"not a valid CSV file: {error}") from error


def _parts(sample: Sequence[_Row], rows: Iterable[_Row], delimiter: str) -> Iterator[Part]:
    layout = _layout([cells for _, cells in sample])
    below = islice(rows, layout.first, None)
    if layout.roles is None:
        yield "", table_document(layout.title, layout.names, (cells for _, cells in below))
        return
    has_html = any(holds_html(cell) for _, cells in sample for cell in cells)
    roles, names = layout.roles, layout.names
    yield from record_documents(
        (f"line {line}", checked(_record(cells, names, roles, delimiter, has_html=has_html))) for line, cells in below
    )


def _rows(body: str, delimiter: str, lines_above: int = 0) -> Iterator[_Row]:
    """The rows that are not blank."""
    reader = csv.reader(io.StringIO(body), delimiter=delimiter, skipinitialspace=True)
    for cells in reader:
        if any(map(str.strip, cells)):
            yield lines_above + reader.line_num, [cell.strip() for cell in cells]


def _delimiter(body: str) -> str:
    """What parts the cells: that under which a row names known columns, else that which parts most rows alike."""
    samples = {delimiter: [cells for _, cells in islice(_rows(body, delimiter), _SAMPLE_ROWS)] for delimiter in _DELIMITERS}
    for delimiter, rows in samples.items():
        if _header(rows) is not None:
            return delimiter
    scores = {delimiter: _evenness(rows) for delimiter, rows in samples.items()}
    best = max(scores, key=scores.__getitem__)
    return best if scores[best] > (0, 0) else _NO_DELIMITER


def _evenness(rows: Sequence[Sequence[str]]) -> tuple[float, int]:
    """The share of rows with the most common number of cells, and that number; nothing where it is one."""
    width = _width(rows)
    return (sum(len(row) == width for row in rows) / len(rows), width) if width > 1 else (0, 0)


def _width(rows: Sequence[Sequence[str]]) -> int:
    """The most common number of cells."""
    return Counter(map(len, rows)).most_common(1)[0][0] if rows else 0


def _header(rows: Sequence[Sequence[str]]) -> tuple[int, Roles] | None:
    """The place of the row that names the columns of questions and answers, or of titles and texts, and these columns."""
    found = ((place, roles_by_name(row)) for place, row in enumerate(rows[:_HEADER_ROWS]) if len(row) > 1)
    return next(((place, roles) for place, roles in found if roles is not None), None)


def _layout(rows: Sequence[list[str]]) -> _Layout:
    if (header := _header(rows)) is not None:
        place, roles = header
        return _Layout("", rows[place], roles, place + 1)
    width = _width(rows)
    place = next((n for n, row in enumerate(rows[:_HEADER_ROWS]) if sum(map(bool, row)) > width / 2), 0)
    roles_found = roles_by_content(rows[place:], width)
    if roles_found is not None:
        has_names = not ends_as_question(rows[place][roles_found.title])
        return _Layout("", rows[place] if has_names else [], roles_found, place + has_names)
    above = [_COMMENT.sub("", cell, count=1) for row in rows[:place] for cell in row if cell and not cell.startswith("#")]
    names = rows[place] if len(rows) > place + 1 and _names_columns(rows[place]) else []
    return _Layout(above[0] if above else "", names, None, place + bool(names))


def _names_columns(row: Sequence[str]) -> bool:
    """Whether a row can name columns: its cells are short, differ, and are no numbers but years."""
    names = [cell for cell in row if cell]
    is_short = all(len(name) <= _LONGEST_COLUMN_NAME for name in names)
    are_words = all(_YEAR.fullmatch(name) or not _NUMBER.fullmatch(name) for name in names)
    return is_short and are_words and len(set(names)) == len(names)


def _record(cells: list[str], names: Sequence[str], roles: Roles, delimiter: str, *, has_html: bool) -> Record:
    """The record of a row; what an answer in the last column says behind a comma belongs to it, though it has no quotes."""
    is_last = roles.text == len(names) - 1
    text = f"{delimiter} ".join(cells[roles.text :] if is_last else cells[roles.text : roles.text + 1])
    title = cells[roles.title] if roles.title < len(cells) else ""
    fields = {
        name: cell
        for place, (name, cell) in enumerate(zip(names, cells, strict=False))
        if place not in (roles.title, roles.text) and name
    }
    return Record(title, (text,), fields, roles.is_question, has_entities=has_html)
