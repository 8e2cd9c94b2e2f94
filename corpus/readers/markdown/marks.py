"""Marks within a text: wiki links, highlights, superscripts, attributes, callouts, footnotes.

Obsidian writes `[[page|words]]`, `![[picture.png]]`, `==highlight==`, `^name-of-block` and `> [!faq]- Question`; Kramdown,
Pandoc and Docusaurus write `{: .class}` and `{#id}`; Pandoc writes `10^3^` and `H~2~O`; GitHub writes `> [!NOTE]`.
"""

import re
from itertools import pairwise

from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from mdit_py_plugins.footnote import footnote_plugin

from askdex.corpus.question_pairs import is_pair
from askdex.corpus.readers.markdown.labels import shown
from askdex.corpus.text.lines import counts_on, opens_item
from askdex.corpus.text.questions import ends_as_question

_WIKI_LINK = re.compile(r"(!?)\[\[([^\[\]|\n]{1,500})(?:\\?\|([^\[\]\n]{0,500}))?\]\]")
_PICTURE = re.compile(r"\.(?:png|jpe?g|gif|svg|webp|bmp|avif|mp[34]|webm|mov|wav|ogg|pdf|canvas|excalidraw)\s*$", re.IGNORECASE)
_ATTRIBUTES = re.compile(r"\{(?::[^{}\n]{1,300}|\s*[#.][A-Za-z_][^{}\n]{0,300})\}")
_ATTRIBUTES_BEHIND = re.compile(r"\{[^{}\n]{0,300}=[^{}\n]{1,300}\}")
"""Attributes that have no mark at their start: they stand right behind a link, a picture, or code."""
_HIGHLIGHT = re.compile(r"==(?![\s=])([^\n=]{1,500}(?<!\s))==(?!=)")
_SCRIPT = re.compile(r"\^(?P<sup>[^\s^~*_`\[\]]{1,30})\^|(?<!~)~(?P<sub>[^\s^~*_`\[\]]{1,30})~(?!~)")
_BLOCK_NAME = re.compile(r"\^[A-Za-z0-9-]+\s*$")
_ICON = re.compile(r":(?:material|octicons|fontawesome|simple)-[a-z0-9-]+:")
_CALLOUT = re.compile(r"\[!(?P<kind>[\w-]+)(?:\|[^\]\n]*)?\](?P<fold>[-+]?)[ \t]*(?P<title>[^\n]*)(?:\n|$)")


def marks_plugin(renderer: MarkdownIt) -> None:
    """Teach a renderer these marks."""
    renderer.inline.ruler.before("link", "wiki_link", _wiki_link)
    renderer.inline.ruler.before("emphasis", "highlight", _highlight)
    renderer.inline.ruler.before("strikethrough", "script", _script)
    renderer.inline.ruler.before("emphasis", "attributes", _attributes)
    renderer.inline.ruler.before("emphasis", "block_name", _block_name)
    renderer.inline.ruler.before("emphasis", "icon", _icon)
    renderer.core.ruler.after("block", "callouts", _callouts)
    renderer.core.ruler.before("inline", "typed_lines", _typed_lines)
    renderer.use(footnote_plugin, inline=False)
    renderer.core.ruler.before("footnote_tail", "lone_footnotes", _lone_footnotes)
    renderer.core.ruler.after("footnote_tail", "footnotes_in_place", _footnotes_in_place)


def _wiki_link(state: StateInline, silent: bool) -> bool:  # noqa: FBT001 -- the library's signature
    match = _WIKI_LINK.match(state.src, state.pos, state.posMax)
    if match is None:
        return False
    if not silent:
        is_picture = bool(match[1]) and bool(_PICTURE.search(match[2]))
        words = "" if is_picture else match[3] or match[2].replace("#", " ").strip()
        state.push("link_open", "a", 1).attrs = {"href": state.md.normalizeLink(match[2].strip())}
        state.push("text", "", 0).content = words
        state.push("link_close", "a", -1)
    state.pos = match.end()
    return True


def _highlight(state: StateInline, silent: bool) -> bool:  # noqa: FBT001
    match = _HIGHLIGHT.match(state.src, state.pos, state.posMax)
    if match is None:
        return False
    if not silent:
        end = state.posMax
        state.pos, state.posMax = match.start(1), match.end(1)
        state.md.inline.tokenize(state)
        state.posMax = end
    state.pos = match.end()
    return True


def _script(state: StateInline, silent: bool) -> bool:  # noqa: FBT001
    """A superscript or a subscript, which stands right behind a word or a number."""
    match = _SCRIPT.match(state.src, state.pos, state.posMax)
    if match is None or not state.src[state.pos - 1 : state.pos].isalnum():
        return False
    if not silent:
        tag = match.lastgroup or ""
        state.push("script_open", tag, 1)
        state.push("text", "", 0).content = match[tag]
        state.push("script_close", tag, -1)
    state.pos = match.end()
    return True


def _attributes(state: StateInline, silent: bool) -> bool:  # noqa: ARG001, FBT001
    if state.src[state.pos] != "{":
        return False
    match = _ATTRIBUTES.match(state.src, state.pos, state.posMax)
    if match is None and state.src[state.pos - 1 : state.pos] in (")", "]", "`"):
        match = _ATTRIBUTES_BEHIND.match(state.src, state.pos, state.posMax)
    state.pos = match.end() if match else state.pos
    return match is not None


def _block_name(state: StateInline, silent: bool) -> bool:  # noqa: ARG001, FBT001
    if state.src[state.pos] != "^" or state.src[state.pos - 1 : state.pos].strip():
        return False
    match = _BLOCK_NAME.match(state.src, state.pos)
    state.pos = match.end() if match else state.pos
    return match is not None


def _icon(state: StateInline, silent: bool) -> bool:  # noqa: ARG001, FBT001
    match = _ICON.match(state.src, state.pos, state.posMax)
    state.pos = match.end() if match else state.pos
    return match is not None


def _callouts(state: StateCore) -> None:
    """Make the first line of a quotation the title of a callout, where it is marked as such.

    A question, or what heads folded text, is the label of `details`; the kind alone ("[!NOTE]") is no text.
    """
    titles = []
    closings: list[Token] = []
    for token, following in pairwise(state.tokens):
        if token.type == "blockquote_open":
            closings.append(token)
        elif token.type == "blockquote_close" and closings:
            token.tag = closings.pop().tag
        elif token.type == "paragraph_open" and closings and (match := _CALLOUT.match(following.content)):
            is_first = token.level == closings[-1].level + 1 and closings[-1].meta.setdefault("first", token) is token
            if not is_first:
                continue
            title = match["title"].strip()
            following.content = following.content[match.end() :]
            if title:
                is_heading = bool(match["fold"]) or ends_as_question(title)
                tag = "summary" if is_heading else "p"
                closings[-1].tag = "details" if is_heading else "div"
                titles.append((token, Token("html_block", "", 0, content=f"<{tag}>{shown(title)}</{tag}>\n")))
        elif closings and token.level == closings[-1].level + 1:
            closings[-1].meta.setdefault("first", token)
    last = state.tokens[-1:]
    if last and last[0].type == "blockquote_close" and closings:
        last[0].tag = closings.pop().tag
    before = {id(token): title for token, title in titles}
    state.tokens = [one for token in state.tokens for one in (before.get(id(token)), token) if one is not None]


def _typed_lines(state: StateCore) -> None:
    """Let the lines of a paragraph stand apart that are items with a typed letter or number, or a question and its answer."""
    for token in state.tokens:
        if token.type == "inline" and "\n" in token.content:
            lines = token.content.split("\n")
            opening = [(n, line) for n, line in enumerate(lines) if opens_item(line)]
            apart = {n for (n, line), (m, following) in pairwise(opening) if counts_on(line, following) for n in (n, m)}
            apart.update(n for n, (line, following) in enumerate(pairwise(lines), 1) if is_pair(line, following))
            token.content = "\n".join(f"{line}  " if n in apart else line for n, line in enumerate(lines, 1))


def _lone_footnotes(state: StateCore) -> None:
    """Leave a footnote that nothing refers to where it stands; the library leaves it out."""
    numbers = state.env.get("footnotes", {}).get("refs", {})
    labels = list[str]()
    tokens = list[Token]()
    for token in state.tokens:
        if token.type == "footnote_reference_open":
            labels.append(f":{token.meta['label']}")
        is_end = token.type in ("footnote_reference_open", "footnote_reference_close")
        if not (is_end and numbers.get(labels[-1], 0) < 0):
            tokens.append(token)
        if token.type == "footnote_reference_close":
            labels.pop()
    state.tokens = tokens


def _footnotes_in_place(state: StateCore) -> None:
    """Put each footnote below the paragraph, list or table that refers to it, without the marks of reference."""
    places = [n for n, token in enumerate(state.tokens) if token.type == "footnote_block_open"]
    if not places:
        return
    notes: dict[int, list[Token]] = {}
    for token in state.tokens[places[0] :]:
        if token.type == "footnote_open":
            notes[token.meta["id"]] = []
        elif notes and token.type not in ("footnote_close", "footnote_anchor", "footnote_block_close"):
            notes[next(reversed(notes))].append(token)
    tokens, due = list[Token](), list[int]()
    for token in state.tokens[: places[0]]:
        tokens.append(token)
        for child in token.children or ():
            if child.type == "footnote_ref":
                due.append(child.meta["id"])
        token.children = [child for child in token.children or () if child.type != "footnote_ref"] or None
        if token.level == 0 and token.nesting <= 0:
            tokens += [note for number in due for note in notes.pop(number, ())]
            due = []
    state.tokens = tokens + [note for rest in notes.values() for note in rest]
