"""Vectors that are kept for the next question."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence

import numpy as np

from askdex.indexer.types import Vectors

_MOST = 1_024


class RememberingEncode:
    """An encoder's function for texts that come again, such as the sentences of passages that many ask about.

    It keeps the vectors of the `most` texts that were used last; many threads may call it.
    """

    def __init__(self, encode: Callable[[Sequence[str]], Vectors], most: int = _MOST) -> None:
        self._encode = encode
        self._most = most
        self._held: OrderedDict[str, Vectors] = OrderedDict()
        self._lock = threading.Lock()

    def __call__(self, texts: Sequence[str]) -> Vectors:
        """The vectors of the texts, at least one, of shape (n, dimension)."""
        with self._lock:
            found = {text: self._held[text] for text in texts if text in self._held}
        new = [text for text in dict.fromkeys(texts) if text not in found]
        if new:
            found |= zip(new, self._encode(new), strict=True)
        self._keep(found)
        return np.stack([found[text] for text in texts])

    def _keep(self, found: dict[str, Vectors]) -> None:
        with self._lock:
            for text, vector in found.items():
                self._held[text] = vector
                self._held.move_to_end(text)
            while len(self._held) > self._most:
                self._held.popitem(last=False)
