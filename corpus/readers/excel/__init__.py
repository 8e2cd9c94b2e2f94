"""Excel: the sheets of a workbook, as Excel shows them.

workbook (openpyxl) -> the rows that are shown (`rows`), their numbers and dates as text (`number_formats`), and the text boxes
above them -> the reader of sheets. openpyxl is imported where a file is read, as it takes a third of a second.
"""

import warnings
from collections.abc import Iterator
from io import BytesIO
from typing import Any
from xml.etree.ElementTree import Element

from askdex.corpus.builder import DocumentBuilder, Part, TextAllowance
from askdex.corpus.errors import UnreadableError
from askdex.corpus.readers.excel.rows import shown_rows
from askdex.corpus.readers.office import Package, errors_told, not_one, part_of_type
from askdex.corpus.readers.powerpoint.paragraphs import paragraphs_of
from askdex.corpus.readers.sheets import Sheet, SheetReader

_LABEL = "Excel"
_WORKBOOK = "xl/workbook.xml"


def read_excel(data: bytes) -> Iterator[Part]:
    """Read the sheets of an Excel file. Rows with a question and an answer, or a title and a text, become documents.

    Formulas have the values that Excel has put down for them. Hidden sheets, rows and columns, comments and charts are left
    out. Raises UnreadableError where it is no Excel file, is protected by a password, or would be too large when unpacked.
    """
    with errors_told(_LABEL):
        package = Package(data, _LABEL)
        if package.bytes_of(_WORKBOOK) is None:
            raise UnreadableError(not_one(_LABEL))
        package.require_plain_xml()
        whole = DocumentBuilder(title=package.title(), metadata=package.metadata())
        yield from SheetReader(whole, TextAllowance(len(data))).parts(_sheets(data, package))


def _sheets(data: bytes, package: Package) -> Iterator[Sheet]:
    """The sheets that are shown, one after the other."""
    from openpyxl import load_workbook
    from openpyxl.worksheet._read_only import ReadOnlyWorksheet

    with warnings.catch_warnings(action="ignore"):  # of what the library leaves out, such as colours
        workbook = load_workbook(BytesIO(data), read_only=True, data_only=True, keep_links=False)
        for sheet in workbook.worksheets:
            if sheet.sheet_state == "visible" and isinstance(sheet, ReadOnlyWorksheet):
                yield Sheet(sheet.title, shown_rows(sheet), _boxes(package, sheet))


def _boxes(package: Package, sheet: Any) -> Iterator[str]:  # noqa: ANN401  # the library's types lack what is read of it
    """What the text boxes and shapes on a sheet say, in their order."""
    drawing = part_of_type(package.relationships_of(sheet._worksheet_path), "drawing")
    root = None if drawing is None else package.xml_of(drawing)
    for body in () if root is None else _bodies(root):
        yield "\n".join(paragraph.text for paragraph in paragraphs_of(body, {}))


def _bodies(drawing: Element) -> Iterator[Element]:
    """The texts in a drawing, without those that tell an old Excel what it cannot show."""
    pending = [drawing]
    while pending:
        element = pending.pop()
        if element.tag == "xdr:txBody":
            yield element
        elif element.tag != "mc:Fallback":
            pending += reversed(element)
