"""Encoding together what many threads ask for at once."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from indexer.encoder import Encoder
from indexer.engine import Vectors

_MOST_TOGETHER = 32

Encode = Callable[[Sequence[str]], Vectors]


class BatchingEncoder:
    """An encoder for many threads: what they ask for while it is busy is encoded in one batch."""

    def __init__(self, encoder: Encoder) -> None:
        self.name, self.fingerprint = encoder.name, encoder.fingerprint
        self.dimension, self.limit, self.runtime = encoder.dimension, encoder.limit, encoder.runtime
        self.count = encoder.count
        self.encode_documents = _Lane(encoder.encode_documents)
        self.encode_questions = _Lane(encoder.encode_questions)


@dataclass(slots=True, eq=False)
class _Order:
    """Texts that a thread waits for. It is woken when their batch is done, or, not in a batch yet, to lead the next."""

    texts: Sequence[str]
    woken: threading.Event = field(default_factory=threading.Event)
    is_taken: bool = False
    vectors: Vectors | None = None


class _Lane:
    """The calls of one function, joined: texts gather while one thread encodes, and are the next batch.

    Whoever finds the lane free encodes at once, so an idle server adds no wait.
    """

    def __init__(self, encode: Encode) -> None:
        self._encode = encode
        self._lock = threading.Lock()
        self._waiting: list[_Order] = []
        self._is_busy = False

    def __call__(self, texts: Sequence[str]) -> Vectors:
        """The vectors of these texts, of shape (n, dimension). Raises what the encoder raises for them, not for others."""
        order = _Order(texts)
        with self._lock:
            self._waiting.append(order)
            leads, self._is_busy = not self._is_busy, True
        if not leads:
            order.woken.wait()
        if not order.is_taken:
            self._lead()
        # Where a batch failed each encodes its own texts, so that the error reaches only those who caused it.
        return self._encode(texts) if order.vectors is None else order.vectors

    def _lead(self) -> None:
        """Encode the batch that begins with the calling thread's order, then leave the lane to the next."""
        batch = self._batch()
        try:
            vectors = self._encode([text for order in batch for text in order.texts])
            for order in batch:
                order.vectors, vectors = vectors[: len(order.texts)], vectors[len(order.texts) :]
        except Exception:
            if len(batch) == 1:
                raise
        finally:
            self._hand_over()
            for order in batch:
                order.woken.set()

    def _batch(self) -> list[_Order]:
        """The orders that have waited longest, as many as go together, one at the least."""
        with self._lock:
            number = texts = 0
            for order in self._waiting:
                texts += len(order.texts)
                if number and texts > _MOST_TOGETHER:
                    break
                order.is_taken = True
                number += 1
            batch, self._waiting = self._waiting[:number], self._waiting[number:]
        return batch

    def _hand_over(self) -> None:
        with self._lock:
            self._is_busy = bool(self._waiting)
            if self._waiting:
                self._waiting[0].woken.set()
