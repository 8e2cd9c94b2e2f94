"""The commands that keep an index in order."""

import shlex
from dataclasses import asdict
from functools import cache
from pathlib import Path

import click

from askdex.indexer.generations import backup
from askdex.indexer.generations.publish import roll_back
from askdex.indexer.ingest.remove import remove as remove_documents
from askdex.indexer.ingest.update import EncoderLoader
from askdex.indexer.models.loading import Device
from askdex.indexer.upkeep import rebuild
from askdex.indexer.upkeep.doctor import examine
from askdex.indexer.upkeep.repair import repair
from askdex.server.cli.index import print_report, state_text
from askdex.server.cli.options import encoder_loader, index_option, json_option, wait_option
from askdex.server.cli.progress import shown_progress
from askdex.server.cli.terminal import print_json, printable

_UNSOUND = 1
"""The exit code where something is wrong with the index."""

_HOW_TO_MEND = "Something is wrong: mend it with: askdex doctor --repair"
_UNMENDED = "Something is wrong that --repair cannot mend: do what its line says, or index the documents again."


@click.command()
@click.argument("documents", nargs=-1, required=True)
@index_option
@wait_option
def remove(documents: tuple[str, ...], folder: Path, wait: bool) -> None:  # noqa: FBT001
    """Take documents out of the index.

    A document is a file or folder, which need not be there any more, or a uri as results show it. The files stay where
    they are: if you index their folder again, they come back.

    \b
    Examples:
      askdex remove handbook/old.md
      askdex remove handbook/
    """
    print_report(remove_documents(folder, documents, wait=wait))


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
    state = roll_back(folder, wait=wait)
    click.echo(f"The index is as it was before the latest change: {state_text(state)}.")


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
    state = backup.snapshot(folder, file)
    click.echo(f"{printable(str(file))} holds {state_text(state)}.")


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@index_option
@wait_option
def restore(file: Path, folder: Path, wait: bool) -> None:  # noqa: FBT001
    """Bring back an index from a snapshot.

    The index that is there now is kept under a dated name. A running server goes on with the restored index.

    \b
    Examples:
      askdex restore monday.askdex
    """
    state, kept = backup.restore(folder, file, wait=wait)
    click.echo(f"Index: {state_text(state)}.")
    _print_kept(kept)


@click.command()
@index_option
@wait_option
def migrate(folder: Path, wait: bool) -> None:  # noqa: FBT001
    """Bring the index of an older Askdex up to date.

    Nothing is embedded again. The old files are kept under a dated name.

    \b
    Examples:
      askdex migrate
    """
    with shown_progress() as progress:
        kept = rebuild.migrate(folder, progress=progress, wait=wait)
    click.echo("The index has the present format.")
    _print_kept(kept)


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


def _repair(folder: Path, load_encoder: EncoderLoader, *, wait: bool) -> None:
    """Mend an index, and print what was done and what is lost."""
    with shown_progress() as progress:
        result = repair(folder, load_encoder, progress, wait=wait)
    for line in result.done or ["Nothing was mended."]:
        click.echo(printable(line), err=True)
    for path in result.lost:
        click.echo(
            printable(f"Lost: the documents of {path}. To get them back: askdex index {shlex.quote(str(path))}"), err=True
        )
    _print_kept(result.aside)


def _print_kept(folder: Path | None) -> None:
    """Say where the files are that were there before, if any were."""
    if folder is not None:
        click.echo(printable(f"What was there before is kept in {folder}."), err=True)
