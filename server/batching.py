"""Questions that many threads ask, answered on one; those that take long on another."""

import threading
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from queue import Empty, SimpleQueue

from askdex.corpus.errors import AskdexError
from askdex.indexer.search.searcher import PreparedQuery, Searcher
from askdex.indexer.types import Mode, Query, Response

MOST_QUESTIONS = 32
"""As many as are encoded in one batch: with more at once each would wait longer, and none be answered sooner."""

MOST_SLOW = 8
"""As many of those that take many times as long: in the mode precise, or with explanations."""

RETRY_AFTER_S = 1

_Order = tuple[Query, Future[Response]]


class BusyError(AskdexError):
    """So many questions are being answered that another would only wait."""


class Batcher:
    """Answers the questions of all threads; those that take long hold up no others."""

    def __init__(self, searcher: Searcher, places: int = MOST_QUESTIONS) -> None:
        self._quick = _Lane(searcher, places)
        self._slow = _Lane(searcher, MOST_SLOW)

    def search(self, query: Query) -> Response:
        """Answer a question. Raises BusyError where too many are waiting, and what Searcher.search raises."""
        return (self._slow if query.mode is Mode.PRECISE or query.explain else self._quick).search(query)


class _Lane:
    """Answers questions on a thread of its own, those that have gathered meanwhile together.

    They are encoded in one batch, then answered one after the other. Python runs one thread at a time: questions that are
    answered side by side only take turns, which took a third of all the time at 16 at once. Who asks alone is answered at
    once.
    """

    def __init__(self, searcher: Searcher, places: int) -> None:
        self._searcher = searcher
        self._places = threading.BoundedSemaphore(places)
        self._waiting: SimpleQueue[_Order] = SimpleQueue()
        self._thread = ThreadPoolExecutor(1, "answering")

    def search(self, query: Query) -> Response:
        """See Dispatcher."""
        if not self._places.acquire(blocking=False):
            raise BusyError("More questions are being asked than can be answered at once: ask again in a moment.")
        try:
            future = Future[Response]()
            self._waiting.put((query, future))
            self._thread.submit(self._answer_waiting)
            return future.result()
        finally:
            self._places.release()

    def _answer_waiting(self) -> None:
        """Answer whoever waits, which may be nobody any more: each order comes with a call."""
        orders = self._gathered()
        for (query, future), asked in zip(orders, self._encoded([query for query, _ in orders]), strict=True):
            try:
                future.set_result(self._searcher.answer(asked) if asked else self._searcher.search(query))
            except Exception as error:  # raised where it was asked
                future.set_exception(error)

    def _encoded(self, queries: Sequence[Query]) -> Sequence[PreparedQuery | None]:
        """The queries made ready together; None for each where that fails, so that the error reaches who caused it alone."""
        try:
            return self._searcher.encode(queries)
        except Exception:  # it comes again, for the query that causes it
            return [None] * len(queries)

    def _gathered(self) -> list[_Order]:
        orders: list[_Order] = []
        try:
            while len(orders) < MOST_QUESTIONS:
                orders.append(self._waiting.get_nowait())
        except Empty:
            pass
        return orders
