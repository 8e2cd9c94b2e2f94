"""OpenDocument, as LibreOffice writes it: texts (ODT), spreadsheets (ODS) and presentations (ODP).

office (the package) -> styles (`styles`) -> HTML of the text or of a slide (`body`), or the rows of sheets (`sheets`) -> the
reader of HTML, or that of sheets.
"""

from collections.abc import Iterator
from itertools import chain
from xml.etree.ElementTree import Element, ParseError

from askdex.corpus.builder import DocumentBuilder, Part, TextAllowance
from askdex.corpus.errors import UnreadableError
from askdex.corpus.readers.html import read_html
from askdex.corpus.readers.office import LOCKED, Package, child, children, errors_told, not_one
from askdex.corpus.readers.opendocument.body import BodyWriter
from askdex.corpus.readers.opendocument.sheets import sheets_of
from askdex.corpus.readers.opendocument.styles import Styles
from askdex.corpus.readers.properties import property_metadata, property_title
from askdex.corpus.readers.sheets import SheetReader
from askdex.corpus.text.headings import could_be_heading
from askdex.corpus.types import Block, Kind

_LABEL = "OpenDocument"
_CONTENT, _STYLES, _META, _MANIFEST = "content.xml", "styles.xml", "meta.xml", "META-INF/manifest.xml"
_ENCRYPTED = b"encryption-data"


def read_odt(data: bytes) -> DocumentBuilder:
    """Read the headings, paragraphs, lists, tables, text boxes and notes of a text.

    Tables of contents, comments, and what is deleted or hidden are left out. Raises UnreadableError where it is no text of
    OpenDocument, is protected by a password, or would be too large when unpacked.
    """
    with errors_told(_LABEL):
        return _text(_File(data))


def read_odp(data: bytes) -> DocumentBuilder:
    """Read the slides of a presentation, which are the pages of the document, without those that are hidden.

    Raises as `read_odt` does.
    """
    with errors_told(_LABEL):
        return _presentation(_File(data))


def read_ods(data: bytes) -> Iterator[Part]:
    """Read the sheets of a spreadsheet, as the reader of Excel does. Raises as `read_odt` does."""
    with errors_told(_LABEL):
        file = _File(data)
        reader = SheetReader(file.empty_builder(), TextAllowance(len(data)))
        yield from reader.parts(sheets_of(file.body("office:spreadsheet"), file.styles))


class _File:
    """The parts of a file that are read."""

    def __init__(self, data: bytes) -> None:
        package = Package(data, _LABEL)
        if _ENCRYPTED in (package.bytes_of(_MANIFEST) or b""):
            raise UnreadableError(LOCKED)
        self._content = package.xml_of(_CONTENT)
        self._meta = _meta(package)
        styles = (child(root, tag) for root in (package.xml_of(_STYLES), self._content) for tag in _STYLE_PARTS)
        self.styles = Styles(chain.from_iterable(part for part in styles if part is not None))

    def body(self, tag: str) -> Element:
        """The text, the spreadsheet or the presentation; raises UnreadableError where the file is another one."""
        found = child(self._content, "office:body", tag)
        if found is None:
            raise UnreadableError(not_one(_LABEL))
        return found

    def empty_builder(self) -> DocumentBuilder:
        """A document with the title and the metadata of the file."""
        says = self._meta
        author = says.get("dc:creator") or says.get("meta:initial-creator", "")
        metadata = property_metadata(author, says.get("dc:date", ""), says.get("meta:creation-date", ""))
        return DocumentBuilder(title=property_title(says.get("dc:title", "")), metadata=metadata)


_STYLE_PARTS = ("office:styles", "office:automatic-styles")


def _meta(package: Package) -> dict[str, str]:
    try:
        root = child(package.xml_of(_META), "office:meta")
    except ParseError:  # the text can be read without it
        root = None
    return {} if root is None else {element.tag: element.text or "" for element in root}


def _text(file: _File) -> DocumentBuilder:
    writer = BodyWriter(file.styles)
    page = writer.html_of(file.body("office:text")) + writer.notes_html()
    says = file.empty_builder()
    # All that stands in the file is its own: a list of links is no menu of a page.
    builder = read_html(f"<main>{page}</main>", writer.title or says.title)
    builder.metadata = says.metadata
    return builder


def _presentation(file: _File) -> DocumentBuilder:
    builder = file.empty_builder()
    for page in children(file.body("office:presentation"), "draw:page"):
        builder.page_starts.append(len(builder.text))
        if not file.styles.hides_slide(page.get("draw:style-name")):
            writer = BodyWriter(file.styles)
            first = len(builder.blocks)
            builder.extend(read_html(f"<main>{writer.slide_html(page)}</main>"))
            _settle_slide_title(builder, first)
    builder.settle_title()
    return builder


def _settle_slide_title(builder: DocumentBuilder, first: int) -> None:
    """Make the first line of a slide its title where it has none: it would stand below that of the slide before."""
    if first < len(builder.blocks) and not any(block.kind is Kind.HEADING for block in builder.blocks[first:]):
        block = builder.blocks[first]
        if block.kind in (Kind.PARAGRAPH, Kind.ITEM) and could_be_heading(builder.text_of(block)):
            builder.blocks[first] = Block(Kind.HEADING, block.start, block.end, 1)
