"""Arrays: ranges of positions; arrays in files, written so that a full disk is noticed, and memory-mapped."""

from pathlib import Path

import numpy as np
import numpy.typing as npt

from askdex.indexer.types import Array, Positions

_COUNTING = np.arange(2**16)
_RANGES_AT_ONCE = 1_024
_ZERO = np.zeros(1, np.intp)


def counting(number: int) -> Positions:
    """0, 1, 2 and so on, so many of them; not to be written to."""
    # Most questions need some ten thousand; a slice of a table costs nothing.
    return _COUNTING[:number] if number <= len(_COUNTING) else np.arange(number)


def ranges(starts: npt.NDArray[np.integer], sizes: npt.NDArray[np.integer]) -> tuple[Positions, Positions]:
    """The positions from each start on, as many as its size, range after range; and where each range ends, shape (n + 1,).

    Starts (5, 2) and sizes (2, 3) give (5, 6, 2, 3, 4) and (0, 2, 5).
    """
    range_ends = ends(sizes)
    positions: Positions = counting(int(range_ends[-1])) + (starts - range_ends[:-1]).repeat(sizes)
    return positions, range_ends


def gathered(array: Array, starts: npt.NDArray[np.integer], sizes: npt.NDArray[np.integer]) -> Array:
    """What an array holds in these ranges, range after range.

    Positions take two to six times the memory of what is at them, so some ranges at a time.
    """
    place = 0
    found = np.empty(int(sizes.sum()), array.dtype)
    for n in range(0, len(starts), _RANGES_AT_ONCE):
        positions, range_ends = ranges(starts[n : n + _RANGES_AT_ONCE], sizes[n : n + _RANGES_AT_ONCE])
        found[place : place + range_ends[-1]] = array[positions]
        place += int(range_ends[-1])
    return found


def ends(sizes: npt.NDArray[np.integer]) -> Positions:
    """Where each of n ranges ends that follow one another, from the sizes of the ranges; 0 first, so of shape (n + 1,)."""
    cumulated: Positions = np.concatenate([_ZERO, sizes.cumsum()])
    return cumulated


def spread(array: Array, number: int) -> Array:
    """So many items at equal steps, the first and the last among them; all items where there are fewer."""
    return array[np.linspace(0, len(array) - 1, min(number, len(array))).astype(np.int64)]


def save(path: Path, array: Array) -> None:
    """Write an array in NumPy's own format. Raises OSError."""
    whole = np.ascontiguousarray(array)
    with path.open("wb") as file:
        # numpy.save does not say that a disk is full; the file's own write does.
        np.lib.format.write_array_header_1_0(file, np.lib.format.header_data_from_array_1_0(whole))
        file.write(whole.data)


def load(path: Path) -> Array:
    """Map an array from a file; its pages are read on demand. Raises OSError, ValueError."""
    # A plain array: each slice of numpy.memmap costs several microseconds more.
    return np.asarray(np.load(path, mmap_mode="r", allow_pickle=False))
