"""EPUB: the chapters of a book in the order in which they are read, each of which is a page of HTML."""

import posixpath
from collections.abc import Iterator
from urllib.parse import unquote
from xml.etree.ElementTree import Element

from askdex.corpus.builder import DocumentBuilder, clean_metadata
from askdex.corpus.errors import UnreadableError
from askdex.corpus.readers.html import read_own_html
from askdex.corpus.readers.office import Package, child, children, errors_told, not_one
from askdex.corpus.readers.properties import listed_words, property_author, property_date, property_title
from askdex.corpus.text import language
from askdex.corpus.text.decoding import decode
from askdex.corpus.types import Skipped

_LABEL = "EPUB"
_CONTAINER, _ENCRYPTION, _RIGHTS = "META-INF/container.xml", "META-INF/encryption.xml", "META-INF/rights.xml"
_CIPHERS = (b"xmlenc#aes", b"xmlenc#rsa", b"http://readium.org/2014/01/lcp")
"""What text is encrypted with; fonts are made unusable elsewhere by other means."""
_PAGES = ("application/xhtml+xml", "text/html", "application/xml", "text/xml", "application/x-dtbook+xml")
_MISSING = "missing or damaged in the book"


def read_epub(data: bytes) -> DocumentBuilder:
    """Read the chapters of a book, without its cover and its table of contents.

    Raises UnreadableError where it is none, is protected against copying, or would be too large when unpacked.
    """
    with errors_told(_LABEL):
        return _book(Package(data, _LABEL))


def _book(package: Package) -> DocumentBuilder:
    root_file = child(package.xml_of(_CONTAINER), "container:rootfiles", "container:rootfile")
    if root_file is None:
        raise UnreadableError(not_one(_LABEL))
    encryption = package.bytes_of(_ENCRYPTION) or b""
    if package.bytes_of(_RIGHTS) is not None or any(cipher in encryption for cipher in _CIPHERS):
        raise UnreadableError("protected against copying")
    path = root_file.get("full-path", "")
    book = package.xml_of(path)
    builder = _described(child(book, "opf:metadata"))
    for chapter in dict.fromkeys(_chapters(book, posixpath.dirname(path))):
        page = package.bytes_of(chapter)
        try:
            builder.extend(read_own_html(decode(page or b"")))
        except UnreadableError:
            page = None
        if page is None:
            builder.left_out = builder.left_out or Skipped(posixpath.basename(chapter), _MISSING)
    return builder


def _chapters(book: Element | None, folder: str) -> Iterator[str]:
    """The parts that hold the chapters."""
    items = {item.get("id", ""): item for item in children(child(book, "opf:manifest"), "opf:item")}
    for reference in children(child(book, "opf:spine"), "opf:itemref"):
        item = items.get(reference.get("idref", ""))
        is_text = item is not None and item.get("media-type") in _PAGES and "nav" not in item.get("properties", "").split()
        if item is not None and is_text and reference.get("linear") != "no":
            yield posixpath.normpath(posixpath.join(folder, unquote(item.get("href", "").partition("#")[0])))


def _described(metadata: Element | None) -> DocumentBuilder:
    """A document with what a book says of itself."""
    values: dict[str, list[str]] = {}
    for element in () if metadata is None else metadata:
        if element.text and element.text.strip():
            values.setdefault(element.tag, []).append(element.text.strip())
    authors = [author for value in values.get("dc:creator", []) if (author := property_author(value)) is not None]
    dates = (date for value in values.get("dc:date", []) if (date := property_date(value)) is not None)
    keywords = [word for value in values.get("dc:subject", []) for word in listed_words(value)]
    said: dict[object, object] = {
        "author": authors[0] if len(authors) == 1 else authors,
        "updated": next(dates, None),
        "keywords": keywords,
    }
    return DocumentBuilder(
        title=next(filter(None, map(property_title, values.get("dc:title", []))), None),
        language=next(filter(None, map(language.normalise, values.get("dc:language", []))), None),
        metadata=clean_metadata(said),
    )
