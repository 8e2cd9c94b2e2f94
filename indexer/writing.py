"""Changing the truth: files with their documents, passages and vectors, in the transaction that is open."""

import hashlib
import json
import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

from corpus.types import Document, Passage, Source
from indexer.catalogue import filter_text, public_id
from indexer.engine import Vectors

_ID_LENGTH = 16


@dataclass(frozen=True, slots=True)
class Prepared:
    """A document ready to be written.

    `weights[n]` has the digests of the texts that stand for `passages[n]`, and what a match with each of them counts.
    """

    document: Document
    passages: Sequence[Passage]
    weights: Sequence[Mapping[bytes, float]]


def key_of(text: str) -> bytes:
    """The digest under which the vector of a text is kept."""
    return hashlib.blake2b(text.encode(), digest_size=16).digest()


def known_keys(connection: sqlite3.Connection, keys: Iterable[bytes]) -> set[bytes]:
    """Those of the keys that have a vector."""
    select = "SELECT 1 FROM vectors WHERE key = ?"
    return {key for key in keys if connection.execute(select, (key,)).fetchone()}


def add_vectors(connection: sqlite3.Connection, keys: Sequence[bytes], vectors: Vectors, tokens_lost: Sequence[int]) -> None:
    """Keep vectors of shape (n, dimension) under their keys."""
    rows = zip(keys, (vector.astype("<f4").tobytes() for vector in vectors), tokens_lost, strict=True)
    connection.executemany("INSERT OR IGNORE INTO vectors VALUES (?, ?, ?)", rows)


def remove_file(connection: sqlite3.Connection, path: Path) -> None:
    """Take out a file with all that came from it; its vectors stay until `drop_unused_vectors`."""
    connection.execute("DELETE FROM files WHERE path = ?", (os.fsencode(path),))


def add_file(connection: sqlite3.Connection, source: Source, digest: bytes, documents: Iterable[Prepared]) -> None:
    """Add a file and its documents, whose vectors are there."""
    row = (os.fsencode(source.path), os.fsencode(source.root), digest)
    file_id = connection.execute("INSERT INTO files (path, root, digest) VALUES (?, ?, ?)", row).lastrowid
    for prepared in documents:
        _add_document(connection, file_id, source, prepared)


def drop_unused_vectors(connection: sqlite3.Connection) -> None:
    """Take out the vectors that stand for no passage."""
    connection.execute("DELETE FROM vectors WHERE key NOT IN (SELECT key FROM passage_vectors)")


def _add_document(connection: sqlite3.Connection, file_id: int | None, source: Source, prepared: Prepared) -> None:
    document = prepared.document
    document_id = hashlib.sha256(os.fsencode(source.path) + b"\0" + document.uri.encode()).hexdigest()[:_ID_LENGTH]
    blocks = json.dumps([(block.kind, block.start, block.end, block.level) for block in document.blocks])
    metadata = json.dumps(document.metadata, ensure_ascii=False)
    connection.execute(
        "INSERT INTO documents VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (document_id, file_id, document.uri, document.title, document.language, metadata, document.text, blocks),
    )
    connection.executemany(
        "INSERT INTO metadata VALUES (?, ?, ?)", [(document_id, *row) for row in _filter_rows(document_id, document, source)]
    )
    for ordinal, (passage, weights) in enumerate(zip(prepared.passages, prepared.weights, strict=True)):
        passage_id = _passage_id(public_id(document_id, ordinal))
        heading_path = json.dumps(passage.heading_path)
        connection.execute(
            "INSERT INTO passages VALUES (?, ?, ?, ?, ?, ?, ?)",
            (passage_id, document_id, ordinal, passage.start, passage.end, heading_path, passage.question),
        )
        connection.executemany(
            "INSERT INTO passage_vectors VALUES (?, ?, ?)", [(passage_id, key, weight) for key, weight in weights.items()]
        )


def _passage_id(name: str) -> int:
    """63 bits of the digest of a passage's public id: those that a signed integer has without its sign."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8]) >> 1


def _filter_rows(document_id: str, document: Document, source: Source) -> Iterator[tuple[str, str]]:
    """What a filter finds a document by; a folder is found by the folders above it too."""
    for name in {document_id, document.uri, source.uri}:
        yield "document", filter_text(name)
    for key, given in document.metadata.items():
        if key == "folder" and isinstance(given, str):
            above = accumulate(given.split("/"), lambda folder, name: f"{folder}/{name}")
            yield from ((key, filter_text(folder)) for folder in above)
        elif key != "document":
            values = given if isinstance(given, list) else [given]
            yield from ((key, filter_text(value)) for value in dict.fromkeys(values))
