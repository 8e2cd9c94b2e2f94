"""Encoders that something is done around, such as measuring how long they take."""

from collections.abc import Sequence
from contextlib import AbstractContextManager

from askdex.indexer.models.encoder import Encoder, TokenVectors
from askdex.indexer.types import Vectors


class WrappedEncoder:
    """An encoder whose vectors are computed inside a context that a subclass gives."""

    def __init__(self, encoder: Encoder) -> None:
        self.name = encoder.name
        self.fingerprint = encoder.fingerprint
        self.dimension = encoder.dimension
        self.limit = encoder.limit
        self.runtime = encoder.runtime
        self._encoder = encoder

    def count(self, texts: Sequence[str]) -> list[int]:
        return self._encoder.count(texts)

    def encode_documents(self, texts: Sequence[str]) -> Vectors:
        with self.around():
            return self._encoder.encode_documents(texts)

    def encode_questions(self, texts: Sequence[str]) -> Vectors:
        with self.around():
            return self._encoder.encode_questions(texts)

    def encode_tokens(self, texts: Sequence[str], *, as_questions: bool = False) -> list[TokenVectors] | None:
        with self.around():
            return self._encoder.encode_tokens(texts, as_questions=as_questions)

    def around(self) -> AbstractContextManager[None]:
        """The context for one call."""
        raise NotImplementedError
