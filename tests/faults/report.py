"""The table that the fault program prints."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

_MOST_FAILURES = 10
_WIDTHS = (36, 6, 74, 8)


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table: a scenario, how often it was gone through, what was counted, whether that is as it must be.

    `failures` says of the first that went wrong what and where, so that it can be done again.
    """

    name: str
    tries: int
    seen: str
    is_right: bool
    seconds: float
    failures: tuple[str, ...] = ()


@dataclass(slots=True)
class Tally:
    """What was counted in the tries of a scenario, and what went wrong in them."""

    counts: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)

    def fail(self, kind: str, where: str, what: object) -> None:
        self.counts[kind] += 1
        if len(self.failures) < _MOST_FAILURES:
            self.failures.append(f"{where}: {kind}: {what}")

    @contextmanager
    def catching(self, where: str) -> Iterator[None]:
        """Count what nobody expects as a crash."""
        try:
            yield
        except Exception as error:
            self.fail("crashes", where, repr(error))

    def row(self, name: str, tries: int, seconds: float, *always: str) -> Row:
        """The line for the table; these counts are in it even where they are 0."""
        seen = ", ".join(f"{self.counts[kind]:,} {kind}" for kind in dict.fromkeys([*always, *self.counts]))
        return Row(name, tries, seen, not self.failures, seconds, tuple(self.failures))


def heading() -> str:
    return _cells("scenario", "tries", "seen", "seconds", "")


def line(row: Row) -> str:
    cells = _cells(row.name, f"{row.tries:,}", row.seen, f"{row.seconds:.1f}", "ok" if row.is_right else "FAILED")
    return "\n".join([cells, *(f"    {failure}" for failure in row.failures)])


def _cells(name: str, tries: str, seen: str, seconds: str, verdict: str) -> str:
    left, right, middle, last = _WIDTHS
    return f"{name:<{left}} {tries:>{right}}  {seen:<{middle}} {seconds:>{last}}  {verdict}".rstrip()
