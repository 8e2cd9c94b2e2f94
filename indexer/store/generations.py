"""Which files each generation holds: the tables `generations` and `presence`, changed in the transaction that is open."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import astuple

from askdex.indexer.store import sqlite, states, write
from askdex.indexer.store.schema import CURRENT, IN_GENERATION, NEVER, STAGED
from askdex.indexer.store.sqlite import Connection
from askdex.indexer.store.write import StoredVersion
from askdex.indexer.types import State

_UNUSED_FILES = "SELECT id FROM files WHERE id NOT IN (SELECT file_id FROM presence)"
_COUNTS = ("documents", "passages", "vectors", "tokens_lost")


def current_files(connection: Connection) -> list[StoredVersion]:
    """The files of the newest generation."""
    return _files(connection, CURRENT)


def staged_files(connection: Connection) -> list[StoredVersion]:
    """The files that wait to become part of a generation."""
    return _files(connection, STAGED)


def _files(connection: Connection, condition: str) -> list[StoredVersion]:
    query = f"SELECT f.path, f.root, f.digest FROM files f JOIN presence p ON p.file_id = f.id WHERE {condition}"
    return [StoredVersion(*row) for row in sqlite.rows(connection, query)]


def documents_by_root(connection: Connection) -> dict[bytes, int]:
    """The number of documents of the newest generation from each source, by its root."""
    query = f"""
        SELECT f.root, sum(f.documents) FROM files f JOIN presence p ON p.file_id = f.id
        WHERE {CURRENT} GROUP BY f.root ORDER BY f.root
    """
    return dict(sqlite.rows(connection, query))


def current_files_of_document(connection: Connection, name: str) -> list[tuple[bytes, int, int]]:
    """The current files with documents that the filter key `document` finds by this name.

    Gives for each its key, the number of its documents, and how many of them have the name.
    """
    query = f"""
        SELECT f.path, f.documents, count(*) FROM metadata m
        JOIN documents d ON d.id = m.document_id
        JOIN files f ON f.id = d.file_id
        JOIN presence p ON p.file_id = f.id
        WHERE m.key = 'document' AND m.value = :name AND {CURRENT} GROUP BY f.id
    """
    return list(sqlite.rows(connection, query, {"name": name}))


def remove_files(connection: Connection, keys: Iterable[bytes], generation: int) -> None:
    """Remove the current files with these keys from this generation on."""
    connection.executemany(
        f"UPDATE presence SET died = :generation WHERE {CURRENT} AND file_id IN (SELECT id FROM files WHERE path = :key)",
        [{"generation": generation, "key": key} for key in keys],
    )


def add_staged_files(connection: Connection, file_ids: Iterable[int], generation: int) -> None:
    """Make staged files part of this generation."""
    connection.executemany(
        f"UPDATE presence SET born = :generation WHERE file_id = :file_id AND {STAGED}",
        [{"generation": generation, "file_id": file_id} for file_id in file_ids],
    )


def unstage(connection: Connection, version: StoredVersion) -> None:
    """Forget that a file is staged; a generation that holds it keeps it."""
    file_id = write.find_file(connection, version)
    connection.execute(f"DELETE FROM presence WHERE file_id = :file_id AND {STAGED}", {"file_id": file_id})
    _delete_unused_files(connection)


def add(connection: Connection, state: State) -> None:
    """Note a new generation."""
    connection.execute("INSERT INTO generations VALUES (?, ?, ?, ?, ?, ?, ?)", astuple(state))


def forget_before(connection: Connection, generation: int) -> None:
    """Forget the generations before this one, with the files and vectors that only they held."""
    connection.execute("DELETE FROM generations WHERE number < ?", (generation,))
    connection.execute("DELETE FROM presence WHERE died <= ?", (generation,))
    _delete_unused_files(connection)


def undo(connection: Connection, generation: int) -> None:
    """Bring the files back to what they were before the newest generation, whose number this is; delete all generations.

    Vectors stay, so that nothing has to be embedded again when the files come back.
    """
    # Staged files go too: one of them may be a file that becomes current again here.
    connection.execute("DELETE FROM presence WHERE born >= ?", (generation,))
    connection.execute("UPDATE presence SET died = ? WHERE died = ?", (NEVER, generation))
    connection.execute("DELETE FROM generations")
    connection.execute(f"DELETE FROM files WHERE id IN ({_UNUSED_FILES})")


def renumber(connection: Connection, offset: int) -> None:
    """Add an offset to the numbers of all generations."""
    for table, column in (("generations", "number"), ("presence", "born")):
        # By way of negative numbers: no two may be the same in between.
        for value in (f"-({column} + {offset})", f"-{column}"):
            connection.execute(f"UPDATE {table} SET {column} = {value} WHERE {column} < {NEVER}")
    connection.execute("UPDATE presence SET died = died + ? WHERE died < ?", (offset, NEVER))


def counts(connection: Connection, generation: int) -> Mapping[str, int]:
    """What a generation holds, added up from the counts of its files, by the names that `State` has for it."""
    query = f"""
        SELECT coalesce(sum(f.documents), 0), coalesce(sum(f.passages), 0), coalesce(sum(f.vectors), 0),
               coalesce(sum(f.tokens_lost), 0)
        FROM files f JOIN presence p ON p.file_id = f.id WHERE {IN_GENERATION}
    """
    return dict(zip(_COUNTS, sqlite.first_row(connection, query, {"generation": generation}), strict=True))


def newest_state(connection: Connection) -> State:
    """The newest generation, or the empty state before the first."""
    return next(iter(states.all_states(connection)), State())


def _delete_unused_files(connection: Connection) -> None:
    """Delete the files that are in no generation and not staged, and the vectors that stood for them alone."""
    query = f"""
        SELECT DISTINCT pv.vector_id FROM documents d JOIN passages p ON p.document_id = d.id
        JOIN passage_vectors pv ON pv.passage_id = p.id WHERE d.file_id IN ({_UNUSED_FILES})
    """
    vector_ids = json.dumps([vector_id for (vector_id,) in sqlite.rows(connection, query)])
    connection.execute(f"DELETE FROM files WHERE id IN ({_UNUSED_FILES})")
    # Only their vectors are looked at: to look through all would take longer the larger the collection is.
    connection.execute(
        """
        DELETE FROM vectors WHERE id IN (SELECT value FROM json_each(?))
        AND NOT EXISTS (SELECT 1 FROM passage_vectors WHERE vector_id = vectors.id)
        """,
        (vector_ids,),
    )
