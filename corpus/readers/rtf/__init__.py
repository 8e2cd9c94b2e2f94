"""RTF: what its words and groups (`tokens`) say is carried out, and written as HTML (`writer`), which is then read."""

from askdex.corpus.builder import DocumentBuilder
from askdex.corpus.errors import UnreadableError
from askdex.corpus.readers.html import read_html
from askdex.corpus.readers.properties import property_metadata, property_title
from askdex.corpus.readers.rtf.writer import RtfWriter

_START = b"{\\rtf"
_HEAD = 100
"""Bytes within which it begins; some programs write blanks or a mark before it."""


def read_rtf(data: bytes) -> DocumentBuilder:
    """Read the headings, paragraphs, lists, tables and notes of an RTF file.

    Pictures, comments, heads and feet of pages, and what is deleted or hidden are left out. Raises UnreadableError where it is
    no RTF file.
    """
    start = data.find(_START, 0, _HEAD)
    if start < 0:
        raise UnreadableError("not an RTF file")
    writer = RtfWriter()
    page = writer.html_of(data[start:])
    # All that stands in the file is its own: a list of links is no menu of a page.
    builder = read_html(f"<main>{page}</main>", writer.title or property_title(writer.properties.get("title", "")))
    times = (writer.properties.get(name, "") for name in ("revtim", "creatim"))
    builder.metadata = property_metadata(writer.properties.get("author", ""), *times)
    return builder
