"""The cross-encoders of sentence-transformers, on torch.

sentence-transformers and torch are imported where a model is loaded, because they take seconds to import.
"""

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from askdex.indexer.errors import ModelError
from askdex.indexer.models.hub import load_model, missing_packages, torch_failures
from askdex.indexer.types import Vectors

if TYPE_CHECKING:
    from sentence_transformers import CrossEncoder

_BATCH = 1
"""Texts. In larger batches a score's last digits depend on the other texts."""


class CrossEncoderReranker:
    """Any cross-encoder of sentence-transformers that gives one number for a question and a text."""

    def __init__(self, name: str, device: str = "cpu") -> None:
        """Load a model by its name or folder, to a device as torch names it.

        Raises ModelError where it cannot be loaded, or gives several numbers.
        """
        self._name = name
        self._device = device
        self._model = _load(name, device)
        self._lock = threading.Lock()
        if self._model.num_labels != 1:
            raise ModelError(f"The model {name} gives {self._model.num_labels} numbers for a text, not one: name another.")

    def count(self, question: str, texts: Sequence[str]) -> list[int]:
        """See Reranker."""
        with self._lock:
            encodings = self._model.tokenizer(
                [question] * len(texts), list(texts), truncation=True, max_length=self._model.max_seq_length
            )
        return [len(ids) for ids in encodings["input_ids"]]

    def scores(self, question: str, texts: Sequence[str]) -> Vectors:
        """See Reranker."""
        from torch.nn import Identity

        pairs = [(question, text) for text in texts]
        # Two threads may not use a fast tokenizer at once. Identity leaves the log-odds as they are.
        with self._lock, torch_failures(self._name, self._device, "--reranker"):
            log_odds = self._model.predict(pairs, batch_size=_BATCH, show_progress_bar=False, activation_fn=Identity())
        scores: Vectors = np.asarray(log_odds, np.float32).reshape(len(texts))
        if not np.isfinite(scores).all():
            raise ModelError(f"The model {self._name} gives scores that are no numbers: name another with --reranker.")
        return scores


def _load(name: str, device: str) -> "CrossEncoder":
    with missing_packages(name):
        from sentence_transformers import CrossEncoder
    folder = Path(name) if Path(name).is_dir() else None
    model: CrossEncoder = load_model(CrossEncoder, name, folder, device, "--reranker", fetches=True)
    return model
