"""Word: the body of a file is written as HTML, which is then read.

office (the package) -> styles and numbers -> HTML of the body and of the notes -> the reader of HTML.
"""

import html
import posixpath
from collections.abc import Mapping
from email import message_from_bytes, policy
from email.message import EmailMessage
from xml.etree.ElementTree import Element

from askdex.corpus.builder import DocumentBuilder
from askdex.corpus.errors import UnreadableError
from askdex.corpus.readers.html import read_html
from askdex.corpus.readers.html.bounds import parsed
from askdex.corpus.readers.office import Package, Relationship, child, children, errors_told, not_one, part_of_type
from askdex.corpus.readers.word.body import BodyWriter, Note
from askdex.corpus.readers.word.numbering import ParagraphNumbers
from askdex.corpus.readers.word.styles import Styles
from askdex.corpus.text.decoding import decode
from askdex.corpus.types import Skipped

_LABEL = "Word"
_MAIN_PART = "word/document.xml"
_NOTES = {"footnote": "footnotes", "endnote": "endnotes"}
"""The type of relationship that leads to the notes of a kind."""
_MOST_CHUNKS = 50
"""Documents within a document, and within those."""
_UNREAD_CHUNK = "a document within the document, of a kind that is not read there"


def read_word(data: bytes) -> DocumentBuilder:
    """Read the headings, paragraphs, lists, tables and notes of a Word file, as Word shows them.

    Pictures, comments, and what is deleted or hidden are left out. Raises UnreadableError where it is no Word file, is
    protected by a password, or would be too large when unpacked.
    """
    with errors_told(_LABEL):
        return _Reading().builder_of(Package(data, _LABEL))


class _Reading:
    """The reading of a Word file, with the documents within it."""

    def __init__(self) -> None:
        self._chunks = 0
        self._left_out: Skipped | None = None

    def builder_of(self, package: Package) -> DocumentBuilder:
        """The document of a package."""
        page, title = self._page_of(package)
        # All that stands in the file is its own: a list of links is no menu of a page.
        builder = read_html(f"<main>{page}</main>", title or package.title())
        builder.metadata = package.metadata()
        builder.left_out = self._left_out
        return builder

    def _page_of(self, package: Package) -> tuple[str, str | None]:
        """The HTML of a package, and the title in its text."""
        part = part_of_type(package.relationships_of(""), "officeDocument") or _MAIN_PART
        relationships = package.relationships_of(part)
        body = child(package.xml_of(part), "w:body")
        if body is None:
            raise UnreadableError(not_one(_LABEL))
        styles = Styles(_related(package, relationships, "styles"))
        numbers = ParagraphNumbers(_related(package, relationships, "numbering"), styles)
        writer = BodyWriter(styles, numbers, lambda chunk: self._chunk(package, chunk))
        page = writer.html_of(body, relationships)
        return page + _notes(package, relationships, writer), writer.title

    def _chunk(self, package: Package, chunk: Relationship) -> str:
        """The HTML of a document within the document (w:altChunk)."""
        self._chunks += 1
        suffix = posixpath.splitext(chunk.target)[1].lower()
        data = package.bytes_of(chunk.target)
        if data is not None and self._chunks <= _MOST_CHUNKS:
            if suffix in (".htm", ".html", ".xhtml"):
                return _inner_html(decode(data))
            if suffix in (".mht", ".mhtml"):
                return _mail_html(data)
            if suffix in (".docx", ".docm", ".dotx", ".dotm"):
                return self._page_of(Package(data, _LABEL))[0]
            if suffix == ".txt":
                return _text_html(decode(data))
        self._left_out = Skipped(posixpath.basename(chunk.target), _UNREAD_CHUNK)
        return ""


def _related(package: Package, relationships: Mapping[str, Relationship], relationship_type: str) -> Element | None:
    """The part that a document has for its styles, its numbers or its notes."""
    part = part_of_type(relationships, relationship_type)
    return package.xml_of(part or f"word/{relationship_type}.xml")


def _notes(package: Package, relationships: Mapping[str, Relationship], writer: BodyWriter) -> str:
    """The HTML of the notes that the text refers to, each with its number."""
    if not writer.notes:
        return ""
    parts = {kind: part_of_type(relationships, name) or f"word/{name}.xml" for kind, name in _NOTES.items()}
    elements: dict[Note, tuple[Element, str]] = {}
    for kind, part in parts.items():
        notes = children(package.xml_of(part), f"w:{kind}")
        elements |= {Note(kind, one.get("w:id", "")): (one, part) for one in notes}
    items = []
    for note, number in list(writer.notes.items()):
        if note in elements:
            element, part = elements[note]
            content = writer.html_of(element, package.relationships_of(part))
            items.append(f"<li>[{number}] {content.removeprefix('<p>')}</li>")
    return f'<ul style="list-style-type: none">{"".join(items)}</ul>'


def _inner_html(page: str) -> str:
    body = parsed(page).body
    return "" if body is None else body.inner_html or ""


def _mail_html(data: bytes) -> str:
    """The HTML of a page that is saved as a mail."""
    mail = message_from_bytes(data, policy=policy.default)
    body = mail.get_body(("html", "plain")) if isinstance(mail, EmailMessage) else None
    if body is None:
        return ""
    text = str(body.get_content())
    return _inner_html(text) if body.get_content_subtype() == "html" else _text_html(text)


def _text_html(text: str) -> str:
    return "".join(f"<p>{html.escape(line)}</p>" for line in text.splitlines())
