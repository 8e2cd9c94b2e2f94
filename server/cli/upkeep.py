"""The commands that keep an index in order."""

import shlex
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import click

from askdex.server.cli.index import print_report, told
from askdex.server.cli.options import encoder_loader, index_option, json_option, wait_option
from askdex.server.cli.progress import shown_progress
from askdex.server.cli.terminal import print_json, printable

if TYPE_CHECKING:
    from askdex.indexer.ingest.update import EncoderLoader

_UNSOUND = 1
_UNMENDED = "Something is wrong that --repair cannot mend: see to it as its line says, or index the documents anew."


@click.command()
@click.argument("documents", nargs=-1, required=True)
@index_option
@wait_option
def remove(documents: tuple[str, ...], folder: Path, wait: bool) -> None:  # noqa: FBT001
    """Take documents out of the index.

    A document is a file or folder, there or gone, or a uri as results show it. The files stay where they are: indexing
    their folder again brings them back.

    \b
    Examples:
      askdex remove handbook/old.md
      askdex remove handbook/
    """
    from askdex.indexer.ingest.remove import remove

    print_report(remove(folder, documents, wait=wait))


@click.command()
@index_option
@wait_option
def rollback(folder: Path, wait: bool) -> None:  # noqa: FBT001
    """Go back to the state before the latest change.

    One state is kept for this, so it works once after each change.

    \b
    Examples:
      askdex rollback
    """
    from askdex.indexer.generations.publish import roll_back

    state = roll_back(folder, wait=wait)
    click.echo(f"The index is as it was before the latest change: {told(state)}.")


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@index_option
def snapshot(file: Path, folder: Path) -> None:
    """Keep the index as it is in one file.

    Others may ask and index meanwhile. The file is compressed and has checksums; `restore` brings it back.

    \b
    Examples:
      askdex snapshot monday.askdex
    """
    from askdex.indexer.generations.backup import snapshot

    state = snapshot(folder, file)
    click.echo(f"{printable(str(file))} holds {told(state)}.")


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@index_option
@wait_option
def restore(file: Path, folder: Path, wait: bool) -> None:  # noqa: FBT001
    """Bring back an index from a snapshot.

    The index that is there now is kept under a dated name. A server that runs goes on, with what was brought back.

    \b
    Examples:
      askdex restore monday.askdex
    """
    from askdex.indexer.generations.backup import restore

    state, aside = restore(folder, file, wait=wait)
    click.echo(f"Index: {told(state)}.")
    _print_aside(aside)


@click.command()
@index_option
@wait_option
def migrate(folder: Path, wait: bool) -> None:  # noqa: FBT001
    """Bring an index that an older Askdex made up to date.

    Nothing is embedded again. The old files are kept under a dated name.

    \b
    Examples:
      askdex migrate
    """
    from askdex.indexer.upkeep.migration import migrate

    with shown_progress() as progress:
        aside = migrate(folder, progress=progress, wait=wait)
    click.echo("The index has the present format.")
    _print_aside(aside)


@click.command()
@index_option
@wait_option
@click.option("--repair", "repairs", is_flag=True, help="Mend what is wrong.")
@json_option
def doctor(folder: Path, wait: bool, repairs: bool, as_json: bool) -> None:  # noqa: FBT001
    """Check everything about the index: a line for each check, and exit code 1 if anything is wrong.

    With --repair, what can be made anew is made anew, and only what is damaged is embedded again. A file with damaged
    documents is kept under a dated name, and what is lost is said.

    \b
    Examples:
      askdex doctor
      askdex doctor --repair
    """
    from askdex.indexer.upkeep.doctor import examine

    load_encoder = cache(encoder_loader("auto", converts=repairs))
    if repairs:
        _repair(folder, load_encoder, wait=wait)
    findings = examine(folder, load_encoder)
    if as_json:
        print_json([asdict(finding) for finding in findings])
    else:
        for finding in findings:
            click.echo(printable(f"{'ok' if finding.is_sound else 'WRONG':<5}  {finding.check:<12}  {finding.detail}"))
    if not all(finding.is_sound for finding in findings):
        click.echo(_UNMENDED if repairs else "Something is wrong: mend it with: askdex doctor --repair", err=True)
        raise SystemExit(_UNSOUND)


def _repair(folder: Path, load_encoder: "EncoderLoader", *, wait: bool) -> None:
    from askdex.indexer.upkeep.repair import repair

    with shown_progress() as progress:
        result = repair(folder, load_encoder, progress, wait=wait)
    for line in result.done or ["Nothing was mended."]:
        click.echo(printable(line), err=True)
    for path in result.lost:
        click.echo(
            printable(f"Lost: the documents of {path}. To get them back: askdex index {shlex.quote(str(path))}"), err=True
        )
    _print_aside(result.aside)


def _print_aside(aside: Path | None) -> None:
    if aside is not None:
        click.echo(printable(f"What was there before is kept in {aside}."), err=True)


commands = (remove, rollback, snapshot, restore, doctor, migrate)
