"""PDF: the text of its pages in reading order, without running heads, running feet and page numbers.

words (and bullets that are drawn) -> lines -> table rows -> without page furniture -> kinds of lines -> blocks.
"""

import ctypes
from threading import Lock

import pypdfium2
import pypdfium2.raw as pdfium

from askdex.corpus.builder import DocumentBuilder
from askdex.corpus.errors import UnreadableError
from askdex.corpus.readers.pdf.blocks import blocks_of
from askdex.corpus.readers.pdf.bullets import with_drawn_bullets
from askdex.corpus.readers.pdf.furniture import without_furniture
from askdex.corpus.readers.pdf.lines import PrintedLine, printed_lines, with_table_rows
from askdex.corpus.readers.pdf.words import page_words
from askdex.corpus.readers.properties import property_title
from askdex.corpus.text import language
from askdex.corpus.types import Block, Kind

_LONGEST_TAG = 100
"""UTF-16 units of a language tag; a longer one is none."""
_pdfium_lock = Lock()
"""PDFium takes one thread at a time, even if each has its own document."""


def read_pdf(data: bytes) -> DocumentBuilder:
    """Read the headings, paragraphs, lists and tables of a PDF, which are found by the style and the place of its words.

    Raises UnreadableError where it is no PDF, is protected by a password, or has no text in it.
    """
    with _pdfium_lock:
        pages, title, tag = _content(data)
    builder = blocks_of([with_table_rows(page) for page in without_furniture(pages)])
    if not builder.blocks:
        raise UnreadableError("no text in it: scanned pages need text recognition first")
    _settle_title(builder, title)
    builder.language = language.normalise(tag)
    return builder


def _content(data: bytes) -> tuple[list[list[PrintedLine]], str | None, str]:
    """The lines of each page, the title in the document's properties, and the tag of its language."""
    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        is_locked = error.err_code == pdfium.FPDF_ERR_PASSWORD
        raise UnreadableError("protected by a password" if is_locked else "not a PDF file") from error
    try:
        pages = [_page_lines(document, number) for number in range(len(document))]
        return pages, property_title(document.get_metadata_value("Title")), _language(document)
    finally:
        document.close()


def _page_lines(document: pypdfium2.PdfDocument, number: int) -> list[PrintedLine]:
    """The lines of a page; none where it is damaged, so that the other pages are read."""
    try:
        page = document[number]
    except pypdfium2.PdfiumError:
        return []
    try:
        return printed_lines(with_drawn_bullets(page_words(page), page), number)
    except pypdfium2.PdfiumError:
        return []
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
