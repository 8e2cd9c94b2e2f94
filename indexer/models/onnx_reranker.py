"""A cross-encoder that comes as ONNX with 8-bit weights, on OpenVINO."""

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from tokenizers import Encoding, Tokenizer

from askdex.indexer.errors import ModelError
from askdex.indexer.models import dequantize
from askdex.indexer.models.openvino import compiled
from askdex.indexer.types import Vectors

_MODEL, _TOKENIZER = "model.onnx", "tokenizer.json"
_LONGEST = 512
_STEP = 8
"""Tokens; the library keeps memory for every length that it has seen."""

_Inputs = list[npt.NDArray[np.int64]]


class OnnxReranker:
    """A model of the kind that reads a question and a text, cut to 512 tokens together, and gives one number."""

    def __init__(self, folder: Path) -> None:
        """Load a model from its folder. Raises ModelError."""
        try:
            self._tokenizer = Tokenizer.from_file(str(folder / _TOKENIZER))
            model = dequantize.read(folder / _MODEL)
            self._request = compiled(model).create_infer_request()
        except Exception as error:  # the tokenizer raises nothing narrower
            raise ModelError(f"The cross-encoder in {folder} cannot be loaded: install its package again.") from error
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(_LONGEST)
        self._lock = threading.Lock()

    def count(self, question: str, texts: Sequence[str]) -> list[int]:
        """See Reranker."""
        return [len(encoding) for encoding in self._encoded(question, texts)]

    def scores(self, question: str, texts: Sequence[str]) -> Vectors:
        """See Reranker."""
        # One text at a time: a batch is little faster, and its rounding depends on the company.
        return np.array([self._score(encoding) for encoding in self._encoded(question, texts)], np.float32)

    def _encoded(self, question: str, texts: Sequence[str]) -> list[Encoding]:
        return self._tokenizer.encode_batch_fast([(question, text) for text in texts])

    def _score(self, encoding: Encoding) -> float:
        with self._lock:
            return float(self._request.infer(_inputs(encoding), share_inputs=True)[0].item())


def _inputs(encoding: Encoding) -> _Inputs:
    """Token ids, attention mask and the part that each token is of, of shape (1, tokens)."""
    missing = -len(encoding) % _STEP
    columns: Any = (encoding.ids, encoding.attention_mask, encoding.type_ids)
    return [np.pad(np.array(column, np.int64), (0, missing))[None] for column in columns]
