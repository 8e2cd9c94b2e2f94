"""Models that cost nothing and few questions to calibrate on: the real ones take most of the time and are not what is tried.

For a share of the program files are also read by the process that indexes them: to start a reader takes longer than most of
what is tried, and is tried in tests/indexer/ingest/test_reading.py.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import ParamSpec

import numpy as np

from askdex.indexer.ingest import model_choice, update
from askdex.indexer.ingest.reading import Pool
from askdex.indexer.models import late_interaction, reranker, token_codes
from askdex.indexer.models.late_interaction import FINGERPRINT
from askdex.indexer.models.token_codes import QuestionTokens
from askdex.indexer.search import calibrate
from askdex.indexer.types import Vectors
from tests.stubs import PoolHere

P = ParamSpec("P")

_COUNTED, _NEAR = 8, 4
_READERS = model_choice, update


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


def install(*, reads_here: bool) -> None:
    """Use quick models in this process from now on, and few questions; with `reads_here` read files in it."""
    late_interaction.load_token_model = QuickTokenModel  # type: ignore[assignment]
    reranker.is_reranker_installed = lambda *_: False
    _read_with(PoolHere if reads_here else Pool)
    _count(_COUNTED, _NEAR)


def _read_with(pool: object) -> None:
    for module in _READERS:
        module.Pool = pool  # type: ignore[attr-defined]


def _pool() -> object:
    return vars(update)["Pool"]


def _count(questions: int, near: int) -> None:
    calibrate.COUNTED, calibrate.NEAR_COUNTED = questions, near
    calibrate._foreign_questions.cache_clear()


def quickly(do: Callable[P, object]) -> Callable[P, None]:
    """The same in another process, where all is as it is installed in this one."""
    return partial(_do, _pool() is PoolHere, do)


def _do(reads_here: bool, do: Callable[..., object], *arguments: object) -> None:  # noqa: FBT001  # it is passed on
    install(reads_here=reads_here)
    do(*arguments)


@contextmanager
def installed(*, reads_here: bool) -> Iterator[None]:
    """Use quick models in this process, and few questions; with `reads_here` read files in it."""
    before = late_interaction.load_token_model, reranker.is_reranker_installed, _pool()
    questions, near = calibrate.COUNTED, calibrate.NEAR_COUNTED
    install(reads_here=reads_here)
    try:
        yield
    finally:
        late_interaction.load_token_model, reranker.is_reranker_installed, pool = before
        _read_with(pool)
        _count(questions, near)
