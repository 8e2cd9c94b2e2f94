"""The lines of a PDF page in reading order, from its words.

Words on one baseline are a row, and wide gaps part a row into cells. Where two columns of running text stand side by side, a
row of two cells is a line of each column. What remains of rows with several cells are rows of tables.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple, TypeAlias

from askdex.corpus.readers.pdf.words import RIGHT_TO_LEFT, FontStyle, Word
from askdex.corpus.text.lines import is_marker

# In sizes of the letters.
_BASELINE_TOLERANCE = 0.5
"""Words whose baselines differ by less stand on one line: exponents and small capitals do."""
_LARGEST_STEP_BACK = 0.5
"""A word may begin so far before the end of the last one, as italics and kerning bring about."""
_CELL_GAP = 1.5
"""A wider gap parts cells; the gaps of justified text are narrower."""
_LARGEST_LEADING = 1.7
"""Lines of one cell are no further apart; the next row of a table often is."""

# Anything larger is no table: a page that is printed in an unusual way must not become one endless row.
_TALLEST_CELL = 8
"""Lines."""
_LONGEST_CELL = 2_000
"""Characters."""
_MOST_CELLS = 50
"""Cells of a row."""

# Two columns are parted only if both are running text, or a table of two columns would be read down one column first.
_SHORTEST_COLUMN = 5
"""Lines."""
_FULL_LINE = 0.75
"""The share of the width of a column from which on a line of it is full."""
_FULL_LINES = 0.6
"""The share of the lines of a column that are full at the least."""

_EVEN_GAPS = 0.6
"""Where the narrowest gap between words is at least this share of the widest, the words are spread to fill the line."""
MOST_BLANKS = 40
"""Blanks that stand for a gap in a line of code, at the most."""
_NARROWEST_LETTER = 0.3
"""Sizes: the width of a monospaced letter is measured from a word, which may be narrower than its letters should be."""

_Cell: TypeAlias = list[Word]
_Row: TypeAlias = list[_Cell]
_Gutter: TypeAlias = tuple[float, float]
"""The space between two columns: its left and its right edge, in points."""
_UNBOUNDED: _Gutter = (float("-inf"), float("inf"))


class PrintedLine(NamedTuple):
    """A line, or a row of a table with one text a cell; `style` is that of most of its letters.

    `left`, `right` and `baseline` are in points from the lower left corner of page number `page`. `first_word_width` is in
    points too, and `last_cell_left` is where the last cell begins.
    """

    cells: tuple[str, ...]
    left: float
    right: float
    baseline: float
    style: FontStyle
    page: int
    first_word_width: float
    last_cell_left: float
    is_row: bool = False

    @property
    def text(self) -> str:
        """The line's text, its cells separated by a blank."""
        return " ".join(self.cells)


def printed_lines(words: Iterable[Word], page: int) -> list[PrintedLine]:
    """The lines of a page in the file's own order; columns that the file holds line by line across are read one by one."""
    rows = [_cells(row) for row in _rows(words)]
    return [_line(row, page) for row in _columns_in_turn(rows)]


def _rows(words: Iterable[Word]) -> Iterator[list[Word]]:
    """The words that follow each other on one baseline."""
    row: list[Word] = []
    for word in words:
        if row and not _is_on_line(row[-1], word):
            yield row
            row = []
        row.append(word)
    if row:
        yield row


def _is_on_line(last: Word, word: Word) -> bool:
    """Whether a word stands on the line of the word before it, and to the right of it."""
    size = max(last.style.size, word.style.size)
    is_level = abs(word.baseline - last.baseline) <= _BASELINE_TOLERANCE * size
    is_right = word.left >= last.right - _LARGEST_STEP_BACK * size
    return is_level and (is_right or bool(RIGHT_TO_LEFT.search(f"{last.text}{word.text}")))


def _cells(row: Sequence[Word]) -> _Row:
    """The words of a row, parted at wide gaps; a bullet or a number stays with the text behind it."""
    if _is_spread(row):
        return [list(row)]
    cells = [[row[0]]]
    for word in row[1:]:
        last = cells[-1][-1]
        is_behind_marker = len(cells) == 1 and len(cells[0]) == 1 and is_marker(last.text)
        is_apart = word.left - last.right > _CELL_GAP * max(last.style.size, word.style.size)
        if is_apart and not is_behind_marker and not (word.style.is_mono and last.style.is_mono):
            cells.append([])
        cells[-1].append(word)
    return cells


def _is_spread(row: Sequence[Word]) -> bool:
    """Whether the words of a line are set apart evenly, as in a heading that fills the line."""
    gaps = [word.left - last.right for last, word in pairwise(row)]
    return len(gaps) > 1 and min(gaps) > 0 and min(gaps) >= _EVEN_GAPS * max(gaps)


def _columns_in_turn(rows: Sequence[_Row]) -> Iterator[_Row]:
    """The rows, with two columns of running text one after the other.

    Rows (l1, r1), (l2, r2) of two cells become l1, l2, r1, r2 where all of them leave a space free between the columns.
    """
    run: list[_Row] = []
    gutter = _UNBOUNDED
    for row in rows:
        narrower = _narrowed(gutter, row)
        if narrower is None:
            yield from _parted_into_columns(run, gutter)
            run, narrower = [], _narrowed(_UNBOUNDED, row)
        run.append(row)
        gutter = narrower or _UNBOUNDED
    yield from _parted_into_columns(run, gutter)


def _narrowed(gutter: _Gutter, row: _Row) -> _Gutter | None:
    """What this row leaves of the space between two columns; None where it runs across."""
    start, end = gutter
    if len(row) == 2:
        left_cell, right_cell = row
        start, end = max(start, left_cell[-1].right), min(end, right_cell[0].left)
        return (start, end) if start < end else None
    is_left = row[0][-1].right <= end < float("inf")
    is_right = row[0][0].left >= start > float("-inf")
    return gutter if len(row) == 1 and (is_left or is_right) else None


def _parted_into_columns(run: Sequence[_Row], gutter: _Gutter) -> Iterator[_Row]:
    """The rows of each column, one column after the other, if both are running text; else the rows as they are."""
    columns: tuple[list[_Cell], list[_Cell]] = ([], [])
    for row in run:
        for cell in row:
            columns[cell[0].left >= gutter[1]].append(cell)
    if all(map(_is_running_text, columns)):
        for column in columns:
            yield from ([cell] for cell in column)
    else:
        yield from run


def _is_running_text(column: Sequence[_Cell]) -> bool:
    """Whether most lines of a column are full."""
    if len(column) < _SHORTEST_COLUMN:
        return False
    width = max(cell[-1].right for cell in column) - min(cell[0].left for cell in column)
    full_lines = sum(len(cell) > 1 and cell[-1].right - cell[0].left >= _FULL_LINE * width for cell in column)
    return full_lines >= _FULL_LINES * len(column)


def _line(row: _Row, page: int) -> PrintedLine:
    words = [word for cell in row for word in cell]
    letters = dict[FontStyle, int]()
    for word in words:
        letters[word.style] = letters.get(word.style, 0) + len(word.text)
    most_used = max(letters, key=letters.__getitem__)
    # A line is bold or monospaced only if all of it is: a sentence may begin with bold words.
    style = FontStyle(most_used.size, all(word.style.is_bold for word in words), all(word.style.is_mono for word in words))
    baseline = next(word.baseline for word in words if word.style == most_used)
    texts = tuple(_spaced(cell) if style.is_mono else " ".join(word.text for word in cell) for cell in row)
    left, right = min(word.left for word in words), max(word.right for word in words)
    return PrintedLine(texts, left, right, baseline, style, page, words[0].right - words[0].left, row[-1][0].left)


def _spaced(words: Sequence[Word]) -> str:
    """The text of monospaced words, with as many blanks between them as there is room for."""
    text = words[0].text
    for last, word in pairwise(words):
        letter_width = max(_NARROWEST_LETTER * word.style.size, (last.right - last.left) / len(last.text))
        text += " " * min(MOST_BLANKS, max(1, round((word.left - last.right) / letter_width))) + word.text
    return text


def with_table_rows(page: Iterable[PrintedLine]) -> list[PrintedLine]:
    """The lines of a page, where the lines of a cell are one text, and the cells of a row one line."""
    result: list[PrintedLine] = []
    for line in page:
        count = _lines_of_cell_before(result, line)
        if count:
            row = _with_cell_before(result[-count:], line)
            del result[-count:]
            result.append(row)
        elif result and _continues_cell(result[-1], line):
            row = result.pop()
            cells = (*row.cells[:-1], f"{row.cells[-1]} {line.text}")
            result.append(row._replace(cells=cells, right=max(row.right, line.right), baseline=line.baseline, is_row=True))
        else:
            result.append(line)
    return result


def _lines_of_cell_before(lines: Sequence[PrintedLine], line: PrintedLine) -> int:
    """How many of the last lines are the cell to the left of this line, which stands higher on the page than the last.

    0 where they are too many, or printed in several styles, as a column of text is.
    """
    tolerance = _BASELINE_TOLERANCE * line.style.size
    if not lines or line.baseline <= lines[-1].baseline + tolerance:
        return 0
    count = 0
    for last in reversed(lines):
        if last.baseline > line.baseline + tolerance or last.right >= line.left or count > _TALLEST_CELL:
            break
        count += 1
    if not 0 < count <= _TALLEST_CELL or len(lines[-1].cells) >= _MOST_CELLS:
        return 0
    # The first line of a cell may stand below that of its neighbour, as short cells are centred, by half of the tallest.
    is_near = lines[-count].baseline >= line.baseline - _TALLEST_CELL / 2 * _LARGEST_LEADING * line.style.size
    is_of_one_style = len({(last.style.size, last.style.is_bold) for last in lines[-count:]}) == 1
    return count if is_near and is_of_one_style else 0


def _with_cell_before(cell_lines: Sequence[PrintedLine], line: PrintedLine) -> PrintedLine:
    """The row that begins with a cell, or with the cells of a row, and ends with the line to the right of them."""
    first = cell_lines[0]
    cells_before = first.cells if len(cell_lines) == 1 else (" ".join(cell_line.text for cell_line in cell_lines),)
    return line._replace(
        cells=(*cells_before, *line.cells),
        left=min(cell_line.left for cell_line in cell_lines),
        baseline=line.baseline,
        is_row=True,
        first_word_width=first.first_word_width,
    )


def _continues_cell(row: PrintedLine, line: PrintedLine) -> bool:
    """Whether a line is the next line of the last cell of a row."""
    is_row = len(row.cells) > 1 and len(row.cells[-1]) < _LONGEST_CELL
    distance = row.baseline - line.baseline
    is_below_cell = line.left >= row.last_cell_left - 1 and 0 < distance <= _LARGEST_LEADING * line.style.size
    return is_row and len(line.cells) == 1 and is_below_cell
