from collections.abc import Callable

import pytest

from askdex.corpus.builder import DocumentBuilder
from askdex.corpus.errors import UnreadableError
from askdex.corpus.readers.opendocument import read_odp, read_ods, read_odt
from askdex.corpus.types import Skipped
from tests.corpus.readers.opendocuments import frame, h, items, odf, p, row, rows_of, slide, table
from tests.corpus.readers.outline import outline, outside_blocks
from tests.corpus.readers.workbooks import xlsx

_PRICES = rows_of([["Card", "Price"], ["first", "0"], ["second", "10"]])
_META = "<dc:title>Fees of cards</dc:title><dc:creator>Ada</dc:creator><dc:date>2024-03-01T10:00:00</dc:date>"


def _text(*blocks: str) -> list[str]:
    return outline(read_odt(odf("text", *blocks)))


def _sheets(*tables: str) -> list[str]:
    return outline(_whole(odf("spreadsheet", *tables)))


def _whole(data: bytes) -> DocumentBuilder:
    ((name, builder),) = [part for part in read_ods(data) if not isinstance(part, Skipped)]
    assert name == ""
    return builder


class TestText:
    def test_title_headings_paragraphs_lists_and_tables(self) -> None:
        builder = read_odt(
            odf(
                "text",
                p("Lost cards", "P1"),
                h("Report it & wait"),
                p("Call at once."),
                items(p("by phone") + items(p("or by mail")), p("at the counter")),
                h("Fees", 2),
                table(f"<table:table-header-rows>{row('Card', 'Price')}</table:table-header-rows>", row("first", "0")),
                meta=_META,
            )
        )
        assert builder.title == "Lost cards"
        assert builder.metadata == {"author": "Ada", "updated": "2024-03-01"}
        assert outline(builder) == [
            "title: Lost cards",
            "heading 1: Report it & wait",
            "paragraph: Call at once.",
            "item: by phone",
            "item 1: or by mail",
            "item: at the counter",
            "heading 2: Fees",
            "row 1: Card | Price",
            "row: first | 0",
        ]
        assert outside_blocks(builder).strip() == ""

    def test_numbered_lists_count_on_where_they_say_so(self) -> None:
        more = items(p("three"), style="L1", attributes='text:continue-numbering="true"')
        assert _text(items(p("one"), p("two"), style="L1"), p("Then"), more) == [
            "item: 1. one",
            "item: 2. two",
            "paragraph: Then",
            "item: 3. three",
        ]

    def test_headings_in_lists_are_headings(self) -> None:
        assert _text(p("Rules."), items(h("Bees", 2)), p("They hum."))[1] == "heading 2: Bees"

    def test_notes_come_last_and_boxes_after_their_paragraph(self) -> None:
        body = f"<text:note-body>{p('At the counter.')}</text:note-body>"
        note = f"<text:note><text:note-citation>1</text:note-citation>{body}</text:note>"
        box = frame(p("In the box."))
        assert _text(p("Report it", more=note + box), p("Then wait.")) == [
            "paragraph: Report it[1]",
            "paragraph: In the box.",
            "paragraph: Then wait.",
            "item: [1] At the counter.",
        ]

    def test_what_is_deleted_hidden_or_said_elsewhere_is_left_out(self) -> None:
        gone = f"<text:tracked-changes><text:deletion>{p('Deleted.')}</text:deletion></text:tracked-changes>"
        comment = f"<office:annotation>{p('A comment.')}</office:annotation>"
        contents = f"<text:table-of-content><text:index-body>{p('Fees 1')}</text:index-body></text:table-of-content>"
        hidden = '<text:span text:style-name="Hidden">secret</text:span>'
        section = f'<text:section text:display="none">{p("Hidden.")}</text:section>'
        assert _text(gone, contents, section, p("Hidden.", "Hidden"), p("Call us.", more=comment + hidden)) == [
            "paragraph: Call us."
        ]

    def test_blanks_line_breaks_and_links_are_kept(self) -> None:
        more = '<text:s text:c="2"/>us<text:line-break/><text:a xlink:href="https://a.example">there</text:a><text:tab/>now'
        builder = read_odt(odf("text", p("Call", more=more)))
        assert outline(builder) == ["paragraph: Call us\nthere now"]
        (link,) = builder.links
        assert (builder.text[link.start : link.end], link.address) == ("there", "https://a.example")

    def test_what_looks_like_the_tag_of_a_template_is_text(self) -> None:
        assert _text(p("Dear {{NAME}}, welcome.")) == ["paragraph: Dear {{NAME}}, welcome."]

    def test_a_title_may_be_that_of_the_properties(self) -> None:
        builder = read_odt(odf("text", h("Loss"), p("Report it."), meta=_META))
        assert (builder.title, outline(builder)[0]) == ("Fees of cards", "heading 1: Loss")


class TestSpreadsheet:
    def test_sheets_are_headings_and_rows_have_the_names_of_their_columns(self) -> None:
        assert _sheets(table(_PRICES, name="Prices"), table(_PRICES)) == [
            "heading 1: Prices",
            *["row 1: Card | Price", "row: first | 0", "row: second | 10"] * 2,
        ]

    def test_rows_of_questions_and_answers_are_documents(self) -> None:
        rows = rows_of([["Question", "Answer"], ["Who pays?", "You do."]])
        ((name, builder),) = [part for part in read_ods(odf("spreadsheet", table(rows))) if not isinstance(part, Skipped)]
        assert (name, builder.text) == ("who-pays", "Who pays?\n\nYou do.")

    def test_what_is_hidden_is_not_read(self) -> None:
        columns = '<table:table-column/><table:table-column table:visibility="collapse"/><table:table-column/>'
        rows = (
            row("Card", "Secret", "Price")
            + row("first", "x", "0")
            + row("x", "y", "z", attributes='table:visibility="collapse"')
        )
        hidden = table(_PRICES, attributes='table:style-name="Gone"')
        assert _sheets(table(rows, columns=columns), hidden) == ["row 1: Card | Price", "row: first | 0"]

    def test_cells_that_reach_down_or_have_no_text_of_their_own(self) -> None:
        town = f'<table:table-cell table:number-rows-spanned="2">{p("Wells")}</table:table-cell>'
        covered = "<table:covered-table-cell/>"
        north = f"<table:table-row>{town}<table:table-cell>{p('north')}</table:table-cell></table:table-row>"
        south = f'<table:table-row>{covered}<table:table-cell office:value="5"/></table:table-row>'
        assert _sheets(table(row("Town", "Office"), north, south))[1:] == ["row: Wells | north", "row: Wells | 5"]

    def test_rows_and_cells_that_are_repeated_without_end(self) -> None:
        cells = '<table:table-cell table:number-columns-repeated="16384"/>'
        blank = f'<table:table-row table:number-rows-repeated="1048000">{cells}</table:table-row>'
        same = row(
            "a",
            "b",
            attributes='table:number-rows-repeated="999999999"',
            cell_attributes='table:number-columns-repeated="16384"',
        )
        found = _sheets(table(_PRICES, blank, same))
        assert found[:3] == ["row 1: Card | Price", "row: first | 0", "row: second | 10"]
        assert len(found) == 103
        assert max(map(len, found)) < 1_000


class TestPresentation:
    def test_slides_have_their_titles_texts_and_notes_and_are_pages(self) -> None:
        notes = f"<presentation:notes>{frame(p('Say it slowly.'), place='notes')}</presentation:notes>"
        first = slide(frame(p("Report it."), place="subtitle"), frame(p("Lost cards"), place="title"), notes)
        hidden = slide(frame(p("Old")), attributes='draw:style-name="Skipped"')
        second = slide(frame(p("Fees")), frame(items(p("none") + items(p("at first")))), frame(p("7"), place="page-number"))
        builder = read_odp(odf("presentation", first, hidden, second))
        assert outline(builder) == [
            "title: Lost cards",
            "paragraph: Report it.",
            "paragraph: Say it slowly.",
            "heading 1: Fees",
            "item: none",
            "item 1: at first",
        ]
        assert [sum(start <= block.start for start in builder.page_starts) for block in builder.blocks] == [1, 1, 1, 3, 3, 3]

    def test_tables_and_groups_are_read(self) -> None:
        page = slide(
            frame(p("Fees"), place="title"), f"<draw:g>{frame(p('None.'))}</draw:g><draw:frame>{table(_PRICES)}</draw:frame>"
        )
        assert "row: first | 0" in outline(read_odp(odf("presentation", page)))
        assert "paragraph: None." in outline(read_odp(odf("presentation", page)))


_READERS: dict[str, Callable[[bytes], object]] = {
    "text": read_odt,
    "presentation": read_odp,
    "spreadsheet": lambda data: list(read_ods(data)),
}


@pytest.mark.parametrize("kind", _READERS)
@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda _: b"Lost cards", "not an OpenDocument file"),
        (lambda _: xlsx({"A": [["a"]]}), "not an OpenDocument file"),
        (lambda _: odf("drawing"), "not an OpenDocument file"),
        (lambda kind: odf(kind)[:200], "a damaged OpenDocument file"),
        (lambda kind: odf(kind, parts={"content.xml": "<office:document"}), "a damaged OpenDocument file"),
        (lambda kind: odf(kind, parts={"content.xml": b" " * (65 * 2**20)}), "too large when unpacked"),
        (lambda kind: odf(kind, parts={"content.xml": "<!DOCTYPE x><x/>"}), "it declares a document type, which no .* may"),
        (lambda kind: odf(kind, parts={"META-INF/manifest.xml": "<manifest:encryption-data/>"}), "protected by a password"),
    ],
    ids=["text", "Excel", "drawing", "cut off", "no XML", "bomb", "entities", "password"],
)
def test_what_is_none_is_left_out_with_the_reason(kind: str, damage: Callable[[str], bytes], reason: str) -> None:
    with pytest.raises(UnreadableError, match=f"^{reason}$"):
        _READERS[kind](damage(kind))


def test_nesting_without_end_is_refused() -> None:
    deep = "<text:list><text:list-item>" * 3_000 + "</text:list-item></text:list>" * 3_000
    with pytest.raises(UnreadableError, match="nested too deeply"):
        read_odt(odf("text", deep))


def test_damaged_properties_cost_nothing_but_themselves() -> None:
    assert outline(read_odt(odf("text", p("Hello."), parts={"meta.xml": "<office:meta"}))) == ["paragraph: Hello."]


def test_raised_and_lowered_digits_do_not_run_on_from_a_number() -> None:
    def span(text: str, style: str) -> str:
        return f'<text:span text:style-name="{style}">{text}</text:span>'

    title = p("20 m", "P1", span("2", "Raised"))
    builder = read_odt(
        odf("text", title, p("10", more=f"{span('3', 'Raised')} cards, CO{span('2', 'Lowered')}, 1{span('5', 'Level')}"))
    )
    assert (builder.title, outline(builder)[1:]) == ("20 m²", ["paragraph: 10³ cards, CO₂, 15"])
