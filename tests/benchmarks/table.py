"""Tables, and the figures in them."""

import statistics
from collections.abc import Iterator, Sequence

import numpy as np


def table(heading: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """The lines of a table, and an empty one; the first column is aligned to the left, the others to the right."""
    widths = [max(map(len, column)) for column in zip(heading, *rows, strict=True)]
    for cells in (heading, ["-" * width for width in widths], *rows):
        first, *others = (
            cell.rjust(width) if n else cell.ljust(width) for n, (cell, width) in enumerate(zip(cells, widths, strict=True))
        )
        yield "  ".join([first, *others]).rstrip()
    yield ""


def percentile(values: Sequence[float], share: float) -> float:
    """The value that this share of the values does not exceed; NaN where there are none."""
    return float(np.quantile(values, share)) if values else float("nan")


def median_and_range(values: Sequence[float], digits: int = 1) -> str:
    """The median of repeated measurements, with the least and the greatest."""
    return f"{statistics.median(values):,.{digits}f} ({min(values):,.{digits}f}-{max(values):,.{digits}f})"


def ratio(numerators: Sequence[float], denominators: Sequence[float]) -> str:
    """The median ratio of pairs of measurements that were made in turn, with the least and the greatest."""
    return median_and_range([above / below for above, below in zip(numerators, denominators, strict=True)], 2)


def megabytes(size: float | None) -> str:
    """A size in bytes as MB (a million bytes); a dash where it is not known."""
    return "-" if size is None else f"{size / 1e6:,.0f} MB"


def milliseconds(seconds: float) -> str:
    return f"{seconds * 1e3:,.2f} ms"
