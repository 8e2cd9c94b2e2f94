"""The words of a PDF page: their text, place and font style."""

import ctypes
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import NamedTuple
from unicodedata import combining

import pypdfium2
import pypdfium2.raw as pdfium

from askdex.corpus.readers.pdf.tags import NO_ELEMENT, UNTAGGED, Tag

_WORD = re.compile("[^\\s\ufffe\x02]*[\ufffe\x02]|[^\\s\ufffe\x02]+")
"""A word, or the first part of one that is broken at a line end: PDFium puts U+FFFE or U+0002 for the hyphen there, and the
next line follows without a blank."""
_BOLD_NAME = re.compile(r"bold|black|heavy|[-,](?:bd|demi|medi)\b|\b(?:cmb|cmssbx|sfbx|sfsx|ecbx|ecsx)\w*\d", re.IGNORECASE)
"""Families for TeX say it in their own ways: NimbusRomNo9L-Medi, CMBX10, SFBX1000."""
_ITALIC_NAME = re.compile(r"ital|obli|slant|\b(?:cmti|sfti|ecti)\d", re.IGNORECASE)
_MONOSPACED_NAME = re.compile(r"mono|courier|consolas|menlo|typewriter|cmtt|lettergothic", re.IGNORECASE)
# Flags of a font descriptor: PDF 32000-1, table 123.
_FORCE_BOLD_FLAG = 1 << 18
_FIXED_PITCH_FLAG = 1
_ITALIC_FLAG = 1 << 6
_LONGEST_FONT_NAME = 128
"""Bytes; of a longer name the beginning is looked at, which has the style in it as a rule."""
_SIGNS = {"\ufffe": "-", "\x02": "-", "\u2010": "-", "\u2011": "-"} | dict.fromkeys(
    "\uf0b7\uf0a7\uf0a8\uf0d8\uf0fc\uf076\uf06e", "•"
)
"""Hyphens; and the bullets of the fonts Symbol and Wingdings, which stand in the private use area."""
_LIGATURES = dict(zip("ﬀﬁﬂﬃﬄﬅﬆ", ("ff", "fi", "fl", "ffi", "ffl", "st", "st"), strict=True))
_PLAIN_SIGNS = str.maketrans(_SIGNS | _LIGATURES)
_RIGHT_TO_LEFT_RANGES = "\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc"
RIGHT_TO_LEFT = re.compile(f"[{_RIGHT_TO_LEFT_RANGES}]")
"""A letter of a script that is written from right to left."""
_CHANGE_OF_DIRECTION = f"(?<=[{_RIGHT_TO_LEFT_RANGES}])(?=[A-Za-z])|(?<=[A-Za-z])(?=[{_RIGHT_TO_LEFT_RANGES}])"
_DIRECTED_WORD = re.compile(rf"[^\s\ufffe\x02]*?[\ufffe\x02]|[^\s\ufffe\x02]+?(?=\s|\ufffe|\x02|$|{_CHANGE_OF_DIRECTION})")
"""A word of a page with a script from right to left: the blank between it and Latin letters does not stand where it should."""
_SOFT_HYPHEN = "\xad"
_INVISIBLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2060\ufeff\ue000-\uf8ff\U000f0000-\U0010ffff]|\xad(?!$)")
"""Characters that no reader sees, or that only the file's own font gives a meaning; a soft hyphen counts at a line end."""


class FontStyle(NamedTuple):
    """How a word is printed: the size of its letters in points, and its direction in quarter turns to the left."""

    size: float
    is_bold: bool = False
    is_mono: bool = False
    is_italic: bool = False
    turns: int = 0


class PageWord(NamedTuple):
    """A word and where it stands, in points from the lower left corner of the page; `baseline` is a height.

    `tag` is what the PDF says of it.
    """

    text: str
    left: float
    right: float
    baseline: float
    style: FontStyle
    tag: Tag = UNTAGGED


class _TextObject(NamedTuple):
    """What is alike in all letters of a text object."""

    style: FontStyle
    tag: Tag = UNTAGGED


def page_words(page: pypdfium2.PdfPage, tags: Mapping[int, Tag]) -> list[PageWord]:
    """The words of a page in the file's own order, turned upright.

    Words that run in another direction than most, such as a watermark, are left out. `tags` are those of the page by the ids
    of its marked content. PDFium takes one thread at a time.
    """
    text_page = page.get_textpage()
    try:
        words = list(_words(text_page, tags))
    finally:
        text_page.close()
    letters = Counter[int]()
    for word in words:
        letters[word.style.turns] += len(word.text)
    usual_turns = letters.most_common(1)[0][0] if letters else 0
    return [word for word in words if word.style.turns == usual_turns]


def _words(text_page: pypdfium2.PdfTextPage, tags: Mapping[int, Tag]) -> Iterator[PageWord]:
    text = text_page.get_text_range()
    # Where each character of the text is one on the page, its index need not be looked up.
    is_one_to_one = len(text) == text_page.count_chars()
    text_objects: dict[int, _TextObject] = {}
    for match in (_DIRECTED_WORD if RIGHT_TO_LEFT.search(text) else _WORD).finditer(text):
        word = _INVISIBLE.sub("", match.group().translate(_PLAIN_SIGNS))
        if not word.strip(_SOFT_HYPHEN):
            continue
        first, last = match.start(), match.end() - 1
        if not is_one_to_one:
            first, last = (pdfium.FPDFText_GetCharIndexFromTextIndex(text_page, index) for index in (first, last))
        yield _placed(text_page, word, first, last, _text_object(text_page, first, tags, text_objects))


def _placed(text_page: pypdfium2.PdfTextPage, word: str, first: int, last: int, text_object: _TextObject) -> PageWord:
    """The word with its place; `first` and `last` are the indices of its first and last character on the page."""
    style = text_object.style
    x, y = ctypes.c_double(), ctypes.c_double()
    pdfium.FPDFText_GetCharOrigin(text_page, first, x, y)
    if RIGHT_TO_LEFT.search(word):
        word = _with_ligatures_in_order(text_page, word, first) if last - first + 1 == len(word) else word
        word = word[::-1] if _is_reversed(text_page, x.value, last) else word
    left, right, bottom, top = (ctypes.c_double() for _ in range(4))
    pdfium.FPDFText_GetCharBox(text_page, last, left, right, bottom, top)
    corners = (_turned(right.value, top.value, style.turns)[0], _turned(left.value, bottom.value, style.turns)[0])
    start, baseline = _turned(x.value, y.value, style.turns)
    return PageWord(word, min(start, *corners), max(start, *corners), baseline, style, text_object.tag)


def _with_ligatures_in_order(text_page: pypdfium2.PdfTextPage, word: str, first: int) -> str:
    """A word in a script from right to left, where PDFium gives the letters of a ligature, such as lam-alef, reversed."""
    x, y = ctypes.c_double(), ctypes.c_double()
    pieces: list[str] = []
    last_origin = None
    for n, letter in enumerate(word):
        pdfium.FPDFText_GetCharOrigin(text_page, first + n, x, y)
        if x.value == last_origin and not combining(letter):
            pieces[-1] = letter + pieces[-1]
        else:
            pieces.append(letter)
        last_origin = x.value
    return "".join(pieces)


def _is_reversed(text_page: pypdfium2.PdfTextPage, start: float, last: int) -> bool:
    """Whether PDFium gives the letters of a word in a script from right to left in the order from left to right."""
    x, y = ctypes.c_double(), ctypes.c_double()
    pdfium.FPDFText_GetCharOrigin(text_page, last, x, y)
    return start < x.value


def _turned(x: float, y: float, turns: int) -> tuple[float, float]:
    """A point of a page that is turned to the right by so many quarters."""
    return ((x, y), (y, -x), (-x, -y), (-y, x))[turns]


def _text_object(
    text_page: pypdfium2.PdfTextPage, index: int, tags: Mapping[int, Tag], text_objects: dict[int, _TextObject]
) -> _TextObject:
    """What is said of the text object that a character belongs to; `text_objects` holds those of the page so far."""
    text_object = pdfium.FPDFText_GetTextObject(text_page, index)
    address = ctypes.cast(text_object, ctypes.c_void_p).value
    if address is None:
        return _TextObject(FontStyle(max(1.0, pdfium.FPDFText_GetFontSize(text_page, index))))
    if address not in text_objects:
        matrix = pdfium.FS_MATRIX()
        pdfium.FPDFText_GetMatrix(text_page, index, matrix)
        scale = (matrix.c**2 + matrix.d**2) ** 0.5
        size = abs(pdfium.FPDFText_GetFontSize(text_page, index)) * scale
        turns = (1 if matrix.b > 0 else 3) if abs(matrix.b) > abs(matrix.a) else (2 if matrix.a < 0 else 0)
        style = FontStyle(size or 1.0, *_looks(pdfium.FPDFTextObj_GetFont(text_object)), turns)
        content = pdfium.FPDFPageObj_GetMarkedContentID(text_object) if tags else NO_ELEMENT
        text_objects[address] = _TextObject(style, tags.get(content, UNTAGGED))
    return text_objects[address]


def _looks(font: object) -> tuple[bool, bool, bool]:
    """Whether a font is bold, monospaced, and italic, by its flags or by its name."""
    buffer, flags = ctypes.create_string_buffer(_LONGEST_FONT_NAME), ctypes.c_int()
    pdfium.FPDFFont_GetBaseFontName(font, buffer, _LONGEST_FONT_NAME)
    pdfium.FPDFFont_GetFlags(font, flags)
    name = buffer.raw.split(b"\0")[0].decode("utf-8", errors="replace")
    return (
        bool(flags.value & _FORCE_BOLD_FLAG or _BOLD_NAME.search(name)),
        bool(flags.value & _FIXED_PITCH_FLAG or _MONOSPACED_NAME.search(name)),
        bool(flags.value & _ITALIC_FLAG or _ITALIC_NAME.search(name)),
    )
