"""The progress of indexing: a bar on a terminal, a few plain lines elsewhere."""

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import click

from askdex.indexer.ingest.progress import Progress

_LABEL = "Indexing"
_STEPS = 10
"""Lines that are printed where there is no terminal; a log has no use for more."""


@contextmanager
def shown_progress() -> Iterator[Progress]:
    """Give a function that shows the progress it is called with; nothing is shown before its first call."""
    with ExitStack() as stack:
        yield _bar(stack) if sys.stderr.isatty() else _lines()


def _bar(stack: ExitStack) -> Progress:
    bar: Any = None

    def advance(done: int, total: int) -> None:
        nonlocal bar
        if bar is None:
            bar = stack.enter_context(click.progressbar(length=total, label=_LABEL, file=sys.stderr))
        bar.update(done - bar.pos)

    return advance


def _lines() -> Progress:
    last_step = -1

    def print_step(done: int, total: int) -> None:
        nonlocal last_step
        step = _STEPS * done // total
        if step > last_step:
            last_step = step
            click.echo(f"{_LABEL}: {done / total:.0%}", err=True)

    return print_step
