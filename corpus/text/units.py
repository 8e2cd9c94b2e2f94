"""The units of a passage: its sentences, list items, rows and lines of code."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from askdex.corpus.text.lines import Line, lines, runs
from askdex.corpus.text.sentences import sentences, trimmed
from askdex.corpus.types import CELL_JOINT, Block, Kind, heading_end


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
    return [
        replace(block, start=max(block.start, start) - start, end=min(block.end, end) - start)
        for block in blocks
        if block.start < end and block.end > start
    ]


def units(text: str, blocks: Sequence[Block]) -> list[Unit]:
    """The units of a passage's text in order; `blocks` are the passage's, with offsets in this text.

    A row is one unit, and each line of code that is not blank. All other text is cut into its sentences, which end where a
    line does, unless the line was wrapped by hand; a line with the joint of cells is a row. What lies outside the blocks is
    in no unit.
    """
    text_lines = lines(text)
    return [
        Unit(block.kind, start, end, names_columns=block.kind is Kind.ROW and block.level > 0)
        for block in blocks
        for start, end in _spans(text, block, text_lines)
    ]


def _spans(text: str, block: Block, text_lines: Sequence[Line]) -> Iterator[tuple[int, int]]:
    if block.kind is Kind.ROW:
        yield from trimmed(text, block.start, block.end)
    elif block.kind is Kind.CODE:
        for line in _lines_of(block, text_lines):
            yield from trimmed(text, line.start, line.end)
    else:
        end = heading_end(text, block) if block.kind in (Kind.HEADING, Kind.TITLE) else block.end
        for run_start, run_end in runs(text, _lines_of(replace(block, end=end), text_lines)):
            # A table that is written out in plain text is no table to its reader; its rows are not cut for all that.
            is_row = CELL_JOINT in text[run_start:run_end]
            yield from (trimmed if is_row else sentences)(text, run_start, run_end)


def _lines_of(block: Block, text_lines: Sequence[Line]) -> list[Line]:
    """The lines of a text that a block lies on, cut to the block."""
    first = bisect_right(text_lines, block.start, key=lambda line: line.start) - 1
    last = bisect_left(text_lines, block.end, key=lambda line: line.start)
    return [line._replace(start=max(line.start, block.start), end=min(line.end, block.end)) for line in text_lines[first:last]]
