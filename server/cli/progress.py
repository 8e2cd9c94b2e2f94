"""The progress of indexing: a bar on a terminal, a line now and then elsewhere."""

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import click

from askdex.corpus.sources.site.rules import CrawlProgress
from askdex.indexer.ingest.progress import Progress

_INDEXING = "Indexing"
_BLINK_S = 0.2
"""Seconds between two changes of a line on a terminal."""
_PAUSE_S = 10.0
"""Seconds between two lines where there is no terminal: enough to see that it goes on, few enough for a log."""


@contextmanager
def shown_progress(label: str = _INDEXING) -> Iterator[Progress]:
    """Give a function that shows the progress it is called with; nothing is shown before its first call."""
    with ExitStack() as stack:
        yield _bar(stack, label) if sys.stderr.isatty() else _Lines(stack, label)


def _bar(stack: ExitStack, label: str) -> Progress:
    bar: Any = None

    def advance(done: int, total: int) -> None:
        nonlocal bar
        if bar is None:
            bar = stack.enter_context(click.progressbar(length=total, label=label, file=sys.stderr))
        bar.update(done - bar.pos)

    return advance


@contextmanager
def shown_pages() -> Iterator[CrawlProgress]:
    """Give a function that shows how many pages of a site were fetched, and how many wait; nothing before its first call."""
    is_terminal, shown = sys.stderr.isatty(), 0.0

    def show(done: int, waiting: int) -> None:
        nonlocal shown
        now, is_last = time.monotonic(), not waiting
        if is_last or now - shown >= (_BLINK_S if is_terminal else _PAUSE_S):
            shown = now
            line = f"Fetching: {done:,} pages, {waiting:,} to come"
            click.echo(f"\r{line}\033[K" if is_terminal else line, nl=is_last or not is_terminal, err=True)

    yield show


class _Lines:
    """Prints a line at the first call, then every few seconds, whether it is called or not, and at the end."""

    def __init__(self, stack: ExitStack, label: str) -> None:
        self._label = label
        self._done, self._total = 0, 0
        self._started = 0.0
        self._has_ended = threading.Event()
        self._thread = threading.Thread(target=self._print_now_and_then, name="progress", daemon=True)
        stack.callback(self._end)

    def __call__(self, done: int, total: int, /) -> None:
        """See Progress."""
        self._done, self._total = done, total
        if not self._started:
            self._started = time.monotonic()
            self._print()
            self._thread.start()
        elif done >= total and not self._has_ended.is_set():
            self._has_ended.set()
            self._print()

    def _end(self) -> None:
        self._has_ended.set()
        if self._started:
            self._thread.join()

    def _print_now_and_then(self) -> None:
        while not self._has_ended.wait(_PAUSE_S):
            self._print()

    def _print(self) -> None:
        click.echo(progress_line(self._done, self._total, time.monotonic() - self._started, self._label), err=True)


def progress_line(done: int, total: int, seconds: float, label: str = _INDEXING) -> str:
    """How far a task is after so many seconds, and how long it will take if it goes on like that."""
    share = done / total if total else 1.0
    line = f"{label}: {share:.0%}"
    return f"{line}, about {_duration(seconds * (1 - share) / share)} left" if 0 < share < 1 else line


def _duration(seconds: float) -> str:
    """A time in words that are no more exact than it is: "40 s", "3 min", "2.5 h"."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    return f"{round(seconds / 60)} min" if seconds < 90 * 60 else f"{seconds / 3600:.1f} h"
