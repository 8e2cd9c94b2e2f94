"""Arrays in files: written so that a full disk shows, read by mapping the file."""

from pathlib import Path

import numpy as np
import numpy.typing as npt

from askdex.indexer.types import Array, Positions


def ranges(starts: npt.NDArray[np.integer], sizes: npt.NDArray[np.integer]) -> Positions:
    """The positions from each start on, as many as its size, one range after the other."""
    before = np.cumsum(sizes) - sizes
    found: Positions = np.arange(sizes.sum()) + np.repeat(starts - before, sizes)
    return found


def spread(array: Array, number: int) -> Array:
    """So many of the items, from the first to the last at equal steps; all where there are no more."""
    return array[np.linspace(0, len(array) - 1, min(number, len(array))).astype(np.int64)]


def save(path: Path, array: Array) -> None:
    """Write an array in NumPy's own format. Raises OSError."""
    whole = np.ascontiguousarray(array)
    with path.open("wb") as file:
        # What numpy.save itself raises on a full disk does not say that it is full.
        np.lib.format.write_array_header_1_0(file, np.lib.format.header_data_from_array_1_0(whole))
        file.write(whole.data)


def load(path: Path) -> Array:
    """Map an array from a file; its pages are read when they are needed. Raises OSError, ValueError."""
    # A plain view: each slice of NumPy's own class for mapped files costs several microseconds more.
    return np.asarray(np.load(path, mmap_mode="r", allow_pickle=False))
