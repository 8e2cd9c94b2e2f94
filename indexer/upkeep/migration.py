"""Bringing an index of an older format up to date."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import apsw

from askdex.corpus.types import Document
from askdex.indexer.generations import swap
from askdex.indexer.ingest.progress import Progress, unheard
from askdex.indexer.ingest.update import EncoderLoader
from askdex.indexer.models.loading import load_encoder
from askdex.indexer.store import database, sqlite, states
from askdex.indexer.store.database import FILE
from askdex.indexer.store.embedded_texts import stored_document
from askdex.indexer.store.lock import only_writer
from askdex.indexer.store.schema import APPLICATION, FORMAT
from askdex.indexer.store.write import FileVersion
from askdex.indexer.upkeep.carrying import Contents, file_version_of, unload


def migrate(
    folder: Path,
    load_encoder: EncoderLoader = load_encoder,
    progress: Progress = unheard,
    *,
    wait: bool = False,
) -> Path | None:
    """Bring an index of format 1 up to date, without embedding anything again.

    Returns where the old files are kept; None where the index has the present format. It is made anew beside the old one
    and takes its place when it is whole. Raises MissingIndexError, NewerIndexError, DamagedIndexError, ModelError,
    BusyIndexError.
    """
    database.require(folder)
    with only_writer(folder, wait=wait), database.errors_reported(folder), closing(sqlite.connect(folder / FILE)) as old:
        application, version = (sqlite.one(old, f"PRAGMA {name}")[0] for name in ("application_id", "user_version"))
        if application != APPLICATION or version >= FORMAT:
            database.open_for_reading(folder).close()
            return None
        with swap.workplace(folder) as made:
            unload(_cargo(old, (folder / FILE).stat().st_size), made, load_encoder, progress)
            return swap.exchange(folder, made)


def _cargo(old: apsw.Connection, size: int) -> Contents:
    generation = sqlite.one(old, "SELECT value FROM settings WHERE key = 'generation'")
    vectors = sqlite.rows(old, "SELECT key, vector, tokens_lost FROM vectors")
    return Contents(states.model(old), int(generation[0]) if generation else 0, vectors, _files(old), size)


def _files(old: apsw.Connection) -> Iterator[tuple[FileVersion, list[Document]]]:
    for file_id, path, root, digest in sqlite.rows(old, "SELECT id, path, root, digest FROM files ORDER BY id"):
        ids = sqlite.rows(old, "SELECT id FROM documents WHERE file_id = ? ORDER BY rowid", (file_id,))
        documents = [stored_document(old, document_id) for (document_id,) in ids]
        yield file_version_of(path, root, digest, documents), documents
