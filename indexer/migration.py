"""Bringing an index of an older format up to date."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import apsw

from corpus.types import Document
from indexer import exchange, sqlite, states, store
from indexer.build import EncoderLoader
from indexer.carrying import Cargo, edition_of, unload
from indexer.encoders import load_encoder
from indexer.lock import only_writer
from indexer.progress import Progress, unheard
from indexer.schema import APPLICATION, FORMAT
from indexer.store import FILE
from indexer.texts import stored_document
from indexer.writing import Edition


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
    store.require(folder)
    with only_writer(folder, wait=wait), store.errors_reported(folder), closing(sqlite.connect(folder / FILE)) as old:
        application, version = (sqlite.one(old, f"PRAGMA {name}")[0] for name in ("application_id", "user_version"))
        if application != APPLICATION or version >= FORMAT:
            store.open_for_reading(folder).close()
            return None
        with exchange.workplace(folder) as made:
            unload(_cargo(old, (folder / FILE).stat().st_size), made, load_encoder, progress)
            return exchange.exchange(folder, made)


def _cargo(old: apsw.Connection, size: int) -> Cargo:
    generation = sqlite.one(old, "SELECT value FROM settings WHERE key = 'generation'")
    vectors = sqlite.rows(old, "SELECT key, vector, tokens_lost FROM vectors")
    return Cargo(states.model(old), int(generation[0]) if generation else 0, vectors, _files(old), size)


def _files(old: apsw.Connection) -> Iterator[tuple[Edition, list[Document]]]:
    for file_id, path, root, digest in sqlite.rows(old, "SELECT id, path, root, digest FROM files ORDER BY id"):
        ids = sqlite.rows(old, "SELECT id FROM documents WHERE file_id = ? ORDER BY rowid", (file_id,))
        documents = [stored_document(old, document_id) for (document_id,) in ids]
        yield edition_of(path, root, digest, documents), documents
