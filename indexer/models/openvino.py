"""The encoder of a converted model, on OpenVINO; neither torch nor transformers are loaded for it."""

import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from tokenizers import Encoding, Tokenizer

from askdex.indexer.errors import ModelError
from askdex.indexer.models.cache import CachedModel
from askdex.indexer.models.encoder import Runtime, TokenVectors, finite, spans_after
from askdex.indexer.types import Vectors

TEXTS, TOKENS = 0, 1
"""Outputs of a converted model: vectors of shape (texts, dimension) and, where those are means, (texts, tokens, dimension)."""

MODEL, TOKENIZER = "model.blob", "tokenizer.json"
_SETTINGS = {"PERFORMANCE_HINT": "LATENCY"}
_MOST_TOKENS = 2_048
_MOST_TEXTS = 32
_STEP = 8


class OpenVinoEncoder:
    """A model that was converted, with the prompts, the length limit and the fingerprint of the one that it was made from."""

    def __init__(self, name: str, entry: CachedModel) -> None:
        """Load a converted model from the cache. Raises ModelError."""
        manifest = entry.manifest
        self.name = name
        self.fingerprint = manifest.fingerprint
        self.dimension = manifest.dimension
        self.limit = manifest.limit
        self.runtime = Runtime(manifest.runtime, manifest.reason)
        self._prompts = manifest.prompts
        self._padding = manifest.padding
        self._tokenizer = Tokenizer.from_file(str(entry.folder / TOKENIZER))
        self._whole = Tokenizer.from_file(str(entry.folder / TOKENIZER))
        self._whole.no_truncation()
        # Mapped, not read. The library takes nothing that is read-only; what it wrote there would stay in memory.
        self._exported = np.memmap(entry.folder / MODEL, np.uint8, "c")
        try:
            self._request = loaded(self._exported).create_infer_request()
        except RuntimeError as error:
            raise ModelError(f"The converted model in {entry.folder} cannot be loaded: remove that folder.") from error
        self._lock = threading.Lock()

    def count(self, texts: Sequence[str]) -> list[int]:
        """See Encoder."""
        return [len(encoding) for encoding in self._whole.encode_batch_fast(list(texts))]

    def encode_documents(self, texts: Sequence[str]) -> Vectors:
        """See Encoder."""
        return self._encode(self._prompts["document"], texts)

    def encode_questions(self, texts: Sequence[str]) -> Vectors:
        """See Encoder."""
        # Padding changes the last digits, and a question is answered the same whoever asks at the same time.
        return self._encode(self._prompts["query"], texts, padded_alike=True)

    def encode_tokens(self, texts: Sequence[str]) -> list[TokenVectors] | None:
        """See Encoder."""
        if len(self._request.model_outputs) == 1:
            return None
        prompt = self._prompts["document"]
        encodings = self._tokenizer.encode_batch([prompt + text for text in texts])
        found: dict[int, TokenVectors] = {}
        for batch in batches([len(encoding) for encoding in encodings]):
            vectors = self._infer([encodings[n] for n in batch], TOKENS)
            for n, of_text in zip(batch, vectors, strict=True):
                spans = spans_after(prompt, encodings[n].offsets)
                found[n] = TokenVectors(finite(of_text[: len(spans)], self.name), spans)
        return [found[n] for n in range(len(texts))]

    def _encode(self, prompt: str, texts: Sequence[str], *, padded_alike: bool = False) -> Vectors:
        encodings = self._tokenizer.encode_batch_fast([prompt + text for text in texts])
        vectors = np.empty((len(texts), self.dimension), np.float32)
        for batch in batches([len(encoding) for encoding in encodings], padded_alike=padded_alike):
            vectors[batch] = self._infer([encodings[n] for n in batch], TEXTS)
        return finite(vectors, self.name)

    def _infer(self, encodings: Sequence[Encoding], output: int) -> Vectors:
        """What the model gives for each text of a batch, at one of its outputs."""
        inputs = padded(encodings, self._padding)
        # One request has all cores; a second beside it would only wait for them.
        with self._lock:
            found: Vectors = self._request.infer(inputs, share_inputs=True, share_outputs=True)[output]
            return found[: len(encodings)].copy()


def batches(lengths: Sequence[int], *, padded_alike: bool = False) -> Iterator[list[int]]:
    """Positions of texts by their lengths in tokens, the longest first, so that a batch has next to no padding.

    Those of a batch can be asked to be padded as each would be alone.
    """
    order = sorted(range(len(lengths)), key=lambda n: -lengths[n])
    while order:
        longest = max(1, lengths[order[0]])
        number = min(_MOST_TEXTS, max(_STEP, _MOST_TOKENS // longest // _STEP * _STEP))
        batch = [n for n in order[:number] if not padded_alike or _tokens(lengths[n]) == _tokens(longest)]
        yield batch
        order = order[len(batch) :]


def padded(encodings: Sequence[Encoding], padding: int) -> list[npt.NDArray[np.int32]]:
    """Token ids and attention mask, both of shape (texts, most tokens); the mask is 0 where a text has ended.

    Both sides are rounded up, because the library keeps memory for every shape that it has seen, and takes time at each
    change of it.
    """
    shape = _texts(len(encodings)), _tokens(max(map(len, encodings)))
    ids, mask = np.full(shape, padding, np.int32), np.zeros(shape, np.int32)
    # A row without any token would divide by zero.
    mask[len(encodings) :, 0] = 1
    for row, encoding in enumerate(encodings):
        ids[row, : len(encoding)] = encoding.ids
        mask[row, : len(encoding)] = 1
    return [ids, mask]


def _texts(number: int) -> int:
    """The next of 1 to 8, 10, 12, 14, 16, 20, 24, 28, 32."""
    step = min(_STEP, max(1, 1 << (number - 1).bit_length() >> 3))
    return -(-number // step) * step


def _tokens(number: int) -> int:
    """The next of 16, 24, 32, and so on: fewer tokens take no less time, and most questions have no more than 16."""
    return max(2 * _STEP, -(-number // _STEP) * _STEP)


def openvino() -> Any:  # noqa: ANN401  # a module
    """The library, kept from calling out: where its telemetry cannot be imported it does without."""
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]  # which is how an import is forbidden
    import openvino as library

    return library


def compiled(model: Path) -> Any:  # noqa: ANN401  # the library's types come with it
    """A saved OpenVINO model made ready for this processor."""
    return openvino().Core().compile_model(model, "CPU", _SETTINGS)


def loaded(exported: npt.NDArray[np.uint8]) -> Any:  # noqa: ANN401  # the library's types come with it
    """A compiled model from what it was exported to, which has to last as long as the model. Raises RuntimeError."""
    library = openvino()
    return library.Core().import_model(library.Tensor(exported, shared_memory=True), "CPU", _SETTINGS)
