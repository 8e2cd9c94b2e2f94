"""Reading files, and cutting them into passages, in processes of their own.

A file can be made so that reading it ends a process, never ends, or fills the memory. Then it costs that process and that
file; all others are indexed. A process reads many files, one after the other. It is a program of its own (`corpus/worker.py`)
and no copy of this one: a copy of a process in which the threads of an encoder run may hang.
"""

import os
import re
import resource
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from multiprocessing.connection import Pipe, wait
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from askdex.corpus.errors import FailedReadingError, RefusedError, UnreadableError
from askdex.corpus.messages import (
    InnerPlace,
    Message,
    ReadingTask,
    Wanted,
    decoded,
    document_of,
    error_of,
    hints_of,
    message_bytes,
    passages_of,
    task_values,
)
from askdex.corpus.passages import CutDocument, EmbeddedText, Tokens
from askdex.corpus.readers.html.repeats import Region
from askdex.corpus.sources import Item
from askdex.corpus.sources.site.hints import Hints
from askdex.corpus.types import Document, Passage, Skipped
from askdex.corpus.worker import MEMORY, TOO_MUCH_MEMORY, seconds_for
from askdex.indexer.ingest.scan import SourceItem

_SILENCE_S = 60.0
"""Seconds of the clock in which a reader has to say something: the time that one document may take."""
_SLOWEST = 12
"""Seconds by which they grow with each second of the processor that it uses, beside those for which it waits for one. The clock
alone would hold it against a file that a busy machine gives a reader hardly any."""
LEAST_S = 10
"""Seconds of the processor that a small file may take."""
_S_OF_REGIONS = 2
"""The same seconds where only its elements are wanted, a hundredth of which is the rule."""
_MOST_ENDED = 10
"""Files within a file that may end a reader, each of which costs a new one; then the rest is left out."""
_S_OF_START = 1
"""Seconds of the processor that this one takes to start, of those that are left for the file."""
_FEWEST_S = 2
"""Seconds that are left for which the rest of a file is read."""
_MUCH = 2**20
"""Bytes to read that are worth another process, which takes half a second to start."""
_LONGEST_MESSAGE = MEMORY
"""Bytes; a reader that may not take more for a file has no more to say."""
_MOST_WAITING = 64
"""Messages of a reader that are taken from it before it is its turn."""
_LOOK_S = 0.1
"""Seconds between two looks at how much memory the readers take, while nothing is heard of them."""
_FULL = 1 / 3
"""The share of its memory that a reader had taken when the memory is what ended it, as far as anyone can tell: what grows to
twice its size needs room for three times as much."""
_PEAK = re.compile(rb"^VmPeak:\s*(\d+) kB", re.MULTILINE)
"""The most address space that a process has had, in its status."""
_USER_TIME, _SYSTEM_TIME = 11, 12
"""Places in what a system tells of a process behind its name (proc_pid_stat(5))."""
_NOT_STARTED = "The processes that read files cannot be started"
_STOPPED = {signal.SIGTERM, signal.SIGINT, signal.SIGHUP}
"""Signals that end a process by somebody's will, and for no fault of a file."""

_PROGRAM = ("-P", "-m", "askdex.corpus.worker")
_PACKAGES = Path(__file__).parents[3]
"""The folder that `askdex` is imported from."""


@dataclass(frozen=True, slots=True)
class FileToRead:
    """An item of a source. Its first `known_documents` are not wanted."""

    entry: SourceItem
    known_documents: int = 0


class _Reader:
    """A process that reads files. It is ready once it has said so."""

    def __init__(self) -> None:
        self.connection, far_end = Pipe()
        self.is_ready = False
        self._taken = 0
        paths = os.pathsep.join(filter(None, (str(_PACKAGES), os.environ.get("PYTHONPATH"))))
        with far_end:
            self._process = subprocess.Popen(  # noqa: S603  # the program is this one
                [sys.executable, *_PROGRAM, str(far_end.fileno())],
                pass_fds=[far_end.fileno()],
                # One thread a process: there are as many processes as cores, and each thread takes address space.
                env={**os.environ, "PYTHONPATH": paths, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                # Ctrl-C is for this process, which then ends the readers.
                start_new_session=True,
            )

    def say(self, message: object) -> None:
        """Send a message; one that has ended does not hear it."""
        with suppress(OSError):
            self.connection.send_bytes(message_bytes(message))

    def give(self, task: ReadingTask, data: bytes) -> None:
        """Have a file read. Raises OSError where the process has ended."""
        self.connection.send_bytes(message_bytes(task_values(task)))
        self.connection.send_bytes(data)

    def look(self) -> None:
        """Note how many bytes reading has taken at most; of a process that has ended, nobody can tell any more."""
        with suppress(OSError, AttributeError):
            status = Path(f"/proc/{self._process.pid}/status").read_bytes()
            most, _ = resource.prlimit(self._process.pid, resource.RLIMIT_AS)
            if (peak := _PEAK.search(status)) and self.is_ready:
                self._taken = 1024 * int(peak[1]) - (most - MEMORY)

    def seconds(self) -> float:
        """The seconds of the processor that it has used; 0 where the system does not tell."""
        try:
            fields = (
                Path(f"/proc/{self._process.pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
            )
        except OSError:
            return 0.0
        return (int(fields[_USER_TIME]) + int(fields[_SYSTEM_TIME])) / os.sysconf("SC_CLK_TCK")

    def waited(self) -> float:
        """The seconds for which it was ready to run and others ran; 0 where the system does not tell."""
        try:
            nanoseconds = Path(f"/proc/{self._process.pid}/schedstat").read_text(encoding="ascii").split()[1]
        except (OSError, IndexError):
            return 0.0
        return int(nanoseconds) / 1e9

    def patience(self) -> float:
        """The seconds by which it may be silent for longer, for what it has used of the processor and waited for it."""
        return _SLOWEST * self.seconds() + self.waited()

    def end(self) -> None:
        """End the process at once."""
        self._process.kill()
        self._process.wait()
        self.connection.close()

    def error(self, seconds: int) -> RefusedError:
        """Why the process, which has ended, did not read what it might take so many seconds for.

        Raises OSError where it never started.
        """
        self.connection.close()
        code = self._process.wait()
        if not self.is_ready:
            raise OSError(f"{_NOT_STARTED} (exit code {code})")
        if -code in _STOPPED:
            return RefusedError("its reader was stopped: index it again")
        if -code == signal.SIGXCPU:
            return _too_long(seconds)
        is_full = self._taken > _FULL * MEMORY
        return FailedReadingError(TOO_MUCH_MEMORY if is_full else "reading it ended the reader")


@dataclass(slots=True, eq=False)
class _Job:
    """A file that is read: by which process, None at the end; what that has said, and why the file is left out.

    `inner` is the file within it that is read now, `documents` how many whole ones this process has given, `is_in_document`
    whether more may come of the last, `ended` how many processes the file has ended, `heard` since when it has been silent, and
    `patience` what it was allowed then, None before anybody looked.
    """

    file: FileToRead
    task: ReadingTask
    reader: _Reader | None = None
    messages: deque[list[Any]] = field(default_factory=deque)
    error: UnreadableError | None = None
    inner: InnerPlace | None = None
    documents: int = 0
    is_in_document: bool = False
    ended: int = 0
    heard: float = 0.0
    patience: float | None = None

    def hear(self) -> None:
        """Note that its process has said something, or may be silent for as long from now on."""
        self.heard, self.patience = time.monotonic(), None

    def is_silent(self) -> bool:
        """Whether its process has said nothing for too long."""
        # It is asked about after each message. To ask the system each time would cost more than the message.
        now = time.monotonic()
        if self.reader is None or now < self.heard + _LOOK_S:
            return False
        patience = self.reader.patience()
        if self.patience is None:
            self.heard, self.patience = now, patience
        return _is_silent(self.heard, patience - self.patience)


class Pool:
    """Processes that read files, as many as there are cores and work for. A context manager, which ends them."""

    def __init__(
        self, tokens: Callable[[], Tokens] | None, size: int, seconds: int = LEAST_S, *, after: "PageReader | None" = None
    ) -> None:
        """`tokens` gives the encoder when the first text is to be cut into passages; without, none is.

        `size` is the number of bytes to read in all. `seconds` are what a small file may take of the processor. The process of
        the reader that this comes `after` goes on here.
        """
        self._seconds = seconds
        self._tokens = tokens
        self._number = min(os.cpu_count() or 1, 1 + size // _MUCH)
        self._idle: list[_Reader] = [] if after is None else after.hand_over()
        self._jobs: deque[_Job] = deque()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _traceback: TracebackType | None
    ) -> None:
        for reader in [*self._idle, *(job.reader for job in self._jobs if job.reader is not None)]:
            reader.end()

    def read(self, files: Iterable[FileToRead]) -> Iterator[tuple[FileToRead, Generator[CutDocument | Skipped, None, None]]]:
        """Each file with its documents that are wanted and its parts that are left out, in their order.

        Those of a file must be taken to their end, or closed, before the next file is. They raise UnreadableError where there
        is nothing in the file, RefusedError where it cannot be read or has changed since it was found, FailedReadingError where
        it asks too much of a reader. Without an encoder, documents have no passages.
        """
        for file in files:
            self._jobs.append(self._started(file))
            if len(self._jobs) == self._number:
                yield self._jobs[0].file, self._parts(self._jobs[0])
        while self._jobs:
            yield self._jobs[0].file, self._parts(self._jobs[0])

    def _started(self, file: FileToRead) -> _Job:
        item = file.entry.item
        seconds, recognises = seconds_for(item.size, self._seconds), self._seconds >= LEAST_S
        task = ReadingTask(item, file.known_documents, self._tokens is not None, seconds, self._seconds, recognises)
        job = _Job(file, task)
        self._give(job)
        return job

    def _give(self, job: _Job) -> None:
        """Have a reader do what is to be done."""
        try:
            # Read a second time since the scan: to keep all bytes in memory until then would take the size of the collection.
            data = job.file.entry.source.read(job.task.item)
        except UnreadableError as error:
            job.error = error
            return
        while job.reader is None:
            reader = self._idle.pop() if self._idle else _Reader()
            try:
                reader.give(job.task, data)
            except OSError:
                # One that was idle may have been ended; a new one that has ended says why when it is asked.
                if reader.is_ready:
                    reader.end()
                    continue
            job.reader = reader

    def _parts(self, job: _Job) -> Generator[CutDocument | Skipped, None, None]:
        """What is in a file."""
        document: Document | None = None
        passages: list[tuple[Passage, list[EmbeddedText]]] = []
        try:
            while message := self._message(job):
                kind, *values = message
                if kind == Message.PASSAGES:
                    passages += passages_of(*values)
                    continue
                if document is not None and kind != Message.LOST:
                    yield _cut(document, passages)
                document, passages = None, []
                if kind == Message.DOCUMENT:
                    document = document_of(*values) if all(values) else None
                elif kind != Message.INNER:
                    uri, reason = values
                    yield Skipped(uri, reason, key=job.task.item.key, version=job.task.item.version)
            if document is not None:
                yield _cut(document, passages)
            if job.error is not None:
                raise job.error
        finally:
            self._jobs.remove(job)
            if job.reader is not None:
                job.reader.end()

    def _message(self, job: _Job) -> list[Any] | None:
        """The next message about a file, None after the last."""
        job.hear()
        while not job.messages and job.reader is not None:
            waited_for: dict[Any, _Job] = {
                other.reader.connection: other
                for other in self._jobs
                if other.reader is not None and len(other.messages) < _MOST_WAITING
            }
            heard = wait(waited_for, _LOOK_S)
            for connection in heard:
                self._receive(waited_for[connection])
            if not heard:
                for other in self._jobs:
                    if other.reader is not None:
                        other.reader.look()
            if job.reader is not None and job.is_silent():
                used = job.reader.seconds()
                job.reader.end()
                self._fail(job, _too_long(_SILENCE_S), used)
        return job.messages.popleft() if job.messages else None

    def _receive(self, job: _Job) -> None:
        """Take a message from a reader, or answer its question."""
        if job.reader is None:
            return
        job.hear()
        try:
            kind, *values = decoded(job.reader.connection.recv_bytes(_LONGEST_MESSAGE))
        except (EOFError, OSError):
            used = job.reader.seconds()  # nobody can tell once it is asked why it has ended
            self._fail(job, job.reader.error(job.inner.seconds if job.inner is not None else job.task.seconds), used)
            return
        if kind == Message.READY:
            job.reader.is_ready = _has_started(*values)
        elif kind == Message.LIMIT and self._tokens is not None:
            job.reader.say(self._tokens().limit)
            job.hear()  # to load the encoder may take longer than a reader may be silent
        elif kind == Message.COUNT and self._tokens is not None:
            job.reader.say(self._tokens().count(*values))
        elif kind == Message.END:
            self._end(job, *values)
        else:
            if kind == Message.INNER:
                (inner,) = values
                job.inner = None if inner is None else InnerPlace(*inner)
            job.documents += job.is_in_document and kind != Message.PASSAGES
            job.is_in_document = kind in (Message.DOCUMENT, Message.PASSAGES)
            job.messages.append([kind, *values])

    def _end(self, job: _Job, is_worn: bool, error: list[str] | None) -> None:  # noqa: FBT001
        """Take note that a file is read, or why it is left out."""
        used = 0.0
        if job.reader is not None:
            used = job.reader.seconds()
            if is_worn:
                job.reader.end()
            else:
                self._idle.append(job.reader)
        job.reader = None
        if error is not None:
            self._fail(job, error_of(*error), used)

    def _fail(self, job: _Job, error: UnreadableError, used: float) -> None:
        """Leave out a file, or the one within it that is read now, behind which another reader goes on.

        `used` are the seconds of the processor that the reader has used since it started.
        """
        job.reader, inner = None, job.inner
        if inner is None or not isinstance(error, FailedReadingError):
            job.error = error
            return
        job.ended += 1
        job.messages.append([Message.LOST, inner.uri, str(error)])
        if job.ended >= _MOST_ENDED:
            job.messages.append(_rest_left_out(job, f"{_MOST_ENDED} files before it ended the reader"))
        elif (seconds := int(inner.last_second - used) - _S_OF_START) < _FEWEST_S:
            job.messages.append(_rest_left_out(job, "reading the files before it took too long"))
        else:
            self._go_on(job, inner, seconds)

    def _go_on(self, job: _Job, inner: InnerPlace, seconds: int) -> None:
        """Have another reader go on behind a file within a file, for so many seconds of the processor."""
        known = max(0, job.task.known_documents - job.documents)
        job.task = replace(job.task, known_documents=known, seconds=seconds, after=tuple(inner.place))
        job.inner, job.documents, job.is_in_document = None, 0, False
        self._give(job)
        job.hear()


class PageReader:
    """Finds out what HTML pages say beside their text, in a process of its own that the first page starts.

    A context manager, which ends the process.
    """

    def __init__(self) -> None:
        self._reader: _Reader | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _traceback: TracebackType | None
    ) -> None:
        if self._reader is not None:
            self._reader.end()

    def hand_over(self) -> "list[_Reader]":
        """The process, if there is one, for another to use and to end."""
        readers = [] if self._reader is None else [self._reader]
        self._reader = None
        return readers

    def hints(self, page: bytes) -> Hints:
        """What a page says to programs, by the bytes of its HTML.

        Raises UnreadableError where it asks too much of the reader, OSError where no reader can be started.
        """
        said = self._said(page, Wanted.HINTS, LEAST_S)
        return hints_of(*said) if said is not None else Hints()

    def regions(self, page: bytes) -> list[Region]:
        """The elements of a page, by the bytes of its HTML. Raises as `hints` does."""
        said = self._said(page, Wanted.REGIONS, _S_OF_REGIONS)
        return [Region(*values) for values in said[0]] if said is not None else []

    def _said(self, page: bytes, wants: Wanted, least: int) -> list[Any] | None:
        """What the reader says of a page; `least` are the seconds of the processor for a small one."""
        seconds = seconds_for(len(page), least)
        task = ReadingTask(Item(b"", "", b"", len(page)), seconds=seconds, wants=wants)
        reader, self._reader = self._reader or _Reader(), None
        said: list[Any] | None = None
        with suppress(OSError):  # one that has ended says why when it is asked
            reader.give(task, page)
        kind, *values = self._message(reader, seconds)
        while kind != Message.END:
            if kind == Message.READY:
                reader.is_ready = _has_started(*values)
            else:
                said = values
            kind, *values = self._message(reader, seconds)
        is_worn, error = values
        if is_worn:
            reader.end()
        else:
            self._reader = reader
        if error is not None:
            raise error_of(*error)
        return said

    def _message(self, reader: _Reader, seconds: int) -> list[Any]:
        """The next message of the reader. Raises UnreadableError where there is none, OSError where it never started."""
        began, patience = time.monotonic(), reader.patience()
        while not reader.connection.poll(_LOOK_S):
            reader.look()
            if _is_silent(began, reader.patience() - patience):
                reader.end()
                raise _too_long(_SILENCE_S)
        try:
            message: list[Any] = decoded(reader.connection.recv_bytes(_LONGEST_MESSAGE))
        except (EOFError, OSError):
            raise reader.error(seconds) from None
        return message


def _is_silent(heard: float, patience: float) -> bool:
    """Whether a reader has been silent for too long since a time of the clock; for its patience since then see _Reader."""
    return time.monotonic() - heard > _SILENCE_S + patience


def _has_started(problem: str | None) -> bool:
    """Take note that a reader is ready. Raises OSError where it is not."""
    if problem is not None:
        raise OSError(f"{_NOT_STARTED} ({problem})")
    return True


def _cut(document: Document, passages: list[tuple[Passage, list[EmbeddedText]]]) -> CutDocument:
    return CutDocument(document, [passage for passage, _ in passages], [texts for _, texts in passages])


def _rest_left_out(job: _Job, reason: str) -> list[Any]:
    return [Message.LEFT_OUT, f"{job.task.item.uri}, the rest", reason]


def _too_long(seconds: float) -> FailedReadingError:
    return FailedReadingError(f"reading it took more than {seconds:.0f} s")
