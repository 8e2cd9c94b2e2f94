"""Writing to an index: files with their documents, passages and vectors, in the transaction that is open."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import NamedTuple

from askdex.corpus.sources import Item
from askdex.corpus.text.dates import first_day, last_day
from askdex.corpus.types import Document, Passage
from askdex.corpus.versions import VERSION_DATES
from askdex.indexer.store import sqlite
from askdex.indexer.store.read import public_id
from askdex.indexer.store.schema import NEVER
from askdex.indexer.store.sqlite import Connection
from askdex.indexer.types import Vectors, filter_text

_ENDS = ("valid_until", "review_by")
_ID_LENGTH = 16
"""Hexadecimal digits of a document's id: 64 bits of a digest."""


class StoredVersion(NamedTuple):
    """What tells a version of a file from all others in the table `files`: key, root of the source, version."""

    key: bytes
    root: bytes
    version: bytes


@dataclass(frozen=True, slots=True)
class FileVersion:
    """A version of a file, as the index takes it in: an item, and the root of the source that it came from."""

    root: bytes
    item: Item

    @property
    def stored(self) -> StoredVersion:
        """Its place in the table `files`."""
        return StoredVersion(self.item.key, self.root, self.item.version)


@dataclass(frozen=True, slots=True)
class PreparedDocument:
    """A document ready to be written.

    `weights[n]` has the keys of the texts that stand for `passages[n]`, and the weight of each.
    """

    document: Document
    passages: Sequence[Passage]
    weights: Sequence[Mapping[bytes, float]]


def text_key(text: str) -> bytes:
    """The key under which the vector of a text is kept: a digest of the text."""
    return hashlib.blake2b(text.encode(), digest_size=16).digest()


def known_vectors(connection: Connection, keys: Iterable[bytes]) -> dict[bytes, int]:
    """The ids of the vectors that are kept under these keys."""
    rows = ((key, sqlite.first_row(connection, "SELECT id FROM vectors WHERE key = ?", (key,))) for key in keys)
    return {key: row[0] for key, row in rows if row is not None}


def vector_bytes(vector: Vectors) -> bytes:
    """A vector as it is kept: 32-bit floats, little-endian."""
    return vector.astype("<f4").tobytes()


def add_vectors(
    connection: Connection, keys: Sequence[bytes], vectors: Vectors, tokens_lost: Sequence[int], runtime: str
) -> None:
    """Keep vectors of shape (n, dimension), which a runtime made, under their keys."""
    add_vector_rows(connection, zip(keys, map(vector_bytes, vectors), tokens_lost, strict=True), runtime)


def add_vector_rows(connection: Connection, rows: Iterable[tuple[bytes, bytes, int]], runtime: str = "") -> None:
    """Keep vectors that are given as (key, bytes, tokens lost); a key that is known keeps its vector."""
    query = "INSERT OR IGNORE INTO vectors (key, vector, tokens_lost, runtime) VALUES (?, ?, ?, ?)"
    connection.executemany(query, ((*row, runtime) for row in rows))


def replace_vectors(connection: Connection, keys: Sequence[bytes], vectors: Vectors, runtime: str) -> None:
    """Put vectors of shape (n, dimension), which a runtime made, in the place of those that are kept under these keys."""
    rows = ((vector, runtime, key) for vector, key in zip(map(vector_bytes, vectors), keys, strict=True))
    connection.executemany("UPDATE vectors SET vector = ?, runtime = ? WHERE key = ?", rows)


def delete_unused_vectors(connection: Connection, vector_ids: Iterable[int]) -> None:
    """Delete those of these vectors that stand for no passage."""
    query = "DELETE FROM vectors WHERE id = ?1 AND ?1 NOT IN (SELECT vector_id FROM passage_vectors)"
    connection.executemany(query, [(vector_id,) for vector_id in vector_ids])


def delete_all(connection: Connection) -> None:
    """Delete all files with their documents and passages, and all vectors; settings and generations stay."""
    connection.execute("DELETE FROM files")
    connection.execute("DELETE FROM vectors")


def find_file(connection: Connection, version: StoredVersion) -> int | None:
    """The id of a version of a file, None where the index does not hold it."""
    row = sqlite.first_row(connection, "SELECT id FROM files WHERE (path, root, digest) = (?, ?, ?)", version)
    return None if row is None else int(row[0])


def stage(connection: Connection, version: StoredVersion) -> int:
    """The id of a version of a file, which from now on waits to become part of a generation."""
    file_id = find_file(connection, version)
    if file_id is None:
        connection.execute("INSERT INTO files (path, root, digest) VALUES (?, ?, ?)", version)
        file_id = connection.last_insert_rowid()
    connection.execute("INSERT OR IGNORE INTO presence (file_id, born) VALUES (?, ?)", (file_id, NEVER))
    return file_id


def documents_here(connection: Connection, version: StoredVersion) -> tuple[int, bool]:
    """How many documents of a version of a file are stored, perhaps by a run that was stopped, and whether those are all."""
    row = sqlite.first_row(
        connection,
        """
        SELECT (SELECT count(*) FROM documents d WHERE d.file_id = f.id), f.documents IS NOT NULL
        FROM files f WHERE (path, root, digest) = (?, ?, ?)
        """,
        version,
    )
    return (row[0], bool(row[1])) if row else (0, False)


def complete_file(connection: Connection, file_id: int) -> None:
    """Mark a file as complete, now that all of its documents are stored, and note its counts."""
    connection.execute(
        """
        UPDATE files SET (documents, passages, vectors, tokens_lost) = (
            SELECT count(DISTINCT d.id), count(DISTINCT p.id), count(v.id), coalesce(sum(v.tokens_lost), 0)
            FROM documents d
            LEFT JOIN passages p ON p.document_id = d.id
            LEFT JOIN passage_vectors pv ON pv.passage_id = p.id
            LEFT JOIN vectors v ON v.id = pv.vector_id
            WHERE d.file_id = files.id
        ) WHERE id = ?
        """,
        (file_id,),
    )


def add_document(connection: Connection, file_id: int, file: FileVersion, prepared: PreparedDocument) -> None:
    """Add a document of a file; the vectors of its texts are there already."""
    item, document = file.item, prepared.document
    # The name does not depend on the version: links to a document stay right when its file changes.
    name = document_name(item.key, document.uri)
    blocks = json.dumps([(block.kind, block.start, block.end, block.level) for block in document.blocks])
    metadata = json.dumps(document.metadata, ensure_ascii=False)
    links = json.dumps([(link.start, link.end, link.address) for link in document.links], ensure_ascii=False)
    pages = json.dumps(document.page_starts)
    connection.execute(
        """
        INSERT INTO documents (name, file_id, uri, title, language, metadata, text, blocks, links, page_starts)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """,
        (name, file_id, document.uri, document.title, document.language, metadata, document.text, blocks, links, pages),
    )
    document_id = connection.last_insert_rowid()
    connection.executemany(
        "INSERT INTO metadata VALUES (?, ?, ?)", [(document_id, *row) for row in _filter_rows(name, document, item.uri)]
    )
    for ordinal, (passage, weights) in enumerate(zip(prepared.passages, prepared.weights, strict=True)):
        passage_id = passage_id_of(name, ordinal, item.version)
        heading_path = json.dumps(passage.heading_path)
        connection.execute(
            "INSERT INTO passages VALUES (?, ?, ?, ?, ?, ?, ?)",
            (passage_id, document_id, ordinal, passage.start, passage.end, heading_path, passage.question),
        )
        connection.executemany(
            "INSERT INTO passage_vectors SELECT ?, id, ? FROM vectors WHERE key = ?",
            [(passage_id, weight, key) for key, weight in weights.items()],
        )


def document_name(key: bytes, uri: str) -> str:
    """The id that a document is known by: a digest of its file's key and its uri."""
    return hashlib.sha256(key + b"\0" + uri.encode()).hexdigest()[:_ID_LENGTH]


def passage_id_of(document: str, ordinal: int, version: bytes) -> int:
    """The id of a passage: 63 bits, as fit a signed integer, of a digest of its public id and its file's version."""
    # The version is part of it: two versions of a file, in two generations, are in the index at the same time.
    return int.from_bytes(hashlib.sha256(public_id(document, ordinal).encode() + version).digest()[:8]) >> 1


def _filter_rows(name: str, document: Document, file_uri: str) -> Iterator[tuple[str, str]]:
    """The keys and values that a filter finds a document by; a folder is found by the folders above it too."""
    for document_name in {name, document.uri, file_uri}:
        yield "document", filter_text(document_name)
    for key, content in document.metadata.items():
        if key == "folder" and isinstance(content, str):
            above = accumulate(content.split("/"), lambda folder, part: f"{folder}/{part}")
            yield from ((key, filter_text(folder)) for folder in above)
        elif key != "document":
            values = [*content] if isinstance(content, list) else [content]
            # A month or a year is within a range where its first day is; an end where its last day is.
            if key in VERSION_DATES and (day := (last_day if key in _ENDS else first_day)(str(content))):
                values.append(day.isoformat())
            yield from ((key, filter_text(value)) for value in dict.fromkeys(values))
