"""Building a document: what blocks, blanks and links become of what a reader found."""

from hypothesis import given
from hypothesis import strategies as st

from askdex.corpus.builder import DocumentBuilder
from askdex.corpus.types import DEEPEST_ITEM_LEVEL, Kind, Link

_TEXTS = st.text("ab \n\x00\u00a0", max_size=12)
_PIECES = st.lists(st.tuples(_TEXTS, _TEXTS, st.integers(0, 3), st.booleans()), max_size=5)


@given(_PIECES)
def test_links_stand_where_their_words_do(pieces: list[tuple[str, str, int, bool]]) -> None:
    builder = DocumentBuilder()
    for before, words, level, joins in pieces:
        is_joined = joins and bool(builder.blocks)
        links = [Link(len(before), len(before + words), words)]
        builder.append(Kind.ITEM, f"{before}{words}c", level, links=links, joins=is_joined)
    linked = [builder.text[link.start : link.end] for link in builder.links]
    expected = [words for _, words, _, _ in pieces if words.strip()]
    assert ["".join(text.split()) for text in linked] == [
        "".join(words.replace("\x00", "\ufffd").split()) for words in expected
    ]
    assert all(text == text.strip() for text in linked)


def test_items_within_lists_are_indented_and_begin_behind_the_indent() -> None:
    builder = DocumentBuilder()
    builder.append(Kind.ITEM, "one")
    builder.append(Kind.ITEM, "two\nlines", 2)
    assert builder.text == "one\n        two\n        lines"
    assert builder.text[builder.blocks[1].start :].startswith("two")
    assert builder.blocks[1].level == 2


def test_nesting_without_end_does_not_fill_the_memory() -> None:
    builder = DocumentBuilder()
    for level in range(10_000):
        builder.append(Kind.ITEM, "x", level)
    assert len(builder.text) < 10_000 * (4 * DEEPEST_ITEM_LEVEL + 2)
    assert builder.blocks[-1].level == DEEPEST_ITEM_LEVEL
