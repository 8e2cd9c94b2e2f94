import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from askdex.corpus.errors import UnreadableError
from askdex.corpus.readers.html import read_html
from askdex.corpus.types import Kind
from tests.corpus.readers.outline import outline, outside_blocks, texts


def _page(body: str, head: str = "") -> str:
    return f"<!DOCTYPE html><html lang='en'><head><meta charset='utf-8'>{head}</head><body>{body}</body></html>"


class TestWhatIsRead:
    @pytest.mark.parametrize(
        "furniture",
        [
            "<nav>Menu</nav>",
            "<footer>Imprint</footer>",
            '<p>Next: <a href="b.html" rel="next">Loss</a>, Up: <a href="c.html">Cards</a> [<a href="i.html">Index</a>]</p>',
            "<aside>See also</aside>",
            "<header>Logo</header>",
            "<form>Search</form>",
            "<button>Print</button>",
            "<div role='navigation'>Menu</div>",
            "<div role='contentinfo'>Imprint</div>",
            "<div role='search'>Search</div>",
        ],
    )
    def test_menus_and_footers_are_left_out(self, furniture: str) -> None:
        page = _page(f"{furniture}<p>Report it.</p>{furniture}")
        assert outline(read_html(page)) == ["paragraph: Report it."]

    @pytest.mark.parametrize(
        "unseen",
        [
            "<script>track()</script>",
            "<style>p {}</style>",
            "<template><p>Later</p></template>",
            "<noscript>Turn it on</noscript>",
            "<svg><text>Logo</text></svg>",
            "<iframe src='x'>Frame</iframe>",
            "<!-- a note -->",
            "<p hidden>Secret</p>",
            "<div aria-hidden='true'><p>Ornament</p></div>",
            "<select><option>Language</option></select>",
        ],
    )
    def test_what_nobody_sees_is_left_out(self, unseen: str) -> None:
        assert outline(read_html(_page(f"<p>Report it.</p>{unseen}"))) == ["paragraph: Report it."]

    @pytest.mark.parametrize(
        "link",
        [
            "<a class='headerlink' href='#loss' title='Permalink'>\uf0c1</a>",
            "<a class='x headerlink' href='#loss'>¶</a>",
            *(f"<a href='#loss'> {sign}\n</a>" for sign in "¶#§🔗\u200b"),
        ],
    )
    def test_a_sign_that_leads_to_its_own_heading_is_no_part_of_it(self, link: str) -> None:
        page = _page(f"<h1>Lost card{link}</h1><h2>{link}Costs</h2><p>Nothing.</p>")
        assert outline(read_html(page)) == ["title: Lost card", "heading 2: Costs", "paragraph: Nothing."]

    def test_a_heading_is_read_whatever_its_classes_say(self) -> None:
        page = _page("<h2 class='anchor withNavbar'>UI<a href='#ui'>\u200b</a></h2><p>Report it.</p>")
        assert texts(read_html(page), Kind.HEADING) == ["UI"]

    @pytest.mark.parametrize("link", ["<a href='#loss'>Loss</a>", "<a href='/loss'>Loss</a>", "<a>Loss</a>"])
    def test_a_heading_that_is_a_link_is_read(self, link: str) -> None:
        assert texts(read_html(f"<h2>{link}</h2><p>Report it."), Kind.HEADING) == ["Loss"]

    @pytest.mark.parametrize("main", ["<main>{}</main>", "<div role='main'>{}</div>", "<article>{}</article>"])
    def test_only_the_main_part_is_read_where_one_is_marked(self, main: str) -> None:
        page = _page(f"<div>Cookies</div>{main.format('<p>Report it at once.</p>')}<div>News</div>")
        assert outline(read_html(page)) == ["paragraph: Report it at once."]

    def test_of_several_articles_all_are_read(self) -> None:
        page = _page("<article><p>Report it.</p></article><article><p>Then wait.</p></article>")
        assert outline(read_html(page)) == ["paragraph: Report it.", "paragraph: Then wait."]

    def test_a_header_with_the_top_heading_is_read(self) -> None:
        assert read_html(_page("<header><h1>Lost card</h1></header><p>Report it.</p>")).title == "Lost card"

    @pytest.mark.parametrize("tag", ["nav", "footer", "aside", "form", "header"])
    def test_a_page_with_text_only_in_what_is_left_out_is_read_whole(self, tag: str) -> None:
        page = _page(f"<{tag}><h2>What to do</h2><p>Report it.</p></{tag}><script>track()</script>")
        assert outline(read_html(page)) == ["heading 2: What to do", "paragraph: Report it."]

    def test_a_main_part_without_text_does_not_hide_the_page(self) -> None:
        assert outline(read_html(_page("<main></main><div>Report it.</div>"))) == ["paragraph: Report it."]

    @pytest.mark.parametrize("content", ["0; URL=../cache.html", "3,url='cache.html'"])
    @pytest.mark.parametrize("body", ["<p>Redirecting to... <a href='../cache.html'>../cache.html</a>.</p>", ""])
    def test_a_page_that_only_leads_to_another_is_refused(self, content: str, body: str) -> None:
        with pytest.raises(UnreadableError, match="only leads to another page"):
            read_html(_page(body, f'<meta http-equiv="Refresh" content="{content}">'))

    @pytest.mark.parametrize(
        ("content", "body"),
        [("300", "<p>Report it."), ("300; url=news.html", "<h2>News</h2><p>None."), ("300; url=news.html", "<p>Word " * 99)],
        ids=["itself again", "with a heading", "with text"],
    )
    def test_a_page_that_is_loaded_again_is_read(self, content: str, body: str) -> None:
        assert read_html(_page(body, f"<meta http-equiv='refresh' content='{content}'>")).blocks

    @pytest.mark.parametrize("source", ["", "<html></html>", _page("<script>track()</script>"), "<!-- a note -->"])
    def test_a_page_without_text_has_no_blocks(self, source: str) -> None:
        assert read_html(source).blocks == []


class TestTitleAndLanguage:
    def test_the_top_heading_goes_before_the_title_of_the_window(self) -> None:
        builder = read_html(_page("<h1>Lost <em>card</em></h1><p>Report it.</p>", "<title>Lost card - Agency</title>"))
        assert builder.title == "Lost card"
        assert outline(builder) == ["title: Lost card", "paragraph: Report it."]

    def test_without_a_top_heading_it_is_the_title_of_the_window(self) -> None:
        builder = read_html(_page("<h2>What to do</h2><p>Report it.</p>", "<title>\n Lost\n card </title>"))
        assert builder.title == "Lost card"

    def test_of_several_top_headings_one_that_opens_the_page_is_the_title(self) -> None:
        builder = read_html("<h1>Lost card</h1><p>Report it.</p><h1>Costs</h1><p>None.</p>")
        assert builder.title == "Lost card"
        assert texts(builder, Kind.HEADING) == ["Costs"]

    def test_the_title_of_a_drawing_is_not_the_pages(self) -> None:
        assert read_html(_page("<svg><title>Arrow</title></svg><p>Report it.</p>")).title is None

    @pytest.mark.parametrize(
        ("tag", "expected"), [("lang='en-GB'", "en"), ("lang='zh-Hans'", "zh"), ("lang=''", None), ("", None), ("lang", None)]
    )
    def test_the_language_is_the_pages_own(self, tag: str, expected: str | None) -> None:
        assert read_html(f"<html {tag}><p>Report it.</p></html>").language == expected


class TestStructure:
    def test_headings_have_their_levels(self) -> None:
        builder = read_html("".join(f"<h{level}>Level {level}</h{level}><p>Text</p>" for level in range(1, 7)))
        headings = [line for line in outline(builder) if line != "paragraph: Text"]
        assert headings == ["title: Level 1", *(f"heading {level}: Level {level}" for level in range(2, 7))]

    def test_a_heading_of_many_lines_is_one_line(self) -> None:
        assert outline(read_html("<h2>What<br>to\n  do</h2><p>Report it.</p>"))[0] == "heading 2: What to do"

    def test_a_heading_as_long_as_a_paragraph_is_one(self) -> None:
        builder = read_html(f"<h2>{'word ' * 100}</h2><p>Report it.</p>")
        assert texts(builder, Kind.HEADING) == []
        assert texts(builder, Kind.PARAGRAPH)[0].split() == ["word"] * 100

    @pytest.mark.parametrize(
        ("source", "kind"),
        [
            ("<ul><li>{}</ul>", Kind.ITEM),
            ("<table><tr><td>x<td>{}<tr><td>x<td>y<tr><td>x<td>y<tr><td>x<td>y</table>", Kind.ROW),
            ("<pre>{}</pre>", Kind.CODE),
        ],
    )
    def test_other_parts_stay_what_they_are_however_long(self, source: str, kind: Kind) -> None:
        builder = read_html(source.format("word " * 100))
        assert {block.kind for block in builder.blocks} == {kind}

    def test_nested_lists_are_one_item_each(self) -> None:
        source = "<ul><li>papers<ol><li>identity card<li><p>photograph</p></ol>and copies</li><li>the fee</ul>"
        assert outline(read_html(source)) == [
            "item: papers",
            "item 1: 1. identity card",
            "item 1: 2. photograph",
            "item: and copies",
            "item: the fee",
        ]

    def test_items_of_lists_within_lists_are_indented(self) -> None:
        builder = read_html("<ul><li>papers<ol><li>card<br>or copy<ul><li>red</ul></ol></li><li>fee</ul>")
        assert builder.text == "papers\n    1. card\n    or copy\n        red\nfee"
        assert [(block.level, builder.text_of(block)) for block in builder.blocks] == [
            (0, "papers"),
            (1, "1. card or copy"),
            (2, "red"),
            (0, "fee"),
        ]

    @pytest.mark.parametrize(
        ("source", "marks"),
        [
            ("<ol><li>x<li>x</ol>", ["1. x", "2. x"]),
            ("<ol start=4><li>x<li>x</ol>", ["4. x", "5. x"]),
            ("<ol start=-1><li>x<li>x</ol>", ["-1. x", "0. x"]),
            ("<ol start=x type=x><li value=7>x<li>x</ol>", ["7. x", "8. x"]),
            ("<ol reversed><li>x<li>x<li>x</ol>", ["3. x", "2. x", "1. x"]),
            ("<ol reversed start=9><li>x<li>x</ol>", ["9. x", "8. x"]),
            ("<ol type=a start=26><li>x<li>x</ol>", ["z. x", "aa. x"]),
            ("<ol type=A start=0><li>x<li>x</ol>", ["0. x", "A. x"]),
            ("<ol type=i start=3><li>x<li>x</ol>", ["iii. x", "iv. x"]),
            ("<ol type=I start=3999><li>x<li>x</ol>", ["MMMCMXCIX. x", "4000. x"]),
            ("<ol style='color: red; list-style-type: lower-latin'><li>x<li>x</ol>", ["a. x", "b. x"]),
            ("<ol style='list-style: none'><li>x</ol>", ["x"]),
            ("<ol class='list-unstyled'><li>x</ol>", ["x"]),
            ("<ol><li style='list-style-type:none'>x<li>x</ol>", ["x", "2. x"]),
            ("<ol><li><p>x</p><p>y</p><li><ul><li>x</ul>y</ol>", ["1. x", "y", "x", "y"]),
            ("<ul><li>x</ul><li>x", ["x", "x"]),
        ],
    )
    def test_items_have_the_numbers_that_a_browser_shows(self, source: str, marks: list[str]) -> None:
        assert texts(read_html(source), Kind.ITEM) == marks

    def test_a_heading_in_an_item_has_its_number_unless_it_asks(self) -> None:
        source = "<ol><li><h3>Pay</h3>At the desk.<li><h3>Where is it?</h3><p>Below.</p></ol>"
        assert texts(read_html(source), Kind.HEADING) == ["1. Pay", "Where is it?"]

    def test_a_list_within_a_cell_keeps_its_numbers(self) -> None:
        assert texts(read_html("<table><tr><td>a<td><ol><li>x<li>y</ol></table>"), Kind.ROW) == ["a | 1. x 2. y"]

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

    def test_a_table_within_a_cell_loses_nothing(self) -> None:
        page = "<table><tr><td>one<table><tr><td>two<td>three</table>four<td>five</table>"
        assert outline(read_html(page)) == ["paragraph: one", "row: two | three", "paragraph: four", "paragraph: five"]

    def test_rows_and_items_stand_on_lines_of_their_own(self) -> None:
        builder = read_html("<p>Needed:</p><ul><li>card<li>photo</ul><p>That is all.</p>")
        assert builder.text == "Needed:\n\ncard\nphoto\n\nThat is all."

    def test_preformatted_text_keeps_its_lines_and_blanks(self) -> None:
        assert outline(read_html("<pre><code>if lost:\n    report()\n\nwait()</code></pre>")) == [
            "code: if lost:\n    report()\n\nwait()"
        ]

    def test_the_summary_of_details_is_their_heading(self) -> None:
        source = "<details><summary>What does it cost?</summary><p>Nothing.</p></details>"
        assert outline(read_html(source)) == ["heading 2: What does it cost?", "paragraph: Nothing."]

    def test_a_heading_within_a_summary_keeps_its_level(self) -> None:
        source = "<details><summary><h3>Costs</h3></summary>Nothing.</details>"
        assert outline(read_html(source)) == ["heading 3: Costs", "paragraph: Nothing."]

    def test_questions_in_a_definition_list_are_headings_and_other_terms_open_their_descriptions(self) -> None:
        source = "<dl><dt>What does it cost?<dd>Nothing.<dt>Agency<dd>The office in charge.</dl>"
        assert outline(read_html(source)) == [
            "heading 2: What does it cost?",
            "item: Nothing.",
            "item: Agency\nThe office in charge.",
        ]

    @pytest.mark.parametrize(
        ("source", "expected"),
        [
            ("<dt>-v<dt>--verbose<dd>Says more.<dt>-q<dd>Less.", ["item: -v\n--verbose\nSays more.", "item: -q\nLess."]),
            ("<dt>-v<dd><p>Says more.<p>Or less.", ["item: -v\nSays more.", "item: Or less."]),
            ("<dt>-v<dd><ul><li>Says more.<li>Or less.", ["item: -v\nSays more.", "item 1: Or less."]),
            ("<dt>-v<dd><pre>verbose</pre>Says more.", ["item: -v", "code: verbose", "item: Says more."]),
            ("<dt>-v<dd><h4>Note</h4>Says more.", ["item: -v", "heading 4: Note", "item: Says more."]),
        ],
    )
    def test_a_term_is_one_with_what_opens_its_description(self, source: str, expected: list[str]) -> None:
        assert outline(read_html(f"<dl>{source}</dl>")) == expected

    @pytest.mark.parametrize(
        ("source", "expected"),
        [
            ("<p>Re<b>port</b>\n   it\tat <i>once</i>.</p>", "Report it at once."),
            ("<p>Fish &amp; chips &lt;b&gt; &#8211; &eacute;&hellip; &unknown;</p>", "Fish & chips <b> – é… &unknown;"),
            ("<p>one<br>two<br/><br>three</p>", "one\ntwo\nthree"),
            ("<p><img src='x' alt='A lost card'> <img src='y'></p>", "A lost card"),
            ("<a href='https://example.org'>the agency</a>", "the agency"),
            ("<blockquote><p>so they said</p></blockquote>", "so they said"),
        ],
    )
    def test_a_paragraph_is_what_it_shows(self, source: str, expected: str) -> None:
        assert outline(read_html(source)) == [f"paragraph: {expected}"]

    def test_loose_text_around_parts_is_kept(self) -> None:
        assert outline(read_html("before<p>within</p>after<div>below<div>deeper</div>end</div>")) == [
            f"paragraph: {text}" for text in ("before", "within", "after", "below", "deeper", "end")
        ]

    @pytest.mark.parametrize("tag", ["div", "span", "ul><li", "a href=x><div", "table><tr><td", "x-card"])
    def test_nesting_without_end_is_survived(self, tag: str) -> None:
        begin, after = f"<{tag}>" * 50_000, "</div>" * 50_000
        text = read_html(f"<p>Report it.</p>{begin}At once.{after}<p>Then wait.</p>").text
        assert text.split() == "Report it. At once. Then wait.".split()

    def test_elements_side_by_side_may_be_many_and_left_open(self) -> None:
        source = "<p><a name=x>One<br><img src=x>" * 3_000 + "<h2>Fees</h2><p>They are low."
        assert outline(read_html(source))[-2:] == ["heading 2: Fees", "paragraph: They are low."]

    def test_an_element_with_attributes_without_end_is_read_without_them(self) -> None:
        attributes = " ".join(f"a{n}=1" for n in range(100_000))
        assert texts(read_html(f"<div {attributes}><p class=x>Report it.</p></div>"), Kind.PARAGRAPH) == ["Report it."]


class TestBoldHeadings:
    @pytest.mark.parametrize(
        ("source", "expected"),
        [
            ("<p><strong>Who pays?</strong></p><p>You.</p>", ["heading 2: Who pays?", "paragraph: You."]),
            ("<h2>Fees</h2><p><b>Who pays?</b><br>You.</p>", ["heading 2: Fees", "heading 3: Who pays?", "paragraph: You."]),
            ("<p><b>Who <i>pays</i></b>?  You.</p>", ["heading 2: Who pays?", "paragraph: You."]),
            ("<p><b>Who </b><i><b>pays?</b></i> You.</p>", ["heading 2: Who pays?", "paragraph: You."]),
            ("<p><b>谁付款？</b>您。</p>", ["heading 2: 谁付款？", "paragraph: 您。"]),
            ("<p>1. <b>Who pays?</b> You.</p>", ["heading 2: 1. Who pays?", "paragraph: You."]),
            ("<p style='color:red; font-weight: 700'>Who pays?</p>You.", ["heading 2: Who pays?", "paragraph: You."]),
            ("<p><span style='font-weight:bold'>Who pays?</span> You.</p>", ["heading 2: Who pays?", "paragraph: You."]),
            (
                "<p><b>Who pays?</b><br>You.<br>Now.<br><b>And who<br>is paid?</b></p>",
                ["heading 2: Who pays?", "paragraph: You.\nNow.", "heading 2: And who is paid?"],
            ),
            (
                "<p><b>Who pays?</b> You.<br><b>When?</b><br>Now.</p>",
                ["heading 2: Who pays?", "paragraph: You.", "heading 2: When?", "paragraph: Now."],
            ),
            (
                "<ol><li><b>Who pays?</b> You.<li><p><b>When?</b></p><p>Now.</p></ol>",
                ["heading 2: Who pays?", "item: You.", "heading 2: When?", "item: Now."],
            ),
        ],
    )
    def test_a_bold_question_is_a_heading(self, source: str, expected: list[str]) -> None:
        assert outline(read_html(source)) == expected

    @pytest.mark.parametrize(
        ("source", "expected"),
        [
            ("<p><b>What to pay</b></p><p>Ten euros.</p>", ["heading 2: What to pay", "paragraph: Ten euros."]),
            ("<p><b>What to pay:</b></p><ul><li>Ten euros.</ul>", ["heading 2: What to pay:", "item: Ten euros."]),
            ("<p><b>What to pay</b><br>Ten euros.</p>", ["heading 2: What to pay", "paragraph: Ten euros."]),
            ("<p><b>Fees</b></p><p><b>Cards</b></p><p>Ten.", ["paragraph: Fees", "heading 2: Cards", "paragraph: Ten."]),
        ],
    )
    def test_a_short_bold_line_above_text_is_a_heading(self, source: str, expected: list[str]) -> None:
        assert outline(read_html(source)) == expected

    @pytest.mark.parametrize(
        "source",
        [
            "<p><b>Pay at once.</b></p><p>It is due.</p>",
            "<p><b>Please bring these, all of them:</b></p><p>A card.</p>",
            "<p><b>What to pay</b> is said below.</p><p>Ten euros.</p>",
            "<p><b>What to pay</b></p><h2>Fees</h2><p>Ten euros.</p>",
            "<p><b>What to pay</b></p>",
            f"<p><b>{'Long ' * 40}</b></p><p>Ten euros.</p>",
            "<p>Is <b>it paid?</b></p><p>Yes.</p>",
            "<p><b>When?</b>: the first day.</p>",
            "<p><b>( ?</b> x</p>",
            f"<p><b>{'Who pays it ' * 20}?</b> You.</p>",
            "<ul><li><b>Pay</b><br>Ten euros.</ul>",
            "<h2>Fees</h2><b>What to pay</b><h3>Cards</h3>Ten.",
        ],
    )
    def test_other_bold_text_is_none(self, source: str) -> None:
        assert set(texts(read_html(source), Kind.HEADING)) <= {"Fees", "Cards"}


class TestNamesOfColumns:
    @pytest.mark.parametrize(
        "rows",
        [
            "<tr><th>Card<th>Fee<tr><td>red<td>free",
            "<tr><th><th>Card<th>Fee<tr><td>a<td>red<td>free",
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


def _links(source: str) -> list[tuple[str, str]]:
    builder = read_html(source)
    return [(builder.text[link.start : link.end], link.address) for link in builder.links]


class TestLinks:
    @pytest.mark.parametrize(
        "address", ["https://a.example/?b=1&c=2#d", "rules.html#fees", "/rules", "mailto:a@b.example", "tel:+431", "a b.pdf"]
    )
    def test_words_that_lead_somewhere_keep_the_address_as_it_is_written(self, address: str) -> None:
        source = f"<p>Fill\n in  the <a href='{address}'> <b>red</b>\n form </a>, please.</p>"
        assert _links(source) == [("red form", address)]

    @pytest.mark.parametrize(
        "address", ["", " ", "#", "#fees", "javascript:void(0)", " JavaScript:x", "data:text/html,x", "x" * 3_000]
    )
    def test_what_leads_nowhere_is_no_link(self, address: str) -> None:
        assert _links(f"<p><a href='{address}'>form</a> <a>form</a></p>") == []

    @pytest.mark.parametrize(
        ("source", "expected"),
        [
            ("<ol><li>see<li> <a href=x>it</a> now</ol>", ["it"]),
            ("<ul><li>a<ul><li>b<br><a href=x>c</a><br>d <a href=x>e<br>f</a></ul></ul>", ["c", "e\n    f"]),
            ("<h2>The\u00a0 <a href=x>form\n of</a> all</h2>", ["form of"]),
            ("<ol><li><h3><a href=x>Pay</a></h3></ol>", ["Pay"]),
            ("<dl><dt><a href=x>a</a><dd>b <a href=x>c</a></dl>", ["a", "c"]),
            ("<pre>if  <a href=x> x</a></pre>", ["x"]),
            ("<a href=x><h2>Pay</h2><p>At once</p></a> later", ["Pay", "At once"]),
            ("<p><a href=x><img alt='The form'></a></p>", ["The form"]),
            ("<p>a <a href=x>\u00a0</a> <a href=x></a> b</p>", []),
            ("<table><tr><td>a<td><a href=x>b</a> c<td> <a href=x> d </a></table>", ["b", "d"]),
            ("<table><tr><td rowspan=2>a <a href=x>b</a><td>c<tr><td><a href=x>d</a></table>", ["b", "b", "d"]),
        ],
    )
    def test_links_are_found_wherever_they_stand(self, source: str, expected: list[str]) -> None:
        assert [words for words, _ in _links(source)] == expected

    def test_links_do_not_change_the_text(self) -> None:
        source = "<p>\u00a0 one  <a href=x>\n two</a>\u00a0 <br>\u00a0<br> <i>three</i></p><h2> a\u00a0<a href=x>b </a> c</h2>"
        assert read_html(source).text == read_html(source.replace("href", "name")).text


class TestFoldedAway:
    """What a page shows only when it is asked to."""

    @pytest.mark.parametrize(
        "source",
        [
            "<h3><button>Who pays?</button></h3><div>You.</div>",
            "<h3><button aria-expanded=false aria-controls=a>Who pays?</button></h3><div id=a hidden>You.</div>",
            "<h3 id=h><button>Who pays?</button></h3><div role=region aria-labelledby=h hidden>You.</div>",
            "<h3><button>Who pays?</button></h3><div hidden=until-found>You.</div>",
            "<h3>Who pays?</h3><div class=accordion-content aria-hidden=true style='display:none'>You.</div>",
            "<h3 aria-controls=a>Who pays?</h3><div id=a role=tabpanel aria-hidden=true>You.</div>",
            "<h3><button>Who pays?<span class=icon>+</span><span class='sr-only'>Show</span></button></h3><p>You.",
        ],
    )
    def test_an_answer_stands_under_the_heading_that_opens_it(self, source: str) -> None:
        assert outline(read_html(_page(f"<nav>Menu</nav>{source}<footer>Imprint"))) == [
            "heading 3: Who pays?",
            "paragraph: You.",
        ]

    @pytest.mark.parametrize(
        "source",
        [
            "<button aria-expanded=false aria-controls=a>Who pays?</button><div id=a hidden>You.</div>",
            "<button class=accordion>Who pays?</button><div class=panel>You.</div>",
            "<button>Who pays?</button><div>You.</div>",
            "<button class=accordion><span class=toggle-text>Who pays?</span><span class=plus>+</span></button><div>You.</div>",
            "<div><button data-toggle=collapse data-target='#a'>Who pays?</button></div><div class=collapse id=a>You.</div>",
            "<a data-bs-toggle=collapse href='#a' role=button>Who pays?</a><div id=a>You.</div>",
            "<div class=faq__question>Who pays?</div><div class=faq__answer>You.</div>",
            "<div class=card-header><span>Who pays?</span></div><div class=card-body>You.</div>",
            "<div role=button aria-expanded=false>Who pays?</div><div>You.</div>",
            "<div class='ui accordion'><div class=title>Who pays?</div><div class=content>You.</div></div>",
            "<input type=checkbox id=c><label for=c>Who pays?</label><div>You.</div>",
            "<div itemtype='//schema.org/Question'><b itemprop=name>Who pays?</b><div itemprop=acceptedAnswer hidden>You.",
            "<details><summary>Who pays?</summary>You.</details>",
            "<accordion question='Who pays?'>You.</accordion>",
            "<Accordion title=\"{'Who  pays?'}\"><p>You.</p></Accordion>",
            "<faq-item question='Who pays?' answer='You.'></faq-item>",
            "<fieldset><legend>Who pays?</legend><p>You.</p></fieldset>",
            "<dl><dt>Who pays?<dd>You.</dl>",
        ],
    )
    def test_a_label_that_opens_a_panel_is_its_heading(self, source: str) -> None:
        lines = outline(read_html(_page(f"<main><h1>Fees</h1><p>In short.</p><h2>All</h2>{source}</main>")))
        assert [line.replace("item", "paragraph") for line in lines[-2:]] == ["heading 3: Who pays?", "paragraph: You."]

    @pytest.mark.parametrize(
        "source",
        [
            "<ul role=tablist><li role=tab>Car<li role=tab>Boat</ul><div><div role=tabpanel>By road.</div>{}</div>",
            "<div role=tablist><button role=tab aria-controls=a>Car</button>"
            "<button role=tab aria-controls=b>Boat</button></div>"
            "<div id=a role=tabpanel>By road.</div>{}",
            "<ul class='nav nav-tabs'><li><a data-toggle=tab href='#a'>Car</a><li><a data-toggle=tab href='#b'>Boat</a></ul>"
            "<div class=tab-content><div id=a class=tab-pane>By road.</div>{}</div>",
            "<div class=tab><button class=tablinks>Car</button><button class=tablinks>Boat</button></div>"
            "<div class=tabcontent>By road.</div>{}",
            "<div><input type=radio><div class=tabbed-labels><label>Car</label><label>Boat</label></div>"
            "<div class=tabbed-content><div class=tabbed-block>By road.</div>{}</div></div>",
            "<div class=tab-set><input id=x type=radio><label for=x>Car</label><div>By road.</div>"
            "<input id=y type=radio><label for=y>Boat</label>{}</div>",
            "<ul class='nav-tabs' role=tablist><li><button data-bs-toggle=tab data-bs-target='#a' role=tab>Car</button></li>"
            "<li><button data-bs-toggle=tab data-bs-target='#b' role=tab>Boat</button></li></ul>"
            "<div class=content><div id=a role=tabpanel>By road.</div>{}</div>",
            "<tab-item label=Car>By road.</tab-item><tab-item label=Boat>{}</tab-item>",
        ],
    )
    def test_a_panel_of_tabs_stands_under_the_name_of_its_tab(self, source: str) -> None:
        hidden = "<div id=b role=tabpanel class=tabcontent hidden>By river.<h2>Landing</h2>At the pier.</div>"
        assert outline(read_html(_page(f"<h1>Way</h1>{source.format(hidden)}"))) == [
            "title: Way",
            "heading 2: Car",
            "paragraph: By road.",
            "heading 2: Boat",
            "paragraph: By river.",
            "heading 3: Landing",
            "paragraph: At the pier.",
        ]

    @pytest.mark.parametrize(
        "furniture",
        [
            "<p><button>Print</button></p>",
            "<button aria-expanded=false aria-controls=m>Menu</button>"
            "<ul id=m hidden><li><a href=x>Jobs</a><li><a href=y>News</a></ul>",
            "<button aria-expanded=false>Show more</button>",
            "<div hidden class=error>It failed.</div>",
            "<button aria-controls=d>Ask</button><div id=d role=dialog hidden>Your question</div>",
            "<button data-toggle=modal data-target='#d'>Ask</button><div id=d class=modal aria-hidden=true>Your question</div>",
        ],
    )
    def test_buttons_and_hidden_parts_that_are_no_content_are_left_out(self, furniture: str) -> None:
        assert outline(read_html(_page(f"<p>Report it.</p>{furniture}"))) == ["paragraph: Report it."]

    def test_what_is_behind_a_button_that_only_says_more_is_read_without_it(self) -> None:
        source = (
            "<p>Report it.</p><button aria-controls=a aria-expanded=false>Read more</button><div id=a hidden>Then wait.</div>"
        )
        assert outline(read_html(source)) == ["paragraph: Report it.", "paragraph: Then wait."]

    def test_what_a_button_behind_it_shows_is_read(self) -> None:
        source = "<p>Report it.</p><div hidden>Then wait.</div><button aria-expanded=false>Read more</button>"
        assert outline(read_html(source)) == ["paragraph: Report it.", "paragraph: Then wait."]

    def test_questions_for_search_engines_are_headings_and_are_added_where_they_are_not_shown(self) -> None:
        def question(name: str, answer: str) -> str:
            return f'{{"@type": "Question", "name": "{name}", "acceptedAnswer": {{"@type": "Answer", "text": "{answer}"}}}}'

        questions = f"{question('Who pays?', 'You.')}, {question('When?', '<p>Now &amp; here.</p>')}"
        data = f'{{"@type": "FAQPage", "mainEntity": [{questions}]}}'
        head = f'<script type="application/ld+json">{data}</script>'
        assert outline(read_html(_page("<h1>Fees</h1><div>Who pays?</div><div>You do.</div>", head))) == [
            "title: Fees",
            "heading 6: Who pays?",
            "paragraph: You do.",
            "heading 2: When?",
            "paragraph: Now & here.",
        ]

    @pytest.mark.parametrize(
        "data", ["", "{", "[" * 9_999, '"Question"', '{"@type": "Question", "name": 1, "acceptedAnswer": [2]}']
    )
    def test_data_that_says_nothing_changes_nothing(self, data: str) -> None:
        page = _page("<p>Report it.</p>", f'<script type="application/ld+json">{data}</script>')
        assert outline(read_html(page)) == ["paragraph: Report it."]


class TestMainPart:
    @pytest.mark.parametrize(
        "page",
        [
            "<main>{}</main><aside><h2>Related</h2><a href=x>Other</a></aside>",
            "<main class=hero><h1>Cards</h1></main><section>{}</section>",
            "<article></article><div>{}</div>",
            "<p><a href='#c'>Skip to content</a></p><form><input type=hidden><div id=c>{}</div><footer>Imprint</footer></form>",
            "<div class=cookie-banner><p>We use cookies. Do you accept?</p><button>Accept</button></div><div>{}</div>",
            "<div class=x><p>We use cookies for this and for that.</p><div><a href=x>Accept all</a></div></div><div>{}</div>",
            "<div id=header><a href='/'>Town</a></div><ul class=menu><li><a href=a>Jobs</a></ul><div>{}</div>",
            "<ul><li><a href=a>Jobs</a><li><a href=b>News</a></ul><div>{}</div><div id=footer><p>Open daily.</p></div>",
            "<table><tr><td><a href=a>Home</a><br><a href=b>Jobs</a></td><td>{}</td></tr></table>",
            "<div>{}<p>Was this page helpful? Yes No</p></div>",
            "<main><form role=search><label>Search the whole catalogue</label></form>{}</main>",
            "<main><ol class=breadcrumb><li><a href=a>Home</a></ol>{}<div class=toc><a href='#a'>Fees</a></div></main>",
            "<main>{}<footer><a href=a>Privacy</a> ©</footer></main>",
            "<main>{}<div><a href=x>Edit this page</a></div></main>",
            "<main>{}<div class=related><h2>Related</h2><ul><li><a href=a>Jobs</a><li><a href=b>News</a></ul></div></main>",
            "<div><h3>Latest</h3><ul><li><a href=a>Race</a><li><a href=b>New boat</a></ul></div><div>{}</div>",
            "<p><a href=a>Jobs</a> <a href=b>News</a></p><hr>{}<hr><p><a href=c>Imprint</a> | <a href=d>Privacy</a></p>",
            "<div class=breadcrumbs>You are here: <a href=a>Home</a></div><div>{}</div><p>© Town of Ashby</p>",
            "{}<form><label>Tell me what is new, every week</label><input></form>",
        ],
    )
    def test_only_the_content_of_a_page_is_read(self, page: str) -> None:
        content = "<h2>Lost card</h2><p>A new card costs ten euros, and is sent by post.</p><p>It takes a week to come.</p>"
        lines = [line for line in outline(read_html(_page(page.format(content)))) if line != "title: Cards"]
        assert lines == [
            "heading 2: Lost card",
            "paragraph: A new card costs ten euros, and is sent by post.",
            "paragraph: It takes a week to come.",
        ]

    @pytest.mark.parametrize(
        "part",
        [
            "<aside class=note>{}</aside>",
            "<header>{}</header>",
            "<article><p>x</p><footer>{}</footer></article>",
            "<form>{}</form>",
            "<div class=footer>{}</div>",
            "<section><header><h2>{}</h2></header></section>",
            "<table role=presentation><tr><td>{}</td></tr></table>",
            "<div class='card card-footer'>{}</div>",
        ],
    )
    def test_within_the_main_part_all_is_content(self, part: str) -> None:
        text = "It is valid from May on."
        assert text in read_html(_page(f"<main><h1>Cards</h1><p>Report it.</p>{part.format(text)}</main>")).text

    @pytest.mark.parametrize(
        "links",
        [
            "<p>Forms:</p><ul><li><a href=a>Card</a><li><a href=b>Fee</a></ul>",
            "<h2>Forms</h2><ul><li><a href=a>Card</a><li><a href=b>Fee</a></ul>",
            "<ul><li>Forms<ul><li><a href=a>Card</a><li><a href=b>Fee</a></ul></ul>",
            "<table><tr><th>Form<th>Two<tr><td><a href=a>Card</a> <a href=b>Fee</a><td>x</table>",
        ],
    )
    def test_links_that_belong_to_a_text_are_content(self, links: str) -> None:
        page = _page(f"<div><p>Report it at once, and then wait for the letter.</p></div><div>{links}</div>")
        assert "Fee" in read_html(page).text

    def test_a_teaser_is_not_the_main_part(self) -> None:
        teaser = "<article><h3>Concert</h3><p>On Friday, in the park.</p></article>"
        text = read_html(_page(f"<div><h1>Parking</h1><p>It costs two euros.</p></div>{teaser}")).text
        assert "two euros" in text

    def test_a_page_about_cookies_is_read(self) -> None:
        page = (
            "<main><h1>Cookies</h1><p>We set:</p><div class=cookie-list><p>The cookie lang holds a language.</p></div></main>"
        )
        assert "holds a language" in read_html(_page(page)).text

    def test_a_section_about_cookies_is_read(self) -> None:
        section = "<div id=session-cookies><h2>Session cookies</h2><p>They hold a language.</p></div>"
        assert "hold a language" in read_html(_page(f"<div><h1>Data</h1><p>We keep little.</p></div>{section}")).text

    @pytest.mark.parametrize(
        "text",
        [
            "Is this insurance useful for tenants?",
            "Is this answer binding?",
            "Did you find a wallet? Bring it to the desk.",
            "Copyright lasts 70 years from the death of the author.",
            "Copyright law of 1976 is explained here.",
        ],
    )
    def test_text_that_is_like_a_footer_is_read(self, text: str) -> None:
        assert text in read_html(_page(f"<h1>Rights</h1><p>{text}</p><h2>{text}</h2><p>Ask us.</p>")).text

    @pytest.mark.parametrize(
        "text",
        [
            "Was this page helpful? Yes No",
            "Did you find what you were looking for?",
            "War diese Seite hilfreich? Ja Nein",
            "© 2024 Town of Ashby",
            "Copyright 1999 Town of Ashby",
            "All rights reserved.",
        ],
    )
    def test_what_a_footer_says_is_left_out_wherever_it_stands(self, text: str) -> None:
        assert outline(read_html(_page(f"<div><p>Ask us.</p></div><div><p>{text}</p></div>"))) == ["paragraph: Ask us."]

    def test_a_link_within_a_sentence_is_never_left_out(self) -> None:
        page = "<main><p>To change it, press <a href=x>Edit this page</a> below.</p></main>"
        assert outline(read_html(_page(page))) == ["paragraph: To change it, press Edit this page below."]

    def test_links_that_describe_where_they_lead_are_content(self) -> None:
        link = "<li><a href=x><h3>Cards</h3><p>How to report a card that was lost or stolen.</p></a>"
        assert "stolen" in read_html(_page(f"<div><p>Ask us.</p></div><div><ul>{link * 3}</ul></div>")).text

    @pytest.mark.parametrize(
        "page", ["<p>Report it.</p><aside>{}</aside>", "<section><p>Report it.</p><footer>{}</footer></section>"]
    )
    def test_a_note_right_behind_text_belongs_to_it(self, page: str) -> None:
        assert "It is valid." in read_html(_page(page.format("It is valid."))).text

    def test_a_page_of_nothing_but_links_is_read(self) -> None:
        assert "Fees" in read_html(_page("<div><ul><li><a href=a>Cards</a><li><a href=b>Fees</a></ul></div>")).text


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


class TestTemplateTags:
    @pytest.mark.parametrize(
        ("source", "expected"),
        [
            ("<p>{% include x %}Report{% if y %} it{% endif %}.</p>", ["Report it."]),
            ("<p>Call {{ site.desk }} now.</p>", ["Call now."]),
            ("<p>{{ render({'a': {'b': 1}}) }}Report it.</p>", ["Report it."]),
            ("<p>{# a note #}Report it.{{{raw}}}</p>", ["Report it."]),
            ("<p>{% trans \"Report it.\" %} {{ _('Then wait.') }}</p>", ["Report it. Then wait."]),
            ("<p>Type <code>{% if %}</code> or {{ x }}.</p>", ["Type {% if %} or ."]),
            ("<p>A set {a, b} and {{ open</p>", ["A set {a, b} and {{ open"]),
            ("<pre>{{ user }}</pre>", ["{{ user }}"]),
        ],
    )
    def test_they_show_in_code_alone(self, source: str, expected: list[str]) -> None:
        builder = read_html(source)
        assert [builder.text_of(block) for block in builder.blocks] == expected

    @pytest.mark.parametrize("tag", ["{{ ", "{% ", "{{x}} ", "{#", "{{{"])
    def test_tags_without_end_are_read_in_one_go(self, tag: str) -> None:
        assert read_html(f"<p>{tag * 50_000}</p><p>end").text.endswith("end")


class TestDamage:
    def test_thousands_of_nested_parts_are_survived(self) -> None:
        builder = read_html(f"{'<div>' * 5_000}<p>Report it.</p>{'</div>' * 5_000}")
        assert outline(builder) == ["paragraph: Report it."]

    @pytest.mark.parametrize(
        ("source", "expected"),
        [
            ("<p>one<p>two</b></i></div>", ["paragraph: one", "paragraph: two"]),
            ("<ul><li>one<li>two", ["item: one", "item: two"]),
            ("<table><td>one<td>two", ["row: one | two"]),
            ("<h2>What to do</h3>Report it.", ["heading 2: What to do", "paragraph: Report it."]),
            ("one < two & three", ["paragraph: one < two & three"]),
            ("<p class='unclosed>one</p>", []),
            ("<pre>one</p>two", ["code: one", "code: two"]),
            ("text only", ["paragraph: text only"]),
        ],
    )
    def test_broken_markup_is_read_as_a_browser_reads_it(self, source: str, expected: list[str]) -> None:
        assert outline(read_html(source)) == expected

    @pytest.mark.parametrize("opening", ["<table><caption>x", "<table><caption><header>"])
    def test_nesting_without_end_is_read_in_one_go(self, opening: str) -> None:
        assert read_html(f"{opening * 30_000}<h1>y</h1>").text.endswith("y")

    def test_characters_that_cannot_be_stored_are_replaced(self) -> None:
        builder = read_html("<p>Report&#0; it\x00 at \ud800once.</p>")
        assert not {"\x00", "\ud800"} & set(builder.text)
        assert builder.text.endswith("once.")


_TAGS = st.sampled_from(
    "p div h1 h2 h3 ul li table tr td th pre details summary dl dt dd nav main article form header script title br body".split()
)
_MARKUP = st.one_of(
    _TAGS.map("<{}>".format),
    _TAGS.map("</{}>".format),
    st.sampled_from(["word ", "What is it?", "工伤认定。", "&nbsp;", "&amp;", "<!--", "-->", "\n", "<p hidden>", "<", "\x00"]),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(_MARKUP, max_size=40).map("".join))
def test_whatever_the_markup_no_text_is_outside_the_blocks(source: str) -> None:
    builder = read_html(source)
    assert outside_blocks(builder).strip() == ""
    assert all(text.strip() for kind in Kind for text in texts(builder, kind))
