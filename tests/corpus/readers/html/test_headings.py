"""Titles and headings of HTML pages, and their language."""

import pytest

from askdex.corpus.readers.html import read_html
from askdex.corpus.types import Kind
from tests.corpus.readers.html.pages import html_page
from tests.corpus.readers.outline import outline, texts


class TestTitleAndLanguage:
    def test_the_top_heading_goes_before_the_title_of_the_window(self) -> None:
        builder = read_html(html_page("<h1>Lost <em>card</em></h1><p>Report it.</p>", "<title>Lost card - Agency</title>"))
        assert builder.title == "Lost card"
        assert outline(builder) == ["title: Lost card", "paragraph: Report it."]

    def test_without_a_top_heading_it_is_the_title_of_the_window(self) -> None:
        builder = read_html(html_page("<h2>What to do</h2><p>Report it.</p>", "<title>\n Lost\n card </title>"))
        assert builder.title == "Lost card"

    @pytest.mark.parametrize(
        ("title", "expected"),
        [
            ("Lost card - FAQ - Agency", "Lost card"),
            ("Lost card|Agency", "Lost card"),
            ("Lost cards - Agency", "Lost cards - Agency"),
            ("Lost card (2019)", "Lost card (2019)"),
            ("Lost card | 2019", "Lost card | 2019"),
            ("Lost card: what it costs", "Lost card: what it costs"),
            ("Cards", "Cards"),
        ],
    )
    def test_a_top_heading_beside_the_main_part_says_where_the_title_ends(self, title: str, expected: str) -> None:
        body = "<div><h1>Lost card</h1></div><main><h2>What to do</h2><p>Report it.</p></main>"
        assert read_html(html_page(body, f"<title>{title}</title>")).title == expected

    def test_of_several_top_headings_one_that_opens_the_page_is_the_title(self) -> None:
        builder = read_html("<h1>Lost card</h1><p>Report it.</p><h1>Costs</h1><p>None.</p>")
        assert builder.title == "Lost card"
        assert texts(builder, Kind.HEADING) == ["Costs"]

    def test_the_title_of_a_drawing_is_not_the_pages(self) -> None:
        assert read_html(html_page("<svg><title>Arrow</title></svg><p>Report it.</p>")).title is None

    @pytest.mark.parametrize(
        ("tag", "expected"), [("lang='en-GB'", "en"), ("lang='zh-Hans'", "zh"), ("lang=''", None), ("", None), ("lang", None)]
    )
    def test_the_language_is_the_pages_own(self, tag: str, expected: str | None) -> None:
        assert read_html(f"<html {tag}><p>Report it.</p></html>").language == expected


class TestHeadings:
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
            (
                "<p><b>Europe:</b></p><p>Ten.</p><p><b>America, Asia, and Africa:</b></p><p>Nine.",
                ["heading 2: Europe:", "paragraph: Ten.", "heading 2: America, Asia, and Africa:", "paragraph: Nine."],
            ),
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
