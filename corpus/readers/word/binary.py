"""The files of Word 97 to 2003 (DOC): their text, piece by piece, with what is said of its paragraphs and letters (MS-DOC).

Headings are told by their styles, items of lists, cells and rows by marks; what is deleted or hidden is left out. It is written
as HTML, which is then read.
"""

import html
import re
import struct
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from askdex.corpus.builder import DocumentBuilder, TextAllowance
from askdex.corpus.errors import UnreadableError
from askdex.corpus.readers.html import read_html
from askdex.corpus.readers.office import LOCKED, errors_told, not_one
from askdex.corpus.readers.ole import START, OleFile
from askdex.corpus.readers.rtf import read_rtf
from askdex.corpus.readers.word import read_word
from askdex.corpus.types import DEEPEST_HEADING_LEVEL, DEEPEST_ITEM_LEVEL

_LABEL = "DOC"
_ZIP, _RTF = b"PK\3\4", b"{\\rtf"
_MAIN = "WordDocument"
_WORD_97 = 0xC1
"""The number of the first version that is read; files of those before are built otherwise."""
_MAGIC = 0xA5EC
_ENCRYPTED, _SECOND_TABLE = 0x0100, 0x0200
_LENGTHS = 0x4C
"""Where the lengths of the text, the footnotes, and so on stand."""
_STYLES, _LETTERS, _PARAGRAPHS, _PIECES = 0xA2, 0xFA, 0x102, 0x1A2
"""Where it is said in which part of the table stream each of these is."""
_PAGE = 512
_COMPRESSED = 0x40000000
_TITLE_STYLE, _LAST_HEADING_STYLE, _NO_STYLE = 62, 9, 0xFFF
_IN_TABLE, _ROW_END, _ITEM_LEVEL, _LIST, _OUTLINE, _HEADER = 0x2416, 0x2417, 0x260A, 0x460B, 0x2640, 0x3404
_DELETED, _HIDDEN = 0x0800, 0x083C
_LONG_OPERAND = (0xD608, 0xD605)
"""What has a length of two bytes."""
_TOGGLE_FROM_STYLE = 0x81
_SIZES = (1, 1, 2, 4, 2, 2, -1, 3)
"""Bytes of an operand by the last three bits of its number; one that says how long it is where that is -1."""
_PARAGRAPH, _CELL, _LINE, _PAGE_BREAK = "\r", "\x07", "\x0b", "\x0c"
_FIELD, _RESULT, _FIELD_END = "\x13", "\x14", "\x15"
_CHARACTERS = str.maketrans(
    {"\x1e": "-", "\x1f": "", "\x0e": "\n", "\x0b": "\n", "\xa0": " "} | dict.fromkeys(map(chr, (1, 2, 3, 4, 5, 8, 40960)))
)
_HYPERLINK = re.compile(r'\s*HYPERLINK\s+(?:"([^"]+)"|([^\s\\"]+))')
_DEEPEST_FIELD = 20


@dataclass(frozen=True, slots=True)
class _Paragraph:
    """What is said of a paragraph. `level` is that of a heading, 0 for the title; both levels are -1 where it is none."""

    level: int = -1
    item_level: int = -1
    in_table: bool = False
    ends_row: bool = False
    names_columns: bool = False


def read_doc(data: bytes) -> DocumentBuilder:
    """Read the headings, paragraphs, lists, tables and notes of an old Word file; one that is new, or RTF, is read too.

    Raises UnreadableError where it is none, is protected by a password, is older than Word 97, or is damaged.
    """
    if data.startswith(_ZIP):
        return read_word(data)
    if data.startswith(_RTF):
        return read_rtf(data)
    if not data.startswith(START):
        raise UnreadableError(not_one(_LABEL))
    with errors_told(_LABEL):
        file = OleFile(data, _LABEL)
        main = file.bytes_of(_MAIN)
        if main is None:
            raise UnreadableError(not_one(_LABEL))
        page = _Text(file, main, TextAllowance(len(data))).html()
        builder = read_html(f"<main>{page}</main>", file.title())
        builder.metadata = file.metadata()
    return builder


class _Text:
    """The text of a file."""

    def __init__(self, file: OleFile, main: bytes, allowance: TextAllowance) -> None:
        magic, version = struct.unpack_from("<HH", main)
        (flags,) = struct.unpack_from("<H", main, 0x0A)
        if magic != _MAGIC:
            raise UnreadableError(not_one(_LABEL))
        if version < _WORD_97:
            raise UnreadableError("older than Word 97: save it as .docx")
        if flags & _ENCRYPTED:
            raise UnreadableError(LOCKED)
        self._main = main
        self._table = file.bytes_of("1Table" if flags & _SECOND_TABLE else "0Table") or b""
        self._allowance = allowance
        self._styles = list(self._style_levels())
        self._paragraph_ends, self._paragraphs = self._runs(_PARAGRAPHS, is_letters=False)
        self._letter_starts, self._letters = self._runs(_LETTERS, is_letters=True)

    def html(self) -> str:
        """The text, its footnotes and its text boxes as HTML."""
        lengths = struct.unpack_from("<8i", self._main, _LENGTHS)
        text, footnotes, heads, macros, comments, endnotes, boxes, _ = (max(0, length) for length in lengths)
        pieces = list(self._pieces())
        start_of_notes, start_of_endnotes = text, text + footnotes + heads + macros + comments
        spans = [
            (0, text),
            (start_of_notes, text + footnotes),
            (start_of_endnotes, start_of_endnotes + endnotes),
            (start_of_endnotes + endnotes, start_of_endnotes + endnotes + boxes),
        ]
        return "".join(self._written(pieces, start, end) for start, end in spans if end > start)

    def _part(self, place: int) -> bytes:
        """A part of the table stream."""
        offset, length = struct.unpack_from("<II", self._main, place)
        return self._table[offset : offset + length]

    def _pieces(self) -> Iterator[tuple[int, int, int, bool]]:
        """The pieces of the text: the first and the last character, the offset in the file, and whether a letter is a byte."""
        data, position = self._part(_PIECES), 0
        while data[position : position + 1] == b"\x01":
            (length,) = struct.unpack_from("<H", data, position + 1)
            position += 3 + length
        if data[position : position + 1] != b"\x02":
            raise UnreadableError(f"a damaged {_LABEL} file")
        table = data[position + 5 :]
        count = (len(table) - 4) // 12
        starts = struct.unpack_from(f"<{count + 1}I", table)
        for number, (start, end) in enumerate(pairwise(starts)):
            (place,) = struct.unpack_from("<I", table, 4 * (count + 1) + 8 * number + 2)
            is_narrow = bool(place & _COMPRESSED)
            offset = (place & ~_COMPRESSED) // 2 if is_narrow else place
            if end > start:
                yield start, end, offset, is_narrow

    def _style_levels(self) -> Iterator[_Paragraph]:
        """What the styles say of their paragraphs, by their numbers."""
        data = self._part(_STYLES)
        if len(data) < 6:
            return
        head, count, length = struct.unpack_from("<HHH", data)
        position, known = 2 + head, list[_Paragraph]()
        for _ in range(count):
            if position + 2 > len(data):
                return
            (size,) = struct.unpack_from("<H", data, position)
            style = data[position + 2 : position + 2 + size]
            position += 2 + size + size % 2
            known.append(_style(style, length, known))
            yield known[-1]

    def _runs(self, place: int, *, is_letters: bool) -> tuple[list[int], list[_Paragraph | bool]]:
        """Where in the file what is said begins, in order, and what it is: of a paragraph, or whether letters are not shown."""
        data = self._part(place)
        count = (len(data) - 4) // 8
        starts: list[int] = []
        said: list[_Paragraph | bool] = []
        for number in range(max(0, count)):
            (page_number,) = struct.unpack_from("<I", data, 4 * (count + 1) + 4 * number)
            page = self._main[(page_number & 0x3FFFFF) * _PAGE :][:_PAGE]
            if len(page) < _PAGE:
                continue
            runs = page[-1]
            offsets = struct.unpack_from(f"<{runs + 1}I", page)
            for run in range(runs):
                starts.append(offsets[run])
                said.append(self._letters_said(page, runs, run) if is_letters else self._paragraph_said(page, runs, run))
        order = sorted(range(len(starts)), key=starts.__getitem__)
        return [starts[n] for n in order], [said[n] for n in order]

    def _paragraph_said(self, page: bytes, runs: int, run: int) -> _Paragraph:
        offset = 2 * page[4 * (runs + 1) + 13 * run]
        if not offset:
            return _Paragraph()
        size = page[offset]
        start, length = (offset + 1, 2 * size - 1) if size else (offset + 2, 2 * page[offset + 1])
        said = page[start : start + length]
        if len(said) < 2:
            return _Paragraph()
        (style,) = struct.unpack_from("<H", said)
        paragraph = self._styles[style] if style < len(self._styles) else _Paragraph()
        return _changed(paragraph, said[2:])

    def _letters_said(self, page: bytes, runs: int, run: int) -> bool:
        offset = 2 * page[4 * (runs + 1) + run]
        said = page[offset + 1 : offset + 1 + page[offset]] if offset else b""
        return any(number in (_DELETED, _HIDDEN) and operand[:1] in (b"\1", b"\x81") for number, operand in _changes(said))

    def _written(self, pieces: Sequence[tuple[int, int, int, bool]], start: int, end: int) -> str:
        writer = _Writer()
        for first, last, offset, is_narrow in pieces:
            begin, stop = max(first, start), min(last, end)
            if begin >= stop:
                continue
            width = 1 if is_narrow else 2
            self._allowance.take(stop - begin)
            place = offset + width * (begin - first)
            self._write(writer, place, stop - begin, is_narrow=is_narrow)
        writer.end()
        return "".join(writer.out)

    def _write(self, writer: "_Writer", place: int, count: int, *, is_narrow: bool) -> None:
        """Write characters that stand at a place in the file, paragraph by paragraph."""
        width = 1 if is_narrow else 2
        data = self._main[place : place + width * count]
        text = data.decode("cp1252", "replace") if is_narrow else data.decode("utf-16-le", "replace")
        if len(text) * width == len(data):  # no letter that takes two numbers
            text = self._shown(text, place, width)
        position = 0
        for match in _MARKS.finditer(text):
            writer.add(text[position : match.start()])
            writer.mark(match[0], self._said_at(place + width * match.start()))
            position = match.end()
        writer.add(text[position:])

    def _shown(self, text: str, place: int, width: int) -> str:
        """The text without letters that are deleted or hidden; they leave a sign of nothing in their place."""
        first = max(0, bisect_right(self._letter_starts, place) - 1)
        pieces, position = [], 0
        for n in range(first, len(self._letter_starts)):
            begin = (self._letter_starts[n] - place) // width
            stop = (self._letter_starts[n + 1] - place) // width if n + 1 < len(self._letter_starts) else len(text)
            if begin >= len(text):
                break
            begin, stop = max(begin, position), min(stop, len(text))
            if self._letters[n] and stop > begin:
                hidden = "".join(
                    letter if letter in (_CELL, _FIELD, _RESULT, _FIELD_END) else "\x01" for letter in text[begin:stop]
                )
                pieces += [text[position:begin], hidden]
                position = stop
        return "".join([*pieces, text[position:]])

    def _said_at(self, place: int) -> _Paragraph:
        n = bisect_right(self._paragraph_ends, place) - 1
        said = self._paragraphs[n] if n >= 0 else None
        return said if isinstance(said, _Paragraph) else _Paragraph()


_MARKS = re.compile("[\r\x07\x0c\x13\x14\x15]")


class _Writer:
    """Writes paragraphs as HTML."""

    def __init__(self) -> None:
        self.out: list[str] = []
        self._pieces: list[str] = []
        self._fields: list[list[str] | None] = []
        """The instructions of the fields around; None where their result has begun."""
        self._links: list[bool] = []
        self._cell: list[str] = []
        self._cells: list[str] = []
        self._open = ""

    def add(self, text: str) -> None:
        """Add characters of a paragraph, or of the instruction of a field."""
        shown = text.translate(_CHARACTERS)
        instruction = next((field for field in self._fields if field is not None), None)
        if instruction is not None:
            instruction.append(shown)
        else:
            self._pieces.append(html.escape(shown).replace("\n", "<br>"))

    def mark(self, sign: str, said: _Paragraph) -> None:
        """A sign that ends a paragraph or a cell, or that is about a field."""
        if sign == _FIELD:
            if len(self._fields) < _DEEPEST_FIELD:
                self._fields.append([])
                self._links.append(False)
        elif sign == _RESULT:
            self._begin_result()
        elif sign == _FIELD_END:
            if self._fields:
                self._fields.pop()
                if self._links.pop():
                    self._pieces.append("</a>")
        elif sign == _CELL:
            self._end_cell(said)
        elif said.in_table:
            self._end_line()
        else:
            self._end_paragraph(said)

    def end(self) -> None:
        """Write what is left."""
        self._end_paragraph(_Paragraph())
        self._switch("")

    def _begin_result(self) -> None:
        if not self._fields or self._fields[-1] is None:
            return
        match = _HYPERLINK.match("".join(self._fields[-1]))
        self._fields[-1] = None
        if match is not None and all(field is None for field in self._fields):
            self._pieces.append(f'<a href="{html.escape(match[1] or match[2])}">')
            self._links[-1] = True

    def _taken(self) -> str:
        """The paragraph so far. Fields go on in the next one; links end with it."""
        content = "".join(self._pieces) + "</a>" * sum(self._links)
        self._links = [False] * len(self._links)
        self._pieces = []
        return content

    def _end_line(self) -> None:
        self._cell.append(self._taken())

    def _end_cell(self, said: _Paragraph) -> None:
        self._end_line()
        if not said.ends_row:
            self._cells.append("<br>".join(filter(str.strip, self._cell)))
            self._cell = []
            return
        self._cell = []
        self._end_row(names_columns=said.names_columns)

    def _end_row(self, *, names_columns: bool = False) -> None:
        cells, self._cells = self._cells, []
        if cells:
            self._switch("table")
            tag = "th" if names_columns else "td"
            self.out.append(f"<tr>{''.join(f'<{tag}>{cell}</{tag}>' for cell in cells)}</tr>")

    def _end_paragraph(self, said: _Paragraph) -> None:
        if self._cell:
            self._cells.append("<br>".join(self._cell))
            self._cell = []
        self._end_row()
        content = self._taken()
        if not re.sub(r"<[^<>]*>", "", content).strip():
            return
        if said.level >= 0:
            self._switch("")
            level = min(said.level + 1, DEEPEST_HEADING_LEVEL)
            self.out.append(f"<h{level}>{content}</h{level}>")
        elif said.item_level >= 0:
            self._switch("ul")
            self.out.append(f"{'<ul>' * said.item_level}<li>{content}</li>{'</ul>' * said.item_level}")
        else:
            self._switch("")
            self.out.append(f"<p>{content}</p>")

    def _switch(self, tag: str) -> None:
        if tag != self._open:
            if self._open:
                self.out.append(f"</{self._open}>")
            if tag:
                self.out.append(f"<{tag}>")
            self._open = tag


def _style(style: bytes, length: int, known: Sequence[_Paragraph]) -> _Paragraph:
    """What a style says of its paragraphs; its first part is so long, and `known` are the styles before it."""
    if len(style) < length or length < 6:
        return _Paragraph()
    first, second, _ = struct.unpack_from("<HHH", style)
    identifier, kind, base = first & 0xFFF, second & 0xF, second >> 4
    if identifier == _TITLE_STYLE:
        return _Paragraph(level=0)
    if 1 <= identifier <= _LAST_HEADING_STYLE:
        return _Paragraph(level=identifier)
    paragraph = known[base] if base != _NO_STYLE and base < len(known) else _Paragraph()
    name_end = length + 2 + 2 * int.from_bytes(style[length : length + 2], "little") + 2
    size = int.from_bytes(style[name_end : name_end + 2], "little")
    is_of_paragraphs = kind == 1
    return _changed(paragraph, style[name_end + 4 : name_end + 2 + size]) if is_of_paragraphs else paragraph


def _changes(said: bytes) -> Iterator[tuple[int, bytes]]:
    """What is said, one after the other: its number and its operand."""
    position = 0
    while position + 2 <= len(said):
        (number,) = struct.unpack_from("<H", said, position)
        position += 2
        size = _SIZES[number >> 13]
        if size < 0 and number in _LONG_OPERAND:
            size = int.from_bytes(said[position : position + 2], "little") + 1
        elif size < 0:
            size = said[position] + 1 if position < len(said) else 1
        yield number, said[position : position + size]
        position += size


def _changed(paragraph: _Paragraph, said: bytes) -> _Paragraph:
    """The paragraph with what is said of it beside its style."""
    for number, operand in _changes(said):
        value = int.from_bytes(operand[:2], "little")
        if number == _IN_TABLE:
            paragraph = replace(paragraph, in_table=bool(value))
        elif number == _ROW_END:
            paragraph = replace(paragraph, ends_row=bool(value))
        elif number == _HEADER:
            paragraph = replace(paragraph, names_columns=bool(value))
        elif number == _LIST:
            paragraph = replace(paragraph, item_level=max(0, paragraph.item_level) if value else -1)
        elif number == _ITEM_LEVEL:
            paragraph = replace(paragraph, item_level=min(value, DEEPEST_ITEM_LEVEL))
        elif number == _OUTLINE and value < _LAST_HEADING_STYLE and paragraph.level < 0:
            paragraph = replace(paragraph, level=value + 1)
    return paragraph
