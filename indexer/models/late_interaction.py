"""The model of late interaction: it gives every token of a text a vector of its own.

It is answerai-colbert-small-v1, for English, without the projection of its vectors to 96 dimensions, which the package that
carries it leaves out. tokenizers and OpenVINO are imported where a model is loaded, as in `askdex.indexer.models.openvino`.
"""

import threading
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from askdex.indexer.errors import ModelError
from askdex.indexer.models import cache, compiled, packaged, token_codes
from askdex.indexer.models.cache import CachedModel, ModelManifest
from askdex.indexer.models.dequantize import read_dequantized
from askdex.indexer.models.encoder import require_finite
from askdex.indexer.models.openvino import TOKENIZER_FILE, batches
from askdex.indexer.models.token_codes import QuestionTokens, TokenCodec
from askdex.indexer.types import Vectors

COLBERT = "answerai-colbert-small-v1"
FINGERPRINT = f"{COLBERT}-4980983628c1-codec-{token_codes.CODEC_VERSION}"
"""Of the weights, by the beginning of their digest, and of the codes. Codes of two fingerprints are never compared."""

CODEC = TokenCodec(COLBERT, bits=1, same_word=0.95, whole_match=0.9, unrelated=0.7)
"""On a handbook the matches of passages correlate at .97 with the exact ones, in a fifteenth of the space of 16-bit floats.

The bounds were chosen by hand: without them passages that repeat a question's title came before those that four public sets
name as answers; with them none of these sets loses more than .003 nDCG@10.
"""

_QUESTION_MARKER, _PASSAGE_MARKER = "[unused0]", "[unused1]"
"""The tokens that the model was trained to find at the beginning of a question and of a passage."""

_SPECIAL = 3
"""Tokens that are added to each text: [CLS], the marker, [SEP]."""

_QUESTION_LIMIT, _PASSAGE_LIMIT = 128, 512
"""Tokens of a text that are read. What a longer question says further on is context."""

_STEP = 8
"""Tokens are padded to multiples of this: the library keeps memory for every length that it has seen."""


def is_token_model_installed() -> bool:
    """Whether the model is installed."""
    return packaged.weights_folder(packaged.TOKEN_MODEL) is not None


def load_token_model() -> "LateInteractionModel":
    """Load the model; it is converted for this processor the first time, which takes seconds.

    Raises ModelError where it is not installed, damaged, or cannot be kept in the cache.
    """
    folder = packaged.weights_folder(packaged.TOKEN_MODEL)
    if folder is None:
        raise ModelError(f"The model {COLBERT} is not installed: get it with: {packaged.INSTALL_COMMAND}")
    try:
        entry = cache.find_or_make(cache.entry_folder(folder), partial(_convert, folder))
    except OSError as error:
        raise ModelError(
            f"The model {COLBERT} cannot be kept in the cache ({error}): name another with ASKDEX_CACHE."
        ) from error
    if entry is None:
        raise ModelError(f"The model {COLBERT} was not kept in the cache: name another folder for it with ASKDEX_CACHE.")
    return LateInteractionModel(entry)


class LateInteractionModel:
    """The model on OpenVINO; see TokenModel."""

    fingerprint = FINGERPRINT

    def __init__(self, entry: CachedModel) -> None:
        """Load a converted model from the cache. Raises ModelError."""
        from tokenizers import Tokenizer

        self._tokenizer = Tokenizer.from_file(str(entry.folder / TOKENIZER_FILE))
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()
        self._id_of: Any = self._tokenizer.token_to_id
        self._blob, self._request = compiled.load_compiled(entry)
        self._lock = threading.Lock()

    def question(self, text: str) -> QuestionTokens | None:
        """See TokenModel. The markers' own vectors are left out: they match anything."""
        (ids,) = self._ids([text], _QUESTION_MARKER, _QUESTION_LIMIT)
        if len(ids) == _SPECIAL:
            return None
        return QuestionTokens(next(self._vectors([ids]))[2:-1], CODEC)

    def passages(self, texts: Sequence[str]) -> list[bytes]:
        """See TokenModel."""
        return list(map(CODEC.codes, self.passage_vectors(texts)))

    def passage_vectors(self, texts: Sequence[str]) -> list[Vectors]:
        """The unit vectors of the tokens of passages, each of shape (tokens, 384)."""
        ids = self._ids(texts, _PASSAGE_MARKER, _PASSAGE_LIMIT)
        vectors: dict[int, Vectors] = {}
        for batch in batches(list(map(len, ids))):
            vectors.update(zip(batch, self._vectors([ids[n] for n in batch]), strict=True))
        return [vectors[n] for n in range(len(texts))]

    def _ids(self, texts: Sequence[str], marker: str, limit: int) -> list[list[int]]:
        first: list[int] = [self._id_of("[CLS]"), self._id_of(marker)]
        last: list[int] = [self._id_of("[SEP]")]
        encodings = self._tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)
        return [first + encoding.ids[: limit - _SPECIAL] + last for encoding in encodings]

    def _vectors(self, ids: Sequence[Sequence[int]]) -> Iterator[Vectors]:
        """The unit vectors of the tokens of each text, of shape (tokens, 384)."""
        length = -(-max(map(len, ids)) // _STEP) * _STEP
        inputs = np.zeros((3, len(ids), length), np.int64)
        for row, of_text in enumerate(ids):
            inputs[:2, row, : len(of_text)] = of_text, [1] * len(of_text)
        # One request uses all cores; a second beside it would only wait for them.
        with self._lock:
            vectors: Vectors = self._request.infer(list(inputs), share_inputs=True, share_outputs=True)[0].copy()
        for of_text, padded_vectors in zip(ids, vectors, strict=True):
            of_tokens = require_finite(padded_vectors[: len(of_text)], COLBERT)
            yield of_tokens / np.linalg.norm(of_tokens, axis=1, keepdims=True)


def _convert(source: Path, folder: Path) -> None:
    """See `compiled.compile_into`."""
    reason = "its tokens' vectors are compared one by one"
    manifest = ModelManifest(FINGERPRINT, token_codes.DIMENSION, _PASSAGE_LIMIT, {}, 0, "OpenVINO", reason)
    compiled.compile_into(folder, source, partial(read_dequantized, source / packaged.ONNX_FILE), manifest)
