"""The command that embeds texts for indexers on other machines."""

from functools import partial

import click

from askdex.indexer.ingest.elsewhere import work as embedding
from askdex.indexer.models.loading import Device
from askdex.indexer.postgres.address import DatabaseAddress
from askdex.server.cli.models import device_option, encoder_loader, model_option
from askdex.server.cli.options import Parsed, database


@click.command()
@click.argument("address", type=Parsed("address", database))
@model_option
@device_option
@click.option("--once", is_flag=True, help="End when nothing is left to embed.")
def work(address: DatabaseAddress, model: str | None, device: Device, once: bool) -> None:  # noqa: FBT001
    """Embed texts for indexers on other machines, until Ctrl-C.

    Run it on as many machines as are to embed. All must have the same model, runtime and precision: one with others is
    refused. A worker that is stopped or dies costs nothing: others take its texts after a minute.

    \b
    Examples:
      askdex work postgresql://askdex@db.example/handbook
      askdex work postgresql://askdex@db.example/handbook --once
    """
    tell = partial(click.echo, err=True)
    try:
        number = embedding(address, encoder_loader(device, model), tell, ends_when_done=once)
    except KeyboardInterrupt:
        click.echo("Stopped.")
    else:
        click.echo(f"Embedded {number:,} texts.")
