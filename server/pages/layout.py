"""A text as the templates lay it out: headings, paragraphs, lists, tables and code, with their links and marks."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple

from askdex.corpus.text.lines import opens_item
from askdex.corpus.text.rows import cell_spans, cells
from askdex.corpus.types import CELL_JOINT, Block, Kind, Link, heading_end
from askdex.indexer.types import StoredDocument, StoredPassage
from askdex.server.pages.highlight import LinkedText, Mark, Matches, linked

_DEEPEST_ENTRY = 3
"""Headings that stand deeper are shown at this depth: an outline is to be looked over, not read."""


@dataclass(frozen=True, slots=True)
class ShownBlock:
    """A block of a text with the links and marks on it: one cell, or in a table row several.

    `start` is its offset in the text.

    `is_bulleted` is whether it is an item of a list whose items have no numbers or bullets of their own. `match` is its number
    among the blocks with most words of the question, 0 for none of them.
    """

    level: int
    cells: Sequence[Sequence[LinkedText]]
    is_bulleted: bool = False
    start: int = 0
    match: int = 0


class Entry(NamedTuple):
    """A heading in the outline of a document: how deep it stands, from 0, its words, and its offset in the text."""

    depth: int
    words: str
    start: int


@dataclass(frozen=True, slots=True)
class ShownPart:
    """Successive blocks of one kind, such as the items of a list or the rows of a table."""

    kind: Kind
    blocks: Sequence[ShownBlock]


def document_parts(document: StoredDocument, marks: Sequence[Mark], found: Matches) -> Iterator[ShownPart]:
    """The parts of a document; its matches are counted from 1."""
    numbers = {start: n for n, start in enumerate(found.starts, 1)}
    for part in parts(document.text, document.blocks, marks, document.links, found.words):
        yield replace(part, blocks=[replace(block, match=numbers.get(block.start, 0)) for block in part.blocks])


def parts(
    text: str, blocks: Sequence[Block], marks: Sequence[Mark], links: Sequence[Link], words: Sequence[Mark] = ()
) -> Iterator[ShownPart]:
    """The parts of a text; `blocks`, `links` and `words`, which are marks too, are in order."""
    for kind, group in groupby(blocks, key=lambda block: block.kind):
        of_kind = list(group)
        bulleted = _bulleted(text, of_kind) if kind is Kind.ITEM else [False] * len(of_kind)
        shown = zip(of_kind, bulleted, strict=True)
        marked = ((block, [*marks, *_within(words, block)], is_bulleted) for block, is_bulleted in shown)
        yield ShownPart(
            kind, [_shown(text, block, near, links, is_bulleted=is_bulleted) for block, near, is_bulleted in marked]
        )


def outline(text: str, blocks: Sequence[Block]) -> list[Entry]:
    """The headings of a document; the outermost of them stand at depth 0, whatever their level."""
    headings = [block for block in blocks if block.kind is Kind.HEADING]
    top = min((block.level for block in headings), default=0)
    return [
        Entry(
            min(block.level - top, _DEEPEST_ENTRY), " ".join(text[block.start : heading_end(text, block)].split()), block.start
        )
        for block in headings
    ]


def passage_parts(passage: StoredPassage, blocks: Sequence[Block], marks: Sequence[Mark]) -> list[ShownPart]:
    """The parts of a passage; one that begins within a table has the names of the columns above its rows."""
    shown = list(parts(passage.text, blocks, marks, passage.links))
    if not begins_within_table(passage, blocks):
        return shown
    names = [list(linked(cell, 0, len(cell), (), ())) for cell in cells(passage.heading_path[-1])]
    table, *rest = shown
    return [ShownPart(Kind.ROW, [ShownBlock(1, names), *table.blocks]), *rest]


def begins_within_table(passage: StoredPassage, blocks: Sequence[Block]) -> bool:
    """Whether the names of the columns close the heading path of a passage; see `corpus.types.Passage`."""
    is_row = bool(blocks) and blocks[0].kind is Kind.ROW and not blocks[0].level
    return is_row and CELL_JOINT in "".join(passage.heading_path[-1:])


def _bulleted(text: str, items: Sequence[Block]) -> Iterator[bool]:
    """Whether each item needs a bullet: it has no number or bullet of its own, nor has one before it in the same list."""
    has_marks: list[bool] = []  # by depth, whether items of the current list have marks of their own
    for item in items:
        del has_marks[item.level + 1 :]
        has_marks += [False] * (item.level + 1 - len(has_marks))
        has_marks[item.level] |= opens_item(text[item.start : item.end])
        yield not has_marks[item.level]


def _within(words: Sequence[Mark], block: Block) -> Sequence[Mark]:
    """The words that begin in a block: of a long document with many of them few are looked at."""
    start, end = (bisect_left(words, offset, key=attrgetter("start")) for offset in (block.start, block.end))
    return words[start:end]


def _shown(text: str, block: Block, marks: Sequence[Mark], links: Sequence[Link], *, is_bulleted: bool) -> ShownBlock:
    spans = [(block.start, block.end)]
    if block.kind in (Kind.HEADING, Kind.TITLE):
        spans = [(block.start, heading_end(text, block))]
    if block.kind is Kind.ROW:
        spans = [(block.start + start, block.start + end) for start, end in cell_spans(text[block.start : block.end])]
    links = links[bisect_right(links, block.start, key=attrgetter("end")) :]
    links = links[: bisect_left(links, block.end, key=attrgetter("start"))]
    shown = [list(linked(text, start, end, marks, links)) for start, end in spans]
    return ShownBlock(block.level, shown, is_bulleted, block.start)
