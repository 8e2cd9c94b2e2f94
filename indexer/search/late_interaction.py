"""Late interaction: the tokens of a question are compared with those of the best candidates."""

import threading
from collections.abc import Callable

from askdex.indexer.engine.protocol import Opened
from askdex.indexer.models.token_codes import QuestionTokens
from askdex.indexer.models.token_models import TokenModel
from askdex.indexer.search import fusion
from askdex.indexer.search.fusion import Candidates

_DEPTH = 40
"""Candidates that are compared, which takes 4 ms: some more than the 30 that hold the right passage for nine in ten questions
on a handbook."""


class LateInteractionStage:
    """The model of late interaction, loaded when the first index with codes is asked. Many threads may use it."""

    def __init__(self, load: Callable[[], TokenModel | None]) -> None:
        self._load = load
        self._loaded: TokenModel | None = None
        self._lock = threading.Lock()

    def question(self, opened: Opened, text: str) -> QuestionTokens | None:
        """The tokens of a question; None where the index has no codes, or the question no tokens.

        It is None too where the model that made the codes is not the one that is installed. Raises ModelError.
        """
        model = self._model(opened.token_model)
        return None if model is None else model.question(text)

    def _model(self, fingerprint: str | None) -> TokenModel | None:
        if fingerprint is None:
            return None
        with self._lock:
            self._loaded = self._loaded or self._load()
            return self._loaded if self._loaded is not None and self._loaded.fingerprint == fingerprint else None


def with_late_interaction(opened: Opened, question: QuestionTokens, candidates: Candidates, factor: float = 1.0) -> Candidates:
    """The candidates, the best of which were compared with the tokens of a question, with `factor` times what that adds."""
    best = (-candidates.fused).argsort(kind="stable")[:_DEPTH]
    ids = candidates.ids[best].tolist()
    codes = opened.token_codes(ids)
    if not codes:
        return candidates
    position = dict(zip(ids, best.tolist(), strict=True))
    compared = [position[passage] for passage in codes]
    return fusion.with_matches(candidates, best, compared, question.matches(list(codes.values())), factor)
