"""What a run did to an index, in a few lines for a terminal."""

from collections.abc import Sequence

import click

from askdex.corpus.types import Skipped
from askdex.indexer.ingest.update import Changes, Report
from askdex.server.cli.summary import state_text
from askdex.server.cli.terminal import printable

_MOST_SKIPPED_SHOWN = 20
"""Files that were left out and are named, with the reason of each; the others are counted."""


def print_report(report: Report) -> None:
    """Print what was done to an index."""
    print_skipped(report.changes.skipped)
    click.echo(f"Files: {changes_text(report.changes)}.")
    click.echo(f"Index: {state_text(report.state)}. {report.seconds:.1f} seconds.")


def changes_text(changes: Changes) -> str:
    """How many files are new, changed, and so on."""
    return (
        f"{len(changes.new):,} new, {len(changes.changed):,} changed, {len(changes.moved):,} moved, "
        f"{len(changes.removed):,} removed, {len(changes.unchanged):,} unchanged, {len(changes.skipped):,} left out"
    )


def print_skipped(skipped: Sequence[Skipped]) -> None:
    """Print what was left out and why, the first few items of many."""
    for item in skipped[:_MOST_SKIPPED_SHOWN]:
        click.echo(printable(f"Left out {item.uri}: {item.reason}"), err=True)
    if len(skipped) > _MOST_SKIPPED_SHOWN:
        click.echo(f"Left out {len(skipped) - _MOST_SKIPPED_SHOWN:,} more: askdex info --left-out lists all", err=True)
