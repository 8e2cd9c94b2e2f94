"""The shapes of lines: bullets, lines that are closed, lines that lead in to a list, lines that were wrapped by hand."""

import re
from collections.abc import Iterator, Sequence
from itertools import groupby, repeat
from typing import NamedTuple

from askdex.corpus.types import CELL_JOINT

_BULLET = re.compile(r"\s*(?:[*+\-•–]|\(?\w{1,3}[.)])\s")
"""A bullet or a number that opens an item of a list: "- ", "1. ", "(iv) "."""
_CLOSED = re.compile(r"[.!?:;。！？：；]['\"”’)\]]*\s*$")
_COLONS = (":", "：")
_SHORTEST_WRAPPED = 40
"""Characters. Text is wrapped at 60 to 100; shorter lines are entries of addresses and lists, the longest of them too."""


class Line(NamedTuple):
    """A line of a text, `text[start:end]` without its line end.

    `width` is the length of the longest line of its paragraph, in characters; blank lines part paragraphs.
    """

    start: int
    end: int
    width: int


def opens_item(line: str) -> bool:
    """Whether a line begins with a bullet or a number, as an item of a list does."""
    return bool(_BULLET.match(line))


def is_closed(line: str) -> bool:
    """Whether a line ends as a sentence, a clause or a lead-in does; no sentence goes on in the line after it."""
    return bool(_CLOSED.search(line))


def leads_in(line: str) -> bool:
    """Whether a line ends with a colon, as one does that leads in to a list."""
    return line.rstrip().endswith(_COLONS)


def is_full(line: str, following: str, width: int) -> bool:
    """Whether the first word of the following line, which has one, would not have fitted into `width` characters."""
    return len(line) + 1 + len(following.split(maxsplit=1)[0]) > width


def lines(text: str) -> list[Line]:
    """The lines of a text, blank ones among them."""
    texts = text.split("\n")
    result = []
    start = 0
    for line, width in zip(texts, _widths(texts), strict=True):
        result.append(Line(start, start + len(line), width))
        start += len(line) + 1
    return result


def _widths(texts: Sequence[str]) -> Iterator[int]:
    """The width of the paragraph that each line is in."""
    for _, paragraph in groupby(texts, key=lambda line: bool(line.strip())):
        lengths = list(map(len, paragraph))
        yield from repeat(max(lengths), len(lengths))


def runs(text: str, block: Sequence[Line]) -> list[tuple[int, int]]:
    """The spans of a block's lines, where those that were wrapped by hand are one: a sentence may go on over the line end.

    "The office issues the card to all" and "who ask for it." are one run, "12 Main Street" and "Springfield" are two.
    """
    spans: list[tuple[int, int]] = []
    last, is_list = "", False
    for line in block:
        content = text[line.start : line.end]
        if _may_continue(last, content) and _is_wrapped(last, content, line.width, is_list=is_list):
            spans[-1] = (spans[-1][0], line.end)
        else:
            spans.append((line.start, line.end))
            # A list goes on from the line that leads in to it as far as its entries have no full stop.
            is_list = leads_in(last) or (is_list and bool(last.strip()) and not is_closed(last))
        last = content
    return spans


def _may_continue(line: str, following: str) -> bool:
    """Whether a sentence may go on from one line to the next."""
    is_blank = not line.strip() or not following.strip()
    is_row = CELL_JOINT in line or CELL_JOINT in following
    return not is_blank and not is_row and not is_closed(line) and not opens_item(following)


def _is_wrapped(line: str, following: str, width: int, *, is_list: bool) -> bool:
    """Whether the break between two lines was made for want of room, and not because the first had come to its end.

    A long line is wrapped where the next word had no room; any line, where the text goes on in lower case. The entries of a
    list may begin in lower case too.
    """
    is_long = len(line) >= _SHORTEST_WRAPPED and is_full(line.rstrip(), following, width)
    return is_long or (following.lstrip()[0].islower() and not is_list)
