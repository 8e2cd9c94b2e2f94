"""The command that checks an index and repairs it."""

import shlex
from collections.abc import Callable
from dataclasses import asdict
from functools import cache
from pathlib import Path

import click

from askdex.indexer.errors import RequestError
from askdex.indexer.models.encoder import Encoder
from askdex.indexer.models.loading import Device
from askdex.indexer.postgres.address import DatabaseAddress
from askdex.indexer.upkeep.doctor import Finding, examine
from askdex.indexer.upkeep.published import examine_published, repair_published
from askdex.indexer.upkeep.repair import repair
from askdex.server.cli.models import encoder_loader
from askdex.server.cli.options import json_option, place_option, wait_option
from askdex.server.cli.progress import shown_progress
from askdex.server.cli.summary import print_kept
from askdex.server.cli.terminal import print_json, printable

_UNSOUND = 1
"""The exit code where something is wrong with the index."""

_HOW_TO_MEND = "Something is wrong: mend it with: askdex doctor --repair"
_UNMENDED = "Something is wrong that --repair cannot mend: do what its line says, or index the documents again."


@click.command()
@place_option
@wait_option
@click.option("--repair", "repairs", is_flag=True, help="Mend what is wrong.")
@click.option(
    "--truth",
    type=click.Path(path_type=Path, file_okay=False),
    help="For a published index: the folder that it was published from.",
)
@json_option
def doctor(
    place: Path | DatabaseAddress,
    wait: bool,  # noqa: FBT001
    repairs: bool,  # noqa: FBT001
    truth: Path | None,
    as_json: bool,  # noqa: FBT001
) -> None:
    """Check everything about the index.

    Prints a line for each check. The exit code is 1 if anything is wrong.

    With --repair, what can be rebuilt is rebuilt, and only what is damaged is embedded again. If documents are damaged,
    the damaged file is kept under a dated name, and the files whose documents are lost are named.

    A published index is compared with the folder that it was published from, named by --truth; with --repair, only what
    differs is sent again.

    \b
    Examples:
      askdex doctor
      askdex doctor --repair
      askdex doctor --index postgresql://db.example/handbook --truth .askdex
    """
    if isinstance(place, DatabaseAddress):
        findings = _published(place, truth, repairs=repairs)
    elif truth is not None:
        raise RequestError("--truth is for a published index: name its address with --index.")
    else:
        load_encoder = cache(encoder_loader(Device.AUTO, converts=repairs))
        if repairs:
            _repair(place, load_encoder, wait=wait)
        findings = examine(place, load_encoder)
    if as_json:
        print_json([asdict(finding) for finding in findings])
    else:
        for finding in findings:
            click.echo(printable(f"{'ok' if finding.is_sound else 'WRONG':<5}  {finding.check:<12}  {finding.detail}"))
    if not all(finding.is_sound for finding in findings):
        click.echo(_UNMENDED if repairs else _HOW_TO_MEND, err=True)
        raise SystemExit(_UNSOUND)


def _published(address: DatabaseAddress, truth: Path | None, *, repairs: bool) -> list[Finding]:
    """Compare a published index with the folder that it was published from, mended before where that is wanted."""
    if truth is None:
        raise RequestError("A published index is compared with the folder that it was published from: name it with --truth.")
    if repairs:
        for line in repair_published(truth, address) or ["Nothing was mended."]:
            click.echo(line, err=True)
    return examine_published(truth, address)


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
