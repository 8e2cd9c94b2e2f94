"""PDF: the text of its pages in reading order, without running heads, running feet and page numbers.

words with their tags (and drawn bullets) -> lines -> table rows -> without page furniture -> kinds of lines -> blocks.
The words of a scanned page are those that a machine reads (`scans`), where text recognition is installed.
"""

import ctypes
from collections.abc import Iterator, Sequence
from statistics import fmean
from threading import Lock
from typing import NamedTuple

import pypdfium2
import pypdfium2.raw as pdfium

from askdex.corpus.builder import DocumentBuilder
from askdex.corpus.errors import UnreadableError
from askdex.corpus.readers.office import LOCKED
from askdex.corpus.readers.pdf.blocks import blocks_of
from askdex.corpus.readers.pdf.bullets import with_drawn_bullets
from askdex.corpus.readers.pdf.furniture import without_furniture
from askdex.corpus.readers.pdf.lines import PrintedLine, printed_lines, with_table_rows
from askdex.corpus.readers.pdf.links import PrintedLink, page_links, placed_links
from askdex.corpus.readers.pdf.scans import has_picture, scanned_words
from askdex.corpus.readers.pdf.tags import page_tags
from askdex.corpus.readers.pdf.words import page_words
from askdex.corpus.readers.properties import property_metadata, property_title
from askdex.corpus.readers.recognition import CONFIDENCE, INSTALLATION, MACHINE_READ, MOST_PAGES, is_installed
from askdex.corpus.text import language
from askdex.corpus.text.ranges import ranges
from askdex.corpus.types import Block, Kind, Skipped

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
_FEWEST_SIGNS = 200
"""Characters of a text of which can be said that it has no letters; a sheet of a few numbers and signs may have fewer."""
_LEAST_ALPHANUMERIC = 0.4
"""The share of letters and digits in a text, chosen by hand: pages have .9 and more, one with nameless signs had .16."""
_SCANNED = f"scanned pages need text recognition ({INSTALLATION})"
_pdfium_lock = Lock()
"""PDFium takes one thread at a time, even if each has its own document."""


class _PageContent(NamedTuple):
    """The lines and links of a page. `confidences` are how sure the machine is of lines that it has read, where it has.

    A page `is_scan` that shows something and has no text in it.
    """

    lines: list[PrintedLine]
    links: list[PrintedLink]
    confidences: Sequence[float] = ()
    is_scan: bool = False


class _Content(NamedTuple):
    """What a document holds: its pages, its properties, and the tag of its language."""

    pages: list[_PageContent]
    title: str | None
    metadata: dict[str, str]
    language: str


def read_pdf(data: bytes) -> DocumentBuilder:
    """Read the headings, paragraphs, lists and tables of a PDF: by its tags, and by the style and the place of its words.

    Raises UnreadableError where it is no PDF, is protected by a password, or has no text in it.
    """
    with _pdfium_lock:
        content = _content(data)
    lines = [page.lines for page in content.pages]
    builder = blocks_of([with_table_rows(page) for page in without_furniture(lines)])
    if not builder.blocks:
        what = "no text in it but what its pages repeat" if any(lines) else "no text in it"
        is_unread_scan = not is_installed() and any(page.is_scan for page in content.pages)
        raise UnreadableError(f"{what}: {_SCANNED}" if is_unread_scan else what)
    if not _is_readable(builder.text):
        raise UnreadableError("it does not say which letters its signs are")
    _settle_title(builder, content.title)
    builder.language = language.normalise(content.language)
    builder.metadata = {**content.metadata, **_recognition(content.pages)}
    builder.left_out = _unread_scans(content.pages)
    builder.links = list(placed_links(builder.text, builder.page_starts, [page.links for page in content.pages]))
    return builder


def _is_readable(text: str) -> bool:
    """Whether a text has letters or digits as texts have; fonts that do not say what their signs are give others."""
    signs = "".join(text.split())
    return len(signs) < _FEWEST_SIGNS or sum(map(str.isalnum, signs)) >= _LEAST_ALPHANUMERIC * len(signs)


def _recognition(pages: Sequence[_PageContent]) -> dict[str, str | float]:
    """The metadata that say which pages the machine has read, and how sure it is of their words."""
    read = [number for number, page in enumerate(pages, 1) if page.confidences]
    confidences = [confidence for page in pages for confidence in page.confidences]
    return {MACHINE_READ: ranges(read), CONFIDENCE: round(fmean(confidences), 2)} if read else {}


def _unread_scans(pages: Sequence[_PageContent]) -> Skipped | None:
    """The pages that are scans and were not read, where they are most of the document; few are covers and pictures."""
    unread = [number for number, page in enumerate(pages, 1) if page.is_scan and not page.confidences]
    if len(unread) <= sum(bool(page.lines) for page in pages):
        return None
    reason = f"a machine reads {MOST_PAGES:,} pages of a file" if is_installed() else _SCANNED
    return Skipped(f"pages {ranges(unread)}", reason)


def _content(data: bytes) -> _Content:
    if _unended_streams(data) > _MOST_UNENDED:
        raise UnreadableError("a damaged PDF file: its parts do not end")
    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        if error.err_code == pdfium.FPDF_ERR_PASSWORD:
            raise UnreadableError(LOCKED) from error
        raise UnreadableError("a damaged PDF file" if _MARK in data[:_HEAD] else "not a PDF file") from error
    try:
        pages = list(_pages(document))
        return _Content(
            pages,
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
    missing = recognised = 0
    for number in range(len(document)):
        try:
            page = document[number]
        except pypdfium2.PdfiumError:
            missing += 1
            if missing > _MOST_MISSING:
                return
            yield _PageContent([], [])
            continue
        missing = 0
        content = _page_content(document, page, number, may_recognise=recognised < MOST_PAGES)
        recognised += bool(content.is_scan)
        yield content


def _page_content(
    document: pypdfium2.PdfDocument, page: pypdfium2.PdfPage, number: int, *, may_recognise: bool
) -> _PageContent:
    """What a page holds; it is closed then. Nothing where its content is damaged."""
    try:
        words = page_words(page, page_tags(page))
        if words or not has_picture(page):
            return _PageContent(printed_lines(with_drawn_bullets(words, page), number), page_links(document, page, words))
        confidences: list[float] = []
        if is_installed() and may_recognise:
            words, confidences = scanned_words(page)
        return _PageContent(printed_lines(words, number), page_links(document, page, words), confidences, is_scan=True)
    except pypdfium2.PdfiumError:
        return _PageContent([], [])
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
