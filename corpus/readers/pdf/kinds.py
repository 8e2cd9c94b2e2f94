"""The kind of block that each line of a PDF belongs to: heading, list item, table row, code or paragraph."""

from collections.abc import Iterator, Sequence

from askdex.corpus.readers.pdf.lines import PrintedLine
from askdex.corpus.readers.pdf.style import (
    GAP,
    BodyStyle,
    heading_rank,
    is_contents_line,
    reads_as_heading,
    stands_apart,
    stands_out,
)
from askdex.corpus.text.lines import has_number, is_closed, opens_item
from askdex.corpus.types import Kind

_MOST_HEADING_LINES = 4
"""More lines that stand out together are a text in large or bold letters."""
_HEADING_SIZE = 1.1
"""Bold letters that are larger than the text by this factor begin no sentence of it."""
_LEAST_ROOM = 2.0
"""Sizes: what a heading in letters of the text leaves free at least, of the width of the text below it."""


def line_kinds(lines: Sequence[PrintedLine], style: BodyStyle) -> list[Kind]:
    """The kind of the block that each line of a page belongs to."""
    kinds = [_kind(line, style) for line in lines]
    for start, end in _outstanding_runs(lines, style):
        whole = lines[start]._replace(cells=(" ".join(line.text for line in lines[start:end]),))
        is_heading = end - start <= _MOST_HEADING_LINES and reads_as_heading(whole, style)
        if is_heading and not _begins_sentence(lines, end, style):
            kinds[start:end] = [Kind.HEADING] * (end - start)
    for n in range(len(lines)):
        if kinds[n] is Kind.PARAGRAPH and _heads_text(lines, n, style):
            kinds[n] = Kind.HEADING
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
    (size, is_light, _), (size_below, is_light_below, _) = heading_rank(line), heading_rank(below)
    is_large = line.style.size >= _HEADING_SIZE * style.size
    is_of_one_style = size == size_below and (is_large or is_light == is_light_below)
    is_of_one_level = line.level == below.level or 0 in (line.level, below.level)
    are_numbered = all(has_number(text) or text[:1].isdigit() for text in (line.text, below.text))
    return is_close and is_of_one_style and is_of_one_level and len(below.cells) == 1 and not are_numbered


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


def _heads_text(lines: Sequence[PrintedLine], n: int, style: BodyStyle) -> bool:
    """Whether a line in letters of the text's size heads the text below: it stands apart, alone, and is shorter."""
    line = lines[n]
    if n + 1 == len(lines) or not stands_apart(line, style) or not reads_as_heading(line, style):
        return False
    below = lines[n + 1]
    is_above_text = (
        not stands_apart(below, style) and len(below.cells) == 1 and below.right - line.right > _LEAST_ROOM * style.size
    )
    is_close = 0 < line.baseline - below.baseline <= 2 * GAP * style.leading_above(below)
    if not is_above_text or not is_close or below.text[:1].islower():
        return False
    above = lines[n - 1] if n else line
    distance = above.baseline - line.baseline
    return distance <= 0 or distance > GAP * style.leading_above(line) or is_closed(above.text)


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
