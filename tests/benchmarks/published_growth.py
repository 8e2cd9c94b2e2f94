"""Growth of the engine in PostgreSQL beside the embedded one: the same made passages in both, the same questions in turn."""

import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from askdex.indexer.engine.embedded import EmbeddedEngine
from askdex.indexer.engine.files import Stamp, opened
from askdex.indexer.engine.protocol import Ask, Engine, Found
from askdex.indexer.engine.question import weighed
from askdex.indexer.postgres.address import DatabaseAddress
from askdex.indexer.types import Ids, State, Vectors
from tests.benchmarks import engines, growth, materials
from tests.benchmarks.engines import Source
from tests.benchmarks.options import Options, SkippedError
from tests.benchmarks.table import percentile, table
from tests.indexer.postgres import server

_SIZES = (10_000, 30_000, 100_000)
_TINY_SIZES = (1_000, 2_000)
_QUESTIONS, _TINY_QUESTIONS = 200, 10
_WARMING = 20
"""Questions that are asked before the clock runs."""


@dataclass(frozen=True, slots=True)
class Side:
    """What an engine took: seconds to make, bytes, seconds of each question."""

    made: float
    size: int
    seconds: list[float]


@dataclass(frozen=True, slots=True)
class Size:
    """Both engines with a number of passages.

    `recall` is the share of the ten nearest passages that are among the candidates of PostgreSQL, `noted` what publishing
    found, `same` the share of its candidates among those of the embedded engine.
    """

    embedded: Side
    published: Side
    recall: float
    noted: float
    same: float


_FIGURES: Mapping[str, tuple[Callable[[Size], float], str]] = {
    "embedded: make, s": (lambda size: size.embedded.made, ",.1f"),
    "PostgreSQL: make, s": (lambda size: size.published.made, ",.1f"),
    "embedded: MB": (lambda size: size.embedded.size / 1e6, ",.1f"),
    "PostgreSQL: MB": (lambda size: size.published.size / 1e6, ",.1f"),
    "embedded: candidates p50, ms": (lambda size: percentile(size.embedded.seconds, 0.5) * 1e3, ",.2f"),
    "PostgreSQL: candidates p50, ms": (lambda size: percentile(size.published.seconds, 0.5) * 1e3, ",.2f"),
    "embedded: candidates p95, ms": (lambda size: percentile(size.embedded.seconds, 0.95) * 1e3, ",.2f"),
    "PostgreSQL: candidates p95, ms": (lambda size: percentile(size.published.seconds, 0.95) * 1e3, ",.2f"),
    "p50, times the embedded": (lambda size: _ratio(size, 0.5), ",.2f"),
    "p95, times the embedded": (lambda size: _ratio(size, 0.95), ",.2f"),
    "recall@10 of PostgreSQL": (lambda size: size.recall, ".4f"),
    "recall@10 that was noted": (lambda size: size.noted, ".4f"),
    "candidates of the embedded": (lambda size: size.same, ".4f"),
}
_WITHOUT_EXPONENT = ("times", "recall", "candidates of")


def report(options: Options) -> Iterator[str]:
    """The lines of the table. Raises SkippedError."""
    if reason := server.reason_to_skip():
        raise SkippedError(reason)
    texts, questions = materials.passages(options), materials.questions(options)
    questions = questions[: _TINY_QUESTIONS if options.tiny else _QUESTIONS]
    source = Source(texts, materials.vectors(options, "passages", texts), materials.vectors(options, "questions", questions))
    sizes = _TINY_SIZES if options.tiny else options.sizes or _SIZES
    nearest = engines.exact(source, source.questions, sizes)
    measured = {}
    for size in sizes:
        with tempfile.TemporaryDirectory(dir=options.work) as place:
            measured[size] = _measured(source, Path(place), size, nearest[size])
    yield from _table(measured)


def _measured(source: Source, folder: Path, size: int, nearest: list[Ids]) -> Size:
    build = engines.make(source, folder, size)
    on_disk = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    embedded = opened(folder, Stamp(str(size), size, size))
    running = server.started()
    address = running.address(running.new_database())
    state = State(1, str(size), passages=size, vectors=size)
    published_s = _stage(source, address, state) - build.passages_seconds
    ((stored,),) = server.rows_of(address, "SELECT pg_database_size(current_database())")
    ((noted,),) = server.rows_of(address, "SELECT recall FROM askdex.states")
    with closing(_Open(address, state, source.vectors.shape[1])) as published:
        seconds, found = _asked(source, embedded, published.engine)
    running.kill()
    recall = engines.recall([one.ids for _, one in found], nearest)
    same = float(np.mean([len(np.intersect1d(one.ids, other.ids)) / len(one.ids) for one, other in found]))
    by_side = list(zip(*seconds, strict=True))
    return Size(
        Side(build.seconds, on_disk, list(by_side[0])),
        Side(published_s, int(str(stored)), list(by_side[1])),
        recall,
        float(str(noted)),
        same,
    )


def _stage(source: Source, address: DatabaseAddress, state: State) -> float:
    """Stage made passages; returns the seconds, those of making the passages among them."""
    from askdex.indexer.postgres.connection import connect
    from askdex.indexer.postgres.published import PostgresPublished
    from askdex.indexer.postgres.tables import create

    with closing(connect(address)) as connection:
        create(address, connection, "growth")
        started = time.perf_counter()
        PostgresPublished(connection).stage(state, source.entries(state.passages), np.empty(0, np.int64), None)
        return time.perf_counter() - started


class _Open:
    """The engine of a state that is staged, and its connection."""

    def __init__(self, address: DatabaseAddress, state: State, dimension: int) -> None:
        from askdex.indexer.postgres.connection import connect, execute
        from askdex.indexer.postgres.engine import PostgresEngine
        from askdex.indexer.postgres.held import held_engine
        from askdex.indexer.postgres.states import read

        self._connection = connect(address)
        # As the server's own housekeeping does sooner or later.
        execute(self._connection, "ANALYZE")
        self.engine: Engine = PostgresEngine(
            self._connection, held_engine(self._connection, read(self._connection, state)), dimension
        )

    def close(self) -> None:
        self._connection.close()


def _asked(
    source: Source, embedded: EmbeddedEngine, published: Engine
) -> tuple[list[tuple[float, float]], list[tuple[Found, Found]]]:
    """The seconds and the candidates of each question, from both sides in turn."""
    seconds, found = [], []
    texts = source.text_model.questions(0, len(source.questions) + _WARMING)
    vectors: Vectors = np.concatenate([source.questions[:_WARMING], source.questions])
    for vector, text in zip(vectors, texts, strict=False):
        one, other = _timed(embedded, vector, text), _timed(published, vector, text)
        seconds.append((one[0], other[0]))
        found.append((one[1], other[1]))
    begun = len(vectors) - len(source.questions)
    return seconds[begun:], found[begun:]


def _timed(engine: Engine, vector: Vectors, text: str) -> tuple[float, Found]:
    started = time.perf_counter()
    found = engine.candidates(Ask(vector, weighed(text, engine.vocabulary).terms))
    return time.perf_counter() - started, found


def _ratio(size: Size, share: float) -> float:
    return percentile(size.published.seconds, share) / percentile(size.embedded.seconds, share)


def _table(measured: Mapping[int, Size]) -> Iterator[str]:
    rows = []
    for name, (value, form) in _FIGURES.items():
        values = {size: value(figures) for size, figures in measured.items()}
        has_exponent = not any(part in name for part in _WITHOUT_EXPONENT)
        exponent = f"{growth.fitted(values).exponent:+.2f}" if has_exponent else ""
        rows.append([name, *(format(number, form) for number in values.values()), exponent])
    yield from table(["passages", *(f"{size:,}" for size in measured), "exponent"], rows)
