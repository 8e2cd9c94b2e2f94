"""SQLite as an index uses it: nothing in a file can run anything, and every page carries a checksum that is verified."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import apsw
from apsw import sqlite_extra

PATIENCE_MS = 30_000
"""How long a statement waits for another process."""

CHECKSUM_BYTES = 8
"""What the checksum layer wants at the end of every page of a new file."""

_PLAIN_LAYER = apsw.vfs_names()[0]
_SWITCHES = {
    apsw.SQLITE_DBCONFIG_DEFENSIVE: 1,
    apsw.SQLITE_DBCONFIG_TRUSTED_SCHEMA: 0,
    apsw.SQLITE_DBCONFIG_ENABLE_TRIGGER: 0,
    apsw.SQLITE_DBCONFIG_ENABLE_VIEW: 0,
    apsw.SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION: 0,
}


def connect(path: Path, how: str = "mode=ro", *, is_verified: bool = True) -> apsw.Connection:
    """Open a file, without any check of what is in it; its pages are verified as they are read, or taken as they are.

    Raises what SQLite raises.
    """
    flags = apsw.SQLITE_OPEN_URI | apsw.SQLITE_OPEN_READWRITE
    layer = _checksum_layer() if is_verified else _PLAIN_LAYER
    with ExitStack() as undo:
        connection = undo.enter_context(closing(apsw.Connection(f"{path.resolve().as_uri()}?{how}", flags=flags, vfs=layer)))
        for switch, value in _SWITCHES.items():
            connection.config(switch, value)
        connection.set_busy_timeout(PATIENCE_MS)
        connection.execute("PRAGMA cell_size_check = ON")
        connection.execute("SELECT count(*) FROM sqlite_schema").fetchall()
        undo.pop_all()
    return connection


@cache
def _checksum_layer() -> str:
    """The name of SQLite's checksum layer, after making it known to the library."""
    with_extensions = apsw.Connection(":memory:", vfs=_PLAIN_LAYER)
    sqlite_extra.load(with_extensions, "cksumvfs")
    with_extensions.close()
    return apsw.vfs_names()[0]


@contextmanager
def writing(connection: apsw.Connection) -> Iterator[None]:
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
    """The rows of a query, of whatever types it names."""
    return iter(connection.execute(query, parameters))


def one(connection: apsw.Connection, query: str, parameters: Sequence[object] | Mapping[str, object] = ()) -> Any:  # noqa: ANN401
    """The first row of a query, None where there is none."""
    return next(rows(connection, query, parameters), None)
