"""The command that indexes documents."""

from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import click

from askdex.corpus.errors import AskdexError
from askdex.server.cli.options import device_option, encoder_loader, index_option, model_option, wait_option
from askdex.server.cli.progress import shown_progress
from askdex.server.cli.terminal import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from askdex.corpus.types import Skipped
    from askdex.indexer.ingest.update import Changes, EncoderLoader, Report
    from askdex.indexer.store.states import State

_MOST_SHOWN = 20


@click.command()
@click.argument("documents", nargs=-1, required=True, type=click.Path(path_type=Path))
@index_option
@model_option
@device_option
@wait_option
@click.option("--dry-run", is_flag=True, help="Say what would change, and change nothing.")
@click.option("--watch", is_flag=True, help="Go on, and index what changes, until Ctrl-C.")
def index(
    documents: tuple[Path, ...],
    folder: Path,
    model: str | None,
    device: str,
    wait: bool,  # noqa: FBT001
    dry_run: bool,  # noqa: FBT001
    watch: bool,  # noqa: FBT001
) -> None:
    """Index files and folders, or bring their index up to date.

    Reads text, Markdown, HTML, PDF, Word, and CSV or JSON Lines with the columns question and answer. Only what is new or
    changed is read again; what is gone from a folder is taken out. A run that was stopped is gone on with by the next.

    \b
    Examples:
      askdex index handbook/ faq.csv
      askdex index handbook/ --dry-run
      askdex index handbook/ --watch --index ~/indexes/handbook
    """
    if dry_run:
        _print_plan(folder, documents)
        return
    load_encoder = encoder_loader(device, model)
    if watch:
        _watch(folder, documents, model, cache(load_encoder), wait=wait)
    else:
        update(folder, documents, model, load_encoder, wait=wait)


def _watch(folder: Path, documents: "Sequence[Path]", model: str | None, load_encoder: "EncoderLoader", *, wait: bool) -> None:
    """Index documents, and again whenever they change; what goes wrong is said once, and tried again."""
    from askdex.server.cli.watch import changes

    update(folder, documents, model, load_encoder, wait=wait)
    click.echo("Watching for changes (Ctrl-C to stop)")
    said = ""
    with suppress(KeyboardInterrupt):
        for dealt_with in changes(documents, leave_out=folder):
            try:
                update(folder, documents, model, load_encoder, wait=wait, is_again=True)
                dealt_with()
                said = ""
            except (AskdexError, OSError) as error:
                if str(error) != said:
                    click.echo(printable(str(error)), err=True)
                said = str(error)
    click.echo("Stopped.")


def update(
    folder: Path,
    documents: "Sequence[Path]",
    model: str | None,
    load_encoder: "EncoderLoader",
    *,
    wait: bool,
    is_again: bool = False,
) -> None:
    """Index documents, or the starter collection where there are none; it makes room for any others.

    Says what was done; where it is done again, only if there was something to do.
    """
    from askdex.corpus import starter
    from askdex.indexer.ingest import update

    if not documents:
        click.echo("No documents were named: this is the starter collection, on social insurance in China.")
    with shown_progress() as progress:
        report = update.update(
            folder,
            documents or (starter.FOLDER,),
            model=model,
            instead_of=starter.FOLDER,
            load_encoder=load_encoder,
            progress=progress,
            wait=wait,
        )
    if report.changes.are_any or not is_again:
        print_report(report)


def print_report(report: "Report") -> None:
    """Say what was done to an index."""
    _print_skipped(report.changes.skipped)
    click.echo(f"Files: {_counted(report.changes)}.")
    click.echo(f"Index: {told(report.state)}. {report.seconds:.1f} seconds.")


def told(state: "State") -> str:
    """What an index holds, in a few words."""
    return (
        f"{state.documents:,} {'document' if state.documents == 1 else 'documents'} in "
        f"{state.passages:,} {'passage' if state.passages == 1 else 'passages'}, {state.tokens_lost:,} tokens lost, "
        f"generation {state.generation}"
    )


def _print_plan(folder: Path, documents: "Sequence[Path]") -> None:
    from askdex.corpus import starter
    from askdex.indexer.ingest.update import plan

    changes = plan(folder, documents, instead_of=starter.FOLDER)
    for name, paths in (("new", changes.new), ("changed", changes.changed), ("removed", changes.removed)):
        for path in paths:
            click.echo(f"{name:<8} {printable(str(path))}")
    for path, before in changes.moved.items():
        click.echo(f"{'moved':<8} {printable(f'{before} -> {path}')}")
    _print_skipped(changes.skipped)
    click.echo(f"Files: {_counted(changes)}. Nothing was changed.")


def _counted(changes: "Changes") -> str:
    return (
        f"{len(changes.new):,} new, {len(changes.changed):,} changed, {len(changes.moved):,} moved, "
        f"{len(changes.removed):,} removed, {len(changes.unchanged):,} unchanged, {len(changes.skipped):,} left out"
    )


def _print_skipped(skipped: "Sequence[Skipped]") -> None:
    for item in skipped[:_MOST_SHOWN]:
        click.echo(printable(f"Left out {item.uri}: {item.reason}"), err=True)
    if len(skipped) > _MOST_SHOWN:
        click.echo(f"Left out {len(skipped) - _MOST_SHOWN:,} more", err=True)
