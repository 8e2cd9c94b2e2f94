"""The command that says what an index holds."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date
from pathlib import Path

import click

from askdex.indexer.errors import RequestError
from askdex.indexer.postgres.address import DatabaseAddress, require_extra
from askdex.indexer.types import LeftOut
from askdex.indexer.upkeep.info import inventory, left_out_files
from askdex.indexer.upkeep.stale import StaleDocument, stale_documents
from askdex.server.cli.left_out import left_out_values, print_gone, print_left_out
from askdex.server.cli.options import json_option, place_option
from askdex.server.cli.terminal import print_json, printable


@click.command()
@place_option
@click.option("--left-out", "lists_left_out", is_flag=True, help="List what could not be read, why, and since when.")
@click.option("--stale", is_flag=True, help="List the documents that are out of date, and why.")
@click.option("--stale-after", "most_days", type=click.IntRange(1), metavar="DAYS", help="Likewise, older ones too.")
@json_option
def info(
    place: Path | DatabaseAddress,
    lists_left_out: bool,  # noqa: FBT001
    stale: bool,  # noqa: FBT001
    most_days: int | None,
    as_json: bool,  # noqa: FBT001
) -> None:
    """Say what the index holds.

    With --left-out, list every file, folder and part of a file that could not be read, why, and since when. With --stale,
    list the documents that are out of date instead. These two take a folder; of a published index the rest is told.

    \b
    Examples:
      askdex info
      askdex info --json
      askdex info --left-out
      askdex info --stale-after 730
      askdex info --index postgresql://askdex@db.example/handbook
    """
    if isinstance(place, DatabaseAddress):
        if lists_left_out or stale or most_days is not None:
            raise RequestError("What was left out, and what is out of date, is told of the folder of an index alone.")
        _print_published(place, as_json=as_json)
        return
    folder = place
    if lists_left_out:
        _print_left_out(left_out_files(folder), as_json=as_json)
        return
    if stale or most_days is not None:
        _print_stale(stale_documents(folder, date.today(), most_days), as_json=as_json)
        return
    contents = inventory(folder)
    if as_json:
        print_json(contents)
        return
    if not contents["sites"]:
        del contents["sites"]
    gone, intervals, tuning = (contents.pop(name) for name in ("gone_folders", "refused_intervals", "tuning"))
    for name, value in contents.items():
        bounds = (intervals or {}).get(name.removesuffix("_questions_refused"))
        interval = f" ({bounds[0]:.3f} to {bounds[1]:.3f})" if bounds else ""
        click.echo(printable(f"{name.replace('_', ' '):<13} {_value_text(value)}{interval}"))
    click.echo(f"{'tuning':<13} {_tuning_text(tuning)}")
    print_gone(gone)


def _print_published(address: DatabaseAddress, *, as_json: bool) -> None:
    require_extra()
    # Here alone: it needs an extra.
    from askdex.indexer.postgres import info as published

    contents = published.inventory(address)
    if as_json:
        print_json(contents)
        return
    for name, value in contents.items():
        click.echo(printable(f"{name.replace('_', ' '):<17} {_value_text(value)}"))


def _print_left_out(files: Sequence[LeftOut], *, as_json: bool) -> None:
    if as_json:
        print_json(left_out_values(files))
    else:
        print_left_out(files)


def _print_stale(documents: Sequence[StaleDocument], *, as_json: bool) -> None:
    if as_json:
        print_json({"stale": list(map(asdict, documents))})
        return
    for document in documents:
        click.echo(printable(f"{document.uri}: {document.reason}"))
    number = len(documents)
    click.echo(f"{number:,} {'document is' if number == 1 else 'documents are'} out of date.")


def _tuning_text(tuning: Mapping[str, float | None] | None) -> str:
    if tuning is None:
        return "none"
    fitted = f"words times {tuning['keyword_factor']}, tokens times {tuning['match_factor']}, log-odds {tuning['shift']:+}"
    if tuning["refused_at_most"] is not None:
        gain = f"no more than {tuning['refused_at_most']:.1%} of the questions with an answer are refused"
    else:
        gain = f"{tuning['gain']:+.1%} ({tuning['gain_low']:+.1%} to {tuning['gain_high']:+.1%}) of them are served"
    return f"{fitted}; fitted on {tuning['questions']:,} questions: {gain}"


def _value_text(value: str | float | Mapping[str, int] | None) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key} ({number:,})" for key, number in value.items())
    if value is None:
        return "not measured"
    return value if isinstance(value, str) else f"{value:,}"
