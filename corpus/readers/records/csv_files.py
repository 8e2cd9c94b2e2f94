"""CSV as programs write it: what parts the cells, which row names the columns, and what the columns hold."""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice

from askdex.corpus.builder import Part, clean
from askdex.corpus.errors import UnreadableError
from askdex.corpus.readers.records.documents import record_documents
from askdex.corpus.readers.records.rows import SAMPLE_ROWS, Row, header_of, hold_html, layout_of, records_in, width_of
from askdex.corpus.readers.records.table import table_document

_DELIMITERS = ",;\t|"
_NO_DELIMITER = "\x1f"
"""Stands in no text: a table of one column has nothing that parts cells."""
_LONGEST_FIELD = 2**31 - 1
"""Characters: the most that the csv module can be set to, as its default of 131,072 would refuse a whole file."""
_DELIMITER_LINE = re.compile(r"sep=(.)[ \t]*(?:\n|$)", re.IGNORECASE)
"""The first line that Excel writes and reads: "sep=;"."""
_ESCAPED_QUOTE = re.compile(r'[^"\\,;\t|\n]\\"(?![ \t]*(?:[,;\t|\n]|$))')
r"""A quotation mark within a cell as MySQL writes it; before the end of a cell, "\" may be the end of a path."""
_ESCAPED = re.compile(r'\\(["\\])')


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
        sample = list(islice(rows, SAMPLE_ROWS))
        yield from _parts(sample, chain(sample, rows), delimiter)
    except csv.Error as error:
        raise UnreadableError(f"not a valid CSV file: {error}") from error


def _parts(sample: Sequence[Row], rows: Iterable[Row], delimiter: str) -> Iterator[Part]:
    cells_of_sample = [cells for _, cells in sample]
    layout = layout_of(cells_of_sample)
    below = islice(rows, layout.first, None)
    if layout.roles is None:
        yield "", table_document(layout.title, layout.names, (cells for _, cells in below))
        return
    has_html = hold_html(cells_of_sample)
    yield from record_documents(records_in(below, layout, layout.roles, "line", f"{delimiter} ", has_html=has_html))


def _rows(body: str, delimiter: str, lines_above: int = 0) -> Iterator[Row]:
    """The rows that are not blank, each with the number of its last line."""
    reader = csv.reader(io.StringIO(body), delimiter=delimiter, skipinitialspace=True)
    for cells in reader:
        if any(map(str.strip, cells)):
            yield lines_above + reader.line_num, [cell.strip() for cell in cells]


def _delimiter(body: str) -> str:
    """What parts the cells: that under which a row names known columns, else that which parts most rows alike."""
    samples = {delimiter: [cells for _, cells in islice(_rows(body, delimiter), SAMPLE_ROWS)] for delimiter in _DELIMITERS}
    for delimiter, rows in samples.items():
        if header_of(rows) is not None:
            return delimiter
    scores = {delimiter: _evenness(rows) for delimiter, rows in samples.items()}
    best = max(scores, key=scores.__getitem__)
    return best if scores[best] > (0, 0) else _NO_DELIMITER


def _evenness(rows: Sequence[Sequence[str]]) -> tuple[float, int]:
    """The share of rows with the most common number of cells, and that number; nothing where it is one."""
    width = width_of(rows)
    return (sum(len(row) == width for row in rows) / len(rows), width) if width > 1 else (0, 0)
