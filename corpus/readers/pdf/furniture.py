"""What stands on most pages of a PDF and is no part of its text: running heads, running feet and page numbers."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import takewhile

from askdex.corpus.readers.pdf.lines import Line

_OUTERMOST = 2
_NEAR = 2
# Heights, in points, that differ by less are the same.
_SAME_HEIGHT = 3
_DIGITS = re.compile(r"\d+")
_ROMAN = re.compile(r"[ivxlc]{1,7}", re.IGNORECASE)
# The share of the pages on which something stands at the height of what is left out.
_MOST = 0.5
# A single page has nothing that repeats, but what browsers print around it: date and title above, address and "1/1" below.
_ONLY_PAGE = re.compile(r"(?:.*\s)?1/1")
_DATE_AND_TIME = re.compile(r"\d{1,4}[./-]\d{1,2}[./-]\d{2,4},?\s+\d{1,2}:\d{2}\b")

_Place = tuple[int, str]


def without_furniture(pages: Sequence[list[Line]]) -> list[list[Line]]:
    """The lines of each page, without those at its edge that pages near it have too at that height, but for digits."""
    if len(pages) == 1:
        return [_without_print(pages[0])]
    edges = [_edges(lines) for lines in pages]
    places = [{place for edge in both for place in edge} for both in edges]
    repeated = [[_repeated(edge, places, n) for edge in both] for n, both in enumerate(edges)]
    gone = [{place for edge in both for place in edge} for both in repeated]
    heights = Counter(height for here in gone for height in {height for height, _ in here})
    usual = {height for height, count in heights.items() if count >= _MOST * len(pages)}
    return [
        [line for line in lines if (place := _place(line)) not in here or place[0] not in usual]
        for lines, here in zip(pages, gone, strict=True)
    ]


def _without_print(lines: list[Line]) -> list[Line]:
    """The lines of a document's only page, without what a browser has printed around it."""
    lowest, highest = (pick(lines, key=lambda line: line.base, default=None) for pick in (min, max))
    if lowest is None or highest is None or not _ONLY_PAGE.fullmatch(lowest.text):
        return lines
    return [line for line in lines if line is not lowest and not (line is highest and _DATE_AND_TIME.match(line.text))]


def _edges(lines: list[Line]) -> tuple[list[_Place], list[_Place]]:
    """The lowest and the highest lines of a page, from its edge inwards."""
    by_height = [_place(line) for line in sorted(lines, key=lambda line: line.base)]
    return by_height[:_OUTERMOST], by_height[: -_OUTERMOST - 1 : -1]


def _place(line: Line) -> _Place:
    text = _DIGITS.sub("#", line.text)
    return round(line.base / _SAME_HEIGHT), "#" if _ROMAN.fullmatch(text) else text


def _repeated(edge: Iterable[_Place], places: Sequence[set[_Place]], page: int) -> list[_Place]:
    """What of an edge is on pages near this one too, up to the first line that is not."""
    around = [places[n] for n in range(max(0, page - _NEAR), min(len(places), page + _NEAR + 1)) if n != page]
    return list(takewhile(lambda place: any(place in other for other in around), edge))
