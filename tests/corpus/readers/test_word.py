import tracemalloc

import pytest

from askdex.corpus.errors import UnreadableError
from askdex.corpus.readers.word import read_word
from tests.corpus.readers.outline import outline, outside_blocks
from tests.corpus.readers.packages import BULLET, NOTE, docx, level, numbered, numbering, paragraph, table


class TestWhatIsRead:
    def test_headings_paragraphs_lists_and_tables(self) -> None:
        builder = read_word(
            docx(
                paragraph("Lost card", "H1"),
                paragraph("Report it & wait."),
                paragraph("What to bring", "H2"),
                paragraph("Your passport", properties=BULLET),
                paragraph("A photograph", properties=BULLET),
                table(["Card", "Costs"], ["First", "Nothing"]),
            )
        )
        assert builder.title == "Lost card"
        assert outline(builder) == [
            "title: Lost card",
            "paragraph: Report it & wait.",
            "heading 2: What to bring",
            "item: Your passport",
            "item: A photograph",
            "row 1: Card | Costs",
            "row: First | Nothing",
        ]
        assert outside_blocks(builder).strip() == ""

    def test_a_footnote_comes_last(self) -> None:
        builder = read_word(docx(paragraph("Report it", more=NOTE), paragraph("Then wait."), note="At the counter."))
        assert outline(builder) == ["paragraph: Report it[1]", "paragraph: Then wait.", "item: [1] At the counter."]

    def test_a_footnote_that_two_places_refer_to_comes_once(self) -> None:
        builder = read_word(docx(paragraph("Report it", more=NOTE), paragraph("Wait", more=NOTE), note="At the counter."))
        assert outline(builder) == ["paragraph: Report it[1]", "paragraph: Wait[1]", "item: [1] At the counter."]

    @pytest.mark.parametrize("text", ["Dear {{NAME}}, welcome.", "{% if member %}Fee{% endif %}", "<%= name %>"])
    def test_what_looks_like_the_tag_of_a_template_is_text(self, text: str) -> None:
        assert outline(read_word(docx(paragraph(text)))) == [f"paragraph: {text}"]

    def test_what_was_deleted_is_left_out(self) -> None:
        gone = "<w:del><w:r><w:delText> Or not.</w:delText></w:r></w:del>"
        assert outline(read_word(docx(paragraph("Report it.", more=gone)))) == ["paragraph: Report it."]

    @pytest.mark.parametrize("body", ["", paragraph(""), paragraph(" ")])
    def test_a_file_without_text_has_no_blocks(self, body: str) -> None:
        assert read_word(docx(body)).blocks == []


class TestTitle:
    def test_it_is_the_paragraph_in_the_style_of_a_title(self) -> None:
        body = [paragraph("Lost  card", "T"), paragraph("Loss", "H1"), paragraph("Report it.")]
        builder = read_word(docx(*body, properties="<dc:title>Draft of May</dc:title>"))
        assert builder.title == "Lost card"
        assert outline(builder) == ["title: Lost card", "heading 1: Loss", "paragraph: Report it."]

    def test_else_it_is_what_the_properties_say(self) -> None:
        builder = read_word(
            docx(paragraph("Loss", "H1"), paragraph("Report it."), properties="<dc:title>Cards &amp; passes</dc:title>")
        )
        assert builder.title == "Cards & passes"
        assert outline(builder) == ["heading 1: Loss", "paragraph: Report it."]

    @pytest.mark.parametrize("title", ["", " ", "Microsoft Word - card", "card_2.docx", "Untitled", "lost_card"])
    def test_what_a_program_put_there_says_nothing(self, title: str) -> None:
        data = docx(paragraph("Loss", "H1"), paragraph("Report it."), properties=f"<dc:title>{title}</dc:title>")
        assert read_word(data).title == "Loss"

    def test_a_file_without_properties_has_one_all_the_same(self) -> None:
        assert read_word(docx(paragraph("Loss", "H1"), paragraph("Report it."))).title == "Loss"


class TestProperties:
    def test_the_author_and_the_day_of_the_latest_change(self) -> None:
        properties = (
            "<dc:creator>Ada Moss</dc:creator><dcterms:created>2021-02-03T04:05:06Z</dcterms:created>"
            "<dcterms:modified>2023-04-05T06:07:08Z</dcterms:modified>"
        )
        assert read_word(docx(paragraph("Hello."), properties=properties)).metadata == {
            "author": "Ada Moss",
            "updated": "2023-04-05",
        }

    @pytest.mark.parametrize("author", ["", "Administrator", "Microsoft Office User", "user", "python-docx"])
    @pytest.mark.parametrize("day", ["", "1601-01-01T00:00:00Z", "2023-13-45", "soon"])
    def test_what_a_program_put_there_says_nothing(self, author: str, day: str) -> None:
        properties = f"<dc:creator>{author}</dc:creator><dcterms:modified>{day}</dcterms:modified>"
        assert read_word(docx(paragraph("Hello."), properties=properties)).metadata == {}

    def test_damaged_properties_cost_nothing_but_themselves(self) -> None:
        assert outline(read_word(docx(paragraph("Hello."), properties="<dc:title>"))) == ["paragraph: Hello."]


_FIRM_STYLES = """<w:style w:type="paragraph" w:styleId="Part"><w:name w:val="Quill Part"/><w:basedOn w:val="H2"/></w:style>
<w:style w:type="paragraph" w:styleId="Sub"><w:name w:val="Quill Sub"/><w:basedOn w:val="Part"/></w:style>
<w:style w:type="paragraph" w:styleId="Level"><w:name w:val="Rule"/><w:pPr><w:outlineLvl w:val="2"/></w:pPr></w:style>
<w:style w:type="paragraph" w:styleId="Contents"><w:name w:val="TOC Heading"/><w:basedOn w:val="H1"/>
<w:pPr><w:outlineLvl w:val="9"/></w:pPr></w:style>
<w:style w:type="paragraph" w:styleId="Pages"><w:name w:val="Heading"/></w:style>
<w:style w:type="paragraph" w:styleId="A"><w:name w:val="A"/><w:basedOn w:val="B"/></w:style>
<w:style w:type="paragraph" w:styleId="B"><w:name w:val="B"/><w:basedOn w:val="A"/></w:style>"""


class TestHeadings:
    @pytest.mark.parametrize(
        ("style", "properties", "level"),
        [
            ("Part", "", 2),
            ("Sub", "", 2),
            ("Level", "", 3),
            ("Pages", "", 1),
            ("", '<w:outlineLvl w:val="3"/>', 4),
            ("H1", '<w:outlineLvl w:val="8"/>', 6),
        ],
        ids=[
            "based on a heading",
            "based on that",
            "outline level of the style",
            "Apple Pages",
            "own outline level",
            "deepest",
        ],
    )
    def test_a_style_or_an_outline_level_makes_one(self, style: str, properties: str, level: int) -> None:
        body = [paragraph("Rules."), paragraph("Bees", style, properties=properties), paragraph("They hum.")]
        assert outline(read_word(docx(*body, styles=_FIRM_STYLES)))[1] in (f"heading {level}: Bees", "title: Bees")

    @pytest.mark.parametrize(
        ("style", "properties"), [("Contents", ""), ("H1", '<w:outlineLvl w:val="9"/>'), ("A", ""), ("X", "")]
    )
    def test_the_outline_level_of_text_makes_none(self, style: str, properties: str) -> None:
        body = paragraph("Rules."), paragraph("Bees", style, properties=properties)
        assert outline(read_word(docx(*body, styles=_FIRM_STYLES)))[1] == "paragraph: Bees"

    def test_a_whole_clause_in_the_style_of_a_heading_is_text(self) -> None:
        clause = (
            "The keeper looks after the bees, and tells the club by the first of March of each year how many there are. " * 2
        )
        assert outline(read_word(docx(paragraph(clause, "H2")))) == [f"paragraph: {clause.strip()}"]


class TestNumbers:
    def test_the_levels_of_a_numbering(self) -> None:
        levels = numbering(level(0, "%1."), level(1, "%1.%2"), level(2, "(%3)", "lowerLetter"))
        body = [
            paragraph("Hives", "H1", properties=numbered()),
            paragraph("Paint them.", properties=numbered(1)),
            paragraph("Honey", "H1", properties=numbered()),
            paragraph("Sell it:", properties=numbered(1)),
            paragraph("in jars", properties=numbered(2)),
            paragraph("in combs", properties=numbered(2)),
            paragraph("Eat it.", properties=numbered(1)),
        ]
        assert [line.partition(": ")[2] for line in outline(read_word(docx(*body, numberings=levels)))] == [
            "1. Hives",
            "1.1 Paint them.",
            "2. Honey",
            "2.1 Sell it:",
            "(a) in jars",
            "(b) in combs",
            "2.2 Eat it.",
        ]

    @pytest.mark.parametrize(
        ("level_xml", "numbers"),
        [
            (level(0, "§ %1"), ["§ 1 ", "§ 2 ", "§ 3 "]),
            (level(0, "%1)", "upperRoman"), ["I) ", "II) ", "III) "]),
            (level(0, "%1", "ordinal"), ["1st ", "2nd ", "3rd "]),
            (level(0, "第%1条", "chineseCounting", '<w:suff w:val="nothing"/>'), ["第一条", "第二条", "第三条"]),
            (level(0, "Step %1:", "decimalZero"), ["Step 01: ", "Step 02: ", "Step 03: "]),
            (level(0, "Note:", "none"), ["Note: ", "Note: ", "Note: "]),
            (level(0, "%1", "decimalEnclosedCircle"), ["① ", "② ", "③ "]),
            (level(0, "•", "bullet"), ["", "", ""]),
        ],
    )
    def test_formats(self, level_xml: str, numbers: list[str]) -> None:
        body = [paragraph("Wax", properties=numbered()) for _ in numbers]
        assert outline(read_word(docx(*body, numberings=numbering(level_xml)))) == [f"item: {number}Wax" for number in numbers]

    def test_a_list_goes_on_or_begins_anew(self) -> None:
        restart = '<w:lvlOverride w:ilvl="0"><w:startOverride w:val="5"/></w:lvlOverride>'
        order = [2, 2, 3, 3, 2]
        body = [paragraph("Wax", properties=numbered(numbering=one)) for one in order]
        again = numbering(level(0, "%1."), overrides=restart)
        assert outline(read_word(docx(*body, numberings=again))) == [f"item: {n}. Wax" for n in (1, 2, 5, 6, 7)]
        assert outline(read_word(docx(*body, numberings=numbering(level(0, "%1."))))) == [
            f"item: {n}. Wax" for n in range(1, 6)
        ]

    def test_a_level_that_never_begins_anew(self) -> None:
        levels = numbering(level(0, "%1."), level(1, "%2)", more='<w:lvlRestart w:val="0"/>'))
        body = [paragraph("Wax", properties=numbered(depth)) for depth in (0, 1, 0, 1)]
        read = outline(read_word(docx(*body, numberings=levels)))
        assert read == ["item: 1. Wax", "item 1: 1) Wax", "item: 2. Wax", "item 1: 2) Wax"]

    def test_a_number_comes_from_the_style_and_can_be_taken_away(self) -> None:
        properties = '<w:pPr><w:numPr><w:numId w:val="2"/></w:numPr></w:pPr>'
        style = f'<w:style w:type="paragraph" w:styleId="S"><w:name w:val="S"/>{properties}</w:style>'
        body = [paragraph("Wax", "S"), paragraph("Smoke", "S", properties=numbered(numbering=0)), paragraph("Veil", "S")]
        read = outline(read_word(docx(*body, styles=style, numberings=numbering(level(0, "%1.")))))
        assert read == ["item: 1. Wax", "paragraph: Smoke", "item: 2. Veil"]

    def test_a_paragraph_without_text_counts_unless_it_is_deleted(self) -> None:
        gone = (
            f"<w:p><w:pPr>{numbered()}<w:rPr><w:del/></w:rPr></w:pPr><w:del><w:r><w:delText>Old</w:delText></w:r></w:del></w:p>"
        )
        body = [
            paragraph("Wax", properties=numbered()),
            gone,
            paragraph("", properties=numbered()),
            paragraph("Veil", properties=numbered()),
        ]
        read = outline(read_word(docx(*body, numberings=numbering(level(0, "%1.")))))
        assert read == ["item: 1. Wax", "item: 3. Veil"]


def _run(text: str, properties: str = "") -> str:
    return f'<w:r><w:rPr>{properties}</w:rPr><w:t xml:space="preserve">{text}</w:t></w:r>'


def _mark(kind: str, more: str = "") -> str:
    return f'<w:r><w:fldChar w:fldCharType="{kind}">{more}</w:fldChar></w:r>'


def _instruction(text: str) -> str:
    return f"<w:r><w:instrText>{text}</w:instrText></w:r>"


class TestRuns:
    @pytest.mark.parametrize(
        ("runs", "text"),
        [
            (f'<w:fldSimple w:instr=" DATE ">{_run("3 June")}</w:fldSimple>', "3 June"),
            (_mark("begin") + _instruction("REF hive") + _mark("separate") + _run("hive 7") + _mark("end"), "hive 7"),
            (
                _mark("begin")
                + _instruction("IF ")
                + _mark("begin")
                + _instruction("REF a")
                + _mark("separate")
                + _run("yes")
                + _mark("end")
                + _instruction(' = "yes"')
                + _mark("separate")
                + _run("Paid")
                + _mark("end"),
                "Paid",
            ),
            (
                _mark("begin", "<w:ffData><w:checkBox><w:checked/></w:checkBox></w:ffData>")
                + _instruction("FORMCHECKBOX")
                + _mark("end"),
                "☒",
            ),
            (_mark("end") + _run("Still read"), "Still read"),
            (_mark("begin") + _instruction("REF") + _run("Still read"), "Still read"),
            ('<w:r><w:sym w:font="Wingdings" w:char="F0FC"/></w:r>', "✓"),
            (f"<w:r><w:ruby><w:rt>{_run('ほう')}</w:rt><w:rubyBase>{_run('蜂')}</w:rubyBase></w:ruby></w:r>", "蜂"),
            (f"<w:smartTag><w:bdo>{_run('Kept')}</w:bdo></w:smartTag>", "Kept"),
            ("<w:r><w:t>co</w:t><w:noBreakHyphen/><w:t>op</w:t><w:softHyphen/><w:t>s</w:t></w:r>", "co-ops"),
            (f"<w:moveTo>{_run('Here')}</w:moveTo><w:moveFrom>{_run('There')}</w:moveFrom>", "Here"),
        ],
        ids=[
            "simple field",
            "field",
            "field in a field",
            "box to tick",
            "no field",
            "field without end",
            "sign",
            "ruby",
            "wrapped",
            "hyphens",
            "moved",
        ],
    )
    def test_what_word_shows(self, runs: str, text: str) -> None:
        assert outline(read_word(docx(f"<w:p>{runs}</w:p>"))) == [f"paragraph: {text}"]

    @pytest.mark.parametrize(
        "hidden",
        [
            paragraph("Secret", "Note"),
            f"<w:p>{_run('Secret', '<w:vanish/>')}</w:p>",
            "<w:p>" + _run("Secret", '<w:rStyle w:val="Aside"/>') + "</w:p>",
        ],
        ids=["by the paragraph's style", "by itself", "by its style"],
    )
    def test_hidden_text_is_left_out(self, hidden: str) -> None:
        styles = (
            '<w:style w:type="paragraph" w:styleId="Note"><w:name w:val="Note"/><w:rPr><w:vanish/></w:rPr></w:style>'
            '<w:style w:type="character" w:styleId="Aside"><w:name w:val="Aside"/><w:rPr><w:vanish/></w:rPr></w:style>'
        )
        shown = f"""<w:p><w:pPr><w:pStyle w:val="Note"/></w:pPr>{_run("Open", '<w:vanish w:val="0"/>')}</w:p>"""
        assert outline(read_word(docx(hidden, shown, styles=styles))) == ["paragraph: Open"]

    def test_a_text_box_is_read_once_and_after_its_paragraph(self) -> None:
        box = f"<w:txbxContent>{paragraph('Mind the bees')}</w:txbxContent>"
        choice = f'<mc:Choice Requires="x">{box}</mc:Choice>'
        both = f"<mc:AlternateContent>{choice}<mc:Fallback>{box}</mc:Fallback></mc:AlternateContent>"
        for boxes in (both, both.replace(f"<mc:Fallback>{box}</mc:Fallback>", ""), f"<w:pict>{box}</w:pict>"):
            read = outline(read_word(docx(f"<w:p>{_run('Come in.')}<w:r>{boxes}</w:r>{_run(' Sit down.')}</w:p>")))
            assert read == ["paragraph: Come in. Sit down.", "paragraph: Mind the bees"]

    def test_a_paragraph_whose_end_is_deleted_goes_on(self) -> None:
        first = f"<w:p><w:pPr><w:rPr><w:del/></w:rPr></w:pPr>{_run('Come')}</w:p>"
        assert outline(read_word(docx(first, paragraph(" in.")))) == ["paragraph: Come in."]


def _math(xml: str) -> str:
    return f"<w:p><m:oMathPara><m:oMath>{xml}</m:oMath></m:oMathPara></w:p>"


def _part(tag: str, text: str) -> str:
    return f"<m:{tag}><m:r><m:t>{text}</m:t></m:r></m:{tag}>"


@pytest.mark.parametrize(
    ("equation", "text"),
    [
        (f"<m:f>{_part('num', 'honey')}{_part('den', 'hives')}</m:f>", "honey/hives"),
        (f"<m:f>{_part('num', 'a+b')}{_part('den', '2.5')}</m:f>", "(a+b)/2.5"),
        (f"<m:sSup>{_part('e', 'x')}{_part('sup', '2')}</m:sSup>", "x^2"),
        (f"<m:sSubSup>{_part('e', 'x')}{_part('sub', 'i')}{_part('sup', 'n+1')}</m:sSubSup>", "x_i^(n+1)"),
        (f"<m:rad><m:deg/>{_part('e', '2gh')}</m:rad>", "√2gh"),
        (
            f'<m:nary><m:naryPr><m:chr m:val="∑"/></m:naryPr>{_part("sub", "i")}{_part("sup", "n")}{_part("e", "x")}</m:nary>',
            "∑_i^n x",
        ),
        (f'<m:d><m:dPr><m:begChr m:val="["/><m:endChr m:val=")"/></m:dPr>{_part("e", "0")}{_part("e", "1")}</m:d>', "[0|1)"),
        (
            f"<m:m><m:mr>{_part('e', '1')}{_part('e', '0')}</m:mr><m:mr>{_part('e', '0')}{_part('e', '1')}</m:mr></m:m>",
            "(1, 0; 0, 1)",
        ),
        (f"<m:func>{_part('fName', 'sin')}{_part('e', 'x')}</m:func>", "sin x"),
        (f"<m:acc>{_part('e', 'x')}</m:acc>", "x"),
    ],
)
def test_equations_are_read_as_people_type_them(equation: str, text: str) -> None:
    assert outline(read_word(docx(_math(equation)))) == [f"paragraph: {text}"]


_MAIL = """MIME-Version: 1.0
Content-Type: multipart/related; boundary="b"

--b
Content-Type: text/html; charset="utf-8"
Content-Transfer-Encoding: quoted-printable

<p>caf=C3=A9</p>
--b--
"""


class TestChunks:
    @pytest.mark.parametrize(
        ("name", "content", "text"),
        [
            ("a.html", "<html><head><title>Not this</title></head><body><p>Smoke</p></body></html>", "Smoke"),
            ("a.mht", _MAIL, "café"),
            ("a.docx", docx(paragraph("Within")), "Within"),
            ("a.txt", "a < b", "a < b"),
        ],
    )
    def test_a_document_within_the_document_is_read_in_its_place(self, name: str, content: str | bytes, text: str) -> None:
        builder = read_word(docx(paragraph("Before"), '<w:altChunk r:id="chunk"/>', paragraph("After"), chunk=(name, content)))
        assert outline(builder) == ["paragraph: Before", f"paragraph: {text}", "paragraph: After"]
        assert builder.left_out is None

    def test_one_of_another_kind_is_reported(self) -> None:
        builder = read_word(docx(paragraph("Before"), '<w:altChunk r:id="chunk"/>', chunk=("a.rtf", "{\\rtf1 Lost}")))
        assert outline(builder) == ["paragraph: Before"]
        assert builder.left_out is not None
        assert builder.left_out.uri == "a.rtf"

    def test_one_that_holds_itself_ends(self) -> None:
        data = docx(paragraph("Bee"), '<w:altChunk r:id="chunk"/>')
        for _ in range(60):
            data = docx(paragraph("Bee"), '<w:altChunk r:id="chunk"/>', chunk=("a.docx", data))
        assert 10 < len(read_word(data).blocks) < 60


class TestTables:
    _ROWS = (["Hive", "Queen", "Mood"], ["North", "Ada", "calm"], ["South", "Eve", "cross"])
    _TABLE_STYLE = (
        '<w:style w:type="table" w:styleId="Grid"><w:name w:val="Quill Grid"/><w:tblStylePr w:type="firstRow">'
        "<w:rPr><w:b/></w:rPr></w:tblStylePr></w:style>"
    )

    @pytest.mark.parametrize(
        ("head", "properties"),
        [
            ("<w:trPr><w:tblHeader/></w:trPr>", ""),
            ("", '<w:tblLook w:firstRow="1"/>'),
            ("", '<w:tblLook w:val="04A0"/>'),
        ],
    )
    def test_the_row_that_names_the_columns(self, head: str, properties: str) -> None:
        assert read_word(docx(table(*self._ROWS, head=head, properties=properties))).blocks[0].level == 1

    @pytest.mark.parametrize(
        ("head", "properties"),
        [
            ('<w:trPr><w:tblHeader w:val="0"/></w:trPr>', ""),
            ("", '<w:tblLook w:val="04A0" w:firstRow="0"/>'),
            ("", '<w:tblLook w:val="04A0"/>'),
        ],
    )
    def test_a_row_with_a_number_in_it_does_not_unless_it_is_marked(self, head: str, properties: str) -> None:
        rows = (["2023", "Ada", "calm"], ["2024", "Eve", "cross"])
        assert read_word(docx(table(*rows, head=head, properties=properties))).blocks[0].level == 0

    def test_two_columns_may_only_pair_what_belongs_together(self) -> None:
        pairs = table(["Keeper", "Ada Moss"], ["Office", "Second floor"], head="", properties='<w:tblLook w:val="04A0"/>')
        assert read_word(docx(pairs)).blocks[0].level == 0

    @pytest.mark.parametrize(
        ("rows", "level"),
        [
            ((["Kind", "Price"], ["A", "3 euros"], ["B", ""]), 1),
            ((["Kind", "Price"], ["A", "3 euros"], ["B", "free"]), 0),
            ((["Kind", "7"], ["A", "3 euros"], ["B", "5 euros"]), 0),
            ((["Keeper", "Ada Moss"], ["Telephone", "555 12"]), 0),
            ((["All prices"], ["3 euros"], ["5 euros"]), 0),
        ],
    )
    def test_two_columns_have_names_where_one_holds_numbers_below_them(self, rows: tuple[list[str], ...], level: int) -> None:
        data = docx(table(*rows, head="", properties='<w:tblLook w:val="04A0"/>'))
        assert read_word(data).blocks[0].level == level

    def test_a_first_row_in_the_look_of_its_own_names_the_columns(self) -> None:
        look = '<w:tblStyle w:val="Grid"/><w:tblLook w:firstRow="1"/>'
        data = docx(table(["2023", "2024"], ["7", "9"], head="", properties=look), styles=self._TABLE_STYLE)
        assert outline(read_word(data)) == ["row 1: 2023 | 2024", "row: 7 | 9"]

    def test_merged_cells_and_rows_that_are_gone(self) -> None:
        def cell(text: str, properties: str = "") -> str:
            return f"<w:tc><w:tcPr>{properties}</w:tcPr>{paragraph(text)}</w:tc>"

        rows = [
            cell("Hives", '<w:vMerge w:val="restart"/>') + cell("North"),
            cell("", "<w:vMerge/>") + cell("South"),
            f"<w:trPr><w:del/></w:trPr>{cell('Old')}{cell('Row')}",
            f"<w:trPr><w:hidden/></w:trPr>{cell('No')}{cell('Row')}",
            cell("All", '<w:gridSpan w:val="2"/>'),
        ]
        data = docx(f"<w:tbl>{''.join(f'<w:tr>{row}</w:tr>' for row in rows)}</w:tbl>")
        assert [line.partition(": ")[2] for line in outline(read_word(data))] == ["Hives | North", "Hives | South", "All"]


class TestWhatIsRefused:
    @pytest.mark.parametrize("data", [b"", b"Lost card", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 of old"])
    def test_what_is_no_word_file(self, data: bytes) -> None:
        with pytest.raises(UnreadableError, match="not a Word file"):
            read_word(data)

    def test_what_is_cut_off(self) -> None:
        data = docx(paragraph("Lost card"))
        with pytest.raises(UnreadableError, match=r"^a damaged Word file$"):
            read_word(data[: len(data) // 2])

    @pytest.mark.parametrize(
        ("document", "reason"),
        [
            ("<w:document", "a damaged Word file"),
            ("", "a damaged Word file"),
            ("<a/>", "not a Word file"),
            ("<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", "it declares a document type, which no Word file may"),
        ],
    )
    def test_a_package_without_a_document_in_it(self, document: str, reason: str) -> None:
        with pytest.raises(UnreadableError, match=f"^{reason}$"):
            read_word(docx(parts={"word/document.xml": document}))

    def test_a_text_that_is_nested_too_deeply(self) -> None:
        depth = 2_000
        with pytest.raises(UnreadableError, match="nested too deeply"):
            read_word(docx("<w:sdt>" * depth + paragraph("Deep") + "</w:sdt>" * depth))

    def test_a_file_with_a_password(self) -> None:
        locked = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le")
        with pytest.raises(UnreadableError, match="protected by a password"):
            read_word(locked)

    def test_a_bomb_is_not_unpacked(self) -> None:
        bomb = docx(parts={"word/document.xml": " " * (65 * 2**20)})
        tracemalloc.start()
        with pytest.raises(UnreadableError, match="too large when unpacked"):
            read_word(bomb)
        assert tracemalloc.get_traced_memory()[1] < 2**20
        tracemalloc.stop()


def test_raised_and_lowered_digits_do_not_run_on_from_a_number() -> None:
    def run(text: str, look: str) -> str:
        return f'<w:r><w:rPr><w:vertAlign w:val="{look}"/></w:rPr><w:t xml:space="preserve">{text}</w:t></w:r>'

    title = paragraph("20 m", "T", more=run("2", "superscript"))
    text = paragraph("10", more=run("3", "superscript") + run(" cards, CO", "baseline") + run("2", "subscript"))
    builder = read_word(docx(title, text))
    assert builder.title == "20 m²"
    assert outline(builder)[1:] == ["paragraph: 10³ cards, CO₂"]
