"""Page furniture: the running heads, running feet and page numbers of a PDF, which are no part of its text."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import takewhile
from typing import TypeAlias

from askdex.corpus.readers.pdf.lines import PrintedLine

_EDGE_LINES = 2
"""Lines at the top and at the bottom of a page that may be furniture."""
_NEIGHBOURS = 2
"""Pages before and after a page that are compared with it: left and right pages differ, and so do chapters."""
_HEIGHT_STEP = 3
"""Points. Heights are rounded to it, as furniture does not stand at quite the same height on each page."""
_LEAST_SHARE = 0.5
"""The share of the pages on which furniture of a height stands at the least; a phrase may repeat on a few pages by chance."""
_DIGITS = re.compile(r"\d+")
_ROMAN_NUMBER = re.compile(r"[ivxlc]{1,7}", re.IGNORECASE)
_LAST_OF_ONE_PAGE = re.compile(r"(?:.*\s)?1/1")
_DATE_AND_TIME = re.compile(r"\d{1,4}[./-]\d{1,2}[./-]\d{2,4},?\s+\d{1,2}:\d{2}\b")

_PlacedText: TypeAlias = tuple[int, str]
"""A height on the page, in steps, and the text there with "#" for each number."""


def without_furniture(pages: Sequence[list[PrintedLine]]) -> list[list[PrintedLine]]:
    """The lines of each page, without those at its edges that neighbouring pages have at the same height.

    Numbers in them may differ.
    """
    if len(pages) == 1:
        return [_without_browser_print(pages[0])]
    edges = [_edges(lines) for lines in pages]
    edge_texts = [{placed for edge in both for placed in edge} for both in edges]
    repeated = [{placed for edge in both for placed in _repeated(edge, edge_texts, n)} for n, both in enumerate(edges)]
    pages_by_height = Counter(height for page in repeated for height in {height for height, _ in page})
    usual_heights = {height for height, count in pages_by_height.items() if count >= _LEAST_SHARE * len(pages)}
    return [
        [line for line in lines if (placed := _placed_text(line)) not in page or placed[0] not in usual_heights]
        for lines, page in zip(pages, repeated, strict=True)
    ]


def _without_browser_print(lines: list[PrintedLine]) -> list[PrintedLine]:
    """The lines of a document's only page, without what a browser prints around it.

    That is date and title above, address and "1/1" below; nothing repeats on a single page.
    """
    lowest, highest = (pick(lines, key=lambda line: line.baseline, default=None) for pick in (min, max))
    if lowest is None or highest is None or not _LAST_OF_ONE_PAGE.fullmatch(lowest.text):
        return lines
    return [line for line in lines if line is not lowest and not (line is highest and _DATE_AND_TIME.match(line.text))]


def _edges(lines: Sequence[PrintedLine]) -> tuple[list[_PlacedText], list[_PlacedText]]:
    """The lowest and the highest lines of a page, each from the edge of the page inwards."""
    by_height = [_placed_text(line) for line in sorted(lines, key=lambda line: line.baseline)]
    return by_height[:_EDGE_LINES], by_height[: -_EDGE_LINES - 1 : -1]


def _placed_text(line: PrintedLine) -> _PlacedText:
    text = _DIGITS.sub("#", line.text)
    return round(line.baseline / _HEIGHT_STEP), "#" if _ROMAN_NUMBER.fullmatch(text) else text


def _repeated(edge: Iterable[_PlacedText], edge_texts: Sequence[set[_PlacedText]], page: int) -> list[_PlacedText]:
    """The texts of an edge that a neighbouring page has too, up to the first that none has."""
    first, end = max(0, page - _NEIGHBOURS), min(len(edge_texts), page + _NEIGHBOURS + 1)
    neighbours = [edge_texts[n] for n in range(first, end) if n != page]
    return list(takewhile(lambda placed: any(placed in texts for texts in neighbours), edge))
