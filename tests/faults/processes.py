"""Separate processes, for whatever would leave something behind in this one."""

import logging
import multiprocessing
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing.process import BaseProcess

import faiss

from tests.faults import quick

CONTEXT = multiprocessing.get_context("spawn")


@contextmanager
def running(target: Callable[..., None], *arguments: object) -> Iterator[BaseProcess]:
    """A process that does not outlive the block."""
    process = CONTEXT.Process(target=target, args=arguments)
    process.start()
    try:
        yield process
    finally:
        process.kill()
        process.join()


def worker(begin: Callable[[], None] | None = None) -> ProcessPoolExecutor:
    """A process that does one thing after the other."""
    return ProcessPoolExecutor(1, CONTEXT, initializer=_begin, initargs=(begin,))


def _begin(then: Callable[[], None] | None) -> None:
    # That search files are made anew is expected, and threads that wait for each other cost more than they save.
    logging.disable(logging.WARNING)
    faiss.omp_set_num_threads(1)
    quick.install()
    if then is not None:
        then()
