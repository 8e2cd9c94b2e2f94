"""The blocks of AsciiDoc, one after the other: the head of the document, headings, paragraphs, lists, programs and tables."""

import html
import re
from collections.abc import Sequence

from askdex.corpus.readers.asciidoc.inline import InlineWriter
from askdex.corpus.readers.asciidoc.tables import table_html
from askdex.corpus.types import DEEPEST_HEADING_LEVEL

_HEADING = re.compile(r"(={1,6}|#{1,6})[ \t]+(\S.*)")
_UNDERLINES = {"=": 1, "-": 2, "~": 3, "^": 4, "+": 5}
_VALUE = re.compile(r":(!?[\w][\w-]{0,100}!?):(?:[ \t]+(.*))?")
_AUTHOR = re.compile(r"[^\W\d_][^:;<>|=*]{0,100}?(?:[ \t]*<[^<>\s]{1,200}>)?(?:;.{0,200})?")
_REVISION = re.compile(r"(?:v?(\d[\w.-]{0,20}),?)?[ \t]*((?:\d{4}-\d{2}-\d{2})|(?:[A-Z][a-z]+ \d{1,2}, \d{4}))?(?::.{0,200})?")
_ATTRIBUTES = re.compile(r"\[(?!\[)([^\[\]\n]{0,500}(?:\[[^\]]{0,100}\])?[^\[\]\n]{0,500})\][ \t]*")
_ANCHOR = re.compile(r"\[\[[^\]\n]{0,200}\]\][ \t]*")
_TITLE = re.compile(r"\.(?![ .])(\S.{0,500})")
_DELIMITER = re.compile(r"(={4,}|-{4,}|\.{4,}|\*{4,}|_{4,}|\+{4,}|/{4,}|--|```.*|[|,:!]===+)[ \t]*")
_DIRECTIVE = re.compile(r"(?:include|image|video|audio|toc|ifdef|ifndef|ifeval|endif)::\S*\[.*\][ \t]*")
_ADMONITION = re.compile(r"(NOTE|TIP|IMPORTANT|WARNING|CAUTION):[ \t]+(.*)", re.DOTALL)
_ITEM = re.compile(r"[ \t]*(\*{1,6}|-|\.{1,6}|\d{1,4}\.|[a-zA-Z]\.|[ivx]{1,5}\)|<(?:\d{1,3}|\.)>)[ \t]+(\S.*)")
_CHECK_BOX = re.compile(r"\[[ xX*]\][ \t]+")
_TERM = re.compile(r"[ \t]*(?!//)(\S.{0,300}?)(:{2,4}|;;)(?:[ \t]+(.*))?")
_QUESTIONS = "qanda"
_RULES = ("'''", "<<<", "---", "***")
_VERBATIM, _LITERAL, _COMMENT, _RAW = "-", ".", "/", "+"
_TYPES_BY_DEPTH = "1aiAI"
"""How lists within lists are numbered, by the number of full stops before their items."""
_VERBATIM_STYLES = ("source", "listing", "literal")
_CALLOUT = re.compile(r"(?:[ \t]+(?:#|//|;;|--)?[ \t]*<(?:\d{1,3}|\.)>)+[ \t]*$")
"""What leads from a line of a program to the text below it."""
_SHORTEST_UNDERLINED = 3
_DEEPEST = 20
"""Blocks within blocks, and lists within lists; what is deeper is read as plain lines."""


class AsciiDocWriter:
    """Writes the lines of a document as HTML."""

    def __init__(self, lines: Sequence[str]) -> None:
        self.attributes: dict[str, str] = {}
        """The values with a name that the document sets; its author and the date of its revision are among them."""
        self._inline = InlineWriter(self.attributes)
        self._lines = [line.rstrip() for line in lines]
        self._next = 0
        self._title = ""
        self._style = ""
        """What the lines before a block say of it: its title and the words in brackets."""

    def html(self) -> str:
        """The HTML of the document, with its footnotes at the end."""
        page = self._head() + self._blocks(self._lines[self._next :], 0)
        if not self._inline.notes:
            return page
        items = "".join(f"<li>[{number}] {note}</li>" for number, note in enumerate(self._inline.notes, 1))
        return f'{page}<ul style="list-style-type: none">{items}</ul>'

    def _head(self) -> str:
        """The title of the document, and below it, without a blank line, its author, its revision and values."""
        self._skip_values()
        heading = _HEADING.fullmatch(self._line())
        if heading is None or len(heading[1]) > 1:
            return ""
        self._next += 1
        if _AUTHOR.fullmatch(self._line()) and not _VALUE.fullmatch(self._line()):
            self.attributes["author"] = re.sub(r"\s*<.*", "", self._line().partition(";")[0])
            self._next += 1
            revision = _REVISION.fullmatch(self._line())
            if self._line() and revision is not None:
                self.attributes.update({"revnumber": revision[1] or "", "revdate": revision[2] or ""})
                self._next += 1
        self._skip_values(stops_at_blank=True)
        return f"<h1>{self._inline.html(heading[2])}</h1>"

    def _line(self) -> str:
        return self._lines[self._next] if self._next < len(self._lines) else ""

    def _skip_values(self, *, stops_at_blank: bool = False) -> None:
        """Take note of the values that follow, and pass over comments and, unless they end the head, over blank lines."""
        while self._next < len(self._lines):
            line = self._line()
            is_other = not line.startswith("//") or line.startswith("////")
            if not self._sets_value(line) and is_other and (line or stops_at_blank):
                return
            self._next += 1

    def _sets_value(self, line: str) -> bool:
        match = _VALUE.fullmatch(line)
        if match is None:
            return False
        name = match[1].strip("!").lower()
        if "!" in match[1]:
            self.attributes.pop(name, None)
        else:
            self.attributes[name] = self._inline.with_values((match[2] or "").removesuffix(" \\"))[:1_000]
        return True

    def _blocks(self, lines: Sequence[str], depth: int) -> str:
        """The HTML of lines that are `depth` blocks deep."""
        if depth > _DEEPEST:
            return _paragraph(html.escape("\n".join(lines)))
        pieces, n = [], 0
        while n < len(lines):
            piece, n = self._block(lines, n, depth)
            pieces.append(piece)
        return "".join(pieces)

    def _block(self, lines: Sequence[str], n: int, depth: int, *, in_list: bool = False) -> tuple[str, int]:
        """The HTML of the block that begins at a line, and the number of the line after it."""
        line = lines[n]
        if not line or line in _RULES or self._is_about(line):
            return "", n + 1
        style, title = self._style, self._title
        self._style = self._title = ""
        label = _paragraph(f"<b>{self._inline.html(title)}</b>") if title else ""
        heading, after = self._heading(lines, n)
        if heading:
            return label + heading, after
        if _DELIMITER.fullmatch(line):
            page, after = self._delimited(lines, n, style, depth)
        elif _ITEM.fullmatch(line):
            page, after = self._list(lines, n, [], depth)
        elif _is_term(line):
            page, after = self._terms(lines, n, style, depth)
        else:
            page, after = self._paragraph(lines, n, style, in_list=in_list)
        return label + page, after

    def _is_about(self, line: str) -> bool:
        """Whether a line says something of the block below it, or shows nothing."""
        if self._sets_value(line) or _ANCHOR.fullmatch(line) or _DIRECTIVE.fullmatch(line):
            return True
        if line.startswith("//") and not line.startswith("////"):
            return True
        if (attributes := _ATTRIBUTES.fullmatch(line)) is not None:
            self._style = f"{self._style},{attributes[1]}".strip(",")
            return True
        if (title := _TITLE.fullmatch(line)) is not None and not _DELIMITER.fullmatch(line):
            self._title = title[1]
            return True
        return False

    def _heading(self, lines: Sequence[str], n: int) -> tuple[str, int]:
        """A heading, which begins with signs or has a line of them below it; nothing where there is none."""
        match = _HEADING.fullmatch(lines[n])
        below = lines[n + 1] if n + 1 < len(lines) else ""
        level = 0
        if match is not None:
            level, text, after = len(match[1]), match[2], n + 1
        elif below and below[0] in _UNDERLINES and set(below) == {below[0]} and abs(len(below) - len(lines[n])) <= 1:
            level, text, after = _UNDERLINES[below[0]], lines[n], n + 2
        if not level or (len(lines[n]) < _SHORTEST_UNDERLINED and match is None):
            return "", n
        level = min(level, DEEPEST_HEADING_LEVEL)
        content = self._inline.html(text)
        return f"<h{level}>{content}</h{level}>", after

    def _paragraph(self, lines: Sequence[str], n: int, style: str, *, in_list: bool) -> tuple[str, int]:
        """A paragraph, which in a list ends where the next item begins; one that is indented is shown as it stands."""
        end = n + 1
        ends = _begins_other if in_list else _ends_paragraph
        while end < len(lines) and lines[end] and not ends(lines[end]):
            end += 1
        text = "\n".join(line for line in lines[n:end] if not line.startswith("//"))
        name = style.partition(",")[0]
        if text[:1] in " \t" or name in _VERBATIM_STYLES:
            return f"<pre>{html.escape(text)}</pre>", end
        note = _ADMONITION.fullmatch(text)
        if note is not None:
            text = note[2]
        return _paragraph(self._inline.html(text)), end

    def _delimited(self, lines: Sequence[str], n: int, style: str, depth: int) -> tuple[str, int]:
        """What stands between two lines of the same signs; up to the end where the second one is missing."""
        mark = lines[n].rstrip()
        closing = "```" if mark.startswith("```") else mark
        end = n + 1
        while end < len(lines) and lines[end] != closing:
            end += 1
        inner = lines[n + 1 : end]
        name = style.partition(",")[0].partition("%")[0]
        if mark.endswith("===") and mark[0] in "|,:!":
            separator = "|" if mark[0] in "|!" else mark[0]
            inner = [line.replace("!", "|") for line in inner] if mark[0] == "!" else inner
            page = table_html(inner, style, separator, lambda text, kind: self._cell(text, kind, depth))
        elif mark[0] == _COMMENT or name == "comment":
            page = ""
        elif mark[0] in (_LITERAL, "`") or (mark[0] == _VERBATIM and len(mark) > 2) or name in _VERBATIM_STYLES:
            page = _program(inner)
        elif mark[0] == _RAW:
            page = "" if name in ("stem", "latexmath", "asciimath") else "\n".join(inner)
        elif name == "verse":
            page = _paragraph("<br>".join(self._inline.html(line) for line in inner))
        else:
            page = self._blocks(inner, depth + 1)
        return page, end + 1

    def _cell(self, text: str, style: str, depth: int) -> str:
        if style == "a":
            return self._blocks(text.split("\n"), depth + 1)
        if style == "l":
            return f"<pre>{html.escape(text)}</pre>"
        return "<br>".join(self._inline.html(part) for part in re.split(r"\n\s*\n", text))

    def _list(self, lines: Sequence[str], n: int, around: Sequence[str], depth: int) -> tuple[str, int]:
        """A list within others, whose marks are `around`."""
        mark = _mark_of(lines[n])
        tag = "ul" if mark[0] in "*-<" else "ol"
        numbers = _numbers_of(lines[n]) if tag == "ol" else ""
        items: list[str] = []
        while n < len(lines) and _ITEM.fullmatch(lines[n]):
            own = _mark_of(lines[n])
            if own == mark:
                item, n = self._item(lines, n)
                items.append(item)
            elif own in around or len(around) > _DEEPEST:
                break
            else:
                inner, n = self._list(lines, n, [*around, mark], depth)
                items[-1] += inner
            n = self._attached(lines, n, items, depth)
            n = _past_blanks(lines, n)
        return f"<{tag}{numbers}>{''.join(f'<li>{item}</li>' for item in items)}</{tag}>", n

    def _item(self, lines: Sequence[str], n: int) -> tuple[str, int]:
        """The text of an item, up to the next one, a blank line or a block."""
        match = _ITEM.fullmatch(lines[n])
        texts = [_CHECK_BOX.sub("", match[2], count=1) if match is not None else lines[n]]
        n += 1
        while n < len(lines) and lines[n] and lines[n] != "+" and not _begins_other(lines[n]):
            texts.append(lines[n].strip())
            n += 1
        return self._inline.html("\n".join(text for text in texts if not text.startswith("//"))), n

    def _attached(self, lines: Sequence[str], n: int, items: list[str], depth: int) -> int:
        """Add to the last item the blocks that a line "+" joins to it."""
        while n < len(lines) and lines[n] == "+":
            page, n = "", n + 1
            while n < len(lines) and not page and lines[n] != "+":
                page, n = self._block(lines, n, depth + 1, in_list=True) if depth < _DEEPEST else (html.escape(lines[n]), n + 1)
            items[-1] += page
        return n

    def _terms(self, lines: Sequence[str], n: int, style: str, depth: int) -> tuple[str, int]:
        """Terms with their definitions; where they are questions, with their answers."""
        pieces: list[str] = []
        colons = ""
        while n < len(lines) and (match := _TERM.fullmatch(lines[n])) is not None and _is_term(lines[n]):
            if colons and match[2] != colons:
                break
            colons = match[2]
            definition, n = self._definition(match[3] or "", lines, n + 1, depth)
            term = self._inline.html(match[1])
            pieces.append(f"<h6>{term}</h6>{definition}" if _QUESTIONS in style else f"<dt>{term}</dt><dd>{definition}</dd>")
            n = _past_blanks(lines, n)
        return ("".join(pieces) if _QUESTIONS in style else f"<dl>{''.join(pieces)}</dl>"), n

    def _definition(self, first: str, lines: Sequence[str], n: int, depth: int) -> tuple[str, int]:
        """What stands behind a term, `first`, and from line `n` on below it."""
        if not first:
            below = _past_blanks(lines, n)
            if below == len(lines) or _is_term(lines[below]) or _HEADING.fullmatch(lines[below]):
                return "", n
            n = below
        texts = [first] if first else []
        while n < len(lines) and lines[n] and lines[n] != "+" and not _begins_other(lines[n]):
            texts.append(lines[n].strip())
            n += 1
        items = [self._inline.html("\n".join(texts))]
        below = _past_blanks(lines, n)
        if below < len(lines) and _ITEM.fullmatch(lines[below]) and depth < _DEEPEST:
            inner, n = self._list(lines, below, [], depth + 1)
            items[-1] += inner
        n = self._attached(lines, n, items, depth)
        return items[0], n


def _paragraph(content: str) -> str:
    return f"<p>{content}</p>"


def _program(lines: Sequence[str]) -> str:
    text = "\n".join(_CALLOUT.sub("", line) for line in lines if not _DIRECTIVE.fullmatch(line))
    return f"<pre>{html.escape(text)}</pre>"


def _mark_of(line: str) -> str:
    """The mark of an item; all numbers are one."""
    match = _ITEM.fullmatch(line)
    mark = match[1] if match is not None else ""
    return mark if mark[:1] in "*-." else "<" if mark[:1] == "<" else "1"


def _numbers_of(line: str) -> str:
    """How the list is numbered that an item begins: ".." by letters, as Asciidoctor shows it, "4." from 4 on."""
    match = _ITEM.fullmatch(line)
    mark = match[1] if match is not None else ""
    if mark[:1].isdigit():
        return f' start="{int(mark[:-1])}"'
    if mark.startswith("."):
        return f' type="{_TYPES_BY_DEPTH[min(len(mark), len(_TYPES_BY_DEPTH)) - 1]}"'
    return ' type="i"' if mark.endswith(")") else f' type="{"a" if mark[:1].islower() else "A"}"'


def _is_term(line: str) -> bool:
    match = _TERM.fullmatch(line)
    return match is not None and not _DIRECTIVE.fullmatch(line) and not match[1].endswith(":")


def _begins_other(line: str) -> bool:
    """Whether a line ends the text of an item: it begins an item, a block, or says something of one."""
    return bool(_ITEM.fullmatch(line) or _ends_paragraph(line)) or _is_term(line)


def _ends_paragraph(line: str) -> bool:
    return bool(_DELIMITER.fullmatch(line) or _ATTRIBUTES.fullmatch(line) or _DIRECTIVE.fullmatch(line)) or line == "+"


def _past_blanks(lines: Sequence[str], n: int) -> int:
    """The number of the next line that is not blank, and no comment between items."""
    while n < len(lines) and (not lines[n] or (lines[n].startswith("//") and not lines[n].startswith("////"))):
        n += 1
    return n
