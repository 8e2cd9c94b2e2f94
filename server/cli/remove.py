"""The command that takes documents out of an index."""

from pathlib import Path

import click

from askdex.indexer.ingest import remove as removing
from askdex.server.cli.changes import print_report
from askdex.server.cli.options import index_option, wait_option


@click.command()
@click.argument("documents", nargs=-1, required=True)
@index_option
@wait_option
def remove(documents: tuple[str, ...], folder: Path, wait: bool) -> None:  # noqa: FBT001
    """Take documents out of the index.

    A document is a file, a folder or a site, which need not be there any more, or a uri as results show it. They stay where
    they are: if you index them again, they come back.

    \b
    Examples:
      askdex remove handbook/old.md
      askdex remove handbook/
      askdex remove https://docs.example.org/guide/
    """
    print_report(removing.remove(folder, documents, wait=wait))
