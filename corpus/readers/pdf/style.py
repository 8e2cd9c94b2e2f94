"""The style that most of a PDF's text is printed in, and which lines stand out from it as headings."""

import re
from bisect import bisect
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise
from statistics import median
from typing import NamedTuple, TypeAlias

from askdex.corpus.readers.pdf.lines import PrintedLine
from askdex.corpus.text.lines import ends_as_running_text, has_bullet, outline_number
from askdex.corpus.types import DEEPEST_HEADING_LEVEL

LEADER = re.compile(r"(?<![.\s])\s*+(?:\.\s?+){4,}+(\S*+)$|\s*…\s*(?=\d+$)")
"""The row of dots in a line of a table of contents, and the page number behind it. No backtracking (*+), as a row of dots may
be as long as the text."""
_CAPTION = re.compile(r"(?:fig(?:ure|\.|ura)?|abb(?:ildung|\.)|tab(?:le|leau|elle|la|\.)?|图|表)\s*[\divx]+\b", re.IGNORECASE)
"""What stands below a picture or above a table heads no text."""
_LONGEST_PRINTED_HEADING = 150
"""Characters."""
_FEWEST_CAPITALS = 5
"""Characters of a line in capitals; fewer may be an abbreviation."""
_LARGER = 1.12
"""A line stands out if its letters are larger than the text's by this factor: beside 10 points 11.5 do, 11 do not."""
_MUCH_LARGER = 1.4
"""Bold letters that are larger than the text's by this factor make a heading even where they are all small."""
_LARGEST_STEP_DOWN = 1.0
"""Points by which a bold heading may be smaller than the text."""
_FULL_WIDTH = 0.6
"""The share of the width of the widest lines from which on a line is full; the leading is measured below full lines, as
other lines may end a paragraph."""
_USUAL_LEADING = 1.2
"""Sizes, where the leading cannot be measured: what most programs use."""
_LEADINGS = (0.8, 3.0)
"""Sizes between which a distance from line to line can be a leading; others are between columns and sections."""
GAP = 1.3
"""A distance from line to line of more than this many usual leadings is a gap."""

HeadingRank: TypeAlias = tuple[float, bool, int]
"""Size (negative), whether not bold, and the depth of its number: headings of a higher rank sort first."""


class BodyStyle(NamedTuple):
    """How most of the text is printed; `size` is in points, `leading` is the distance from line to line in sizes."""

    size: float
    leading: float
    is_bold: bool
    is_mono: bool
    is_italic: bool

    def leading_above(self, line: PrintedLine) -> float:
        """The usual distance from a line to the line above it, in points."""
        return self.leading * max(self.size, line.style.size)


def body_style(lines: Sequence[PrintedLine]) -> BodyStyle:
    """The style in which most letters are printed."""
    letters = Counter[tuple[float, bool, bool]]()
    for line in lines:
        letters[_rounded_size(line), line.style.is_bold, line.style.is_mono] += len(line.text)
    (size, is_bold, is_mono), _ = letters.most_common(1)[0]
    body_lines = [line for line in lines if _rounded_size(line) == size]
    widths = sorted(line.right - line.left for line in body_lines)
    full_width = _FULL_WIDTH * widths[len(widths) * 9 // 10]
    leadings = [
        leading
        for line, below in pairwise(body_lines)
        if line.right - line.left >= full_width
        and line.page == below.page
        and _LEADINGS[0] < (leading := (line.baseline - below.baseline) / size) < _LEADINGS[1]
    ]
    is_italic = 2 * sum(len(line.text) for line in body_lines if line.style.is_italic) > letters[size, is_bold, is_mono]
    return BodyStyle(size, median(leadings) if leadings else _USUAL_LEADING, is_bold, is_mono, is_italic)


def stands_out(line: PrintedLine, style: BodyStyle) -> bool:
    """Whether a line is tagged as a heading, or is clearly larger or bolder than the text."""
    is_larger = _rounded_size(line) >= _LARGER * style.size
    is_bolder = line.style.is_bold and not style.is_bold and _rounded_size(line) >= style.size - _LARGEST_STEP_DOWN
    is_code = line.style.is_mono and not style.is_mono
    return len(line.cells) == 1 and (line.level > 0 or (not is_code and (is_larger or is_bolder)))


def stands_apart(line: PrintedLine, style: BodyStyle) -> bool:
    """Whether a line is printed otherwise than the text, in letters of its size: in italics, or in capitals."""
    is_italic = line.style.is_italic and not style.is_italic
    is_of_size = _rounded_size(line) >= style.size - _LARGEST_STEP_DOWN / 2
    return len(line.cells) == 1 and is_of_size and (is_italic or (len(line.text) >= _FEWEST_CAPITALS and line.text.isupper()))


def reads_as_heading(line: PrintedLine, style: BodyStyle) -> bool:
    """Whether a line that stands out reads as a heading: short, not ending as a sentence, and no item of a list.

    One that is tagged as a heading may be a sentence.
    """
    text = line.text
    first = next(filter(str.isalnum, text), "")
    may_begin = not first.islower() or (line.style.is_bold and line.style.size >= _MUCH_LARGER * style.size)
    has_shape = sum(map(str.isalpha, text)) > 1 and may_begin
    if line.level:
        may_head = len(text) <= _LONGEST_PRINTED_HEADING and not is_contents_line(text)
        return has_shape and may_head and not text.endswith((",", ";"))
    if (
        len(text) > _LONGEST_PRINTED_HEADING
        or "://" in text
        or is_contents_line(text)
        or has_bullet(text)
        or _CAPTION.match(text)
    ):
        return False
    return has_shape and not ends_as_running_text(text)


def is_contents_line(text: str) -> bool:
    """Whether a line is one of a table of contents, with a row of dots that leads to a page number."""
    return bool(LEADER.search(text))


def heading_levels(headings: Iterable[PrintedLine]) -> dict[HeadingRank, int]:
    """The level of the headings of each rank: larger above smaller, bold above others, "2" above "2.1".

    Where there are too many ranks, as in a sample of fonts, the first and the most frequent make the levels; a heading of
    another rank has the level of the next higher rank that makes one.
    """
    counts = Counter(map(heading_rank, headings))
    ranks = sorted(counts)
    most_frequent = sorted(ranks[1:], key=lambda rank: (-counts[rank], rank))[: DEEPEST_HEADING_LEVEL - 1]
    levels = ranks[:1] + sorted(most_frequent)
    return {rank: bisect(levels, rank) for rank in ranks}


def heading_rank(heading: PrintedLine) -> HeadingRank:
    """What headings of one level have in common."""
    number = outline_number(heading.text) or ""
    return -_rounded_size(heading), not heading.style.is_bold, number.count(".")


def _rounded_size(line: PrintedLine) -> float:
    """The size of a line's letters to half a point: programs write 9.96 for 10."""
    return round(2 * line.style.size) / 2
