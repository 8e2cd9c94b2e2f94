"""The workbook was made by LibreOffice from one that openpyxl wrote."""

import struct
from pathlib import Path

import pytest

from askdex.corpus.errors import UnreadableError
from askdex.corpus.readers.excel.binary import read_xls
from askdex.corpus.types import Skipped
from tests.corpus.readers.containers import ole
from tests.corpus.readers.outline import outline
from tests.corpus.readers.workbooks import xlsx

_DATA = (Path(__file__).parents[2] / "data" / "office97" / "cards.xls").read_bytes()
_BOF = struct.pack("<HHHHHHII", 0x0809, 16, 0x0600, 5, 0, 0, 0, 6)


def test_sheets_are_read_as_excel_shows_them() -> None:
    *records, (name, table) = [part for part in read_xls(_DATA) if not isinstance(part, Skipped)]
    assert [(key, builder.title, builder.metadata["sheet"], builder.metadata["topic"]) for key, builder in records] == [
        ("who-pays", "Who pays?", "Cards", "cards"),
        ("when", "When?", "Cards", "fees"),
    ]
    assert (name, table.title, table.metadata["author"]) == ("", "Fees of cards", "Ada Lovelace")
    assert outline(table) == [
        "heading 1: Fees",
        "row 1: Card | Price | From | Share",
        "row: first | 0 | 2024-03-01 | 25%",
        "row: second | 1,234.50 |  | 100%",
        "heading 2: Note",
        "paragraph: Fees are due at once.",
        "heading 1: Offices",
        "row 1: Town | Street",
        "row: North | Main street 1",
        "row: North | Hill road 2",
    ]


def test_a_new_workbook_with_an_old_name_is_read() -> None:
    ((_, builder),) = [
        part for part in read_xls(xlsx({"Fees": [["Card", "Price"], ["first", 5]]})) if not isinstance(part, Skipped)
    ]
    assert outline(builder) == ["heading 1: Fees", "row 1: Card | Price", "row: first | 5"]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (ole({"Workbook": _BOF + struct.pack("<HHH", 0x002F, 2, 1) + bytes(5_000)}), "protected by a password"),
        (ole({"Workbook": b"x" * 5_000}), "a damaged XLS file"),
        (ole({"WordDocument": b"x"}), "a damaged XLS file"),
        (_DATA[:2_000], "a damaged XLS file"),
        (b"Card\tPrice\n", "not an XLS file"),
    ],
    ids=["password", "no workbook", "other", "cut", "text"],
)
def test_what_cannot_be_read_is_refused_with_the_reason(data: bytes, reason: str) -> None:
    with pytest.raises(UnreadableError, match=reason):
        list(read_xls(data))
