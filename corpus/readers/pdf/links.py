"""The links of a PDF: the words that they lie over, and where they lead."""

import ctypes
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import pypdfium2
import pypdfium2.raw as pdfium

from askdex.corpus.readers.pdf.words import PageWord
from askdex.corpus.types import Link

_MOST_LINKS = 1_000
"""Of a page."""
_LONGEST_ADDRESS = 2_000
"""Bytes; browsers take no longer ones."""
_MARKS_AROUND = ".,;:!?()[] "
"""Marks that belong to the sentence around a link."""
_ROUNDING = 1.0
"""Points by which words may stand out of the area of their link."""


class PrintedLink(NamedTuple):
    """The words that a link lies over, as they stand in the text, and the address that it leads to."""

    words: str
    address: str


def page_links(document: pypdfium2.PdfDocument, page: pypdfium2.PdfPage, words: Sequence[PageWord]) -> list[PrintedLink]:
    """The links of a page to addresses, in its order. PDFium takes one thread at a time."""
    position, annotation = ctypes.c_int(0), pdfium.FPDF_LINK()
    links: list[PrintedLink] = []
    while len(links) < _MOST_LINKS and pdfium.FPDFLink_Enumerate(page, position, annotation):
        address = _address(document, annotation)
        area = pdfium.FS_RECTF()
        if address and pdfium.FPDFLink_GetAnnotRect(annotation, area):
            covered = " ".join(word.text for word in words if _is_within(word, area)).strip(_MARKS_AROUND)
            links += [PrintedLink(covered, address)] if covered else []
    return links


def placed_links(text: str, page_starts: Sequence[int], links: Sequence[Sequence[PrintedLink]]) -> Iterator[Link]:
    """The links of each page where their words stand in the text, in its order; those that stand nowhere are left out."""
    end = 0
    for page, (start, page_links) in enumerate(zip(page_starts, links, strict=True)):
        page_end = page_starts[page + 1] if page + 1 < len(page_starts) else len(text)
        found: list[Link] = []
        for link in page_links:
            # Of words that stand in several places, each link takes the next one.
            after = max([start, *(one.end for one in found if text[one.start : one.end] == link.words)])
            place = text.find(link.words, after, page_end + len(link.words))
            if place >= 0:
                found.append(Link(place, place + len(link.words), link.address))
        for one in sorted(found, key=lambda link: (link.start, link.end)):
            if one.start >= end:
                yield one
                end = one.end


def _address(document: pypdfium2.PdfDocument, annotation: object) -> str:
    """The address that a link leads to; "" where it leads to a place in the document."""
    action = pdfium.FPDFLink_GetAction(annotation)
    if not action:
        return ""
    buffer = ctypes.create_string_buffer(_LONGEST_ADDRESS)
    size = pdfium.FPDFAction_GetURIPath(document, action, buffer, _LONGEST_ADDRESS)
    return buffer.raw[:size].rstrip(b"\0").decode("utf-8", errors="replace").strip() if size <= _LONGEST_ADDRESS else ""


def _is_within(word: PageWord, area: pdfium.FS_RECTF) -> bool:
    """Whether most of an upright word lies in an area of the page."""
    middle = (word.left + word.right) / 2
    is_level = area.bottom - _ROUNDING <= word.baseline <= area.top
    return word.style.turns == 0 and is_level and area.left <= middle <= area.right
