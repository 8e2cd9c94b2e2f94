"""Processes of their own, so that what is compared shares neither threads nor memory."""

import multiprocessing
import os
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from itertools import count
from types import TracebackType
from typing import Any, Concatenate, Generic, ParamSpec, Self, TypeVar

_CONTEXT = multiprocessing.get_context("spawn")
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
_T = TypeVar("_T")
_R = TypeVar("_R")
_P = ParamSpec("_P")
_held: dict[int, Any] = {}
"""What this process was made to hold, by number; a process of its own holds one thing."""

_numbers = count()


class Apart(Generic[_T]):
    """A process that makes one thing and then does with it what it is asked, one after the other.

    `threads` are those of the libraries for numbers; by themselves they take as many as there are cores.
    """

    def __init__(self, make: Callable[..., _T], *arguments: object, threads: int | None = None) -> None:
        self._pool = ProcessPoolExecutor(1, _CONTEXT)
        self._number = next(_numbers)
        with _settings({} if threads is None else dict.fromkeys(_THREADS, str(threads))):
            self._pool.submit(_hold, self._number, make, arguments).result()

    def begin(self, function: Callable[Concatenate[_T, _P], _R], *arguments: _P.args, **named: _P.kwargs) -> "Future[_R]":
        """Call a function with the thing; it and its arguments must be picklable."""
        return self._pool.submit(_call, self._number, function, arguments, named)

    def call(self, function: Callable[Concatenate[_T, _P], _R], *arguments: _P.args, **named: _P.kwargs) -> _R:
        """Call a function with the thing and wait for what it returns."""
        return self.begin(function, *arguments, **named).result()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._pool.shutdown(cancel_futures=True)


def nothing() -> None:
    """What a process holds that only runs functions."""


@contextmanager
def _settings(wanted: dict[str, str]) -> Iterator[None]:
    """Variables that processes begin with that are started meanwhile."""
    before = dict(os.environ)
    os.environ.update(wanted)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def _hold(number: int, make: Callable[..., object], arguments: tuple[object, ...]) -> None:
    _held[number] = make(*arguments)


def _call(number: int, function: Callable[..., _R], arguments: tuple[object, ...], named: dict[str, object]) -> _R:
    return function(_held[number], *arguments, **named)
