"""What an examination of an index reads: the faults that SQLite finds, and rows that disagree with each other."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from askdex.indexer.store import sqlite
from askdex.indexer.store.schema import IN_GENERATION
from askdex.indexer.store.sqlite import Connection
from askdex.indexer.store.states import StateView
from askdex.indexer.types import Ids


class PassageRow(NamedTuple):
    """A stored passage, with what it must agree with: its document's length in characters and its file's version."""

    id: int
    document: str
    ordinal: int
    version: bytes
    start: int
    end: int
    document_length: int
    heading_path: str
    has_vector: int


def structural_faults(connection: Connection, limit: int) -> list[str]:
    """The faults in the structure of the file, at most so many."""
    faults = [str(row[0]) for row in sqlite.rows(connection, f"PRAGMA integrity_check({limit})")]
    return [] if faults == ["ok"] else faults


def broken_references(connection: Connection) -> list[str]:
    """The table of each row that refers to a row that is not there."""
    return [str(row[0]) for row in sqlite.rows(connection, "PRAGMA foreign_key_check")]


def page_count_and_size(connection: Connection) -> tuple[int, int]:
    """The number of pages of the file, and the bytes of each."""
    return sqlite.first_row(connection, "PRAGMA page_count")[0], sqlite.first_row(connection, "PRAGMA page_size")[0]


def miscounted_files(connection: Connection) -> int:
    """The number of files that hold other numbers of documents, passages and vectors than they note."""
    query = """
        SELECT count(*) FROM files f WHERE f.documents IS NOT NULL AND (f.documents, f.passages, f.vectors) IS NOT (
            SELECT count(DISTINCT d.id), count(DISTINCT p.id), count(pv.vector_id) FROM documents d
            LEFT JOIN passages p ON p.document_id = d.id LEFT JOIN passage_vectors pv ON pv.passage_id = p.id
            WHERE d.file_id = f.id)
    """
    return int(sqlite.first_row(connection, query)[0])


def passage_rows(connection: Connection) -> Iterator[PassageRow]:
    """All passages of all generations, and of staged files."""
    query = """
        SELECT p.id, d.name, p.ordinal, f.digest, p.start, p."end", length(d.text), p.heading_path,
               EXISTS (SELECT 1 FROM passage_vectors pv WHERE pv.passage_id = p.id)
        FROM passages p JOIN documents d ON d.id = p.document_id JOIN files f ON f.id = d.file_id
    """
    return map(PassageRow._make, sqlite.rows(connection, query))


def stored_vectors(connection: Connection) -> Iterator[tuple[int, bytes]]:
    """Id and bytes of each vector."""
    return sqlite.rows(connection, "SELECT id, vector FROM vectors")


def vector_count(connection: Connection) -> int:
    """The number of vectors."""
    return int(sqlite.first_row(connection, "SELECT count(*) FROM vectors")[0])


def sampled_vectors(connection: Connection, limit: int) -> dict[bytes, tuple[int, bytes]]:
    """Id and bytes of some vectors, by their keys: keys are digests, so the first of them are a random sample."""
    query = "SELECT key, id, vector FROM vectors ORDER BY key LIMIT ?"
    return {key: (vector_id, vector) for key, vector_id, vector in sqlite.rows(connection, query, (limit,))}


def overweight_vectors(connection: Connection) -> int:
    """The number of vectors whose weight for a passage is not between 0 and 1."""
    return int(sqlite.first_row(connection, "SELECT count(*) FROM passage_vectors WHERE weight NOT BETWEEN 0 AND 1")[0])


def vector_and_passage_ids(view: StateView) -> tuple[Ids, Ids]:
    """The ids of a state's passages in ascending order: once for each vector, and once each."""
    query = f"""
        SELECT p.id, count(*) FROM presence e JOIN documents d ON d.file_id = e.file_id
        JOIN passages p ON p.document_id = d.id JOIN passage_vectors pv ON pv.passage_id = p.id
        WHERE {IN_GENERATION} GROUP BY p.id ORDER BY p.id
    """
    rows = list(sqlite.rows(view.connection, query, {"generation": view.state.generation}))
    ids_and_counts = np.array(rows, np.int64).reshape(-1, 2)
    return np.repeat(ids_and_counts[:, 0], ids_and_counts[:, 1]), ids_and_counts[:, 0]
