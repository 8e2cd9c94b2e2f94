"""HTML: the page's own text, without its scripts, menus and footers.

A walk through the page's nodes collects running text (`inline`), which becomes a block where an element ends that makes one
(`extraction`); `lists` numbers items, `tables` fills rows.
"""

import re

from selectolax.lexbor import LexborHTMLParser, LexborNode

from askdex.corpus.builder import DocumentBuilder
from askdex.corpus.errors import UnreadableError
from askdex.corpus.readers.html.extraction import extracted
from askdex.corpus.readers.html.properties import page_metadata
from askdex.corpus.text import language
from askdex.corpus.types import Kind

_LONGEST_NOTICE = 300
"""Characters. A page that leads to another one may say so; one with more text than this is a page of its own."""
_REDIRECTION = re.compile(r"[;,]\s*url\s*=", re.IGNORECASE)


def read_html(source: str, title: str | None = None) -> DocumentBuilder:
    """Read the headings, paragraphs, lists and tables of an HTML page, of its `main` element where it has one.

    `title` is the title, if it is known from elsewhere. Raises UnreadableError where the page only leads to another.
    """
    page = LexborHTMLParser(source)
    builder = extracted(_main_element(page))
    if len(builder.blocks) <= 1 and len(builder.text) <= _LONGEST_NOTICE and _leads_elsewhere(page):
        raise UnreadableError("it only leads to another page")
    # Some pages have all of their text in elements that usually hold boilerplate, such as a form.
    if all(block.kind in (Kind.HEADING, Kind.TITLE) for block in builder.blocks) and page.body is not None:
        whole_body = extracted(page.body, keep_boilerplate=True)
        builder = whole_body if len(whole_body.text) > len(builder.text) else builder
    builder.title = title
    builder.settle_title()
    if builder.title is None and (element := page.css_first("head > title")) is not None:
        builder.title = " ".join(element.text().split()) or None
    builder.language = language.normalise(page.root.attributes.get("lang")) if page.root else None
    builder.metadata = page_metadata(page)
    return builder


def _main_element(page: LexborHTMLParser) -> LexborNode | None:
    """The element that holds the page's own text: the only `main`, or the only `article`, or the body."""
    for selector in ("main, [role=main]", "article"):
        elements = page.css(selector)
        if len(elements) == 1:
            return elements[0]
    return page.body


def _leads_elsewhere(page: LexborHTMLParser) -> bool:
    """Whether browsers go on from the page to another one by themselves."""
    return any(
        (node.attributes.get("http-equiv") or "").lower() == "refresh"
        and _REDIRECTION.search(node.attributes.get("content") or "")
        for node in page.css("meta[http-equiv]")
    )
