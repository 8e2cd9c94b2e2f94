"""The bullets of a PDF page that are drawn and not written, as browsers draw them."""

import ctypes
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import pypdfium2
import pypdfium2.raw as pdfium

from askdex.corpus.readers.pdf.words import Word

# On a page with more there is a drawing, of which each line would have to be looked at.
_MOST_OBJECTS = 20_000
_MOST_DOTS = 500
# In points.
_LARGEST = 12.0
_SAME = 0.5
# In sizes of the letters.
_WIDTHS = (0.1, 0.6)
_HIGHEST = 0.8
_FARTHEST = 2.5


class _Dot(NamedTuple):
    """A small drawing as wide as high; `middle` is the height of its middle, all in points from the lower left corner."""

    left: float
    right: float
    middle: float


def with_dots(words: Sequence[Word], page: pypdfium2.PdfPage) -> list[Word]:
    """The words of a page, with a bullet before each that a dot is drawn before."""
    dots = list(_dots(page)) if words and words[0].style.turns == 0 else []
    rows: defaultdict[int, list[int]] = defaultdict(list)
    for n, word in enumerate(words if dots else ()):
        rows[int(word.base)].append(n)
    marked = {at: dot for dot in dots[:_MOST_DOTS] if (at := _behind(dot, words, rows)) is not None}
    found: list[Word] = []
    for n, word in enumerate(words):
        if n in marked:
            found.append(Word("•", marked[n].left, marked[n].right, word.base, word.style))
        found.append(word)
    return found


def _dots(page: pypdfium2.PdfPage) -> Iterator[_Dot]:
    count = pdfium.FPDFPage_CountObjects(page)
    left, bottom, right, top = (ctypes.c_float() for _ in range(4))
    for n in range(count if count <= _MOST_OBJECTS else 0):
        drawn = pdfium.FPDFPage_GetObject(page, n)
        if pdfium.FPDFPageObj_GetType(drawn) != pdfium.FPDF_PAGEOBJ_PATH:
            continue
        pdfium.FPDFPageObj_GetBounds(drawn, left, bottom, right, top)
        width, height = right.value - left.value, top.value - bottom.value
        if 0 < width <= _LARGEST and abs(width - height) <= _SAME:
            yield _Dot(left.value, right.value, bottom.value + height / 2)


def _behind(dot: _Dot, words: Sequence[Word], rows: dict[int, list[int]]) -> int | None:
    """The place of the word that a dot stands close before, and on whose line."""
    heights = range(int(dot.middle - _LARGEST), int(dot.middle) + 1)
    near = [n for height in heights for n in rows.get(height, ()) if _is_before(dot, words[n])]
    return min(near, key=lambda n: words[n].left, default=None)


def _is_before(dot: _Dot, word: Word) -> bool:
    size = word.style.size
    fits = _WIDTHS[0] * size <= dot.right - dot.left <= _WIDTHS[1] * size
    return fits and 0 < dot.middle - word.base <= _HIGHEST * size and 0 <= word.left - dot.right <= _FARTHEST * size
