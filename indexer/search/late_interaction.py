"""Late interaction: the tokens of a question are compared with those of the best candidates."""

import threading
from collections.abc import Callable

import numpy as np

from askdex.indexer.engine.protocol import Opened
from askdex.indexer.models import late_interaction, token_codes
from askdex.indexer.models.late_interaction import TokenModel
from askdex.indexer.search import fusion
from askdex.indexer.search.fusion import Candidates
from askdex.indexer.types import Vectors

_DEPTH = 40
"""Candidates that are compared, which takes 4 ms; the right passage of nine in ten questions on a handbook is among 30."""


class LateInteractionStage:
    """The model of late interaction, loaded when the first index with codes of its own is asked. Many threads may use it."""

    def __init__(self, load: Callable[[], TokenModel | None] | None = None) -> None:
        self._load = load
        self._loaded: TokenModel | None = None
        self._lock = threading.Lock()

    def question(self, opened: Opened, text: str) -> Vectors | None:
        """The vectors of the tokens of a question, of shape (tokens, dimension); None where the index has no codes.

        It is None too where the model that made the codes is not the one that is installed. Raises ModelError.
        """
        model = self._model(opened.token_model)
        return None if model is None else model.question(text)

    def _model(self, fingerprint: str | None) -> TokenModel | None:
        if fingerprint is None:
            return None
        with self._lock:
            if self._loaded is None and (self._load or late_interaction.is_token_model_installed()):
                self._loaded = (self._load or late_interaction.load_token_model)()
            return self._loaded if self._loaded is not None and self._loaded.fingerprint == fingerprint else None


def with_late_interaction(opened: Opened, question: Vectors, candidates: Candidates) -> Candidates:
    """The candidates, the best of which were compared with the tokens of a question, with what that adds."""
    best = np.argsort(-candidates.fused, kind="stable")[:_DEPTH]
    codes = opened.token_codes(candidates.ids[best].tolist())
    if not codes:
        return candidates
    position = {int(passage): place for place, passage in zip(best.tolist(), candidates.ids[best], strict=True)}
    matches = np.full(len(candidates), np.nan)
    matches[best] = np.inf
    matches[[position[passage] for passage in codes]] = token_codes.matches(question, list(codes.values()))
    return fusion.with_matches(candidates, matches)
