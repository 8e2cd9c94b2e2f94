"""AsciiDoc: its blocks (`blocks`), tables (`tables`) and marks within lines (`inline`) are written as HTML, which is then read.

No library that parses AsciiDoc in Python is both grown up and free to be shipped with other programs.
"""

from askdex.corpus.builder import DocumentBuilder, clean, clean_metadata
from askdex.corpus.readers.asciidoc.blocks import AsciiDocWriter
from askdex.corpus.readers.html import read_html
from askdex.corpus.readers.properties import listed_words, property_author
from askdex.corpus.text import language
from askdex.corpus.text.dates import date_at_start


def read_asciidoc(source: str) -> DocumentBuilder:
    """Read the headings, paragraphs, lists, tables and programs of a text in AsciiDoc; nothing is included from other files."""
    writer = AsciiDocWriter(clean(source).split("\n"))
    page = writer.html()
    # All that stands in the file is its own: a list of links is no menu of a page.
    builder = read_html(f"<main>{page}</main>")
    said = writer.attributes
    builder.language = language.normalise(said.get("lang", "")) or builder.language
    builder.metadata = clean_metadata(
        {
            "author": property_author(said.get("author", "")),
            "updated": date_at_start(said.get("revdate", "")),
            "version": said.get("revnumber"),
            "keywords": listed_words(said.get("keywords", "")),
            "description": said.get("description"),
        }
    )
    return builder
