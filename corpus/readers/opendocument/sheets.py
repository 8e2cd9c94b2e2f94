"""The sheets of an OpenDocument spreadsheet: the rows that are shown, with the texts that the cells show."""

from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from askdex.corpus.readers.office import children
from askdex.corpus.readers.opendocument.styles import Styles
from askdex.corpus.readers.sheets import Sheet, SheetRow

_MOST_REPEATED = 100
"""Cells and rows with the same text beside each other."""
_LONGEST_REPEATED = 100
"""Characters. Only a cell as short as this is repeated in each row that it reaches over."""
_LARGEST = 2**31
_ROW_GROUPS = ("table:table-row-group", "table:table-rows", "table:table-header-rows")
_COLUMN_GROUPS = ("table:table-column-group", "table:table-columns", "table:table-header-columns")
_VALUES = ("office:string-value", "office:date-value", "office:time-value", "office:boolean-value", "office:value")
"""The attributes that hold the value of a cell whose text a program did not write."""


@dataclass(slots=True)
class _Reaching:
    """The text of a cell that reaches down to a row."""

    text: str
    last_row: int


def sheets_of(spreadsheet: Element, styles: Styles) -> Iterator[Sheet]:
    """The sheets that are shown."""
    for table in children(spreadsheet, "table:table"):
        if not styles.hides_sheet(table.get("table:style-name")):
            yield Sheet(table.get("table:name", ""), _rows(table, styles))


def _rows(table: Element, styles: Styles) -> Iterator[SheetRow]:
    hidden = _hidden_columns(table)
    reaching: dict[int, _Reaching] = {}
    number = 1
    for row in _grouped(table, "table:table-row", _ROW_GROUPS):
        repeated = _count(row, "table:number-rows-repeated")
        is_shown = row.get("table:visibility", "visible") == "visible"
        cells, bold = _cells(row, styles, number, hidden, reaching) if is_shown else ({}, False)
        for place in range(number, number + min(repeated, _MOST_REPEATED)) if cells else ():
            reaching = {column: cell for column, cell in reaching.items() if cell.last_row >= place}
            above = {column: cell.text for column, cell in reaching.items() if column not in cells}
            yield SheetRow(place, {**above, **cells}, bold)
        number += repeated


def _cells(
    row: Element, styles: Styles, number: int, hidden: list[tuple[int, int]], reaching: dict[int, _Reaching]
) -> tuple[dict[int, str], bool]:
    """The texts of a row by their columns, and whether all of them are bold; notes those that reach further down."""
    texts: dict[int, str] = {}
    bold: list[bool] = []
    column = 1
    for cell in row:
        repeated = _count(cell, "table:number-columns-repeated")
        text = _text(cell) if cell.tag == "table:table-cell" else ""
        for place in range(column, column + min(repeated, _MOST_REPEATED)) if text else ():
            if not any(first <= place <= last for first, last in hidden):
                texts[place] = text
                bold.append(styles.is_bold(cell.get("table:style-name")))
                rows = _count(cell, "table:number-rows-spanned")
                if rows > 1 and len(text) <= _LONGEST_REPEATED:
                    reaching[place] = _Reaching(text, number + rows - 1)
        column += repeated
    return texts, all(bold)


def _text(cell: Element) -> str:
    """What a cell shows, without its comment."""
    lines = ["".join(_shown(paragraph)) for paragraph in children(cell, "text:p")]
    text = "\n".join(lines).strip()
    return text or next((value for name in _VALUES if (value := cell.get(name))), "")


def _shown(element: Element) -> Iterator[str]:
    yield element.text or ""
    for part in element:
        if part.tag in ("text:s", "text:tab", "text:line-break"):
            yield " "
        elif part.tag != "office:annotation":
            yield from _shown(part)
        yield part.tail or ""


def _hidden_columns(table: Element) -> list[tuple[int, int]]:
    """The first and the last of each few columns that are hidden."""
    found, column = [], 1
    for one in _grouped(table, "table:table-column", _COLUMN_GROUPS):
        repeated = _count(one, "table:number-columns-repeated")
        if one.get("table:visibility", "visible") != "visible":
            found.append((column, column + repeated - 1))
        column += repeated
    return found


def _grouped(parent: Element, tag: str, groups: tuple[str, ...]) -> Iterator[Element]:
    """The children of a name, also those in groups."""
    for element in parent:
        if element.tag == tag:
            yield element
        elif element.tag in groups and element.get("table:display") != "false":
            yield from _grouped(element, tag, groups)


def _count(element: Element, name: str) -> int:
    value = element.get(name, "1")
    return max(1, min(int(value), _LARGEST)) if value.isdecimal() and len(value) < len(str(_LARGEST)) else 1
