"""The workbooks of Excel 5 to 2003 (XLS), which xlrd parses. It is imported where a file is read."""

from collections.abc import Iterator
from io import StringIO
from typing import Any

from askdex.corpus.builder import DocumentBuilder, Part, TextAllowance
from askdex.corpus.errors import UnreadableError
from askdex.corpus.readers.excel import read_excel
from askdex.corpus.readers.excel.number_formats import GENERAL, shown
from askdex.corpus.readers.office import LOCKED, errors_told, not_one
from askdex.corpus.readers.ole import START, OleFile
from askdex.corpus.readers.sheets import Sheet, SheetReader, SheetRow

_LABEL = "XLS"
_ZIP = b"PK\3\4"
_STREAM_STARTS = (b"\x09\x08", b"\x09\x04", b"\x09\x02", b"\x09\x00")
"""What a workbook begins with that is in no container."""
_STREAMS = ("Workbook", "Book")
"""The streams of a container that hold one: of Excel 97 and later, and of Excel 5."""
_ENCRYPTED = "encrypted"
_BOLD = 700
_EMPTY, _TEXT, _NUMBER, _DATE, _BOOLEAN, _ERROR, _BLANK = range(7)
"""The kinds of cells, as the library has them."""
_LONGEST_REPEATED = 100
"""Characters. Only a cell as short as this is repeated in each row that it reaches over: it names what they have in common."""
_MOST_ROWS_REPEATED = 10_000


def read_xls(data: bytes) -> Iterator[Part]:
    """Read the sheets of an old Excel file as those of a new one are; one that is new in all but its name is read too.

    Raises UnreadableError where it is none, is protected by a password, or is damaged.
    """
    if data.startswith(_ZIP):
        yield from read_excel(data)
        return
    if not data.startswith((START, *_STREAM_STARTS)):
        raise UnreadableError(not_one(_LABEL))
    with errors_told(_LABEL):
        whole, records = DocumentBuilder(), data
        if data.startswith(START):
            file = OleFile(data, _LABEL)
            whole, records = DocumentBuilder(title=file.title(), metadata=file.metadata()), _records(file)
        yield from SheetReader(whole, TextAllowance(len(data))).parts(_sheets(_workbook(records)))


def _records(file: OleFile) -> bytes:
    """The records of the workbook in a container. xlrd would follow sectors in a circle for ever."""
    for name in _STREAMS:
        if records := file.bytes_of(name):
            return records
    raise LookupError(_STREAMS)  # the file is damaged, or of another program


def _workbook(data: bytes) -> Any:  # noqa: ANN401  # the library has no types
    import xlrd

    try:
        return xlrd.open_workbook(file_contents=data, formatting_info=True, on_demand=True, logfile=StringIO())
    except xlrd.XLRDError as error:
        if _ENCRYPTED in str(error):
            raise UnreadableError(LOCKED) from error
        raise


def _sheets(workbook: Any) -> Iterator[Sheet]:  # noqa: ANN401
    """The sheets that are shown, one after the other."""
    for number, name in enumerate(workbook.sheet_names()):
        sheet = workbook.sheet_by_index(number)
        if not sheet.visibility:
            yield Sheet(name, _rows(workbook, sheet))
        workbook.unload_sheet(number)


def _rows(workbook: Any, sheet: Any) -> Iterator[SheetRow]:  # noqa: ANN401
    """The rows of a sheet that are not hidden and not blank, without the cells of hidden columns."""
    hidden = {column for column, info in sheet.colinfo_map.items() if info.hidden}
    above: dict[int, dict[int, str]] = {}
    for first, end, column, _ in sheet.merged_cells:
        text = _shown(workbook, sheet, first, column)
        if text and len(text) <= _LONGEST_REPEATED:
            for row in range(first + 1, min(end, sheet.nrows, first + _MOST_ROWS_REPEATED)):
                above.setdefault(row, {})[column + 1] = text
    for row in range(sheet.nrows):
        info = sheet.rowinfo_map.get(row)
        if info is not None and info.hidden:
            continue
        texts = {
            column + 1: text
            for column in range(sheet.row_len(row))
            if column not in hidden and (text := _shown(workbook, sheet, row, column))
        }
        if texts:
            is_bold = all(_is_bold(workbook, sheet, row, column - 1) for column in texts)
            yield SheetRow(row + 1, {**above.get(row, {}), **texts}, is_bold)


def _shown(workbook: Any, sheet: Any, row: int, column: int) -> str:  # noqa: ANN401
    """What a cell shows; nothing for one that has an error, or is not there."""
    if row >= sheet.nrows or column >= sheet.row_len(row):
        return ""
    kind, value = sheet.cell_type(row, column), sheet.cell_value(row, column)
    if kind in (_EMPTY, _ERROR, _BLANK):
        return ""
    if kind == _BOOLEAN:
        value = bool(value)
    if kind == _DATE:
        value = _moment(workbook, value)
    return shown(value, _number_format(workbook, sheet, row, column))


def _moment(workbook: Any, value: float) -> object:  # noqa: ANN401
    """A date, or a time of the day; the number where it is none."""
    from xlrd.xldate import xldate_as_datetime

    try:
        moment = xldate_as_datetime(value, workbook.datemode)
    except (ValueError, OverflowError):
        return value
    return moment.time() if 0 <= value < 1 else moment


def _number_format(workbook: Any, sheet: Any, row: int, column: int) -> str:  # noqa: ANN401
    try:
        style = workbook.xf_list[sheet.cell_xf_index(row, column)]
        return str(workbook.format_map[style.format_key].format_str) or GENERAL
    except (IndexError, KeyError, TypeError):
        return GENERAL


def _is_bold(workbook: Any, sheet: Any, row: int, column: int) -> bool:  # noqa: ANN401
    try:
        return bool(workbook.font_list[workbook.xf_list[sheet.cell_xf_index(row, column)].font_index].weight >= _BOLD)
    except (IndexError, TypeError):
        return False
