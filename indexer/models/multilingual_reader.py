"""The reader for the languages of the multilingual encoder: it reads what that encoder makes of the words.

It is the English cross-encoder of `models.reader` with other changes (`multilingual_reader.npz`, made by
`python -m tests.benchmarks fit-multilingual-reader`). In place of the vectors of English words it takes those of the encoder's
tokens:

    word vector = map @ token vector + bias

A token vector, of shape (384,) and length 1, means nearly the same in all languages, so the map takes a German word to where
its English one is. What the cross-encoder knows of questions and answers in English then holds for other languages too.
"""

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from askdex.indexer.models.encoder import Encoder
from askdex.indexer.models.openvino import openvino_library
from askdex.indexer.models.reader import LIMIT, STEP, WeightChanges, load_changed, with_output
from askdex.indexer.models.token_models import EncoderTokens
from askdex.indexer.types import Vectors

CHANGES = Path(__file__).with_name("multilingual_reader.npz")
"""The file of the changes."""

_WORDS = "/bert/embeddings/word_embeddings/Gather_output_0_DequantizeLinear"
"""The node that gives the vectors of words."""

_START, _END, MAPPED = 101, 102, 0
"""Token ids of the cross-encoder: [CLS], [SEP], and one that stands where a vector is given."""

_QUESTION_LIMIT = 128
"""Tokens of a question that are read. What a longer question says further on is context."""

_SPECIAL = 3
"""Tokens that are added to a pair."""


class MultilingualReader:
    """The model on OpenVINO, beside the encoder that it reads with; see Reranker."""

    def __init__(self, folder: Path, encoder: Encoder) -> None:
        """Load the cross-encoder from the folder of the package; see PassageReader. Raises ModelError where it is damaged."""
        self._blob, self._request = load_changed(folder, CHANGES, _with_vectors)
        self._encoder, self._tokens = encoder, EncoderTokens(encoder)
        self._lock = threading.Lock()

    def count(self, question: str, texts: Sequence[str]) -> list[int]:
        """See Reranker."""
        of_question, *of_texts = self._encoder.count([question, *texts])
        return [min(LIMIT, of_question + of_text + 1) for of_text in of_texts]

    def scores(self, question: str, texts: Sequence[str]) -> Vectors:
        """See Reranker."""
        asked = self._tokens.question_vectors(question)[:_QUESTION_LIMIT]
        # One text at a time: in batches the last digits of a vector depend on the other texts.
        vectors = (self._tokens.passage_vectors([text])[0] for text in texts)
        return np.array([self._score(asked, of_text) for of_text in vectors], np.float32)

    def _score(self, question: Vectors, text: Vectors) -> float:
        inputs = model_inputs(question, text[: LIMIT - _SPECIAL - len(question)])
        with self._lock:
            return float(self._request.infer(inputs, share_inputs=True)[0].item())


def _with_vectors(model: Any, changes: WeightChanges) -> Any:  # noqa: ANN401  # OpenVINO models
    """The cross-encoder with the output of the reader, and with one more input, vectors in place of words."""
    library = openvino_library()
    opset = library.opset13
    vectors = opset.parameter([-1, -1, changes["map"].shape[0]], np.float32, "vectors")
    mapping, bias = (opset.constant(changes[name].astype(np.float32)) for name in ("map", "map_bias"))
    changed = with_output(model, changes)
    words = next(node for node in changed.get_ordered_ops() if node.get_friendly_name() == _WORDS)
    readers = words.output(0).get_target_inputs()
    mapped = opset.add(opset.matmul(vectors, mapping, False, True), bias)  # noqa: FBT003
    is_given = opset.equal(opset.unsqueeze(changed.input("input_ids"), opset.constant(2)), opset.constant(MAPPED, np.int64))
    chosen = opset.select(is_given, mapped, words)
    for reader in readers:
        reader.replace_source_output(chosen.output(0))
    changed.add_parameters([vectors])
    return changed


def model_inputs(question: Vectors, text: Vectors) -> list[npt.NDArray[Any]]:
    """Token ids, attention mask, token types and vectors of a pair: [CLS] question [SEP] text [SEP], and padding."""
    end, length = len(question) + 2, len(question) + len(text) + _SPECIAL
    padded = length + -length % STEP
    ids, mask, types = np.full((1, padded), MAPPED), np.zeros((1, padded), np.int64), np.zeros((1, padded), np.int64)
    ids[0, [0, end - 1, length - 1]] = _START, _END, _END
    mask[0, :length], types[0, end:length] = 1, 1
    vectors = np.zeros((1, padded, question.shape[1]), np.float32)
    vectors[0, 1 : end - 1], vectors[0, end : length - 1] = question, text
    return [ids, mask, types, vectors]
