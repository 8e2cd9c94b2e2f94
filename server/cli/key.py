"""The commands that say who may ask a server."""

from pathlib import Path

import click

from askdex.server.cli.models import OneOf
from askdex.server.cli.options import index_option
from askdex.server.cli.terminal import printable
from askdex.server.keys import Scope, add_key, keys_file, read_keys, revoke_key


@click.group()
def key() -> None:
    """Say who may ask a server: add, list and revoke keys.

    A running server takes up changes within a second.

    \b
    Examples:
      askdex key add anna
      askdex key list
      askdex key revoke anna
    """


@key.command()
@click.argument("name")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    default=[Scope.READ.value],
    show_default=True,
    type=OneOf(Scope),
    help="What the key is good for: to ask, to change what is held, to see the metrics; may be given several times.",
)
@index_option
def add(name: str, scopes: tuple[str, ...], folder: Path) -> None:
    """Make a key and print it, this once."""
    token = add_key(keys_file(folder), name, map(Scope, scopes))
    click.echo(token)
    click.echo(f"Keep it: it is not shown again. Who loses it gets another: askdex key revoke {name}", err=True)


@key.command(name="list")
@index_option
def list_keys(folder: Path) -> None:
    """Print the names of all keys, what they are good for, and since when they are there."""
    keys = read_keys(keys_file(folder))
    width = max((len(each.name) for each in keys), default=0)
    for each in keys:
        click.echo(printable(f"{each.name:<{width}}  since {each.made}  {', '.join(sorted(each.scopes))}"))
    if not keys:
        click.echo("There are no keys.")


@key.command()
@click.argument("name")
@index_option
def revoke(name: str, folder: Path) -> None:
    """Take a key back: who has it may not ask any more."""
    revoke_key(keys_file(folder), name)
    click.echo(f"The key {name} is revoked.")
