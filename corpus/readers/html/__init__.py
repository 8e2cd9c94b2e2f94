"""HTML: the page's own text, without its scripts, menus and footers.

A walk through the page's nodes collects running text (`inline`), which becomes a block where an element ends that makes one
(`extraction`, `blocks`); `lists` numbers items, `tables` fills rows. Before that, `facts` counts what each element holds,
`panels` finds what the page folds away, and `boilerplate` says what is left out. `repeats` finds out beforehand what stands in
most pages of a folder.
"""

import re

from selectolax.lexbor import LexborHTMLParser, LexborNode

from askdex.corpus.builder import DocumentBuilder
from askdex.corpus.errors import UnreadableError
from askdex.corpus.readers.html.bounds import parsed
from askdex.corpus.readers.html.extraction import extracted
from askdex.corpus.readers.html.faq import questions_of
from askdex.corpus.readers.html.properties import page_metadata
from askdex.corpus.readers.html.repeats import Region, regions
from askdex.corpus.readers.html.templates import with_translated_markup, without_template_tags
from askdex.corpus.text import language
from askdex.corpus.types import DEEPEST_HEADING_LEVEL, Block, Kind

_LONGEST_NOTICE = 300
"""Characters. A page that leads to another one may say so; one with more text than this is a page of its own."""
_LEAST_MAIN_SHARE = 0.4
"""The share of the page's text that its main part holds at least: a teaser in an `article` is none, nor a `main` with only the
title. In pages where the main part holds less, most of the other text is not content either, but that is the lesser evil."""
_LEAST_ARTICLE_SHARE = 0.6
"""The same share of the only `article`, which is a teaser more often than a `main` is."""
_QUESTION_LEVEL = 2
"""The level of a question that the page does not show."""
_SITE_NAME = re.compile(r"(?:\s+[-–—:·•»›]+\s|\s*\|)\D*")
"""What titles of windows have behind the page's own. What has digits may be a year or a number, which tells pages apart."""
_REDIRECTION = re.compile(r"[;,]\s*url\s*=", re.IGNORECASE)


def read_html(source: str, title: str | None = None, repeated: frozenset[str] = frozenset()) -> DocumentBuilder:
    """Read the headings, paragraphs, lists and tables of an HTML page, of its main part where it has one.

    `title` is the title, if it is known from elsewhere. `repeated` are the digests of elements that stand around the text of
    other pages too, and are left out unless nothing else is there. Raises UnreadableError where the page only leads to another.
    """
    page = parsed(with_translated_markup(source))
    builder = _main_text(page, repeated)
    if repeated and not _text_length(builder):
        builder = _main_text(page, frozenset())
    if len(builder.blocks) <= 1 and len(builder.text) <= _LONGEST_NOTICE and _leads_elsewhere(page):
        raise UnreadableError("it only leads to another page")
    # Some pages have all of their text in elements that usually hold boilerplate, such as a form.
    if not _text_length(builder) and page.body is not None:
        whole_body = extracted(page.body, keep_boilerplate=True)
        builder = whole_body if len(whole_body.text) > len(builder.text) else builder
    _add_questions(builder, page)
    builder.title = title
    builder.settle_title()
    if builder.title is None and (element := page.css_first("head > title")) is not None:
        builder.title = _own_title(page, " ".join(without_template_tags(element.text()).split())) or None
    builder.language = language.normalise(page.root.attributes.get("lang")) if page.root else None
    builder.metadata = page_metadata(page)
    return builder


def read_own_html(source: str) -> DocumentBuilder:
    """Read a page of which all is its own, such as a mail or the chapter of a book: a list of links is no menu there.

    Raises UnreadableError where it only leads to another.
    """
    body = parsed(source).body
    return read_html(f"<main>{(body.inner_html if body is not None else None) or ''}</main>")


def page_regions(source: str) -> list[Region]:
    """The elements of a page, for `repeated`; nothing where its markup says which part of it is its own."""
    page = parsed(source)
    main = _main_element(page)
    is_marked = main is not None and page.body is not None and _holds_most(main, page.body)
    return [] if is_marked or page.body is None else regions(page.body)


def _main_text(page: LexborHTMLParser, repeated: frozenset[str]) -> DocumentBuilder:
    """The text of the element that is marked as the main part, if there is one and it holds enough of the page's text."""
    body = page.body
    if body is None:
        return DocumentBuilder()
    main = _main_element(page)
    if main is None:
        return extracted(body, repeated=repeated)
    builder = extracted(main)
    if _holds_most(main, body):
        return builder
    whole = extracted(body, repeated=repeated)
    return builder if _text_length(builder) > _least_share(main) * _text_length(whole) else whole


def _holds_most(main: LexborNode, body: LexborNode) -> bool:
    return len(main.text()) >= _least_share(main) * len(body.text())


def _least_share(main: LexborNode) -> float:
    return _LEAST_ARTICLE_SHARE if main.tag == "article" else _LEAST_MAIN_SHARE


def _main_element(page: LexborHTMLParser) -> LexborNode | None:
    """The only `main`, or the only `article`."""
    for selector in ("main, [role=main]", "article"):
        elements = page.css(selector)
        if len(elements) == 1:
            return elements[0]
    return None


def _text_length(builder: DocumentBuilder) -> int:
    """The characters of a text without its headings."""
    return sum(block.end - block.start for block in builder.blocks if block.kind not in (Kind.HEADING, Kind.TITLE))


def _add_questions(builder: DocumentBuilder, page: LexborHTMLParser) -> None:
    """Make headings of the questions that the page marks for search engines, and add those that it does not show."""
    questions = questions_of(page)
    if not questions:
        return
    blocks = {builder.text_of(block).casefold(): n for n, block in enumerate(builder.blocks)}
    shown = " ".join(builder.text.split()).casefold()
    for question, answer in questions:
        place = blocks.get(question.casefold())
        if place is not None and builder.blocks[place].kind in (Kind.PARAGRAPH, Kind.ITEM):
            block = builder.blocks[place]
            builder.blocks[place] = Block(Kind.HEADING, block.start, block.end, DEEPEST_HEADING_LEVEL)
        elif question.casefold() not in shown:
            body = parsed(answer).body
            builder.append(Kind.HEADING, question, _QUESTION_LEVEL)
            builder.append(Kind.PARAGRAPH, "\n".join(body.text(separator=" ").split("\n")) if body else answer)


def _own_title(page: LexborHTMLParser, title: str) -> str:
    """The title of a page without the name of the site: its only top heading, where that and a separator begin the title."""
    headings = page.css("h1")
    heading = " ".join(headings[0].text().split()) if len(headings) == 1 else ""
    is_with_site = bool(heading) and title.startswith(heading) and _SITE_NAME.fullmatch(title, len(heading)) is not None
    return heading if is_with_site else title


def _leads_elsewhere(page: LexborHTMLParser) -> bool:
    """Whether browsers go on from the page to another one by themselves."""
    return any(
        (node.attributes.get("http-equiv") or "").lower() == "refresh"
        and _REDIRECTION.search(node.attributes.get("content") or "")
        for node in page.css("meta[http-equiv]")
    )
