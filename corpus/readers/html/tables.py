"""The rows of an HTML table: a cell that spans several rows belongs to each of them, and the first row may name the columns."""

from collections import Counter, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from askdex.corpus.readers.html.inline import Inline

_LONGEST_REPEATED = 100
"""Characters. Only a cell as short as this is repeated in each row that it spans: it names what the rows have in common."""
_MOST_REPEATED = 4
"""Cells of a row. A page could span everything, and its text would grow with the product of rows and columns."""
_LONGEST_NAME = 60
"""Characters of a cell that names a column."""
_FEWEST_ROWS = 2
"""Rows below one that names columns without being bold."""


@dataclass(frozen=True, slots=True)
class Cell:
    """What stands in a cell, and how many columns and rows the cell spans."""

    content: Inline
    columns: int = 1
    rows: int = 1


class TableRows:
    """The rows of a table, filled one after the other from the first to the last."""

    def __init__(self) -> None:
        self.first_place: int | None = None
        """The place of the first row among the blocks of the document."""
        self.has_named_columns = False
        """Whether a row is marked as one that names columns."""
        self._from_above: dict[int, Cell] = {}
        """By column, the cells of earlier rows that reach into the next row."""
        self._first: Sequence[Inline] | None = None
        self._rows_below = 0
        self._bold_rows_below = 0
        self._filled: Counter[int] = Counter()
        """By column, how many cells below the first row hold text, and how many of them digits."""
        self._with_digits: Counter[int] = Counter()

    def filled(self, cells: Iterable[Cell]) -> list[Inline]:
        """What stands in the next row: the contents of its own cells, and of those that reach into it from above.

        After the row "Fees" (2 rows), "first card", "0" the row "second card", "5" is "Fees", "second card", "5".
        """
        own_cells = deque(cells)
        contents = []
        reaching_down: dict[int, Cell] = {}
        column = 0
        while own_cells or column in self._from_above:
            cell = self._from_above.get(column) or own_cells.popleft()
            contents.append(cell.content)
            if cell.rows > 1 and len(cell.content.text) <= _LONGEST_REPEATED and len(reaching_down) < _MOST_REPEATED:
                reaching_down[column] = replace(cell, rows=cell.rows - 1)
            column += cell.columns
        self._from_above = reaching_down
        self._count(contents)
        return contents

    def first_row_names_columns(self) -> bool:
        """Whether the first row names the columns, though it is not marked so.

        It is bold, or it has no digits, while some column has one in each cell below it.
        """
        cells = self._first or ()
        names = [cell for cell in cells if cell.text]
        has_corner = bool(cells) and not cells[0].text and all(cell.text for cell in cells[1:])
        if self.has_named_columns or len(names) < 2 or max(len(cell.text) for cell in names) > _LONGEST_NAME:
            return False
        if all(cell.is_bold for cell in names):
            return self._bold_rows_below < self._rows_below
        is_named = self._rows_below >= _FEWEST_ROWS and len(names) == len(cells) - has_corner
        return (
            is_named
            and not any(map(_has_digit, names))
            and any(self._with_digits[column] == count for column, count in self._filled.items() if count >= _FEWEST_ROWS)
        )

    def _count(self, row: Sequence[Inline]) -> None:
        cells = [cell for cell in row if cell.text]
        if self._first is None:
            self._first = row if cells else None
        elif cells:
            self._rows_below += 1
            self._bold_rows_below += all(cell.is_bold for cell in cells)
            self._filled.update(column for column, cell in enumerate(row) if cell.text)
            self._with_digits.update(column for column, cell in enumerate(row) if _has_digit(cell))


def _has_digit(cell: Inline) -> bool:
    return any(map(str.isdigit, cell.text))
