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
_THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
_T = TypeVar("_T")
_R = TypeVar("_R")
_P = ParamSpec("_P")
_objects: dict[int, Any] = {}
"""The objects of this process by number. A worker has one; a test that runs workers as threads has several."""

_numbers = count()


class Worker(Generic[_T]):
    """A process that makes one object, and then calls functions with it, one after the other.

    `threads` limits those of the numerical libraries, which otherwise use all cores.
    """

    def __init__(self, make: Callable[..., _T], *arguments: object, threads: int | None = None) -> None:
        self._pool = ProcessPoolExecutor(1, _CONTEXT)
        self._number = next(_numbers)
        with _environment({} if threads is None else dict.fromkeys(_THREAD_VARIABLES, str(threads))):
            self._pool.submit(_make, self._number, make, arguments).result()

    def begin(self, function: Callable[Concatenate[_T, _P], _R], *arguments: _P.args, **named: _P.kwargs) -> "Future[_R]":
        """Start a call of a function with the object; the function and its arguments must be picklable."""
        return self._pool.submit(_call, self._number, function, arguments, named)

    def call(self, function: Callable[Concatenate[_T, _P], _R], *arguments: _P.args, **named: _P.kwargs) -> _R:
        """Call a function with the object, and wait for its result."""
        return self.begin(function, *arguments, **named).result()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._pool.shutdown(cancel_futures=True)


def nothing() -> None:
    """The object of a worker whose functions need none."""


@contextmanager
def _environment(variables: dict[str, str]) -> Iterator[None]:
    """Environment variables for the processes that are started in the block."""
    before = dict(os.environ)
    os.environ.update(variables)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def _make(number: int, make: Callable[..., object], arguments: tuple[object, ...]) -> None:
    _objects[number] = make(*arguments)


def _call(number: int, function: Callable[..., _R], arguments: tuple[object, ...], named: dict[str, object]) -> _R:
    return function(_objects[number], *arguments, **named)
