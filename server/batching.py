"""Answering questions of many threads together: quick ones on one thread, slow ones on another."""

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from queue import Empty, SimpleQueue

from askdex.corpus.errors import AskdexError
from askdex.indexer.search.searcher import Searcher
from askdex.indexer.types import Mode, Query, Response

MOST_QUICK = 32
"""Questions that may wait or be answered at once, and the size of the largest batch that is encoded.

More would make each wait longer without answering any sooner.
"""

MOST_SLOW = 8
"""The same for questions in the mode precise or with explanations, each of which takes many times as long."""

RETRY_AFTER_S = 1
"""Seconds after which a client that was turned away should ask again."""

_Order = tuple[Query, Future[Response]]


class BusyError(AskdexError):
    """Too many questions are being answered already."""


class Batcher:
    """Answers the questions of all threads; slow questions hold up no quick ones."""

    def __init__(self, searcher: Searcher, most_quick: int = MOST_QUICK) -> None:
        self._quick = _Lane(searcher, most_quick)
        self._slow = _Lane(searcher, MOST_SLOW)

    @property
    def is_free_for_slow(self) -> bool:
        """Whether no slow question waits or is being answered."""
        return not self._slow.questions

    @property
    def waiting(self) -> dict[str, int]:
        """How many questions wait or are being answered, by lane."""
        return {"quick": self._quick.questions, "slow": self._slow.questions}

    def search(self, query: Query) -> Response:
        """Answer a question. Raises BusyError where too many are waiting, and what Searcher.search raises."""
        is_slow = query.mode is Mode.PRECISE or query.explain
        return (self._slow if is_slow else self._quick).search(query)

    def answers(self, queries: Sequence[Query]) -> list[Response]:
        """Answer questions of one client, encoded together; they count as one slow question. Raises what `search` raises."""
        return self._slow.answers(queries)


class _Lane:
    """Answers questions on a thread of its own.

    While it is busy, new questions wait. It then encodes all that wait in one batch and answers them one after the other.
    Python runs one thread at a time, so answering them side by side would only make them take turns: at 16 questions at
    once that took a third of all the time. A question that comes alone is answered at once.
    """

    def __init__(self, searcher: Searcher, most_questions: int) -> None:
        self._searcher = searcher
        self._most_questions = most_questions
        self._questions = 0
        self._lock = threading.Lock()
        self._waiting: SimpleQueue[_Order] = SimpleQueue()
        self._thread = ThreadPoolExecutor(1, "answering")

    @property
    def questions(self) -> int:
        """How many questions wait or are being answered."""
        return self._questions

    def search(self, query: Query) -> Response:
        """Answer a question, and wait for the answer. Raises what Batcher.search raises."""
        with self._place():
            future = Future[Response]()
            self._waiting.put((query, future))
            self._thread.submit(self._answer_waiting)
            return future.result()

    def answers(self, queries: Sequence[Query]) -> list[Response]:
        """Answer questions of one client, and wait for the answers. Raises what Batcher.search raises."""
        with self._place():
            return self._thread.submit(lambda: list(self._searcher.answers(queries))).result()

    @contextmanager
    def _place(self) -> Iterator[None]:
        """A place among those that may wait, for as long as the block lasts. Raises BusyError where there is none."""
        with self._lock:
            if self._questions == self._most_questions:
                raise BusyError("More questions are being asked than can be answered at once: ask again in a moment.")
            self._questions += 1
        try:
            yield
        finally:
            with self._lock:
                self._questions -= 1

    def _answer_waiting(self) -> None:
        """Answer all that wait; there may be none left, as each question brings a call of its own."""
        orders = self._take_waiting()
        left = iter(orders)
        # What fails in a batch is tried again alone, so that the error reaches only the question that causes it.
        with suppress(Exception):
            for response in self._searcher.answers([query for query, _ in orders]):
                next(left)[1].set_result(response)
        for query, future in left:
            try:
                future.set_result(self._searcher.search(query))
            except Exception as error:  # it is raised in the thread that waits for the answer
                future.set_exception(error)

    def _take_waiting(self) -> list[_Order]:
        orders: list[_Order] = []
        try:
            while len(orders) < MOST_QUICK:
                orders.append(self._waiting.get_nowait())
        except Empty:
            pass
        return orders
