"""Pictures: the words in them, which a machine reads. Those with hardly any are left out: they show something else."""

from collections.abc import Iterator
from io import BytesIO
from statistics import fmean
from typing import Any

from askdex.corpus.builder import DocumentBuilder, clean_metadata
from askdex.corpus.errors import UnreadableError
from askdex.corpus.readers.pdf.blocks import blocks_of
from askdex.corpus.readers.pdf.lines import PrintedLine, printed_lines, with_table_rows
from askdex.corpus.readers.pdf.scans import words_of
from askdex.corpus.readers.recognition import (
    CONFIDENCE,
    INSTALLATION,
    LARGEST_SIDE,
    MACHINE_READ,
    MOST_PAGES,
    is_installed,
    recognised,
)
from askdex.corpus.text.ranges import ranges
from askdex.corpus.types import Skipped

_PAGED = ("TIFF",)
"""The formats, as Pillow names them, whose further pictures are pages: those of others move, or show the same smaller."""
_FEWEST_WORDS = 5
_MOST_PIXELS = 80_000_000
_SCALE = 2.0
"""Pixels that are taken for a point: letters of a picture have no size in points."""


def read_image(data: bytes) -> DocumentBuilder:
    """Read the words in a picture, which may have several pages.

    Raises UnreadableError where no text recognition is installed, it is no picture, or there are hardly any words in it.
    """
    if not is_installed():
        raise UnreadableError(f"a picture, for which text recognition is needed: {INSTALLATION}")
    pages: list[list[PrintedLine]] = []
    confidences: list[float] = []
    for number, picture in enumerate(_pictures(data)):
        lines = recognised(picture)
        confidences += [line.confidence for line in lines]
        words = list(words_of(lines, picture.height, _SCALE))
        pages.append(printed_lines(words, number))
    builder = blocks_of([with_table_rows(page) for page in pages])
    if len(builder.text.split()) < _FEWEST_WORDS:
        raise UnreadableError("a picture with hardly any words in it")
    if len(pages) == 1:
        builder.page_starts = []
    elif len(pages) >= MOST_PAGES:
        builder.left_out = Skipped("the rest", f"a machine reads {MOST_PAGES:,} pages of a file")
    read = [number for number, page in enumerate(pages, 1) if page]
    builder.metadata = clean_metadata({MACHINE_READ: ranges(read), CONFIDENCE: round(fmean(confidences), 2)})
    builder.settle_title()
    return builder


def _pictures(data: bytes) -> Iterator[Any]:
    """The pages of a picture, upright, and no larger than they are read."""
    from PIL import Image, ImageOps, ImageSequence

    try:
        with Image.open(BytesIO(data)) as file:
            for number, page in enumerate(ImageSequence.Iterator(file)):
                if page.width * page.height > _MOST_PIXELS:
                    raise UnreadableError(f"more than {_MOST_PIXELS // 10**6} million pixels")
                if number == MOST_PAGES or (number and file.format not in _PAGED):
                    return
                upright = ImageOps.exif_transpose(page).convert("RGB")
                upright.thumbnail((LARGEST_SIDE, LARGEST_SIDE))
                yield upright
    except (MemoryError, UnreadableError):
        raise
    except Exception as error:  # the library raises many kinds for what is damaged
        raise UnreadableError("not a picture, or a damaged one") from error
