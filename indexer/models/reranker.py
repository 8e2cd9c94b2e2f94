"""The seam between a question and the texts that may answer it: cross-encoders, which read both together."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Protocol

from askdex.indexer.errors import MissingExtraError
from askdex.indexer.models import packaged
from askdex.indexer.models.encoder import MULTILINGUAL_MODEL, Encoder
from askdex.indexer.models.loading import Device, gpu_for
from askdex.indexer.models.multilingual_reader import MultilingualReader
from askdex.indexer.models.reader import PassageReader
from askdex.indexer.models.torch_reranker import CrossEncoderReranker
from askdex.indexer.types import Vectors

DEFAULT_RERANKER = "ms-marco-MiniLM-L12-v2"
"""The cross-encoder that comes with the installation."""

INSTALL_EXTRA = "pip install 'askdex[precise]'"


class Reranker(Protocol):
    """Scores how well texts answer a question. Many threads may call all of its methods at once."""

    def count(self, question: str, texts: Sequence[str]) -> list[int]:
        """The tokens to read for each text: those of the question and the text together, up to the model's limit."""

    def scores(self, question: str, texts: Sequence[str]) -> Vectors:
        """The log-odds that each text answers the question, of shape (n,). The score of one text does not depend on others."""


def is_default(name: str | None) -> bool:
    """Whether this name is that of the default reranker, or none."""
    return name in (None, DEFAULT_RERANKER)


def is_reranker_installed(name: str | None = None) -> bool:
    """Whether a reranker is installed; None is the default. One that the user names counts as installed, unchecked."""
    return not is_default(name) or packaged_folder() is not None


def load_reranker(name: str | None = None, device: Device = Device.AUTO) -> Reranker:
    """Load the default reranker, which runs on the CPU, or any cross-encoder of sentence-transformers by name or folder.

    Raises MissingExtraError where the default is not installed, ModelError where a model cannot be loaded.
    """
    if name is not None and not is_default(name):
        return CrossEncoderReranker(name, gpu_for(device) or "cpu")
    folder = packaged_folder()
    if folder is None:
        raise missing_reranker()
    return PassageReader(folder)


def missing_reranker() -> MissingExtraError:
    """What is wrong where the mode precise is wanted and the default reranker is not installed."""
    return MissingExtraError(
        f"The mode precise needs a model that is not installed: get it with {INSTALL_EXTRA}, or name a cross-encoder with "
        "--reranker."
    )


def multilingual_loader(encoder: Encoder) -> Callable[[], Reranker] | None:
    """A function that loads the reader of the multilingual encoder; None beside another encoder, and where it is missing.

    The function raises ModelError.
    """
    folder = packaged_folder()
    return partial(MultilingualReader, folder, encoder) if folder and encoder.name == MULTILINGUAL_MODEL else None


def packaged_folder() -> Path | None:
    """The folder of the default reranker's weights; None where they are not installed."""
    return packaged.weights_folder(packaged.RERANKER)
