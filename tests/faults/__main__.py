"""The fault program in full: python -m tests.faults [NAME ...] goes through the scenarios and prints a table of them."""

import logging
import sys
import tempfile
from pathlib import Path

import click

from tests.faults import NAMES, report, rows


@click.command()
@click.argument("names", nargs=-1, type=click.Choice(NAMES))
def main(names: tuple[str, ...]) -> None:
    """Go through the scenarios and print a table; the exit code is 1 where anything was not as it must be."""
    # Search files are meant to be made anew here; it need not be said each time.
    logging.disable(logging.WARNING)
    is_right = True
    click.echo(report.heading())
    for name in names or NAMES:
        with tempfile.TemporaryDirectory() as folder:
            for row in rows(name, 1.0, Path(folder)):
                click.echo(report.line(row))
                is_right &= row.is_right
    sys.exit(not is_right)


if __name__ == "__main__":
    main()
