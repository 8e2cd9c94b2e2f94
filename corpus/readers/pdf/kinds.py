"""The kind of block that each line of a PDF belongs to: heading, list item, table row, code or paragraph."""

from collections.abc import Iterator, Sequence

from askdex.corpus.readers.pdf.lines import PrintedLine
from askdex.corpus.readers.pdf.style import (
    GAP,
    BodyStyle,
    heading_rank,
    is_contents_line,
    reads_as_heading,
    stands_out,
)
from askdex.corpus.text.lines import has_number, opens_item
from askdex.corpus.types import Kind

_MOST_HEADING_LINES = 4
"""More lines that stand out together are a text in large or bold letters."""
_HEADING_SIZE = 1.1
"""Bold letters that are larger than the text by this factor begin no sentence of it."""


def line_kinds(lines: Sequence[PrintedLine], style: BodyStyle) -> list[Kind]:
    """The kind of the block that each line of a page belongs to."""
    kinds = [_kind(line, style) for line in lines]
    for start, end in _outstanding_runs(lines, style):
        whole = lines[start]._replace(cells=(" ".join(line.text for line in lines[start:end]),))
        is_heading = end - start <= _MOST_HEADING_LINES and reads_as_heading(whole)
        if is_heading and not _begins_sentence(lines, end, style):
            kinds[start:end] = [Kind.HEADING] * (end - start)
    for n, line in enumerate(lines):
        # A line with a wide gap in it is no table by itself: it may be a signature, or a page number to the right.
        neighbours = (*lines[max(0, n - 1) : n], *lines[n + 1 : n + 2])
        is_alone = not any(len(neighbour.cells) > 1 for neighbour in neighbours)
        if kinds[n] is Kind.ROW and is_alone and not line.is_row:
            kinds[n] = Kind.PARAGRAPH
    return kinds


def continues_heading(line: PrintedLine, below: PrintedLine, style: BodyStyle) -> bool:
    """Whether the line below goes on with a heading: printed alike, close to it, and not numbered as the heading is."""
    is_close = line.page == below.page and 0 < line.baseline - below.baseline <= GAP * style.leading_above(below)
    is_of_one_style = heading_rank(line)[:2] == heading_rank(below)[:2]
    are_numbered = all(has_number(text) or text[:1].isdigit() for text in (line.text, below.text))
    return is_close and is_of_one_style and len(below.cells) == 1 and not are_numbered


def _outstanding_runs(lines: Sequence[PrintedLine], style: BodyStyle) -> Iterator[tuple[int, int]]:
    """The spans of lines that stand out from the text, those together that could be one heading."""
    start = 0
    for n, line in enumerate(lines):
        if not stands_out(line, style):
            if start < n:
                yield start, n
            start = n + 1
        elif start < n and not continues_heading(lines[n - 1], line, style):
            yield start, n
            start = n
    if start < len(lines):
        yield start, len(lines)


def _begins_sentence(lines: Sequence[PrintedLine], end: int, style: BodyStyle) -> bool:
    """Whether the bold lines before `end` begin a sentence that goes on in the letters of the text."""
    if end == len(lines):
        return False
    last, below = lines[end - 1], lines[end]
    is_close = 0 < last.baseline - below.baseline <= GAP * style.leading_above(below)
    is_of_text_size = last.style.size < _HEADING_SIZE * style.size
    return is_close and is_of_text_size and below.text[:1].islower() and len(below.cells) == 1


def _kind(line: PrintedLine, style: BodyStyle) -> Kind:
    """The kind of a line for itself, which may turn out to be a heading."""
    if line.style.is_mono and not style.is_mono:
        return Kind.CODE
    if len(line.cells) > 1:
        return Kind.ROW
    return Kind.ITEM if opens_item(line.text) or is_contents_line(line.text) else Kind.PARAGRAPH
