import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from askdex.corpus.readers.markdown import read_markdown
from askdex.corpus.types import Kind, Metadata, Skipped
from tests.corpus.readers.outline import outline, outside_blocks, texts


def _metadata(front_matter: str) -> Metadata:
    return read_markdown(f"---\n{front_matter}\n---\nReport it at once.\n").metadata


class TestFrontMatter:
    def test_it_gives_title_language_and_metadata_and_is_no_text(self) -> None:
        builder = read_markdown("---\ntitle: Lost card\nlanguage: en-GB\nregion: Henan\n---\nReport it at once.\n")
        assert (builder.title, builder.language, builder.metadata) == ("Lost card", "en", {"region": "Henan"})
        assert builder.text == "Report it at once."

    @pytest.mark.parametrize(
        ("front_matter", "expected"),
        [
            ("year: 2024", {"year": 2024}),
            ("rate: 0.5", {"rate": 0.5}),
            ("builder: false", {"builder": False}),
            ("date: 2024-05-01", {"date": "2024-05-01"}),
            ("tags: [card, loss, null]", {"tags": ["card", "loss"]}),
            ("source:\n  name: Agency\n  year: 2024", {"source.name": "Agency", "source.year": 2024}),
            ("region:\ntags: []\nnote: ''", {}),
            ("rate: .inf", {"rate": "inf"}),
            ("5: five", {"5": "five"}),
        ],
    )
    def test_metadata_are_plain_values(self, front_matter: str, expected: Metadata) -> None:
        assert _metadata(front_matter) == expected

    @pytest.mark.parametrize("number", ["9" * 5_000, "0x" + "f" * 5_000, "1" + ":00" * 100_000])
    def test_a_number_without_end_is_text_wherever_it_stands(self, number: str) -> None:
        builder = read_markdown(f"---\ntitle: {number}\nid: {number}\nof: [{number}]\n? {number}\n: value\n---\nText\n")
        assert (builder.title, builder.metadata) == (number, {"id": number, "of": [number], number: "value"})

    @pytest.mark.parametrize("key", ["language", "lang"])
    def test_the_language_may_have_either_name(self, key: str) -> None:
        builder = read_markdown(f"---\n{key}: de-AT\n---\nText\n")
        assert (builder.language, builder.metadata) == ("de", {})

    @pytest.mark.parametrize("closing", ["---", "...", "---  "])
    def test_it_may_be_closed_by_dashes_or_dots(self, closing: str) -> None:
        assert read_markdown(f"---\ntitle: Lost card\n{closing}\nText\n").title == "Lost card"

    def test_it_may_have_other_line_ends(self) -> None:
        builder = read_markdown("---\r\ntitle: Lost card\r\nyear: 2024\r\n---\r\nText\r\n")
        assert (builder.title, builder.metadata, builder.text) == ("Lost card", {"year": 2024}, "Text")

    @pytest.mark.parametrize(
        "front_matter",
        [
            "---\ntitle: Lost card",
            "---\n- title\n- Lost card\n---",
            "---\njust words\n---",
            "---\nNote: this is: *text*\nover two lines\n---",
            "Text first\n---\ntitle: Lost card\n---",
        ],
        ids=["unclosed", "a list", "words", "text with a colon", "not at the start"],
    )
    def test_what_is_no_valid_front_matter_stays_text(self, front_matter: str) -> None:
        builder = read_markdown(f"{front_matter}\n\nReport it at once.\n")
        assert set(re.findall(r"\w+", front_matter)) <= set(re.findall(r"\w+", builder.text))
        assert (builder.language, builder.metadata, builder.left_out) == (None, {}, None)

    @pytest.mark.parametrize(
        "line",
        [
            "title: [unclosed",
            "tags: [card,\n  loss\n# of what\n- card",
            "date: 2024-99-99",
            "title: !!python/object/apply:os.getcwd []",
            "note: &a\n  more: *a",
            *(f"value: {value}" for value in ("!!bool maybe", "!!int ''", "!!float ''", "!!timestamp today")),
        ],
    )
    def test_front_matter_that_is_no_valid_yaml_is_left_out_and_reported(self, line: str) -> None:
        builder = read_markdown(f"---\nlang: en\n\n{line}\n---\nReport it at once.\n")
        assert (builder.text, builder.metadata) == ("Report it at once.", {})
        assert builder.left_out == Skipped("front matter", "not valid YAML")

    def test_aliases_do_not_multiply_metadata(self) -> None:
        lists = [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 5)]
        metadata = _metadata("\n".join(["a0: &a0 [x, x, x, x, x, x, x, x, x, x]", *lists]))
        assert len(str(metadata)) < 100_000

    def test_an_empty_title_is_none(self) -> None:
        assert read_markdown("---\ntitle:\n---\n# Lost card\n\nText\n").title == "Lost card"

    def test_what_no_text_may_hold_is_replaced_in_the_title(self) -> None:
        assert read_markdown('---\ntitle: "Lost\\0 card \\ud800"\n---\nText\n').title == "Lost\ufffd card \ufffd"

    def test_norwegian_is_a_language(self) -> None:
        assert read_markdown("---\nlang: no\n---\nText\n").language == "no"


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

    def test_deep_nesting_loses_nothing(self) -> None:
        source = "\n".join(f"{'  ' * depth}- item {depth}" for depth in range(100))
        assert texts(read_markdown(source), Kind.ITEM) == [f"item {depth}" for depth in range(100)]

    @pytest.mark.parametrize("opening", [">", "[", "!["])
    def test_nesting_without_end_is_survived(self, opening: str) -> None:
        assert "Report it at once." in read_markdown(f"{opening * 3_000} Report it at once.").text


_PARTS = st.sampled_from(
    [
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
