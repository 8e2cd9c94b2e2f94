"""Indexing: the share of the encoder in a run, memory against the size of the collection, and the remaining time told."""

import hashlib
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import chain, count, islice
from pathlib import Path
from typing import Any

import numpy as np

from askdex.indexer.ingest.update import update
from askdex.indexer.models.encoder import Encoder
from askdex.indexer.types import Vectors
from tests.benchmarks import apart, machine, materials, words
from tests.benchmarks.apart import Apart
from tests.benchmarks.options import Options
from tests.benchmarks.table import megabytes, table
from tests.stubs import StubEncoder

_SIZES = (2_000, 8_000, 32_000)
_TINY_SIZES = (40, 80)
_OF_FILE = 8
_DIMENSION = 384
_TOKENS = 256
_TOLD_AT = (0.25, 0.5, 0.75)


@dataclass(slots=True)
class Timed:
    """An encoder that notes how long it was at work; what it does not do itself the true one does."""

    encoder: Encoder
    seconds: float = 0.0

    def encode_documents(self, texts: Sequence[str]) -> Vectors:
        return self._timed(self.encoder.encode_documents, texts)

    def encode_questions(self, texts: Sequence[str]) -> Vectors:
        """With these a collection is measured at the end of a run."""
        return self._timed(self.encoder.encode_questions, texts)

    def _timed(self, encode: Callable[[Sequence[str]], Vectors], texts: Sequence[str]) -> Vectors:
        started = time.perf_counter()
        try:
            return encode(texts)
        finally:
            self.seconds += time.perf_counter() - started

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401  # whatever it is that the true one has
        return getattr(self.encoder, name)


class HashedEncoder(StubEncoder):
    """Gives each text a direction drawn from its digest, at next to no cost."""

    def __init__(self, name: str) -> None:
        super().__init__(name, dimension=_DIMENSION, limit=_TOKENS)

    def encode_documents(self, texts: Sequence[str]) -> Vectors:
        seeds = (hashlib.blake2b(text.encode(), digest_size=8).digest() for text in texts)
        drawn = [np.random.default_rng(int.from_bytes(seed)).standard_normal(_DIMENSION, np.float32) for seed in seeds]
        return np.stack([vector / np.linalg.norm(vector) for vector in drawn])


@dataclass(frozen=True, slots=True)
class Run:
    """What a run took, and when it told how much of it was done.

    `encoding` are the seconds in the encoder, `grown` the most bytes that were held above those before, with the model.
    """

    seconds: float
    encoding: float
    passages: int
    grown: int | None
    told: list[tuple[float, float]] = field(default_factory=list)


def report(options: Options) -> Iterator[str]:
    """The lines of the tables."""
    with tempfile.TemporaryDirectory() as folder:
        _write_pages(Path(folder), materials.passages(options))
        with Apart(apart.nothing) as process:
            runs = [process.call(indexed, documents) for documents in (materials.documents(options), Path(folder))]
    rows = [
        [f"{of.passages:,}", f"{of.passages / of.seconds:,.0f}", f"{of.encoding / of.seconds:.1%}", megabytes(of.grown)]
        for of in runs
    ]
    yield from table(["passages", "passages/s", "of the run in the encoder", "memory above the start with the model"], rows)
    yield from table(["done by what it told", "remaining by that", "it took"], list(_forecasts(runs[-1])))
    known = words.learnt(materials.passages(options))
    rows = [_sized(known, size) for size in (_TINY_SIZES if options.tiny else _SIZES)]
    yield from table(["passages, encoder that costs nothing", "passages/s", "memory above the start"], rows)


def indexed(_: object, documents: Path) -> Run:
    """Index documents with the product's encoder, loaded beforehand."""
    timed = Timed(materials.load_encoder())
    timed.encoder.encode_documents(["warm"])
    return _run(documents, timed)


def indexed_at_no_cost(_: object, documents: Path) -> Run:
    """Index documents with an encoder that costs next to nothing: what the rest takes."""
    return _run(documents, Timed(HashedEncoder("hashed")))


def _run(documents: Path, timed: Timed) -> Run:
    told: list[tuple[float, float]] = []
    machine.forget_peak()
    before = machine.memory()
    started = time.perf_counter()

    def progress(done: int, number: int) -> None:
        told.append((time.perf_counter() - started, done / number))

    with tempfile.TemporaryDirectory() as folder:
        made = update(Path(folder, "index"), [documents], load_encoder=lambda _: timed, progress=progress)
    seconds = time.perf_counter() - started
    after = machine.memory()
    grown = after["VmHWM"] - before["VmRSS"] if after else None
    return Run(seconds, timed.seconds, made.state.passages, grown, told)


def _forecasts(run: Run) -> Iterator[list[str]]:
    """At a quarter, a half and three quarters: the time that remains if the rest goes as what is done, and what it took."""
    for share in _TOLD_AT:
        with suppress(StopIteration):
            at, done = next((at, done) for at, done in run.told if done >= share)
            yield [f"{done:.0%}", f"{at / done * (1 - done):.1f} s", f"{run.seconds - at:.1f} s"]


def _sized(known: words.Words, size: int) -> list[str]:
    with tempfile.TemporaryDirectory() as folder, Apart(apart.nothing) as process:
        _write(Path(folder), known, size)
        run = process.call(indexed_at_no_cost, Path(folder))
    return [f"{run.passages:,}", f"{run.passages / run.seconds:,.0f}", megabytes(run.grown)]


def _write_pages(folder: Path, passages: Sequence[str]) -> None:
    """A file for each passage, whose first line is its title."""
    for number, passage in enumerate(passages):
        (folder / f"{number}.md").write_text(f"# {passage}\n".replace("\n", "\n\n", 1), encoding="utf-8")


def _write(folder: Path, known: words.Words, size: int) -> None:
    """Files of some passages each, with a heading above each passage."""
    passages = islice(chain.from_iterable(known.passages(block, words.BLOCK) for block in count()), size)
    parts = [f"# {heading}\n\n## {text[:40]}\n\n{text}.\n" for heading, text in passages]
    for number in range(0, size, _OF_FILE):
        (folder / f"{number}.md").write_text("\n".join(parts[number : number + _OF_FILE]), encoding="utf-8")
