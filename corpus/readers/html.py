"""HTML: the page's own text, without its scripts, menus and footers."""

import operator
import re
from collections.abc import Callable, Iterable, Iterator
from itertools import dropwhile, pairwise
from typing import NamedTuple

from selectolax.lexbor import LexborHTMLParser, LexborNode

from askdex.corpus.builder import DocumentBuilder
from askdex.corpus.errors import UnreadableError
from askdex.corpus.readers.html_tables import Cell, Rows
from askdex.corpus.text import language
from askdex.corpus.text.questions import ends_as_question
from askdex.corpus.types import CELL_JOINT, Kind

_UNSEEN = frozenset("script style noscript template svg math canvas iframe object head select datalist dialog".split())
_FURNITURE = frozenset("nav footer aside button form".split())
_WAY_TAGS = frozenset("p li td span".split())
_FURNITURE_ROLES = frozenset("navigation banner contentinfo search complementary".split())
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_DEEPEST_LEVEL = 6
_PARTS = frozenset(
    "address article blockquote body caption center dd details div dl dt fieldset figcaption figure footer form header hgroup "
    "hr legend li main menu nav ol p pre section summary table tbody tfoot thead tr ul".split()
).union(_HEADINGS)
_KINDS = {"li": Kind.ITEM, "dd": Kind.ITEM, "dt": Kind.ITEM, "tr": Kind.ROW, "pre": Kind.CODE}
_BLANKS = re.compile(r"[ \t\n\r\f]+")
_LONGEST_NOTICE = 300
_TARGET = re.compile(r"[;,]\s*url\s*=", re.IGNORECASE)
_SPAN = re.compile(r"\s*(\d{1,3})")
_BESIDE = "a[rel=prev], a[rel=next], a[rel=index]"
"""Links to the pages around this one, by which manuals are leafed through."""

_PERMALINK_SIGNS = frozenset("¶ # § 🔗 \u200b".split(" "))


def read_html(source: str, title: str | None = None) -> DocumentBuilder:
    """Read the headings, paragraphs, lists and tables of an HTML page, of its `main` part where it marks one.

    `title` is the title where something outside the page gives it. Raises UnreadableError where the page is nothing but a
    way to another.
    """
    page = LexborHTMLParser(source)
    draft = _PageWalk(_main(page)).draft
    if len(draft.blocks) <= 1 and len(draft.text) <= _LONGEST_NOTICE and _leads_elsewhere(page):
        raise UnreadableError("it only leads to another page")
    if not any(block.kind not in (Kind.HEADING, Kind.TITLE) for block in draft.blocks) and page.body is not None:
        everything = _PageWalk(page.body, keep_furniture=True).draft
        draft = everything if len(everything.text) > len(draft.text) else draft
    draft.title = title
    draft.settle_title()
    if draft.title is None and (element := page.css_first("head > title")) is not None:
        draft.title = " ".join(element.text().split()) or None
    draft.language = language.normalise(page.root.attributes.get("lang")) if page.root else None
    return draft


def _main(page: LexborHTMLParser) -> LexborNode | None:
    for selector in ("main, [role=main]", "article"):
        found = page.css(selector)
        if len(found) == 1:
            return found[0]
    return page.body


def _leads_elsewhere(page: LexborHTMLParser) -> bool:
    return any(
        (node.attributes.get("http-equiv") or "").lower() == "refresh" and _TARGET.search(node.attributes.get("content") or "")
        for node in page.css("meta[http-equiv]")
    )


class _Place(NamedTuple):
    """Where text stands: the tag around it that says most of what it is, and whether it is within a row, and within code."""

    tag: str = ""
    in_row: bool = False
    in_code: bool = False

    def within(self, tag: str) -> "_Place":
        """The place in an element that stands here."""
        nearest = tag if tag in _HEADINGS or tag in _KINDS or tag == "summary" else self.tag
        return _Place(nearest, self.in_row or tag == "tr", self.in_code or tag == "pre")


class _PageWalk:
    """One walk through a page; it keeps no stack of Python's, so depth cannot break it."""

    def __init__(self, root: LexborNode | None, *, keep_furniture: bool = False) -> None:
        self.draft = DocumentBuilder()
        self._keep_furniture = keep_furniture
        self._words: list[str] = []
        self._is_after_term = False
        self._cells: list[tuple[int, LexborNode]] = []
        self._rows = Rows()
        self._places = [_Place()]
        self._around_title: set[int] = set()
        self._ways: set[int] = set()
        if root is not None:
            self._around_title = _around(root.css("h1"))
            self._ways = {
                link.parent.mem_id for link in root.css(_BESIDE) if link.parent is not None and link.parent.tag in _WAY_TAGS
            }
            for node, enters in _walk(root, self._is_left_out):
                if enters:
                    self._enter(node)
                else:
                    self._leave(node)
            self._flush()

    def _is_left_out(self, node: LexborNode) -> bool:
        tag = node.tag or ""
        if tag in _UNSEEN or "hidden" in node.attributes or node.attributes.get("aria-hidden") == "true":
            return True
        if tag == "a" and _is_permalink(node):
            return True
        if self._keep_furniture:
            return False
        if tag in _FURNITURE or node.attributes.get("role") in _FURNITURE_ROLES or node.mem_id in self._ways:
            return True
        return tag == "header" and node.mem_id not in self._around_title

    def _enter(self, node: LexborNode) -> None:
        tag = node.tag
        if tag == "-text":
            text = node.text_content or ""
            self._words.append(text if self._places[-1].in_code else _BLANKS.sub(" ", text))
        elif tag == "br":
            self._words.append("\n")
        elif tag == "img":
            self._words.append(f" {node.attributes.get('alt') or ''} ")
        elif tag in ("td", "th"):
            self._cells.append((len(self._words), node))
        elif tag in _PARTS and self._is_apart(tag):
            self._flush()
            self._places.append(self._places[-1].within(tag))
            if tag == "table":
                self._rows = Rows()
        elif tag in _PARTS:
            self._words.append(" ")

    def _leave(self, node: LexborNode) -> None:
        tag = node.tag
        if tag in _PARTS and self._is_apart(tag):
            self._flush()
            self._places.pop()

    def _is_apart(self, tag: str) -> bool:
        return tag == "tr" or not self._places[-1].in_row

    def _flush(self) -> None:
        lines = self._row() if self._cells else "".join(self._words)
        names_columns = len(self._cells) > 1 and all(cell.tag == "th" for _, cell in self._cells)
        self._words.clear()
        self._cells.clear()
        place = self._places[-1]
        if not place.in_code:
            lines = "\n".join(filter(None, (_BLANKS.sub(" ", line).strip() for line in lines.split("\n"))))
        if not lines.strip():
            return
        is_after_term, self._is_after_term = self._is_after_term, False
        if place.tag in _HEADINGS:
            self.draft.append(Kind.HEADING, " ".join(lines.split()), _HEADINGS[place.tag])
        elif place.tag == "summary" or (place.tag == "dt" and ends_as_question(lines)):
            self.draft.append(Kind.HEADING, " ".join(lines.split()), _DEEPEST_LEVEL)
        else:
            kind = _KINDS.get(place.tag, Kind.PARAGRAPH)
            self.draft.append(kind, lines, int(names_columns), joins=is_after_term and kind is Kind.ITEM)
            self._is_after_term = place.tag == "dt"

    def _row(self) -> str:
        """The text of the cells since the last block, parted; nothing where they are empty."""
        starts = [0, *(start for start, _ in self._cells), len(self._words)]
        stray, *texts = ["".join(self._words[start:end]).strip() for start, end in pairwise(starts)]
        spans = [(_span(node, "colspan"), _span(node, "rowspan")) for _, node in self._cells]
        row = [stray, *self._rows.filled(Cell(text, *span) for text, span in zip(texts, spans, strict=True))]
        return CELL_JOINT.join(dropwhile(operator.not_, row)) if stray or any(texts) else ""


def _around(nodes: Iterable[LexborNode]) -> set[int]:
    """The ids of all nodes that any of these is in."""
    found: set[int] = set()
    for node in nodes:
        above = node.parent
        while above is not None and above.mem_id not in found:
            found.add(above.mem_id)
            above = above.parent
    return found


def _span(cell: LexborNode, direction: str) -> int:
    number = _SPAN.match(cell.attributes.get(direction) or "")
    return max(1, int(number[1])) if number else 1


def _is_permalink(link: LexborNode) -> bool:
    """Whether a link is the sign that programs put behind a heading, which leads to that heading itself."""
    if "headerlink" in (link.attributes.get("class") or "").split():
        return True
    return (link.attributes.get("href") or "").startswith("#") and link.text().strip() in _PERMALINK_SIGNS


def _walk(root: LexborNode, is_left_out: Callable[[LexborNode], bool]) -> Iterator[tuple[LexborNode, bool]]:
    """Every node below the root in the page's order, once on entering (True) and once on leaving (False)."""
    node: LexborNode | None = root.child
    while node is not None:
        enters = not is_left_out(node)
        if enters:
            yield node, True
            if node.child is not None:
                node = node.child
                continue
            yield node, False
        while node is not None and node.next is None:
            node = node.parent
            if node is None or node.mem_id == root.mem_id:
                return
            yield node, False
        node = node.next if node is not None else None
