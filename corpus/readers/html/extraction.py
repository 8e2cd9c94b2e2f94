"""From the nodes of a page to the blocks of a document."""

import re
from collections.abc import Sequence
from itertools import dropwhile, pairwise
from typing import NamedTuple

from selectolax.lexbor import LexborNode

from askdex.corpus.builder import DocumentBuilder
from askdex.corpus.question_pairs import mark_questions
from askdex.corpus.readers.html.blocks import BlockWriter
from askdex.corpus.readers.html.boilerplate import Boilerplate, asks_for_feedback, says_rights
from askdex.corpus.readers.html.facts import page_facts
from askdex.corpus.readers.html.formulas import formula_text
from askdex.corpus.readers.html.inline import Inline, InlineCollector, joined
from askdex.corpus.readers.html.lists import ListNumbers
from askdex.corpus.readers.html.nodes import HEADING_LEVELS, UNSEEN_TAGS, short_text, walk_nodes
from askdex.corpus.readers.html.panels import is_unsaid, panels_of
from askdex.corpus.readers.html.tables import Cell, TableRows
from askdex.corpus.readers.html.templates import without_template_tags
from askdex.corpus.readers.html.typed_lists import mark_typed_items
from askdex.corpus.text.questions import ends_as_question, is_question
from askdex.corpus.types import CELL_JOINT, Kind

_BLOCK_TAGS = frozenset(
    "address article blockquote body caption center dd details dialog div dl dt fieldset figcaption figure footer form header "
    "hgroup hr legend li main menu nav ol p pre section summary table tbody tfoot thead tr ul".split()
).union(HEADING_LEVELS)
_KINDS = {"li": Kind.ITEM, "dd": Kind.ITEM, "dt": Kind.ITEM, "tr": Kind.ROW, "pre": Kind.CODE}
_LIST_TAGS = frozenset("ol ul menu dir dl".split())
_BOLD_TAGS = frozenset("b strong".split())
_BOLD_STYLE = re.compile(r"font-weight\s*:\s*(?:bold|[6-9]00)", re.IGNORECASE)
_WORD_LIST = re.compile(r"mso-list\s*:\s*(?!none|skip|ignore)\S", re.IGNORECASE)
"""The style of a paragraph that Word and Outlook show as an item of a list."""
_WORD_MARK = re.compile(r"mso-list\s*:\s*ignore", re.IGNORECASE)
"""The style of the bullet or number that they write into it; a bullet may be a letter in a font of signs."""
_SPAN = re.compile(r"\s*(\d{1,3})")
_SCRIPT_TAGS = frozenset(("sup", "sub"))
_CODE_TAGS = frozenset("code kbd samp var tt".split())
_LABEL_TAGS = frozenset(("summary", "legend"))
"""Elements that are headings without a level."""
_LABEL = "label"
"""Stands for the tag of an element that is a label, whatever its tag is."""
_ROW_TAGS = frozenset(("tr", "td", "th"))
_MAIN_TAGS = frozenset(("main", "article"))
_TITLED_TAGS = frozenset(
    "accordion accordionitem accordiontab accordionpanel faq faqitem question qa tab tabitem tabpane tabpanel panel "
    "collapsible collapse expandable expander expand disclosure toggle spoiler step callout admonition note tip warning "
    "caution danger info".split()
)
"""Elements of site generators, beside all with a hyphen, whose title stands in an attribute."""
_TITLE_ATTRIBUTES = ("question", "summary", "title", "label", "heading", "header")
_QUOTED = re.compile(r"\{\s*([\"'`])(.*)\1\s*\}", re.DOTALL)
_LONGEST_TITLE = 300
_FEWEST_WORDS = 3
"""Words of a term that is a question by its first word: "When" alone is a name."""


class _Surroundings(NamedTuple):
    """Where text stands: `tag` is the innermost element around it that decides its kind, such as h2, li or tr."""

    tag: str = ""
    in_row: bool = False
    in_code: bool = False
    in_table_head: bool = False

    @property
    def is_heading(self) -> bool:
        """Whether text is a heading here, or the term that a description follows."""
        return self.tag in HEADING_LEVELS or self.tag in _LABEL_TAGS or self.tag in (_LABEL, "dt")

    def within(self, tag: str) -> "_Surroundings":
        """The surroundings within an element that stands here."""
        decides_kind = tag in HEADING_LEVELS or tag in _KINDS or tag in _LABEL_TAGS or tag == _LABEL
        return _Surroundings(
            tag if decides_kind else self.tag,
            self.in_row or tag == "tr",
            self.in_code or tag == "pre",
            self.in_table_head or tag == "thead",
        )


def extracted(root: LexborNode, *, keep_boilerplate: bool = False, repeated: frozenset[str] = frozenset()) -> DocumentBuilder:
    """The text below a node, without the elements that have a digest that is in `repeated`."""
    builder = _Extraction(root, keep_boilerplate=keep_boilerplate, repeated=repeated).writer.builder
    mark_typed_items(builder)
    mark_questions(builder)
    return builder


class _Extraction:
    """The extraction of a page's text into the blocks of `writer`, in one walk through its nodes.

    Text is collected in `_inline` until an element ends that makes a block of it.
    """

    def __init__(self, root: LexborNode, *, keep_boilerplate: bool, repeated: frozenset[str]) -> None:
        self.writer = BlockWriter()
        self._keep_boilerplate = keep_boilerplate
        self._inline = InlineCollector()
        self._cells: list[tuple[int, LexborNode]] = []
        """The cells of the current row, each with the characters of running text before it."""
        self._lists: list[ListNumbers] = []
        """The lists around the current node, from the outermost."""
        self._mark = ""
        """The number of the current item, until the first block of the item takes it."""
        self._tables: list[TableRows | None] = []
        """The tables around the current node, from the outermost; None for one that only lays out the page."""
        self._is_after_term = False
        """Whether the last block is a term (`dt`), which the description after it (`dd`) joins in one item."""
        self._surroundings = [_Surroundings()]
        self._main_depth = int(_is_main(root))
        self._section_depth = self._main_depth
        self._label_depth = 0
        self._code_depth = 0
        self._in_formula = False
        self._formula = ""
        """What the page says of the last formula in words."""
        self._facts = page_facts(root)
        self._panels = panels_of(root, self._facts)
        self._boilerplate = Boilerplate(root, self._facts, repeated)
        for node, enters in walk_nodes(root, self._is_left_out):
            if enters:
                self._enter(node)
            else:
                self._leave(node)
        self._flush()

    def _is_left_out(self, node: LexborNode) -> bool:
        tag = node.tag or ""
        if self._in_formula:
            return True
        if tag.startswith("-") or tag == "math":
            return tag not in ("-text", "math")
        attributes = node.attributes
        is_hidden = "hidden" in attributes or attributes.get("aria-hidden") == "true"
        if tag in UNSEEN_TAGS or (is_hidden and node.mem_id not in self._panels.shown):
            return True
        if (self._label_depth and is_unsaid(node)) or (tag == "span" and _is_word_bullet(node)):
            return True
        if node.mem_id in self._panels.silent:
            return True
        if self._keep_boilerplate or node.mem_id in self._panels.labels:
            return False
        if tag == "button":
            return not (self._surroundings[-1].is_heading or self._facts.of(node).headings)
        return self._boilerplate.holds(node, in_main=self._main_depth > 0, in_section=self._section_depth > 0)

    def _enter(self, node: LexborNode) -> None:
        tag = self._shown_tag(node)
        if tag == "-text":
            self._enter_text(node.text_content or "")
            return
        if tag == "br":
            self._inline.add_line_end()
        elif tag == "img":
            self._enter_picture(node.attributes.get("alt") or "")
        elif tag == "math":
            self._in_formula, self._formula = True, node.attributes.get("alttext") or ""
            self._inline.add(formula_text(node))
        elif tag in ("td", "th"):
            self._cells.append((self._inline.length, node))
        elif self._is_block(tag, node):
            self._enter_block(tag, node)
        if tag == "a":
            self._inline.open_link(node.attributes.get("href") or "")
        elif tag in _SCRIPT_TAGS:
            self._inline.open_script(short_text(node, self._is_left_out), is_raised=tag == "sup")
        self._count_around(node, 1)
        if _is_bold(node):
            self._inline.open_bold()

    def _enter_text(self, text: str) -> None:
        in_code = self._surroundings[-1].in_code
        self._inline.add(text if in_code or self._code_depth else without_template_tags(text), keeps_blanks=in_code)

    def _enter_picture(self, words: str) -> None:
        """Add what a page says of a picture; one of the formula before it says nothing more."""
        self._inline.add(" " if words and words == self._formula else f" {words} ")
        self._formula = ""

    def _shown_tag(self, node: LexborNode) -> str:
        """The tag of a node, or of the element that stands for it, such as `div` for a cell that only lays out the page."""
        tag = node.tag or ""
        if tag in _ROW_TAGS:
            return "div" if self._tables and self._tables[-1] is None else tag
        if not tag.startswith("-") and node.attributes.get("role") == "heading":
            level = node.attributes.get("aria-level") or ""
            return f"h{level}" if f"h{level}" in HEADING_LEVELS else "h2"
        return "li" if tag == "p" and _WORD_LIST.search(node.attributes.get("style") or "") else tag

    def _is_block(self, tag: str, node: LexborNode) -> bool:
        panels, number = self._panels, node.mem_id
        return tag in _BLOCK_TAGS or number in panels.labels or number in panels.nested or self._is_titled(tag, node)

    def _is_titled(self, tag: str, node: LexborNode) -> bool:
        return (tag in _TITLED_TAGS or "-" in tag[1:]) and bool(_title(node)) and not self._surroundings[-1].in_code

    def _enter_block(self, tag: str, node: LexborNode) -> None:
        makes_block = self._makes_block(tag)
        if makes_block:
            self._flush()
            is_label = node.mem_id in self._panels.labels and not self._surroundings[-1].is_heading
            self._surroundings.append(self._surroundings[-1].within(_LABEL if is_label else tag))
            self._enter_panel(tag, node)
        else:
            self._inline.add(" ")
        if tag in _LIST_TAGS:
            self._lists.append(ListNumbers(node))
        elif tag == "table":
            self._tables.append(None if node.mem_id in self._facts.layout_tables else TableRows())
        elif tag == "li":
            mark = self._lists[-1].mark(node) if self._lists else ""
            self._mark = mark if makes_block else ""
            self._inline.add("" if makes_block else mark)

    def _opens_panel(self, tag: str, node: LexborNode) -> bool:
        return tag == "details" or node.mem_id in self._panels.nested or self._is_titled(tag, node)

    def _enter_panel(self, tag: str, node: LexborNode) -> None:
        """Begin a panel, with its name where that is not said by a label before it."""
        if not self._opens_panel(tag, node):
            return
        self.writer.open_panel()
        name = self._panels.names.get(node.mem_id) or (_title(node) if self._is_titled(tag, node) else "")
        if name:
            self.writer.add_heading(Inline(name))
        if name or tag != "details":
            self.writer.name_panel()
        answer = node.attributes.get("answer") if self._is_titled(tag, node) else None
        if answer:
            self.writer.add_text(Kind.PARAGRAPH, Inline(_unquoted(answer)).collapsed())

    def _leave(self, node: LexborNode) -> None:
        tag = self._shown_tag(node)
        if tag == "-text":
            return
        self._in_formula = False
        if tag == "a":
            self._inline.close_link()
        elif tag in _SCRIPT_TAGS:
            self._inline.close_script()
        if self._is_block(tag, node):
            self._leave_block(tag, node)
        self._count_around(node, -1)
        if _is_bold(node):
            self._inline.close_bold()

    def _leave_block(self, tag: str, node: LexborNode) -> None:
        if self._makes_block(tag):
            self._flush()
            self._surroundings.pop()
            if self._opens_panel(tag, node):
                self.writer.close_panel()
            elif tag == "summary":
                self.writer.name_panel()
        if tag in _LIST_TAGS:
            self._lists.pop()
        elif tag == "table":
            self._name_columns(self._tables.pop())
        elif tag == "li":
            self._mark = ""

    def _count_around(self, node: LexborNode, step: int) -> None:
        """Count an element that is entered (1) or left (-1) among those around the nodes that follow."""
        tag = node.tag or ""
        is_main = _is_main(node)
        self._main_depth += step * is_main
        self._section_depth += step * (is_main or tag == "section")
        self._code_depth += step * (tag in _CODE_TAGS)
        self._label_depth += step * (tag == "button" or node.mem_id in self._panels.labels)

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
        if not content.text.strip() or self._is_no_content(content.text):
            return
        is_after_term, self._is_after_term = self._is_after_term, False
        kind = _KINDS.get(surroundings.tag, Kind.PARAGRAPH)
        is_asked_term = surroundings.tag == "dt" and _asks(content.text)
        if surroundings.tag in HEADING_LEVELS:
            self.writer.add_heading(content, HEADING_LEVELS[surroundings.tag], self._mark)
        elif surroundings.tag in _LABEL_TAGS or surroundings.tag == _LABEL or is_asked_term:
            self.writer.add_heading(content, mark=self._mark)
        elif kind in (Kind.ROW, Kind.CODE):
            self.writer.add_whole(kind, content)
            return
        else:
            level = max(0, len(self._lists) - 1) if kind is Kind.ITEM else 0
            self.writer.add_text(kind, content, level, mark=self._mark, joins=is_after_term and kind is Kind.ITEM)
            self._is_after_term = surroundings.tag == "dt"
        self._mark = ""

    def _is_no_content(self, text: str) -> bool:
        """Whether the words of a paragraph say that it is none of the page's content."""
        return not self._keep_boilerplate and (asks_for_feedback(text) or (not self._main_depth and says_rights(text)))

    def _add_row(self, content: Inline, *, in_head: bool) -> None:
        table = self._tables[-1] if self._tables else None
        table = table or TableRows()
        starts = [0, *(start for start, _ in self._cells), len(content.text)]
        # Text that stands in a row before its first cell is a mistake of the page, but it is shown.
        stray, *contents = [content.cut(start, end).collapsed() for start, end in pairwise(starts)]
        nodes = [node for _, node in self._cells]
        self._cells.clear()
        row = _row(stray, contents, nodes, table)
        if row.text:
            names_columns = len(nodes) > 1 and (in_head or _are_names(contents, nodes))
            place = self.writer.add_whole(Kind.ROW, row, int(names_columns))
            table.has_named_columns |= names_columns
            table.first_place = place if table.first_place is None else table.first_place

    def _name_columns(self, table: TableRows | None) -> None:
        if table is not None and table.first_place is not None and table.first_row_names_columns():
            self.writer.name_columns(table.first_place)


def _row(stray: Inline, contents: Sequence[Inline], nodes: Sequence[LexborNode], table: TableRows) -> Inline:
    """The cells of a row, joined, behind text that stands in no cell; nothing where they are empty."""
    spans = [(_span(node, "colspan"), _span(node, "rowspan")) for node in nodes]
    row = table.filled(Cell(cell, *span) for cell, span in zip(contents, spans, strict=True))
    if not stray.text and not any(cell.text for cell in contents):
        return Inline("")
    # An empty cell before others keeps them below the names of their columns; before a single one it only takes room.
    is_single = not table.has_named_columns and sum(bool(cell.text) for cell in row) == 1
    row = list(dropwhile(lambda cell: not cell.text, row)) if is_single else row
    return joined([stray, *row] if stray.text else row, CELL_JOINT).collapsed()


def _are_names(contents: Sequence[Inline], nodes: Sequence[LexborNode]) -> bool:
    """Whether all cells of a row are heads of columns; the first may be empty, above the names of the rows."""
    is_corner = len(nodes) > 2 and not contents[0].text  # a corner is above the names of rows, beside those of columns
    return {node.tag for node in nodes[is_corner:]} == {"th"}


def _is_main(node: LexborNode) -> bool:
    return node.tag in _MAIN_TAGS or node.attributes.get("role") == "main"


def _asks(term: str) -> bool:
    """Whether a term is a question: "Which papers?", "How to pay"."""
    return ends_as_question(term) or (is_question(term) and len(term.split()) >= _FEWEST_WORDS)


def _title(node: LexborNode) -> str:
    """The title that an element has in an attribute: `<Accordion question="Who pays?">`."""
    titles = (node.attributes.get(name) or "" for name in _TITLE_ATTRIBUTES)
    title = _unquoted(next(filter(None, titles), ""))
    return title if len(title) <= _LONGEST_TITLE else ""


def _unquoted(attribute: str) -> str:
    """The text of an attribute; in JSX it may stand in braces: {"Who pays?"}."""
    quoted = _QUOTED.fullmatch(attribute.strip())
    return " ".join(without_template_tags(quoted[2] if quoted else attribute).split())


def _is_bold(node: LexborNode) -> bool:
    tag = node.tag or ""
    return tag in _BOLD_TAGS or (not tag.startswith("-") and bool(_BOLD_STYLE.search(node.attributes.get("style") or "")))


def _is_word_bullet(node: LexborNode) -> bool:
    """Whether an element is the bullet of an item of Word: one sign, while a number has a point or a bracket too."""
    style = node.attributes.get("style") or ""
    return bool(_WORD_MARK.search(style)) and len(node.text().strip()) <= 1


def _span(cell: LexborNode, attribute: str) -> int:
    """How many columns (`colspan`) or rows (`rowspan`) a cell spans."""
    number = _SPAN.match(cell.attributes.get(attribute) or "")
    return max(1, int(number[1])) if number else 1
