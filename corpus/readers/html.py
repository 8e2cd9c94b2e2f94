"""HTML: the page's own text, without its scripts, menus and footers."""

import operator
import re
from collections.abc import Callable, Iterable, Iterator
from itertools import dropwhile, pairwise
from typing import NamedTuple

from selectolax.lexbor import LexborHTMLParser, LexborNode

from askdex.corpus.builder import DocumentBuilder
from askdex.corpus.errors import UnreadableError
from askdex.corpus.readers.html_tables import Cell, TableRows
from askdex.corpus.text import language
from askdex.corpus.text.questions import ends_as_question
from askdex.corpus.types import CELL_JOINT, DEEPEST_HEADING_LEVEL, Kind

_UNSEEN_TAGS = frozenset("script style noscript template svg math canvas iframe object head select datalist dialog".split())
_BOILERPLATE_TAGS = frozenset("nav footer aside button form".split())
_BOILERPLATE_ROLES = frozenset("navigation banner contentinfo search complementary".split())
_LEAFING_LINKS = "a[rel=prev], a[rel=next], a[rel=index]"
"""Links to the pages before and after this one, by which manuals are leafed through."""
_LEAFING_PARENT_TAGS = frozenset("p li td span".split())
"""Elements that are left out with such a link in them: they hold little else ("Next: Fees")."""
_HEADING_LEVELS = {f"h{level}": level for level in range(1, DEEPEST_HEADING_LEVEL + 1)}
_BLOCK_TAGS = frozenset(
    "address article blockquote body caption center dd details div dl dt fieldset figcaption figure footer form header hgroup "
    "hr legend li main menu nav ol p pre section summary table tbody tfoot thead tr ul".split()
).union(_HEADING_LEVELS)
_KINDS = {"li": Kind.ITEM, "dd": Kind.ITEM, "dt": Kind.ITEM, "tr": Kind.ROW, "pre": Kind.CODE}
_BLANKS = re.compile(r"[ \t\n\r\f]+")
"""Characters that HTML collapses to one space; a no-break space is not among them."""
_LONGEST_NOTICE = 300
"""Characters. A page that leads to another one may say so; one with more text than this is a page of its own."""
_REDIRECTION = re.compile(r"[;,]\s*url\s*=", re.IGNORECASE)
_SPAN = re.compile(r"\s*(\d{1,3})")
_PERMALINK_SIGNS = frozenset("¶ # § 🔗 \u200b".split(" "))


def read_html(source: str, title: str | None = None) -> DocumentBuilder:
    """Read the headings, paragraphs, lists and tables of an HTML page, of its `main` element where it has one.

    `title` is the title, if it is known from elsewhere. Raises UnreadableError where the page only leads to another.
    """
    page = LexborHTMLParser(source)
    builder = _Extraction(_main_element(page)).builder
    if len(builder.blocks) <= 1 and len(builder.text) <= _LONGEST_NOTICE and _leads_elsewhere(page):
        raise UnreadableError("it only leads to another page")
    # Some pages have all of their text in elements that usually hold boilerplate, such as a form.
    if all(block.kind in (Kind.HEADING, Kind.TITLE) for block in builder.blocks) and page.body is not None:
        whole_body = _Extraction(page.body, keep_boilerplate=True).builder
        builder = whole_body if len(whole_body.text) > len(builder.text) else builder
    builder.title = title
    builder.settle_title()
    if builder.title is None and (element := page.css_first("head > title")) is not None:
        builder.title = " ".join(element.text().split()) or None
    builder.language = language.normalise(page.root.attributes.get("lang")) if page.root else None
    return builder


def _main_element(page: LexborHTMLParser) -> LexborNode | None:
    """The element that holds the page's own text: the only `main`, or the only `article`, or the body."""
    for selector in ("main, [role=main]", "article"):
        elements = page.css(selector)
        if len(elements) == 1:
            return elements[0]
    return page.body


def _leads_elsewhere(page: LexborHTMLParser) -> bool:
    """Whether browsers go on from the page to another one by themselves."""
    return any(
        (node.attributes.get("http-equiv") or "").lower() == "refresh"
        and _REDIRECTION.search(node.attributes.get("content") or "")
        for node in page.css("meta[http-equiv]")
    )


class _Surroundings(NamedTuple):
    """Where text stands: `tag` is the innermost element around it that decides its kind, such as h2, li or tr."""

    tag: str = ""
    in_row: bool = False
    in_code: bool = False

    def within(self, tag: str) -> "_Surroundings":
        """The surroundings within an element that stands here."""
        decides_kind = tag in _HEADING_LEVELS or tag in _KINDS or tag == "summary"
        return _Surroundings(tag if decides_kind else self.tag, self.in_row or tag == "tr", self.in_code or tag == "pre")


class _Extraction:
    """The extraction of a page's text into `builder`, in one walk through its nodes.

    Text is collected in `_texts` until an element ends that makes a block of it.
    """

    def __init__(self, root: LexborNode | None, *, keep_boilerplate: bool = False) -> None:
        self.builder = DocumentBuilder()
        self._keep_boilerplate = keep_boilerplate
        self._texts: list[str] = []
        self._cells: list[tuple[int, LexborNode]] = []
        """The cells of the current row, each with the number of texts before it."""
        self._table_rows = TableRows()
        self._is_after_term = False
        """Whether the last block is a term (`dt`), which the description after it (`dd`) joins in one item."""
        self._surroundings = [_Surroundings()]
        self._around_title: set[int] = set()
        self._leafing_parents: set[int] = set()
        if root is not None:
            self._around_title = _ancestor_ids(root.css("h1"))
            parents = [link.parent for link in root.css(_LEAFING_LINKS) if link.parent is not None]
            self._leafing_parents = {parent.mem_id for parent in parents if parent.tag in _LEAFING_PARENT_TAGS}
            for node, enters in _walk(root, self._is_left_out):
                if enters:
                    self._enter(node)
                else:
                    self._leave(node)
            self._flush()

    def _is_left_out(self, node: LexborNode) -> bool:
        tag = node.tag or ""
        if tag in _UNSEEN_TAGS or "hidden" in node.attributes or node.attributes.get("aria-hidden") == "true":
            return True
        if tag == "a" and _is_permalink(node):
            return True
        if self._keep_boilerplate:
            return False
        is_boilerplate = tag in _BOILERPLATE_TAGS or node.attributes.get("role") in _BOILERPLATE_ROLES
        if is_boilerplate or node.mem_id in self._leafing_parents:
            return True
        return tag == "header" and node.mem_id not in self._around_title

    def _enter(self, node: LexborNode) -> None:
        tag = node.tag
        if tag == "-text":
            text = node.text_content or ""
            self._texts.append(text if self._surroundings[-1].in_code else _BLANKS.sub(" ", text))
        elif tag == "br":
            self._texts.append("\n")
        elif tag == "img":
            self._texts.append(f" {node.attributes.get('alt') or ''} ")
        elif tag in ("td", "th"):
            self._cells.append((len(self._texts), node))
        elif tag in _BLOCK_TAGS and self._makes_block(tag):
            self._flush()
            self._surroundings.append(self._surroundings[-1].within(tag))
            if tag == "table":
                self._table_rows = TableRows()
        elif tag in _BLOCK_TAGS:
            self._texts.append(" ")

    def _leave(self, node: LexborNode) -> None:
        tag = node.tag
        if tag in _BLOCK_TAGS and self._makes_block(tag):
            self._flush()
            self._surroundings.pop()

    def _makes_block(self, tag: str) -> bool:
        """Whether a block element makes a block of its own here: within a row of a table only another row does."""
        return tag == "tr" or not self._surroundings[-1].in_row

    def _flush(self) -> None:
        """Make a block of the texts since the last one."""
        lines = self._row() if self._cells else "".join(self._texts)
        names_columns = len(self._cells) > 1 and all(cell.tag == "th" for _, cell in self._cells)
        self._texts.clear()
        self._cells.clear()
        surroundings = self._surroundings[-1]
        if not surroundings.in_code:
            lines = "\n".join(filter(None, (_BLANKS.sub(" ", line).strip() for line in lines.split("\n"))))
        if not lines.strip():
            return
        is_after_term, self._is_after_term = self._is_after_term, False
        if surroundings.tag in _HEADING_LEVELS:
            self.builder.append(Kind.HEADING, " ".join(lines.split()), _HEADING_LEVELS[surroundings.tag])
        elif surroundings.tag == "summary" or (surroundings.tag == "dt" and ends_as_question(lines)):
            self.builder.append(Kind.HEADING, " ".join(lines.split()), DEEPEST_HEADING_LEVEL)
        else:
            kind = _KINDS.get(surroundings.tag, Kind.PARAGRAPH)
            self.builder.append(kind, lines, int(names_columns), joins=is_after_term and kind is Kind.ITEM)
            self._is_after_term = surroundings.tag == "dt"

    def _row(self) -> str:
        """The text of the cells since the last block, joined; nothing where they are empty."""
        starts = [0, *(start for start, _ in self._cells), len(self._texts)]
        # Text that stands in a row before its first cell is a mistake of the page, but it is shown.
        stray, *texts = ["".join(self._texts[start:end]).strip() for start, end in pairwise(starts)]
        spans = [(_span(node, "colspan"), _span(node, "rowspan")) for _, node in self._cells]
        row = [stray, *self._table_rows.filled(Cell(text, *span) for text, span in zip(texts, spans, strict=True))]
        return CELL_JOINT.join(dropwhile(operator.not_, row)) if stray or any(texts) else ""


def _ancestor_ids(nodes: Iterable[LexborNode]) -> set[int]:
    """The ids of all nodes that any of these nodes lies in."""
    ids: set[int] = set()
    for node in nodes:
        ancestor = node.parent
        while ancestor is not None and ancestor.mem_id not in ids:
            ids.add(ancestor.mem_id)
            ancestor = ancestor.parent
    return ids


def _span(cell: LexborNode, attribute: str) -> int:
    """How many columns (`colspan`) or rows (`rowspan`) a cell spans."""
    number = _SPAN.match(cell.attributes.get(attribute) or "")
    return max(1, int(number[1])) if number else 1


def _is_permalink(link: LexborNode) -> bool:
    """Whether a link is the sign that generators put behind a heading, which leads to that heading itself."""
    if "headerlink" in (link.attributes.get("class") or "").split():
        return True
    return (link.attributes.get("href") or "").startswith("#") and link.text().strip() in _PERMALINK_SIGNS


def _walk(root: LexborNode, is_left_out: Callable[[LexborNode], bool]) -> Iterator[tuple[LexborNode, bool]]:
    """Every node below the root in the page's order, once on entering (True) and once on leaving (False).

    It does not recurse: a page may be nested deeper than Python's stack.
    """
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
