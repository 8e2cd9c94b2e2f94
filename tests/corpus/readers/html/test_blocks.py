"""The blocks of HTML pages that are no headings, lists and tables."""

import pytest

from askdex.corpus.readers.html import read_html
from askdex.corpus.types import Kind
from tests.corpus.readers.outline import outline


class TestBlocks:
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


def test_raised_and_lowered_digits_do_not_run_on_from_a_number() -> None:
    note = '<sup><a href="https://a.example/1">[1]</a></sup>'
    page = f"<p>10<sup>3</sup> cards, 5{note} euro, CO<sub>2</sub></p><pre>2<sup>3</sup></pre>"
    builder = read_html(page)
    assert builder.text == "10³ cards, 5 [1] euro, CO₂\n\n2³"
    assert [builder.text[link.start : link.end] for link in builder.links] == ["[1]"]


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        (
            "<msup><mn>10</mn><mn>3</mn></msup><mo>=</mo><mfrac><mi>a</mi><mrow><mi>b</mi><mo>+</mo><mn>1</mn></mrow></mfrac>",
            "10^3=a/(b+1)",
        ),
        ("<msqrt><mi>a</mi><mo>&InvisibleTimes;</mo><mi>b</mi></msqrt>", "√ab"),
        ('<semantics><mi>x</mi><annotation encoding="application/x-tex">x_{1}</annotation></semantics>', "x_{1}"),
        (f"{'<mrow>' * 1_000}<mi>x</mi>", "x"),
    ],
)
def test_a_formula_is_read(formula: str, expected: str) -> None:
    assert outline(read_html(f"<p>It is <math>{formula}</math></p><p>for all.</p>")) == [
        f"paragraph: It is {expected}",
        "paragraph: for all.",
    ]


def test_what_a_page_says_of_a_formula_goes_before_what_the_formula_shows_and_is_read_once() -> None:
    words = r"{\displaystyle x^{2}}"
    page = f'<p>It is <math alttext="{words}"><mi>y</mi></math><img alt="{words}"> for all.</p>'
    assert outline(read_html(page)) == ["paragraph: It is x^{2} for all."]
