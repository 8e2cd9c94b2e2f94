"""What stands within the lines of AsciiDoc: emphasis, links, notes, names of values and programs, written as HTML."""

import html
import re
from collections.abc import Callable, Mapping

_HIDDEN = re.compile(r"\+\+\+(.{1,2000}?)\+\+\+|pass:[a-z,]{0,9}\[([^\]]{0,2000})\]", re.DOTALL)
_CODE = re.compile(r"``([^`]{1,2000}?)``|(?<![\w`\\])`\+?([^`\s](?:[^`]{0,2000}[^`\s+])?)\+?`(?![\w`])")
_INDEX_TERM = re.compile(r"\(\(\([^()]{0,500}\)\)\)|indexterm:\[[^\]]{0,500}\]")
_SHOWN_TERM = re.compile(r"\(\(([^()]{1,500})\)\)|indexterm2:\[([^\]]{1,500})\]")
_REFERENCE = re.compile(r"&lt;&lt;([^&,\n]{1,200})(?:,\s*([^&]{1,500}?))?&gt;&gt;")
_MACRO = re.compile(
    r"(?<![\w:])(link|mailto|xref|footnote|kbd|btn|menu|stem|latexmath|asciimath|icon|image):(?!:)([^\s\[\]]{0,500})\[([^\]]{0,2000})\]"
)
_ADDRESS = re.compile(r"(?<![\w\"/])((?:https?|ftp|irc|mailto)://?[^\s\[\]<>]{1,2000})\[([^\]]{0,500})\]")
_ANCHOR = re.compile(r"\[\[[^\]\n]{1,200}\]\]|anchor:[^\s\[]{1,200}\[[^\]]{0,200}\]")
_ROLE = re.compile(r"\[[.#%][^\[\]\n]{0,100}\](?=[#*_`])")
_MARKS = (
    re.compile(r"\*\*([^*\n]{1,2000}?)\*\*|__([^_\n]{1,2000}?)__|##([^#\n]{1,2000}?)##"),
    re.compile(r"(?<![\w*\\;])\*([^*\s](?:[^*\n]{0,2000}?[^*\s])?)\*(?![\w*])"),
    re.compile(r"(?<![\w_\\;])_([^_\s](?:[^_\n]{0,2000}?[^_\s])?)_(?![\w_])"),
    re.compile(r"(?<![\w#\\;&])#([^#\s](?:[^#\n]{0,2000}?[^#\s])?)#(?![\w#])"),
    re.compile(r"(?<![\w`\\])&quot;`([^`\n]{1,2000}?)`&quot;(?!\w)"),
)
_RAISED = re.compile(r"\^(\S{1,100}?)\^|~(\S{1,100}?)~")
_NAMED_VALUE = re.compile(r"\{([\w][\w-]{0,100})\}")
_LINE_BREAK = re.compile(r" \+(?=\n|\Z)")
_ESCAPED = re.compile(r"\\(?=[*_`#{\[<&^~+])")
_STASHED = re.compile("\x00(\\d+)\x00")
_SIGNS = {
    "amp": "&", "lt": "<", "gt": ">", "nbsp": " ", "empty": "", "blank": "", "sp": " ", "quot": '"', "apos": "'", "plus": "+",
    "vbar": "|", "asterisk": "*", "caret": "^", "tilde": "~", "backslash": "\\", "backtick": "`", "startsb": "[", "endsb": "]",
    "two-colons": "::", "two-semicolons": ";;", "lsquo": "‘", "rsquo": "’", "ldquo": "“", "rdquo": "”", "deg": "°",
    "cpp": "C++", "zwsp": "", "wj": "", "brvbar": "¦", "pp": "++",
}  # fmt: skip
"""The values that have a name everywhere."""
_MOST_VALUES = 200
"""Names of values in a paragraph that are replaced: a value may be long."""


class InlineWriter:
    """Writes the text of paragraphs, items and cells as HTML."""

    def __init__(self, values: Mapping[str, str]) -> None:
        """`values` are those that have a name, which may become more."""
        self._values = values
        self.notes: list[str] = []
        """The footnotes so far, in HTML."""

    def html(self, text: str) -> str:
        """The text as HTML. What is set in the type of a program is taken as it stands."""
        stash: list[str] = []

        def kept(content: str) -> str:
            stash.append(content)
            return f"\x00{len(stash) - 1}\x00"

        text = text.replace("\x00", "")
        text = self.with_values(text)
        text = _HIDDEN.sub(lambda match: kept(html.escape(match[1] or match[2] or "")), text)
        text = _CODE.sub(lambda match: kept(f"<code>{html.escape(match[1] or match[2])}</code>"), text)
        page = html.escape(_SHOWN_TERM.sub(r"\1\2", _INDEX_TERM.sub("", text)))
        page = _ANCHOR.sub("", page)
        page = _ADDRESS.sub(lambda match: kept(_link(match[1], _label(match[2]) or match[1])), page)
        page = _MACRO.sub(lambda match: self._macro(match[1], match[2], match[3], kept), page)
        page = _REFERENCE.sub(lambda match: match[2] or match[1].rpartition("#")[2], page)
        page = _ROLE.sub("", page)
        for mark in _MARKS:
            page = mark.sub(lambda match: f"<b>{next(filter(None, match.groups()))}</b>", page)
        page = _RAISED.sub(lambda match: f"<sup>{match[1]}</sup>" if match[1] else f"<sub>{match[2]}</sub>", page)
        page = _ESCAPED.sub("", _LINE_BREAK.sub("<br>", page))
        for _ in range(3):  # what is kept may stand within a link that is kept
            page = _STASHED.sub(lambda match: stash[int(match[1])], page)
        return page

    def with_values(self, text: str) -> str:
        """The text with the values in place of their names; a name that has none stays as it is."""
        return _NAMED_VALUE.sub(lambda match: self._value(match[1], match[0]), text, count=_MOST_VALUES)

    def _value(self, name: str, written: str) -> str:
        return self._values.get(name.lower(), _SIGNS.get(name.lower(), written))

    def _macro(self, name: str, target: str, content: str, kept: Callable[[str], str]) -> str:
        label = _label(content)
        if name in ("link", "mailto"):
            address = f"mailto:{target}" if name == "mailto" else target
            return kept(_link(address, label or target))
        if name == "xref":
            return label or target.rpartition("#")[2] or target
        if name == "footnote":
            return self._note(content)
        if name == "menu":
            return " > ".join(filter(None, [target, *(part.strip() for part in content.split("&gt;"))]))
        return "" if name in ("icon", "image") else content

    def _note(self, content: str) -> str:
        if not content:
            return ""
        self.notes.append(content)
        return f"[{len(self.notes)}]"


def _link(address: str, label: str) -> str:
    return f'<a href="{address}">{label}</a>'


def _label(content: str) -> str:
    """The words of a link, without what else its brackets say; "^" opens a window of its own."""
    label, comma, rest = content.partition(",")
    return (label if comma and "=" in rest else content).strip().removesuffix("^").strip('"')
