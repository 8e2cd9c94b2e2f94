"""Vectors that are kept for the next question."""

import threading
from collections.abc import Callable, Sequence

import numpy as np
from cachetools import LRUCache

from askdex.indexer.types import Vectors

_CAPACITY = 1_024
"""Texts. At 384 dimensions of 4 bytes their vectors take 1.5 MB; more would seldom be asked for again."""


class RememberingEncode:
    """An encoder's function that keeps the vectors of the `capacity` texts that were used last.

    It is for texts that come again, such as the sentences of passages that many questions find. Many threads may call it.
    """

    def __init__(self, encode: Callable[[Sequence[str]], Vectors], capacity: int = _CAPACITY) -> None:
        self._encode = encode
        self._cache: LRUCache[str, Vectors] = LRUCache(capacity)
        # LRUCache is not thread-safe: even reading it changes the order of its entries.
        self._lock = threading.Lock()

    def __call__(self, texts: Sequence[str]) -> Vectors:
        """The vectors of the texts, at least one, of shape (n, dimension)."""
        with self._lock:
            vectors = {text: self._cache[text] for text in texts if text in self._cache}
        new = [text for text in dict.fromkeys(texts) if text not in vectors]
        if new:
            # The lock is not held here: another thread may encode the same text, which costs time but no correctness.
            encoded = dict(zip(new, self._encode(new), strict=True))
            vectors |= encoded
            with self._lock:
                self._cache.update(encoded)
        return np.stack([vectors[text] for text in texts])
