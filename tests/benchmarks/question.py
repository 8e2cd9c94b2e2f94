"""What a question costs beside the encoder, on some 1,700 passages of a public web site, or on the starter collection.

The times are those that a response reports: retrieving candidates, and ranking them. The calls of NumPy are counted by
`sys.setprofile` in the thread that asks, outside the encoder. Two numbers are told:

- C: events `c_call` of a function of NumPy or a method of one of its objects, such as `np.array` and `array.sum`;
- Python: calls of a Python function of NumPy from outside NumPy, such as `np.sort` and `np.concatenate`. NumPy's own
  dispatchers, and what a C function of NumPy calls back, are not counted.

The profiler sees neither operators (`a + b`, `a[i]`) nor ufuncs (`np.add`), so the true number is larger. It is good for
comparing one version with another.
"""

import statistics
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from functools import partial
from types import FrameType

import numpy as np

from askdex.indexer.models.encoder import Encoder
from askdex.indexer.search.searcher import open_searcher
from askdex.indexer.types import Query, Timings
from tests.benchmarks import materials
from tests.benchmarks.options import Options
from tests.benchmarks.table import median_and_range, table
from tests.benchmarks.wrapped import WrappedEncoder

_QUESTIONS, _TINY_QUESTIONS = 200, 4
_PROFILED = 40
"""Questions whose calls are counted. A count varies only with what a question finds, so fewer do than for the times."""

_C, _PYTHON = "C", "Python"


class UnprofiledEncoder(WrappedEncoder):
    """An encoder whose own work is not profiled."""

    @contextmanager
    def _paused(self) -> Iterator[None]:
        profile = sys.getprofile()
        sys.setprofile(None)
        try:
            yield
        finally:
            sys.setprofile(profile)

    def around(self) -> AbstractContextManager[None]:
        return self._paused()


def report(options: Options) -> Iterator[str]:
    """The lines of the table."""
    encoder: Encoder = UnprofiledEncoder(materials.load_encoder())
    questions = materials.questions(options)[: _TINY_QUESTIONS if options.tiny else _QUESTIONS]
    with closing(open_searcher(materials.index(options), lambda _: encoder)) as searcher:
        # The first question opens files, and fills caches.
        searcher.search(Query(questions[0]))
        timings = [searcher.search(Query(question)).timings for question in questions]
        counts = [calls(partial(searcher.search, Query(question))) for question in questions[:_PROFILED]]
    yield f"{len(questions)} questions in the mode fast, {len(counts)} of them profiled"
    yield from table(["a question", "median (least-greatest)"], list(_rows(timings, counts)))


def _rows(timings: list[Timings], counts: list[Counter[str]]) -> Iterator[list[str]]:
    yield ["retrieve, ms", median_and_range([one.retrieve for one in timings], 2)]
    yield ["rank, ms", median_and_range([one.rank for one in timings], 2)]
    yield ["both, ms", f"{statistics.median(one.retrieve + one.rank for one in timings):.2f}"]
    for kind in (_C, _PYTHON):
        yield [f"NumPy calls, {kind}", median_and_range([one[kind] for one in counts], 0)]


def calls(work: Callable[[], object]) -> Counter[str]:
    """The calls of NumPy that a piece of work makes, by kind."""
    counts: Counter[str] = Counter()
    inside = 0  # C functions of NumPy that have not returned yet

    def note(frame: FrameType, event: str, function: object) -> None:
        nonlocal inside
        if event == "call":
            counts[_PYTHON] += not inside and _is_entry(frame)
        elif event.startswith("c_") and _is_of_numpy(function):
            counts[_C] += event == "c_call"
            inside += 1 if event == "c_call" else -1

    sys.setprofile(note)
    try:
        work()
    finally:
        sys.setprofile(None)
    return counts


def _is_of_numpy(function: object) -> bool:
    """Whether a C function belongs to NumPy, or is a method of one of its objects."""
    owner = getattr(function, "__self__", None)
    return (
        isinstance(owner, np.ndarray | np.generic)
        or _is_name_of_numpy(type(owner).__module__)
        or _is_name_of_numpy(getattr(function, "__module__", None))
    )


def _is_entry(frame: FrameType) -> bool:
    """Whether a Python function of NumPy is called from outside NumPy."""
    is_dispatcher = frame.f_code.co_name.endswith("_dispatcher")
    return _is_in_numpy(frame) and not _is_in_numpy(frame.f_back) and not is_dispatcher


def _is_in_numpy(frame: FrameType | None) -> bool:
    return frame is not None and _is_name_of_numpy(frame.f_globals.get("__name__"))


def _is_name_of_numpy(module: object) -> bool:
    return isinstance(module, str) and module.partition(".")[0] == "numpy"
