"""The rows of a worksheet that Excel shows, read one after the other from its XML."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import islice
from typing import Any

from askdex.corpus.readers.excel.number_formats import GENERAL, shown
from askdex.corpus.readers.sheets import SheetRow

_MERGED = re.compile(rb"<(?:\w+:)?mergeCell\s[^>]*?ref=\"([A-Z]+)(\d+):[A-Z]+(\d+)\"")
_MOST_MERGED = 10_000
"""Cells of a sheet that reach over several rows."""
_LONGEST_REPEATED = 100
"""Characters. Only a cell as short as this is repeated in each row that it reaches over: it names what they have in common."""
_FIRST_OWN_FORMAT = 164
"""The number of the first format that a workbook has of its own; those before are the same everywhere."""


@dataclass(slots=True)
class _Reaching:
    """The text of a cell that reaches down to a row."""

    text: str
    last_row: int


def shown_rows(sheet: Any) -> Iterator[SheetRow]:  # noqa: ANN401  # the library has no types for what is read of it
    """The rows of a worksheet that are not hidden and not blank, without the cells of hidden columns."""
    from openpyxl.worksheet._reader import WorkSheetParser

    workbook: Any = sheet.parent
    merged = _merged_downwards(sheet)
    reaching: dict[int, _Reaching] = {}
    style_of = _styles(workbook)
    with sheet._get_source() as source:
        parser = WorkSheetParser(
            source,
            sheet._shared_strings,
            data_only=True,
            epoch=workbook.epoch,
            date_formats=workbook._date_formats,
            timedelta_formats=workbook._timedelta_formats,
        )
        hidden: list[tuple[int, int]] | None = None
        for number, cells in parser.parse():
            if hidden is None:
                hidden = _hidden_columns(parser.column_dimensions)
            if _is_hidden(parser.row_dimensions.pop(str(number), {})):
                continue
            texts, bold = {}, []
            for cell in cells:
                column, value = int(cell["column"]), cell["value"]
                if value is None or cell["data_type"] == "e" or any(first <= column <= last for first, last in hidden):
                    continue
                number_format, is_bold = style_of(int(cell["style_id"]))
                if text := shown(value, number_format):
                    texts[column] = text
                    bold.append(is_bold)
                    if (last_row := merged.get((number, column))) and len(text) <= _LONGEST_REPEATED:
                        reaching[column] = _Reaching(text, last_row)
            if texts:
                reaching = {column: cell for column, cell in reaching.items() if cell.last_row >= number}
                above = {column: cell.text for column, cell in reaching.items() if column not in texts}
                yield SheetRow(number, {**above, **texts}, all(bold))


def _merged_downwards(sheet: Any) -> Mapping[tuple[int, int], int]:  # noqa: ANN401
    """The last rows of cells that reach over several rows, by row and column; a sheet tells them after all of its rows."""
    from openpyxl.utils import column_index_from_string

    with sheet._get_source() as source:
        found = islice(_MERGED.finditer(source.read()), _MOST_MERGED)
        places = [(one[1].decode(), int(one[2]), int(one[3])) for one in found]
    return {(row, column_index_from_string(letters)): last for letters, row, last in places if last > row}


def _hidden_columns(dimensions: Mapping[str, Mapping[str, str]]) -> list[tuple[int, int]]:
    """The first and the last of each few columns that are hidden."""
    return [(int(one["min"]), int(one.get("max", one["min"]))) for one in dimensions.values() if _is_hidden(one)]


def _is_hidden(attributes: Mapping[str, str]) -> bool:
    return attributes.get("hidden") in ("1", "true")


def _styles(workbook: Any) -> Any:  # noqa: ANN401  # the library has no types for these
    """From the number of a style to its number format, and whether it is bold."""
    from openpyxl.styles.numbers import BUILTIN_FORMATS

    @cache
    def style_of(number: int) -> tuple[str, bool]:
        try:
            style = workbook._cell_styles[number]
            is_own = style.numFmtId >= _FIRST_OWN_FORMAT
            own = workbook._number_formats[style.numFmtId - _FIRST_OWN_FORMAT] if is_own else None
            return own or BUILTIN_FORMATS.get(style.numFmtId, GENERAL), bool(workbook._fonts[style.fontId].b)
        except IndexError:
            return GENERAL, False

    return style_of
