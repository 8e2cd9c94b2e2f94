"""Must-hold questions that do not hold, in a line each for a terminal."""

from os import fsdecode

import click

from askdex.indexer.evaluation.must_hold import Broken, MustHold
from askdex.indexer.evaluation.told import Told
from askdex.server.cli.terminal import printable


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
