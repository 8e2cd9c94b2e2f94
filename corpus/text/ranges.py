"""Numbers of pages as people write them: "2, 5-7"."""

from collections.abc import Iterable
from itertools import groupby


def ranges(numbers: Iterable[int]) -> str:
    """Numbers in order, those that follow each other as a range: [2, 5, 6, 7] is "2, 5-7"."""
    runs = [
        [number for _, number in run] for _, run in groupby(enumerate(numbers), key=lambda counted: counted[1] - counted[0])
    ]
    return ", ".join(f"{run[0]}-{run[-1]}" if len(run) > 1 else str(run[0]) for run in runs)


def is_in_ranges(number: int, written: str) -> bool:
    """Whether a number is one of those that `ranges` wrote."""
    for run in written.split(","):
        first, _, last = run.strip().partition("-")
        if first.isdecimal() and (last or first).isdecimal() and int(first) <= number <= int(last or first):
            return True
    return False
