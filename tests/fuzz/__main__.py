"""The fuzz program in full: python -m tests.fuzz --inputs 100000 reads so many mutated files and prints what became of them."""

import sys
import time
from pathlib import Path

import click

from tests.fuzz.mutations import mutated
from tests.fuzz.runs import Found, fuzzed
from tests.fuzz.samples import FUZZED

_SHOWN_EVERY = 5_000


@click.command()
@click.option("--inputs", default=100_000, show_default=True, help="How many files to make and read.")
@click.option("--first", default=0, show_default=True, help="The number of the first.")
@click.option("--seed", default=1, show_default=True, help="Another seed gives other files.")
@click.option("--keep", type=click.Path(path_type=Path), help="Write the files that show a fault to this folder.")
def main(inputs: int, first: int, seed: int, keep: Path | None) -> None:
    """Read mutated files; the exit code is 1 where one of them shows a fault."""
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


if __name__ == "__main__":
    main()
