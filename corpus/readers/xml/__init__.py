"""XML: what its elements hold (`tree`) is written as HTML (`writer`), which is then read.

The elements of DocBook, DITA, JATS, TEI and FictionBook have their meaning; those of other vocabularies are told by what they
hold: a title, text, or a record of short values.
"""

from askdex.corpus.builder import DocumentBuilder, clean, clean_metadata
from askdex.corpus.readers.html import read_html
from askdex.corpus.readers.xml.tree import Element, local_name, parsed
from askdex.corpus.readers.xml.writer import XmlWriter
from askdex.corpus.text import language

_LANGUAGE = ("http://www.w3.org/XML/1998/namespace}lang", "lang")


def read_xml(source: str) -> DocumentBuilder:
    """Read the headings, paragraphs, lists, tables and records of an XML file. Nothing is fetched that it refers to.

    Raises UnreadableError where it is not valid XML, is nested too deeply, or has entities that grow too large.
    """
    text = clean(source).lstrip()
    root = parsed(text)
    if local_name(root) == "html":
        return read_html(text)
    writer = XmlWriter()
    page = writer.html(root)
    # All that stands in the file is its own: a list of links is no menu of a page.
    builder = read_html(f"<main>{page}</main>")
    builder.language = language.normalise(_said(root)) or builder.language
    builder.metadata = clean_metadata(writer.metadata())
    return builder


def _said(root: Element) -> str:
    """The language that a file says it is in."""
    return next((root.attributes[name] for name in _LANGUAGE if name in root.attributes), "")
