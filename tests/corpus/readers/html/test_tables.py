"""Tables of HTML pages."""

import pytest

from askdex.corpus.readers.html import read_html
from askdex.corpus.types import Kind
from tests.corpus.readers.outline import outline, texts


class TestTables:
    def test_a_table_is_a_row_for_each_of_its_rows(self) -> None:
        source = (
            "<table><caption>Papers</caption><thead><tr><th>Paper<th>Copies</thead>"
            "<tbody><tr><td><p>Identity</p><p>card</p><td>2<tr><td>Photo<td></tbody></table>"
        )
        assert outline(read_html(source)) == [
            "paragraph: Papers",
            "row 1: Paper | Copies",
            "row: Identity card | 2",
            "row: Photo |",
        ]

    @pytest.mark.parametrize(
        ("rows", "expected"),
        [
            (
                "<tr><td rowspan=2>Bar<td>Mon<td>17<tr><td>Sat<td>15<tr><td>Spa<td>9",
                ["Bar | Mon | 17", "Bar | Sat | 15", "Spa | 9"],
            ),
            ("<tr><td>Mon<td rowspan=2>Bar<td>17<tr><td>Sat<td>15", ["Mon | Bar | 17", "Sat | Bar | 15"]),
            ("<tr><td colspan=2>Mon<td rowspan=2>Bar<tr><td>Sat<td>15", ["Mon | Bar", "Sat | 15 | Bar"]),
            ("<tr><td rowspan=9>Bar<td rowspan=9>Spa<tr><td><tr><td>15", ["Bar | Spa", "Bar | Spa | 15"]),
            ("<tr><td>a<td rowspan=2>Bar</table><table><tr><td>b<td>Spa", ["a | Bar", "b | Spa"]),
            *((f"<tr><td rowspan={span}>Bar<td>Mon<tr><td>Sat", ["Bar | Mon", "Sat"]) for span in ("0", "x", "''", "-2")),
        ],
    )
    def test_a_cell_belongs_to_each_row_that_it_spans(self, rows: str, expected: list[str]) -> None:
        assert texts(read_html(f"<table>{rows}</table>"), Kind.ROW) == expected

    def test_cells_that_span_rows_do_not_make_a_page_grow_without_end(self) -> None:
        page = f"<table><tr>{'<td rowspan=999>word' * 100}{'<tr><td>x' * 500}</table>"
        assert len(read_html(page).text) < 5 * len(page)
        assert texts(read_html(f"<table><tr><td rowspan=2>{'word ' * 30}<td>Mon<tr><td>Sat</table>"), Kind.ROW)[1] == "Sat"

    @pytest.mark.parametrize(
        ("rows", "expected"),
        [
            ("<tr><td><th>Adults<th>Children<tr><th>Day<td><td>5", ["| Adults | Children", "Day | | 5"]),
            (
                "<tr><th>Place<th>Day<th>Fee<tr><td>Bar<td>Mon<td>2<tr><td><td>Sat<td>3",
                ["Place | Day | Fee", "Bar | Mon | 2", "| Sat | 3"],
            ),
            ("<tr><td><td>alone<tr><td>red<td>free", ["alone", "red | free"]),
        ],
    )
    def test_cells_stay_below_the_names_of_their_columns_behind_empty_ones(self, rows: str, expected: list[str]) -> None:
        assert texts(read_html(f"<table>{rows}</table>"), Kind.ROW) == expected

    def test_a_table_within_a_cell_loses_nothing(self) -> None:
        page = "<table><tr><td>one<table><tr><td>two<td>three</table>four<td>five</table>"
        assert outline(read_html(page)) == ["paragraph: one", "row: two | three", "paragraph: four", "paragraph: five"]


class TestNamesOfColumns:
    @pytest.mark.parametrize(
        "rows",
        [
            "<tr><th>Card<th>Fee<tr><td>red<td>free",
            "<tr><th><th>Card<th>Fee<tr><td>a<td>red<td>free",
            "<tr><td><th>Adults<th>Children<tr><th>Day<td>free<td>free",
            "<tr><td><td>Adults<td>Children<tr><td>Day<td>9<td>5<tr><td>Week<td>30<td>15",
            "<thead><tr><td>Card<td>Fee</thead><tr><td>red<td>free",
            "<tr><td><b>Card</b><td><strong>Fee</strong><tr><td>red<td>free",
            "<tr><td><p><b>Card</b></p><td style='font-weight:bold'>Fee<tr><td><b>red</b><td>free",
            "<tr><td>Card<td>Fee<tr><td>red<td>10<tr><td>blue<td>from 20<tr><td>green<td>",
        ],
    )
    def test_the_first_row_names_the_columns(self, rows: str) -> None:
        levels = [block.level for block in read_html(f"<table>{rows}</table>").blocks]
        assert levels == [1] + [0] * (len(levels) - 1)

    @pytest.mark.parametrize(
        "rows",
        [
            "<tr><td>red<td>free<tr><td>blue<td>free",
            "<tr><td>Card 1<td>Fee<tr><td>red<td>10<tr><td>blue<td>20",
            "<tr><td>Card<td>Fee<tr><td>red<td>10",
            "<tr><td>Open<td>daily<tr><td>Phone<td>12 34<tr><td>Fax<td>none",
            "<tr><td><b>Card</b><td>red<tr><td><b>Fee</b><td>free",
            "<tr><td><b>red</b><td><b>free</b><tr><td><b>blue</b><td><b>free</b>",
            "<tr><td><td>Fee<tr><td>red<td>10<tr><td>blue<td>20",
            f"<tr><td>Card<td>{'long ' * 20}<tr><td>red<td>10<tr><td>blue<td>20",
        ],
    )
    def test_a_first_row_that_is_like_the_others_names_none(self, rows: str) -> None:
        assert {block.level for block in read_html(f"<table>{rows}</table>").blocks} == {0}


class TestLayoutTables:
    def test_a_table_that_only_lays_out_the_page_has_no_rows(self) -> None:
        page = (
            "<table><tr><td><h1>Harbour</h1><p>A berth costs ten euros.</p><h2>Water</h2><p>It is free.</p></td></tr></table>"
        )
        assert outline(read_html(page)) == [
            "title: Harbour",
            "paragraph: A berth costs ten euros.",
            "heading 2: Water",
            "paragraph: It is free.",
        ]

    def test_one_row_of_long_text_is_no_table(self) -> None:
        page = f"<table><tr><td>{'The mill is open. ' * 5}</td><td>{'Bread is baked. ' * 5}</td></tr></table>"
        assert len(texts(read_html(page), Kind.PARAGRAPH)) == 2

    def test_a_table_within_it_has_rows(self) -> None:
        page = "<table><tr><td>Prices:<table><tr><th>Boat<th>Fee<tr><td>red<td>10</table></td></tr></table>"
        assert outline(read_html(page)) == ["paragraph: Prices:", "row 1: Boat | Fee", "row: red | 10"]
