"""Models of the package in `models.packaged`, compiled for this processor and kept in the cache."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from askdex.indexer.errors import ModelError
from askdex.indexer.models import cache, packaged
from askdex.indexer.models.cache import CachedModel, ModelManifest
from askdex.indexer.models.openvino import MODEL_FILE, TOKENIZER_FILE, compile_model, import_model, openvino_library


def compile_into(folder: Path, source: Path, read: Callable[[], Any], manifest: ModelManifest) -> None:
    """Check the weights in `source`, compile the model that `read` makes of them into a folder, and write its manifest.

    Raises ModelError, OSError.
    """
    packaged.verify(source)
    shutil.copyfile(source / packaged.TOKENIZER_FILE, folder / TOKENIZER_FILE)
    with TemporaryDirectory() as temporary:
        # Saving rounds the weights to 16 bits, which halves the file and the memory.
        openvino_library().save_model(read(), Path(temporary) / "model.xml")
        (folder / MODEL_FILE).write_bytes(compile_model(Path(temporary) / "model.xml").export_model().getbuffer())
    cache.write_manifest(folder, replace(manifest, checksums=cache.checksums(folder)))


def load_compiled(entry: CachedModel) -> tuple[Any, Any]:
    """The bytes of a compiled model, which must be kept as long as it is used, and a request to it. Raises ModelError."""
    # Mapped, so that processes share the memory. Copy-on-write, because the library takes no read-only array.
    blob = np.memmap(entry.folder / MODEL_FILE, np.uint8, "c")
    try:
        return blob, import_model(blob).create_infer_request()
    except RuntimeError as error:
        raise ModelError(f"The converted model in {entry.folder} cannot be loaded: remove that folder.") from error
