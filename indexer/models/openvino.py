"""The encoder of a converted model, on OpenVINO, without torch or transformers.

tokenizers and OpenVINO are imported where a model is loaded: commands that embed nothing need neither, and OpenVINO takes a
second to import.
"""

import sys
import threading
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from askdex.indexer.errors import ModelError
from askdex.indexer.models.cache import CachedModel
from askdex.indexer.models.encoder import Runtime, TokenVectors, require_finite, spans_without_prompt
from askdex.indexer.types import Vectors

if TYPE_CHECKING:
    from tokenizers import Encoding, Tokenizer

_TEXT_OUTPUT, _TOKEN_OUTPUT = 0, 1
"""The outputs of a converted model: vectors of texts, of shape (texts, dimension), and vectors of tokens, of shape
(texts, tokens, dimension). The second is there only where the first is its mean."""

MODEL_FILE, TOKENIZER_FILE = "model.blob", "tokenizer.json"
_SETTINGS = {"PERFORMANCE_HINT": "LATENCY"}
"""All cores work on one batch, instead of several batches at once."""

_BATCH_TOKENS = 2_048
"""Tokens of a batch, with padding: enough work for all cores, and little enough for their caches."""

_BATCH_TEXTS = 32
"""Texts of a batch at most. It keeps the number of shapes small that `pad` can make."""

_STEP = 8
"""Texts and tokens are rounded up to multiples of this; a finer step makes more shapes, a coarser one more padding."""


class OpenVinoEncoder:
    """A converted model, with the prompts, the limit and the fingerprint of the model that it was made from."""

    def __init__(self, name: str, entry: CachedModel) -> None:
        """Load a converted model from the cache. Raises ModelError."""
        from tokenizers import Tokenizer

        manifest = entry.manifest
        self.name = name
        self.fingerprint = manifest.fingerprint
        self.dimension = manifest.dimension
        self.limit = manifest.limit
        self.runtime = Runtime(manifest.runtime, manifest.reason)
        self._prompts = manifest.prompts
        self._padding = manifest.padding
        self._tokenizer = Tokenizer.from_file(str(entry.folder / TOKENIZER_FILE))
        self._counting_tokenizer = _without_truncation(self._tokenizer)
        # Mapped, so that processes share the memory. Copy-on-write, because the library takes no read-only array.
        self._blob = np.memmap(entry.folder / MODEL_FILE, np.uint8, "c")
        try:
            self._request = import_model(self._blob).create_infer_request()
        except RuntimeError as error:
            raise ModelError(f"The converted model in {entry.folder} cannot be loaded: remove that folder.") from error
        self._lock = threading.Lock()

    def count(self, texts: Sequence[str]) -> list[int]:
        """See Encoder."""
        return [len(encoding) for encoding in self._counting_tokenizer.encode_batch_fast(list(texts))]

    def encode_documents(self, texts: Sequence[str]) -> Vectors:
        """See Encoder."""
        return self._encode(self._prompts["document"], texts)

    def encode_questions(self, texts: Sequence[str]) -> Vectors:
        """See Encoder."""
        # Padding changes the last digits of a vector. A question must get the same answer whatever others ask at the same time.
        return self._encode(self._prompts["query"], texts, same_padding=True)

    def encode_tokens(self, texts: Sequence[str], *, as_questions: bool = False) -> list[TokenVectors] | None:
        """See Encoder."""
        if len(self._request.model_outputs) == 1:
            return None
        prompt = self._prompts["query" if as_questions else "document"]
        encodings = self._tokenizer.encode_batch([prompt + text for text in texts])
        tokens: dict[int, TokenVectors] = {}
        for batch in batches([len(encoding) for encoding in encodings]):
            vectors = self._infer([encodings[n] for n in batch], _TOKEN_OUTPUT)
            for n, padded_vectors in zip(batch, vectors, strict=True):
                spans = spans_without_prompt(prompt, encodings[n].offsets)
                tokens[n] = TokenVectors(require_finite(padded_vectors[: len(spans)], self.name), spans)
        return [tokens[n] for n in range(len(texts))]

    def _encode(self, prompt: str, texts: Sequence[str], *, same_padding: bool = False) -> Vectors:
        encodings = self._tokenizer.encode_batch_fast([prompt + text for text in texts])
        vectors = np.empty((len(texts), self.dimension), np.float32)
        for batch in batches([len(encoding) for encoding in encodings], same_padding=same_padding):
            vectors[batch] = self._infer([encodings[n] for n in batch], _TEXT_OUTPUT)
        return require_finite(vectors, self.name)

    def _infer(self, encodings: Sequence["Encoding"], output: int) -> Vectors:
        """One output of the model for a batch of texts; its first axis are the texts."""
        inputs = pad(encodings, self._padding)
        # One request uses all cores; a second beside it would only wait for them.
        with self._lock:
            vectors: Vectors = self._request.infer(inputs, share_inputs=True, share_outputs=True)[output]
            return vectors[: len(encodings)].copy()


def _without_truncation(tokenizer: "Tokenizer") -> "Tokenizer":
    """The same tokenizer without truncation. Both have one vocabulary, of which a multilingual one takes 290 MB."""
    from tokenizers import Tokenizer

    twin = Tokenizer(tokenizer.model)
    for part in ("normalizer", "pre_tokenizer", "post_processor"):
        if getattr(tokenizer, part) is not None:
            setattr(twin, part, getattr(tokenizer, part))
    # By their ids, so that each gets its own again.
    for _, token in sorted(tokenizer.get_added_tokens_decoder().items()):
        (twin.add_special_tokens if token.special else twin.add_tokens)([token])
    return twin


def batches(lengths: Sequence[int], *, same_padding: bool = False) -> Iterator[list[int]]:
    """Batches of texts, as positions in `lengths`, which are in tokens.

    The longest texts come first, so that a batch has little padding:

        >>> list(batches([3, 200, 4, 190]))
        [[1, 3, 2, 0]]

    With `same_padding` each text gets as much padding in its batch as it would get alone.
    """
    order = sorted(range(len(lengths)), key=lambda n: -lengths[n])
    while order:
        longest = max(1, lengths[order[0]])
        size = min(_BATCH_TEXTS, max(_STEP, _BATCH_TOKENS // longest // _STEP * _STEP))
        batch = [n for n in order[:size] if not same_padding or _padded_tokens(lengths[n]) == _padded_tokens(longest)]
        yield batch
        order = order[len(batch) :]


def pad(encodings: Sequence["Encoding"], padding: int) -> list[npt.NDArray[np.int32]]:
    """Token ids and attention mask, both of shape (texts, tokens); the mask is 0 where a text has ended.

    Both dimensions are rounded up: the library keeps memory for every shape that it has seen, and each change of the shape
    takes time.
    """
    shape = _padded_texts(len(encodings)), _padded_tokens(max(map(len, encodings)))
    ids, mask = np.full(shape, padding, np.int32), np.zeros(shape, np.int32)
    # The mean over the tokens of a row without any would divide by zero.
    mask[len(encodings) :, 0] = 1
    for row, encoding in enumerate(encodings):
        ids[row, : len(encoding)] = encoding.ids
        mask[row, : len(encoding)] = 1
    return [ids, mask]


def _padded_texts(number: int) -> int:
    """The next of 1 to 8, 10, 12, 14, 16, 20, 24, 28, 32."""
    step = min(_STEP, max(1, 1 << (number - 1).bit_length() >> 3))
    return -(-number // step) * step


def _padded_tokens(number: int) -> int:
    """The next of 16, 24, 32, and so on. Fewer than 16 take no less time, and most questions have no more."""
    return max(2 * _STEP, -(-number // _STEP) * _STEP)


def openvino_library() -> Any:  # noqa: ANN401  # a module
    """The module `openvino`, without its telemetry, which would call out.

    From then on NumPy multiplies matrices on one thread in this process: its helper threads go on spinning for a while after
    each product, on the cores that the models want. Questions took half as long again with them.
    """
    from threadpoolctl import threadpool_limits

    threadpool_limits(limits=1, user_api="blas")
    # None in sys.modules makes an import fail; the library works without its telemetry.
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
    import openvino

    return openvino


def compile_model(model: Any) -> Any:  # noqa: ANN401  # the library has no types
    """A model of OpenVINO, or the file of one, compiled for this processor."""
    return openvino_library().Core().compile_model(model, "CPU", _SETTINGS)


def import_model(blob: npt.NDArray[np.uint8]) -> Any:  # noqa: ANN401  # the library has no types
    """A compiled model from its exported bytes, which must live as long as the model does. Raises RuntimeError."""
    library = openvino_library()
    return library.Core().import_model(library.Tensor(blob, shared_memory=True), "CPU", _SETTINGS)
