"""A disk that fills up and writes that fail: a clear error, the generation before intact, and the next run completes."""

import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack
from pathlib import Path

from tests.faults import apart, breaking
from tests.faults.breaking import COUNTERS, Fault, FullDisk, LargestFile, Once, small_disk
from tests.faults.collection import Seen
from tests.faults.deeds import DEEDS, Deed, Place, Try, done, prepare
from tests.faults.report import Row, Tally

_DISK_BYTES = 64 * 2**20
_LEAST_ENOUGH = 2**17
_STEPS_OF_A_FULL_DISK = 36
_MOST_SIZES = 30
_MOST_OF_A_COUNTER = 150
_WRONG = ("crashes", "wrong answers", "lost")


def rows(share: float, folder: Path) -> Iterator[Row]:
    """A row for each deed with a full disk, where a small one can be mounted, and for each with writes that fail."""
    place = Place(folder / "disk", folder)
    place.at_risk.mkdir()
    with ExitStack() as stack:
        worker = stack.enter_context(_Worker())
        try:
            stack.enter_context(small_disk(place.at_risk, _DISK_BYTES))
            is_small = True
        except OSError as error:
            sys.stderr.write(f"No disk is filled up: {error}\n")
            is_small = False
        found = prepare(place)
        if is_small:
            for deed in DEEDS:
                yield _row(f"disk full: {deed.name}", _full(worker, deed, place, found, share))
        for deed in DEEDS:
            yield _row(f"write errors: {deed.name}", _failing(worker, deed, place, found, share))


class _Worker:
    """A process that does deeds; when one is the end of it, the next is done by another."""

    def __init__(self) -> None:
        self._pool: ProcessPoolExecutor | None = None

    def __enter__(self) -> "_Worker":
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def done(self, deed: Deed, place: Place, fault: Fault, found: Mapping[str | None, Seen]) -> tuple[Fault, Try]:
        """How a deed went, while something failed."""
        try:
            result = self._started().submit(done, deed, place, fault, found[deed.start], found[deed.end]).result()
        except BrokenProcessPool:
            self._end()
            result = Try("died", {"crashes": "the process died"})
        except Exception as error:
            result = Try("unanswered", {"crashes": f"asking ended with {error!r}"})
        return fault, result

    def counts(self, deed: Deed, place: Place) -> tuple[dict[str, int], list[int]]:
        """How many changes of each kind a deed makes, and the sizes of the files that are there after it."""
        return self._started().submit(_counts, deed, place).result()

    def _started(self) -> ProcessPoolExecutor:
        if self._pool is None:
            self._pool = apart.worker(breaking.install)
        return self._pool

    def _end(self) -> None:
        if self._pool is not None:
            self._pool.shutdown()
            self._pool = None


def _counts(deed: Deed, place: Place) -> tuple[dict[str, int], list[int]]:
    # The first time, modules are loaded, which counts as well.
    for _ in range(2):
        place.reset(deed.start)
        before = {name: counter.number for name, counter in COUNTERS.items()}
        deed.do(place)
        counts = {name: counter.number - before[name] for name, counter in COUNTERS.items()}
    return counts, sorted({path.stat().st_size for path in place.at_risk.rglob("*") if path.is_file()})


def _full(
    worker: _Worker, deed: Deed, place: Place, found: Mapping[str | None, Seen], share: float
) -> Iterator[tuple[Fault, Try]]:
    """From no free space to as much as the deed needs: first to find out how much that is, then in even steps."""
    enough = _LEAST_ENOUGH
    while enough < _DISK_BYTES // 2:
        fault, result = worker.done(deed, place, FullDisk(enough), found)
        yield fault, result
        if result.outcome == "done":
            break
        enough *= 2
    for free in _spread(0, enough, max(2, round(_STEPS_OF_A_FULL_DISK * share))):
        yield worker.done(deed, place, FullDisk(free), found)


def _failing(
    worker: _Worker, deed: Deed, place: Place, found: Mapping[str | None, Seen], share: float
) -> Iterator[tuple[Fault, Try]]:
    """The changes that a deed makes, each of which fails once; then files that end just before they are whole."""
    counts, sizes = worker.counts(deed, place)
    for name, count in counts.items():
        for index in _spread(0, count, max(2, round(_MOST_OF_A_COUNTER * share))):
            yield worker.done(deed, place, Once(name, index + 1), found)
    for index in _spread(0, len(sizes), max(2, round(_MOST_SIZES * share))):
        yield worker.done(deed, place, LargestFile(max(0, sizes[index] - 1)), found)


def _spread(first: int, end: int, most: int) -> Iterator[int]:
    """The numbers before the end, or so many of them, evenly from the first to the last."""
    number = min(most, end - first)
    return (first + (end - 1 - first) * step // max(1, number - 1) for step in range(number))


def _row(name: str, tries: Iterable[tuple[Fault, Try]]) -> Row:
    started = time.monotonic()
    tally = Tally()
    number = 0
    for fault, result in tries:
        number += 1
        tally.counts[result.outcome] += 1
        for kind, text in result.wrong.items():
            tally.fail(kind, str(fault), text)
    return tally.row(name, number, time.monotonic() - started, *_WRONG)
