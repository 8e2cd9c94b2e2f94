"""Following an index: a thread opens each new generation before a question needs it."""

import logging
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager

from askdex.corpus.errors import AskdexError

_LOOK_S = 0.2
"""Seconds between two looks for a new generation."""

_log = logging.getLogger(__name__)


class Follower:
    """The thread of a read model that opens what is new; it runs from `start` to `end`."""

    def __init__(self, opened: Callable[[], AbstractContextManager[object]]) -> None:
        """`opened` opens the newest generation; what it raises is logged, once for each outage."""
        self._opened = opened
        self._thread: threading.Thread | None = None
        self._has_ended = threading.Event()

    @property
    def has_ended(self) -> bool:
        """Whether the index is let go of."""
        return self._has_ended.is_set()

    def start(self) -> None:
        """Follow from now on; to say so again changes nothing."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="index follower", daemon=True)
            self._thread.start()

    def end(self) -> None:
        """Follow no longer, and wait until the thread has ended."""
        self._has_ended.set()
        if self._thread is not None:
            self._thread.join()

    def is_another(self) -> bool:
        """Whether a thread other than this one opens what is new."""
        return self._thread is not None and self._thread.is_alive() and self._thread is not threading.current_thread()

    def _run(self) -> None:
        last_warning = ""
        while not self._has_ended.wait(_LOOK_S):
            try:
                with self._opened():
                    last_warning = ""
            except (AskdexError, OSError) as error:
                # A question gets this error as its answer. At the next look the index may be back, or repaired.
                if str(error) != last_warning:
                    _log.warning("%s", error)
                last_warning = str(error)
