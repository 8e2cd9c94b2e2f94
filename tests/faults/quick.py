"""Models that cost nothing and few questions to calibrate on: the real ones take most of the time and are not what is tried."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import numpy as np

from askdex.indexer.models import late_interaction, reranker, token_codes
from askdex.indexer.models.late_interaction import FINGERPRINT
from askdex.indexer.models.token_codes import QuestionTokens
from askdex.indexer.search import calibrate
from askdex.indexer.types import Vectors

_COUNTED, _NEAR = 8, 4


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
    """Use quick models in this process from now on, and few questions."""
    late_interaction.load_token_model = QuickTokenModel  # type: ignore[assignment]
    reranker.is_reranker_installed = lambda *_: False
    _count(_COUNTED, _NEAR)


def _count(questions: int, near: int) -> None:
    calibrate.COUNTED, calibrate.NEAR_COUNTED = questions, near
    calibrate._foreign_questions.cache_clear()


def run(operation: Callable[[], object]) -> None:
    """Do something in a process of its own, quickly."""
    install()
    operation()


@contextmanager
def installed() -> Iterator[None]:
    """Use quick models in this process, and few questions."""
    before = late_interaction.load_token_model, reranker.is_reranker_installed
    questions, near = calibrate.COUNTED, calibrate.NEAR_COUNTED
    install()
    try:
        yield
    finally:
        late_interaction.load_token_model, reranker.is_reranker_installed = before
        _count(questions, near)
