"""Indexing: the share of the encoder in a run, memory against the size of the collection, and the remaining time told."""

import hashlib
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, field
from itertools import chain, count, islice
from pathlib import Path

import numpy as np

from askdex.indexer.ingest.update import update
from askdex.indexer.models.encoder import Encoder
from askdex.indexer.types import Vectors
from tests.benchmarks import machine, made_words, materials, worker
from tests.benchmarks.options import Options
from tests.benchmarks.table import megabytes, table
from tests.benchmarks.worker import Worker
from tests.benchmarks.wrapped import WrappedEncoder
from tests.stubs import StubEncoder

_SIZES = (2_000, 8_000, 32_000)
_TINY_SIZES = (40, 80)
_PASSAGES_OF_FILE = 8
_DIMENSION = 384
_TOKENS = 256
"""The dimension and the limit of the default model, so that what is stored has its size."""

_FORECAST_AT = (0.25, 0.5, 0.75)
"""Shares of a run that is done when the remaining time is compared with the true one."""


class TimedEncoder(WrappedEncoder):
    """An encoder that adds up the seconds that it works."""

    def __init__(self, encoder: Encoder) -> None:
        super().__init__(encoder)
        self.seconds = 0.0

    @contextmanager
    def _timed(self) -> Iterator[None]:
        start = time.perf_counter()
        try:
            yield
        finally:
            self.seconds += time.perf_counter() - start

    def around(self) -> AbstractContextManager[None]:
        return self._timed()


class HashedEncoder(StubEncoder):
    """Gives each text a direction drawn from its digest, at next to no cost."""

    def __init__(self, name: str, dimension: int = _DIMENSION) -> None:
        super().__init__(name, dimension=dimension, limit=_TOKENS)

    def encode_documents(self, texts: Sequence[str]) -> Vectors:
        seeds = (hashlib.blake2b(text.encode(), digest_size=8).digest() for text in texts)
        numbers = (np.random.default_rng(int.from_bytes(seed)) for seed in seeds)
        drawn = [generator.standard_normal(self.dimension, np.float32) for generator in numbers]
        return np.stack([vector / np.linalg.norm(vector) for vector in drawn])


@dataclass(frozen=True, slots=True)
class Run:
    """What a run took, and the progress that it told.

    `encoding` are the seconds in the encoder. `grown` are the bytes at the peak of memory above those before, the model
    included. `progress` has pairs of the seconds since the start and the share that was done.
    """

    seconds: float
    encoding: float
    passages: int
    grown: int | None
    progress: list[tuple[float, float]] = field(default_factory=list)


def report(options: Options) -> Iterator[str]:
    """The lines of the tables."""
    with tempfile.TemporaryDirectory() as folder:
        _write_pages(Path(folder), materials.passages(options))
        with Worker(worker.nothing) as process:
            runs = [process.call(indexed, documents) for documents in (materials.documents(options), Path(folder))]
    rows = [
        [
            f"{run.passages:,}",
            f"{run.passages / run.seconds:,.0f}",
            f"{run.encoding / run.seconds:.1%}",
            megabytes(run.grown),
        ]
        for run in runs
    ]
    yield from table(["passages", "passages/s", "of the run in the encoder", "memory above the start with the model"], rows)
    yield from table(["done by what it told", "remaining by that", "it took"], list(_forecasts(runs[-1])))
    model = made_words.learned_text(materials.passages(options))
    rows = [_sized(model, size) for size in (_TINY_SIZES if options.tiny else _SIZES)]
    yield from table(["passages, encoder that costs nothing", "passages/s", "memory above the start"], rows)


def indexed(_: object, documents: Path) -> Run:
    """Index documents with the product's encoder, loaded beforehand."""
    encoder = materials.load_encoder()
    encoder.encode_documents(["warm"])
    return _run(documents, TimedEncoder(encoder))


def indexed_at_no_cost(_: object, documents: Path) -> Run:
    """Index documents with an encoder that costs next to nothing: what everything else takes."""
    return _run(documents, TimedEncoder(HashedEncoder("hashed")))


def _run(documents: Path, encoder: TimedEncoder) -> Run:
    progress: list[tuple[float, float]] = []
    machine.forget_peak()
    before = machine.memory()
    start = time.perf_counter()

    def note(done: int, number: int) -> None:
        progress.append((time.perf_counter() - start, done / number))

    with tempfile.TemporaryDirectory() as folder:
        update_report = update(Path(folder, "index"), [documents], load_encoder=lambda _: encoder, progress=note)
    seconds = time.perf_counter() - start
    after = machine.memory()
    grown = after["VmHWM"] - before["VmRSS"] if after else None
    return Run(seconds, encoder.seconds, update_report.state.passages, grown, progress)


def _forecasts(run: Run) -> Iterator[list[str]]:
    """At a quarter, a half and three quarters: the time that remains if the rest goes at the same pace, and the true one."""
    for share in _FORECAST_AT:
        with suppress(StopIteration):
            seconds, done = next((seconds, done) for seconds, done in run.progress if done >= share)
            yield [f"{done:.0%}", f"{seconds / done * (1 - done):.1f} s", f"{run.seconds - seconds:.1f} s"]


def _sized(model: made_words.TextModel, size: int) -> list[str]:
    with tempfile.TemporaryDirectory() as folder, Worker(worker.nothing) as process:
        _write_files(Path(folder), model, size)
        run = process.call(indexed_at_no_cost, Path(folder))
    return [f"{run.passages:,}", f"{run.passages / run.seconds:,.0f}", megabytes(run.grown)]


def _write_pages(folder: Path, passages: Sequence[str]) -> None:
    """A file for each passage, whose first line is its title."""
    for number, passage in enumerate(passages):
        (folder / f"{number}.md").write_text(f"# {passage}\n".replace("\n", "\n\n", 1), encoding="utf-8")


def _write_files(folder: Path, model: made_words.TextModel, size: int) -> None:
    """Files of some passages each, with a heading above each passage."""
    passages = islice(chain.from_iterable(model.passages(block, made_words.BLOCK) for block in count()), size)
    parts = [f"# {heading}\n\n## {text[:40]}\n\n{text}.\n" for heading, text in passages]
    for number in range(0, size, _PASSAGES_OF_FILE):
        (folder / f"{number}.md").write_text("\n".join(parts[number : number + _PASSAGES_OF_FILE]), encoding="utf-8")
