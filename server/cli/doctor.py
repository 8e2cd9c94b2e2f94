"""The command that checks an index and repairs it."""

import shlex
from collections.abc import Callable
from dataclasses import asdict
from functools import cache
from pathlib import Path

import click

from askdex.indexer.models.encoder import Encoder
from askdex.indexer.models.loading import Device
from askdex.indexer.upkeep.doctor import examine
from askdex.indexer.upkeep.repair import repair
from askdex.server.cli.models import encoder_loader
from askdex.server.cli.options import index_option, json_option, wait_option
from askdex.server.cli.progress import shown_progress
from askdex.server.cli.summary import print_kept
from askdex.server.cli.terminal import print_json, printable

_UNSOUND = 1
"""The exit code where something is wrong with the index."""

_HOW_TO_MEND = "Something is wrong: mend it with: askdex doctor --repair"
_UNMENDED = "Something is wrong that --repair cannot mend: do what its line says, or index the documents again."


@click.command()
@index_option
@wait_option
@click.option("--repair", "repairs", is_flag=True, help="Mend what is wrong.")
@json_option
def doctor(folder: Path, wait: bool, repairs: bool, as_json: bool) -> None:  # noqa: FBT001
    """Check everything about the index.

    Prints a line for each check. The exit code is 1 if anything is wrong.

    With --repair, what can be rebuilt is rebuilt, and only what is damaged is embedded again. If documents are damaged,
    the damaged file is kept under a dated name, and the files whose documents are lost are named.

    \b
    Examples:
      askdex doctor
      askdex doctor --repair
    """
    load_encoder = cache(encoder_loader(Device.AUTO, converts=repairs))
    if repairs:
        _repair(folder, load_encoder, wait=wait)
    findings = examine(folder, load_encoder)
    if as_json:
        print_json([asdict(finding) for finding in findings])
    else:
        for finding in findings:
            click.echo(printable(f"{'ok' if finding.is_sound else 'WRONG':<5}  {finding.check:<12}  {finding.detail}"))
    if not all(finding.is_sound for finding in findings):
        click.echo(_UNMENDED if repairs else _HOW_TO_MEND, err=True)
        raise SystemExit(_UNSOUND)


def _repair(folder: Path, load_encoder: Callable[[str], Encoder], *, wait: bool) -> None:
    """Mend an index, and print what was done and what is lost."""
    with shown_progress() as progress:
        result = repair(folder, load_encoder, progress, wait=wait)
    for line in result.done or ["Nothing was mended."]:
        click.echo(printable(line), err=True)
    for path in result.lost:
        click.echo(
            printable(f"Lost: the documents of {path}. To get them back: askdex index {shlex.quote(str(path))}"), err=True
        )
    print_kept(result.aside)
