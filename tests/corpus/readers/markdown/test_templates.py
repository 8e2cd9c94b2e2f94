"""Tags of templates in Markdown pages, and marks that other programs add."""

import pytest

from askdex.corpus.readers.markdown import read_markdown
from tests.corpus.readers.markdown.pages import outline_of


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
            "\\newpage\n\nRing the bell.\n\n\\vspace{2em}",
        ],
    )
    def test_tags_marks_and_comments_do_not_show(self, source: str) -> None:
        assert [" ".join(line.split()) for line in outline_of(source)] == ["paragraph: Ring the bell."]

    @pytest.mark.parametrize(
        "code", ["`{{ bell }}`", "``{% if `a` %}``", "`%%x%%`", "`<Tabs>`", "`[[a|b]]`", "`==a==`", "`{.a}`", "`<!-- a -->`"]
    )
    def test_code_within_a_line_keeps_its_tags(self, code: str) -> None:
        assert outline_of(f"The code {code} rings.") == [f"paragraph: The code {code.strip('`')} rings."]

    @pytest.mark.parametrize(
        "opening", ["```{}\n{}\n```", "~~~~{}\n{}\n~~~~", "- item\n\n  ```{}\n  {}\n  ```", "> ```{}\n> {}\n> ```"]
    )
    @pytest.mark.parametrize(
        "code", ["{{ bell }}", "{% if a %}", "::: note", '!!! note "a"', "<Tabs/>", "%% a %%", "import a from 'b'"]
    )
    def test_code_keeps_its_tags(self, opening: str, code: str) -> None:
        assert outline_of(opening.format("", code))[-1] == f"code: {code}"

    def test_indented_code_keeps_its_tags(self) -> None:
        assert outline_of("Write:\n\n    {{ bell }}\n\n    {% x %}\n\nDone {{ x }}.") == [
            "paragraph: Write:",
            "code: {{ bell }}\n\n{% x %}",
            "paragraph: Done .",
        ]

    def test_raw_text_and_code_of_templates_are_kept(self) -> None:
        source = "{% raw %}Write {{ bell }}.{% endraw %}\n\n{% highlight sh %}\nring {{ x }}\n{% endhighlight %}\n"
        assert outline_of(source) == ["paragraph: Write {{ bell }}.", "code: ring {{ x }}"]

    def test_an_open_tag_without_an_end_is_text(self) -> None:
        assert outline_of("Ring {{ the bell, {% or %% knock") == ["paragraph: Ring {{ the bell, {% or %% knock"]

    def test_a_wiki_link_leads_to_its_page(self) -> None:
        builder = read_markdown("See [[The bell]] and [[Gate#Hours|the hours]].\n")
        assert builder.text == "See The bell and the hours."
        assert [link.address for link in builder.links] == ["The%20bell", "Gate#Hours"]

    def test_a_footnote_stands_below_the_paragraph_that_refers_to_it(self) -> None:
        source = "Ring[^1] twice[^b].\n\nWait.\n\n[^1]: The bell.\n\n[^b]: Not at night.\n\n    Nor at noon.\n"
        assert [line.partition(": ")[2] for line in outline_of(source)] == [
            *("Ring twice.", "The bell.", "Not at night.", "Nor at noon.", "Wait.")
        ]

    def test_a_footnote_that_nothing_refers_to_is_text(self) -> None:
        assert outline_of("Ring.\n\n[^1]: The bell.\n") == ["paragraph: Ring.", "paragraph: The bell."]

    def test_definitions_are_items(self) -> None:
        assert outline_of("Bell\n:   Rings.\n") == ["item: Bell\nRings."]
