"""Reading an index of format 1, which kept one generation, without counts and without checksums of pages."""

import json
from collections.abc import Iterator

from askdex.corpus.types import Document
from askdex.indexer.store import sqlite
from askdex.indexer.store.read import parsed_blocks
from askdex.indexer.store.sqlite import Connection


def generation(connection: Connection) -> int:
    """The number of its generation, 0 before the first."""
    row = sqlite.first_row(connection, "SELECT value FROM settings WHERE key = 'generation'")
    return int(row[0]) if row else 0


def vectors(connection: Connection) -> Iterator[tuple[bytes, bytes, int]]:
    """Key, vector and lost tokens of each vector."""
    return sqlite.rows(connection, "SELECT key, vector, tokens_lost FROM vectors")


def files(connection: Connection) -> Iterator[tuple[bytes, bytes, bytes, list[Document]]]:
    """Key, source, version and documents of each file."""
    for file_id, key, root, version in sqlite.rows(connection, "SELECT id, path, root, digest FROM files ORDER BY id"):
        ids = sqlite.rows(connection, "SELECT id FROM documents WHERE file_id = ? ORDER BY rowid", (file_id,))
        yield key, root, version, [_document(connection, document_id) for (document_id,) in ids]


def _document(connection: Connection, document_id: str) -> Document:
    query = "SELECT uri, title, text, blocks, language, metadata FROM documents WHERE id = ?"
    uri, title, text, blocks, language, metadata = sqlite.first_row(connection, query, (document_id,))
    return Document(uri, title, text, parsed_blocks(blocks), language, json.loads(metadata))
