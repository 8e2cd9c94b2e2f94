"""An evaluation as an HTML page with pictures: quality by mode, and how well relevance is calibrated."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from jinja2 import Environment, PackageLoader

from askdex.corpus.errors import AskdexError

_FILE = "index.html"
_MEASURE = "ndcg@10"
ModeRecord: TypeAlias = Mapping[str, Any]
"""What `askdex eval --json` prints for a mode of a set; `values` is by measure and question."""


class ReportError(AskdexError):
    """A report cannot be written."""


@dataclass(frozen=True, slots=True)
class Bar:
    """The quality of a mode with its 95% interval, from 0 to 1, and the milliseconds that a question takes."""

    mode: str
    mean: float
    low: float
    high: float
    milliseconds: float


@dataclass(frozen=True, slots=True)
class Curve:
    """The calibration of a mode; a point is (mean relevance, share that answers, size of the dot), each from 0 to 1."""

    mode: str
    error: float
    points: tuple[tuple[float, float, float], ...]


def write(folder: Path, records: Mapping[str, Mapping[str, ModeRecord]]) -> Path:
    """Write the page of an evaluation, whose records are by set and mode, into a folder. Raises ReportError."""
    environment = Environment(loader=PackageLoader("askdex.server.cli"), autoescape=True, trim_blocks=True, lstrip_blocks=True)
    sets = [(name, modes, list(_bars(modes)), list(_curves(modes))) for name, modes in records.items()]
    page = environment.get_template("report.html").render(sets=sets, measure=_MEASURE)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / _FILE).write_text(page, encoding="utf-8")
    except OSError as error:
        raise ReportError(f"The report cannot be written to {folder} ({error.strerror}): name another folder.") from error
    return folder / _FILE


def _bars(modes: Mapping[str, ModeRecord]) -> Iterator[Bar]:
    for mode, record in modes.items():
        yield Bar(mode, **record["measures"][_MEASURE], milliseconds=record["milliseconds"])


def _curves(modes: Mapping[str, ModeRecord]) -> Iterator[Curve]:
    for mode, record in modes.items():
        bins = record["reliability"]
        if bins:
            most_results = max(bin_["results"] for bin_ in bins)
            # The area of a dot, not its radius, stands for the number of results.
            points = ((bin_["expected"], bin_["found"], (bin_["results"] / most_results) ** 0.5) for bin_ in bins)
            yield Curve(mode, record["calibration_error"], tuple(points))
