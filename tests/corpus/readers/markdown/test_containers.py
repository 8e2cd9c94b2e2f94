"""Containers and components of Markdown pages."""

import re

import pytest

from askdex.corpus.readers.markdown import read_markdown, read_mdx
from tests.corpus.readers.markdown.pages import outline_of
from tests.corpus.readers.outline import outline


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
        lines = outline_of(f"# House\n\n{source}")
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
        assert outline_of(f"# House\n\n{source}") == ["title: House", "paragraph: The gate", "paragraph: Ring."]

    @pytest.mark.parametrize(
        "source",
        [
            "!!! note\n    Ring.\n",
            ":::note\nRing.\n:::\n",
            "> [!NOTE]\n> Ring.\n",
            '!!! note ""\n    Ring.\n',
            '::: moniker range=">=gate-2"\nRing.\n::: moniker-end\n',
            ':::row:::\n:::column span="2":::\nRing.\n:::column-end:::\n:::row-end:::\n',
            'Ring.\n\n:::image type="content" source="a.png" alt-text="A gate":::\n',
        ],
    )
    def test_the_kind_of_an_admonition_is_no_text(self, source: str) -> None:
        assert outline_of(source) == ["paragraph: Ring."]

    @pytest.mark.parametrize(
        "source", ['!!! note "Who rings?"\n    You.\n', ":::tip Who rings?\nYou.\n:::\n", "> [!info] Who rings?\n> You.\n"]
    )
    def test_a_question_is_a_heading_in_any_container(self, source: str) -> None:
        assert outline_of(f"# House\n\n{source}")[1:] == ["heading 2: Who rings?", "paragraph: You."]

    def test_containers_may_lie_in_each_other_and_in_lists(self) -> None:
        code = "        ```sh\n        ls -l\n          !!! x\n        ```\n"
        source = (
            f'!!! note "Outer"\n    One.\n\n    === "Tab"\n        Two.\n\n{code}\n    Three.\n\n'
            '1. Ring\n\n    !!! tip "Inner"\n        Long.\n\n2. Wait\n\n'
            "::::note Outer\n:::tip Inner\nFour.\n:::\nFive.\n::::\nSix."
        )
        assert [line.partition(": ")[2] for line in outline_of(source)] == [
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
        lines = outline_of(f"# House\n\n{source}")
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
        assert outline_of(f"# House\n\n{source}") == ["title: House", "paragraph: The gate", "paragraph: Ring."]

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
        assert outline_of("<H2>Fees</H2>\n\n<P>You <B>pay</B>.</P>") == ["heading 2: Fees", "paragraph: You pay."]

    def test_a_label_that_is_almost_attributes_is_read_once(self) -> None:
        label = "a=" + "aa=" * 5_000
        assert label in read_markdown(f'::: zone {label}"\nRing.\n:::\n').text
