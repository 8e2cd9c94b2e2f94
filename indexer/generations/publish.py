"""From one state of an index to the next: publishing what is staged, going back, forgetting what nobody can see any more."""

import json
import logging
import os
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import astuple
from datetime import UTC, datetime
from pathlib import Path

import apsw

from askdex.indexer.errors import GoneGenerationError
from askdex.indexer.generations import engine_files
from askdex.indexer.store import database, receipt, sqlite, states, write
from askdex.indexer.store.lock import changing
from askdex.indexer.store.schema import NEVER
from askdex.indexer.store.states import State, StateView
from askdex.indexer.store.write import FileVersion

_log = logging.getLogger(__name__)
_NOWHERE = "SELECT id FROM files WHERE id NOT IN (SELECT file_id FROM presence)"
_COUNTS = ("documents", "passages", "vectors", "tokens_lost")


def publish(folder: Path, connection: apsw.Connection, born: Iterable[int], died: Iterable[Path], after: int = 0) -> State:
    """Make the next generation, in one transaction: staged files with these ids are in it, files at these paths are not.

    A staged file takes the place of the one at its path, which must be among those that die. The engine is made before
    anyone can see the generation. The generation before it is kept, what is older is forgotten. Its number is above `after`.
    """
    with sqlite.writing(connection):
        held = states.held(connection)
        number = max([after, *(state.generation for state in held)]) + 1
        connection.executemany(
            """
            UPDATE presence SET died = ? WHERE died = ? AND born < ? AND file_id IN (SELECT id FROM files WHERE path = ?)
            """,
            [(number, NEVER, NEVER, os.fsencode(path)) for path in died],
        )
        connection.executemany(
            "UPDATE presence SET born = ? WHERE file_id = ? AND born = ?", [(number, file_id, NEVER) for file_id in born]
        )
        _forget(connection, before=number - 1)
        state = _record(connection, number, secrets.token_hex(8))
        view = StateView(folder, connection, state, states.model(connection))
        engine_files.make(view, before=held[0] if held else None)
    settle(folder, connection)
    return state


def roll_back(folder: Path, *, wait: bool = False) -> State:
    """Make a generation with the contents of the one before the newest. What was staged is staged no more.

    Raises MissingIndexError, GoneGenerationError where there is none before, BusyIndexError. Vectors stay, so that nothing
    has to be embedded again.
    """
    database.require(folder)
    with changing(folder, wait=wait) as connection:
        with sqlite.writing(connection):
            held = states.held(connection)
            if len(held) < 2:
                raise GoneGenerationError(
                    f"The index in {folder} has nothing to go back to: only the state before the latest change is kept, once."
                )
            newest, before = held
            # Staged files go too: one of them may be a file that comes back to life here.
            connection.execute("DELETE FROM presence WHERE born >= ?", (newest.generation,))
            connection.execute("UPDATE presence SET died = ? WHERE died = ?", (NEVER, newest.generation))
            connection.execute("DELETE FROM generations")
            connection.execute("DELETE FROM files WHERE id NOT IN (SELECT file_id FROM presence)")
            state = _record(connection, newest.generation + 1, before.token)
        settle(folder, connection)
    return state


def settle(folder: Path, connection: apsw.Connection) -> None:
    """After a commit: note that it is done, empty the write-ahead log, take away engines that nobody can ask for.

    What of this cannot be done, on a full disk say, does not undo the commit, and is done after the next.
    """
    held = states.held(connection)
    try:
        receipt.write(folder, states.identity_of(connection), held[0].generation)
        database.empty_log(connection)
        engine_files.clean(folder, keep={state.token for state in held})
    except (OSError, apsw.Error) as error:
        _log.warning("The index in %s has changed, but is not tidied up (%s).", folder, error)


def forget_staged(connection: apsw.Connection, edition: FileVersion) -> None:
    """Take out a staged file that nobody wants any more; one that is part of a generation as well stays there."""
    with sqlite.writing(connection):
        file_id = write.find(connection, edition)
        connection.execute("DELETE FROM presence WHERE file_id = ? AND born = ?", (file_id, NEVER))
        _forget_files(connection)


def _forget(connection: apsw.Connection, before: int) -> None:
    """Take out what no generation from this one on holds, and the vectors that stand for no passage any more."""
    connection.execute("DELETE FROM generations WHERE number < ?", (before,))
    connection.execute("DELETE FROM presence WHERE died <= ?", (before,))
    _forget_files(connection)


def _forget_files(connection: apsw.Connection) -> None:
    """Take out the files that are in no generation and not staged, and the vectors that stood for them alone."""
    theirs = sqlite.rows(
        connection,
        f"""
        SELECT DISTINCT pv.vector_id FROM documents d JOIN passages p ON p.document_id = d.id
        JOIN passage_vectors pv ON pv.passage_id = p.id WHERE d.file_id IN ({_NOWHERE})
        """,
    )
    vectors = json.dumps([vector_id for (vector_id,) in theirs])
    connection.execute(f"DELETE FROM files WHERE id IN ({_NOWHERE})")
    # Of those only: to look through all vectors would take the longer the larger the collection is.
    connection.execute(
        """
        DELETE FROM vectors WHERE id IN (SELECT value FROM json_each(?))
        AND NOT EXISTS (SELECT 1 FROM passage_vectors WHERE vector_id = vectors.id)
        """,
        (vectors,),
    )


def recount(connection: apsw.Connection, number: int) -> Mapping[str, int]:
    """What a generation holds, added up from the counts of its files."""
    row = sqlite.one(
        connection,
        """
        SELECT coalesce(sum(f.documents), 0), coalesce(sum(f.passages), 0), coalesce(sum(f.vectors), 0),
               coalesce(sum(f.tokens_lost), 0)
        FROM files f JOIN presence p ON p.file_id = f.id WHERE p.born <= ?1 AND ?1 < p.died
        """,
        (number,),
    )
    return dict(zip(_COUNTS, row, strict=True))


def _record(connection: apsw.Connection, number: int, token: str) -> State:
    state = State(number, token, datetime.now(UTC).isoformat(timespec="seconds"), **recount(connection, number))
    connection.execute("INSERT INTO generations VALUES (?, ?, ?, ?, ?, ?, ?)", astuple(state))
    return state
