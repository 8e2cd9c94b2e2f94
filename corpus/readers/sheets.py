"""The sheets of a spreadsheet, whatever its format: rows of questions and answers are a document each, all else is one."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice, pairwise

from askdex.corpus.builder import DocumentBuilder, Part, TextAllowance
from askdex.corpus.readers.records.documents import Record, line_of, record_documents
from askdex.corpus.readers.records.rows import (
    SAMPLE_ROWS,
    Row,
    hold_html,
    layout_of,
    names_columns,
    records_in,
    width_of,
)
from askdex.corpus.readers.records.table import row_line
from askdex.corpus.text.headings import could_be_heading
from askdex.corpus.text.lines import ends_as_running_text
from askdex.corpus.text.questions import ends_as_question
from askdex.corpus.types import CELL_JOINT, Kind, Skipped

_PLAIN_NAME = re.compile(
    r"(?:sheet|table|tabelle|feuil(?:le)?|hoja|foglio|planilha|folha|blad|ark|arkusz|list|munkalap|sayfa|лист|аркуш|工作表|シート)"
    r"[\s_]?\d*",
    re.IGNORECASE,
)
"""The name that a program gives to a sheet, which says nothing."""
_SHEET_LEVEL, _LABEL_LEVEL = 1, 2


@dataclass(frozen=True, slots=True)
class SheetRow:
    """A row that is not blank: its number, its cells by the number of their column, and whether all of them are bold."""

    number: int
    cells: dict[int, str]
    is_bold: bool = False


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet that is shown; `rows` are those of its rows that are shown and not blank, `boxes` what its text boxes say."""

    name: str
    rows: Iterable[SheetRow]
    boxes: Iterable[str] = ()


class SheetReader:
    """Reads the sheets of a file."""

    def __init__(self, whole: DocumentBuilder, allowance: TextAllowance) -> None:
        """`whole` has the title and the metadata of the file; tables become part of it."""
        self._whole = whole
        self._allowance = allowance
        self._place: dict[str, str] = {}
        """The metadata of the records that are read: the name of their sheet."""

    def parts(self, sheets: Iterable[Sheet]) -> Iterator[Part]:
        """The documents of sheets: those of rows with a question and an answer, or a title and a text, and one for the rest.

        Raises UnreadableError where they give too much text.
        """
        has_records = False
        for part in record_documents(self._records(sheets)):
            has_records = True
            if not isinstance(part, Skipped):
                builder = part[1]
                builder.metadata = {**self._whole.metadata, **self._place, **builder.metadata}
            yield part
        if self._whole.blocks or not has_records:
            yield "", self._whole

    def _records(self, sheets: Iterable[Sheet]) -> Iterator[tuple[str, Record | str]]:
        """The records of sheets that hold some; all other sheets are added to the document of the file."""
        for sheet in sheets:
            rows = iter(sheet.rows)
            sample = list(islice(rows, SAMPLE_ROWS))
            all_rows = self._counted(chain(sample, rows))
            dense = [_dense(row) for row in sample]
            layout = layout_of(_padded(dense))
            if layout.roles is None:
                self._add_tables(sheet.name, all_rows)
            else:
                self._place = {} if _PLAIN_NAME.fullmatch(sheet.name) else {"sheet": sheet.name}
                below = islice(_numbered(all_rows), layout.first, None)
                place = f"sheet {sheet.name}, row"
                yield from records_in(below, layout, layout.roles, place, ", ", has_html=hold_html(dense))
            for text in sheet.boxes:
                self._allowance.take(len(text))
                self._whole.append(Kind.PARAGRAPH, text)

    def _counted(self, rows: Iterable[SheetRow]) -> Iterator[SheetRow]:
        for row in rows:
            self._allowance.take(sum(map(len, row.cells.values())))
            yield row

    def _add_tables(self, name: str, rows: Iterable[SheetRow]) -> None:
        """Add the rows of a sheet: what blank rows part are tables of their own, or the notes around them."""
        heading = "" if _PLAIN_NAME.fullmatch(name) else name
        columns: Sequence[int] = ()
        for region, following in pairwise(chain(_regions(rows), [None])):
            self._whole.append(Kind.HEADING, heading, _SHEET_LEVEL)
            heading = ""
            columns = self._add_region(region or [], columns, is_last=following is None)

    def _add_region(self, region: Sequence[SheetRow], columns_above: Sequence[int], *, is_last: bool) -> Sequence[int]:
        """Add rows without blank ones between them; returns the columns of the table that was added last."""
        head = next((n for n, row in enumerate(region) if len(row.cells) > 1), len(region))
        table = region[head:]
        for n, row in enumerate(region[:head]):
            below = "".join(region[n + 1].cells.values()) if n + 1 < len(region) else ""
            is_in_list = head > 1 and not table and not ends_as_running_text(line_of(below))
            self._add_lone_cell("".join(row.cells.values()), heads_more=bool(below) or not is_last, is_in_list=is_in_list)
        if not table:
            return columns_above
        columns = sorted({column for row in table for column in row.cells})
        self._allowance.take(len(CELL_JOINT) * len(columns) * len(table))
        is_new = bool(head) or columns != columns_above
        for n, row in enumerate(table):
            names = n == 0 and _names_columns(table, columns, is_new=is_new)
            self._whole.append(Kind.ROW, row_line([row.cells.get(column, "") for column in columns]), int(names))
        return columns

    def _add_lone_cell(self, cell: str, *, heads_more: bool, is_in_list: bool) -> None:
        """Add a cell that has its row to itself: a heading, or a note."""
        text = line_of(cell)
        is_heading = heads_more and (ends_as_question(text) or (could_be_heading(text) and not is_in_list))
        self._whole.append(Kind.HEADING if is_heading else Kind.PARAGRAPH, text, _LABEL_LEVEL if is_heading else 0)


def _names_columns(table: Sequence[SheetRow], columns: Sequence[int], *, is_new: bool) -> bool:
    """Whether the first row of a table names its columns: it stands out, or reads so and no table like it stands above."""
    first, *below = table
    if not below or 2 * len(first.cells) <= len(columns) or not names_columns(list(first.cells.values())):
        return False
    return is_new or (first.is_bold and not below[0].is_bold)


def _regions(rows: Iterable[SheetRow]) -> Iterator[list[SheetRow]]:
    """The rows that no blank row parts."""
    region: list[SheetRow] = []
    for row in rows:
        if region and row.number > region[-1].number + 1:
            yield region
            region = []
        region.append(row)
    if region:
        yield region


def _dense(row: SheetRow) -> list[str]:
    """The cells of a row from the first column to the last that holds something."""
    return [row.cells.get(column, "") for column in range(1, max(row.cells) + 1)]


def _numbered(rows: Iterable[SheetRow]) -> Iterator[Row]:
    return ((row.number, _dense(row)) for row in rows)


def _padded(rows: Sequence[list[str]]) -> list[list[str]]:
    """The rows, those that end early filled up to the most common number of cells."""
    width = width_of(rows)
    return [[*row, *[""] * (width - len(row))] for row in rows]
