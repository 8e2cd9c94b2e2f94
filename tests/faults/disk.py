"""A disk that fills up and writes that fail: a clear error, the generation before intact, and the next run completes."""

import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack
from pathlib import Path

from tests.faults import breaking, processes
from tests.faults.breaking import COUNTERS, Fault, FullDisk, LargestFile, Once, small_disk
from tests.faults.collection import Seen
from tests.faults.operations import OPERATIONS, Attempt, Operation, Place, attempt, prepare
from tests.faults.report import Row, Tally

_DISK_BYTES = 64 * 2**20
_LEAST_ENOUGH = 2**17
_STEPS_OF_A_FULL_DISK = 36
_MOST_SIZES = 30
_MOST_OF_A_COUNTER = 150
_WRONG = ("crashes", "wrong answers", "lost")


def rows(share: float, folder: Path) -> Iterator[Row]:
    """A row for each operation with a full disk, where a small one can be mounted, and for each with writes that fail."""
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
        states = prepare(place)
        if is_small:
            for operation in OPERATIONS:
                yield _row(f"disk full: {operation.name}", _full(worker, operation, place, states, share))
        for operation in OPERATIONS:
            yield _row(f"write errors: {operation.name}", _failing(worker, operation, place, states, share))


class _Worker:
    """A process that runs operations; when one ends the process, another process runs the next."""

    def __init__(self) -> None:
        self._pool: ProcessPoolExecutor | None = None

    def __enter__(self) -> "_Worker":
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def attempt(
        self, operation: Operation, place: Place, fault: Fault, states: Mapping[str | None, Seen]
    ) -> tuple[Fault, Attempt]:
        """How an operation went, while something failed."""
        try:
            result = (
                self._started()
                .submit(attempt, operation, place, fault, states[operation.start], states[operation.end])
                .result()
            )
        except BrokenProcessPool:
            self._end()
            result = Attempt("died", {"crashes": "the process died"})
        except Exception as error:
            result = Attempt("unanswered", {"crashes": f"asking ended with {error!r}"})
        return fault, result

    def counts(self, operation: Operation, place: Place) -> tuple[dict[str, int], list[int]]:
        """How many changes of each kind an operation makes, and the sizes of the files that are there after it."""
        return self._started().submit(_counts, operation, place).result()

    def _started(self) -> ProcessPoolExecutor:
        if self._pool is None:
            self._pool = processes.worker(breaking.install)
        return self._pool

    def _end(self) -> None:
        if self._pool is not None:
            self._pool.shutdown()
            self._pool = None


def _counts(operation: Operation, place: Place) -> tuple[dict[str, int], list[int]]:
    # The first run loads modules, which counts too; the second is the one that is counted.
    for _ in range(2):
        place.reset(operation.start)
        before = {name: counter.number for name, counter in COUNTERS.items()}
        operation.do(place)
        counts = {name: counter.number - before[name] for name, counter in COUNTERS.items()}
    return counts, sorted({path.stat().st_size for path in place.at_risk.rglob("*") if path.is_file()})


def _full(
    worker: _Worker, operation: Operation, place: Place, states: Mapping[str | None, Seen], share: float
) -> Iterator[tuple[Fault, Attempt]]:
    """From no free space to as much as the operation needs: first to find out how much that is, then in even steps."""
    enough = _LEAST_ENOUGH
    while enough < _DISK_BYTES // 2:
        fault, result = worker.attempt(operation, place, FullDisk(enough), states)
        yield fault, result
        if result.outcome == "done":
            break
        enough *= 2
    for free in _spread(0, enough, max(2, round(_STEPS_OF_A_FULL_DISK * share))):
        yield worker.attempt(operation, place, FullDisk(free), states)


def _failing(
    worker: _Worker, operation: Operation, place: Place, states: Mapping[str | None, Seen], share: float
) -> Iterator[tuple[Fault, Attempt]]:
    """The changes that an operation makes, each of which fails once; then files that end just before they are whole."""
    counts, sizes = worker.counts(operation, place)
    for name, count in counts.items():
        for index in _spread(0, count, max(2, round(_MOST_OF_A_COUNTER * share))):
            yield worker.attempt(operation, place, Once(name, index + 1), states)
    for index in _spread(0, len(sizes), max(2, round(_MOST_SIZES * share))):
        yield worker.attempt(operation, place, LargestFile(max(0, sizes[index] - 1)), states)


def _spread(first: int, end: int, most: int) -> Iterator[int]:
    """The numbers before the end, or so many of them, evenly from the first to the last."""
    number = min(most, end - first)
    return (first + (end - 1 - first) * step // max(1, number - 1) for step in range(number))


def _row(name: str, tries: Iterable[tuple[Fault, Attempt]]) -> Row:
    started = time.monotonic()
    tally = Tally()
    number = 0
    for fault, result in tries:
        number += 1
        tally.counts[result.outcome] += 1
        for kind, text in result.wrong.items():
            tally.fail(kind, str(fault), text)
    return tally.row(name, number, time.monotonic() - started, *_WRONG)
