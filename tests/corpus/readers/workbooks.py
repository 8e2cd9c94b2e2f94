"""Excel files, made by openpyxl."""

import zipfile
from collections.abc import Callable, Sequence
from io import BytesIO

from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

_CORE = (
    '<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" '
    'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/">{}</cp:coreProperties>'
)

Rows = Sequence[Sequence[object]]


def xlsx(sheets: dict[str, Rows], change: Callable[[list[Worksheet]], None] | None = None, properties: str = "") -> bytes:
    """A workbook of sheets with these rows, after a change to them; the same each time."""
    workbook = Workbook()
    workbook.remove(workbook.worksheets[0])
    for name, rows in sheets.items():
        sheet = workbook.create_sheet(name)
        for row in rows:
            sheet.append(row)
    if change is not None:
        change([sheet for sheet in workbook.worksheets if isinstance(sheet, Worksheet)])
    buffer = BytesIO()
    workbook.save(buffer)
    return with_parts(buffer.getvalue(), {"docProps/core.xml": _CORE.format(properties)})


def with_parts(data: bytes, parts: dict[str, str | bytes]) -> bytes:
    """A package with some parts that are others or new, and with no time in it."""
    with zipfile.ZipFile(BytesIO(data)) as package:
        files: dict[str, str | bytes] = {name: package.read(name) for name in package.namelist()}
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as package:
        for name, content in {**files, **parts}.items():
            package.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()
