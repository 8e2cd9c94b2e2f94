"""What a question costs beside the models, on some 1,700 passages of a public web site, or on the starter collection.

Each question is asked twice, and the second time the encoder, the model of late interaction and the reader say at once what
they said the first time. Times are processor time of the thread that asks, so that other work on the machine counts little.
The calls of NumPy are counted by `sys.setprofile` in that thread. Two numbers are told:

- C: events `c_call` of a function of NumPy or a method of one of its objects, such as `np.array` and `array.sum`;
- Python: calls of a Python function of NumPy from outside NumPy, such as `np.sort` and `np.concatenate`. NumPy's own
  dispatchers, and what a C function of NumPy calls back, are not counted.

Both are told by the module of Askdex that makes them. The profiler sees neither operators (`a + b`, `a[i]`) nor ufuncs
(`np.add`), so the true number is larger. It is good for comparing one version with another.
"""

import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from functools import partial
from types import FrameType
from typing import Any, NamedTuple
from unittest import mock

import numpy as np

from askdex.indexer.models.encoder import Encoder
from askdex.indexer.models.late_interaction import LateInteractionModel
from askdex.indexer.models.reader import PassageReader
from askdex.indexer.search.searcher import open_searcher
from askdex.indexer.types import Query, Timings
from tests.benchmarks import materials
from tests.benchmarks.options import Options
from tests.benchmarks.table import median_and_range, table

_QUESTIONS, _TINY_QUESTIONS = 200, 4
_PROFILED = 40
"""Questions whose calls are counted. A count varies only with what a question finds, so fewer do than for the times."""

_C, _PYTHON = "C", "Python"
_STAGES = {"encode": "read the question", "retrieve": "retrieve", "rerank": "read passages", "rank": "rank, choose the answers"}
"""The fields of Timings, and what is done meanwhile beside the models."""


class Call(NamedTuple):
    """The kind of a call of NumPy, and the module of Askdex that makes it, "" for none."""

    kind: str
    module: str


def report(options: Options) -> Iterator[str]:
    """The lines of the tables."""
    encoder = materials.load_encoder()
    questions = materials.questions(options)[: _TINY_QUESTIONS if options.tiny else _QUESTIONS]
    with _models_remember(encoder), closing(open_searcher(materials.index(options), lambda _: encoder)) as searcher:
        for question in questions:
            searcher.search(Query(question))
        # Responses report their times by this clock.
        with mock.patch("time.perf_counter", time.thread_time):
            timings = [searcher.search(Query(question)).timings for question in questions]
        counts = [calls(partial(searcher.search, Query(question))) for question in questions[:_PROFILED]]
    yield f"{len(questions)} questions in the mode fast, {len(counts)} of them profiled"
    yield from table(["a question", "ms, median (least-greatest)"], list(_time_rows(timings)))
    yield from table(["calls of NumPy from", "C, median (least-greatest)", "Python"], list(_call_rows(counts)))


@contextmanager
def _models_remember(encoder: Encoder) -> Iterator[None]:
    """Let the models say at once what they have said before to the same."""
    methods: dict[type, Sequence[str]] = {
        type(encoder): ("count", "encode_questions", "encode_documents"),
        LateInteractionModel: ("question",),
        PassageReader: ("count", "scores"),
    }
    with ExitStack() as stack:
        for model, names in methods.items():
            for name in names:
                stack.enter_context(mock.patch.object(model, name, _remembering(getattr(model, name))))
        yield


def _remembering(method: Callable[..., Any]) -> Callable[..., Any]:
    said: dict[str, Any] = {}

    def say(model: object, *arguments: object) -> object:
        asked = repr(arguments)
        if asked not in said:
            said[asked] = method(model, *arguments)
        return said[asked]

    return say


def _time_rows(timings: Sequence[Timings]) -> Iterator[list[str]]:
    for stage, what in _STAGES.items():
        yield [what, median_and_range([getattr(one, stage) for one in timings], 2)]
    yield ["all", median_and_range([one.total for one in timings], 2)]


def _call_rows(counts: Sequence[Counter[Call]]) -> Iterator[list[str]]:
    """A row for each module, those with the most calls first."""
    modules = {call.module for count in counts for call in count}
    numbers = {module: [[count[Call(kind, module)] for count in counts] for kind in (_C, _PYTHON)] for module in modules}
    for module in sorted(modules, key=lambda module: -sum(numbers[module][0])):
        yield [module, *(median_and_range(of_kind, 0) for of_kind in numbers[module])]
    totals = [[sum(count[Call(kind, module)] for module in modules) for count in counts] for kind in (_C, _PYTHON)]
    yield ["all", *(median_and_range(of_kind, 0) for of_kind in totals)]


def calls(work: Callable[[], object]) -> Counter[Call]:
    """The calls of NumPy that a piece of work makes."""
    counts: Counter[Call] = Counter()
    inside = 0  # C functions of NumPy that have not returned yet

    def note(frame: FrameType, event: str, function: object) -> None:
        nonlocal inside
        if event == "call":
            if not inside and _is_entry(frame):
                counts[Call(_PYTHON, _module_of_askdex(frame))] += 1
        elif event.startswith("c_") and _is_of_numpy(function):
            if event == "c_call":
                counts[Call(_C, _module_of_askdex(frame))] += 1
            inside += 1 if event == "c_call" else -1

    sys.setprofile(note)
    try:
        work()
    finally:
        sys.setprofile(None)
    return counts


def _module_of_askdex(frame: FrameType | None) -> str:
    """The module of Askdex that is nearest among the callers, "" for none."""
    while frame is not None:
        package, _, module = str(frame.f_globals.get("__name__")).partition(".")
        if package == "askdex":
            return module
        frame = frame.f_back
    return ""


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
