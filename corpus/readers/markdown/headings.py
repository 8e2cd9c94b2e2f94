"""Headings without a blank behind their marks, as older dialects and govspeak write them: "##Who can apply".

CommonMark takes them for text. A lone mark may also begin a tag (#todo), so it counts only where a heading is likelier.
"""

import re

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock

_HEADING = re.compile(r"(#{1,6})(?!#)((?=[^\W_])[^#\n]+?)[ \t]*\1?")


def headings_plugin(renderer: MarkdownIt) -> None:
    """Teach a renderer these headings."""
    renderer.block.ruler.after("heading", "tight_heading", _tight_heading, {"alt": ["paragraph", "reference", "blockquote"]})


def _tight_heading(state: StateBlock, start: int, end: int, silent: bool) -> bool:  # noqa: FBT001 -- the library's signature
    line = _line(state, start)
    match = _HEADING.fullmatch(line)
    if match is None or state.is_code_block(start) or not _is_heading(state, start, end, match):
        return False
    if silent:
        return True
    state.line = start + 1
    tag, lines = f"h{len(match[1])}", [start, state.line]
    opening = state.push("heading_open", tag, 1)
    inline = state.push("inline", "", 0)
    closing = state.push("heading_close", tag, -1)
    opening.markup = closing.markup = match[1]
    opening.map = inline.map = lines
    inline.content, inline.children = match[2], []
    return True


def _is_heading(state: StateBlock, start: int, end: int, match: re.Match[str]) -> bool:
    """Whether a line with marks and words is a heading: it begins as one, and with one mark it stands alone and is no tag."""
    first = match[2][0]
    if first.islower() or first.isdigit():
        return False
    stands_alone = start + 1 >= end or not _line(state, start + 1)
    return len(match[1]) > 1 or (stands_alone and (" " in match[2] or not state.tokens))


def _line(state: StateBlock, number: int) -> str:
    return state.src[state.bMarks[number] + state.tShift[number] : state.eMarks[number]].rstrip()
