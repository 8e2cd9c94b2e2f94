"""The writer of the HTML of an RTF file: it carries out what the words of the file say."""

import codecs
import html
import re
from dataclasses import dataclass, field, replace

from askdex.corpus.errors import UnreadableError
from askdex.corpus.readers.office import TOO_DEEP
from askdex.corpus.readers.rtf.tokens import tokens
from askdex.corpus.text.lines import ends_as_running_text
from askdex.corpus.text.scripts import in_script
from askdex.corpus.types import DEEPEST_HEADING_LEVEL, DEEPEST_ITEM_LEVEL

_DEEPEST = 10_000
"""Groups within groups."""
_LONGEST_HEADING = 150
"""Characters. A longer paragraph that ends as a sentence does is text, whatever its style."""
_ENCODING = "cp1252"
_CHARSETS = {
    77: "mac_roman",
    128: "cp932",
    129: "cp949",
    130: "johab",
    134: "gb18030",
    136: "cp950",
    161: "cp1253",
    162: "cp1254",
    163: "cp1258",
    177: "cp1255",
    178: "cp1256",
    186: "cp1257",
    204: "cp1251",
    222: "cp874",
    238: "cp1250",
}
"""The encodings of fonts by the numbers of their character sets."""
_CHARACTERS = {
    **dict(zip("emdash endash bullet lquote rquote ldblquote rdblquote".split(), "—–•‘’“”", strict=True)),
    **dict.fromkeys(["tab", "\\~", "emspace", "enspace", "qmspace"], " "),
    **dict.fromkeys(["line", "lbr"], "\n"),
    "\\_": "-",
    "\\-": "",
    "\\\\": "\\",
    "\\{": "{",
    "\\}": "}",
}
"""Words that stand for a character."""
_SKIPPED = frozenset(
    "colortbl pict object header headerl headerr headerf footer footerl footerr footerf annotation atnid atnauthor atntime xe "
    "tc rxe listtable listoverridetable rsidtbl generator mmathPr themedata colorschememapping datastore latentstyles sp ud do "
    "nonshppict shprslt filetbl revtbl xmlnstbl ftnsep ftnsepc aftnsep aftnsepc pntxta pntxtb pnseclvl docvar template".split()
)
"""Groups that hold no text of the document."""
_ENTERED = frozenset("shpinst shptxt pn listtext pntext".split())
"""Groups that hold some, though a program that does not know them has to pass over them."""
_INFO = frozenset(("title", "author"))
_TIMES = frozenset(("creatim", "revtim"))
_HEADING_STYLE = re.compile(r"(?:heading|überschrift|titre|título|titolo|kop|rubrik)\s*([1-9])", re.IGNORECASE)
_TITLE_STYLES = ("title", "titel", "titre")
_HYPERLINK = re.compile(r'\s*HYPERLINK\s+(?:"([^"]+)"|([^\s\\"]+))')
_TAG = re.compile(r"<[^<>]*>")
_TEMPLATE_TAG = re.compile(r"\{[{%#]|&lt;%")
_BODY, _SKIP, _NOTE, _LABEL, _INSTRUCTION = "", "skip", "footnote", "label", "fldinst"
_SUPER, _SUB, _LEVEL = "super", "sub", "nosupersub"
_FONTS, _STYLES, _ABOUT = "fonttbl", "stylesheet", "info"
"""What the text of a group is for."""


@dataclass(frozen=True, slots=True)
class _State:
    """What counts within a group. `destination` is what its text is for: "" for the document, "skip" for nothing."""

    destination: str = _BODY
    font: int | None = None
    unicode_skips: int = 1
    """Characters that follow one in Unicode, for programs that know none."""
    is_hidden: bool = False
    is_bold: bool = False
    script: str = ""
    """"super" or "sub" where text is raised or lowered."""
    level: int = 0
    """The level of a heading, from 1; 0 where it is none."""
    is_title: bool = False
    in_table: bool = False
    item_level: int = 0


@dataclass(slots=True)
class _Paragraph:
    """A paragraph in the making: its HTML, and the number or bullet of an item."""

    pieces: list[str] = field(default_factory=list)
    label: list[str] | None = None


class RtfWriter:
    """The writer of the HTML of a file."""

    def __init__(self) -> None:
        self.title: str | None = None
        """The text of the first paragraph in the style of a title."""
        self.properties: dict[str, str] = {}
        """What the file says of itself: `title`, `author`, and the days `creatim` and `revtim`."""
        self._out: list[str] = []
        self._state = _State()
        self._stack: list[_State] = []
        self._is_optional = False
        self._encoding = _ENCODING
        self._fonts: dict[int, str] = {}
        self._style = 0
        self._levels: dict[int, int] = {}
        """The levels of headings by their styles; 0 is the title."""
        self._bytes = bytearray()
        self._units: list[int] = []
        """Letters in Unicode, of which some take two numbers."""
        self._to_skip = 0
        self._paragraph = _Paragraph()
        self._around_note = _Paragraph()
        self._notes: list[str] = []
        self._instruction: list[str] = []
        self._links: list[tuple[int, str]] = []
        """The depth of the groups that a link ends with, and its end."""
        self._cells: list[str] = []
        self._names_columns = False
        """Whether the present row of a table names its columns."""
        self._open = ""

    def html_of(self, data: bytes) -> str:
        """The HTML of a file. Raises UnreadableError where it is nested too deeply."""
        for token in tokens(data):
            if token.word:
                self._flush()
                self._carry_out(token.word, token.number)
            elif self._to_skip:
                text = token.text[self._to_skip :]
                self._to_skip = max(0, self._to_skip - len(token.text))
                if text:
                    self._flush_units()
                    self._bytes += text
            else:
                self._flush_units()
                self._bytes += token.text
        self._flush()
        self._flush_units()
        while self._stack:
            self._end_group()
        self._end_paragraph()
        self._end_row()
        self._switch("")
        if self._notes:
            items = "".join(f"<li>[{number}] {note}</li>" for number, note in enumerate(self._notes, 1))
            self._out.append(f'<ul style="list-style-type: none">{items}</ul>')
        return "".join(self._out)

    def _flush(self) -> None:
        """Write the bytes so far in the encoding of their font."""
        if self._bytes:
            encoding = self._fonts.get(self._state.font if self._state.font is not None else -1, self._encoding)
            data, self._bytes = bytes(self._bytes), bytearray()
            self._write(data.decode(encoding, "replace"))

    def _flush_units(self) -> None:
        """Write the letters in Unicode so far."""
        if self._units:
            data = b"".join((unit & 0xFFFF).to_bytes(2, "little") for unit in self._units)
            self._units = []
            self._write(data.decode("utf-16-le", "replace"))

    def _write(self, text: str) -> None:
        state = self._state
        if state.destination == _LABEL:
            self._paragraph.label = [*(self._paragraph.label or []), text]
        elif state.destination == _INSTRUCTION:
            self._instruction.append(text)
        elif state.destination in _INFO:
            self.properties[state.destination] = self.properties.get(state.destination, "") + text
        elif state.destination == _STYLES:
            self._name_style(text)
        elif state.destination in (_BODY, _NOTE) and not state.is_hidden:
            if state.script:
                before = html.unescape(_TAG.sub("", "".join(self._paragraph.pieces[-1:])))
                text = in_script(text, before, is_raised=state.script == _SUPER)
            content = html.escape(text).replace("\n", "<br>")
            self._paragraph.pieces.append(f"<strong>{content}</strong>" if state.is_bold and text.strip() else content)

    def _name_style(self, text: str) -> None:
        """Take note of what a style is by its name, which ends with a semicolon."""
        name = text.strip().rstrip(";").strip()
        if match := _HEADING_STYLE.fullmatch(name):
            self._levels.setdefault(self._style, int(match[1]))
        elif name.lower() in _TITLE_STYLES:
            self._levels[self._style] = 0

    def _carry_out(self, word: str, number: int | None) -> None:
        if word != "u":
            self._flush_units()
            self._to_skip = 0
        if word == "{":
            self._begin_group()
        elif word == "}":
            self._end_group()
        elif word == "\\*":
            self._is_optional = True
            return
        elif word == "u":
            self._units.append(number or 0)
            self._to_skip = self._state.unicode_skips
        elif word in _CHARACTERS:
            self._write(_CHARACTERS[word])
        elif not self._begin_destination(word):
            self._set(word, number)
        self._is_optional = False

    def _begin_group(self) -> None:
        if len(self._stack) >= _DEEPEST:
            raise UnreadableError(TOO_DEEP)
        self._stack.append(self._state)

    def _end_group(self) -> None:
        if not self._stack:
            return
        outer = self._stack.pop()
        if self._state.destination == _NOTE and outer.destination != _NOTE:
            self._end_note()
        while self._links and self._links[-1][0] > len(self._stack):
            self._paragraph.pieces.append(self._links.pop()[1])
        self._state = outer

    def _begin_destination(self, word: str) -> bool:
        """Whether a word says what the text of its group is for."""
        if self._state.destination == _SKIP:
            return True
        if word in _SKIPPED:
            self._go(_SKIP)
        elif word in ("listtext", "pntext"):
            self._go(_LABEL)
        elif word in (_FONTS, _STYLES, _ABOUT, *_INFO, *_TIMES):
            self._go(word)
        elif word == _INSTRUCTION:
            self._instruction = []
            self._go(word)
        elif word == "fldrslt":
            self._begin_link()
        elif word == _NOTE:
            self._begin_note()
        elif self._is_optional and word not in _ENTERED and self._state.destination != _STYLES:
            self._go(_SKIP)
        else:
            return False
        return True

    def _go(self, destination: str) -> None:
        self._state = replace(self._state, destination=destination)

    def _begin_link(self) -> None:
        match = _HYPERLINK.match("".join(self._instruction))
        self._instruction = []
        if match is not None and self._state.destination in (_BODY, _NOTE):
            self._paragraph.pieces.append(f'<a href="{html.escape(match[1] or match[2])}">')
            self._links.append((len(self._stack), "</a>"))

    def _begin_note(self) -> None:
        if self._state.destination == _BODY:
            self._paragraph.pieces.append(f"[{len(self._notes) + 1}]")
            self._around_note, self._paragraph = self._paragraph, _Paragraph()
            self._state = replace(self._state, destination=_NOTE, is_hidden=False)

    def _end_note(self) -> None:
        self._notes.append("".join(self._paragraph.pieces))
        self._paragraph = self._around_note

    def _set(self, word: str, number: int | None) -> None:
        """Carry out a word that ends a paragraph, a cell or a row, or that says how text looks."""
        if word in ("par", "sect", "page", "column"):
            self._end_paragraph()
        elif word in ("cell", "nestcell"):
            self._end_cell()
        elif word == "row":
            self._end_row()
        elif word in ("trowd", "trhdr"):
            self._names_columns = word == "trhdr"
        elif word == "outlinelevel" and number is not None:
            self._set_level(number)
        elif not self._format(word, is_on=number != 0) and number is not None:
            self._set_numbered(word, number)

    def _format(self, word: str, *, is_on: bool) -> bool:
        """Whether a word, which is carried out, says how text looks or where it stands."""
        state = self._state
        if word == "pard":
            self._state = replace(state, level=0, is_title=False, in_table=False, item_level=0)
        elif word == "plain":
            self._state = replace(state, is_hidden=False, is_bold=False, script="", font=None)
        elif word in ("v", "deleted"):
            self._state = replace(state, is_hidden=is_on)
        elif word == "b":
            self._state = replace(state, is_bold=is_on)
        elif word in (_SUPER, _SUB, _LEVEL):
            self._state = replace(state, script=word if is_on and word != _LEVEL else "")
        elif word == "intbl":
            self._state = replace(state, in_table=True)
        else:
            return False
        return True

    def _set_level(self, number: int) -> None:
        """Take note of the level of a paragraph, or of a style; 9 is that of text."""
        level = number + 1 if 0 <= number < 9 else 0
        if self._state.destination == _STYLES:
            self._levels.setdefault(self._style, level or -1)
        else:
            self._state = replace(self._state, level=level)

    def _set_numbered(self, word: str, number: int) -> None:
        if word == "s":
            self._style = number
            if self._state.destination != _STYLES:
                level = self._levels.get(number, -1)
                self._state = replace(self._state, level=max(0, level), is_title=level == 0)
        elif word == "ilvl":
            self._state = replace(self._state, item_level=max(0, min(number, DEEPEST_ITEM_LEVEL)))
        elif word == "uc":
            self._state = replace(self._state, unicode_skips=max(0, number))
        elif word == "f":
            self._state = replace(self._state, font=number)
        elif word == "fcharset" and self._state.font is not None and number in _CHARSETS:
            self._fonts[self._state.font] = _CHARSETS[number]
        elif word == "ansicpg":
            self._encoding = _known_encoding(f"cp{number}")
        elif word in ("yr", "mo", "dy") and self._state.destination in _TIMES:
            name = self._state.destination
            self.properties[name] = f"{self.properties.get(name, '')}{number:02}"

    def _end_paragraph(self) -> None:
        if self._state.destination not in (_BODY, _NOTE):
            return
        if self._state.destination == _NOTE or self._state.in_table:
            self._paragraph.pieces.append("<br>")
            return
        self._end_row()
        paragraph, self._paragraph = self._paragraph, _Paragraph()
        ends = "".join(end for _, end in self._links)
        content = "".join(paragraph.pieces) + ends
        self._links = [(depth, "") for depth, _ in self._links]
        text = _plain(content)
        if not text:
            return
        if _TEMPLATE_TAG.search(content):
            # The reader of HTML leaves the tags of template engines out, except in code. Here they are text.
            content = f"<code>{content}</code>"
        label = " ".join("".join(paragraph.label or []).split())
        label = f"{html.escape(label)} " if any(map(str.isalnum, label)) else ""
        is_text = len(text) > _LONGEST_HEADING and ends_as_running_text(text)
        if self._state.is_title:
            self.title = self.title or text
            self._block("h1", content)
        elif self._state.level and not is_text:
            self._block(f"h{min(self._state.level, DEEPEST_HEADING_LEVEL)}", label + content)
        elif paragraph.label is not None:
            self._switch("ul")
            opening, closing = "<ul>" * self._state.item_level, "</ul>" * self._state.item_level
            self._out.append(f"{opening}<li>{label}{content}</li>{closing}")
        else:
            self._block("p", content)

    def _block(self, tag: str, content: str) -> None:
        self._switch("")
        self._out.append(f"<{tag}>{content}</{tag}>")

    def _end_cell(self) -> None:
        paragraph, self._paragraph = self._paragraph, _Paragraph()
        label = " ".join("".join(paragraph.label or []).split())
        self._cells.append(f"{html.escape(label)} {''.join(paragraph.pieces)}".strip().removesuffix("<br>"))

    def _end_row(self) -> None:
        cells, self._cells = self._cells, []
        if cells:
            self._switch("table")
            tag = "th" if self._names_columns else "td"
            self._out.append(f"<tr>{''.join(f'<{tag}>{cell}</{tag}>' for cell in cells)}</tr>")

    def _switch(self, tag: str) -> None:
        """Close the list or table that is open, and open another one, if it is another."""
        if tag != self._open:
            if self._open:
                self._out.append(f"</{self._open}>")
            if tag:
                self._out.append('<ul style="list-style-type: none">' if tag == "ul" else f"<{tag}>")
            self._open = tag


def _plain(content: str) -> str:
    """The text of a paragraph's HTML on one line."""
    return " ".join(html.unescape(_TAG.sub(" ", content)).split())


def _known_encoding(name: str) -> str:
    try:
        codecs.lookup(name)
    except LookupError:
        return "utf-8" if name == "cp65001" else _ENCODING
    return name
