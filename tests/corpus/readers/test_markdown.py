import re
import time
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from askdex.corpus.builder import DocumentBuilder
from askdex.corpus.readers.markdown import read_markdown, read_mdx
from askdex.corpus.types import Kind, Link, Metadata, Skipped
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
        ("line", "key"),
        [
            ("title: [unclosed", "title"),
            ("tags: [card,\n  loss\n# of what\n- card", "tags"),
            ("title: !!python/object/apply:os.getcwd []", "title"),
            ("note: &a\n  more: *a", "note"),
            *((f"value: {value}", "value") for value in ("!!bool maybe", "!!int ''", "!!float ''", "!!timestamp today")),
        ],
    )
    def test_what_is_no_valid_yaml_is_left_out_and_reported_and_the_other_keys_are_read(self, line: str, key: str) -> None:
        builder = read_markdown(f"---\nlang: en\n\n{line}\nregion: Henan\n---\nReport it at once.\n")
        assert (builder.text, builder.language, builder.metadata) == ("Report it at once.", "en", {"region": "Henan"})
        assert builder.left_out == Skipped("front matter", f"not valid YAML: {key}")

    @pytest.mark.parametrize(
        ("value", "expected"),
        [
            ("Cards: how we lose them", "Cards: how we lose them"),
            ("[draft] Lost card", "[draft] Lost card"),
            ("@desk lost card", "@desk lost card"),
            ("50% lost: why?", "50% lost: why?"),
            ('"Lost" card', '"Lost" card'),
            ("2024-99-99", "2024-99-99"),
            ("'It's lost'", "It's lost"),
        ],
    )
    def test_a_value_that_can_only_be_a_text_is_one(self, value: str, expected: str) -> None:
        builder = read_markdown(f"---\nby: Anna: the porter\ntags:\n  - card\nheadline: {value}\n---\nText\n")
        assert builder.metadata == {"by": "Anna: the porter", "tags": ["card"], "headline": expected}
        assert builder.left_out is None

    def test_a_colon_needs_no_blank(self) -> None:
        builder = read_markdown("---\ntitle:Lost card\nby:Anna\n---\nText\n")
        assert (builder.title, builder.metadata, builder.text) == ("Lost card", {"by": "Anna"}, "Text")

    def test_toml_may_stand_between_plus_signs(self) -> None:
        source = '+++\ntitle = "Lost card"\ndate = 2025-02-03\ntags = ["card"]\n[params]\nby = "Anna"\n+++\n\nReport it.\n'
        builder = read_markdown(source)
        assert (builder.title, builder.text) == ("Lost card", "Report it.")
        assert builder.metadata == {"date": "2025-02-03", "tags": ["card"], "params.by": "Anna"}

    def test_toml_that_is_none_is_left_out_and_reported(self) -> None:
        builder = read_markdown("+++\ntitle = Lost card\n+++\nReport it.\n")
        assert (builder.text, builder.left_out) == ("Report it.", Skipped("front matter", "not valid TOML"))

    @pytest.mark.parametrize(
        "source", ['{{"title": "{}", "by": "Anna"}}\n\n{}', ';;;\n{{"title": "{}", "by": "Anna"}}\n;;;\n{}']
    )
    def test_json_may_open_a_page(self, source: str) -> None:
        builder = read_markdown(source.format("Lost card", "Report it."))
        assert (builder.title, builder.text, builder.metadata) == ("Lost card", "Report it.", {"by": "Anna"})

    @pytest.mark.parametrize("source", ["{braces} are text", '{"no": "end"', '{"a": 1} and more', "{" * 5_000, "+++\nno end"])
    def test_what_is_no_front_matter_is_text(self, source: str) -> None:
        builder = read_markdown(source)
        assert (builder.text.split(), builder.metadata) == (source.split(), {})

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


def _html_free(source: str) -> list[str]:
    return outline(read_markdown(f"{source}\n"))


class TestContainers:
    @pytest.mark.parametrize(
        "source",
        [
            '??? note "The gate"\n    Ring.\n\n    Wait.\n',
            '???+ note "The gate"\n\n    Ring.\n\n    Wait.\n',
            '??? "The gate"\n    Ring.\n\n    Wait.\n',
            '=== "The gate"\n\n    Ring.\n\n    Wait.\n',
            "=== 'The gate'\n\tRing.\n\n\tWait.\n",
            "::: details The gate\nRing.\n\nWait.\n:::\n",
            ":::details[The gate]\n\nRing.\n\nWait.\n\n:::\n",
            ":::{dropdown} The gate\n:color: info\nRing.\n\nWait.\n:::\n",
            "```{dropdown} The gate\nRing.\n\nWait.\n```\n",
            ':::: {.accordion title="The gate"}\nRing.\n\nWait.\n::::\n',
            "/// details | The gate\n    type: warning\n\nRing.\n\nWait.\n///\n",
            ":::: tabs\n@tab The gate\nRing.\n\nWait.\n::::\n",
            "> [!tip]- The gate\n> Ring.\n>\n> Wait.\n",
            "> [!faq|wide]+ The gate\n>\n> Ring.\n>\n> Wait.\n",
        ],
    )
    def test_what_folds_away_has_its_label_as_heading(self, source: str) -> None:
        lines = _html_free(f"# House\n\n{source}")
        assert lines == ["title: House", "heading 2: The gate", "paragraph: Ring.", "paragraph: Wait."]

    @pytest.mark.parametrize(
        "source",
        [
            '!!! warning "The gate"\n    Ring.\n',
            '!!! danger inline end "The gate"\n\n    Ring.\n',
            ":::warning The gate\nRing.\n:::\n",
            "::: warning The gate\n\nRing.\n\n:::\n",
            ":::warning[The gate]{#gate}\nRing.\n:::\n",
            '::: {.callout-warning title="The gate"}\nRing.\n:::\n',
            "```{admonition} The gate\n:class: tip\nRing.\n```\n",
            "/// warning | The gate\nRing.\n///\n",
            "> [!warning] The gate\n> Ring.\n",
        ],
    )
    def test_the_title_of_an_admonition_is_text(self, source: str) -> None:
        assert _html_free(f"# House\n\n{source}") == ["title: House", "paragraph: The gate", "paragraph: Ring."]

    @pytest.mark.parametrize(
        "source", ["!!! note\n    Ring.\n", ":::note\nRing.\n:::\n", "> [!NOTE]\n> Ring.\n", '!!! note ""\n    Ring.\n']
    )
    def test_the_kind_of_an_admonition_is_no_text(self, source: str) -> None:
        assert _html_free(source) == ["paragraph: Ring."]

    @pytest.mark.parametrize(
        "source", ['!!! note "Who rings?"\n    You.\n', ":::tip Who rings?\nYou.\n:::\n", "> [!info] Who rings?\n> You.\n"]
    )
    def test_a_question_is_a_heading_in_any_container(self, source: str) -> None:
        assert _html_free(f"# House\n\n{source}")[1:] == ["heading 2: Who rings?", "paragraph: You."]

    def test_containers_may_lie_in_each_other_and_in_lists(self) -> None:
        code = "        ```sh\n        ls -l\n          !!! x\n        ```\n"
        source = (
            f'!!! note "Outer"\n    One.\n\n    === "Tab"\n        Two.\n\n{code}\n    Three.\n\n'
            '1. Ring\n\n    !!! tip "Inner"\n        Long.\n\n2. Wait\n\n'
            "::::note Outer\n:::tip Inner\nFour.\n:::\nFive.\n::::\nSix."
        )
        assert [line.partition(": ")[2] for line in _html_free(source)] == [
            *("Outer", "One.", "Tab", "Two.", "ls -l\n  !!! x", "Three.", "1. Ring", "Inner", "Long.", "2. Wait"),
            *("Outer", "Inner", "Four.", "Five.", "Six."),
        ]

    @pytest.mark.parametrize(
        "source", ["!!! What a day, all in all", "A title\n===", "What???", "::: ", "/// a b c d", "10 /// 20"]
    )
    def test_other_lines_with_such_marks_are_text(self, source: str) -> None:
        words = re.findall(r"\w+", source)
        assert re.findall(r"\w+", read_markdown(f"Text\n\n{source}\n").text) == ["Text", *words]


class TestComponents:
    @pytest.mark.parametrize(
        "source",
        [
            '<Accordion title="The gate">\nRing.\n\nWait.\n</Accordion>',
            "<FAQ.Item question='The gate'>\n\nRing.\n\nWait.\n\n</FAQ.Item>",
            '<Tabs>\n  <TabItem value="gate" label="The gate" default>\n\n    Ring.\n\n    Wait.\n\n  </TabItem>\n</Tabs>',
            '<Tabs items={["The gate", "The door"]}>\n<Tabs.Tab>\nRing.\n\nWait.\n</Tabs.Tab>\n</Tabs>',
            '<Expandable\n  open={true}\n  title={"The gate"}\n  style={{ color: "red" }}\n>\nRing.\n\nWait.\n</Expandable>',
            '{% tabs %}\n{% tab title="The gate" %}\nRing.\n\nWait.\n{% endtab %}\n{% endtabs %}',
            '{{< tabs >}}\n{{% tab name="The gate" %}}\nRing.\n\nWait.\n{{% /tab %}}\n{{< /tabs >}}',
            '{{< expand "The gate" >}}\nRing.\n\nWait.\n{{< /expand >}}',
            '{%- details title="The gate" -%}\nRing.\n\nWait.\n{%- enddetails -%}',
        ],
    )
    def test_what_folds_away_has_its_label_as_heading(self, source: str) -> None:
        lines = _html_free(f"# House\n\n{source}")
        assert lines == ["title: House", "heading 2: The gate", "paragraph: Ring.", "paragraph: Wait."]

    @pytest.mark.parametrize(
        "source",
        [
            '<Callout title="The gate">Ring.</Callout>',
            '<Card title="The gate" icon="bell">\n  Ring.\n</Card>',
            '<Aside type="tip" title="The gate">\nRing.\n</Aside>',
            '<LinkCard title="The gate" href="/gate" description="Ring." />',
            '{{< alert title="The gate" >}}\nRing.\n{{< /alert >}}',
            '{{% notice tip "The gate" %}}\nRing.\n{{% /notice %}}',
            '{% callout title="The gate" %}\nRing.\n{% endcallout %}',
            '{% callout title="The gate" %}\nRing.\n{% /callout %}',
        ],
    )
    def test_the_title_of_a_component_is_text(self, source: str) -> None:
        assert _html_free(f"# House\n\n{source}") == ["title: House", "paragraph: The gate", "paragraph: Ring."]

    def test_the_address_of_a_component_is_a_link(self) -> None:
        builder = read_markdown('Ask <Link to="/desk">the desk</Link>.\n\n<LinkCard title="The gate" href="/gate" />\n')
        assert [(builder.text[link.start : link.end], link.address) for link in builder.links] == [
            ("the desk", "/desk"),
            ("The gate", "/gate"),
        ]

    @pytest.mark.parametrize(
        "source",
        [
            'import { Bell } from "../parts";\n\nRing.',
            'import {\n  Bell,\n} from "../parts"\nimport "./style.css"\n\nRing.',
            "export const bell = {\n  loud: true,\n};\n\nRing.",
            "Ring.\n\n{/* nobody\n\nhears it */}",
            "<Bell sound={() => <b>loud</b>} />\n\nRing.",
            "<Steps>\n\n    Ring.\n\n</Steps>",
            "<Bell>\n<div slot='left'>\n    Ring.\n</div>\n</Bell>",
            "<>\nRing.\n</>",
            "{props.bell}Ring.",
            '{"Ring."}',
        ],
    )
    def test_the_program_of_a_page_is_no_text(self, source: str) -> None:
        assert outline(read_mdx(source)) == ["paragraph: Ring."]

    def test_the_indent_of_a_component_is_not_that_of_its_lists(self) -> None:
        source = (
            '<Group>\n  <Accordion title="The gate">\n      Bring:\n\n'
            "      - a key\n        - the small one\n      - a lamp\n\n"
            "      ```sh\n      ring\n        twice\n      ```\n  </Accordion>\n</Group>\n\n- Wait\n"
        )
        assert outline(read_mdx(source)) == [
            "heading 2: The gate",
            "paragraph: Bring:",
            "item: a key",
            "item 1: the small one",
            "item: a lamp",
            "code: ring\n  twice",
            "item: Wait",
        ]

    def test_words_that_only_look_like_a_program_are_text(self) -> None:
        source = "import duties are paid {at the gate}; <b>all</b> is free & if a < B then > C.\n\nexport costs nothing."
        assert "{at the gate}" in read_markdown(source).text
        assert "export costs nothing." in read_markdown(source).text

    def test_elements_in_capitals_are_html(self) -> None:
        assert _html_free("<H2>Fees</H2>\n\n<P>You <B>pay</B>.</P>") == ["heading 2: Fees", "paragraph: You pay."]


class TestTemplates:
    @pytest.mark.parametrize(
        "source",
        [
            "{% include nav.html %}\nRing the bell.",
            "Ring {{ page.what }}the bell.",
            "Ring {{{ raw }}}the bell.",
            "Ring {# who? #}the bell.",
            "Ring{% if big %} the{% endif %} bell.",
            "{{< note >}}Ring the bell.{{< /note >}}",
            '{{% alert color="info" %}}\nRing the bell.\n{{% /alert %}}',
            "{% comment %}\nSecret\n\nnote\n{% endcomment %}Ring the bell.",
            "[Ring]({% link bell.md %}) the bell.",
            "![]({{ site.url }}/bell.png) Ring the bell.",
            '{% include note.html content="Ring the bell." %}',
            "Ring the bell.\n{: .lead #bell }",
            "Ring the bell.{.lead}",
            "Ring **the**{: .x} bell.",
            "Ring the bell. ^bell-1",
            "Ring ==the== bell.",
            "Ring [[Bell#Sound|the bell]].",
            "<p>Ring {{ page.what }}the bell{% if x %}{% endif %}.</p>",
            "<p>Ring {{ page.what }}\nthe bell.</p>",
            "Ring ![[bell.png]]the bell.",
            "%%secret%% Ring the bell.",
            "Ring{>>who?<<} the bell.",
            "{{% comment %}}secret{{% /comment %}}Ring the bell.",
            "Ring the bell.\n\n[comment]: <> (secret)",
            "<<< @/bell.sh\n\nRing the bell.",
            "Ring the bell.\n\n%%\nsecret\n\n```\ncode\n```\n%%",
            "Ring the<!-- secret\n\nnote --> bell.",
            "[TOC]\n\nRing the bell.",
            "* TOC\n{:toc}\n\nRing the bell.",
            "Ring :material-bell: the bell.",
        ],
    )
    def test_tags_marks_and_comments_do_not_show(self, source: str) -> None:
        assert [" ".join(line.split()) for line in _html_free(source)] == ["paragraph: Ring the bell."]

    @pytest.mark.parametrize(
        "code", ["`{{ bell }}`", "``{% if `a` %}``", "`%%x%%`", "`<Tabs>`", "`[[a|b]]`", "`==a==`", "`{.a}`", "`<!-- a -->`"]
    )
    def test_code_within_a_line_keeps_its_tags(self, code: str) -> None:
        assert _html_free(f"The code {code} rings.") == [f"paragraph: The code {code.strip('`')} rings."]

    @pytest.mark.parametrize(
        "opening", ["```{}\n{}\n```", "~~~~{}\n{}\n~~~~", "- item\n\n  ```{}\n  {}\n  ```", "> ```{}\n> {}\n> ```"]
    )
    @pytest.mark.parametrize(
        "code", ["{{ bell }}", "{% if a %}", "::: note", '!!! note "a"', "<Tabs/>", "%% a %%", "import a from 'b'"]
    )
    def test_code_keeps_its_tags(self, opening: str, code: str) -> None:
        assert _html_free(opening.format("", code))[-1] == f"code: {code}"

    def test_indented_code_keeps_its_tags(self) -> None:
        assert _html_free("Write:\n\n    {{ bell }}\n\n    {% x %}\n\nDone {{ x }}.") == [
            "paragraph: Write:",
            "code: {{ bell }}\n\n{% x %}",
            "paragraph: Done .",
        ]

    def test_raw_text_and_code_of_templates_are_kept(self) -> None:
        source = "{% raw %}Write {{ bell }}.{% endraw %}\n\n{% highlight sh %}\nring {{ x }}\n{% endhighlight %}\n"
        assert _html_free(source) == ["paragraph: Write {{ bell }}.", "code: ring {{ x }}"]

    def test_an_open_tag_without_an_end_is_text(self) -> None:
        assert _html_free("Ring {{ the bell, {% or %% knock") == ["paragraph: Ring {{ the bell, {% or %% knock"]

    def test_a_wiki_link_leads_to_its_page(self) -> None:
        builder = read_markdown("See [[The bell]] and [[Gate#Hours|the hours]].\n")
        assert builder.text == "See The bell and the hours."
        assert [link.address for link in builder.links] == ["The%20bell", "Gate#Hours"]

    def test_a_footnote_stands_below_the_paragraph_that_refers_to_it(self) -> None:
        source = "Ring[^1] twice[^b].\n\nWait.\n\n[^1]: The bell.\n\n[^b]: Not at night.\n\n    Nor at noon.\n"
        assert [line.partition(": ")[2] for line in _html_free(source)] == [
            *("Ring twice.", "The bell.", "Not at night.", "Nor at noon.", "Wait.")
        ]

    def test_a_footnote_that_nothing_refers_to_is_text(self) -> None:
        assert _html_free("Ring.\n\n[^1]: The bell.\n") == ["paragraph: Ring.", "paragraph: The bell."]

    def test_definitions_are_items(self) -> None:
        assert _html_free("Bell\n:   Rings.\n") == ["item: Bell\nRings."]


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
