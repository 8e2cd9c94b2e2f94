"""Telling how far the encoder is: a bar on a terminal, a few plain lines elsewhere."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click

from indexer.progress import Progress

_LABEL = "Embedding"
_LINES = 10


@contextmanager
def shown_progress() -> Iterator[Progress]:
    """Show what is told to it for as long as it lasts."""
    if sys.stderr.isatty():
        # The length is known at the first call only; until then the bar has none and shows nothing.
        with click.progressbar(length=0, label=_LABEL, file=sys.stderr) as bar:

            def advance(done: int, number: int) -> None:
                bar.length = number
                bar.update(done - bar.pos)

            yield advance
        return
    last = -1

    def line(done: int, number: int) -> None:
        nonlocal last
        part = _LINES * done // number
        if part > last:
            last = part
            click.echo(f"{_LABEL}: {done:,} of {number:,}", err=True)

    yield line
