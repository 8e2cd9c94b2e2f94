"""PDF: the text of its pages in reading order, without running heads, running feet and page numbers.

words with their tags (and drawn bullets) -> lines -> table rows -> without page furniture -> kinds of lines -> blocks.
"""

import ctypes
from collections.abc import Iterator
from threading import Lock
from typing import NamedTuple, TypeAlias

import pypdfium2
import pypdfium2.raw as pdfium

from askdex.corpus.builder import DocumentBuilder
from askdex.corpus.errors import UnreadableError
from askdex.corpus.readers.pdf.blocks import blocks_of
from askdex.corpus.readers.pdf.bullets import with_drawn_bullets
from askdex.corpus.readers.pdf.furniture import without_furniture
from askdex.corpus.readers.pdf.lines import PrintedLine, printed_lines, with_table_rows
from askdex.corpus.readers.pdf.links import PrintedLink, page_links, placed_links
from askdex.corpus.readers.pdf.tags import page_tags
from askdex.corpus.readers.pdf.words import page_words
from askdex.corpus.readers.properties import property_metadata, property_title
from askdex.corpus.text import language
from askdex.corpus.types import Block, Kind

_MARK, _HEAD = b"%PDF-", 1_024
"""What begins a PDF, and the bytes among which it stands (ISO 32000-1, annex H)."""
_LONGEST_TAG = 100
"""UTF-16 units of a language tag; a longer one is none."""
_DATES = ("ModDate", "CreationDate")
"""The properties that say when the document was changed last, the best first."""
_MOST_UNENDED = 1_000
"""Streams. PDFium looks for the end of each in all the rest of the file; a file that was cut off has one without an end."""
_MOST_MISSING = 1_000
"""Pages in a row. A file may say that it has a million pages, and have one."""
_pdfium_lock = Lock()
"""PDFium takes one thread at a time, even if each has its own document."""


_PageContent: TypeAlias = tuple[list[PrintedLine], list[PrintedLink]]


class _Content(NamedTuple):
    """What a document holds: the lines and the links of each page, its properties, and the tag of its language."""

    pages: list[list[PrintedLine]]
    links: list[list[PrintedLink]]
    title: str | None
    metadata: dict[str, str]
    language: str


def read_pdf(data: bytes) -> DocumentBuilder:
    """Read the headings, paragraphs, lists and tables of a PDF: by its tags, and by the style and the place of its words.

    Raises UnreadableError where it is no PDF, is protected by a password, or has no text in it.
    """
    with _pdfium_lock:
        content = _content(data)
    builder = blocks_of([with_table_rows(page) for page in without_furniture(content.pages)])
    if not builder.blocks:
        what = "no text in it but what its pages repeat" if any(content.pages) else "no text in it"
        raise UnreadableError(f"{what}: scanned pages need text recognition first")
    _settle_title(builder, content.title)
    builder.language = language.normalise(content.language)
    builder.metadata = dict(content.metadata)
    builder.links = list(placed_links(builder.text, builder.page_starts, content.links))
    return builder


def _content(data: bytes) -> _Content:
    if _unended_streams(data) > _MOST_UNENDED:
        raise UnreadableError("a damaged PDF file: its parts do not end")
    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        if error.err_code == pdfium.FPDF_ERR_PASSWORD:
            raise UnreadableError("protected by a password") from error
        raise UnreadableError("a damaged PDF file" if _MARK in data[:_HEAD] else "not a PDF file") from error
    try:
        pages = list(_pages(document))
        return _Content(
            [lines for lines, _ in pages],
            [links for _, links in pages],
            property_title(document.get_metadata_value("Title")),
            property_metadata(document.get_metadata_value("Author"), *map(document.get_metadata_value, _DATES)),
            _language(document),
        )
    finally:
        document.close()


def _unended_streams(data: bytes) -> int:
    """How many streams begin and do not end."""
    ends = data.count(b"endstream")
    return data.count(b"stream") - 2 * ends


def _pages(document: pypdfium2.PdfDocument) -> Iterator[_PageContent]:
    """What each page holds; nothing where it is damaged, so that the other pages are read."""
    missing = 0
    for number in range(len(document)):
        try:
            page = document[number]
        except pypdfium2.PdfiumError:
            missing += 1
            if missing > _MOST_MISSING:
                return
            yield [], []
            continue
        missing = 0
        yield _page_content(document, page, number)


def _page_content(document: pypdfium2.PdfDocument, page: pypdfium2.PdfPage, number: int) -> _PageContent:
    """The lines and the links of a page, which is closed then; none where its content is damaged."""
    try:
        words = page_words(page, page_tags(page))
        return printed_lines(with_drawn_bullets(words, page), number), page_links(document, page, words)
    except pypdfium2.PdfiumError:
        return [], []
    finally:
        page.close()


def _language(document: pypdfium2.PdfDocument) -> str:
    """The language tag of the document; "" where it has none."""
    buffer = (ctypes.c_ushort * _LONGEST_TAG)()
    size = pdfium.FPDFCatalog_GetLanguage(document, buffer, ctypes.sizeof(buffer))
    tag = bytes(buffer) if size <= ctypes.sizeof(buffer) else b""
    return tag.decode("utf-16-le", errors="replace").split("\0")[0]


def _settle_title(builder: DocumentBuilder, title: str | None) -> None:
    """Make the title in the properties the document's title, else its heading of level 1."""
    for n, block in enumerate(builder.blocks):
        if block.kind is Kind.HEADING and title is not None and _letters(builder.text_of(block)) == _letters(title):
            builder.title = builder.text_of(block)
            builder.blocks[n] = Block(Kind.TITLE, block.start, block.end)
            return
    builder.title = title
    builder.settle_title()


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text)).casefold()
