"""Figures and the tables that they are shown in."""

import statistics
from collections.abc import Iterator, Sequence

import numpy as np


def table(heading: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """The lines of a table: the first column to the left, the others to the right, a blank line last."""
    widths = [max(map(len, column)) for column in zip(heading, *rows, strict=True)]
    for cells in (heading, ["-" * width for width in widths], *rows):
        first, *others = (
            cell.rjust(width) if n else cell.ljust(width) for n, (cell, width) in enumerate(zip(cells, widths, strict=True))
        )
        yield "  ".join([first, *others]).rstrip()
    yield ""


def percentile(values: Sequence[float], share: float) -> float:
    """The value that this share of them does not exceed; not a number where there are none."""
    return float(np.quantile(values, share)) if values else float("nan")


def spread(values: Sequence[float], digits: int = 1) -> str:
    """The median of repeated measurements, with the least and the greatest."""
    return f"{statistics.median(values):,.{digits}f} ({min(values):,.{digits}f}-{max(values):,.{digits}f})"


def ratio(above: Sequence[float], below: Sequence[float]) -> str:
    """The median of the ratios of measurements made in turn, with the least and the greatest."""
    return spread([one / other for one, other in zip(above, below, strict=True)], 2)


def megabytes(size: float | None) -> str:
    """Bytes as MB of a million; a dash where it is not known."""
    return "-" if size is None else f"{size / 1e6:,.0f} MB"


def milliseconds(seconds: float) -> str:
    return f"{seconds * 1e3:,.2f} ms"
