import zipfile
from datetime import datetime, time, timedelta
from io import BytesIO

import pytest
from openpyxl.styles import Font
from openpyxl.worksheet.worksheet import Worksheet

from askdex.corpus.builder import DocumentBuilder
from askdex.corpus.errors import UnreadableError
from askdex.corpus.readers.excel import read_excel
from askdex.corpus.readers.excel.number_formats import shown
from askdex.corpus.types import Skipped
from tests.corpus.readers.outline import outline, outside_blocks
from tests.corpus.readers.workbooks import Rows, with_parts, xlsx

_PRICES: Rows = [["Card", "Price"], ["first", 0], ["second", 10]]
_SHEET = "xl/worksheets/sheet1.xml"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_SHEET_TYPES = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_STRINGS, _WORKBOOK = f"{_SHEET_TYPES}.sharedStrings+xml", f"{_SHEET_TYPES}.sheet.main+xml"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006"
_DRAWING = "http://schemas.openxmlformats.org/drawingml/2006"
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def _whole(data: bytes) -> DocumentBuilder:
    """The document of a workbook that is one."""
    ((name, builder),) = [part for part in read_excel(data) if not isinstance(part, Skipped)]
    assert name == ""
    return builder


def _outline(rows: Rows) -> list[str]:
    return outline(_whole(xlsx({"Sheet1": rows})))


def _with_rows(rows: str) -> bytes:
    """A workbook whose sheet has these rows in its XML."""
    return with_parts(
        xlsx({"Sheet1": [["a"]]}),
        {_SHEET: f'<worksheet xmlns="{_MAIN}"><sheetData>{rows}</sheetData></worksheet>'},
    )


class TestTables:
    def test_sheets_are_headings_and_rows_have_the_names_of_their_columns(self) -> None:
        builder = _whole(xlsx({"Prices 2024": _PRICES, "Offices": [["Town", "Opens"], ["Wells", "9:00"]]}))
        assert outline(builder) == [
            "heading 1: Prices 2024",
            "row 1: Card | Price",
            "row: first | 0",
            "row: second | 10",
            "heading 1: Offices",
            "row 1: Town | Opens",
            "row: Wells | 9:00",
        ]
        assert outside_blocks(builder).strip() == ""

    @pytest.mark.parametrize("name", ["Sheet1", "Tabelle2", "Feuil1", "工作表1"])
    def test_a_name_that_a_program_gave_to_a_sheet_is_no_heading(self, name: str) -> None:
        assert outline(_whole(xlsx({name: _PRICES})))[0] == "row 1: Card | Price"

    def test_blank_rows_part_tables_and_what_stands_alone_is_a_heading_or_a_note(self) -> None:
        rows: Rows = [["Fees"], [], *_PRICES, [], ["Offices"], ["Town", "Opens"], ["Wells", 9], [], ["Fees are due at once."]]
        assert _outline(rows) == [
            "heading 2: Fees",
            "row 1: Card | Price",
            "row: first | 0",
            "row: second | 10",
            "heading 2: Offices",
            "row 1: Town | Opens",
            "row: Wells | 9",
            "paragraph: Fees are due at once.",
        ]

    def test_a_table_goes_on_after_a_blank_row(self) -> None:
        rows: Rows = [["Town", "Office"], ["Wells", "north"], [], ["Bath", "south"], ["York", "east"]]
        assert _outline(rows)[2:] == ["row: Bath | south", "row: York | east"]

    def test_lines_in_a_single_column_are_paragraphs_below_the_questions_among_them(self) -> None:
        rows: Rows = [["Who pays?"], ["You do."], ["Ada"], ["Bob"]]
        assert _outline(rows) == ["heading 2: Who pays?", "paragraph: You do.", "paragraph: Ada", "paragraph: Bob"]

    def test_a_line_above_a_text_in_the_same_column_is_its_heading(self) -> None:
        rows: Rows = [["House rules"], ["Close the door behind you."], [], ["Office"], ["Call us at any time."]]
        assert _outline(rows) == [
            "heading 2: House rules",
            "paragraph: Close the door behind you.",
            "heading 2: Office",
            "paragraph: Call us at any time.",
        ]

    def test_columns_without_text_are_left_out(self) -> None:
        assert _outline([[None, "Card", None, "Price"], [None, "first", None, 0]]) == ["row 1: Card | Price", "row: first | 0"]

    def test_a_cell_that_reaches_down_belongs_to_each_row(self) -> None:
        def merge(sheets: list[Worksheet]) -> None:
            sheets[0].merge_cells("A2:A3")

        rows: Rows = [["Town", "Office"], ["Wells", "north"], [None, "south"], ["Bath", "west"]]
        assert outline(_whole(xlsx({"Sheet1": rows}, merge)))[1:] == [
            "row: Wells | north",
            "row: Wells | south",
            "row: Bath | west",
        ]

    def test_a_bold_row_names_the_columns_of_another_table(self) -> None:
        def embolden(sheets: list[Worksheet]) -> None:
            for cell in sheets[0][4]:
                cell.font = Font(bold=True)

        rows: Rows = [["Town", "Office"], ["Wells", "north"], [], ["Card", "Colour"], ["first", "red"]]
        assert outline(_whole(xlsx({"Sheet1": rows}, embolden)))[2:] == ["row 1: Card | Colour", "row: first | red"]

    def test_what_is_hidden_is_not_read(self) -> None:
        def hide(sheets: list[Worksheet]) -> None:
            sheets[0].row_dimensions[3].hidden = True
            sheets[0].column_dimensions["B"].hidden = True
            sheets[1].sheet_state = "hidden"

        rows: Rows = [["Card", "Secret", "Price"], ["first", "x", 0], ["second", "y", 10]]
        assert outline(_whole(xlsx({"Sheet1": rows, "More": rows}, hide))) == ["row 1: Card | Price", "row: first | 0"]

    def test_formulas_have_the_values_that_were_put_down(self) -> None:
        cells = (
            '<c r="A1" t="str"><f>A2&amp;"x"</f><v>first</v></c><c r="B1"><f>1+1</f><v>2</v></c><c r="C1" t="e"><v>#N/A</v></c>'
        )
        assert outline(_whole(_with_rows(f'<row r="1">{cells}</row>'))) == ["row: first | 2"]

    def test_title_author_and_date_are_those_of_the_properties(self) -> None:
        properties = "<dc:title>Fees of cards</dc:title><dc:creator>Ada</dc:creator>"
        properties += "<dcterms:modified>2024-03-01T10:00:00Z</dcterms:modified>"
        builder = _whole(xlsx({"Sheet1": _PRICES}, properties=properties))
        assert (builder.title, builder.metadata) == ("Fees of cards", {"author": "Ada", "updated": "2024-03-01"})


class TestRecords:
    def test_rows_of_questions_and_answers_are_documents_beside_one_for_all_tables(self) -> None:
        rows: Rows = [["Question", "Answer", "Topic"], ["Who pays?", "You do.", "cards"], ["Why?", None, "cards"]]
        first, skipped, prices = read_excel(xlsx({"Cards": rows, "Sheet2": _PRICES}))
        assert not isinstance(first, Skipped)
        assert not isinstance(prices, Skipped)
        assert (first[0], first[1].title, first[1].text) == ("who-pays", "Who pays?", "Who pays?\n\nYou do.")
        assert first[1].metadata == {"sheet": "Cards", "topic": "cards"}
        assert skipped == Skipped("sheet Cards, row 3", "no question or no answer")
        assert (prices[0], outline(prices[1])[0]) == ("", "row 1: Card | Price")

    def test_names_differ_from_sheet_to_sheet(self) -> None:
        rows: Rows = [["Question", "Answer"], ["Who pays?", "You do."]]
        names = [part[0] for part in read_excel(xlsx({"North": rows, "South": rows})) if not isinstance(part, Skipped)]
        assert names == ["who-pays", "who-pays-2"]

    def test_columns_are_known_by_the_questions_in_them(self) -> None:
        rows: Rows = [["Who pays?", "You do."], ["When?", "At once."]]
        assert [part[0] for part in read_excel(xlsx({"Sheet1": rows})) if not isinstance(part, Skipped)] == ["who-pays", "when"]


class TestNumbers:
    @pytest.mark.parametrize(
        ("value", "number_format", "expected"),
        [
            (45123.0, "General", "45123"),
            (0.1 + 0.2, "General", "0.3"),
            (12, 'General" kg"', "12 kg"),
            (1234.5, "#,##0.00", "1,234.50"),
            (0.125, "0.00", "0.13"),
            (2.5, "0", "3"),
            (0.256, "0.0%", "25.6%"),
            (1234567, '0.0,,"M"', "1.2M"),
            (7, "00000", "00007"),
            (5551234, "000-0000", "555-1234"),
            (1.5, "0.##", "1.5"),
            (0.5, ".00", ".50"),
            (-5, "#,##0;(#,##0)", "(5)"),
            (-5.5, "0.00", "-5.50"),
            (0, '0;-0;"none"', "none"),
            (12.5, "#,##0.00 [$€-407]", "12.50 €"),
            (1200, '"$"#,##0.00_);[Red]("$"#,##0.00)', "$1,200.00"),
            (0.5, "# ?/?", "0.5"),
            (5, "@", "5"),
            (3, ";;;", ""),
            (True, "General", "TRUE"),
            (" text ", "0.00", "text"),
        ],
    )
    def test_a_number_is_what_the_sheet_shows(self, value: object, number_format: str, expected: str) -> None:
        assert shown(value, number_format) == expected

    @pytest.mark.parametrize(
        ("value", "number_format", "expected"),
        [
            (datetime(2024, 3, 1), "mm-dd-yy", "2024-03-01"),
            (datetime(2024, 3, 1), "dd/mm/yyyy", "2024-03-01"),
            (datetime(2024, 3, 1), "dd.mm.yy", "01.03.2024"),
            (datetime(2024, 3, 1), "[$-409]mmmm d, yyyy;@", "March 1, 2024"),
            (datetime(2024, 3, 1), "[$-407]d. mmmm yyyy", "2024-03-01"),
            (datetime(2024, 3, 1), "mmm yy", "Mar 2024"),
            (datetime(2024, 3, 1, 8, 5), "m/d/yy h:mm", "2024-03-01 08:05"),
            (datetime(2024, 3, 1, 14, 5), "h:mm AM/PM", "2:05 PM"),
            (time(8, 5), "hh:mm", "08:05"),
            (timedelta(hours=25, minutes=3), "[h]:mm", "25:03"),
        ],
    )
    def test_a_date_or_time_is_what_the_sheet_shows(self, value: object, number_format: str, expected: str) -> None:
        assert shown(value, number_format) == expected

    def test_they_are_those_of_the_file(self) -> None:
        def format_cells(sheets: list[Worksheet]) -> None:
            sheets[0]["B1"].number_format = "0.00%"
            sheets[0]["C1"].number_format = "dd.mm.yyyy"

        rows: Rows = [["rate", 0.05, datetime(2024, 3, 1)]]
        assert outline(_whole(xlsx({"Sheet1": rows}, format_cells))) == ["row: rate | 5.00% | 01.03.2024"]


def _with_drawing(drawing: str) -> bytes:
    """A workbook with a price list and this drawing above it."""
    names = "".join(f' xmlns:{name}="{_DRAWING}/{path}"' for name, path in (("xdr", "spreadsheetDrawing"), ("a", "main")))
    names += ' xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
    link = f'<Relationship Id="r" Type="{_OFFICE}/relationships/drawing" Target="../drawings/drawing1.xml"/>'
    parts: dict[str, str | bytes] = {
        "xl/worksheets/_rels/sheet1.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">{link}</Relationships>',
        "xl/drawings/drawing1.xml": f"<xdr:wsDr{names}>{drawing}</xdr:wsDr>",
    }
    return with_parts(xlsx({"Sheet1": _PRICES}), parts)


def _box(*paragraphs: str) -> str:
    texts = "".join(f"<a:p><a:r><a:t>{text}</a:t></a:r></a:p>" for text in paragraphs)
    return f"<xdr:twoCellAnchor><xdr:sp><xdr:txBody>{texts}</xdr:txBody></xdr:sp></xdr:twoCellAnchor>"


class TestTextBoxes:
    def test_their_texts_stand_below_the_rows(self) -> None:
        group = f"<xdr:grpSp>{_box('Dogs pay none.')}</xdr:grpSp>"
        data = _with_drawing(_box("Children pay half.", "Ask for a pass.") + _box("") + group)
        assert outline(_whole(data)) == [
            *outline(_whole(xlsx({"Sheet1": _PRICES}))),
            "paragraph: Children pay half.\nAsk for a pass.",
            "paragraph: Dogs pay none.",
        ]

    def test_what_an_old_excel_is_told_of_a_shape_is_no_content(self) -> None:
        fallback = f"<mc:Fallback>{_box('This shape is a slicer.')}</mc:Fallback>"
        alternatives = _with_drawing(f"<mc:AlternateContent><mc:Choice/>{fallback}</mc:AlternateContent>")
        assert outline(_whole(alternatives)) == outline(_whole(xlsx({"Sheet1": _PRICES})))

    def test_many_and_deep_ones_are_no_trouble(self) -> None:
        deep = f"{'<xdr:grpSp>' * 20_000}{_box('Deep.')}{'</xdr:grpSp>' * 20_000}"
        assert outline(_whole(_with_drawing(deep)))[-1] == "paragraph: Deep."


class TestHostile:
    @pytest.mark.parametrize(
        ("data", "reason"),
        [
            (b"Card;Price", "not an Excel file"),
            (xlsx({"Sheet1": _PRICES})[:2000], "a damaged Excel file"),
            (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), "protected by a password"),
            (with_parts(xlsx({"A": _PRICES}), {_SHEET: "<worksheet>"}), "a damaged Excel file"),
        ],
    )
    def test_what_is_none_is_left_out_with_the_reason(self, data: bytes, reason: str) -> None:
        with pytest.raises(UnreadableError, match=f"^{reason}$"):
            list(read_excel(data))

    def test_another_package_is_no_excel_file(self) -> None:
        buffer = BytesIO()
        with zipfile.ZipFile(buffer, "w") as package:
            package.writestr("word/document.xml", "<w/>")
        with pytest.raises(UnreadableError, match="not an Excel file"):
            list(read_excel(buffer.getvalue()))

    @pytest.mark.parametrize("part", [_SHEET, "xl/sharedStrings.xml", "docProps/core.xml"])
    def test_entities_are_not_read(self, part: str) -> None:
        bomb = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><x>&b;</x>'
        with pytest.raises(UnreadableError, match="declares a document type"):
            list(read_excel(with_parts(xlsx({"A": _PRICES}), {part: bomb})))

    def test_a_part_that_is_too_large_when_unpacked_is_not_read(self) -> None:
        data = with_parts(xlsx({"A": _PRICES}), {_SHEET: b" " * (65 * 2**20)})
        with pytest.raises(UnreadableError, match="too large when unpacked"):
            list(read_excel(data))

    def test_rows_without_end_that_are_empty_are_passed_over(self) -> None:
        rows = "".join(f'<row r="{number}" ht="20"/>' for number in range(2, 100_000))
        far = '<row r="1048576"><c r="XFD1048576" t="inlineStr"><is><t>last</t></is></c></row>'
        data = _with_rows(f'<row r="1"><c r="A1" t="inlineStr"><is><t>first</t></is></c></row>{rows}{far}')
        assert outline(_whole(data)) == ["paragraph: first", "paragraph: last"]

    def test_a_text_that_stands_in_every_cell_is_too_much(self) -> None:
        strings = f'<sst xmlns="{_MAIN}"><si><t>{"a" * 30_000}</t></si></sst>'
        cells = "<c t='s'><v>0</v></c>" * 2_000
        types = f'<Types xmlns="{_PACKAGE}/content-types"><Override PartName="/xl/sharedStrings.xml" ContentType="{_STRINGS}"/>'
        sheet = f'<Override PartName="/xl/workbook.xml" ContentType="{_WORKBOOK}"/></Types>'
        parts: dict[str, str | bytes] = {"xl/sharedStrings.xml": strings, "[Content_Types].xml": types + sheet}
        data = with_parts(_with_rows(f"<row>{cells}</row>"), parts)
        with pytest.raises(UnreadableError, match="too much for a file of its size"):
            list(read_excel(data))

    @pytest.mark.parametrize("cell", ['<c r="A1" s="999"><v>5</v></c>', '<c r="A1" t="n"><v>5</v></c>'])
    def test_a_style_that_is_not_there_is_none(self, cell: str) -> None:
        assert outline(_whole(_with_rows(f'<row r="1">{cell}</row>'))) == ["paragraph: 5"]
