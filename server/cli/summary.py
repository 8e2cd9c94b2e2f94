"""What an index holds, and where an old one is kept, in a line for a terminal."""

from collections.abc import Mapping
from pathlib import Path
from shlex import quote

import click

from askdex.indexer.generations import swap
from askdex.indexer.types import State
from askdex.server.cli.terminal import printable

_MB = 10**6


def state_text(state: State) -> str:
    """What an index holds, in a few words."""
    return (
        f"{state.documents:,} {'document' if state.documents == 1 else 'documents'} in "
        f"{state.passages:,} {'passage' if state.passages == 1 else 'passages'}, {state.tokens_lost:,} tokens lost, "
        f"generation {state.generation}"
    )


def print_kept(folder: Path | None) -> None:
    """Say where the files are that were there before, if any were, and how to delete what is kept in this way."""
    if folder is None:
        return
    click.echo(printable(f"What was there before is kept in {folder}."), err=True)
    index = folder.parent
    command = f"askdex restore --clear --index {quote(str(index))}"
    click.echo(printable(f"{kept_text(swap.kept(index))} Once you need none of it, delete it with: {command}"), err=True)


def kept_text(folders: Mapping[Path, int]) -> str:
    """How many replaced indexes there are, and how much room they take."""
    number, size = len(folders), f"{sum(folders.values()) / _MB:,.1f} MB"
    return f"One replaced index takes {size}." if number == 1 else f"{number:,} replaced indexes take {size}."
