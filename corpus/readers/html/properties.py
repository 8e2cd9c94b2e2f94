"""What an HTML page says of itself: its author, keywords and description, and the dates of its version."""

import json
from collections.abc import Iterator

from selectolax.lexbor import LexborHTMLParser

from askdex.corpus.builder import clean_metadata
from askdex.corpus.readers.properties import listed_words
from askdex.corpus.types import Metadata
from askdex.corpus.versions import stated

_PLAIN = ("author", "keywords", "description", "subject", "abstract")
"""The `meta` elements that become metadata under their own names."""
_LINKED_DATA = 'script[type="application/ld+json"]'
_TIMES = (
    ("time[itemprop=dateModified], time.updated, time.modified", "updated"),
    ("time[itemprop=datePublished], time[pubdate], time.published, time.entry-date", "published"),
)
"""The elements that hold a date of the page; any other `time` may be that of an event."""


def page_metadata(page: LexborHTMLParser) -> Metadata:
    """The metadata of a page, from its `meta` and `time` elements and its linked data (JSON-LD)."""
    said = {**dict(_in_linked_data(page)), **dict(_in_times(page)), **dict(_in_meta(page))}
    plain: dict[object, object] = {key: said[key] for key in _PLAIN if said.get(key)}
    if isinstance(keywords := plain.get("keywords"), str):
        plain["keywords"] = listed_words(keywords)
    return clean_metadata(plain) | stated(said)


def _in_meta(page: LexborHTMLParser) -> Iterator[tuple[str, object]]:
    for node in page.css("meta[content]"):
        names = (node.attributes.get(attribute) for attribute in ("name", "property", "itemprop", "http-equiv"))
        name, content = next(filter(None, names), None), (node.attributes.get("content") or "").strip()
        if name and content:
            yield name.lower(), content


def _in_times(page: LexborHTMLParser) -> Iterator[tuple[str, object]]:
    for selector, key in _TIMES:
        for node in page.css(selector)[:1]:
            yield key, node.attributes.get("datetime") or node.text().strip()


def _in_linked_data(page: LexborHTMLParser) -> Iterator[tuple[str, object]]:
    """The plain values of the first thing that has a date; a page may also describe its site and its publisher."""
    for node in page.css(_LINKED_DATA):
        try:
            data = json.loads(node.text())
        except (ValueError, RecursionError):
            continue
        for thing in _things(data):
            if any(str(key).startswith("date") for key in thing):
                author = thing.get("author")
                yield from thing.items()
                yield "author", author.get("name") if isinstance(author, dict) else author
                return


def _things(data: object) -> Iterator[dict[str, object]]:
    for thing in data if isinstance(data, list) else [data]:
        if isinstance(thing, dict):
            yield thing
            graph = thing.get("@graph")
            yield from (part for part in graph if isinstance(part, dict)) if isinstance(graph, list) else ()
