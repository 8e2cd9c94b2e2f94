"""The command that says what people ask, and what they do not find."""

import csv
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict
from functools import cache, partial
from pathlib import Path
from typing import Any

import click

from askdex.indexer.models.loading import Device
from askdex.indexer.search.searcher import open_searcher
from askdex.indexer.types import Mode
from askdex.indexer.upkeep.asked import QuestionGroup, WhatIsAsked, answered_now, what_is_asked
from askdex.server.asked_table import write_table
from askdex.server.cli.models import device_option, encoder_loader, rerank_stage
from askdex.server.cli.options import index_option, json_option
from askdex.server.cli.terminal import print_json, printable
from askdex.server.question_log import hour

_TITLES = {"most_asked": "Most asked", "not_answered": "Not answered", "did_not_help": "Answered, but did not help"}
_COUNTS = {"most_asked": "asked", "not_answered": "not_answered", "did_not_help": "not_helped"}
"""What a list is ordered by."""


@click.command()
@index_option
@click.option(
    "--days", default=90, show_default=True, type=click.IntRange(1, 36_500), help="Tell of what was asked in so many days."
)
@click.option(
    "--least-days",
    default=3,
    show_default=True,
    type=click.IntRange(1),
    help="Tell the words of a question that was asked alike on at least so many days.",
)
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1), help="Questions of each list.")
@click.option(
    "--as-set",
    "set_file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="File to write questions to, with the documents that helped, as a set for eval.",
)
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV.")
@json_option
@device_option
def questions(
    folder: Path,
    days: int,
    least_days: int,
    limit: int,
    set_file: Path | None,
    as_csv: bool,  # noqa: FBT001
    as_json: bool,  # noqa: FBT001
    device: Device,
) -> None:
    """Say what people ask, and what they do not find.

    It is what a server that logs questions has written down, put together by meaning: what is asked most, what is not
    answered, and what was answered but did not help, each with the document that is nearest to it.

    \b
    Examples:
      askdex questions
      askdex questions --days 7 --csv
      askdex questions --as-set asked.csv
    """
    if as_csv and as_json:
        raise click.UsageError("Choose one of --csv and --json.")
    load_encoder = cache(encoder_loader(device, converts=False))
    asked = what_is_asked(folder, load_encoder, hour(days), least_days)
    if set_file is not None:
        _write_set(set_file, asked.groups)
        return
    if asked.lists["not_answered"]:
        with closing(open_searcher(folder, load_encoder, rerank_stage(None, None, device))) as searcher:
            mode = Mode.PRECISE if searcher.rerank_stage.is_at_hand else Mode.FAST
            asked = asked.asked_again(partial(answered_now, searcher, mode))
    lists = {name: groups[:limit] for name, groups in asked.lists.items()}
    if as_json:
        print_json(_json(asked, lists))
    elif as_csv:
        write_table(sys.stdout, lists)
    else:
        for line in _lines(asked, lists, least_days):
            click.echo(printable(line))


def _json(asked: WhatIsAsked, lists: Mapping[str, Sequence[QuestionGroup]]) -> dict[str, Any]:
    counts = {name: getattr(asked, name) for name in ("asked", "not_answered", "lost", "hidden", "hidden_asked")}
    return {**counts, "lists": {name: list(map(asdict, groups)) for name, groups in lists.items()}}


def _lines(asked: WhatIsAsked, lists: Mapping[str, Sequence[QuestionGroup]], least_days: int) -> Iterator[str]:
    """What people ask, for reading."""
    yield f"{asked.asked:,} questions were asked, {asked.not_answered:,} of them were not answered."
    if asked.lost:
        yield f"{asked.lost:,} more could not be written down."
    for name, groups in lists.items():
        yield ""
        yield _TITLES[name] if groups else f"{_TITLES[name]}: nothing"
        for group in groups:
            yield from _group_lines(name, group)
    if asked.hidden:
        yield ""
        yield f"{asked.hidden:,} others, asked {asked.hidden_asked:,} times, were asked on fewer than {least_days} days."


def _group_lines(name: str, group: QuestionGroup) -> Iterator[str]:
    yield f"{getattr(group, _COUNTS[name]):>6,}  {group.question}"
    if group.document is not None:
        yield f"        {'nearest' if name == 'most_asked' else 'write here'}: {group.document}"


def _write_set(file: Path, groups: Sequence[QuestionGroup]) -> None:
    """Write the questions of which people said that a document helped, as a set for eval."""
    rows = [(group.question, uri.partition("#")[0]) for group in groups for uri in group.helpful]
    with file.open("w", encoding="utf-8", newline="") as lines:
        csv.writer(lines, lineterminator="\n").writerows([("question", "document"), *rows])
    left = sum(group.did_not_help for group in groups)
    told = f"Wrote {len({question for question, _ in rows}):,} questions with the documents that helped to {file}."
    click.echo(printable(told))
    if left:
        click.echo(
            f"{left:,} questions whose answers did not help are left out: which document answers them is for you to say."
        )
