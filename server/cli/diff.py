"""The command that says what people would be told otherwise."""

from collections.abc import Iterator
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import Any

import click

from askdex.indexer.evaluation.diff import Difference, Turn, differences, opened_side, own_questions, read_questions
from askdex.indexer.evaluation.told import Told
from askdex.indexer.models.loading import Device
from askdex.server.cli.models import device_option, encoder_loader
from askdex.server.cli.options import index_option, json_option
from askdex.server.cli.progress import shown_progress
from askdex.server.cli.terminal import print_json, printable

_TURNS = {
    Turn.REFUSED: "not answered any more",
    Turn.ANSWERED: "answered now",
    Turn.DOCUMENT: "answered from another document",
    Turn.WORDS: "answered in other words",
}


@click.command()
@click.argument("old")
@click.argument("new")
@click.option(
    "--questions",
    "file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="CSV file with a column question; by default the questions that the documents themselves ask, as headings do.",
)
@index_option
@device_option
@json_option
def diff(
    old: str,
    new: str,
    file: Path | None,
    folder: Path,
    device: Device,
    as_json: bool,  # noqa: FBT001
) -> None:
    """Say what people would be told otherwise.

    OLD and NEW are snapshots, folders of indexes, or numbers of generations of the index, which holds the newest and the one
    before it. Each question is asked of both; those whose answer, document or refusal differs are listed.

    \b
    Examples:
      askdex diff monday.snapshot .askdex
      askdex diff 4 5 --questions questions.csv
    """
    questions = None if file is None else read_questions(file)
    load_encoder = cache(encoder_loader(device))
    with ExitStack() as stack, shown_progress("Asking") as progress:
        before, after = (stack.enter_context(opened_side(name, folder, load_encoder)) for name in (old, new))
        asked = own_questions(before, after) if questions is None else questions
        found = list(differences(before, after, asked, progress))
    if as_json:
        print_json({"questions": len(asked), "differences": list(map(_difference_json, found))})
        return
    for difference in found:
        click.echo("\n".join(_lines(difference)))
    click.echo(f"Of {len(asked):,} questions {len(found):,} would be answered otherwise.")


def _lines(difference: Difference) -> Iterator[str]:
    turn = _TURNS[difference.turn] if difference.turn else ""
    yield printable(f"{difference.before.question}  ({turn})")
    for label, told in (("before", difference.before), ("after", difference.after)):
        yield printable(f"   {label:<7} {_told_text(told)}")


def _told_text(told: Told) -> str:
    return "no answer" if told.document is None else f"{told.document.uri}: »{' '.join(told.answer.split())}«"


def _difference_json(difference: Difference) -> dict[str, Any]:
    return {
        "question": difference.before.question,
        "difference": difference.turn,
        "before": _told_json(difference.before),
        "after": _told_json(difference.after),
    }


def _told_json(told: Told) -> dict[str, str] | None:
    return None if told.document is None else {"document": told.document.uri, "answer": told.answer}
