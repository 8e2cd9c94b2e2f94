"""Tags of components (MDX) and of templates (Liquid, Jinja, Hugo, GitBook) in Markdown, and comments.

What such a tag says to readers, a title or a question, becomes HTML; the rest is left out. Code keeps its tags. One scan goes
from each opening mark to its end, and looks for an end that is not there only once.
"""

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape, unescape

from askdex.corpus.readers.markdown.labels import folds, opening, shown

_OPENING = re.compile(
    r"^(?P<fence>[ \t>]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)*(?P<ticks>`{3,}(?=[^`\n]*$)|~{3,})[^\n]*$)"
    r"|^(?P<module>import\s(?:[\w*{},$\s]{1,500}\sfrom\s+)?[\"'][^\"'\n]{1,300}[\"'];?[ \t]*$"
    r"|export\s+(?:default|const|let|var|function|class|async)\b[^\n]*[={(][^\n]*(?:\n[^\n]+)*$)"
    r"|(?P<indented>(?<=\n\n)(?: {4}|\t)[^\n]*(?:\n+(?: {4}|\t)[^\n]*)*$)"
    r"|(?P<span>`+)|(?P<escape>\\.)|(?P<comment><!--|\{/\*|\{>>|\{\#(?=\s)|(?<![\w%])%%(?!%))"
    r"|(?P<template>\{\{|\{%)|(?P<component></?[A-Z]|</?>)"
    r"|(?P<element><[a-z][\w-]*\s(?=[^<>]*=\s*\{))|(?P<expression>\{)",
    re.MULTILINE,
)
_COMMENT_ENDS = {"<!--": "-->", "{/*": "*/}", "{>>": "<<}", "{#": "#}", "%%": "%%"}
_SEPARATOR = "<!-- -->"
"""Stands for the tag of a component that says nothing, as its text is parted from the text around it."""
_TICKS = re.compile("`+")
_LONGEST_TAG = 4_000
"""Characters."""
_DIRECTIVE = re.compile(
    r"\{(?P<name>note|warning|tip|important|caution|danger|hint|attention|error|seealso|admonition|dropdown|tab-item|tab-set|card|grid"
    r"|grid-item|grid-item-card|margin|sidebar|topic|details|versionadded|versionchanged|deprecated)\}[ \t]*(?P<rest>[^\n]*)$"
)
"""What stands behind the marks of a fence that holds text, not code, in MyST."""
_BRACES = r"[^{}]*+"
for _ in range(6):
    _BRACES = rf"[^{{}}]*+(?:\{{{_BRACES}\}}[^{{}}]*+)*+"
_EXPRESSION = re.compile(rf"\{{{_BRACES}\}}")
_END_OF_TAG = (
    rf"(?P<attributes>(?:\s+(?:[\w:@-]+(?:\s*=\s*(?:\"[^\"]*\"|'[^']*'|\{{{_BRACES}\}}))?|\{{{_BRACES}\}}))*+)\s*(?P<alone>/)?>"
)
_COMPONENT = re.compile(rf"<(?P<end>/)?(?P<name>[A-Z][\w.]*)?{_END_OF_TAG}")
_HTML_TAG = re.compile(rf"<(?P<name>[a-z][\w-]*){_END_OF_TAG}")
_VALUE = re.compile(rf"(?P<quoted>\"[^\"]*\"|'[^']*')|(?:(?P<key>[\w:@-]+)\s*=\s*)?(?P<code>\{{{_BRACES}\}})")
_ATTRIBUTE = re.compile(rf"(?<![\w:@-])([\w:@-]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|(\{{{_BRACES}\}}))")
_STRING = re.compile(r"\{?\s*([\"'`])((?:(?!\1)[^\\]|\\.)*)\1\s*\}?", re.DOTALL)
_HOLDS_INDENTED = re.compile(r"[ \t]|[-*+][ \t]|\d{1,9}[.)][ \t]|!!!|\?\?\?|===|:::|\[\^|:[ \t]|<|\{|$")
"""A line below which indented text is no code."""
_ELEMENT = re.compile(r"<[^<>]*>")
_TEMPLATE = re.compile(r"(?P<end>/|end)?\s*(?P<name>[\w.:-]*)")
_TEMPLATE_CLOSING = re.compile(r"\{[{%][<%]?-?[ \t\n]{0,20}(?:/|end)\s*([\w.:-]+)")
_QUOTED = re.compile(r"\s[\"'“]([^\"'”]*)[\"'”]")
_TEMPLATE_ENDS = {"{%": "%}", "{{<": ">}}", "{{%": "%}}", "{{": "}}"}
_VERBATIM = frozenset(("raw", "verbatim"))
_HIDDEN = frozenset(("comment",))
_CODE = frozenset(("highlight", "codeblock"))
_REFERENCES = frozenset("include render figure image ref relref link url page post_url data".split())
"""Tags that fetch or name something; what stands in their quotation marks is no label."""
_LABELS = ("question", "q", "title", "label", "header", "heading", "summary", "name")
"""Attributes that say what a container is called, the first of them first."""
_NOTES = ("description", "content", "body", "caption", "text", "alt")
"""Attributes that are text."""
_ADDRESSES = ("href", "to", "url", "link")
_LINKS = frozenset(("a", "link", "button", "anchor", "linkbutton", "navlink"))
_HEADINGS = re.compile(r"(?:trigger|summary|question|title)$", re.IGNORECASE)
"""Components whose content is what folds the text below them: <AccordionTrigger>, <FAQ.Question>."""
_HTML_NAMES = frozenset(
    "A ABBR ADDRESS B BIG BLOCKQUOTE BODY BR CAPTION CENTER CITE CODE DD DETAILS DIV DL DT EM FONT FORM H1 H2 H3 H4 H5 H6 HR I "
    "IMG INS KBD LI OL P PRE S SMALL SPAN STRIKE STRONG SUB SUMMARY SUP TABLE TBODY TD TFOOT TH THEAD TR TT U UL".split()
)


@dataclass(slots=True)
class _Open:
    """A component or template tag that is open, the HTML that closes it, and the labels of the tabs in it."""

    name: str
    closing: str
    labels: list[str] = field(default_factory=list)


def without_tags(source: str, *, is_mdx: bool) -> tuple[str, bool]:
    """The text with tags as HTML or left out, and whether it has components."""
    scan = _Scan(source, is_mdx=is_mdx)
    return "".join(scan.pieces()), scan.has_components


class _Scan:
    def __init__(self, source: str, *, is_mdx: bool) -> None:
        self.has_components = False
        self._source = source
        self._is_mdx = is_mdx
        self._open: list[_Open] = []
        self._names: Counter[str] = Counter()
        """How many open tags have each name."""
        self._missing: set[object] = set()
        """Ends that the rest of the text does not have."""
        self._closed_templates = {name.lower() for name in _TEMPLATE_CLOSING.findall(source)}
        self._paragraph_end = -1
        self._ticks_end = -1
        self._ticks: dict[int, list[int]] = {}
        self._verbatim_end = -1
        """Where text ends in which tags are text."""
        self._ends_of_directives: set[int] = set()
        """Where fences end that hold text."""

    def pieces(self) -> Iterator[str]:
        """The pieces of the text between and instead of tags."""
        position = 0
        while match := _OPENING.search(self._source, position):
            yield self._source[position : match.start()]
            text, position = self._replaced(match)
            yield text
        yield self._source[position:]

    def _replaced(self, match: re.Match[str]) -> tuple[str, int]:
        """What stands for a tag, and where the text goes on; the opening mark itself where it opens nothing."""
        kind = match.lastgroup
        start = match.start()
        if match["fence"] is not None:
            return self._fence(match)
        if kind == "module":
            return "", match.end()
        if kind == "indented":
            return (match[0], match.end()) if self._is_code(start) else (match[0][0], start + 1)
        if kind == "span":
            end = self._span_end(match)
            return self._source[start:end], end
        if kind == "comment":
            end = self._comment_end(match)
            return ("", end) if end else (match[0], match.end())
        if kind == "template":
            return self._template(start)
        if kind == "component":
            return self._component(start)
        if kind == "element":
            return self._element(match)
        if kind == "expression":
            return self._expression(start)
        return match[0], match.end()

    def _find(self, end: str, start: int, limit: int | None = None) -> int:
        """Where an end mark begins at or behind `start`; -1 where it does not."""
        if end in self._missing:
            return -1
        place = self._source.find(end, start) if limit is None else self._source.find(end, start, limit)
        if place < 0 and limit is None:
            self._missing.add(end)
        return place

    def _fence(self, match: re.Match[str]) -> tuple[str, int]:
        ticks = match["ticks"]
        if match.start() in self._ends_of_directives:
            return match["fence"].replace(ticks, ":" * len(ticks)), match.end()
        closing = re.compile(rf"^[ \t>]*{ticks[0]}{{{len(ticks)},}}[ \t]*$", re.MULTILINE)
        found = closing.search(self._source, match.end())
        head, _, info = match["fence"].partition(ticks)
        if found is not None and (directive := _DIRECTIVE.match(info)):
            self._ends_of_directives.add(found.start())
            return f"{head}{':' * len(ticks)}{{{directive['name']}}} {directive['rest']}", match.end()
        end = found.end() if found else len(self._source)
        return self._source[match.start() : end], end

    def _is_code(self, start: int) -> bool:
        """Whether what is indented below a blank line is code: not in MDX, nor below an item or the head of a container."""
        above = self._source[max(0, start - _LONGEST_TAG) : start].rstrip().rpartition("\n")[2]
        return not self._is_mdx and not _HOLDS_INDENTED.match(above)

    def _span_end(self, match: re.Match[str]) -> int:
        """The end of code within a line or a paragraph; that of its opening mark where it does not end."""
        size = len(match["span"])
        places = self._ticks_until(self._end_of_paragraph(match.end()), match.end()).get(size, [])
        n = bisect_left(places, match.end())
        return places[n] + size if n < len(places) else match.end()

    def _ticks_until(self, paragraph_end: int, start: int) -> Mapping[int, Sequence[int]]:
        """Where marks of code stand between a place in a paragraph and its end, by their length.

        They are looked for once for each paragraph, which one may fill with marks that have all lengths.
        """
        if self._ticks_end != paragraph_end:
            self._ticks_end, self._ticks = paragraph_end, {}
            for mark in _TICKS.finditer(self._source, start, paragraph_end):
                self._ticks.setdefault(len(mark[0]), []).append(mark.start())
        return self._ticks

    def _end_of_paragraph(self, place: int) -> int:
        """Where the paragraph around a place ends, at a blank line."""
        if place > self._paragraph_end:
            end = self._source.find("\n\n", place)
            self._paragraph_end = len(self._source) if end < 0 else end
        return self._paragraph_end

    def _comment_end(self, match: re.Match[str]) -> int:
        """The end of a comment; 0 where it has none. One that begins within a line ends within the paragraph in Obsidian."""
        mark = match["comment"]
        end = _COMMENT_ENDS[mark]
        limit = None
        if mark == "%%" and self._source[match.end() : match.end() + 1].strip():
            limit = self._end_of_paragraph(match.end())
        place = self._find(end, match.end(), limit)
        return place + len(end) if place >= 0 else 0

    def _template(self, start: int) -> tuple[str, int]:
        source = self._source
        mark = next(mark for mark in ("{%", "{{<", "{{%", "{{") if source.startswith(mark, start))
        if start < self._verbatim_end:
            # The comment keeps the reader of HTML from taking it for a tag.
            return f"{{<!---->{mark[1:]}", start + len(mark)
        end_mark = _TEMPLATE_ENDS[mark]
        place = source.find(end_mark, start + len(mark), start + _LONGEST_TAG)
        end = place + len(end_mark)
        if place < 0:
            return mark, start + len(mark)
        if mark == "{{":
            return "", end + source.startswith("}", end)
        content = source[start + len(mark) : place].strip(" \t\n-")
        tag = _TEMPLATE.match(content)
        name, rest = (tag["name"].lower(), content[tag.end() :]) if tag else ("", "")
        if tag is not None and tag["end"]:
            return self._closed(name), end
        if name in _VERBATIM | _HIDDEN | _CODE:
            return self._unread(name, end)
        attributes = {key.lower(): double or single for key, double, single, _ in _ATTRIBUTE.findall(rest)}
        label = _first(attributes, _LABELS) or next(iter(_QUOTED.findall(f" {rest}")), "")
        if label and name not in _REFERENCES and (folds(name) or name in self._closed_templates):
            return self._opened(name, label, attributes, folds(name)), end
        if name in ("else", "elsif", "elif"):
            return " ", end
        return _first(attributes, ("content", "caption", "text")), end

    def _unread(self, name: str, start: int) -> tuple[str, int]:
        """What stands for all from a tag to the one that ends it."""
        closing = re.compile(rf"\{{(?:%-?|\{{[<%])\s*(?:/|end)\s*{name}\s*(?:[>%]\}}|-?%)\}}", re.IGNORECASE)
        found = None if closing.pattern in self._missing else closing.search(self._source, start)
        if found is None:
            self._missing.add(closing.pattern)
            return "", start
        content = self._source[start : found.start()]
        if name in _HIDDEN:
            return "", found.end()
        if name in _VERBATIM:
            self._verbatim_end = found.start()
            return "", start
        fence = "~~~~" if "```" in content else "```"
        return f"\n\n{fence}\n{content.strip(chr(10))}\n{fence}\n\n", found.end()

    def _component(self, start: int) -> tuple[str, int]:
        tag = _COMPONENT.match(self._source, start, start + _LONGEST_TAG)
        name = tag["name"] or "" if tag else ""
        if tag is None or name in _HTML_NAMES or (not name and not self._is_mdx):
            return self._source[start], start + 1
        before = self._source[self._source.rfind("\n", 0, start) + 1 : start]
        is_block = not before.strip(" \t>-*+0123456789.)")
        self.has_components |= is_block
        plain = name.replace(".", "")
        is_alone = not before.strip() and self._source[tag.end() : tag.end() + 1] in ("\n", "")
        nothing = _SEPARATOR if is_alone else ""
        if tag["end"]:
            return self._closed(name) or nothing, tag.end()
        attributes = {
            key.lower(): _value(double or single or code) for key, double, single, code in _ATTRIBUTE.findall(tag["attributes"])
        }
        if tag["alone"]:
            return _lone(attributes, is_block=is_block), tag.end()
        labels = re.findall(r"[\"'`]([^\"'`]+)[\"'`]", attributes.get("items", "")) if "items" in attributes else []
        label = _first(attributes, _LABELS) or self._next_label(plain) or (attributes.get("value", "") if folds(plain) else "")
        address = _first(attributes, _ADDRESSES)
        if plain.lower() in _LINKS and address:
            self._push(_Open(name, "</a>"))
            return f'<a href="{escape(address)}">', tag.end()
        if not label and _HEADINGS.search(plain):
            self._push(_Open(name, "</h6>\n\n"))
            return "\n\n<h6>", tag.end()
        if label:
            return self._opened(name, label, attributes, folds(plain)), tag.end()
        self._push(_Open(name, "", labels))
        return nothing, tag.end()

    def _next_label(self, name: str) -> str:
        """The label of the next tab, where the labels are said of all tabs: <Tabs items={["A", "B"]}>."""
        labels = self._open[-1].labels if self._open and folds(name) else []
        return labels.pop(0) if labels else ""

    def _opened(self, name: str, label: str, attributes: dict[str, str], is_folded: bool) -> str:  # noqa: FBT001
        start, closing = opening(label, is_folded=is_folded)
        self._push(_Open(name, f"\n\n{closing}\n\n"))
        note = attributes.get("description", "")
        return f"\n\n{start}\n\n{note}\n\n"

    def _closed(self, name: str) -> str:
        """What closes the tag with this name that was opened last, and those within it that nothing closed."""
        closings = []
        while self._names[name]:
            tag = self._open.pop()
            self._names[tag.name] -= 1
            closings.append(tag.closing)
            if tag.name == name:
                break
        return "".join(closings)

    def _push(self, tag: _Open) -> None:
        self._open.append(tag)
        self._names[tag.name] += 1

    def _element(self, match: re.Match[str]) -> tuple[str, int]:
        """An element of HTML as a program writes it (JSX): of values in braces, strings stay."""
        tag = _HTML_TAG.match(self._source, match.start(), match.start() + _LONGEST_TAG)
        if tag is None:
            return match[0], match.end()
        closing = f"></{tag['name']}>" if tag["alone"] else ">"
        return f"<{tag['name']}{_VALUE.sub(_html_value, tag['attributes'])}{closing}", tag.end()

    def _expression(self, start: int) -> tuple[str, int]:
        if not self._is_mdx or self._source.startswith("{#", start):
            return "{", start + 1
        match = _EXPRESSION.match(self._source, start, start + _LONGEST_TAG)
        return (_value(match[0]) if _STRING.fullmatch(match[0]) else "", match.end()) if match else ("{", start + 1)


def _value(value: str) -> str:
    """The text of an attribute: a string within braces is one, and the elements of a page in it are left out."""
    string = _STRING.fullmatch(value)
    return unescape(string[2]) if string else _ELEMENT.sub("", value.strip("{}")) if "<" in value else value


def _html_value(value: re.Match[str]) -> str:
    """An attribute as HTML has it; nothing where its value is computed."""
    if value["quoted"]:
        return value[0]
    string = _STRING.fullmatch(value["code"])
    return f'{value["key"]}="{escape(unescape(string[2]))}"' if string and value["key"] else ""


def _first(attributes: dict[str, str], names: tuple[str, ...]) -> str:
    """The first of these attributes that is a text."""
    return next((value for name in names if (value := attributes.get(name, "").strip()) and not value.startswith("{")), "")


def _lone(attributes: dict[str, str], *, is_block: bool) -> str:
    """What a component without content says: its title, as a link where it leads somewhere, and its texts."""
    label, address = _first(attributes, _LABELS), _first(attributes, _ADDRESSES)
    note = _first(attributes, _NOTES)
    link = f'<a href="{escape(address)}">{shown(label or address)}</a>' if address and label else shown(label)
    if not is_block:
        return f"{link} {note}".strip()
    return "".join(f"\n\n{text}\n\n" for text in (link, note) if text)
