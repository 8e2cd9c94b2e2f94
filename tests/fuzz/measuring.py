"""What files cost an update of an index, read beside good ones by the real readers within their real limits."""

import multiprocessing
import re
import resource
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from math import ceil
from multiprocessing.connection import Connection
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import ClassVar

import numpy as np

from askdex.corpus.passages import CutDocument, Tokens
from askdex.corpus.sources.folder import file_key
from askdex.corpus.types import Skipped
from askdex.indexer.ingest import reading, update
from askdex.indexer.ingest.reading import FileToRead, PageReader, Pool
from askdex.indexer.ingest.update import Report
from askdex.indexer.search import calibrate
from askdex.indexer.types import Vectors
from askdex.indexer.upkeep.info import left_out_files
from tests.stubs import StubEncoder

MOST_SECONDS = 20.0
"""Seconds of the processor that the readers of a file may take, for each megabyte that is begun."""
MOST_BYTES = 1_200 * 10**6
"""Bytes that the indexer and a reader may take together."""
MOST_SECONDS_AGAIN = 5.0
"""Seconds of the processor for a second run, in which nothing has changed."""
READ = "read"
_GOOD = {"0.md": "# Who pays?\n\nYou do.\n", "n.csv": "question,answer\nWhere?,There.\n", "z.txt": "The office is closed.\n"}
_MOST_REASONS = 3
_LARGEST, _PRESENT = (re.compile(rb"^%b:\s*(\d+) kB" % name, re.MULTILINE) for name in (b"VmHWM", b"VmRSS"))
"""In what a system tells of a process: the most bytes that it has had, and those that it has."""
_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload([__name__])


@dataclass(frozen=True, slots=True)
class Cost:
    """What became of a file: READ, and the first reasons for which it or parts of it were left out.

    `size` is in bytes. `seconds` are those of the processor that its readers took, `peak` the most bytes that the indexer and
    one of them had.
    """

    outcome: str
    size: int
    seconds: float
    peak: int

    @property
    def faults(self) -> list[str]:
        """What is wrong with that."""
        most_seconds = MOST_SECONDS * max(1, ceil(self.size / 2**20))
        faults = {
            f"more than {most_seconds:.0f} s": self.seconds > most_seconds,
            f"more than {MOST_BYTES // 10**6:,} MB": self.peak > MOST_BYTES,
            "nothing is said of it": not self.outcome,
            "Askdex failed": "Askdex failed" in self.outcome,
        }
        return [fault for fault, is_so in faults.items() if is_so]


@dataclass(frozen=True, slots=True)
class Measured:
    """What two runs over some files cost: for each file, by its name, and the processor seconds of the indexer itself.

    `faults` are those of the runs as a whole.
    """

    files: dict[str, Cost] = field(default_factory=dict)
    seconds: float = 0.0
    seconds_again: float = 0.0
    faults: tuple[str, ...] = ()


class _QuickEncoder(StubEncoder):
    """Gives any vector to a text: what texts mean is all the same here, and may not take longer than to read them."""

    def encode_documents(self, texts: Sequence[str]) -> Vectors:
        vectors = np.random.default_rng(len(texts)).standard_normal((len(texts), self.dimension)).astype(np.float32)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        return vectors


class _WatchedReader(reading._Reader):
    """A reader that notes the most bytes that any and the indexer have had since the file began."""

    largest: ClassVar[int] = 0

    def look(self) -> None:
        super().look()
        with suppress(OSError):
            both = _kilobytes(f"{self._process.pid}", _LARGEST) + _kilobytes("self", _PRESENT)
            _WatchedReader.largest = max(self.largest, 1024 * both)

    def forget(self) -> None:
        """Begin anew with the bytes that it has now (proc_pid_clear_refs(5))."""
        with suppress(OSError):
            Path(f"/proc/{self._process.pid}/clear_refs").write_text("5", encoding="ascii")


class _WatchedPool(Pool):
    """Reads one file after the other, and notes the seconds and bytes that each takes."""

    costs: ClassVar[dict[str, tuple[float, int]]] = {}

    def __init__(
        self, tokens: Callable[[], Tokens] | None, size: int, seconds: int = reading.LEAST_S, *, after: PageReader | None = None
    ) -> None:
        super().__init__(tokens, size, seconds, after=after)
        self._number = 1
        self._before = 0.0

    def _started(self, file: FileToRead) -> reading._Job:
        self._before = self._seconds_used()
        _WatchedReader.largest = 0
        for reader in self._idle:
            reader.forget()  # type: ignore[attr-defined]  # all are watched
        return super()._started(file)

    def _receive(self, job: reading._Job) -> None:
        if job.reader is not None:
            job.reader.look()
        super()._receive(job)

    def _parts(self, job: reading._Job) -> Generator[CutDocument | Skipped, None, None]:
        try:
            yield from super()._parts(job)
        finally:
            self.costs[job.task.item.uri] = self._seconds_used() - self._before, _WatchedReader.largest

    def _seconds_used(self) -> float:
        """Those of all readers there are and have been."""
        readers = [*self._idle, *(job.reader for job in self._jobs if job.reader is not None)]
        return _seconds(resource.RUSAGE_CHILDREN) + sum(reader.seconds() for reader in readers)


def measured(files: Mapping[str, bytes]) -> Measured:
    """What becomes of files, by their names, and what they cost; in a process of its own, whose memory is its own."""
    here, there = _CONTEXT.Pipe()
    with here, there:
        process = _CONTEXT.Process(target=_measure, args=(there, files))
        process.start()
        there.close()
        try:
            found: Measured = here.recv()
        except EOFError:
            found = Measured(faults=("the run ended",))
        process.join()
    return found


def _measure(connection: Connection, files: Mapping[str, bytes]) -> None:
    reading._Reader = _WatchedReader  # type: ignore[misc]
    update.Pool = _WatchedPool  # type: ignore[attr-defined]
    calibrate.COUNTED = calibrate.NEAR_COUNTED = 4  # to ask all of them takes longer than most files
    with TemporaryDirectory(prefix="askdex-") as folder, connection:
        documents = Path(folder) / "documents"
        documents.mkdir()
        for name, text in _GOOD.items():
            (documents / name).write_text(text, encoding="utf-8")
        for name, data in files.items():
            (documents / name).write_bytes(data)
        names = list(files)
        del files  # it is the memory of the indexer that counts
        try:
            connection.send(_of_two_runs(Path(folder) / "index", documents, names))
        except Exception as error:  # it is what is looked for
            connection.send(Measured(faults=(f"{type(error).__name__}: {error}",)))


def _of_two_runs(index: Path, documents: Path, names: Sequence[str]) -> Measured:
    started = _seconds(resource.RUSAGE_SELF)
    report = _updated(index, documents)
    ended = _seconds(resource.RUSAGE_SELF)
    readers, left_out = _seconds(resource.RUSAGE_CHILDREN), left_out_files(index)
    again = _updated(index, documents)
    seconds_again = _seconds(resource.RUSAGE_SELF) + _seconds(resource.RUSAGE_CHILDREN) - ended - readers
    costs = {}
    for name in names:
        seconds, peak = _WatchedPool.costs.get(name, (0.0, 0))
        costs[name] = Cost(_outcome(report, documents, name), (documents / name).stat().st_size, seconds, peak)
    faults = {
        "the good files are not read": not {file_key(documents / good) for good in _GOOD} <= {*report.changes.new},
        "the second run finds changes": again.changes.are_any,
        "other things are left out of the second run": left_out_files(index) != left_out,
        f"the second run takes more than {MOST_SECONDS_AGAIN:.0f} s": seconds_again > MOST_SECONDS_AGAIN,
    }
    return Measured(costs, ended - started, seconds_again, tuple(fault for fault, is_so in faults.items() if is_so))


def _outcome(report: Report, documents: Path, name: str) -> str:
    key = file_key(documents / name)
    read = [READ] if key in report.changes.new else []
    reasons = dict.fromkeys(skipped.reason for skipped in report.changes.skipped if skipped.key == key)
    return "; ".join([*read, *list(reasons)[:_MOST_REASONS]])


def _updated(index: Path, documents: Path) -> Report:
    return update.update(index, [documents], model="stub", load_encoder=lambda _: _QuickEncoder())


def _kilobytes(process: str, what: re.Pattern[bytes]) -> int:
    found = what.search(Path(f"/proc/{process}/status").read_bytes())
    return int(found[1]) if found else 0  # one that has ended has none


def _seconds(who: int) -> float:
    usage = resource.getrusage(who)
    return usage.ru_utime + usage.ru_stime
