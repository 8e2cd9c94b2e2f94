"""What the elements of a page hold: how much text, how much of it in links, and which tables only lay out the page."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from selectolax.lexbor import LexborNode

from askdex.corpus.readers.html.nodes import HEADING_LEVELS, UNSEEN_TAGS, walk_nodes

_FEWEST_WORDS = 4
"""Words of a text that is prose, and no label; where a script has no blanks, `_FEWEST_CHARACTERS`."""
_FEWEST_CHARACTERS = 10
_UNSPACED = re.compile(r"[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff]")
_CLOSED = re.compile(r"[.!?。！？]\W*$")
_LONG_CELL = 400
"""Characters. A table of few rows with a cell as long as this lays out a page."""
_LONG_ONLY_CELL = 60
"""Characters of a cell that makes the same of a table of one row."""
_MOST_LAYOUT_ROWS = 3
_LONGEST_LINK_NAME = 35
"""Characters."""
_LONGEST_CONTACT = 100
"""Characters of a link that says a telephone number or an address of mail."""
_CONTACT = re.compile(r"(?:\d\D{0,3}){5}|\S@\S")
"""Five digits near each other, or an address of mail."""
_LEAST_LINKED = 0.6
"""The share of an element's characters in links from which on the element is one of links."""


class Facts(NamedTuple):
    """What an element holds: `characters` of text, `linked` ones in `links`, and `prose`, the others that are no labels.

    `long_links` are those that do not only name where they lead, but describe it. `contacts` are those that say a telephone
    number or an address of mail.
    """

    characters: int = 0
    linked: int = 0
    links: int = 0
    prose: int = 0
    headings: int = 0
    top_headings: int = 0
    long_links: int = 0
    contacts: int = 0

    @property
    def is_linked(self) -> bool:
        """Whether most of the text is links."""
        return self.links > 0 and self.linked >= _LEAST_LINKED * self.characters


_NOTHING = Facts()


@dataclass(slots=True)
class _Table:
    """A table in the making."""

    node: LexborNode
    rows: int = 0
    cells: int = 0
    most_cells: int = 0
    """Cells of the current row that hold text, and the most of any row."""
    is_data: bool = False
    is_layout: bool = False
    longest_cell: int = 0


@dataclass(slots=True)
class PageFacts:
    """The facts of all elements by node id; `layout_tables` are the ids of tables that are none but in their markup."""

    by_id: dict[int, Facts] = field(default_factory=dict)
    layout_tables: set[int] = field(default_factory=set)

    def of(self, node: LexborNode) -> Facts:
        """The facts of an element."""
        return self.by_id.get(node.mem_id, _NOTHING)


def page_facts(root: LexborNode) -> PageFacts:
    """The facts of the elements below a node, and of itself, in one walk."""
    facts = PageFacts()
    counts = [[0] * len(Facts._fields)]
    tables: list[_Table] = []
    links_around = 0
    for node, enters in walk_nodes(root, _is_unseen):
        tag = node.tag or ""
        if tag == "-text":
            if enters:
                _count_text(counts[-1], node.text_content or "", is_linked=links_around > 0)
        elif tag.startswith("-"):
            continue
        elif enters:
            counts.append([0] * len(Facts._fields))
            links_around += tag == "a"
            if tag == "table":
                tables.append(_Table(node))
        else:
            own = counts.pop()
            _count_element(own, tag, node)
            links_around -= tag == "a"
            facts.by_id[node.mem_id] = Facts(*own)
            counts[-1] = [whole + part for whole, part in zip(counts[-1], own, strict=True)]
            if tables:
                _leave_in_table(tables, node, tag, Facts(*own), facts)
    facts.by_id[root.mem_id] = Facts(*counts[0])
    return facts


def _is_unseen(node: LexborNode) -> bool:
    return node.tag in UNSEEN_TAGS


def is_prose(text: str, words: Sequence[str]) -> bool:
    """Whether a text, which these are the words of, is no label."""
    return (
        len(words) >= _FEWEST_WORDS
        or bool(words and _CLOSED.search(words[-1]))
        or len(_UNSPACED.findall(text)) >= _FEWEST_CHARACTERS
    )


def _count_text(counts: list[int], text: str, *, is_linked: bool) -> None:
    words = text.split()
    length = sum(map(len, words)) + max(0, len(words) - 1)
    counts[0] += length
    if is_linked:
        counts[1] += length
    elif is_prose(text, words):
        counts[3] += length


def _count_element(counts: list[int], tag: str, node: LexborNode) -> None:
    if tag == "a":
        counts[2] += counts[0] > 0
        counts[6] += counts[0] > _LONGEST_LINK_NAME
        counts[7] += counts[0] <= _LONGEST_CONTACT and _says_contact(node)
    if tag in HEADING_LEVELS:
        counts[3] = 0
        counts[4] += 1
        counts[5] += tag == "h1"


def _says_contact(link: LexborNode) -> bool:
    """Whether the words of a link are a telephone number or an address of mail."""
    scheme = (link.attributes.get("href") or "").lstrip()[:7].lower()
    return scheme.startswith(("tel:", "mailto:")) and bool(_CONTACT.search(link.text()))


def _leave_in_table(tables: list[_Table], node: LexborNode, tag: str, held: Facts, facts: PageFacts) -> None:
    table = tables[-1]
    if tag in ("td", "th"):
        table.cells += held.characters > 0
        table.longest_cell = max(table.longest_cell, held.characters)
        table.is_data |= tag == "th"
        table.is_layout |= held.headings > 0 and held.prose > 0
    elif tag == "tr":
        table.rows += 1
        table.most_cells, table.cells = max(table.most_cells, table.cells), 0
    elif tag in ("caption", "thead"):
        table.is_data |= held.characters > 0
    elif tag == "table":
        tables.pop()
        if tables:
            tables[-1].is_layout |= table.most_cells > 0
        if _lays_out(table):
            facts.layout_tables.add(node.mem_id)


def _lays_out(table: _Table) -> bool:
    if table.node.attributes.get("role") in ("presentation", "none"):
        return True
    is_text = table.longest_cell >= (_LONG_CELL if table.rows > 1 else _LONG_ONLY_CELL) and table.rows <= _MOST_LAYOUT_ROWS
    return not table.is_data and (table.is_layout or table.most_cells < 2 or is_text)
