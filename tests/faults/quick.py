"""Models that cost nothing, in place of those that would take most of the time and do not matter to what is tried."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import numpy as np

from askdex.indexer.models import late_interaction, reranker, token_codes
from askdex.indexer.models.late_interaction import FINGERPRINT
from askdex.indexer.models.token_codes import QuestionTokens
from askdex.indexer.types import Vectors


class QuickTokenModel:
    """Gives every text one token, which depends on its length alone."""

    fingerprint = FINGERPRINT

    def question(self, text: str) -> QuestionTokens | None:
        return QuestionTokens(_token(text), late_interaction.CODEC)

    def passages(self, texts: Sequence[str]) -> list[bytes]:
        return [late_interaction.CODEC.codes(_token(text)) for text in texts]


def _token(text: str) -> Vectors:
    """A unit vector, of shape (1, dimension)."""
    vector = np.zeros((1, token_codes.DIMENSION), np.float32)
    vector[0, len(text) % token_codes.DIMENSION] = 1.0
    return vector


def install() -> None:
    """Use quick models in this process from now on."""
    late_interaction.load_token_model = QuickTokenModel  # type: ignore[assignment]
    reranker.is_reranker_installed = lambda *_: False


def run(operation: Callable[[], object]) -> None:
    """Do something in a process of its own, with quick models."""
    install()
    operation()


@contextmanager
def installed() -> Iterator[None]:
    """Use quick models in this process."""
    before = late_interaction.load_token_model, reranker.is_reranker_installed
    install()
    try:
        yield
    finally:
        late_interaction.load_token_model, reranker.is_reranker_installed = before
