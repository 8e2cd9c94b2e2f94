"""What an index could not be made of, as lines for a terminal, JSON, or a file for a table program."""

import csv
import json
from collections.abc import Mapping, Sequence
from os import fsdecode
from pathlib import Path
from shlex import quote

import click

from askdex.indexer.types import LeftOut
from askdex.server.cli.terminal import printable

_COLUMNS = ("file", "path", "reason", "since")


def left_out_values(files: Sequence[LeftOut]) -> list[dict[str, str]]:
    """What is left out, as JSON has it: the name in the index, the path, the reason, and the time since when."""
    values = ((file.uri, fsdecode(file.key), file.reason, file.since) for file in files)
    return [dict(zip(_COLUMNS, row, strict=True)) for row in values]


def print_left_out(files: Sequence[LeftOut]) -> None:
    """Print what is left out, a line each, with the reason and the day."""
    for file in files:
        click.echo(printable(f"{file.uri}: {file.reason} (since {file.since[:10]})"))
    if not files:
        click.echo("Nothing is left out.")


def write_report(path: Path, files: Sequence[LeftOut]) -> None:
    """Write what is left out to a file: CSV where its name ends so, else JSON Lines. Raises OSError."""
    values = left_out_values(files)
    with path.open("w", encoding="utf-8", errors="backslashreplace", newline="") as report:
        if path.suffix.lower() == ".csv":
            writer = csv.DictWriter(report, _COLUMNS)
            writer.writeheader()
            writer.writerows(values)
        else:
            report.writelines(f"{json.dumps(row)}\n" for row in values)


def print_gone(folders: Mapping[str, int]) -> None:
    """Print which folders are gone whose documents are still in the index, and what to do."""
    for folder, number in folders.items():
        are = "document is" if number == 1 else "documents are"
        name = _as_typed(folder)
        click.echo(printable(f"{number:,} {are} of {name}, which is gone: askdex remove {quote(name)}"), err=True)


def _as_typed(folder: str) -> str:
    """The path of a folder relative to the current one where it lies in it, as a user would type it."""
    path = Path(folder)
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else folder
