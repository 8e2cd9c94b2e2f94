"""The cross-encoder that comes with the installation: it reads a question and a text, and says whether the text answers.

It is ms-marco-MiniLM-L12-v2 of the package in `models.packaged`, with changes that were fitted on public collections of
questions with and without an answer (`reader.npz`, made by `python -m tests.benchmarks fit-reader`): additions of rank 16 to
the matrices of its upper six layers, and an output of its own.

    log_odds = alpha * (log-odds of the changed cross-encoder) + answer . x + bias

x, of shape (384,), is the vector of the first token of the last layer. Unlike the log-odds of the cross-encoder itself, these
tell a text near the subject from one that answers. tokenizers and OpenVINO are imported where a model is loaded.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from askdex.indexer.models import cache, compiled, packaged
from askdex.indexer.models.cache import ModelManifest
from askdex.indexer.models.dequantize import read_dequantized
from askdex.indexer.models.openvino import compile_model, openvino_library
from askdex.indexer.types import Vectors

if TYPE_CHECKING:
    from tokenizers import Encoding

WeightChanges = Mapping[str, npt.NDArray[np.float16]]
ChangeModel = Callable[[Any, WeightChanges], Any]
"""Makes a reader of the cross-encoder, an OpenVINO model, with what a file of changes holds."""

CHANGES = Path(__file__).with_name("reader.npz")
"""The file of the changes."""

_POOLER = "/bert/pooler/dense/Gemm_MatMul_quant"
"""The product that takes the vector of the first token of the last layer."""

LIMIT = 512
"""Tokens of question and text together: the positions that a BERT model has."""

STEP = 8
"""Tokens are padded to multiples of this: the library keeps memory for every length that it has seen."""


class PassageReader:
    """The model on OpenVINO; see Reranker. It reads a question and a text, cut to 512 tokens together."""

    def __init__(self, folder: Path) -> None:
        """Load the model from the folder of the package; it is compiled for this processor the first time, for seconds.

        Raises ModelError where it is damaged.
        """
        from tokenizers import Tokenizer

        self._blob, self._request = load_changed(folder, CHANGES, with_output)
        self._tokenizer = Tokenizer.from_file(str(folder / packaged.TOKENIZER_FILE))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(LIMIT)
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


def load_changed(folder: Path, changes: Path, change: ChangeModel) -> tuple[Any, Any]:
    """The cross-encoder in a folder with the changes of a file, to which `change` does the rest; see `compiled.load_compiled`.

    Where the cache cannot be written, the model takes more memory. Raises ModelError where it is damaged.
    """
    read = partial(_read, folder, changes, change)
    try:
        place = cache.entry_folder(folder, changes=changes.read_bytes())
        entry = cache.find_or_make(place, partial(_convert, folder, read))
    except OSError:
        entry = None
    if entry is not None:
        return compiled.load_compiled(entry)
    packaged.verify(folder)
    return None, compile_model(read()).create_infer_request()


def _convert(source: Path, read: Callable[[], Any], folder: Path) -> None:
    """See `compiled.compile_into`."""
    manifest = ModelManifest("", 1, LIMIT, {}, 0, "OpenVINO", "it reads a question and a text together")
    compiled.compile_into(folder, source, read, manifest)


def _read(folder: Path, file: Path, change: ChangeModel) -> Any:  # noqa: ANN401  # an OpenVINO model
    with np.load(file) as changes:
        return change(read_dequantized(folder / packaged.ONNX_FILE, _additions(changes)), changes)


def _additions(changes: WeightChanges) -> dict[str, Vectors]:
    """What is added to the matrix of each product, by the product's name: the product of two matrices of rank 16."""
    names = [name.removesuffix(".inner") for name in changes if name.endswith(".inner")]
    return {
        f"/bert/encoder/{name}/MatMul_quant": (changes[f"{name}.outer"].astype(np.float32) @ changes[f"{name}.inner"]).T
        for name in names
    }


def with_output(model: Any, changes: WeightChanges) -> Any:  # noqa: ANN401  # OpenVINO models
    """The cross-encoder with the output of the reader in place of its own."""
    library = openvino_library()
    opset = library.opset13
    alpha, answer, bias = (opset.constant(changes[name].astype(np.float32)) for name in ("alpha", "answer", "bias"))
    pooler = next(node for node in model.get_ordered_ops() if node.get_friendly_name() == _POOLER)
    own = opset.multiply(model.outputs[0].get_node().input_value(0), alpha)
    added = opset.matmul(pooler.input_value(0), answer, False, False)  # noqa: FBT003
    log_odds = opset.add(opset.add(own, added), bias)
    return library.Model([log_odds.output(0)], model.get_parameters(), "reader")


def _model_inputs(encoding: "Encoding") -> list[npt.NDArray[np.int64]]:
    """Token ids, attention mask and token types (0 question, 1 text), each of shape (1, tokens)."""
    padding = [0] * (-len(encoding) % STEP)
    columns = (encoding.ids, encoding.attention_mask, encoding.type_ids)
    return [np.array([column + padding], np.int64) for column in columns]
