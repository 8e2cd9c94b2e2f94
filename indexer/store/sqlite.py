"""SQLite as an index uses it: nothing in a file can run anything, and every page has a checksum that is verified.

`Connection` and `SQLiteError` are all that modules outside of the store see of the library.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import apsw
from apsw import sqlite_extra

from askdex.indexer.rights import OWNER_ONLY_FILE

SQLiteError = apsw.Error
"""The base of all errors that SQLite raises."""

PATIENCE_MS = 30_000
"""How long a statement waits for another process, in milliseconds."""

CHECKSUM_BYTES = 8
"""What the checksum layer needs at the end of every page of a new file."""

_PLAIN_LAYER = apsw.vfs_names()[0]
# A file may come from anywhere: nothing that it defines is run.
_SWITCHES = {
    apsw.SQLITE_DBCONFIG_DEFENSIVE: 1,
    apsw.SQLITE_DBCONFIG_TRUSTED_SCHEMA: 0,
    apsw.SQLITE_DBCONFIG_ENABLE_TRIGGER: 0,
    apsw.SQLITE_DBCONFIG_ENABLE_VIEW: 0,
    apsw.SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION: 0,
}


class Connection(apsw.Connection):
    """A connection that knows its file: SQLite's own name for it must be text, which not every name is."""

    file: Path


def connect(path: Path, options: str = "mode=ro", *, is_verified: bool = True) -> Connection:
    """Open a file without checking what is in it. `options` are those of an SQLite URI.

    With `is_verified` the checksum of each page is verified when it is read. Raises SQLiteError.
    """
    flags = apsw.SQLITE_OPEN_URI | apsw.SQLITE_OPEN_READWRITE
    layer = _checksum_layer() if is_verified else _PLAIN_LAYER
    with ExitStack() as undo:
        uri = f"{path.resolve().as_uri()}?{options}"
        connection = undo.enter_context(closing(Connection(uri, flags=flags, vfs=layer)))
        connection.file = path
        for switch, value in _SWITCHES.items():
            connection.config(switch, value)
        connection.set_busy_timeout(PATIENCE_MS)
        connection.execute("PRAGMA cell_size_check = ON")
        # SQLite opens the file with the first statement only.
        connection.execute("SELECT count(*) FROM sqlite_schema").fetchall()
        undo.pop_all()
    return connection


def in_memory() -> Connection:
    """A database in memory, which goes with its connection."""
    connection = Connection(":memory:", vfs=_PLAIN_LAYER)
    for switch, value in _SWITCHES.items():
        connection.config(switch, value)
    return connection


@cache
def _checksum_layer() -> str:
    """Load SQLite's checksum layer; returns its name."""
    with_extensions = apsw.Connection(":memory:", vfs=_PLAIN_LAYER)
    sqlite_extra.load(with_extensions, "cksumvfs")
    with_extensions.close()
    return apsw.vfs_names()[0]


@contextmanager
def read_transaction(connection: Connection) -> Iterator[None]:
    """A read transaction, in which writes of others are not seen."""
    connection.execute("BEGIN")
    try:
        yield
    finally:
        # An error on reading a page has ended the transaction already.
        if connection.in_transaction:
            connection.execute("ROLLBACK")


@contextmanager
def write_transaction(connection: Connection) -> Iterator[None]:
    """One transaction: all of it is kept, or nothing."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        # Some errors, such as a full disk, have ended the transaction already.
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def rows(connection: apsw.Connection, query: str, parameters: Sequence[object] | Mapping[str, object] = ()) -> Iterator[Any]:
    """The rows of a query as tuples; the query decides their types."""
    return iter(connection.execute(query, parameters))


def first_row(connection: apsw.Connection, query: str, parameters: Sequence[object] | Mapping[str, object] = ()) -> Any:  # noqa: ANN401
    """The first row of a query, None where there is none."""
    return next(rows(connection, query, parameters), None)


def application_and_format(connection: Connection) -> tuple[int, int]:
    """What a file says of itself: the application that it belongs to, and the version of its format."""
    return first_row(connection, "PRAGMA application_id")[0], first_row(connection, "PRAGMA user_version")[0]


def copy_to(connection: Connection, file: Path) -> None:
    """Copy what a connection sees into a new file, page by page; each page is verified on the way."""
    file.touch(OWNER_ONLY_FILE)
    with closing(connect(file, "mode=rw")) as target:
        with target.backup("main", connection, "main") as backup:
            backup.step()
        # The copy is one file, without a log beside it.
        target.execute("PRAGMA journal_mode = DELETE").fetchall()
