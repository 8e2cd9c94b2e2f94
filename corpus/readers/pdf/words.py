"""The words of a PDF page: their text, place and print."""

import ctypes
import re
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

import pypdfium2
import pypdfium2.raw as pdfium

# The library's sign for a hyphen at the end of a line, which it lets the next line follow at once.
_WORD = re.compile("[^\\s\ufffe\x02]*[\ufffe\x02]|[^\\s\ufffe\x02]+")
_BOLD = re.compile(r"bold|black|heavy|[-,](?:bd|demi)\b", re.IGNORECASE)
_MONO = re.compile(r"mono|courier|consolas|menlo|typewriter|cmtt|lettergothic", re.IGNORECASE)
_FORCED_BOLD = 1 << 18
_FIXED_PITCH = 1
_LONGEST_NAME = 128
# Hyphens; bullets of the fonts Symbol and Wingdings, which have no letters.
_SIGNS = {"\ufffe": "-", "\x02": "-", "\u2010": "-", "\u2011": "-"} | dict.fromkeys(
    "\uf0b7\uf0a7\uf0a8\uf0d8\uf0fc\uf076\uf06e", "•"
)
_LIGATURES = dict(zip("ﬀﬁﬂﬃﬄﬅﬆ", ("ff", "fi", "fl", "ffi", "ffl", "st", "st"), strict=True))
_LEVELLED = str.maketrans(_SIGNS | _LIGATURES)
RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")
"""A letter of a script that is written from right to left."""
_UNPRINTED = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2060\ufeff\ue000-\uf8ff\U000f0000-\U0010ffff]|\xad(?!$)")


class Print(NamedTuple):
    """How a word is printed: the size of its letters in points, and its direction in quarter turns to the left."""

    size: float
    is_bold: bool = False
    is_mono: bool = False
    turns: int = 0


class Word(NamedTuple):
    """A word and where it stands, in points from the lower left corner of the page; `base` is the height of its line."""

    text: str
    left: float
    right: float
    base: float
    style: Print


def words(page: pypdfium2.PdfPage) -> list[Word]:
    """The words of a page in the file's own order, turned upright; what stands across most of the others is left out.

    The library takes one thread at a time.
    """
    text_page = page.get_textpage()
    try:
        found = list(_words(text_page))
    finally:
        text_page.close()
    letters = Counter[int]()
    for word in found:
        letters[word.style.turns] += len(word.text)
    upright = letters.most_common(1)[0][0] if letters else 0
    return [word for word in found if word.style.turns == upright]


def _words(text_page: pypdfium2.PdfTextPage) -> Iterator[Word]:
    text = text_page.get_text_range()
    is_one_to_one = len(text) == text_page.count_chars()
    styles: dict[int | None, Print] = {}
    for match in _WORD.finditer(text):
        word = _UNPRINTED.sub("", match.group().translate(_LEVELLED))
        if not word.strip("\xad"):
            continue
        first, last = match.start(), match.end() - 1
        if not is_one_to_one:
            first, last = (pdfium.FPDFText_GetCharIndexFromTextIndex(text_page, at) for at in (first, last))
        style = _style(text_page, first, styles)
        yield _placed(text_page, word, first, last, style)


def _placed(text_page: pypdfium2.PdfTextPage, word: str, first: int, last: int, style: Print) -> Word:
    x, y = ctypes.c_double(), ctypes.c_double()
    pdfium.FPDFText_GetCharOrigin(text_page, first, x, y)
    if RIGHT_TO_LEFT.search(word) and _is_backwards(text_page, x.value, last):
        word = word[::-1]
    left, right, bottom, top = (ctypes.c_double() for _ in range(4))
    pdfium.FPDFText_GetCharBox(text_page, last, left, right, bottom, top)
    ends = (_turned(right.value, top.value, style.turns)[0], _turned(left.value, bottom.value, style.turns)[0])
    start, base = _turned(x.value, y.value, style.turns)
    return Word(word, min(start, *ends), max(start, *ends), base, style)


def _is_backwards(text_page: pypdfium2.PdfTextPage, start: float, last: int) -> bool:
    """Whether the letters of a word in a script from right to left are given from left to right, as the library may do."""
    x, y = ctypes.c_double(), ctypes.c_double()
    pdfium.FPDFText_GetCharOrigin(text_page, last, x, y)
    return start < x.value


def _turned(x: float, y: float, turns: int) -> tuple[float, float]:
    """A point of a page that is turned to the right by so many quarters."""
    return ((x, y), (y, -x), (-x, -y), (-y, x))[turns]


def _style(text_page: pypdfium2.PdfTextPage, at: int, styles: dict[int | None, Print]) -> Print:
    shown = pdfium.FPDFText_GetTextObject(text_page, at)
    place = ctypes.cast(shown, ctypes.c_void_p).value
    if place is None:
        return Print(max(1.0, pdfium.FPDFText_GetFontSize(text_page, at)))
    if place not in styles:
        matrix = pdfium.FS_MATRIX()
        pdfium.FPDFText_GetMatrix(text_page, at, matrix)
        scale = (matrix.c**2 + matrix.d**2) ** 0.5
        size = abs(pdfium.FPDFText_GetFontSize(text_page, at)) * scale
        turns = (1 if matrix.b > 0 else 3) if abs(matrix.b) > abs(matrix.a) else (2 if matrix.a < 0 else 0)
        styles[place] = Print(size or 1.0, *_font(pdfium.FPDFTextObj_GetFont(shown)), turns)
    return styles[place]


def _font(font: object) -> tuple[bool, bool]:
    """Whether a font is bold, and whether its letters are all of one width."""
    name, flags = ctypes.create_string_buffer(_LONGEST_NAME), ctypes.c_int()
    pdfium.FPDFFont_GetBaseFontName(font, name, _LONGEST_NAME)
    pdfium.FPDFFont_GetFlags(font, flags)
    spelt = name.raw.split(b"\0")[0].decode("utf-8", errors="replace")
    return (
        bool(flags.value & _FORCED_BOLD or _BOLD.search(spelt)),
        bool(flags.value & _FIXED_PITCH or _MONO.search(spelt)),
    )
