"""From the body of a Word file to HTML, as Word shows it: without what is deleted or hidden, with the numbers that it counts.

Only what a reader of the text needs becomes HTML: headings, paragraphs, lists, tables, bold letters and links.
"""

import html
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import NamedTuple
from xml.etree.ElementTree import Element

from askdex.corpus.readers.office import Relationship, child, is_on, shown_alternative, value_of
from askdex.corpus.readers.word.equations import equation_text
from askdex.corpus.readers.word.numbering import Number, ParagraphNumbers
from askdex.corpus.readers.word.styles import Style, Styles, list_place, outline_level
from askdex.corpus.text.lines import ends_as_running_text
from askdex.corpus.text.scripts import in_script
from askdex.corpus.types import DEEPEST_HEADING_LEVEL

_LONGEST_HEADING = 150
"""Characters. A longer paragraph that ends as a sentence does is text, although its style is that of a heading: contracts
have all their clauses in such styles, for the sake of the numbers."""
_FEWEST_NAMES = 3
"""Columns of a table whose first row names them though it looks like the others."""
_LONGEST_COLUMN_NAME = 80
"""Characters."""
_MOST_SPANNED = 100
"""Columns that a cell spans; Word has 63."""
_NUMBERED_LIST = '<ul style="list-style-type: none">'
"""A list whose numbers stand in its items."""
_BULLETED_LIST = "<ul>"
_BOLD_START = "<strong>"
_JOINED_BOLD = f"</strong>{_BOLD_START}"
_TEMPLATE_TAG = re.compile(r"\{[{%#]|&lt;%")
_HTML_TAG = re.compile(r"<[^<>]*>")
_HEXADECIMAL = re.compile(r"[0-9A-Fa-f]{1,5}")
_HYPERLINK = re.compile(r'\s*HYPERLINK\s+(?:"([^"]+)"|([^\s\\"]+))')
_CHECKBOX = re.compile(r"\s*FORMCHECKBOX\b")
_BOXES = {False: "☐ ", True: "☒ "}
_WINGDINGS = {0x6F: "☐", 0x70: "☐", 0xA8: "☐", 0xFC: "✓", 0xFB: "✗", 0xFD: "☒", 0xFE: "☑", 0xE0: "→", 0xE8: "→", 0xF0: "→"}
"""The signs of a font that say something."""
_SYMBOL_FONT_OFFSET = 0xF000
"""Fonts of signs have their characters in the private use area too, from here on."""
_FIRST_PRIVATE = 0xD800
"""The first code point that stands for no character, or only in some font."""
_CHARACTERS = {"w:tab": " ", "w:ptab": " ", "w:noBreakHyphen": "-"}
_RAISED, _LOWERED = "superscript", "subscript"

# Elements that hold no text of the document as it is shown.
_LEFT_OUT = frozenset(
    "w:del w:moveFrom w:delText w:instrText w:delInstrText w:pPr w:rPr w:sdtPr w:sdtEndPr w:tblPr w:tblGrid w:trPr w:tcPr "
    "w:sectPr w:rt w:fldData m:ctrlPr".split()
)
_ROW_WRAPPERS = frozenset("w:sdt w:sdtContent w:customXml w:ins w:moveTo".split())
"""What may stand between a table and its rows, or a row and its cells."""
_INLINE = frozenset("w:r w:hyperlink w:fldSimple m:oMath m:oMathPara".split())
"""What belongs in a paragraph, and may stand outside all the same."""
_FIRST_ROW_BIT = 0x20
"""Of the bits in which a table says which of its rows and columns look different (w:tblLook)."""


class Note(NamedTuple):
    """A footnote or an endnote: its kind, "footnote" or "endnote", and its id."""

    kind: str
    note_id: str


@dataclass(slots=True)
class _Field:
    """A field that is not at its end: its instruction so far, and whether its result has begun."""

    instruction: str = ""
    is_checked: bool = False
    is_result: bool = False
    is_link: bool = False


class BodyWriter:
    """The writer of the HTML of a document, part by part in its order."""

    def __init__(self, styles: Styles, numbers: ParagraphNumbers, chunk: Callable[[Relationship], str]) -> None:
        """`chunk` gives the HTML of a document within the document."""
        self.title: str | None = None
        """The text of the first paragraph in the style of a title."""
        self.notes: dict[Note, int] = {}
        """The notes that the text refers to, in its order, with their numbers."""
        self._styles = styles
        self._numbers = numbers
        self._chunk = chunk
        self._relationships: Mapping[str, Relationship] = {}
        self._out: list[str] = []
        self._open_lists = 0
        self._heading_levels: dict[str, int] = {}
        """By numbering, its deepest level that a heading had: lists begin below it."""
        self._deleted_end = ""
        """What is left of paragraphs whose ends are deleted: the next one goes on with it."""

    def html_of(self, part: Element, relationships: Mapping[str, Relationship]) -> str:
        """The HTML of the blocks in an element of a part that has these relationships."""
        self._out, self._relationships = [], relationships
        self._write_blocks(part)
        return "".join(self._out)

    def _write_blocks(self, parent: Element) -> None:
        """Write the blocks in an element, and end the lists among them."""
        for element in parent:
            if element.tag == "w:p":
                self._write_paragraph(element)
            elif element.tag in _INLINE:
                self._write_paragraph(_around("w:p", element))
            elif element.tag == "w:tbl":
                self._close_lists()
                self._write_table(element)
            elif element.tag == "w:altChunk":
                self._close_lists()
                self._write_chunk(element)
            elif element.tag not in _LEFT_OUT:
                self._write_blocks(shown_alternative(element))
        if parent.tag not in _ROW_WRAPPERS:
            self._close_lists()

    def _write_chunk(self, element: Element) -> None:
        relationship = self._relationships.get(element.get("r:id", ""))
        if relationship is not None and not relationship.is_external:
            self._out.append(self._chunk(relationship))

    def _write_paragraph(self, element: Element) -> None:
        properties = child(element, "w:pPr")
        style = self._styles.paragraph_style(properties)
        paragraph = _ParagraphWriter(self._styles, style, self._relationships, self.notes)
        content = self._deleted_end + paragraph.html_of(element)
        mark = child(properties, "w:rPr")
        if child(mark, "w:del") is not None or child(mark, "w:moveFrom") is not None:
            self._deleted_end = content
            return
        self._deleted_end = ""
        is_shown = bool(_plain(content))
        # A paragraph without text has a number all the same, unless it is hidden as a whole.
        if is_shown or not self._styles.is_hidden(mark, style):
            number = self._numbers.next_number(list_place(properties), style)
            if is_shown:
                self._write_block(content, properties, style, number)
        for box in paragraph.boxes:
            self._close_lists()
            self._write_blocks(box)

    def _write_block(self, content: str, properties: Element | None, style: Style, number: Number | None) -> None:
        """Write a paragraph as the title, as a heading, as an item of a list, or as what it is."""
        content = _labelled(content, number.label if number is not None else "")
        level = _heading_level(_plain(content), properties, style)
        if _TEMPLATE_TAG.search(content):
            # The reader of HTML leaves the tags of template engines out, except in code. Here they are text, such as a blank
            # to be filled in.
            content = f"<code>{content}</code>"
        if style.is_title:
            self._close_lists()
            self.title = self.title or _plain(content)
            self._out.append(f"<h1>{content}</h1>")
        elif level is not None:
            self._close_lists()
            if number is not None:
                deepest = self._heading_levels.get(number.numbering, -1)
                self._heading_levels[number.numbering] = max(deepest, number.level)
            self._out.append(f"<h{level}>{content}</h{level}>")
        elif number is not None:
            self._write_item(content, number)
        else:
            self._close_lists()
            self._out.append(f"<p>{content}</p>")

    def _write_item(self, content: str, number: Number) -> None:
        depth = max(0, number.level - self._heading_levels.get(number.numbering, -1) - 1)
        self._close_lists(depth + 1)
        if self._open_lists == depth + 1:
            self._out.append("</li><li>")
        while self._open_lists <= depth:
            self._out.append(f"{_NUMBERED_LIST if number.label else _BULLETED_LIST}<li>")
            self._open_lists += 1
        self._out.append(content)

    def _close_lists(self, left_open: int = 0) -> None:
        while self._open_lists > left_open:
            self._out.append("</li></ul>")
            self._open_lists -= 1

    def _write_table(self, table: Element) -> None:
        rows = [row for row in _inner(table, "w:tr") if not _is_gone(row)]
        names_columns = _count_head_rows(table, rows, self._styles)
        grid = [list(_cells(row)) for row in rows]
        heights = _heights(grid)
        self._out.append("<table>")
        for n, cells in enumerate(grid):
            tag = "th" if n < names_columns else "td"
            self._out.append("<tr>")
            for cell in cells:
                if (n, cell.column) in heights:
                    self._out.append(f'<{tag} colspan="{cell.columns}" rowspan="{heights[n, cell.column]}">')
                    self._write_blocks(cell.element)
                    self._out.append(f"</{tag}>")
            self._out.append("</tr>")
        self._out.append("</table>")


class _ParagraphWriter:
    """The writer of what stands in a paragraph. `boxes` hold the blocks that are set beside it, such as text boxes."""

    def __init__(self, styles: Styles, style: Style, relationships: Mapping[str, Relationship], notes: dict[Note, int]) -> None:
        self.boxes: list[Element] = []
        self._styles = styles
        self._style = style
        self._relationships = relationships
        self._notes = notes
        self._fields: list[_Field] = []
        """The fields that are open, the outermost first."""
        self._instructions = 0
        """How many of them are still in their instruction, whose text is not shown."""
        self._held: list[str] = []
        """What stands in instructions; where one never ends it is text after all."""
        self._is_bold = False
        self._is_hidden = False
        self._script: str | None = None
        """How the text of the run stands to the line: "superscript", "subscript"."""
        self._before = ""
        """The text that was written last."""
        self._out: list[str] = []

    def html_of(self, paragraph: Element) -> str:
        """The HTML of what stands in a paragraph."""
        self._write(paragraph)
        self._out += self._held if self._instructions else ()
        self._out += ("</a>" for one in self._fields if one.is_link)
        return "".join(self._out).replace(_JOINED_BOLD, "")

    def _write(self, parent: Element) -> None:
        for element in parent:
            if element.tag == "w:r":
                self._write_run(element)
            elif element.tag == "m:oMath":
                self._write_text(equation_text(element))
            elif element.tag == "w:hyperlink":
                self._write_link(element)
            elif element.tag == "w:fldSimple":
                self._begin_field(element)
                self._begin_result(element.get("w:instr", ""))
                self._write(element)
                self._end_field()
            elif element.tag == "w:txbxContent":
                self.boxes.append(element)
            elif element.tag == "w:tbl":
                self.boxes.append(_around("w:txbxContent", element))
            elif element.tag not in _LEFT_OUT:
                self._write(shown_alternative(element))

    def _write_run(self, run: Element) -> None:
        properties = child(run, "w:rPr")
        self._is_bold = self._styles.is_bold(properties, self._style)
        self._is_hidden = self._styles.is_hidden(properties, self._style)
        self._script = value_of(properties, "w:vertAlign")
        for element in run:
            if element.tag == "w:t":
                self._write_text(element.text or "")
            elif element.tag == "w:instrText" and self._fields:
                self._fields[-1].instruction += element.text or ""
            elif element.tag == "w:fldChar":
                self._write_field_mark(element)
            elif element.tag in ("w:br", "w:cr"):
                self._out.append("<br>")
            elif element.tag in ("w:footnoteReference", "w:endnoteReference"):
                note = Note(element.tag[2:-9], element.get("w:id", ""))
                self._write_text(f"[{self._notes.setdefault(note, len(self._notes) + 1)}]")
            elif element.tag in _CHARACTERS:
                self._write_text(_CHARACTERS[element.tag])
            elif element.tag == "w:sym":
                self._write_text(_symbol(element))
            else:
                self._write(_around("w:r", element))

    def _write_text(self, text: str) -> None:
        if text and not self._is_hidden:
            if self._script in (_RAISED, _LOWERED):
                text = in_script(text, self._before, is_raised=self._script == _RAISED)
            self._before = text
            escaped = html.escape(text, quote=False)
            written = self._held if self._instructions else self._out
            written.append(f"{_BOLD_START}{escaped}</strong>" if self._is_bold else escaped)

    def _write_link(self, element: Element) -> None:
        relationship = self._relationships.get(element.get("r:id", ""))
        if relationship is None or not relationship.is_external:
            self._write(element)
            return
        anchor = element.get("w:anchor")
        self._out.append(_link_start(f"{relationship.target}#{anchor}" if anchor else relationship.target))
        self._write(element)
        self._out.append("</a>")

    def _write_field_mark(self, element: Element) -> None:
        mark = element.get("w:fldCharType")
        if mark == "begin":
            self._begin_field(element)
        elif mark == "separate" and self._fields:
            self._begin_result(self._fields[-1].instruction)
        elif mark == "end" and self._fields:
            self._end_field()

    def _begin_field(self, element: Element) -> None:
        box = child(element, "w:ffData", "w:checkBox")
        states = (child(box, "w:checked"), child(box, "w:default"))
        self._fields.append(_Field(is_checked=is_on(next((state for state in states if state is not None), None))))
        self._instructions += 1

    def _begin_result(self, instruction: str) -> None:
        current = self._fields[-1]
        self._leave_instruction(current)
        current.instruction = instruction
        address = _HYPERLINK.match(instruction)
        if address is not None and not current.is_link:
            current.is_link = True
            self._out.append(_link_start(address[1] or address[2]))

    def _leave_instruction(self, current: _Field) -> None:
        self._instructions -= not current.is_result
        current.is_result = True
        if not self._instructions:
            self._held.clear()

    def _end_field(self) -> None:
        ended = self._fields.pop()
        self._leave_instruction(ended)
        if ended.is_link:
            self._out.append("</a>")
        if _CHECKBOX.match(ended.instruction):
            self._write_text(_BOXES[ended.is_checked])


class _Cell(NamedTuple):
    """A cell of a table; `column` is the first that it spans. One that `continues` belongs to the cell above it."""

    element: Element
    column: int
    columns: int
    continues: bool


def _cells(row: Element) -> Iterator[_Cell]:
    """The cells of a row, with an empty one for the columns that it leaves out at its beginning."""
    column = _count(value_of(row, "w:trPr", "w:gridBefore"), least=0)
    if column:
        yield _Cell(Element("w:tc"), 0, column, continues=False)
    for element in _inner(row, "w:tc"):
        columns = _count(value_of(element, "w:tcPr", "w:gridSpan"), least=1)
        merge = child(element, "w:tcPr", "w:vMerge")
        yield _Cell(element, column, columns, continues=merge is not None and merge.get("w:val", "continue") == "continue")
        column += columns


def _heights(grid: Sequence[Sequence[_Cell]]) -> dict[tuple[int, int], int]:
    """How many rows each cell spans, by its row and its column; cells that only continue others are left out."""
    heights: dict[tuple[int, int], int] = {}
    tops: dict[int, tuple[int, int]] = {}
    for n, cells in enumerate(grid):
        for cell in cells:
            if not cell.continues or cell.column not in tops:
                tops[cell.column] = (n, cell.column)
                heights[n, cell.column] = 0
            heights[tops[cell.column]] += 1
    return heights


def _count_head_rows(table: Element, rows: Sequence[Element], styles: Styles) -> int:
    """How many rows at the top of a table name its columns: those that repeat on each page, or one that looks different."""
    repeated = list(takewhile(lambda row: is_on(child(row, "w:trPr", "w:tblHeader")), rows))
    if len(repeated) < len(rows):
        return len(repeated) or int(_first_row_differs(table, rows, styles))
    return 0


def _first_row_differs(table: Element, rows: Sequence[Element], styles: Styles) -> bool:
    """Whether a table marks its first row, as its style shows or as its texts confirm.

    Word marks that of every new table, also of two columns that only pair what belongs together.
    """
    look = child(table, "w:tblPr", "w:tblLook")
    if look is None:
        return False
    bits = look.get("w:val", "0")
    is_marked = look.get("w:firstRow") in ("1", "true", "on") or (
        "w:firstRow" not in look.attrib and bool(int(bits, 16) & _FIRST_ROW_BIT if _HEXADECIMAL.fullmatch(bits) else 0)
    )
    if not is_marked:
        return False
    texts = [_text_of(cell.element) for cell in _cells(rows[0])]
    could_be_names = all(text and len(text) <= _LONGEST_COLUMN_NAME and not _has_digit(text) for text in texts)
    are_names = could_be_names and (len(texts) >= _FEWEST_NAMES or (len(texts) > 1 and _has_column_of_numbers(rows[1:])))
    return are_names or styles.style(value_of(table, "w:tblPr", "w:tblStyle")).formats_first_row


def _has_column_of_numbers(rows: Sequence[Element]) -> bool:
    """Whether all cells of a column that hold something hold a number; a single row says too little."""
    columns: dict[int, list[bool]] = {}
    for cell in (cell for row in rows for cell in _cells(row)):
        if text := _text_of(cell.element):
            columns.setdefault(cell.column, []).append(_has_digit(text))
    return len(rows) > 1 and any(map(all, columns.values()))


def _text_of(cell: Element) -> str:
    return "".join(text.text or "" for text in cell.iter("w:t")).strip()


def _has_digit(text: str) -> bool:
    return any(map(str.isdigit, text))


def _is_gone(row: Element) -> bool:
    """Whether a row is deleted or hidden."""
    return child(row, "w:trPr", "w:del") is not None or is_on(child(row, "w:trPr", "w:hidden"))


def _inner(parent: Element, tag: str) -> Iterator[Element]:
    """The rows of a table or the cells of a row."""
    for element in parent:
        if element.tag == tag:
            yield element
        elif element.tag in _ROW_WRAPPERS:
            yield from _inner(element, tag)


def _around(tag: str, child: Element) -> Element:
    """A new element that holds nothing but the child."""
    parent = Element(tag)
    parent.append(child)
    return parent


def _heading_level(text: str, properties: Element | None, style: Style) -> int | None:
    """The level of the heading that a paragraph is; None where it is none."""
    own_level = outline_level(properties)
    level = style.heading_level if own_level is None else own_level
    is_text = len(text) > _LONGEST_HEADING and ends_as_running_text(text)
    return min(level, DEEPEST_HEADING_LEVEL) if level and not is_text else None


def _labelled(content: str, label: str) -> str:
    """The HTML of a paragraph with its number before it, which is bold where the paragraph begins with bold letters."""
    bold = _BOLD_START if content.startswith(_BOLD_START) else ""
    return f"{bold}{html.escape(label, quote=False)}{content.removeprefix(bold)}"


def _link_start(address: str) -> str:
    return f'<a href="{html.escape(address)}">'


def _plain(content: str) -> str:
    """The text of a paragraph's HTML on one line."""
    return " ".join(html.unescape(_HTML_TAG.sub(" ", content)).split())


def _symbol(element: Element) -> str:
    """The sign that a character of a font of signs stands for; "" where it has none in Unicode."""
    character = element.get("w:char", "")
    code = int(character, 16) if _HEXADECIMAL.fullmatch(character) else 0
    if element.get("w:font", "").startswith("Wingdings"):
        return _WINGDINGS.get(code % _SYMBOL_FONT_OFFSET, "")
    return chr(code) if 0 < code < _FIRST_PRIVATE else ""


def _count(value: str | None, least: int) -> int:
    return min(max(int(value), least), _MOST_SPANNED) if value is not None and value.isdecimal() else least
