"""The command that brings an old index up to date."""

from pathlib import Path

import click

from askdex.indexer.upkeep import rebuild
from askdex.server.cli.options import index_option, wait_option
from askdex.server.cli.progress import shown_progress
from askdex.server.cli.summary import print_kept


@click.command()
@index_option
@wait_option
def migrate(folder: Path, wait: bool) -> None:  # noqa: FBT001
    """Bring the index of an older Askdex up to date.

    Nothing is embedded again. The old files are kept under a dated name.

    \b
    Examples:
      askdex migrate
    """
    with shown_progress() as progress:
        kept = rebuild.migrate(folder, progress=progress, wait=wait)
    click.echo("The index has the present format.")
    print_kept(kept)
