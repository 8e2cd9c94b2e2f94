"""The command that says what an index holds."""

from collections.abc import Mapping
from pathlib import Path

import click

from askdex.indexer.upkeep.info import inventory
from askdex.server.cli.options import index_option, json_option
from askdex.server.cli.terminal import print_json, printable


@click.command()
@index_option
@json_option
def info(folder: Path, as_json: bool) -> None:  # noqa: FBT001
    """Say what the index holds.

    \b
    Examples:
      askdex info
      askdex info --json
    """
    contents = inventory(folder)
    if as_json:
        print_json(contents)
        return
    for name, value in contents.items():
        click.echo(printable(f"{name.replace('_', ' '):<13} {_value_text(value)}"))


def _value_text(value: str | float | Mapping[str, int] | None) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key} ({number:,})" for key, number in value.items())
    if value is None:
        return "not measured"
    return value if isinstance(value, str) else f"{value:,}"
