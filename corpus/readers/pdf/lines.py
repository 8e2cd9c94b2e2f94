"""The lines of a PDF page in reading order, from its words.

Words on one baseline are a row, and wide gaps part a row into cells. Where two columns of running text stand side by side, a
row of two cells is a line of each column. What remains of rows with several cells are rows of tables.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import groupby, pairwise
from statistics import median
from typing import NamedTuple, TypeAlias

from askdex.corpus.readers.pdf.words import RIGHT_TO_LEFT, FontStyle, PageWord
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

_FEWEST_LETTERS = 3
"""Words of a line that may be letters set apart."""
_FEWEST_SINGLES = 2
"""Such words that are single letters."""
_LEAST_SINGLES = 0.15
"""Their share of the words."""
_LEAST_STEP = 1.6
"""How many times as wide as those between letters the gaps between words are at the least."""
_BLANK = 0.25
"""Sizes: the width of a blank in most fonts."""
_BLANK_TOLERANCE = 0.2
"""Sizes by which a gap may differ from what follows from the gaps between letters."""
_MOST_LETTERS = 1.5
"""Letters on average in the parts of a single word whose letters are set apart."""
_WIDEST_LETTER_GAP = 1.0
"""Sizes between letters that are set apart."""

# A table may be so tight that the gaps between its cells are not much wider than blanks.
_NARROWEST_CELL_GAP = 0.42
"""Sizes: a blank, and what letters leave free beside it."""
_NARROWEST_WIDE_GAP = 0.6
"""Sizes."""
_WIDER = (1.1, 1.6)
"""A gap may be, and is clearly, wider than the blanks of its line if it is so many times as wide as most of them."""
_ENDS_OF_SENTENCE = (".", ":", "!", "?")
"""In justified text, the gaps behind these are wider."""
_FEWEST_WIDE = 2
"""Gaps over each other that are clearly wider; below and between them others need not be."""
_MOST_GAPS_ONLY = 3
"""Gaps of a row that may all be between cells."""
_LEAST_OVERLAP = 0.3
"""Sizes that the gaps of all rows have in common at the least."""
_FEWEST_ROWS = 3
"""Rows with gaps over each other."""
_MOST_ROWS_BETWEEN = 3
"""Lines between two of them that only go on with a cell to the left."""
_ALIGNED = 1.0
"""Points by which aligned cells may differ."""
_LONGEST_TAGGED_CELL = 300
"""Characters. A table with more in a cell lays out a page."""

_Cell: TypeAlias = list[PageWord]
_Row: TypeAlias = list[_Cell]
_Gutter: TypeAlias = tuple[float, float]
"""The space between two columns: its left and its right edge, in points."""
_UNBOUNDED: _Gutter = (float("-inf"), float("inf"))


class _Gap(NamedTuple):
    """A gap between two words, and where the words beyond it end. All in points from the left edge of the page.

    It is wide if it is clearly wider than the blanks of its line.
    """

    left: float
    right: float
    end: float
    is_wide: bool


class _NarrowGutter(NamedTuple):
    """What the gaps of several rows have in common; `rows` are the indices of the rows that `gaps` are of."""

    left: float
    right: float
    gaps: tuple[_Gap, ...]
    rows: tuple[int, ...]

    def goes_on(self, gap: _Gap, size: float) -> bool:
        """Whether a gap of a row below is part of it, and the words beyond are aligned with those above."""
        overlap = min(self.right, gap.right) - max(self.left, gap.left)
        above = self.gaps[-1]
        shifts = (gap.right - above.right, gap.end - above.end, (gap.right + gap.end - above.right - above.end) / 2)
        return overlap >= _LEAST_OVERLAP * size and min(map(abs, shifts)) <= _ALIGNED

    def with_gap(self, gap: _Gap, row: int) -> "_NarrowGutter":
        """The gutter with one more row."""
        return _NarrowGutter(max(self.left, gap.left), min(self.right, gap.right), (*self.gaps, gap), (*self.rows, row))

    def cut(self, cuts: Sequence[list[float]]) -> None:
        """Part the cells of its rows, if they are enough."""
        if len(self.rows) >= _FEWEST_ROWS and sum(gap.is_wide for gap in self.gaps) >= _FEWEST_WIDE:
            for row in self.rows:
                cuts[row].append((self.left + self.right) / 2)


class PrintedLine(NamedTuple):
    """A line, or a row of a table with one text a cell; `style` is that of most of its letters.

    `left`, `right` and `baseline` are in points from the lower left corner of page number `page`. `first_word_width` is in
    points too, and `last_cell_left` is where the last cell begins. `level` is that of the heading that the line is tagged as,
    0 for none. A row is `is_whole` where tags say what it holds, and `is_head` where they say that it names the columns.
    """

    cells: tuple[str, ...]
    left: float
    right: float
    baseline: float
    style: FontStyle
    page: int
    first_word_width: float
    last_cell_left: float
    level: int = 0
    is_row: bool = False
    is_whole: bool = False
    is_head: bool = False

    @property
    def text(self) -> str:
        """The line's text, its cells separated by a blank."""
        return " ".join(self.cells)


def printed_lines(words: Sequence[PageWord], page: int) -> list[PrintedLine]:
    """The lines of a page in the file's own order; columns that the file holds line by line across are read one by one."""
    tagged_rows = _tagged_rows(words)
    lines: list[PrintedLine] = []
    for row_number, run in groupby(words, key=lambda word: word.tag.cell.row if word.tag.cell else None):
        if row_number in tagged_rows:
            # The words of a row may stand apart in the file; the first of them takes all along.
            row, is_head = tagged_rows[row_number]
            lines += [_line(row, page)._replace(is_row=True, is_whole=True, is_head=is_head)] if row else []
            tagged_rows[row_number] = [], is_head
        else:
            rows = list(map(_letters_joined, _rows(run)))
            cells = [_cells(row, cuts) for row, cuts in zip(rows, _cuts(rows), strict=True)]
            lines += (_line(row, page) for row in _columns_in_turn(cells))
    return lines


def _tagged_rows(words: Iterable[PageWord]) -> dict[int | None, tuple[_Row, bool]]:
    """By its number, the cells of each row that tags name, and whether the row names the columns.

    Tables with long texts in their cells, or with one column beside bullets, only lay out the page; their text is read as it
    stands.
    """
    tables: defaultdict[int, defaultdict[int, defaultdict[int, list[PageWord]]]]
    tables = defaultdict(lambda: defaultdict(lambda: defaultdict(list)))
    for word in words:
        if word.tag.cell is not None:
            tables[word.tag.cell.table][word.tag.cell.row][word.tag.cell.column].append(word)
    return {number: row for rows in tables.values() if _is_data(rows.values()) for number, row in _with_heads(rows)}


def _is_data(rows: Collection[Mapping[int, Sequence[PageWord]]]) -> bool:
    """Whether the rows of a table hold data, such as prices, and not the text of the page."""
    cells = [(column, " ".join(word.text for word in cell)) for row in rows for column, cell in row.items()]
    columns = {column for column, text in cells if not is_marker(text)}
    return len(rows) > 1 and len(columns) > 1 and all(len(text) <= _LONGEST_TAGGED_CELL for _, text in cells)


def _with_heads(rows: Mapping[int, Mapping[int, list[PageWord]]]) -> Iterator[tuple[int, tuple[_Row, bool]]]:
    """The cells of each row, with empty ones between them, and whether the row names the columns."""
    are_heads = {
        number: len(row) > 1 and all(cell[0].tag.cell is not None and cell[0].tag.cell.is_head for cell in row.values())
        for number, row in rows.items()
    }
    first = min(min(row) for row in rows.values())
    for number, row in rows.items():
        columns = range(first, min(max(row), first + _MOST_CELLS) + 1)
        yield number, ([row.get(column, []) for column in columns], are_heads[number] and not all(are_heads.values()))


def _rows(words: Iterable[PageWord]) -> Iterator[list[PageWord]]:
    """The words that follow each other on one baseline."""
    row: list[PageWord] = []
    for word in words:
        if row and not _is_on_line(row[-1], word):
            yield row
            row = []
        row.append(word)
    if row:
        yield row


def _is_on_line(last: PageWord, word: PageWord) -> bool:
    """Whether a word stands on the line of the word before it, and to the right of it."""
    size = max(last.style.size, word.style.size)
    is_level = abs(word.baseline - last.baseline) <= _BASELINE_TOLERANCE * size
    is_right = word.left >= last.right - _LARGEST_STEP_BACK * size
    return is_level and (is_right or bool(RIGHT_TO_LEFT.search(f"{last.text}{word.text}")))


def _letters_joined(row: Sequence[PageWord]) -> Sequence[PageWord]:
    """The words of a line; where its letters are set apart ("N O T I C E"), they are words again."""
    widest = _widest_letter_gap(row)
    joined = [row[0]]
    for word in row[1:]:
        last = joined[-1]
        if word.left - last.right <= widest:
            joined[-1] = last._replace(text=last.text + word.text, right=word.right)
        else:
            joined.append(word)
    return joined


def _widest_letter_gap(row: Sequence[PageWord]) -> float:
    """The widest gap in a line that is between letters and not between words, in points; -inf where there is none.

    The library parts the letters where they are far apart, all of them or some. The line then has gaps of two kinds: those
    between words are a blank and two gaps between letters wide. A single word has one kind, and nothing but letters.
    """
    size = row[0].style.size
    singles = sum(len(word.text) == 1 and word.text.isalpha() for word in row)
    is_reversed = any(RIGHT_TO_LEFT.search(word.text) for word in row)
    if is_reversed or len(row) < _FEWEST_LETTERS or singles < max(_FEWEST_SINGLES, _LEAST_SINGLES * len(row)):
        return float("-inf")
    gaps = sorted(max(0.0, word.left - last.right) for last, word in pairwise(row))
    step, split = max((wider / max(narrower, 0.1 * size), n) for n, (narrower, wider) in enumerate(pairwise(gaps), 1))
    letter_gap, word_gap = median(gaps[:split]), median(gaps[split:])
    if step >= _LEAST_STEP and abs(word_gap - 2 * letter_gap - _BLANK * size) <= _BLANK_TOLERANCE * size:
        return gaps[split - 1]
    is_one_word = all(word.text.isalpha() for word in row[:-1]) and sum(len(word.text) for word in row) <= _MOST_LETTERS * len(
        row
    )
    return gaps[-1] if is_one_word and gaps[-1] <= _WIDEST_LETTER_GAP * size else float("-inf")


def _cuts(rows: Sequence[Sequence[PageWord]]) -> list[list[float]]:
    """Where narrow gaps part the cells of each row: gaps over each other, with words beyond them that are aligned.

    Gaps of running text stand over each other by chance, but not in so many lines.
    """
    cuts: list[list[float]] = [[] for _ in rows]
    gutters: list[_NarrowGutter] = []
    for n, row in enumerate(rows):
        gaps = _narrow_gaps(row)
        kept: list[_NarrowGutter] = []
        for gutter in gutters:
            match = next((gap for gap in gaps if gutter.goes_on(gap, row[0].style.size)), None)
            if match is not None:
                gaps.remove(match)
                kept.append(gutter.with_gap(match, n))
            elif row[-1].right <= gutter.left and n - gutter.rows[-1] <= _MOST_ROWS_BETWEEN:
                kept.append(gutter)  # the line goes on with a cell to the left
            else:
                gutter.cut(cuts)
        gutters = kept + [_NarrowGutter(gap.left, gap.right, (gap,), (n,)) for gap in gaps]
    for gutter in gutters:
        gutter.cut(cuts)
    return cuts


def _narrow_gaps(row: Sequence[PageWord]) -> list[_Gap]:
    """The gaps of a row that may part cells: wider than those between words, and not behind a bullet or a sentence."""
    size = row[0].style.size
    widths = [word.left - last.right for last, word in pairwise(row)]
    # In a line that is spread to the margin all blanks are wide; in a row of short cells there may be no other gaps.
    usual = median(widths) if len(widths) > _MOST_GAPS_ONLY else 0.0
    least = max(_NARROWEST_CELL_GAP * size, _WIDER[0] * usual)
    starts = [0] + [n for n, width in enumerate(widths, 1) if width >= least]
    if len(starts) > _MOST_CELLS or any(word.style.is_mono or not word.text.strip(".") for word in row):
        return []  # code, or a line of a table of contents
    ends = [*(start - 1 for start in starts[1:]), len(row) - 1]
    wide = max(_NARROWEST_WIDE_GAP * size, _WIDER[1] * usual)
    return [
        _Gap(row[start - 1].right, row[start].left, row[end].right, widths[start - 1] >= wide)
        for start, end in zip(starts[1:], ends[1:], strict=True)
        if not (start == 1 and len(row[0].text) == 1)
        and not is_marker(row[start - 1].text)
        and not row[start - 1].text.endswith(_ENDS_OF_SENTENCE)
    ]


def _cells(row: Sequence[PageWord], cuts: Sequence[float] = ()) -> _Row:
    """The words of a row, parted at wide gaps and at these places; a bullet or a number stays with the text behind it."""
    if not cuts and _is_spread(row):
        return [list(row)]
    cells = [[row[0]]]
    for word in row[1:]:
        last = cells[-1][-1]
        is_behind_marker = len(cells) == 1 and len(cells[0]) == 1 and is_marker(last.text)
        is_apart = word.left - last.right > _CELL_GAP * max(last.style.size, word.style.size)
        is_apart = is_apart or any(last.right <= cut <= word.left for cut in cuts)
        if is_apart and not is_behind_marker and not (word.style.is_mono and last.style.is_mono):
            cells.append([])
        cells[-1].append(word)
    return cells


def _is_spread(row: Sequence[PageWord]) -> bool:
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
    # A line is bold, monospaced or italic only if all of it is: a sentence may begin with bold words.
    style = FontStyle(
        most_used.size,
        is_bold=all(word.style.is_bold for word in words),
        is_mono=all(word.style.is_mono for word in words),
        is_italic=all(word.style.is_italic for word in words),
    )
    baseline = next(word.baseline for word in words if word.style == most_used)
    texts = tuple(_spaced(cell) if style.is_mono and cell else " ".join(word.text for word in cell) for cell in row)
    left, right = min(word.left for word in words), max(word.right for word in words)
    level = words[0].tag.level if all(word.tag.level for word in words) else 0
    return PrintedLine(texts, left, right, baseline, style, page, words[0].right - words[0].left, row[-1][0].left, level)


def _spaced(words: Sequence[PageWord]) -> str:
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
        elif result and not line.is_whole and _continues_cell(result[-1], line):
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
    if not lines or line.is_whole or line.baseline <= lines[-1].baseline + tolerance:
        return 0
    count = 0
    for last in reversed(lines):
        is_beside = last.baseline <= line.baseline + tolerance and last.right < line.left
        if not is_beside or last.is_whole or count > _TALLEST_CELL:
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
    is_row = len(row.cells) > 1 and len(row.cells[-1]) < _LONGEST_CELL and not row.is_whole
    distance = row.baseline - line.baseline
    is_below_cell = line.left >= row.last_cell_left - 1 and 0 < distance <= _LARGEST_LEADING * line.style.size
    return is_row and len(line.cells) == 1 and is_below_cell
