"""The log of what is asked, where whoever serves wants one: written on a thread of its own, masked before it is written."""

import logging
import threading
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from queue import Empty, Full, Queue
from types import TracebackType
from typing import Self

from askdex.corpus.errors import AskdexError
from askdex.corpus.text.masking import IsKnown, masked
from askdex.indexer.engine.analyzer import terms
from askdex.indexer.engine.protocol import ReadModel, Vocabulary
from askdex.indexer.store import question_log
from askdex.indexer.store.question_log import Asked, Verdict
from askdex.indexer.types import Query, Response

_EVERY_S = 0.5
"""Seconds between two writes: what a process that is killed may lose."""

_MOST_WAITING = 10_000
"""Entries that wait to be written, a few MB; what comes beyond them is counted and dropped."""

_DIGITS = 3
"""Decimal places of a relevance."""

_log = logging.getLogger(__name__)


def hour(days_ago: float = 0) -> str:
    """The present hour, or one some days ago, as ISO 8601 has it, in UTC."""
    return (datetime.now(UTC) - timedelta(days=days_ago)).strftime("%Y-%m-%dT%H")


def known_in(vocabulary: Vocabulary) -> IsKnown:
    """Whether a word stands in the documents, in any of its forms; a name that does is no secret there."""

    def is_known(word: str) -> bool:
        return vocabulary.document_frequency(tuple(terms(word))) > 0

    return is_known


class QuestionLog:
    """Writes down what is asked beside the index in a folder, for so many days; `reader` says which words are known.

    As a context manager it begins and ends the writing; at the end all that waits is written.
    """

    def __init__(self, folder: Path, keep_days: int, reader: ReadModel) -> None:
        """Raises QuestionLogError, OSError."""
        self.folder = folder
        self._keep_days = keep_days
        self._reader = reader
        self._waiting: Queue[Asked | Verdict] = Queue(_MOST_WAITING)
        self._lost = 0
        self._lock = threading.Lock()
        self._oldest = ""
        self._is_closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="question log", daemon=True)
        self._connection = question_log.open_log(folder)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _traceback: TracebackType | None
    ) -> None:
        self._is_closing.set()
        self._thread.join()
        self._connection.close()

    def hear(self, query: Query, response: Response | None) -> None:
        """Take in a question that was answered, unless it is a further look at the answer to one before."""
        if response is None or query.offset or query.generation is not None:
            return
        first = response.results[0] if response.results else None
        relevance = None if first is None or first.relevance is None else round(first.relevance, _DIGITS)
        document = None if first is None else first.passage.document.uri
        found = (query.mode.value, response.answered, relevance, document, response.generation)
        self._put(Asked(hour(), query.question, *found))

    def judge(self, question: str, document: str | None, *, helped: bool) -> None:
        """Take in whether what was found helped; `document` is the uri of what was first."""
        self._put(Verdict(hour(), question, document, helped))

    def _put(self, entry: Asked | Verdict) -> None:
        try:
            self._waiting.put_nowait(entry)
        except Full:
            self._lose(1)

    def _run(self) -> None:
        while not self._is_closing.wait(_EVERY_S):
            self._write()
        self._write()

    def _write(self) -> None:
        """Write what waits, and forget what is too old as each hour begins. What cannot be written is counted as lost."""
        entries = self._taken()
        with self._lock:
            lost, self._lost = self._lost, 0
        oldest = hour(self._keep_days)
        if not entries and not lost and oldest == self._oldest:
            return
        try:
            question_log.write(self._connection, self._masked(entries), lost, hour(), oldest)
            self._oldest = oldest
        except AskdexError as error:
            if not lost:
                _log.warning("Questions cannot be written down: %s", error)
            self._lose(lost + len(entries))

    def _lose(self, number: int) -> None:
        with self._lock:
            self._lost += number

    def _taken(self) -> list[Asked | Verdict]:
        entries: list[Asked | Verdict] = []
        with suppress(Empty):
            while len(entries) < _MOST_WAITING:
                entries.append(self._waiting.get_nowait())
        return entries

    def _masked(self, entries: list[Asked | Verdict]) -> list[Asked | Verdict]:
        """The entries with what may tell who asked masked; a word that the documents hold is no name."""
        with self._reader.opened() as opened:
            is_known = known_in(opened.vocabulary)
            return [entry._replace(question=masked(entry.question, is_known)) for entry in entries]
