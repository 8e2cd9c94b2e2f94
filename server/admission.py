"""How many questions the server takes on at once."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from corpus.errors import AskdexError

MOST_QUESTIONS = 32
"""As many as the encoder takes in one batch: with more at once each would wait longer, and none be answered sooner."""

RETRY_AFTER_S = 1


class BusyError(AskdexError):
    """So many questions are being answered that another would only wait."""


class Admission:
    """A bounded number of places, for many threads; whoever finds none is turned away at once."""

    def __init__(self, places: int = MOST_QUESTIONS) -> None:
        self._places = threading.BoundedSemaphore(places)

    @contextmanager
    def place(self) -> Iterator[None]:
        """A place for as long as the block lasts. Raises BusyError where there is none."""
        if not self._places.acquire(blocking=False):
            raise BusyError("More questions are being asked than can be answered at once: ask again in a moment.")
        try:
            yield
        finally:
            self._places.release()
