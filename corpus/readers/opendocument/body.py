"""From the body of an OpenDocument file to HTML: without what is deleted or hidden, without comments and tables of contents.

Only what a reader of the text needs becomes HTML: headings, paragraphs, lists, tables, bold letters and links.
"""

import html
import re
from xml.etree.ElementTree import Element

from askdex.corpus.readers.office import child, children
from askdex.corpus.readers.opendocument.styles import Styles
from askdex.corpus.text.scripts import in_script
from askdex.corpus.types import DEEPEST_HEADING_LEVEL

_LEFT_OUT = frozenset(
    "text:tracked-changes text:sequence-decls text:variable-decls text:user-field-decls office:forms office:annotation "
    "office:annotation-end text:table-of-content text:illustration-index text:table-index text:object-index text:user-index "
    "text:alphabetical-index text:bibliography text:ruby-text draw:page-thumbnail draw:object draw:object-ole draw:image "
    "presentation:notes office:event-listeners text:note-citation draw:glue-point style:header style:footer".split()
)
"""What holds no text of the document as it is shown."""
_BOXES = frozenset(
    "draw:frame draw:custom-shape draw:rect draw:ellipse draw:line draw:connector draw:polygon draw:path draw:caption".split()
)
"""What may hold a text of its own."""
_TEMPLATE_TAG = re.compile(r"\{[{%#]|&lt;%")
_TAG = re.compile(r"<[^<>]*>")
_MOST_BLANKS, _MOST_SPANNED, _MOST_REPEATED = 8, 100, 20
_LONGEST_NUMBER = 9
"""Digits."""
_TITLE_CLASS, _NOTES_CLASS = "title", "notes"
_SKIPPED_CLASSES = frozenset(("date-time", "footer", "header", "page-number", "page"))
"""Places of a slide that are the same on each."""


class BodyWriter:
    """The writer of the HTML of a text or of a slide."""

    def __init__(self, styles: Styles) -> None:
        self.title: str | None = None
        """The text of the first paragraph in the style of a title."""
        self._styles = styles
        self._out: list[str] = []
        self._notes: list[tuple[str, Element]] = []
        """The notes that the text refers to: what stands in their place, and their text."""
        self._boxes: list[Element] = []
        """The boxes within the present paragraph, whose text comes after it."""
        self._counts: dict[str, int] = {}
        """The numbers that numbered lists have reached, by their styles."""

    def html_of(self, parent: Element) -> str:
        """The HTML of the blocks in an element."""
        self._out = []
        self._write_blocks(parent)
        return "".join(self._out)

    def notes_html(self) -> str:
        """The HTML of the notes that the text refers to, each with its number."""
        items = []
        notes, self._notes = self._notes, []
        for label, body in notes:
            items.append(f"<li>[{label}] {self.html_of(body).removeprefix('<p>')}</li>")
        return f'<ul style="list-style-type: none">{"".join(items)}</ul>' if items else ""

    def slide_html(self, page: Element) -> str:
        """The HTML of a slide: its title, all else in its order, and what the speaker says to it."""
        self._out = []
        shapes = [shape for shape in page if shape.get("presentation:class") not in _SKIPPED_CLASSES]
        for shape in shapes:
            if shape.get("presentation:class") == _TITLE_CLASS:
                title = " ".join("".join(shape.itertext()).split())
                self._out.append(f"<h1>{html.escape(title)}</h1>" if title else "")
        for shape in shapes:
            if shape.get("presentation:class") != _TITLE_CLASS:
                self._write_block(shape)
        for notes in children(page, "presentation:notes"):
            for shape in notes:
                if shape.get("presentation:class") == _NOTES_CLASS:
                    self._write_blocks(shape)
        return "".join(self._out)

    def _write_blocks(self, parent: Element) -> None:
        for element in parent:
            self._write_block(element)

    def _write_block(self, element: Element) -> None:
        if element.tag in _LEFT_OUT or element.get("text:display") == "none":
            return
        if element.tag == "text:h":
            level = element.get("text:outline-level", "1")
            self._write_text(element, f"h{min(int(level) if level.isdecimal() else 1, DEEPEST_HEADING_LEVEL) or 1}")
        elif element.tag == "text:p":
            self._write_text(element, "p")
        elif element.tag in ("text:list", "text:numbered-paragraph"):
            self._write_list(element, 1, None)
        elif element.tag == "table:table":
            self._write_table(element)
        else:
            self._write_blocks(element)

    def _write_text(self, element: Element, tag: str) -> None:
        """Write a paragraph or a heading, and the text boxes in it after it."""
        style = element.get("text:style-name")
        if self._styles.is_hidden(style):
            return
        outer, self._boxes = self._boxes, []
        content = self._inline(element)
        if _TEMPLATE_TAG.search(content):
            # The reader of HTML leaves the tags of template engines out, except in code. Here they are text.
            content = f"<code>{content}</code>"
        if tag == "p" and self._styles.is_title(style):
            tag = "h1"
            self.title = self.title or " ".join(html.unescape(_TAG.sub(" ", content)).split()) or None
        elif tag == "p" and self._styles.is_bold(style) and content:
            content = f"<strong>{content}</strong>"
        self._out.append(f"<{tag}>{content}</{tag}>")
        boxes, self._boxes = self._boxes, outer
        for box in boxes:
            self._write_blocks(box)

    def _write_list(self, element: Element, level: int, outer_style: str | None) -> None:
        style = element.get("text:style-name") or outer_style
        # Numbered headings stand in lists, too. To look for them by their tag takes a tenth of the time in nested lists.
        if next(element.iter("text:h"), None) is not None:
            for item in element:
                self._write_blocks(item)
            return
        if not self._styles.is_numbered(style, level):
            opening, closing = "<ul>", "</ul>"
        else:
            goes_on = element.get("text:continue-numbering") == "true" or element.get("text:continue-list") is not None
            start = self._counts.get(style or "", 0) + 1 if goes_on and level == 1 else 1
            opening, closing = f'<ol start="{start}">', "</ol>"
            if level == 1:
                self._counts[style or ""] = start - 1 + sum(1 for _ in children(element, "text:list-item"))
        self._out.append(opening)
        for item in element:
            if item.tag in ("text:list-item", "text:list-header"):
                self._out.append("<li>")
                for block in item:
                    if block.tag == "text:list":
                        self._write_list(block, level + 1, style)
                    else:
                        self._write_block(block)
                self._out.append("</li>")
        self._out.append(closing)

    def _write_table(self, table: Element) -> None:
        self._out.append("<table>")
        self._write_rows(table, "td")
        self._out.append("</table>")

    def _write_rows(self, parent: Element, tag: str) -> None:
        for element in parent:
            if element.tag == "table:table-header-rows":
                self._write_rows(element, "th")
            elif element.tag in ("table:table-rows", "table:table-row-group"):
                self._write_rows(element, tag)
            elif element.tag == "table:table-row":
                for _ in range(_number(element, "table:number-rows-repeated", _MOST_REPEATED)):
                    self._out.append("<tr>")
                    for cell in children(element, "table:table-cell"):
                        self._write_cell(cell, tag)
                    self._out.append("</tr>")

    def _write_cell(self, cell: Element, tag: str) -> None:
        columns = _number(cell, "table:number-columns-spanned", _MOST_SPANNED)
        rows = _number(cell, "table:number-rows-spanned", _MOST_SPANNED)
        for _ in range(_number(cell, "table:number-columns-repeated", _MOST_REPEATED)):
            self._out.append(f'<{tag} colspan="{columns}" rowspan="{rows}">')
            self._write_blocks(cell)
            self._out.append(f"</{tag}>")

    def _inline(self, element: Element) -> str:
        """The HTML of the text in a paragraph or in a part of one."""
        pieces = [html.escape(element.text or "")]
        for part in element:
            content = self._inline_part(part)
            is_raised = self._styles.is_raised(part.get("text:style-name")) if part.tag == "text:span" else None
            if is_raised is not None and "<" not in content:
                before = html.unescape(_TAG.sub("", next(filter(None, reversed(pieces)), "")))
                content = html.escape(in_script(html.unescape(content), before, is_raised=is_raised))
            pieces += [content, html.escape(part.tail or "")]
        return "".join(pieces)

    def _inline_part(self, part: Element) -> str:
        if part.tag in _BOXES or part.tag == "draw:g":
            self._boxes.append(part)
            return ""
        if part.tag in _LEFT_OUT or part.get("text:display") == "none":
            return ""
        if part.tag == "text:s":
            return " " * _number(part, "text:c", _MOST_BLANKS)
        if part.tag == "text:tab":
            return " "
        if part.tag == "text:line-break":
            return "<br>"
        if part.tag == "text:note":
            return self._note(part)
        content = self._inline(part)
        if part.tag == "text:a" and (address := part.get("xlink:href")):
            return f'<a href="{html.escape(address)}">{content}</a>'
        if part.tag == "text:span":
            style = part.get("text:style-name")
            if self._styles.is_hidden(style):
                return ""
            return f"<strong>{content}</strong>" if self._styles.is_bold(style) and content.strip() else content
        return content

    def _note(self, note: Element) -> str:
        """The number of a footnote or endnote, whose text comes last."""
        citation, body = child(note, "text:note-citation"), child(note, "text:note-body")
        label = "" if citation is None else (citation.text or "")
        label = label or str(len(self._notes) + 1)
        if body is not None:
            self._notes.append((html.escape(label), body))
        return f"[{html.escape(label)}]"


def _number(element: Element, name: str, most: int) -> int:
    """The number that an attribute has, 1 where it has none, and not more than that."""
    value = element.get(name, "1")
    return max(1, min(int(value), most)) if value.isdecimal() and len(value) <= _LONGEST_NUMBER else 1
