"""The encoder of sentence-transformers, on torch: any of its models, on a CPU or a GPU.

torch, sentence-transformers and tokenizers are imported where a model is loaded, because they take seconds to import.
"""

import hashlib
import json
import threading
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from askdex.indexer.models.encoder import (
    Runtime,
    TokenVectors,
    folder_of,
    require_finite,
    require_known_weights,
    spans_without_prompt,
)
from askdex.indexer.models.hub import load_model, missing_packages, torch_failures
from askdex.indexer.types import Vectors

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

PLAIN_MODULES = (["Transformer", "Pooling"], ["Transformer", "Pooling", "Normalize"])
"""The modules of a model that is nothing but a transformer and a pooling of its token vectors."""

_BATCH = 32
"""Texts on a CPU: the default of sentence-transformers."""

_BATCH_ON_GPU = 128
"""Texts. On an H100 1.4 times as fast as 32, and no slower than more."""

_FALLBACK_LIMIT = 512
"""Tokens, for a model that states no limit: the positions that a BERT model has."""

_GREATEST_LIMIT = 2**20
"""Tokens; a static model, which adds up the vectors of words, states an infinite limit."""


class SentenceTransformerEncoder:
    """Any sentence-transformers model, with its own prompts, limit and dimension."""

    def __init__(self, name: str, device: str = "cpu", reason: str = "asked for", *, fetches: bool = False) -> None:
        """Load a model by its name or folder, to a device as torch names it. Raises ModelError where it cannot be loaded.

        With `fetches` the model hub may be asked for a model that is not on this machine.
        """
        self.name = name
        self._failures = partial(torch_failures, name, device, "--model")
        self._batch = _BATCH if device == "cpu" else _BATCH_ON_GPU
        self.model = load_sentence_transformer(name, device, fetches=fetches)
        self._lock = threading.Lock()
        self.fingerprint = _fingerprint(self.model)
        self.dimension = int(self.model.get_embedding_dimension() or 0)
        self.runtime = Runtime("torch float32" if device == "cpu" else f"torch float32 on {device}", reason)
        prompt = self.model.prompts.get("document") or ""
        limit_with_prompt = int(min(self.model.max_seq_length or _FALLBACK_LIMIT, _GREATEST_LIMIT))
        self._count = _token_counter(self.model.tokenizer)
        self.limit = limit_with_prompt - (self._count([prompt])[0] - self._count([""])[0])

    def count(self, texts: Sequence[str]) -> list[int]:
        """See Encoder."""
        return self._count(texts)

    def encode_documents(self, texts: Sequence[str]) -> Vectors:
        """See Encoder."""
        return self._encode(self.model.encode_document, texts)

    def encode_questions(self, texts: Sequence[str]) -> Vectors:
        """See Encoder."""
        return self._encode(self.model.encode_query, texts)

    def encode_tokens(self, texts: Sequence[str], *, as_questions: bool = False) -> list[TokenVectors] | None:
        """See Encoder."""
        if not self.is_mean_pooled or not self.model.tokenizer.is_fast:
            return None
        prompt, limit = self.model.prompts.get("query" if as_questions else "document") or "", self.model.max_seq_length
        encode: Any = self.model.encode_query if as_questions else self.model.encode_document
        with self._lock, self._failures():
            tensors: Any = encode(list(texts), batch_size=self._batch, output_value="token_embeddings", show_progress_bar=False)
            encodings = self.model.tokenizer(
                [prompt + text for text in texts], truncation=True, max_length=limit, return_offsets_mapping=True
            )
        vectors = [require_finite(tensor.float().cpu().numpy(), self.name) for tensor in tensors]
        spans = [spans_without_prompt(prompt, offsets) for offsets in encodings["offset_mapping"]]
        return [TokenVectors(*tokens) for tokens in zip(vectors, spans, strict=True)]

    @property
    def is_mean_pooled(self) -> bool:
        """Whether a text's vector is the mean of all its tokens' vectors, at unit length, and nothing else."""
        modules: list[Any] = list(self.model)
        return (
            [type(module).__name__ for module in modules] in PLAIN_MODULES
            and modules[1].pooling_mode == "mean"
            and modules[1].include_prompt
            and self.model.truncate_dim is None
        )

    def _encode(self, encode: Callable[..., object], texts: Sequence[str]) -> Vectors:
        # Two threads may not use a fast tokenizer at once: it fails with "Already borrowed".
        with self._lock, self._failures():
            vectors = encode(list(texts), batch_size=self._batch, normalize_embeddings=True, show_progress_bar=False)
        return require_finite(np.asarray(vectors, np.float32).reshape(len(texts), self.dimension), self.name)


def available_gpu() -> str | None:
    """The GPU of this machine as torch names it; None where torch finds none."""
    try:
        import torch
    except ImportError:
        return None
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else None


def load_sentence_transformer(name: str, device: str, *, fetches: bool) -> "SentenceTransformer":
    """Load a model as sentence-transformers has it. Raises ModelError."""
    with missing_packages(name):
        from sentence_transformers import SentenceTransformer
    folder = folder_of(name)
    if folder is not None:
        require_known_weights(name, folder)
    return load_model(SentenceTransformer, name, folder, device, "--model", fetches=fetches)


def fast_tokenizer(tokenizer: Any) -> Any:  # noqa: ANN401  # the libraries have no types for it
    """A copy of a tokenizer's fast part, without truncation and padding; None where it has no fast part."""
    from tokenizers import Tokenizer

    backend = tokenizer if isinstance(tokenizer, Tokenizer) else getattr(tokenizer, "backend_tokenizer", None)
    if backend is None:
        return None
    copy = Tokenizer.from_str(backend.to_str())
    copy.no_truncation()
    copy.no_padding()
    return copy


def _fingerprint(model: "SentenceTransformer") -> str:
    """A digest of the weights, the kinds of modules, the vocabulary, the limit and the prompts."""
    digest = hashlib.blake2b(digest_size=16)
    for key, tensor in sorted(model.state_dict().items()):
        digest.update(f"{key} {tuple(tensor.shape)}".encode())
        digest.update(tensor.detach().cpu().float().contiguous().numpy())
    settings = {
        "modules": [(type(module).__name__, str(getattr(module, "pooling_mode", ""))) for module in model],
        "vocabulary": sorted(model.tokenizer.get_vocab().items()),
        "limit": model.max_seq_length,
        "prompts": {name: prompt for name, prompt in sorted(model.prompts.items()) if prompt},
    }
    digest.update(json.dumps(settings).encode())
    return digest.hexdigest()


def _token_counter(tokenizer: Any) -> Callable[[Sequence[str]], list[int]]:  # noqa: ANN401  # the library has no type
    """A function that counts the tokens of texts, without truncation and padding."""
    fast = fast_tokenizer(tokenizer)
    if fast is None:
        return lambda texts: [len(tokenizer(text, truncation=False, padding=False)["input_ids"]) for text in texts]
    return lambda texts: [len(encoding) for encoding in fast.encode_batch_fast(list(texts))]
