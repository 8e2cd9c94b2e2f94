"""The command that undoes the latest change of an index."""

from functools import cache
from pathlib import Path

import click

from askdex.indexer.generations.publish import roll_back
from askdex.indexer.ingest.unpublished import asked_unpublished
from askdex.indexer.ingest.update import Changes
from askdex.indexer.models.loading import Device
from askdex.server.cli.models import encoder_loader
from askdex.server.cli.must_hold import broken_answers_told, must_check, must_options
from askdex.server.cli.options import index_option, wait_option
from askdex.server.cli.summary import state_text


@click.command()
@index_option
@wait_option
@must_options
def rollback(folder: Path, wait: bool, must: Path | None, force: bool) -> None:  # noqa: FBT001
    """Go back to the state before the latest change.

    One state is kept for this, so it works once after each change.

    \b
    Examples:
      askdex rollback
    """
    load_encoder = cache(encoder_loader(Device.AUTO, converts=False))
    check = must_check(folder, must, load_encoder, force=force)
    asked = None if check is None else asked_unpublished(lambda searcher: check(searcher, Changes()), load_encoder)
    with broken_answers_told():
        state = roll_back(folder, wait=wait, check=asked)
    click.echo(f"The index is as it was before the latest change: {state_text(state)}.")
