"""The command that publishes an index to a database."""

from pathlib import Path

import click

from askdex.indexer.postgres.address import DatabaseAddress, require_extra
from askdex.server.cli.options import Parsed, database, index_option


@click.command()
@click.argument("address", type=Parsed("address", database))
@index_option
@click.option("--anew", is_flag=True, help="Send all of it, also what is there: it mends what is damaged.")
def publish(address: DatabaseAddress, folder: Path, anew: bool) -> None:  # noqa: FBT001
    """Publish the index to PostgreSQL, for servers on any machine.

    The database gets what has changed since the last time. Servers that read it answer from the new state within a second, and
    from the one before until then. The password is taken from PGPASSWORD, ~/.pgpass or a service file.

    \b
    Examples:
      askdex publish postgresql://askdex@db.example/handbook
      askdex publish postgresql://askdex@db.example/handbook --anew
    """
    require_extra()
    # Here alone: it needs an extra.
    from askdex.indexer.postgres import publish as publishing

    done = publishing.publish(folder, address, anew=anew)
    state = done.state
    click.echo(
        f"Published generation {state.generation}: {state.documents:,} documents with {state.passages:,} passages; "
        f"{done.sent:,} documents were sent, {done.gone:,} taken away."
    )
