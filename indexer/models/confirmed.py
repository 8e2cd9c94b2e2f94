"""The folders of models that the user has named: an index may come from anywhere, and by itself none is loaded that it names.

The cache notes them, so that a folder has to be named once.
"""

import hashlib
from contextlib import suppress
from pathlib import Path

from askdex.indexer.errors import ModelError
from askdex.indexer.models import cache
from askdex.indexer.rights import OWNER_ONLY_FILE, OWNER_ONLY_FOLDER


def confirm(folder: str) -> None:
    """Note that the user has named the folder of a model; where the cache cannot be written, it counts this time."""
    note = _note(folder)
    with suppress(OSError):
        note.parent.mkdir(mode=OWNER_ONLY_FOLDER, parents=True, exist_ok=True)
        note.touch(OWNER_ONLY_FILE)


def require_confirmed(folder: str) -> None:
    """Raise ModelError for the folder of a model that an index names, and the user has never named."""
    if not Path(folder).is_absolute() or not _note(folder).is_file():
        raise ModelError(
            f"The index names the folder {folder} as its model, and an index may come from anywhere: if you trust that folder, "
            f"say so once with: askdex serve --model {folder}"
        )


def _note(folder: str) -> Path:
    return cache.confirmed_folder() / hashlib.sha256(folder.encode(errors="surrogateescape")).hexdigest()
