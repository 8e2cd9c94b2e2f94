"""The options of a benchmark: where to work, what to measure on, how much."""

from dataclasses import dataclass
from pathlib import Path

MODEL = "all-MiniLM-L6-v2"
SETS = Path(__file__).parents[3] / "shared" / "eval"
"""Evaluation sets beside this checkout."""


@dataclass(frozen=True, slots=True)
class Options:
    """`work` is a folder that keeps what takes long to make; `sets` is a folder of evaluation sets.

    `txtai` is a Python that has the peer, `before` one that has another version of Askdex, `markitdown` and `docling` one that
    has the reader of that name, if any. `sizes` are numbers of passages; a benchmark has its own where none are given. With
    `tiny` a benchmark only shows that it runs.
    """

    work: Path
    sets: Path = SETS
    txtai: Path | None = None
    before: Path | None = None
    sizes: tuple[int, ...] = ()
    tiny: bool = False
    markitdown: Path | None = None
    docling: Path | None = None

    def __post_init__(self) -> None:
        self.work.mkdir(parents=True, exist_ok=True)


class SkippedError(Exception):
    """A benchmark cannot run here; the message says why."""
