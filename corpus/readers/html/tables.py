"""The rows of an HTML table: a cell that spans several rows belongs to each of them."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, replace

from askdex.corpus.readers.html.inline import Inline

_LONGEST_REPEATED = 100
"""Characters. Only a cell as short as this is repeated in each row that it spans: it names what the rows have in common."""
_MOST_REPEATED = 4
"""Cells of a row. A page could span everything, and its text would grow with the product of rows and columns."""


@dataclass(frozen=True, slots=True)
class Cell:
    """What stands in a cell, and how many columns and rows the cell spans."""

    content: Inline
    columns: int = 1
    rows: int = 1


class TableRows:
    """The rows of a table, filled one after the other from the first to the last."""

    def __init__(self) -> None:
        self._from_above: dict[int, Cell] = {}
        """By column, the cells of earlier rows that reach into the next row."""

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
        return contents
