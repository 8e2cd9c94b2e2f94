"""Must-hold questions that do not hold, in a line each for a terminal."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from os import fsdecode
from pathlib import Path
from typing import Any

import click

from askdex.indexer.errors import BrokenAnswersError
from askdex.indexer.evaluation.must_hold import Broken, MustHold, MustHoldCheck, read_must_hold
from askdex.indexer.evaluation.told import Told
from askdex.indexer.ingest.update import EncoderLoader
from askdex.server.cli.terminal import printable

_must_option = click.option(
    "--must",
    type=click.Path(path_type=Path, dir_okay=False),
    help="CSV file of questions with their documents (columns question, document, words): where one would not be answered from "
    "there any more, the index stays as it was and the exit code is 1.",
)
_force_option = click.option("--force", is_flag=True, help="Go on where a question of --must is broken.")


def must_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that name must-hold questions and what becomes of a change that breaks one."""
    return _must_option(_force_option(command))


def must_check(folder: Path, must: Path | None, load_encoder: EncoderLoader, *, force: bool) -> MustHoldCheck | None:
    """What asks the questions of these options; None where none are named. Raises UsageError, EvaluationSetError."""
    if must is None:
        if force:
            raise click.UsageError("--force goes on where must-hold questions are broken: name their file with --must.")
        return None
    return MustHoldCheck(folder, read_must_hold(must), load_encoder, print_broken, goes_on=force)


@contextmanager
def broken_answers_told() -> Iterator[None]:
    """End a command with a line and the exit code 1 where must-hold questions stopped it: nothing is wrong with the command."""
    try:
        yield
    except BrokenAnswersError as error:
        raise click.ClickException(printable(str(error))) from error


def print_broken(broken: Broken) -> None:
    """Print what people would be told instead of what they must be, and which edit did it."""
    label = {None: "Does not hold", True: "Broken", False: "Did not hold before either"}[broken.held_before]
    parts = [f'{label}: "{broken.must.question}" {_told_text(broken.now)}, but {_expected_text(broken.must)}']
    parts += [f"{fsdecode(cause.key)} {cause.edit}" for cause in broken.causes]
    if broken.held_before and not broken.causes:
        parts += ["it is not one file that did it"]
    click.echo(printable("; ".join(parts)), err=True)


def _told_text(told: Told) -> str:
    if told.document is None:
        return "is not answered"
    return f"is answered from {told.document.uri} with »{' '.join(told.answer.split())}«"


def _expected_text(must: MustHold) -> str:
    wanted = [
        f'from {expected.document} with "{expected.words}"' if expected.words.strip() else f"from {expected.document}"
        for expected in must.expected
    ]
    return f"must be {' or '.join(wanted)}" if wanted else "must not be"
