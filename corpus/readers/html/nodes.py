"""What every part of the HTML reader asks of a page's nodes."""

import re
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from itertools import islice
from operator import attrgetter

from selectolax.lexbor import LexborNode

from askdex.corpus.types import DEEPEST_HEADING_LEVEL

HEADING_LEVELS = {f"h{level}": level for level in range(1, DEEPEST_HEADING_LEVEL + 1)}
UNSEEN_TAGS = frozenset("script style noscript template svg math canvas iframe object head select datalist".split())
_NAME_PART = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_MOST_NODES = 200
"""Nodes that are looked at around or within one: a hostile page could nest or line up thousands for each."""
_LONGEST_NAMES = 500
"""Characters of an element's classes and id that are looked at."""


def walk_nodes(root: LexborNode, is_left_out: Callable[[LexborNode], bool]) -> Iterator[tuple[LexborNode, bool]]:
    """Every node below the root in the page's order, once on entering (True) and once on leaving (False).

    It does not recurse: a page may be nested deeper than Python's stack.
    """
    node: LexborNode | None = root.child
    while node is not None:
        enters = not is_left_out(node)
        if enters:
            yield node, True
            if node.child is not None:
                node = node.child
                continue
            yield node, False
        while node is not None and node.next is None:
            node = node.parent
            if node is None or node.mem_id == root.mem_id:
                return
            yield node, False
        node = node.next if node is not None else None


def ancestor_ids(nodes: Iterable[LexborNode]) -> set[int]:
    """The ids of all nodes that any of these nodes lies in."""
    ids: set[int] = set()
    for node in nodes:
        ancestor = node.parent
        while ancestor is not None and ancestor.mem_id not in ids:
            ids.add(ancestor.mem_id)
            ancestor = ancestor.parent
    return ids


def name_parts(node: LexborNode) -> frozenset[str]:
    """The words in an element's classes and id, in small letters: "site-footer" and "siteFooter" are "site" and "footer"."""
    attributes = node.attributes
    return _parts(f"{attributes.get('class') or ''} {attributes.get('id') or ''}"[:_LONGEST_NAMES])


@lru_cache(maxsize=4_096)
def _parts(names: str) -> frozenset[str]:
    return frozenset(part.lower() for part in _NAME_PART.findall(names))


def short_text(node: LexborNode, is_left_out: Callable[[LexborNode], bool]) -> str:
    """The text of an element on one line, but only the beginning of a long or deep one."""
    words: list[str] = []
    for part, enters in islice(walk_nodes(node, is_left_out), _MOST_NODES):
        if enters and part.tag == "-text":
            words.append(part.text_content or "")
    return " ".join("".join(words).split())


def elements_after(node: LexborNode) -> Iterator[LexborNode]:
    """The elements behind a node with the same parent, but only the nearest."""
    return _elements(node, attrgetter("next"))


def elements_before(node: LexborNode) -> Iterator[LexborNode]:
    """The elements before a node with the same parent, from the nearest, but only the nearest."""
    return _elements(node, attrgetter("prev"))


def _elements(node: LexborNode, neighbour_of: Callable[[LexborNode], LexborNode | None]) -> Iterator[LexborNode]:
    other, looked_at = neighbour_of(node), 0
    while other is not None and looked_at < _MOST_NODES:
        looked_at += 1
        if not (other.tag or "-").startswith("-"):
            yield other
        other = neighbour_of(other)


def ancestors(node: LexborNode, most: int) -> Iterator[LexborNode]:
    """The elements around a node, at most so many, from the innermost."""
    ancestor = node.parent
    while ancestor is not None and most > 0:
        yield ancestor
        ancestor = ancestor.parent
        most -= 1
