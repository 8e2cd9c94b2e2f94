"""A cross-encoder in ONNX with 8-bit weights, on OpenVINO.

tokenizers and OpenVINO are imported where a model is loaded, as in `askdex.indexer.models.openvino`.
"""

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from askdex.indexer.errors import ModelError
from askdex.indexer.models.dequantize import read_dequantized
from askdex.indexer.models.openvino import compile_model
from askdex.indexer.types import Vectors

if TYPE_CHECKING:
    from tokenizers import Encoding

_MODEL, _TOKENIZER = "model.onnx", "tokenizer.json"
_LIMIT = 512
"""Tokens of question and text together: the positions that a BERT model has."""

_STEP = 8
"""Tokens are padded to multiples of this: the library keeps memory for every length that it has seen."""


class OnnxReranker:
    """A cross-encoder that reads a question and a text, cut to 512 tokens together, and gives one number."""

    def __init__(self, folder: Path) -> None:
        """Load a model from its folder. Raises ModelError."""
        from tokenizers import Tokenizer

        try:
            self._tokenizer = Tokenizer.from_file(str(folder / _TOKENIZER))
            self._request = compile_model(read_dequantized(folder / _MODEL)).create_infer_request()
        except Exception as error:  # the tokenizer raises nothing narrower
            raise ModelError(f"The cross-encoder in {folder} cannot be loaded: install its package again.") from error
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(_LIMIT)
        self._lock = threading.Lock()

    def count(self, question: str, texts: Sequence[str]) -> list[int]:
        """See Reranker."""
        return [len(encoding) for encoding in self._encodings(question, texts)]

    def scores(self, question: str, texts: Sequence[str]) -> Vectors:
        """See Reranker."""
        # One text at a time: batches are hardly faster, and in them a score's last digits depend on the other texts.
        return np.array([self._score(encoding) for encoding in self._encodings(question, texts)], np.float32)

    def _encodings(self, question: str, texts: Sequence[str]) -> list["Encoding"]:
        return self._tokenizer.encode_batch_fast([(question, text) for text in texts])

    def _score(self, encoding: "Encoding") -> float:
        with self._lock:
            return float(self._request.infer(_model_inputs(encoding), share_inputs=True)[0].item())


def _model_inputs(encoding: "Encoding") -> list[npt.NDArray[np.int64]]:
    """Token ids, attention mask and token types (0 question, 1 text), each of shape (1, tokens)."""
    padding = -len(encoding) % _STEP
    columns: Any = (encoding.ids, encoding.attention_mask, encoding.type_ids)
    return [np.pad(np.array(column, np.int64), (0, padding))[None] for column in columns]
