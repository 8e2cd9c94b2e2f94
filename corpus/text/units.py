"""The units of a passage: its sentences, list items, rows and lines of code."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import takewhile
from operator import attrgetter
from typing import NamedTuple

from askdex.corpus.text.headings import leads_in_to_list
from askdex.corpus.text.lines import Line, is_closed, leads_in, lines, runs
from askdex.corpus.text.sentences import sentences, trimmed
from askdex.corpus.types import CELL_JOINT, Block, Kind, heading_end

_LONGEST_TERM = 60
"""Characters of a term, or of another name at the head of an item."""
_MOST_TERM_WORDS = 6
_MOST_TERMS = 3
"""Terms that are described together."""


class Unit(NamedTuple):
    """A part of a passage that can answer by itself: `text[start:end]` of the passage's text, in characters.

    `kind` is that of the block that it lies in, and no blanks are around it. `names_columns` is whether it is the row that
    names the columns of its table.
    """

    kind: Kind
    start: int
    end: int
    names_columns: bool = False


def clipped(blocks: Sequence[Block], start: int, end: int) -> list[Block]:
    """The blocks of a document that lie in `text[start:end]`, cut to it, with offsets from `start`."""
    first = bisect_right(blocks, start, key=lambda block: block.end)
    last = bisect_left(blocks, end, key=lambda block: block.start)
    return [
        replace(block, start=max(block.start, start) - start, end=min(block.end, end) - start) for block in blocks[first:last]
    ]


def units(text: str, blocks: Sequence[Block]) -> list[Unit]:
    """The units of a passage's text in order; `blocks` are the passage's, with offsets in this text.

    A row is one unit, and each line of code that is not blank. All other text is cut into its sentences, which end where a
    line does, unless the line was wrapped by hand, or is a term at the head of an item; a line with the joint of cells is a
    row. What lies outside the blocks is in no unit.
    """
    # Finding lines takes as long as finding sentences, and most passages have no block of several lines.
    text_lines = lines(text) if any(_has_several_lines(text, block) for block in blocks) else []
    return [
        Unit(block.kind, start, end, names_columns=block.kind is Kind.ROW and block.level > 0)
        for block in blocks
        for run_start, run_end in _runs_of(text, block, text_lines)
        for start, end in _cut(text, run_start, run_end, block.kind)
    ]


def _has_several_lines(text: str, block: Block) -> bool:
    return block.kind is not Kind.ROW and len(text[block.start : block.end].splitlines()) > 1


def _runs_of(text: str, block: Block, text_lines: Sequence[Line]) -> list[tuple[int, int]]:
    """The spans of a block over whose ends no sentence goes on: a row, a line of code, or lines that belong together."""
    end = heading_end(text, block) if block.kind in (Kind.HEADING, Kind.TITLE) else block.end
    if not text_lines or not _has_several_lines(text, block):
        return [(block.start, end)]
    block_lines = _lines_within(text_lines, block.start, end)
    if block.kind is Kind.CODE:
        return [(line.start, line.end) for line in block_lines]
    spans = runs(text, block_lines)
    return _with_terms(text, spans) if block.kind is Kind.ITEM else spans


def _with_terms(text: str, spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The spans of an item, the terms at its head in one with the line that says what they mean."""
    terms = takewhile(lambda span: _is_term(text[span[0] : span[1]]), spans[:_MOST_TERMS])
    described = min(len(list(terms)), len(spans) - 1)
    return [(spans[0][0], spans[described][1]), *spans[described + 1 :]]


def _is_term(line: str) -> bool:
    is_open = not is_closed(line) or (leads_in(line) and not leads_in_to_list(line))
    return is_open and len(line) <= _LONGEST_TERM and len(line.split()) <= _MOST_TERM_WORDS


def _cut(text: str, start: int, end: int, kind: Kind) -> Iterator[tuple[int, int]]:
    """The units of a run."""
    # The reader of plain text knows no tables; a line with the joint of cells is a row, and is not cut.
    is_whole = kind in (Kind.ROW, Kind.CODE) or CELL_JOINT in text[start:end]
    return trimmed(text, start, end) if is_whole else sentences(text, start, end)


def _lines_within(text_lines: Sequence[Line], start: int, end: int) -> list[Line]:
    """The lines that a span lies on, cut to it."""
    first = bisect_right(text_lines, start, key=attrgetter("start")) - 1
    last = bisect_left(text_lines, end, key=attrgetter("start"))
    return [Line(max(line.start, start), min(line.end, end), line.width) for line in text_lines[first:last]]
