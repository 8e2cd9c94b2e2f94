"""Containers of lines: admonitions, tabs and folded text of MkDocs, Docusaurus, VuePress, VitePress, Pandoc and MyST.

`!!! note "Title"`, `??? note "Title"` and `=== "Tab"` hold the lines below that are indented by four blanks; `:::note Title`
and `/// note | Title` those up to a line of the same marks.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from askdex.corpus.readers.markdown.labels import folds, opening
from askdex.corpus.text.lines import is_closed

_INDENT = 4
"""Blanks by which the text of an admonition is indented."""
_FENCE = re.compile(r"[ >]*(?:(?:[-*+]|\d{1,9}[.)])[ ]+)*(`{3,}|~{3,})")
_WHOLE, _END = ":::", "-end"
"""How a line ends that opens nothing on Microsoft's pages (`:::row:::`, `:::image source="a.png":::`), and the name of one that
closes a container (`::: zone-end`)."""
_ADMONITION = re.compile(r"(!!!|\?\?\?\+?)[ ]*(?P<name>[\w-]+(?:[ ]+[\w-]+){0,2}|(?=[\"“]))(?:\s*[\"“](?P<label>.*)[\"”])?\s*$")
_TAB = re.compile(r"===[!+]*\s+(?P<quote>[\"'])(?P<label>.+)(?P=quote)\s*$")
_COLONS = re.compile(r"(?P<marks>:{3,})[ ]*(?P<head>[^:\s].*)?$")
_SLASHES = re.compile(r"(?P<marks>/{3,})(?:[ ]+(?P<name>[\w-]+)[ ]*(?:\|(?P<label>.*))?)?$")
_OPTION = re.compile(r"[ ]{4,}[\w-]+:|[ ]*:[\w-]+:(?:[ ]|$)")
"""A line below the head of a container that says how it looks: "    type: warning", ":class: tip"."""
_MOST_OPEN = 100
"""Containers within each other."""
_HEAD = re.compile(r"\{?\.?(?P<name>[\w-]+)\}?")
_BRACKETS = re.compile(r"\[(?P<label>.*)\]")
_ATTRIBUTE = re.compile(r"\b(?:title|label|summary|question|header)\s*=\s*([\"'])(?P<label>.*?)\1")
_ATTRIBUTES = re.compile(r"(?:[ ]*[\w-]+=(?:\"[^\"]*\"|'[^']*'|[^\s\"']++))+[ ]*")
"""What Microsoft's pages say of a container without a label: `::: zone pivot="windows"`."""
_BRACES = re.compile(r"\{[^{}]*\}")
_TAB_LINE = re.compile(r"@tab(?::active)?[ ]+(?P<label>.+)$")
_ELEMENT = re.compile(r"</?(?:div|section|article|details|figure)(?:\s[^<>]*)?>|<summary[^<>]*>.*</summary>")
"""A line that is a tag of an element around text."""
_TAG_LINE = re.compile(r"</?(?:div|details|h6)\b|<!-- -->")
"""How a line begins that stands for the tag of a container or component: what is in it has an indent of its own."""
_OPENED = re.compile(r"<(?:div|section|article|details|figure|center|table)\b")
_CLOSED = re.compile(r"</(?:div|section|article|details|figure|center|table)>")
_TAG = re.compile(r"</?[a-z][a-z0-9]*(?:\s[^<>]*)?/?>")
"""How a line begins with a tag of HTML."""
_CONTENTS = re.compile(r"^(?:[*+-]|1\.)[ ][^\n]*\n\{:[ ]*toc[^\n]*$", re.MULTILINE)
"""An item that Kramdown replaces by a table of contents."""
_NO_TEXT = re.compile(
    r"\[TOC\]|\[\[_?TOC_?\]\]|;?-+8<-+.*|<<<[ ]?[@.~/].*|@include.*"
    r"|\\(?:newpage|pagebreak|clearpage|cleardoublepage|tableofcontents|maketitle|vfill|hfill|(?:big|med|small)skip|noindent)"
    r"|\\[vh]space\*?\{[^{}]*\}",
    re.IGNORECASE,
)
"""Lines that generators replace: a table of contents, another file; and commands of LaTeX that lay out the page."""
_BULLET = re.compile(r"[•●▪◦‣·][ \t\xa0]+(?=\S)")
"""A bullet that text was pasted with; Markdown knows no such."""
_CLAUSE = re.compile(r"(\d{1,3}(?:\.\d{1,3}){0,3})\.(\d{1,3})\.?[ ]+[^\W\d_a-z]")
"""How a line begins that is a clause of its own: "3.1.2. The licence"."""


@dataclass(frozen=True, slots=True)
class _Container:
    """An open container: `marks` closes it, or a line that is indented less than `indent` does, where there are no marks."""

    marks: str
    indent: int
    closing: str


def with_containers(source: str, *, has_components: bool = False) -> str:
    """The text with containers as HTML; in a text with components, Markdown may stand right below the tag of an element."""
    source = _CONTENTS.sub("", source)
    return "\n".join(_Lines(has_components=has_components).read(source)) if source else ""


class _Lines:
    """The lines of a text, read from the first to the last."""

    def __init__(self, *, has_components: bool) -> None:
        self._has_components = has_components
        self._margin: int | None = 0
        """The indent of the text within a component; None where its first line is still to come."""
        self._open: list[_Container] = []
        self._fence = ""
        self._depth = 0
        """The elements of HTML around the line, as far as their tags begin lines."""
        self._above = ""
        """The line of text above, without the blanks around it."""
        self._clause = ("", 0)
        """The number of the last line that may be a clause: ("3.1", 2)."""

    def read(self, source: str) -> Iterator[str]:
        """The lines with containers as HTML; within an indented one they lose its indent."""
        has_options = False
        for raw in source.split("\n"):
            text = raw.lstrip()
            line = raw[: len(raw) - len(text)].expandtabs(_INDENT) + text
            if has_options and _OPTION.match(line):
                continue
            has_options = False
            if line.strip():
                yield from self._closed(len(line) - len(line.lstrip()))
            line = line[_INDENT * sum(not container.marks for container in self._open) :]
            if self._has_components:
                line = self._without_margin(line)
            if self._fence or _FENCE.match(line):
                self._follow_fence(line)
                yield line
                continue
            line = self._without_indent_of_tags(line)
            content = line.lstrip()
            if content[:3] in ("!!!", "???", "===", ":::", "///", "@ta") or _NO_TEXT.fullmatch(content[:200].strip()):
                replaced = list(self._marked(content.rstrip(), line[: len(line) - len(content)]))
                has_options = content.startswith(("///", ":::"))
                yield from replaced or [line]
            elif self._has_components and _ELEMENT.fullmatch(content.rstrip()):
                yield from ("", line, "")
            else:
                yield from self._text(line, content)
        yield from self._closed(-1)

    def _without_indent_of_tags(self, line: str) -> str:
        """The line, without its indent where it begins with a tag within an element: that is no code."""
        content = line.lstrip()
        is_within = self._depth > 0
        if is_within or content.startswith("<"):
            self._depth = max(0, self._depth + len(_OPENED.findall(content)) - len(_CLOSED.findall(content)))
        return content if is_within and _TAG.match(content) else line

    def _text(self, line: str, content: str) -> Iterator[str]:
        """A line of text, its bullet as Markdown writes it, and apart from the line above where it is a clause."""
        if clause := _CLAUSE.match(content):
            before, self._clause = self._clause, (clause[1], int(clause[2]))
            if is_closed(self._above) or self._clause == (before[0], before[1] + 1):
                yield ""
        self._above = content.rstrip()
        if bullet := _BULLET.match(content):
            yield f"{line[: len(line) - len(content)]}- {content[bullet.end() :]}"
        else:
            yield line

    def _without_margin(self, line: str) -> str:
        """The line without the indent that all of a component's text has."""
        content = line.lstrip()
        if not content:
            return line
        if not self._fence and _TAG_LINE.match(content):
            self._margin = None
            return line
        indent = len(line) - len(content)
        self._margin = indent if self._margin is None else self._margin
        return line[min(indent, self._margin) :]

    def _follow_fence(self, line: str) -> None:
        match = _FENCE.match(line)
        if not self._fence:
            is_code = match is not None and not (match[1][0] == "`" and "`" in line[match.end() :])
            self._fence = match[1] if match is not None and is_code else ""
        elif match is not None and match[1].startswith(self._fence) and not line[match.end() :].strip():
            self._fence = ""

    def _closed(self, indent: int) -> Iterator[str]:
        """Close the containers that a line with this indent does not lie in; -1 closes all."""
        while self._open and (indent < 0 or (not self._open[-1].marks and indent < self._open[-1].indent)):
            self._fence = ""
            yield from ("", self._open.pop().closing, "")

    def _marked(self, content: str, margin: str) -> Iterator[str]:
        """The lines for one that opens or closes a container; none where it is just text."""
        depth = sum(not container.marks for container in self._open)
        indent = len(margin) + _INDENT * (depth + 1)
        if _NO_TEXT.fullmatch(content):
            yield ""
        elif match := _ADMONITION.match(content):
            is_folded = content.startswith("?")
            label = match["label"] if match["label"] is not None else match["name"].title() if is_folded else ""
            yield from self._opened("", indent, label, margin, is_folded=is_folded)
        elif match := _TAB.match(content):
            yield from self._opened("", indent, match["label"], margin, is_folded=True)
        elif match := _COLONS.match(content):
            yield from self._at_marks(match["marks"], match["head"], margin)
        elif match := _SLASHES.match(content):
            head = f"{match['name']} {match['label'] or ''}" if match["name"] else None
            yield from self._at_marks(match["marks"], head, margin)
        elif (match := _TAB_LINE.match(content)) and any(container.marks for container in self._open):
            if self._open[-1].marks == "@tab":
                yield from ("", f"{margin}{self._open.pop().closing}")
            yield from self._opened("@tab", 0, match["label"], margin, is_folded=True)

    def _at_marks(self, marks: str, head: str | None, margin: str) -> Iterator[str]:
        if head is not None and head.endswith(_WHOLE):
            yield ""
            return
        name, label = _name_and_label(head or "")
        if head is not None and not name.endswith(_END):
            yield from self._opened(marks, 0, label, margin, is_folded=folds(name))
            return
        places = [n for n, container in enumerate(self._open) if container.marks and container.marks in marks]
        if not places and not any(container.marks[:1] == marks[:1] for container in self._open):
            yield ""
            return
        place = places[-1] if places else len(self._open) - 1
        for container in reversed(self._open[place:]):
            yield from ("", f"{margin}{container.closing}", "")
        del self._open[place:]

    def _opened(self, marks: str, indent: int, label: str, margin: str, *, is_folded: bool) -> Iterator[str]:
        if len(self._open) >= _MOST_OPEN:
            return
        start, closing = opening(label, is_folded=is_folded)
        self._open.append(_Container(marks, indent, closing))
        yield from ("", f"{margin}{start}", "")


def _name_and_label(head: str) -> tuple[str, str]:
    """The name and the label of a head: "tip[Label]", "tip Label", "{tip} Label", "{.tip title="Label"}"."""
    match = _HEAD.match(head)
    name = match["name"] if match else ""
    if found := _BRACKETS.search(head) or _ATTRIBUTE.search(head):
        return name, found["label"]
    label = _BRACES.sub("", head[match.end() :]) if match and not head.startswith("{.") else ""
    label = "" if _ATTRIBUTES.fullmatch(label) else label
    return name, label.strip().strip("\"'")
