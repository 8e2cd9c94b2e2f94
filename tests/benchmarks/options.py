"""What a benchmark is told: where to work, what to measure on, how much."""

from dataclasses import dataclass
from pathlib import Path

MODEL = "all-MiniLM-L6-v2"
SETS = Path(__file__).parents[3] / "shared" / "eval"


@dataclass(frozen=True, slots=True)
class Options:
    """`work` keeps what is costly to make; `sets` holds evaluation sets; `txtai` is a Python that has the peer, if any.

    `sizes` are the numbers of passages to grow to. With `tiny` a benchmark only shows that it runs.
    """

    work: Path
    sets: Path = SETS
    txtai: Path | None = None
    sizes: tuple[int, ...] = (10_000, 100_000, 1_000_000)
    tiny: bool = False

    def __post_init__(self) -> None:
        self.work.mkdir(parents=True, exist_ok=True)


class SkippedError(Exception):
    """A benchmark cannot run here; says why."""
