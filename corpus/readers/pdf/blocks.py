"""From the lines of a PDF to headings, paragraphs, lists, tables and code."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from itertools import groupby

from askdex.corpus.builder import DocumentBuilder
from askdex.corpus.readers.pdf.kinds import continues_heading, line_kinds
from askdex.corpus.readers.pdf.lines import MOST_BLANKS, PrintedLine
from askdex.corpus.readers.pdf.style import (
    GAP,
    LEADER,
    BodyStyle,
    HeadingRank,
    body_style,
    heading_levels,
    heading_rank,
    is_contents_line,
)
from askdex.corpus.text.lines import is_closed, is_closed_before_note, without_bullet
from askdex.corpus.types import CELL_JOINT, Kind

# In sizes of the letters.
_FIRST_LINE_INDENTS = (0.8, 6)
"""How far in the first line of a paragraph may stand: less is no indent, more is another column or a centred line."""
_SAME_LEFT = 0.5
"""A line that begins further in by more than this hangs below the text of an item, and not below its bullet."""
_BLANK_WIDTH = 0.3
"""Of proportional letters; in most fonts it is a little less."""
_LETTER_WIDTH = 0.6
"""Of a monospaced letter."""
_NOTE_SIZE = 0.92
"""Footnotes are at most so large, beside the text."""

_MOST_IN_HEADINGS = 0.4
"""The share of the letters that may be tagged as headings."""
_FEWEST_DATA_ROWS = 2
"""Rows below the first that show by their digits that it names the columns."""
_LINES_FOR_EDGE = 8
"""Lines of a block from which its right edge is known; what stands further up may be in a wider column."""
_ROUNDING = 0.1
"""Points by which lines that end at one edge may differ."""
_POINT = 1.0
"""What two places or sizes may differ by and still be meant to be the same, in points."""
_BROKEN_WORD = re.compile(r"[^\W\d_]-$")
_UNSPACED_LETTER = re.compile("[\u3000-\u30ff\u3400-\u9fff\uff00-\uff60]")
"""A letter or sign of Chinese or Japanese, which are written without blanks."""


class _Break(Enum):
    """What a line end on the page stands for in the text; the value is what takes its place within a block."""

    WRAPPED = " "
    """Nothing: the line was full, and the sentence goes on."""
    LINE = "\n"
    """The line was ended on purpose, as in an address; the block goes on."""
    BLANK_LINE = "\n\n"
    """A gap within code."""
    BLOCK = ""
    """The line below begins another block."""


@dataclass(slots=True)
class _BlockLines:
    """The lines of a block; `breaks` stand between them."""

    kind: Kind
    lines: list[PrintedLine]
    breaks: list[_Break] = field(default_factory=list)


def blocks_of(pages: Sequence[Sequence[PrintedLine]]) -> DocumentBuilder:
    """The document of the pages' lines; a paragraph that goes on over the end of a page is one block."""
    builder = DocumentBuilder()
    pages = _without_wrong_levels(pages)
    lines = [line for page in pages for line in page]
    if not lines:
        return builder
    groups = list(_grouped(pages, body_style(lines)))
    levels = heading_levels(group.lines[0] for group in groups if group.kind is Kind.HEADING)
    starts: dict[int, int] = {}
    for _, run in groupby(groups, key=lambda group: group.kind is Kind.ROW):
        table_or_text = list(run)
        has_head = _first_row_names_columns([group.lines[0] for group in table_or_text])
        for n, group in enumerate(table_or_text):
            builder.append(group.kind, _block_text(group), _level(group, levels, is_head=has_head and n == 0))
            for page, offset in _page_offsets(group):
                starts.setdefault(page, min(builder.blocks[-1].start + offset, builder.blocks[-1].end))
    builder.page_starts = _page_starts(starts, len(pages))
    return builder


def _without_wrong_levels(pages: Sequence[Sequence[PrintedLine]]) -> Sequence[Sequence[PrintedLine]]:
    """The lines of each page; without the levels of headings where so much is tagged as a heading that it cannot be right."""
    letters = sum(len(line.text) for page in pages for line in page)
    in_headings = sum(len(line.text) for page in pages for line in page if line.level)
    if in_headings <= _MOST_IN_HEADINGS * letters:
        return pages
    return [[line._replace(level=0) for line in page] for page in pages]


def _page_offsets(group: _BlockLines) -> Iterator[tuple[int, int]]:
    """The page of a block's first line, and of each line that begins another page, with where the line is in the block."""
    for n, line in enumerate(group.lines):
        if n == 0 or line.page != group.lines[n - 1].page:
            yield line.page, len(_block_text(_BlockLines(group.kind, group.lines[:n], group.breaks[: n - 1]))) + 1 if n else 0


def _page_starts(starts: Mapping[int, int], count: int) -> list[int]:
    """The offset at which each page begins; a page without text begins where the next one does."""
    offsets: list[int] = []
    following = max(starts.values())
    for page in reversed(range(count)):
        following = min(following, starts.get(page, following))
        offsets.append(following)
    return [0, *offsets[-2::-1]]


def _level(group: _BlockLines, levels: dict[HeadingRank, int], *, is_head: bool) -> int:
    """The level of a block: that of its heading, or 1 for a row that names the columns."""
    first = group.lines[0]
    if group.kind is Kind.HEADING:
        return first.level or levels[heading_rank(first)]
    return int(group.kind is Kind.ROW and (is_head or first.is_head))


def _first_row_names_columns(rows: Sequence[PrintedLine]) -> bool:
    """Whether the first row of a table names its columns.

    It alone is bold, or it has no digits, while some column has one in each row below it.
    """
    first, below = rows[0], rows[1:]
    if first.style.is_bold:
        return any(not row.style.is_bold for row in below)
    data = [row.cells for row in below if len(row.cells) == len(first.cells)]
    if len(data) < _FEWEST_DATA_ROWS or not all(first.cells) or any(map(_has_digit, first.cells)):
        return False
    return any(all(map(_has_digit, column)) for column in zip(*data, strict=True))


def _has_digit(cell: str) -> bool:
    return any(map(str.isdigit, cell))


def _grouped(pages: Sequence[Sequence[PrintedLine]], style: BodyStyle) -> Iterator[_BlockLines]:
    """The lines of each block; footnotes come after the paragraph that goes on over the end of their page."""
    group: _BlockLines | None = None
    footnotes: list[_BlockLines] = []
    for page in pages:
        body, note_lines = _parted_from_footnotes(page, style)
        for line, kind in zip(body, line_kinds(body, style), strict=True):
            line_break = _break(group, line, kind, style) if group else _Break.BLOCK
            if group and line_break is not _Break.BLOCK:
                group.breaks.append(line_break)
                group.lines.append(line)
                continue
            if group:
                yield group
            yield from footnotes
            footnotes = []
            group = _BlockLines(kind, [line])
        if note_lines:
            footnotes += _grouped([note_lines], style._replace(size=note_lines[0].style.size))
    if group:
        yield group
    yield from footnotes


def _parted_from_footnotes(
    page: Sequence[PrintedLine], style: BodyStyle
) -> tuple[Sequence[PrintedLine], Sequence[PrintedLine]]:
    """The lines of a page, and those in smaller letters that close it."""
    count = 0
    for line in reversed(page):
        if line.style.size > _NOTE_SIZE * style.size or len(line.cells) > 1 or line.style.is_mono:
            break
        count += 1
    return (page[:-count], page[-count:]) if 0 < count < len(page) else (page, [])


def _break(group: _BlockLines, line: PrintedLine, kind: Kind, style: BodyStyle) -> _Break:
    """What the line end between a group and the line after it stands for."""
    last = group.lines[-1]
    distance = last.baseline - line.baseline
    is_elsewhere = last.page != line.page or distance < 0
    is_close = distance <= GAP * style.leading_above(line)
    if group.kind is Kind.CODE:
        if kind is not Kind.CODE:
            return _Break.BLOCK
        return _Break.LINE if is_elsewhere or is_close else _Break.BLANK_LINE
    if group.kind is Kind.HEADING:
        is_heading = kind is Kind.HEADING and continues_heading(last, line, style)
        return _Break.WRAPPED if is_heading else _Break.BLOCK
    if group.kind is Kind.ROW or kind in (Kind.ROW, Kind.CODE, Kind.HEADING) or is_contents_line(last.text):
        return _Break.BLOCK
    if is_elsewhere:
        return _break_over_page(group, line, kind)
    return _break_below(group, line, kind) if is_close else _Break.BLOCK


def _break_over_page(group: _BlockLines, line: PrintedLine, kind: Kind) -> _Break:
    """What the end of a page or a column stands for: the sentence goes on, or another block begins."""
    last = group.lines[-1]
    goes_on = line.text[:1].islower() or (_is_full(group, line) and not _is_closed(last))
    is_of_one_size = abs(last.style.size - line.style.size) < _POINT
    return _Break.WRAPPED if kind is Kind.PARAGRAPH and goes_on and is_of_one_size else _Break.BLOCK


def _break_below(group: _BlockLines, line: PrintedLine, kind: Kind) -> _Break:
    """What a line end stands for in a paragraph or an item that a line follows closely below."""
    last, size = group.lines[-1], line.style.size
    # Two signs that the writer ended the line: a mark that closes a sentence, and room for the next word.
    is_closed_line = _is_closed(last)
    has_room = not _is_full(group, line)
    indent = (line.left - last.left) / size
    if kind is Kind.ITEM:
        # Within a paragraph a wrapped line may begin as an item does: "... as laid down in Section\n12. of this law".
        is_wrapped = group.kind is not Kind.ITEM and not is_closed_line and not has_room and indent <= _SAME_LEFT
        if not is_wrapped:
            return _Break.BLOCK
    if group.kind is Kind.ITEM:
        # The lines of an item hang below its text. One at the margin goes on with the item only where that had to be wrapped.
        is_below_text = line.left > group.lines[0].left + _SAME_LEFT * size
        is_below_second_line = len(group.lines) > 1 and line.left >= last.left - _POINT
        is_hanging = is_below_text or is_below_second_line
        return _Break.WRAPPED if is_hanging or not (is_closed_line or has_room) else _Break.BLOCK
    is_first_line_indented = _FIRST_LINE_INDENTS[0] < indent < _FIRST_LINE_INDENTS[1]
    if is_closed_line and (has_room or is_first_line_indented):
        return _Break.BLOCK
    return _Break.LINE if has_room and not line.text[:1].islower() else _Break.WRAPPED


def _is_closed(line: PrintedLine) -> bool:
    """Whether a line ends as a sentence does; on a printed page the number of a footnote may stand behind it."""
    return is_closed(line.text) or is_closed_before_note(line.text)


def _is_full(group: _BlockLines, line: PrintedLine) -> bool:
    """Whether the first word of a line had no room at the end of the line before it."""
    last = group.lines[-1]
    # The first line of a page or a column is compared as if it stood below the last one.
    is_elsewhere = line.page != last.page or line.baseline > last.baseline
    shift = max(0.0, line.left - last.left) if is_elsewhere else 0.0
    right_edge = max(line.right - shift, *(above.right for above in group.lines[-_LINES_FOR_EDGE:]))
    return last.right + _BLANK_WIDTH * line.style.size + line.first_word_width > right_edge - _ROUNDING


def _block_text(group: _BlockLines) -> str:
    """The text of a block; the bullet of an item is left out, and a row of dots is an ellipsis."""
    if group.kind is Kind.ROW:
        return CELL_JOINT.join(_unbroken([cell], []) for cell in group.lines[0].cells)
    if group.kind is Kind.CODE:
        return _code(group)
    text = LEADER.sub(r" … \1", _unbroken([line.text for line in group.lines], group.breaks))
    return without_bullet(text) if group.kind is Kind.ITEM else text


def _code(group: _BlockLines) -> str:
    """The lines of code, each as far in as it stands on the page."""
    margin = min(line.left for line in group.lines)
    width = _LETTER_WIDTH * group.lines[0].style.size
    indented = [" " * min(MOST_BLANKS, round((line.left - margin) / width)) + line.text for line in group.lines]
    ends = [*(line_break.value for line_break in group.breaks), ""]
    return "".join(f"{line}{end}" for line, end in zip(indented, ends, strict=True))


def _unbroken(lines: Sequence[str], breaks: Sequence[_Break]) -> str:
    """The text of lines, where a word that was broken at a line end is whole again.

    A hyphen goes if the word goes on in lower case ("coun-", "ter"), and stays before a capital ("Anglo-", "Saxon").
    """
    pieces = [lines[0]]
    for line_break, line in zip(breaks, lines[1:], strict=True):
        last = pieces[-1]
        is_hyphenated = last.endswith("-") and not last.endswith(" -")
        if last.endswith("\xad") or (_BROKEN_WORD.search(last) and line[:1].islower()):
            pieces[-1] = last[:-1]
        elif not is_hyphenated and not _are_unspaced(last, line):
            pieces.append(line_break.value)
        pieces.append(line)
    return "".join(pieces).replace("\xad", "")


def _are_unspaced(last: str, line: str) -> bool:
    """Whether no blank stands between two lines, as they are of a script that is written without blanks."""
    return bool(_UNSPACED_LETTER.match(last[-1:]) and _UNSPACED_LETTER.match(line[:1]))
