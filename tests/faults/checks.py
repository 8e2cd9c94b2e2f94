"""The checks of a scenario that runs in a process of its own."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from askdex.corpus.errors import AskdexError
from tests.faults import collection
from tests.faults.collection import OLD, built
from tests.faults.report import Tally


@dataclass(slots=True)
class Checks:
    """How many checks were made, and which of them failed."""

    tally: Tally = field(default_factory=Tally)
    tries: int = 0

    def equal(self, where: str, actual: object, expected: object) -> None:
        self.tries += 1
        if actual != expected:
            self.tally.fail("wrong", where, f"{str(actual)[:200]} for {str(expected)[:200]}")

    def refused(self, where: str, do: Callable[[], object]) -> None:
        """It must end with an error of one line that a user can do something about."""
        self.tries += 1
        with self.tally.catching(where):
            try:
                do()
            except (AskdexError, OSError) as error:
                if "\n" in str(error):
                    self.tally.fail("wrong", where, f"not one line: {error}")
            else:
                self.tally.fail("wrong", where, "not refused")


class ImpossibleError(BaseException):
    """The system does not let this be tried."""


def run_scenario(scenario: Callable[[Checks, Path], None], folder: Path) -> Checks | None:
    """Run a scenario in this process, which runs nothing else."""
    checks = Checks()
    try:
        with checks.tally.catching("at some point"):
            scenario(checks, folder)
    except ImpossibleError:
        return None
    return checks


def write(documents: Path, edition: str) -> None:
    collection.write(documents, edition, files=16, rows=24)


def old_index(folder: Path) -> tuple[Path, Path]:
    """An index of the old edition, and its documents."""
    index, documents = folder / "index", folder / "documents"
    write(documents, OLD)
    built(index, documents)
    return index, documents
