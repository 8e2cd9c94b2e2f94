"""The commands that keep an index in one file and bring it back."""

from pathlib import Path

import click

from askdex.indexer.generations import backup
from askdex.server.cli.options import index_option, wait_option
from askdex.server.cli.summary import print_kept, state_text
from askdex.server.cli.terminal import printable


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@index_option
def snapshot(file: Path, folder: Path) -> None:
    """Keep the index as it is in one file.

    Others may ask and index meanwhile. The file is compressed and has checksums; `restore` brings it back.

    \b
    Examples:
      askdex snapshot monday.askdex
    """
    state = backup.snapshot(folder, file)
    click.echo(f"{printable(str(file))} holds {state_text(state)}.")


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@index_option
@wait_option
def restore(file: Path, folder: Path, wait: bool) -> None:  # noqa: FBT001
    """Bring back an index from a snapshot.

    The index that is there now is kept under a dated name. A running server goes on with the restored index.

    \b
    Examples:
      askdex restore monday.askdex
    """
    state, kept = backup.restore(folder, file, wait=wait)
    click.echo(f"Index: {state_text(state)}.")
    print_kept(kept)
