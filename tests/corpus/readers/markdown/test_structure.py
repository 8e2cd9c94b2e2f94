"""Titles and blocks of Markdown pages."""

import time
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from askdex.corpus.builder import DocumentBuilder
from askdex.corpus.readers.markdown import read_markdown, read_mdx
from askdex.corpus.types import Kind, Link
from tests.corpus.readers.outline import outline, outside_blocks, texts


class TestTitle:
    @pytest.mark.parametrize(
        "source", ["# Lost card\n\nText", "Lost card\n===\n\nText", "Text before\n\n# *Lost* card\n\nText"]
    )
    def test_the_only_heading_of_the_first_level_is_the_title(self, source: str) -> None:
        builder = read_markdown(source)
        assert builder.title == "Lost card"
        assert texts(builder, Kind.TITLE) == ["Lost card"]
        assert texts(builder, Kind.HEADING) == []

    def test_the_front_matters_title_goes_first_and_another_heading_stays_one(self) -> None:
        builder = read_markdown("---\ntitle: Lost card\n---\n# What to do\n\nText")
        assert builder.title == "Lost card"
        assert outline(builder) == ["heading 1: What to do", "paragraph: Text"]

    def test_the_title_said_twice_is_no_heading(self) -> None:
        builder = read_markdown("---\ntitle: Lost card\n---\n# Lost card\n\nText")
        assert outline(builder) == ["title: Lost card", "paragraph: Text"]

    def test_one_of_several_top_headings_within_the_text_is_no_title(self) -> None:
        builder = read_markdown("Text\n\n# Loss\n\nText\n\n# Theft\n\nText")
        assert builder.title is None
        assert texts(builder, Kind.HEADING) == ["Loss", "Theft"]

    def test_without_a_top_heading_there_is_no_title(self) -> None:
        assert read_markdown("## Loss\n\nText").title is None


class TestStructure:
    def test_headings_have_their_levels(self) -> None:
        source = "\n\n".join(f"{'#' * level} Level {level}\n\nText" for level in range(1, 7))
        headings = [line for line in outline(read_markdown(source)) if line != "paragraph: Text"]
        assert headings == ["title: Level 1", *(f"heading {level}: Level {level}" for level in range(2, 7))]

    @pytest.mark.parametrize(
        ("source", "expected"),
        [
            ("##Who can apply\nAnyone.", ["heading 2: Who can apply", "paragraph: Anyone."]),
            ("Text\n##申请 ##\n\n任何人", ["paragraph: Text", "heading 2: 申请", "paragraph: 任何人"]),
            ("#Rules\n\nText", ["title: Rules", "paragraph: Text"]),
            ("Text\n\n#Rules of play\n\nText", ["paragraph: Text", "title: Rules of play", "paragraph: Text"]),
            ("Text\n\n#Project", ["paragraph: Text", "paragraph: #Project"]),
            ("#Project #Plan\n\nText", ["paragraph: #Project #Plan", "paragraph: Text"]),
            ("#desk-help is\nthe channel", ["paragraph: #desk-help is the channel"]),
            ("##1 in the list", ["paragraph: ##1 in the list"]),
            ("```\n##Not here\n```", ["code: ##Not here"]),
        ],
    )
    def test_a_heading_needs_no_blank_behind_its_marks_where_it_can_be_no_tag(self, source: str, expected: list[str]) -> None:
        assert outline(read_markdown(source)) == expected

    def test_nested_lists_are_one_item_each(self) -> None:
        source = "- papers\n  - identity card\n  - photograph\n- the fee\n\n1. Go there\n2. Pay\n\n   in cash"
        assert texts(read_markdown(source), Kind.ITEM) == [
            "papers",
            "identity card",
            "photograph",
            "the fee",
            "1. Go there",
            "2. Pay",
            "in cash",
        ]

    def test_a_table_is_a_row_for_each_of_its_rows(self) -> None:
        source = "| Paper | Copies |\n|---|---:|\n| Identity card | **2** |\n| Photograph | 1 |"
        assert outline(read_markdown(source)) == ["row 1: Paper | Copies", "row: Identity card | 2", "row: Photograph | 1"]

    @pytest.mark.parametrize("source", ["```sh\n{}\n```", "~~~\n{}\n~~~"])
    def test_code_keeps_its_lines_and_blanks(self, source: str) -> None:
        code = "if lost:\n    report('<card>')\n\nwait()"
        assert outline(read_markdown(source.format(code))) == [f"code: {code}"]

    def test_a_number_sign_in_code_is_no_heading(self) -> None:
        assert outline(read_markdown("```\n# a comment\n```")) == ["code: # a comment"]

    @pytest.mark.parametrize(
        ("source", "expected"),
        [
            ("Report *it* **at** `once`.", "Report it at once."),
            ("See [the agency](https://example.org/agency 'Agency').", "See the agency."),
            ("![A lost card](card.png)", "A lost card"),
            ("~~Report~~ it", "Report it"),
            ("Fish &amp; chips &lt;b&gt;", "Fish & chips <b>"),
            (r"\*not emphasised\*", "*not emphasised*"),
            ("one  \ntwo", "one\ntwo"),
            ("one\ntwo", "one two"),
            ("> said the agency", "said the agency"),
        ],
    )
    def test_markup_within_a_paragraph_is_read_as_what_it_shows(self, source: str, expected: str) -> None:
        assert outline(read_markdown(source)) == [f"paragraph: {expected}"]

    def test_raw_html_is_read_as_html(self) -> None:
        source = "<h2>What to do</h2>\n\n<p>Report it.</p>\n\n<script>alert(1)</script>\n\n<!-- a note -->\n\nAt <b>once</b>."
        assert outline(read_markdown(source)) == ["heading 2: What to do", "paragraph: Report it.", "paragraph: At once."]

    def test_lists_of_links_are_no_menus(self) -> None:
        links = "".join(f"- [Fee {n}](fee-{n}.md)\n" for n in range(9))
        source = f"# Fees\n\n{links}\nWhat you pay, and when.\n\n## Other fees\n\n{links}"
        assert len(texts(read_markdown(source), Kind.ITEM)) == 18

    def test_deep_nesting_loses_nothing(self) -> None:
        source = "\n".join(f"{'  ' * depth}- item {depth}" for depth in range(100))
        assert texts(read_markdown(source), Kind.ITEM) == [f"item {depth}" for depth in range(100)]

    @pytest.mark.parametrize("opening", [">", "[", "!["])
    def test_nesting_without_end_is_survived(self, opening: str) -> None:
        assert "Report it at once." in read_markdown(f"{opening * 3_000} Report it at once.").text

    def test_marks_of_code_of_all_lengths_are_survived(self) -> None:
        marks = "".join(f"e{'`' * size}" for size in range(1, 2_000))
        source = f"Report it `<b>now`. {marks}\n\nAt `<i>once`."
        text = read_markdown(source).text
        assert text.startswith("Report it <b>now. e")
        assert text.endswith("At <i>once.")


@pytest.mark.parametrize("read", [read_markdown, read_mdx])
@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ('<div className="x" style={{ maxWidth: "10px" }}>Within.</div>', "Within."),
        ("Before\n\n<img src={file('a.png')} alt={name} />\n\nBehind", "Before Behind"),
        ("A <span style={{color: 'red'}} {...more}>red</span> text", "A red text"),
        ("<p style={{\n  color: 'red'\n}}>Two lines.</p>", "Two lines."),
        ('<details open={true}><summary class={a("b")}>More?</summary>Folded.</details>', "More? Folded."),
        ("The <div style={{x: 1}} /> end", "The end"),
    ],
)
def test_attributes_of_elements_that_are_computed_never_show(
    read: Callable[[str], DocumentBuilder], source: str, expected: str
) -> None:
    assert " ".join(read(source).text.split()) == expected


def test_attributes_of_elements_that_are_strings_in_braces_stay() -> None:
    builder = read_mdx("The <a href={\"x.html\"} title='{q}' rel={rel}>link</a>.")
    assert builder.links == [Link(4, 8, "x.html")]


class TestReferences:
    def test_many_links_may_refer_to_one_definition(self) -> None:
        builder = read_markdown("[card] " * 500 + "\n\n[card]: card.html 'A card'\n")
        assert {(builder.text[link.start : link.end], link.address) for link in builder.links} == {("card", "card.html")}
        assert len(builder.links) == 500

    def test_links_take_no_more_from_definitions_than_a_text_may_have(self) -> None:
        address = "x" * 1_000
        builder = read_markdown("[card] " * 109 + f"\n\n[card]: {address}\n")
        assert [link.address for link in builder.links] == [address] * 100
        assert builder.text.count("[card]") == 9


_HOSTILE = {
    "open braces": "{" * 10_000,
    "open templates": "{{ " * 10_000,
    "open liquid": '{% a "b" ' * 4_000,
    "liquid": '{% a "b" %}' * 4_000,
    "open components": "<A b={{" * 4_000,
    "components": "<A>\n" * 4_000 + "</B>\n" * 4_000,
    "long attributes": f"<A {'a' * 3_900}>" * 30,
    "labels": '<Tab title="a">' * 1_000,
    "backticks": "".join("`" * n + " " for n in range(1, 400)),
    "code spans": "`a` " * 10_000,
    "comments": "%% a " * 10_001,
    "containers": "::: a\n" * 4_000,
    "tabs": "".join(f'{" " * 4 * (n % 200)}=== "a"\n' for n in range(1_000)),
    "callouts": ">" * 500 + " [!a] b\n",
    "highlights": "==a" * 6_000,
    "wiki links": "[[a" * 6_000,
    "attributes": "{.a" * 6_000,
    "footnotes": "".join(f"[^{n}]: [^{n + 1}]\n\n" for n in range(500)) + "[^0]",
    "definitions": "a\n" + ": " * 3_000 + "b",
    "fences": "".join("`" * (3 + n % 50) + "\n" for n in range(1_000)),
    "imports": "import a, " * 4_000,
    "YAML": "---\n" + "a: b: c\n" * 3_000 + "---\n",
}


@pytest.mark.slow
@pytest.mark.parametrize("source", _HOSTILE.values(), ids=_HOSTILE)
def test_hostile_marks_take_no_more_than_seconds(source: str) -> None:
    start = time.process_time()
    read_mdx(source)
    read_markdown(source)
    assert time.process_time() - start < 5


_PARTS = st.sampled_from(
    [
        "{{ ",
        " }}",
        "{% raw %}",
        "%%",
        "<Tab title='a'>",
        "</Tab>",
        "::: note\n",
        '!!! a "b"\n    ',
        "[[a|b]]",
        "> [!a]- b\n",
        "[^1]",
        "[^1]: ",
        "# ",
        "## ",
        "- ",
        "  - ",
        "1. ",
        "> ",
        "`",
        "```\n",
        "*",
        "**",
        "|",
        "|---|\n",
        "---\n",
        "===\n",
        "[a](b)",
        "<p>",
        "</div>",
        "<b",
    ]
)


_WORDS = st.sampled_from(["word ", "工伤认定。", "What is it? ", "&amp;", "\\", "\n", "\n\n", "\t"])


@settings(max_examples=300, deadline=None)
@given(st.lists(_PARTS | _WORDS, max_size=30).map("".join))
def test_whatever_the_markup_no_text_is_outside_the_blocks(source: str) -> None:
    assert outside_blocks(read_markdown(source)).strip() == ""


class TestPastedText:
    """Text that was pasted into Markdown from other programs."""

    @pytest.mark.parametrize("bullet", "•●▪◦·")
    def test_lines_with_bullets_are_items(self, bullet: str) -> None:
        source = f"Allowed are:\n\n{bullet} red cards\n{bullet}\tblue cards\n"
        assert outline(read_markdown(source)) == ["paragraph: Allowed are:", "item: red cards", "item: blue cards"]

    def test_clauses_on_lines_of_their_own_are_paragraphs(self) -> None:
        clauses = "2.1. A card is needed.\n2.1.1. Children need none. It needs version\n3.11.2 of the form."
        source = f"{clauses}\n2.1.2. It ends - with the year\n2.1.3. Who loses it, pays.\n"
        assert outline(read_markdown(source)) == [
            "paragraph: 2.1. A card is needed.",
            "paragraph: 2.1.1. Children need none. It needs version 3.11.2 of the form.",
            "paragraph: 2.1.2. It ends - with the year",
            "paragraph: 2.1.3. Who loses it, pays.",
        ]

    def test_indented_tags_within_an_element_are_no_code(self) -> None:
        source = "<div>\n    <p>Statutes</p>\n\n    <p>\n        As of May\n    </p>\n\n</div>\n\nWrite:\n\n    <p>Bell</p>\n"
        assert outline(read_markdown(source)) == [
            "paragraph: Statutes",
            "paragraph: As of May",
            "paragraph: Write:",
            "code: <p>Bell</p>",
        ]


def test_raised_and_lowered_digits_do_not_run_on_from_a_number() -> None:
    assert read_markdown("10^3^ cards, 5<sup>1</sup> euro, H~2~O, ~~5~~, a ^b^").text == "10³ cards, 5¹ euro, H₂O, 5, a ^b^"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("a. x\nb. y", ["item: a. x", "item: b. y"]),
        ("Bring:\n(a) x\n(b) y", ["paragraph: Bring:", "item: (a) x", "item: (b) y"]),
        ("a) x\n\nb) y", ["item: a) x", "item: b) y"]),
        ("1. Bring\n   a. x\n   b. y", ["item: 1. Bring", "item 1: a. x", "item 1: b. y"]),
        ("Ask for plan\na. It is cheap.", ["paragraph: Ask for plan a. It is cheap."]),
    ],
)
def test_lines_with_letters_that_count_on_are_items(source: str, expected: list[str]) -> None:
    assert outline(read_markdown(source)) == expected
