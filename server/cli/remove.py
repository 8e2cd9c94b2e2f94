"""The command that takes documents out of an index."""

from functools import cache
from pathlib import Path

import click

from askdex.indexer.ingest import remove as removing
from askdex.indexer.models.loading import Device
from askdex.server.cli.changes import print_report
from askdex.server.cli.models import encoder_loader
from askdex.server.cli.must_hold import broken_answers_told, must_check, must_options
from askdex.server.cli.options import index_option, wait_option


@click.command()
@click.argument("documents", nargs=-1, required=True)
@index_option
@wait_option
@must_options
def remove(documents: tuple[str, ...], folder: Path, wait: bool, must: Path | None, force: bool) -> None:  # noqa: FBT001
    """Take documents out of the index.

    A document is a file, a folder or a site, which need not be there any more, or a uri as results show it. They stay where
    they are: if you index them again, they come back.

    \b
    Examples:
      askdex remove handbook/old.md
      askdex remove handbook/
      askdex remove https://docs.example.org/guide/
    """
    load_encoder = cache(encoder_loader(Device.AUTO, converts=False))
    check = must_check(folder, must, load_encoder, force=force)
    with broken_answers_told():
        print_report(removing.remove(folder, documents, wait=wait, check=check, load_encoder=load_encoder))
