"""Lists of HTML pages."""

import pytest

from askdex.corpus.readers.html import read_html
from askdex.corpus.types import Kind
from tests.corpus.readers.outline import outline, texts


class TestLists:
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
            ("<ol class='loweralpha simple' start=3><li>x<li>x</ol>", ["c. x", "d. x"]),
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


class TestTypedLists:
    @pytest.mark.parametrize(
        ("page", "expected"),
        [
            (
                "<p>Bring:</p><p>• a</p><p>• b</p><p>Pay.</p>",
                ["paragraph: Bring:", "item: • a", "item: • b", "paragraph: Pay."],
            ),
            ("<p>1) a</p><p>2) b</p>", ["item: 1) a", "item: 2) b"]),
            ("<p>Bring:<br>i. a<br>ii. b<br>Pay.</p>", ["paragraph: Bring:", "item: i. a", "item: ii. b", "paragraph: Pay."]),
            ("<p>- a<br>- b and<br>c</p>", ["item: - a", "item: - b and\nc"]),
            (
                "<ol><li>Bring<br>a) x<br>b) y</li><li>Pay</li></ol>",
                ["item: 1. Bring", "item 1: a) x", "item 1: b) y", "item: 2. Pay"],
            ),
            ("<p class=MsoListParagraph>·&nbsp;&nbsp;a</p>", ["item: ·\xa0\xa0a"]),
        ],
    )
    def test_lines_with_a_typed_bullet_or_number_are_items(self, page: str, expected: list[str]) -> None:
        assert outline(read_html(page)) == expected

    @pytest.mark.parametrize(
        "page",
        ["<p>1. It was so.</p><p>And then?</p>", "<p>— Hello!</p><p>— Hi!</p>", "<p>- 5 euro</p>", "<p>1. a</p><p>3. b</p>"],
    )
    def test_text_may_begin_as_they_do(self, page: str) -> None:
        assert {line.partition(":")[0] for line in outline(read_html(page))} == {"paragraph"}

    def test_what_word_shows_as_a_list_is_one_without_its_bullets_in_a_font_of_signs(self) -> None:
        def item(mark: str, text: str) -> str:
            return f"<p class=MsoNormal style='mso-list:l0 level1 lfo1'><span style='mso-list:Ignore'>{mark}</span>{text}</p>"

        page = item("§<span>&nbsp; </span>", "a") + item("o<span>&nbsp; </span>", "b") + item("2.<span>&nbsp; </span>", "c")
        assert outline(read_html(f"{page}<p style='mso-list:none'>d</p>")) == [
            "item: a",
            "item: b",
            "item: 2.\xa0 c",
            "paragraph: d",
        ]
