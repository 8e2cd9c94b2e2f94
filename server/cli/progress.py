"""Telling how far the encoder is: a bar on a terminal, a few plain lines elsewhere."""

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import click

from askdex.indexer.ingest.progress import Progress

_LABEL = "Indexing"
_LINES = 10


@contextmanager
def shown_progress() -> Iterator[Progress]:
    """Show what is told to it for as long as it lasts; nothing, where nothing is told."""
    with ExitStack() as stack:
        yield _bar(stack) if sys.stderr.isatty() else _lines()


def _bar(stack: ExitStack) -> Progress:
    bar: Any = None

    def advance(done: int, number: int) -> None:
        nonlocal bar
        if bar is None:
            bar = stack.enter_context(click.progressbar(length=number, label=_LABEL, file=sys.stderr))
        bar.update(done - bar.pos)

    return advance


def _lines() -> Progress:
    last = -1

    def tell(done: int, number: int) -> None:
        nonlocal last
        part = _LINES * done // number
        if part > last:
            last = part
            click.echo(f"{_LABEL}: {done / number:.0%}", err=True)

    return tell
