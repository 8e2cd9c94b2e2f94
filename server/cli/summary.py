"""What an index holds, and where an old one is kept, in a line for a terminal."""

from pathlib import Path

import click

from askdex.indexer.types import State
from askdex.server.cli.terminal import printable


def state_text(state: State) -> str:
    """What an index holds, in a few words."""
    return (
        f"{state.documents:,} {'document' if state.documents == 1 else 'documents'} in "
        f"{state.passages:,} {'passage' if state.passages == 1 else 'passages'}, {state.tokens_lost:,} tokens lost, "
        f"generation {state.generation}"
    )


def print_kept(folder: Path | None) -> None:
    """Say where the files are that were there before, if any were."""
    if folder is not None:
        click.echo(printable(f"What was there before is kept in {folder}."), err=True)
