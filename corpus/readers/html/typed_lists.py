"""Lists whose bullets and numbers were typed: paragraphs and lines such as "• a card" and "1) a card" are items."""

from collections.abc import Iterator, Sequence
from itertools import groupby, pairwise
from typing import NamedTuple

from askdex.corpus.builder import DocumentBuilder
from askdex.corpus.text.lines import continues, counts_on, has_bullet, opens_item
from askdex.corpus.types import Block, Kind

_SURE_BULLETS = frozenset("•◦▪‣·●○■□➢✓➤►")
"""Bullets that open an item even where it is the only one; a dash may also be that of someone who speaks."""
_SPEECH = "—"


class _Line(NamedTuple):
    """A line of a block: `block` is the place of that block, and `is_first` is whether the block begins with it."""

    block: int
    start: int
    end: int
    text: str
    is_first: bool


def mark_typed_items(builder: DocumentBuilder) -> None:
    """Make items of the paragraphs and lines of a document that open with a typed bullet or number.

    A number counts where the next or the last item has the number beside it: a text may begin with "1." once. Lines within
    an item are items one level below.
    """
    text, blocks = builder.text, builder.blocks
    marked: list[Block] = []
    for kind, places in groupby(range(len(blocks)), key=lambda place: blocks[place].kind):
        group = list(places)
        for part in [group] if kind is Kind.PARAGRAPH else [[place] for place in group]:
            lines = [line for place in part for line in _lines(text, blocks[place], place)]
            openers = _item_starts(lines, is_item=kind is Kind.ITEM) if kind in (Kind.PARAGRAPH, Kind.ITEM) else set()
            marked += _parted(lines, openers, blocks) if openers else [blocks[place] for place in part]
    builder.blocks = marked


def _lines(text: str, block: Block, place: int) -> Iterator[_Line]:
    start = block.start
    for line in text[block.start : block.end].split("\n"):
        yield _Line(place, start + len(line) - len(line.lstrip()), start + len(line.rstrip()), line, start == block.start)
        start += len(line) + 1


def _item_starts(lines: Sequence[_Line], *, is_item: bool) -> set[int]:
    """Where items begin; the first line of an item is one already."""
    opening = [line for line in lines if opens_item(line.text) and not (is_item and line.is_first)]
    starts = {line.start for line in opening if has_bullet(line.text) and line.text.lstrip()[:1] in _SURE_BULLETS}
    for line, following in pairwise(opening):
        are_near = following.block == line.block or (following.block == line.block + 1 and following.is_first)
        if are_near and counts_on(line.text, following.text) and not line.text.lstrip().startswith(_SPEECH):
            starts.update((line.start, following.start))
    return starts


def _parted(lines: Sequence[_Line], starts: set[int], blocks: Sequence[Block]) -> Iterator[Block]:
    """The blocks of lines, of which some begin items; a line that no sentence goes on in ends an item that was typed."""
    width = max(len(line.text) for line in lines)
    parts: list[Block] = []
    is_typed, last = False, ""
    for line in lines:
        whole = blocks[line.block]
        opens = line.start in starts
        if opens or line.is_first or (is_typed and not continues(last, line.text, width)):
            kind, level = (Kind.ITEM, whole.level + (whole.kind is Kind.ITEM)) if opens else (whole.kind, whole.level)
            parts.append(Block(kind, line.start, line.end, level))
            is_typed = opens
        else:
            begun = parts.pop()
            parts.append(Block(begun.kind, begun.start, line.end, begun.level))
        last = line.text
    yield from parts
