"""The lines of a PDF page in the order in which they are read, from its words."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from askdex.corpus.readers.pdf.words import RIGHT_TO_LEFT, Print, Word
from askdex.corpus.text.lines import is_marker

# In sizes of the letters.
_SAME_BASE = 0.5
_STEP_BACK = 0.5
_CELL_GAP = 1.5
_NEXT_LINE = 1.7
# What is more is no table, and no row may grow without end.
_TALLEST_CELL = 8
_LONGEST_CELL = 2_000
_MOST_CELLS = 50
_LEAST_COLUMN = 5
_FILLED = 0.75
MOST_BLANKS = 40
"""That stand for a gap in a line of code."""
_ALIKE = 0.6
_MOSTLY = 0.6
_NO_GUTTER = (float("-inf"), float("inf"))


class Line(NamedTuple):
    """A line, or a row of a table with a text for each cell; `style` is that of most of its letters.

    `left`, `right` and `base` are in points from the lower left corner of page number `page`; `last_left` is where the last
    cell begins, and `opening` the width of its first word.
    """

    cells: tuple[str, ...]
    left: float
    right: float
    base: float
    style: Print
    page: int
    opening: float
    last_left: float
    is_row: bool = False

    @property
    def text(self) -> str:
        """The line's text, its cells parted by a blank."""
        return " ".join(self.cells)


def lines(words: Iterable[Word], page: int) -> list[Line]:
    """The lines of a page: in the file's own order, but for columns that it holds line by line across."""
    rows = [_cells(row) for row in _rows(words)]
    return [_line(cells, page) for cells in _unlaced(rows)]


def _rows(words: Iterable[Word]) -> Iterator[list[Word]]:
    """The words that follow each other on the same height."""
    row: list[Word] = []
    for word in words:
        if row and not _goes_on(row[-1], word):
            yield row
            row = []
        row.append(word)
    if row:
        yield row


def _goes_on(last: Word, word: Word) -> bool:
    size = max(last.style.size, word.style.size)
    is_level = abs(word.base - last.base) <= _SAME_BASE * size
    return is_level and (word.left >= last.right - _STEP_BACK * size or bool(RIGHT_TO_LEFT.search(f"{last.text}{word.text}")))


def _cells(row: Sequence[Word]) -> list[list[Word]]:
    """The words of a row, parted where wide gaps are; what marks an item or numbers a heading stays with its text."""
    if _is_spread(row):
        return [list(row)]
    cells = [[row[0]]]
    for word in row[1:]:
        last = cells[-1][-1]
        is_mark = len(cells) == 1 and len(cells[0]) == 1 and is_marker(last.text)
        is_apart = word.left - last.right > _CELL_GAP * max(last.style.size, word.style.size)
        if is_apart and not is_mark and not (word.style.is_mono and last.style.is_mono):
            cells.append([])
        cells[-1].append(word)
    return cells


def _is_spread(row: Sequence[Word]) -> bool:
    """Whether the words of a line are set apart alike, to fill it."""
    gaps = [word.left - last.right for last, word in pairwise(row)]
    return len(gaps) > 1 and min(gaps) > 0 and min(gaps) >= _ALIKE * max(gaps)


def _unlaced(rows: Sequence[list[list[Word]]]) -> Iterator[list[list[Word]]]:
    """The rows, where two columns of running text were one row of two cells after the other: first one, then the other."""
    run: list[list[list[Word]]] = []
    gutter = _NO_GUTTER
    for row in rows:
        narrower = _narrowed(gutter, row)
        if narrower is None:
            yield from _columns(run, gutter)
            run, narrower = [], _narrowed(_NO_GUTTER, row)
        run.append(row)
        gutter = narrower or _NO_GUTTER
    yield from _columns(run, gutter)


def _narrowed(gutter: tuple[float, float], row: list[list[Word]]) -> tuple[float, float] | None:
    """What remains of the space between two columns beside this row; None where it runs across."""
    start, end = gutter
    if len(row) == 2:
        start, end = max(start, row[0][-1].right), min(end, row[1][0].left)
    elif len(row) > 2 or not (row[0][-1].right <= end < float("inf") or row[0][0].left >= start > float("-inf")):
        return None
    return (start, end) if start < end else None


def _columns(run: list[list[list[Word]]], gutter: tuple[float, float]) -> Iterator[list[list[Word]]]:
    """Part a run of rows into its columns, where both are filled with text."""
    sides: tuple[list[list[Word]], list[list[Word]]] = ([], [])
    for row in run:
        for cell in row:
            sides[cell[0].left >= gutter[1]].append(cell)
    if all(map(_is_filled, sides)):
        for side in sides:
            yield from ([cell] for cell in side)
    else:
        yield from run


def _is_filled(side: list[list[Word]]) -> bool:
    if len(side) < _LEAST_COLUMN:
        return False
    width = max(cell[-1].right for cell in side) - min(cell[0].left for cell in side)
    filled = sum(len(cell) > 1 and cell[-1].right - cell[0].left >= _FILLED * width for cell in side)
    return filled >= _MOSTLY * len(side)


def _line(cells: list[list[Word]], page: int) -> Line:
    words = [word for cell in cells for word in cell]
    letters = dict[Print, int]()
    for word in words:
        letters[word.style] = letters.get(word.style, 0) + len(word.text)
    style = max(letters, key=letters.__getitem__)
    every = Print(style.size, all(word.style.is_bold for word in words), all(word.style.is_mono for word in words))
    base = next(word.base for word in words if word.style == style)
    texts = tuple(_spaced(cell) if every.is_mono else " ".join(word.text for word in cell) for cell in cells)
    left, right = min(word.left for word in words), max(word.right for word in words)
    return Line(texts, left, right, base, every, page, words[0].right - words[0].left, cells[-1][0].left)


def _spaced(words: Sequence[Word]) -> str:
    """The text of words in letters of one width, with as many blanks as there is room for."""
    text = words[0].text
    for last, word in pairwise(words):
        width = max(0.3 * word.style.size, (last.right - last.left) / len(last.text))
        text += " " * min(MOST_BLANKS, max(1, round((word.left - last.right) / width))) + word.text
    return text


def tabled(page: Iterable[Line]) -> list[Line]:
    """The lines of a page, with those of a cell of several lines put together, and the cells of a row."""
    done: list[Line] = []
    for line in page:
        beside = _beside(done, line)
        if beside:
            row = _merged(done[-beside:], line)
            del done[-beside:]
            done.append(row)
        elif done and _extends(done[-1], line):
            last = done.pop()
            cells = (*last.cells[:-1], f"{last.cells[-1]} {line.text}")
            done.append(last._replace(cells=cells, right=max(last.right, line.right), base=line.base, is_row=True))
        else:
            done.append(line)
    return done


def _beside(done: Sequence[Line], line: Line) -> int:
    """How many of the last lines stand to the left of a line that goes up again: the cell before it.

    0 where they are too many or printed in several ways, as a column of text is.
    """
    slack = _SAME_BASE * line.style.size
    if not done or line.base <= done[-1].base + slack:
        return 0
    count = 0
    for last in reversed(done):
        if last.base > line.base + slack or last.right >= line.left or count > _TALLEST_CELL:
            break
        count += 1
    is_near = count > 0 and done[-count].base >= line.base - _TALLEST_CELL / 2 * _NEXT_LINE * line.style.size
    is_small = count <= _TALLEST_CELL and len(done[-1].cells) < _MOST_CELLS
    is_cell = is_small and len({last.style[:2] for last in done[-count:]}) == 1
    return count if is_near and is_cell else 0


def _merged(cell: Sequence[Line], line: Line) -> Line:
    """A row of what stands to the left and a line beside it."""
    left = cell[0].cells if len(cell) == 1 else (" ".join(last.text for last in cell),)
    return line._replace(
        cells=(*left, *line.cells), left=min(last.left for last in cell), base=line.base, is_row=True, opening=cell[0].opening
    )


def _extends(last: Line, line: Line) -> bool:
    """Whether a line goes on with the last cell of a row."""
    is_row = len(last.cells) > 1 and len(last.cells[-1]) < _LONGEST_CELL
    fall = last.base - line.base
    size = line.style.size
    return is_row and len(line.cells) == 1 and line.left >= last.last_left - 1 and 0 < fall <= _NEXT_LINE * size
