"""The commands that keep an index in one file and bring it back."""

from functools import cache
from pathlib import Path

import click

from askdex.indexer.generations import backup, swap
from askdex.indexer.ingest.unpublished import asked_unpublished
from askdex.indexer.ingest.update import Changes
from askdex.indexer.models.loading import Device
from askdex.server.cli.models import encoder_loader
from askdex.server.cli.must_hold import broken_answers_told, must_check, must_options
from askdex.server.cli.options import index_option, wait_option
from askdex.server.cli.summary import kept_text, print_kept, state_text
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
@click.argument("file", required=False, type=click.Path(path_type=Path, dir_okay=False))
@index_option
@wait_option
@click.option("--clear", "clears", is_flag=True, help="Without FILE: delete what restore and doctor --repair have kept.")
@must_options
def restore(file: Path | None, folder: Path, wait: bool, clears: bool, must: Path | None, force: bool) -> None:  # noqa: FBT001
    """Bring back an index from a snapshot.

    The index that is there now is kept under a dated name. A running server goes on with the restored index. Where nothing
    that can be read is there, must-hold questions that do not hold are named, and stop nothing.

    \b
    Examples:
      askdex restore monday.askdex
      askdex restore --clear
    """
    if clears is (file is not None):
        raise click.UsageError("Name a snapshot to bring back, or say --clear to delete what was replaced before.")
    if file is None:
        deleted = swap.clear_kept(folder, wait=wait)
        click.echo(f"{kept_text(deleted)} Deleted." if deleted else "No replaced index is kept: nothing was deleted.")
        return
    load_encoder = cache(encoder_loader(Device.AUTO, converts=False))
    # Where no index can be read there is nothing to keep as it was: its owner is glad of any.
    goes_on = force or not backup.newest_generation(folder)
    check = must_check(folder, must, load_encoder, force=goes_on and must is not None)
    asked = None if check is None else asked_unpublished(lambda searcher: check(searcher, Changes()), load_encoder)
    with broken_answers_told():
        state, kept = backup.restore(folder, file, wait=wait, check=asked)
    click.echo(f"Index: {state_text(state)}.")
    print_kept(kept)
