"""The process in which files are read and cut into passages, so that no file can end, stop or fill the one that indexes.

Run by the indexer as `python -m askdex.corpus.worker DESCRIPTOR`. It reads one file after the other, and knows no encoder: it
asks how many tokens a text has. It may take so much memory, and for each file so much time of the processor; the system ends
it where it wants more, which costs that file. Of a file that holds others it costs the one that is read, of which it tells
before it begins with it.
"""

import resource
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import cached_property
from itertools import islice
from math import ceil
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from askdex.corpus.builder import TextAllowance
from askdex.corpus.errors import FailedReadingError, UnreadableError
from askdex.corpus.messages import (
    Message,
    ReadingTask,
    Wanted,
    decoded,
    document_values,
    error_values,
    hints_values,
    message_bytes,
    passage_values,
    task_of,
)
from askdex.corpus.passages import Counted, Tokens, cut, embedded_texts
from askdex.corpus.readers import recognition
from askdex.corpus.readers.registry import SITE_READING, parse, regions_of
from askdex.corpus.text import language
from askdex.corpus.types import Document, Skipped

MEMORY = 768 * 2**20
"""Bytes that reading a file may take, beside those of the program itself: together with the indexer about a gigabyte."""
RECOGNITION_MEMORY = 1_536 * 2**20
"""The same bytes for a file with pictures of text: PDFium, the picture, and the models that read it."""
TOO_MUCH_MEMORY = f"reading it took more than {MEMORY // 2**20} MB of memory"

_WORN = MEMORY // 4
"""Bytes by which a reader may have grown and still read another file: what is left is less than a file may take."""
_PASSAGES_AT_ONCE = 256
_DOCUMENTS_PER_S = 500
"""Documents that give a file another second of the processor: a table of short rows takes more for its size than a text."""
_MOST_LEFT_OUT = 10_000
"""Parts of a file that are left out and told one by one: any line of a file could be one, and nobody reads so many."""
_S_OF_PAGE = 30
"""Seconds of the processor for each page that is recognised, which takes 5 or 6 on a machine of 2024."""
_TIMES_AS_LARGE = 8
"""A file that holds others may take as many seconds of the processor as one of so many times its size: text shrinks to a tenth
when it is compressed. One file within it may take half of what is left, so that something is left for those behind any number
of such as take all they may."""
_AS_MUCH = 2 * 2**20
"""Bytes for which a file may take as many seconds of the processor again: with the usual ten of a small file, five for each
megabyte. Good files take up to two."""


def seconds_for(size: int, least: int) -> int:
    """The seconds of the processor that a file of so many bytes may take; `least` are those of a small one."""
    return least + least * size // _AS_MUCH


class _AskedTokens:
    """Has the process that knows the encoder count tokens."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    @cached_property
    def limit(self) -> int:
        """See Tokens."""
        return int(self._answer(Message.LIMIT))

    def count(self, texts: Sequence[str]) -> list[int]:
        """See Tokens."""
        return [int(number) for number in self._answer(Message.COUNT, list(texts))]

    def _answer(self, *message: object) -> Any:  # noqa: ANN401  # as the message has it
        self._connection.send_bytes(message_bytes(message))
        return decoded(self._connection.recv_bytes())


class _Allowance:
    """What this process may take for the file that it reads, and for each file within it."""

    def __init__(self, size: int) -> None:
        """`size` are the bytes of address space of the program itself."""
        self._size = size
        self._last_second = self._own_last_second = self._last_second_of_page = 0

    @property
    def last_second(self) -> int:
        """The second of the processor, counted from the start of this process, by which the file has to be read."""
        return self._last_second

    @property
    def seconds_left(self) -> int:
        """Seconds of the processor for what has not been read of the file."""
        return self._last_second - _seconds_used()

    def begin(self, seconds: int) -> None:
        """A file begins, for which there are so many seconds of the processor."""
        self._last_second_of_page = 0
        self._last_second = _seconds_used() + seconds
        self.begin_stretch(seconds)
        _limit(resource.RLIMIT_AS, self._size + MEMORY)

    def begin_stretch(self, seconds: int) -> None:
        """A file within the file begins, or what stands behind one, and may take so many seconds of those."""
        self._end_page()
        self._own_last_second = _seconds_used() + seconds
        self.extend(0)

    def extend(self, seconds: int) -> None:
        """So many seconds more, for what the file turns out to hold."""
        self._last_second += seconds
        self._own_last_second += seconds
        _limit(resource.RLIMIT_CPU, min(self._last_second, self._own_last_second))

    def begin_page(self) -> None:
        """A page is to be recognised."""
        self._end_page()
        self.extend(_S_OF_PAGE)
        self._last_second_of_page = _seconds_used() + _S_OF_PAGE
        _limit(resource.RLIMIT_AS, self._size + RECOGNITION_MEMORY)

    def _end_page(self) -> None:
        """What the latest page did not take of its seconds is for no other."""
        spare, self._last_second_of_page = self._last_second_of_page - _seconds_used(), 0
        if spare > 0:
            self.extend(-spare)


class _InnerFiles:
    """Tells the indexer which file within a file is next, and passes over those up to the one that `task` goes on after.

    The place of a file is its number among those within the same file, after the place of that one.
    """

    def __init__(self, task: ReadingTask, connection: Connection, allowance: _Allowance) -> None:
        self._task = task
        self._connection = connection
        self._allowance = allowance
        self._numbers = [0]
        self._latest: tuple[int, ...] = ()
        self._uris: list[str] = []

    @property
    def is_beyond(self) -> bool:
        """Whether what is read now comes after the file that `task` goes on after."""
        return self._latest >= self._task.after

    @property
    def is_within(self) -> bool:
        """Whether a file within the file is read now."""
        return bool(self._uris)

    def enter(self, uri: str) -> bool:
        """See Visitor."""
        self._numbers[-1] += 1
        self._latest, after = tuple(self._numbers), self._task.after
        holds_after = self._latest == after[: len(self._latest)] and self._latest != after
        if self._latest <= after and not holds_after:
            return False
        if self._latest == (1,) and not after:
            all_seconds = seconds_for(_TIMES_AS_LARGE * self._task.item.size, self._task.inner_seconds)
            self._allowance.extend(all_seconds - self._task.seconds)
        self._numbers.append(0)
        self._uris.append(uri)
        self.opened(0)
        return True

    def opened(self, size: int) -> None:
        """See Visitor."""
        self._tell(max(1, min(seconds_for(size, self._task.inner_seconds), self._allowance.seconds_left // 2)))

    def leave(self) -> None:
        """See Visitor."""
        self._numbers.pop()
        self._uris.pop()
        self._tell(self._task.seconds)

    def _tell(self, seconds: int) -> None:
        """Say where this is, and how many seconds it may take."""
        self._allowance.begin_stretch(seconds)
        inner = (self._numbers[:-1], self._uris[-1], seconds, self._allowance.last_second) if self._uris else None
        self._connection.send_bytes(message_bytes((Message.INNER, inner)))


def main(descriptor: int) -> None:
    """Read the files that come through a connection, until it is closed."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    size = _address_space()
    with Connection(descriptor) as connection, suppress(EOFError, BrokenPipeError, ConnectionResetError):
        try:
            language.load_detector()
        except OSError as problem:  # of the system, and of no file
            connection.send_bytes(message_bytes((Message.READY, problem.strerror)))
            return
        connection.send_bytes(message_bytes((Message.READY, None)))
        allowance = _Allowance(size)
        recognition.tell_each_page(allowance.begin_page)
        while True:
            task, data = task_of(decoded(connection.recv_bytes())), connection.recv_bytes()
            allowance.begin(task.seconds)
            recognition.want(is_wanted=task.recognises)
            error = _read(task, data, connection, allowance)
            del data
            is_worn = _address_space() > size + _WORN
            connection.send_bytes(message_bytes((Message.END, is_worn, None if error is None else error_values(error))))


def _read(task: ReadingTask, data: bytes, connection: Connection, allowance: _Allowance) -> UnreadableError | None:
    """Send what is in a file. Returns the error that says why it is left out, if it is."""
    try:
        for message in _wanted(task, data, connection, allowance):
            connection.send_bytes(message_bytes(message))
    except UnreadableError as error:
        return error
    except MemoryError:
        return FailedReadingError(TOO_MUCH_MEMORY)
    except (EOFError, OSError):  # those of the connection: `parse` raises none
        raise
    except Exception as error:
        return FailedReadingError(f"Askdex failed to cut it into passages ({type(error).__name__})")
    return None


def _wanted(task: ReadingTask, data: bytes, connection: Connection, allowance: _Allowance) -> Iterator[tuple[object, ...]]:
    if task.wants is Wanted.HINTS:
        yield Message.HINTS, hints_values(SITE_READING.hints(data))
    elif task.wants is Wanted.REGIONS:
        yield Message.REGIONS, regions_of(data)
    else:
        yield from _contents(task, data, connection, allowance)


def _contents(task: ReadingTask, data: bytes, connection: Connection, allowed: _Allowance) -> Iterator[tuple[object, ...]]:
    tokens: Counted | None = None
    number, left_out, allowance, inner = 0, 0, TextAllowance(len(data)), _InnerFiles(task, connection, allowed)
    for part in parse(task.item, data, inner):
        if not inner.is_beyond:
            continue
        if isinstance(part, Skipped):
            left_out += 1
            if left_out <= _MOST_LEFT_OUT:
                yield Message.LEFT_OUT, part.uri, part.reason
            continue
        number += 1
        try:
            allowance.take(len(part.text) + len(part.title))
        except UnreadableError as error:
            if not inner.is_within:
                raise
            yield Message.LEFT_OUT, f"{task.item.uri}, the rest", str(error)
            return
        if number % _DOCUMENTS_PER_S == 0:
            allowed.extend(1)
        is_wanted = number > task.known_documents
        yield Message.DOCUMENT, document_values(part) if is_wanted else None
        if task.cuts:
            # One for all documents of the file: to ask takes longer than to cut a row of a table.
            tokens = tokens or Counted(_AskedTokens(connection))
            # A document that is known is cut, too: where that ends the reader, it has to do so again.
            yield from (message for message in _passages(part, tokens) if is_wanted)
    if left_out > _MOST_LEFT_OUT:
        yield Message.LEFT_OUT, f"{task.item.uri}, the rest", f"{left_out - _MOST_LEFT_OUT:,} more parts that cannot be read"


def _passages(document: Document, tokens: Tokens) -> Iterator[tuple[object, ...]]:
    passages = cut(document, tokens)
    texts = embedded_texts(document, passages, tokens)
    values = (passage_values(passage, its_texts) for passage, its_texts in zip(passages, texts, strict=True))
    while some := list(islice(values, _PASSAGES_AT_ONCE)):
        yield Message.PASSAGES, some


def _seconds_used() -> int:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return ceil(usage.ru_utime + usage.ru_stime)


def _limit(kind: int, value: int) -> None:
    """Limit what this process may take; nothing where the system has no such limit."""
    with suppress(ValueError, OSError):
        _, most = resource.getrlimit(kind)
        resource.setrlimit(kind, (value if most == resource.RLIM_INFINITY else min(value, most), most))


def _address_space() -> int:
    """Bytes of this process's address space; 0 where the system does not tell."""
    try:
        pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[0]
    except OSError:
        return 0
    return int(pages) * resource.getpagesize()


if __name__ == "__main__":
    main(int(sys.argv[1]))
