"""From the nodes of a page to the blocks of a document."""

import re
from collections.abc import Callable, Iterable, Iterator
from itertools import dropwhile, pairwise
from typing import NamedTuple

from selectolax.lexbor import LexborNode

from askdex.corpus.builder import DocumentBuilder
from askdex.corpus.readers.html.blocks import BlockWriter
from askdex.corpus.readers.html.inline import Inline, InlineCollector, joined
from askdex.corpus.readers.html.lists import ListNumbers
from askdex.corpus.readers.html.tables import Cell, TableRows
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
_LIST_TAGS = frozenset("ol ul menu dir dl".split())
_BOLD_TAGS = frozenset("b strong".split())
_BOLD_STYLE = re.compile(r"font-weight\s*:\s*(?:bold|[6-9]00)", re.IGNORECASE)
_SPAN = re.compile(r"\s*(\d{1,3})")
_PERMALINK_SIGNS = frozenset("¶ # § 🔗 \u200b".split(" "))


class _Surroundings(NamedTuple):
    """Where text stands: `tag` is the innermost element around it that decides its kind, such as h2, li or tr."""

    tag: str = ""
    in_row: bool = False
    in_code: bool = False
    in_table_head: bool = False

    def within(self, tag: str) -> "_Surroundings":
        """The surroundings within an element that stands here."""
        decides_kind = tag in _HEADING_LEVELS or tag in _KINDS or tag == "summary"
        return _Surroundings(
            tag if decides_kind else self.tag,
            self.in_row or tag == "tr",
            self.in_code or tag == "pre",
            self.in_table_head or tag == "thead",
        )


def extracted(root: LexborNode | None, *, keep_boilerplate: bool = False) -> DocumentBuilder:
    """The text below a node."""
    return _Extraction(root, keep_boilerplate=keep_boilerplate).writer.builder


class _Extraction:
    """The extraction of a page's text into the blocks of `writer`, in one walk through its nodes.

    Text is collected in `_inline` until an element ends that makes a block of it.
    """

    def __init__(self, root: LexborNode | None, *, keep_boilerplate: bool = False) -> None:
        self.writer = BlockWriter()
        self._keep_boilerplate = keep_boilerplate
        self._inline = InlineCollector()
        self._cells: list[tuple[int, LexborNode]] = []
        """The cells of the current row, each with the characters of running text before it."""
        self._lists: list[ListNumbers] = []
        """The lists around the current node, from the outermost."""
        self._mark = ""
        """The number of the current item, until the first block of the item takes it."""
        self._tables: list[TableRows] = []
        """The tables around the current node, from the outermost."""
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
        tag = node.tag or ""
        if tag == "-text":
            self._inline.add(node.text_content or "", in_code=self._surroundings[-1].in_code)
        elif tag == "br":
            self._inline.add_line_end()
        elif tag == "img":
            self._inline.add(f" {node.attributes.get('alt') or ''} ")
        elif tag == "a":
            self._inline.open_link(node.attributes.get("href") or "")
        elif tag in ("td", "th"):
            self._cells.append((self._inline.length, node))
        elif tag in _BLOCK_TAGS:
            self._enter_block(tag, node)
        if _is_bold(node):
            self._inline.open_bold()

    def _enter_block(self, tag: str, node: LexborNode) -> None:
        makes_block = self._makes_block(tag)
        if makes_block:
            self._flush()
            self._surroundings.append(self._surroundings[-1].within(tag))
        else:
            self._inline.add(" ")
        if tag in _LIST_TAGS:
            self._lists.append(ListNumbers(node))
        elif tag == "table":
            self._tables.append(TableRows())
        elif tag == "li":
            mark = self._lists[-1].mark(node) if self._lists else ""
            self._mark = mark if makes_block else ""
            self._inline.add("" if makes_block else mark)

    def _leave(self, node: LexborNode) -> None:
        tag = node.tag or ""
        if tag == "a":
            self._inline.close_link()
        elif tag in _BLOCK_TAGS:
            if self._makes_block(tag):
                self._flush()
                self._surroundings.pop()
            if tag in _LIST_TAGS:
                self._lists.pop()
            elif tag == "table":
                self._name_columns(self._tables.pop())
            elif tag == "li":
                self._mark = ""
        if _is_bold(node):
            self._inline.close_bold()

    def _makes_block(self, tag: str) -> bool:
        """Whether a block element makes a block of its own here: within a row of a table only another row does."""
        return tag == "tr" or not self._surroundings[-1].in_row

    def _flush(self) -> None:
        """Make a block of the running text since the last one."""
        surroundings = self._surroundings[-1]
        content = self._inline.take()
        if self._cells:
            self._add_row(content, in_head=surroundings.in_table_head)
            return
        content = content if surroundings.in_code else content.collapsed()
        if not content.text.strip():
            return
        is_after_term, self._is_after_term = self._is_after_term, False
        kind = _KINDS.get(surroundings.tag, Kind.PARAGRAPH)
        if surroundings.tag in _HEADING_LEVELS:
            self.writer.add_heading(content, _HEADING_LEVELS[surroundings.tag], self._mark)
        elif surroundings.tag == "summary" or (surroundings.tag == "dt" and ends_as_question(content.text)):
            self.writer.add_heading(content, mark=self._mark)
        elif kind in (Kind.ROW, Kind.CODE):
            self.writer.add_whole(kind, content)
            return
        else:
            level = max(0, len(self._lists) - 1) if kind is Kind.ITEM else 0
            self.writer.add_text(kind, content, level, mark=self._mark, joins=is_after_term and kind is Kind.ITEM)
            self._is_after_term = surroundings.tag == "dt"
        self._mark = ""

    def _add_row(self, content: Inline, *, in_head: bool) -> None:
        table = self._tables[-1] if self._tables else TableRows()
        tags = [cell.tag for _, cell in self._cells]
        row = self._row(content, table)
        self._cells.clear()
        if row.text:
            names_columns = len(tags) > 1 and (in_head or set(tags) == {"th"})
            place = self.writer.add_whole(Kind.ROW, row, int(names_columns))
            table.has_named_columns |= names_columns
            table.first_place = place if table.first_place is None else table.first_place

    def _name_columns(self, table: TableRows) -> None:
        if table.first_place is not None and table.first_row_names_columns():
            self.writer.name_columns(table.first_place)

    def _row(self, content: Inline, table: TableRows) -> Inline:
        """The cells in a running text, joined; nothing where they are empty."""
        starts = [0, *(start for start, _ in self._cells), len(content.text)]
        # Text that stands in a row before its first cell is a mistake of the page, but it is shown.
        stray, *contents = [content.cut(start, end).collapsed() for start, end in pairwise(starts)]
        spans = [(_span(node, "colspan"), _span(node, "rowspan")) for _, node in self._cells]
        row = [stray, *table.filled(Cell(cell, *span) for cell, span in zip(contents, spans, strict=True))]
        is_empty = not stray.text and not any(cell.text for cell in contents)
        return Inline("") if is_empty else joined(dropwhile(lambda cell: not cell.text, row), CELL_JOINT).collapsed()


def _ancestor_ids(nodes: Iterable[LexborNode]) -> set[int]:
    """The ids of all nodes that any of these nodes lies in."""
    ids: set[int] = set()
    for node in nodes:
        ancestor = node.parent
        while ancestor is not None and ancestor.mem_id not in ids:
            ids.add(ancestor.mem_id)
            ancestor = ancestor.parent
    return ids


def _is_bold(node: LexborNode) -> bool:
    tag = node.tag or ""
    return tag in _BOLD_TAGS or (not tag.startswith("-") and bool(_BOLD_STYLE.search(node.attributes.get("style") or "")))


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
