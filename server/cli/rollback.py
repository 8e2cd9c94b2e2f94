"""The command that undoes the latest change of an index."""

from pathlib import Path

import click

from askdex.indexer.generations.publish import roll_back
from askdex.server.cli.options import index_option, wait_option
from askdex.server.cli.summary import state_text


@click.command()
@index_option
@wait_option
def rollback(folder: Path, wait: bool) -> None:  # noqa: FBT001
    """Go back to the state before the latest change.

    One state is kept for this, so it works once after each change.

    \b
    Examples:
      askdex rollback
    """
    state = roll_back(folder, wait=wait)
    click.echo(f"The index is as it was before the latest change: {state_text(state)}.")
