"""Bullets that are drawn on a PDF page and not written, as browsers print them."""

import ctypes
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import pypdfium2
import pypdfium2.raw as pdfium

from askdex.corpus.readers.pdf.words import PageWord

_MOST_OBJECTS = 20_000
"""A page with more objects has a drawing, such as a map. Looking at each of its lines would take long and find no bullets."""
_MOST_DOTS = 500
"""No page has more bullets; a dotted line has more dots."""
_LARGEST_DOT = 12.0
"""Points."""
_LARGEST_DIFFERENCE = 0.5
"""Points between the width and the height of a dot, which is round or square."""

# In sizes of the letters of the word behind the dot.
_DOT_WIDTHS = (0.1, 0.6)
"""A narrower dot is part of a dotted line, a wider one is a picture or a box to tick."""
_HIGHEST_MIDDLE = 0.8
"""Above the baseline, which is as high as capitals are."""
_LARGEST_GAP = 2.5
"""From the dot to the word; the indent of a list is less."""


class _Dot(NamedTuple):
    """A small drawing as wide as high; `middle` is its height on the page. All in points from the lower left corner."""

    left: float
    right: float
    middle: float


def with_drawn_bullets(words: Sequence[PageWord], page: pypdfium2.PdfPage) -> list[PageWord]:
    """The words of a page, with a bullet before each word that a dot is drawn before."""
    dots = list(_dots(page)) if words and words[0].style.turns == 0 else []
    rows: defaultdict[int, list[int]] = defaultdict(list)
    for n, word in enumerate(words if dots else ()):
        rows[int(word.baseline)].append(n)
    dots_before = {at: dot for dot in dots[:_MOST_DOTS] if (at := _word_behind(dot, words, rows)) is not None}
    result: list[PageWord] = []
    for n, word in enumerate(words):
        if n in dots_before:
            result.append(PageWord("•", dots_before[n].left, dots_before[n].right, word.baseline, word.style))
        result.append(word)
    return result


def _dots(page: pypdfium2.PdfPage) -> Iterator[_Dot]:
    count = pdfium.FPDFPage_CountObjects(page)
    left, bottom, right, top = (ctypes.c_float() for _ in range(4))
    for n in range(count if count <= _MOST_OBJECTS else 0):
        page_object = pdfium.FPDFPage_GetObject(page, n)
        if pdfium.FPDFPageObj_GetType(page_object) != pdfium.FPDF_PAGEOBJ_PATH:
            continue
        pdfium.FPDFPageObj_GetBounds(page_object, left, bottom, right, top)
        width, height = right.value - left.value, top.value - bottom.value
        if 0 < width <= _LARGEST_DOT and abs(width - height) <= _LARGEST_DIFFERENCE:
            yield _Dot(left.value, right.value, bottom.value + height / 2)


def _word_behind(dot: _Dot, words: Sequence[PageWord], rows: dict[int, list[int]]) -> int | None:
    """The index of the word that a dot stands close before, on the same line; `rows` are indices by baseline in points."""
    baselines = range(int(dot.middle - _LARGEST_DOT), int(dot.middle) + 1)
    candidates = [n for baseline in baselines for n in rows.get(baseline, ()) if _is_before(dot, words[n])]
    return min(candidates, key=lambda n: words[n].left, default=None)


def _is_before(dot: _Dot, word: PageWord) -> bool:
    """Whether a dot is as large as a bullet of a word, at the height of its small letters, and close before it."""
    size = word.style.size
    narrowest, widest = _DOT_WIDTHS
    has_size = narrowest * size <= dot.right - dot.left <= widest * size
    is_level = 0 < dot.middle - word.baseline <= _HIGHEST_MIDDLE * size
    return has_size and is_level and 0 <= word.left - dot.right <= _LARGEST_GAP * size
