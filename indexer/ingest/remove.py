"""Taking documents out of an index."""

import os
import time
from collections.abc import Sequence
from pathlib import Path

from askdex.corpus.sources.folder import spelt_out
from askdex.indexer.errors import DocumentsError
from askdex.indexer.generations import publish
from askdex.indexer.ingest.scan import known_files
from askdex.indexer.ingest.update import Changes, Report
from askdex.indexer.store import generations
from askdex.indexer.store.folder import require_index
from askdex.indexer.store.lock import changing
from askdex.indexer.store.sqlite import Connection
from askdex.indexer.types import filter_text


def remove(folder: Path, named: Sequence[str], *, wait: bool = False) -> Report:
    """Take documents out of an index: those of files and folders, or a file by its uri. The files stay where they are.

    Raises MissingIndexError, DocumentsError where the index holds nothing of that name, BusyIndexError, DamagedIndexError.
    """
    started = time.monotonic()
    require_index(folder)
    with changing(folder, wait=wait) as connection:
        paths = {path for name in named for path in _files_named(connection, folder, name)}
        state = publish.publish(folder, connection, [], paths)
    return Report(Changes(removed=tuple(sorted(paths))), state, seconds=time.monotonic() - started)


def _files_named(connection: Connection, folder: Path, name: str) -> set[Path]:
    """The files of the index at or below a path, or the file of this uri or with the document of this id or uri.

    Raises DocumentsError where there are none, or where the name is that of a part of a file only.
    """
    place = Path(name).resolve()
    found = {path for path in known_files(connection) if path.is_relative_to(place)}
    if found:
        return found
    name = spelt_out(name)
    rows = generations.current_files_of_document(connection, filter_text(name))
    for path, documents, matching in rows:
        if matching < documents:
            file = Path(os.fsdecode(path))
            raise DocumentsError(f"{name} is a part of {file}: take it out there and index the file again, or remove the file.")
    if not rows:
        raise DocumentsError(
            f"The index in {folder} holds nothing of the name {name}: give a file, a folder, or the uri of a document as "
            "results show it."
        )
    return {Path(os.fsdecode(path)) for path, *_ in rows}
