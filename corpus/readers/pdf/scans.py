"""Scanned pages: the words that a machine reads in their picture, as words of the page."""

from collections.abc import Iterator, Sequence
from statistics import median
from typing import Any

import pypdfium2

from askdex.corpus.readers.pdf.words import FontStyle, PageWord
from askdex.corpus.readers.recognition import LARGEST_SIDE, RecognisedLine, recognised

_BEST_SCALE = 200 / 72
"""Pixels a point: that of most scans."""
_BELOW_BASELINE = 0.2
"""The share of a line's height that is below its baseline."""
_LETTERS_OF_HEIGHT = 0.75
"""The size of letters as a share of the height of their line."""
_SAME_SIZE = 0.25
"""The share by which the heights of lines of the same letters differ, as far as a machine can see them."""


def has_picture(page: pypdfium2.PdfPage) -> bool:
    """Whether anything is drawn on a page."""
    return next(iter(page.get_objects(max_depth=2)), None) is not None


def scanned_words(page: pypdfium2.PdfPage) -> tuple[list[PageWord], list[float]]:
    """The words in the picture of a page, and how sure the machine is of each line."""
    width, height = page.get_size()
    scale = min(_BEST_SCALE, LARGEST_SIDE / max(width, height, 1))
    bitmap: Any = page.render(scale=scale)
    try:
        lines = recognised(bitmap.to_pil().convert("RGB"))
    finally:
        bitmap.close()
    return list(words_of(lines, height * scale, scale)), [line.confidence for line in lines]


def words_of(lines: Sequence[RecognisedLine], height: float, scale: float) -> Iterator[PageWord]:
    """The words of lines of a picture that is so high, with so many pixels a point."""
    usual = median(line.bottom - line.top for line in lines) if lines else 0.0
    for line in lines:
        own = line.bottom - line.top
        own = usual if abs(own - usual) <= _SAME_SIZE * usual else own
        style = FontStyle(round(_LETTERS_OF_HEIGHT * own / scale))
        baseline = (height - line.bottom + _BELOW_BASELINE * own) / scale
        a_letter = (line.right - line.left) / len(line.text)
        position = 0
        for word in line.text.split(" "):
            left = line.left + position * a_letter
            yield PageWord(word, left / scale, (left + len(word) * a_letter) / scale, baseline, style)
            position += len(word) + 1
