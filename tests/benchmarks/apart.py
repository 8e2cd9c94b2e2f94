"""Processes of their own, so that what is compared shares neither threads nor memory."""

import multiprocessing
import time
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor
from types import TracebackType
from typing import Any, Concatenate, Generic, ParamSpec, Self, TypeVar

_CONTEXT = multiprocessing.get_context("spawn")
_T = TypeVar("_T")
_R = TypeVar("_R")
_P = ParamSpec("_P")
_held: Any = None
"""What a process of its own was made to hold; in the process that asks, nothing."""


class Apart(Generic[_T]):
    """A process that makes one thing and then does with it what it is asked, one after the other."""

    def __init__(self, make: Callable[..., _T], *arguments: object) -> None:
        self._pool = ProcessPoolExecutor(1, _CONTEXT)
        self._pool.submit(_hold, make, arguments).result()

    def begin(self, function: Callable[Concatenate[_T, _P], _R], *arguments: _P.args, **named: _P.kwargs) -> "Future[_R]":
        """Call a function with the thing; it and its arguments must be picklable."""
        return self._pool.submit(_call, function, arguments, named)

    def call(self, function: Callable[Concatenate[_T, _P], _R], *arguments: _P.args, **named: _P.kwargs) -> _R:
        """Call a function with the thing and wait for what it returns."""
        return self.begin(function, *arguments, **named).result()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._pool.shutdown(cancel_futures=True)


def timed(function: Callable[[], object]) -> float:
    """The seconds that a call takes."""
    started = time.perf_counter()
    function()
    return time.perf_counter() - started


def nothing() -> None:
    """What a process holds that only runs functions."""


def _hold(make: Callable[..., object], arguments: tuple[object, ...]) -> None:
    global _held
    _held = make(*arguments)


def _call(function: Callable[..., _R], arguments: tuple[object, ...], named: dict[str, object]) -> _R:
    return function(_held, *arguments, **named)
