"""How a PDF's own text is printed, and which of its lines stand out from it as headings."""

import re
from bisect import bisect
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise
from statistics import median
from typing import NamedTuple

from askdex.corpus.readers.pdf.lines import Line
from askdex.corpus.text.lines import ends_as_running_text, has_bullet, outline_number

# No blank or dot of it is given back, as a row of dots may be as long as the text.
LEADER = re.compile(r"(?<![.\s])\s*+(?:\.\s?+){4,}+(\S*+)$|\s*…\s*(?=\d+$)")
# What stands below a picture or above a table leads no text.
_CAPTION = re.compile(r"(?:fig(?:ure|\.|ura)?|abb(?:ildung|\.)|tab(?:le|leau|elle|la|\.)?|图|表)\s*[\divx]+\b", re.IGNORECASE)
_LONGEST_HEADING = 150
_LARGER = 1.12
_FULL = 0.6
_USUAL_LEADING = 1.2
GAP = 1.3
"""By this factor a fall from line to line is larger than usual where a gap is."""
_LEADINGS = (0.8, 3.0)
_DEEPEST = 6


class Style(NamedTuple):
    """How the text of most letters is printed: its size in points, and `leading` is from line to line, in sizes."""

    size: float
    leading: float
    is_bold: bool
    is_mono: bool

    def fall(self, line: Line) -> float:
        """How far below the line above it a line stands as a rule, in points."""
        return self.leading * max(self.size, line.style.size)


def style_of(lines: Sequence[Line]) -> Style:
    """The style of most of the text."""
    letters = Counter[tuple[float, bool, bool]]()
    for line in lines:
        letters[_rounded(line), line.style.is_bold, line.style.is_mono] += len(line.text)
    (size, is_bold, is_mono), _ = letters.most_common(1)[0]
    own = [line for line in lines if _rounded(line) == size]
    widths = sorted(line.right - line.left for line in own)
    full = _FULL * widths[len(widths) * 9 // 10]
    falls = [
        fall
        for line, below in pairwise(own)
        if line.right - line.left >= full
        and line.page == below.page
        and _LEADINGS[0] < (fall := (line.base - below.base) / size) < _LEADINGS[1]
    ]
    return Style(size, median(falls) if falls else _USUAL_LEADING, is_bold, is_mono)


def stands_out(line: Line, style: Style) -> bool:
    """Whether a line is clearly larger or bolder than the text."""
    is_bolder = line.style.is_bold and not style.is_bold and _rounded(line) >= style.size - 1
    is_code = line.style.is_mono and not style.is_mono
    return len(line.cells) == 1 and not is_code and (_is_larger(line, style) or is_bolder)


def is_heading(line: Line) -> bool:
    """Whether what stands out reads as a heading: it is short, does not end as a sentence, and is no item of a list."""
    text = line.text
    if len(text) > _LONGEST_HEADING or LEADER.search(text) or "://" in text or has_bullet(text) or _CAPTION.match(text):
        return False
    first = next(filter(str.isalnum, text), "")
    return sum(map(str.isalpha, text)) > 1 and not ends_as_running_text(text) and not first.islower()


def is_contents(text: str) -> bool:
    """Whether a line is one of a table of contents, with a row of dots that leads to a page number."""
    return bool(LEADER.search(text))


def heading_levels(headings: Iterable[Line]) -> dict[tuple[float, bool, int], int]:
    """The level of headings of each rank: the larger above the smaller, the bolder above the others, "2" above "2.1".

    Where there are too many ranks, as samples of print are many, the first and the most usual make the levels.
    """
    counts = Counter(map(rank, headings))
    ranks = sorted(counts)
    usual = sorted(ranks[1:], key=lambda each: (-counts[each], each))[: _DEEPEST - 1]
    levels = ranks[:1] + sorted(usual)
    return {each: bisect(levels, each) for each in ranks}


def rank(heading: Line) -> tuple[float, bool, int]:
    """What headings of one level have in common."""
    number = outline_number(heading.text) or ""
    return -_rounded(heading), not heading.style.is_bold, number.count(".")


def _is_larger(line: Line, style: Style) -> bool:
    return _rounded(line) >= _LARGER * style.size


def _rounded(line: Line) -> float:
    return round(2 * line.style.size) / 2
