import pytest

from askdex.corpus.errors import UnreadableError
from askdex.corpus.readers.epub import read_epub
from askdex.corpus.types import Skipped
from tests.corpus.readers.books import epub
from tests.corpus.readers.outline import outline, outside_blocks
from tests.corpus.readers.packages import docx, paragraph

_FIRST = "<!DOCTYPE html><html><head><title>x</title></head><body><h1>Lost cards</h1><p>Call &amp; wait.</p></body></html>"
_SECOND = "<html><body><h1>Fees</h1><h2>First card</h2><p>None.</p></body></html>"


def test_a_book_is_its_chapters_in_their_order() -> None:
    metadata = (
        "<dc:title>Cards</dc:title><dc:creator>Ada</dc:creator><dc:creator>Bob</dc:creator><dc:language>en-GB</dc:language>"
        "<dc:date>2024-03-01</dc:date><dc:subject>cards; money</dc:subject>"
    )
    builder = read_epub(epub(_FIRST, _SECOND, metadata=metadata))
    assert (builder.title, builder.language) == ("Cards", "en")
    assert builder.metadata == {"author": ["Ada", "Bob"], "updated": "2024-03-01", "keywords": ["cards", "money"]}
    assert outline(builder) == [
        "heading 1: Lost cards",
        "paragraph: Call & wait.",
        "heading 1: Fees",
        "heading 2: First card",
        "paragraph: None.",
    ]
    assert outside_blocks(builder).strip() == ""


def test_what_is_no_chapter_is_left_out() -> None:
    manifest = (
        '<item id="nav" href="c1.xhtml" media-type="application/xhtml+xml" properties="nav"/>'
        '<item id="cover" href="cover.jpg" media-type="image/jpeg"/>'
        '<item id="more" href="c1.xhtml#a" media-type="application/xhtml+xml"/>'
    )
    spine = '<itemref idref="nav"/><itemref idref="cover"/><itemref idref="more"/><itemref idref="none"/>'
    assert outline(read_epub(epub(_SECOND, manifest=manifest, spine=spine * 100))) == outline(read_epub(epub(_SECOND)))


def test_a_chapter_that_is_missing_costs_nothing_else() -> None:
    item = '<item id="x" href="gone.xhtml" media-type="application/xhtml+xml"/>'
    builder = read_epub(epub(_SECOND, manifest=item, spine='<itemref idref="x"/>'))
    assert outline(builder)[0] == "heading 1: Fees"
    assert builder.left_out == Skipped("gone.xhtml", "missing or damaged in the book")


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"Lost cards", "not an EPUB file"),
        (docx(paragraph("Lost cards")), "not an EPUB file"),
        (epub(_FIRST)[:300], "a damaged EPUB file"),
        (epub(_FIRST, metadata="<dc:title>"), "a damaged EPUB file"),
        (epub(_FIRST, parts={"META-INF/rights.xml": b"<rights/>"}), "protected against copying"),
        (
            epub(_FIRST, parts={"META-INF/encryption.xml": b"http://www.w3.org/2001/04/xmlenc#aes128-cbc"}),
            "protected against copying",
        ),
        (epub(_FIRST, parts={"book/big.xml": b" " * (65 * 2**20)}), "too large when unpacked"),
        (epub(_FIRST, parts={"book/content.opf": b"<!DOCTYPE x><x/>"}), "it declares a document type, which no EPUB file may"),
    ],
)
def test_what_is_no_book_is_left_out_with_the_reason(data: bytes, reason: str) -> None:
    with pytest.raises(UnreadableError, match=f"^{reason}$"):
        read_epub(data)


def test_entities_in_a_chapter_are_those_of_html() -> None:
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><html><body><p>&b; &amp; &eacute;</p></body></html>'
    assert "é" in read_epub(epub(bomb)).text
    assert "aaaa" not in read_epub(epub("<html><body><p>Text.</p></body></html>", bomb)).text
