"""What each line of a PDF is a part of: a heading, a list, a table, code or a paragraph."""

from collections.abc import Iterator, Sequence

from askdex.corpus.readers.pdf.lines import Line
from askdex.corpus.readers.pdf.style import GAP, Style, is_contents, is_heading, rank, stands_out
from askdex.corpus.text.lines import has_number, opens_item
from askdex.corpus.types import Kind

_MOST_HEADING_LINES = 4


def kinds(lines: Sequence[Line], style: Style) -> list[Kind]:
    """The kind of the block that each line of a page belongs to."""
    found = [_kind(line, style) for line in lines]
    for start, end in _standing_out(lines, style):
        whole = lines[start]._replace(cells=(" ".join(line.text for line in lines[start:end]),))
        if end - start <= _MOST_HEADING_LINES and is_heading(whole) and not _is_opening(lines, end, style):
            found[start:end] = [Kind.HEADING] * (end - start)
    for n, line in enumerate(lines):
        is_alone = not any(len(near.cells) > 1 for near in (*lines[max(0, n - 1) : n], *lines[n + 1 : n + 2]))
        if found[n] is Kind.ROW and is_alone and not line.is_row:
            found[n] = Kind.PARAGRAPH
    return found


def is_one_heading(line: Line, below: Line, style: Style) -> bool:
    """Whether a line goes on with the heading above: printed alike, close below, and without a number of its own."""
    is_close = line.page == below.page and 0 < line.base - below.base <= GAP * style.fall(below)
    is_new = all(has_number(each.text) or each.text[:1].isdigit() for each in (line, below))
    return is_close and rank(line)[:2] == rank(below)[:2] and len(below.cells) == 1 and not is_new


def _standing_out(lines: Sequence[Line], style: Style) -> Iterator[tuple[int, int]]:
    """The spans of lines that stand out from the text and are printed alike."""
    start = 0
    for n, line in enumerate(lines):
        if not stands_out(line, style):
            if start < n:
                yield start, n
            start = n + 1
        elif start < n and not is_one_heading(lines[n - 1], line, style):
            yield start, n
            start = n
    if start < len(lines):
        yield start, len(lines)


def _is_opening(lines: Sequence[Line], end: int, style: Style) -> bool:
    """Whether bold lines go on in other letters, as the beginning of a sentence does."""
    if end == len(lines):
        return False
    last, below = lines[end - 1], lines[end]
    is_close = 0 < last.base - below.base <= GAP * style.fall(below)
    return is_close and below.text[:1].islower() and last.style.size < 1.1 * style.size and len(below.cells) == 1


def _kind(line: Line, style: Style) -> Kind:
    if line.style.is_mono and not style.is_mono:
        return Kind.CODE
    if len(line.cells) > 1:
        return Kind.ROW
    is_item = opens_item(line.text) or is_contents(line.text)
    return Kind.ITEM if is_item else Kind.PARAGRAPH
