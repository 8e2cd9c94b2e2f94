"""The fuzz program in full: python -m tests.fuzz mutated, or hostile, reads all such files and prints what became of them."""

import re
import sys
import time
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path

import click

from tests.fuzz.hostile import Make, inputs
from tests.fuzz.measuring import Measured, measured
from tests.fuzz.mutations import mutated
from tests.fuzz.runs import Found, fuzzed
from tests.fuzz.samples import FUZZED

_SHOWN_EVERY = 5_000
_MOST_AT_ONCE, _MOST_BYTES_AT_ONCE = 10, 60 * 2**20
"""Hostile files that are read in one run, and their bytes."""
_LINE = "{:32} {:>9} {:>6} {:>5}  {}"


@click.group()
def main() -> None:
    """Read files that are broken or made to hurt; the exit code is 1 where one of them shows a fault."""


@main.command("mutated")
@click.option("--inputs", default=100_000, show_default=True, help="How many files to make and read.")
@click.option("--first", default=0, show_default=True, help="The number of the first.")
@click.option("--seed", default=1, show_default=True, help="Another seed gives other files.")
@click.option("--keep", type=click.Path(path_type=Path), help="Write the files that show a fault to this folder.")
def mutated_files(inputs: int, first: int, seed: int, keep: Path | None) -> None:
    """Sound files with parts that are changed."""
    started = time.monotonic()
    found = Found()
    for number, found in enumerate(fuzzed(seed, range(first, first + inputs)), 1):  # the last one is printed
        if number % _SHOWN_EVERY == 0:
            click.echo(f"{number:,} read, {len(found.faults)} faults, {time.monotonic() - started:.0f} s", err=True)
    for name, outcomes in found.outcomes.items():
        click.echo(f"{name}: {outcomes.total():,}")
        for outcome, count in outcomes.most_common():
            click.echo(f"  {count:7,}  {outcome}")
    click.echo(f"{inputs:,} files in {time.monotonic() - started:.0f} s, {len(found.faults)} faults")
    for number, fault in found.faults.items():
        click.echo(fault)
        if keep is not None:
            keep.mkdir(exist_ok=True)
            (keep / fault.partition(":")[0]).write_bytes(mutated(FUZZED[number % len(FUZZED)].name, seed, number))
    sys.exit(bool(found.faults))


@main.command("hostile")
@click.option("--only", default="", metavar="PATTERN", help="Only files in whose names this regular expression is found.")
@click.option("--but", metavar="PATTERN", help="None in whose names this one is found.")
@click.option(
    "--files", type=click.Path(exists=True, file_okay=False, path_type=Path), help="The files of this folder instead of ours."
)
def hostile_files(only: str, but: str | None, files: Path | None) -> None:
    """Files of every kind that asks for much, has no end, is locked, cut off or not what its name says.

    A line has the name, the bytes, the seconds of the processor and the MB that reading it took at most, and what became of it.
    """
    kinds = inputs() if files is None else {path.name: path.read_bytes for path in sorted(files.iterdir()) if path.is_file()}
    wanted = {
        name: make for name, make in kinds.items() if re.search(only, name) and not (but is not None and re.search(but, name))
    }
    click.echo(_LINE.format("file", "bytes", "s", "MB", "what became of it"))
    faults = [fault for batch in _batches(wanted) for fault in _shown(batch, measured(batch))]
    click.echo(f"{len(wanted):,} files, {len(faults)} faults")
    for fault in faults:
        click.echo(fault)
    sys.exit(bool(faults))


def _batches(kinds: Mapping[str, Make]) -> Iterator[dict[str, bytes]]:
    """Files to read together, as each run of an indexer takes a second."""
    batch: dict[str, bytes] = {}
    for name, make in kinds.items():
        batch[name] = make()
        if len(batch) == _MOST_AT_ONCE or sum(map(len, batch.values())) > _MOST_BYTES_AT_ONCE:
            yield batch
            batch = {}
    if batch:
        yield batch


def _shown(names: Collection[str], found: Measured) -> Iterable[str]:
    """Print what became of files; gives what is wrong with that."""
    for name, cost in found.files.items():
        click.echo(_LINE.format(name, cost.size, f"{cost.seconds:.1f}", cost.peak // 10**6, cost.outcome))
        yield from (f"{name}: {fault}" for fault in cost.faults)
    yield from (f"{', '.join(names)}: {fault}" for fault in found.faults)
    click.echo(
        f"  {len(names)} files: {found.seconds:.1f} s of the indexer itself, {found.seconds_again:.1f} s for a second run"
    )


if __name__ == "__main__":
    main()
