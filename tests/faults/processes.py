"""Separate processes, for whatever would leave something behind in this one.

They are copies of a process that has loaded the modules and done nothing else: to load them takes longer than most of what is
tried.
"""

import logging
import multiprocessing
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing.process import BaseProcess

import faiss

from tests.faults import quick

CONTEXT = multiprocessing.get_context("forkserver")
_LOADED = [f"tests.faults.{name}" for name in ("child", "disk", "load", "oddities", "turns")]


def started(target: Callable[..., None], *arguments: object) -> BaseProcess:
    """A process that does something."""
    CONTEXT.set_forkserver_preload(_LOADED)
    process = CONTEXT.Process(target=target, args=arguments)
    process.start()
    return process


@contextmanager
def running(target: Callable[..., None], *arguments: object) -> Iterator[BaseProcess]:
    """A process that does something quickly, and does not outlive the block."""
    process = started(quick.quickly(target), *arguments)
    try:
        yield process
    finally:
        process.kill()
        process.join()


def worker(begin: Callable[[], object] | None = None) -> ProcessPoolExecutor:
    """A process that does one thing after the other, quickly."""
    CONTEXT.set_forkserver_preload(_LOADED)
    return ProcessPoolExecutor(1, CONTEXT, initializer=quick.quickly(_begin), initargs=(begin,))


def _begin(then: Callable[[], object] | None) -> None:
    # That search files are made anew is expected, and threads that wait for each other cost more than they save.
    logging.disable(logging.WARNING)
    faiss.omp_set_num_threads(1)
    if then is not None:
        then()
