"""An evaluation as a page with pictures: quality by mode, and whether relevance comes true."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader

from askdex.corpus.errors import AskdexError

_FILE = "index.html"
_MEASURE = "ndcg@10"
_Told = Mapping[str, Any]


class ReportError(AskdexError):
    """A report cannot be written."""


@dataclass(frozen=True, slots=True)
class Bar:
    """The quality of a mode with its interval, 0 to 1, and the milliseconds of a question."""

    mode: str
    mean: float
    low: float
    high: float
    milliseconds: float


@dataclass(frozen=True, slots=True)
class Curve:
    """Of a mode what was expected of results and what was found, 0 to 1, and how large each point is drawn, 0 to 1."""

    mode: str
    error: float
    points: tuple[tuple[float, float, float], ...]


def write(folder: Path, found: Mapping[str, Mapping[str, _Told]]) -> Path:
    """Write the page of what was measured, by sets and modes, into a folder. Raises ReportError."""
    environment = Environment(loader=PackageLoader("askdex.server.cli"), autoescape=True, trim_blocks=True, lstrip_blocks=True)
    sets = [(name, modes, list(_bars(modes)), list(_curves(modes))) for name, modes in found.items()]
    page = environment.get_template("report.html").render(sets=sets, measure=_MEASURE)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / _FILE).write_text(page, encoding="utf-8")
    except OSError as error:
        raise ReportError(f"The report cannot be written to {folder} ({error.strerror}): name another folder.") from error
    return folder / _FILE


def _bars(modes: Mapping[str, _Told]) -> Iterator[Bar]:
    for mode, told in modes.items():
        yield Bar(mode, **told["measures"][_MEASURE], milliseconds=told["milliseconds"])


def _curves(modes: Mapping[str, _Told]) -> Iterator[Curve]:
    for mode, told in modes.items():
        bins = told["reliability"]
        if bins:
            most = max(one["results"] for one in bins)
            points = ((one["expected"], one["found"], (one["results"] / most) ** 0.5) for one in bins)
            yield Curve(mode, told["calibration_error"], tuple(points))
