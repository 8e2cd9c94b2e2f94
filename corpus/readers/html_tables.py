"""The rows of an HTML table: a cell that spans several rows belongs to each of them."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, replace

# What is longer is no name of what the rows have in common; and a page may not grow without end by spanning everything.
_LONGEST_REPEATED = 100
_MOST_REPEATED = 4


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell's text, and how many columns and rows it spans."""

    text: str
    columns: int = 1
    rows: int = 1


class Rows:
    """The rows of a table from first to last."""

    def __init__(self) -> None:
        self._from_above: dict[int, Cell] = {}

    def filled(self, cells: Iterable[Cell]) -> list[str]:
        """The texts of the next row: of its own cells, and of those that reach into it from above."""
        own = deque(cells)
        texts = []
        below: dict[int, Cell] = {}
        column = 0
        while own or column in self._from_above:
            cell = self._from_above.get(column) or own.popleft()
            texts.append(cell.text)
            if cell.rows > 1 and len(cell.text) <= _LONGEST_REPEATED and len(below) < _MOST_REPEATED:
                below[column] = replace(cell, rows=cell.rows - 1)
            column += cell.columns
        self._from_above = below
        return texts
