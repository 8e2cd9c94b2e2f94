"""Parsing a page within bounds: the time of the parser grows with the square of its depth and of its attributes."""

import re
from collections.abc import Iterator

from selectolax.lexbor import LexborHTMLParser, SelectolaxError

_DEEPEST = 2_000
"""Elements within each other; browsers stop at about 500. Beyond, tags are left out, and the text within them stays."""
_MOST_ATTRIBUTES = 1_000
"""Parts of a tag between blanks; of one that has more, the name alone is kept."""
_TAG = re.compile(r"<(/?)([a-zA-Z][^\s/>]*+)[^>]*+>?")
_NOT_NESTED = frozenset(
    "a area base br col embed hr img input link meta param source track wbr "  # never hold another of their name, or nothing
    "caption colgroup dd dt li option optgroup p rp rt tbody td tfoot th thead tr body head html".split()
)
"""Elements that add no depth of their own: the next of their kind ends them."""


def parsed(page: str) -> LexborHTMLParser:
    """The tree of a page, without the tags that nest too deeply, and without attributes where one element has too many.

    Raises MemoryError.
    """
    try:
        return LexborHTMLParser("".join(_bounded(page)) if _exceeds(page) else page)
    except SelectolaxError as error:
        raise MemoryError from error  # whatever a text holds, it is HTML: all that can be missing is room


def _exceeds(page: str) -> bool:
    if page.count("<") <= _DEEPEST and len(page) <= _MOST_ATTRIBUTES:
        return False
    return any(depth > _DEEPEST or _has_many_attributes(tag) for tag, depth in _tags(page))


def _bounded(page: str) -> Iterator[str]:
    """The parts of a page that stay."""
    position = 0
    for tag, depth in _tags(page):
        yield page[position : tag.start()]
        position = tag.end()
        if depth <= _DEEPEST:
            yield f"<{tag[1]}{tag[2]}>" if _has_many_attributes(tag) else tag[0]
    yield page[position:]


def _tags(page: str) -> Iterator[tuple[re.Match[str], int]]:
    """The tags of a page, each with the depth of its element, 0 for one that adds none."""
    depth = 0
    for tag in _TAG.finditer(page):
        if tag[2].lower() in _NOT_NESTED:
            yield tag, 0
        elif tag[1]:
            yield tag, depth
            depth = max(0, depth - 1)
        else:
            depth += 1
            yield tag, depth


def _has_many_attributes(tag: re.Match[str]) -> bool:
    return tag.end() - tag.start() > 2 * _MOST_ATTRIBUTES and len(tag[0].split()) > _MOST_ATTRIBUTES
