"""The rows of a damaged database that can still be read: those on pages whose checksums are right."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

from askdex.corpus.sources.folder import uri_of_key
from askdex.indexer.store import sqlite, write
from askdex.indexer.store.folder import FILE
from askdex.indexer.store.schema import CURRENT
from askdex.indexer.store.sqlite import Connection, SQLiteError

_LONGEST_GAP = 100_000
"""Ids that are tried in vain, one after the other, before the search for more rows ends; a damaged page holds far fewer."""


class FileRow(NamedTuple):
    """A row of `files`; `documents` is None where not all documents of the file were read."""

    key: bytes
    root: bytes
    version: bytes
    documents: int | None


_FILE_COLUMNS = "path, root, digest, documents"


def generation_numbers(connection: Connection) -> list[int]:
    """The numbers of the generations that can be read."""
    return [number for number, _ in _surviving_rows(connection, "generations", "number", "token")]


def surviving_vectors(connection: Connection) -> Iterator[tuple[bytes, bytes, int]]:
    """Key, vector and lost tokens of each vector that can be read."""
    for _, key, vector, tokens_lost in _surviving_rows(connection, "vectors", "id", "key, vector, tokens_lost"):
        yield key, vector, tokens_lost


def documents_by_file(connection: Connection) -> dict[int, list[int]]:
    """The ids of the documents that can be read, in ascending order, by the ids of their files."""
    document_ids: dict[int, list[int]] = {}
    for document_id, file_id in _surviving_rows(connection, "documents", "id", "file_id"):
        document_ids.setdefault(file_id, []).append(document_id)
    return document_ids


def surviving_files(connection: Connection) -> dict[int, FileRow]:
    """The files whose rows can be read, by their ids."""
    return {file_id: FileRow(*row) for file_id, *row in _surviving_rows(connection, "files", "id", _FILE_COLUMNS)}


def current_file_ids(connection: Connection) -> set[int]:
    """The ids of the files of the newest generation. Raises SQLiteError where that cannot be read."""
    return {file_id for (file_id,) in sqlite.rows(connection, f"SELECT file_id FROM presence WHERE {CURRENT}")}


def documents_of_passages(connection: Connection, passage_ids: list[int]) -> set[int]:
    """The ids of the documents of passages. Raises SQLiteError."""
    query = "SELECT document_id FROM passages WHERE id = ?"
    rows = (sqlite.first_row(connection, query, (passage_id,)) for passage_id in passage_ids)
    return {row[0] for row in rows if row is not None}


def unverified_file(folder: Path, file_id: int) -> FileRow | None:
    """The row of a file as a damaged page has it; nothing of it can be trusted. Raises SQLiteError."""
    with closing(sqlite.connect(folder / FILE, is_verified=False)) as connection:
        row = sqlite.first_row(connection, f"SELECT {_FILE_COLUMNS} FROM files WHERE id = ?", (file_id,))
    return None if row is None else FileRow(*row)


def unverified_keys(folder: Path) -> list[bytes]:
    """The keys of the files that a damaged database speaks of, in order; none where it cannot be read at all."""
    try:
        with closing(sqlite.connect(folder / FILE, is_verified=False)) as connection:
            return [key for (key,) in sqlite.rows(connection, "SELECT DISTINCT path FROM files ORDER BY 1")]
    except (SQLiteError, OSError):
        return []


def is_proven(connection: Connection, row: FileRow, document_id: int) -> bool:
    """Whether digests in a document and its first passage prove what the row of their file says.

    The name of a document is a digest of its file's key, the id of a passage one of its file's version. Raises SQLiteError,
    TypeError or ValueError where the document, the passage or the row cannot be read.
    """
    query = """
        SELECT d.name, d.uri, p.id FROM documents d JOIN passages p ON p.document_id = d.id AND p.ordinal = 0 WHERE d.id = ?
    """
    name, uri, passage_id = sqlite.first_row(connection, query, (document_id,))
    is_of_key = name == write.document_name(row.key, uri) and uri.startswith(uri_of_key(row.key, row.root))
    return bool(is_of_key and passage_id == write.passage_id_of(name, 0, row.version))


def _surviving_rows(connection: Connection, table: str, key: str, columns: str) -> Iterator[Any]:
    """The rows in the order of their keys; those on damaged pages are passed over, key after key."""
    last, gap = -1, 0
    query = f"SELECT {key}, {columns} FROM {table} WHERE {key} > ? ORDER BY {key}"
    while gap < _LONGEST_GAP:
        try:
            for row in sqlite.rows(connection, query, (last,)):
                last, gap = row[0], 0
                yield row
            return
        except SQLiteError:
            last, gap = last + 1, gap + 1
