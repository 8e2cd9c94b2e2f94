"""HTML that is broken, or without end."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser, SelectolaxError

from askdex.corpus.readers.epub import read_epub
from askdex.corpus.readers.html import read_html
from askdex.corpus.types import Kind
from tests.corpus.readers.books import epub
from tests.corpus.readers.outline import outline, outside_blocks, texts


class TestDamage:
    def test_thousands_of_nested_parts_are_survived(self) -> None:
        builder = read_html(f"{'<div>' * 5_000}<p>Report it.</p>{'</div>' * 5_000}")
        assert outline(builder) == ["paragraph: Report it."]

    def test_a_page_that_there_is_no_room_for_is_not_told_as_damaged(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def full(_: str) -> LexborHTMLParser:
            raise SelectolaxError("Can't parse HTML.")  # as it says where it gets no memory

        monkeypatch.setattr("askdex.corpus.readers.html.bounds.LexborHTMLParser", full)
        with pytest.raises(MemoryError):
            read_epub(epub("<html><body><p>Text.</p></body></html>"))

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


class TestSize:
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
