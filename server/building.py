"""The state of an index that is not there yet."""

import threading

from askdex.corpus.errors import AskdexError

RETRY_AFTER_S = 5
"""Seconds after which a client should ask again whether questions can be answered."""


class BuildingError(AskdexError):
    """The documents are being indexed; `share` of that is done, from 0 to 1."""

    def __init__(self, share: float) -> None:
        super().__init__(f"The documents are being read, {share:.0%} so far: questions are answered once all are.")
        self.share = share


class Building:
    """How far the indexing is; it is the `Progress` of that, and many threads may ask."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._done, self._total = 0, 0

    def __call__(self, done: int, total: int, /) -> None:
        """See Progress."""
        with self._lock:
            self._done, self._total = done, total

    @property
    def share(self) -> float:
        """What is done, from 0 to 1."""
        with self._lock:
            return min(1.0, self._done / self._total) if self._total else 0.0
