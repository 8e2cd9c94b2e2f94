"""What was left out when it was last looked at: the table `left_out`, changed in the transaction that is open."""

from collections.abc import Iterable

from askdex.indexer.store import sqlite
from askdex.indexer.store.sqlite import Connection
from askdex.indexer.types import LeftOut

_ALL = -1
"""The limit of a query that SQLite takes for none."""


def all_left_out(connection: Connection) -> list[LeftOut]:
    """All that is left out, in the order of the uris."""
    return some_left_out(connection, _ALL, 0)


def some_left_out(connection: Connection, limit: int, offset: int) -> list[LeftOut]:
    """A page of what is left out, in the order of the uris."""
    query = "SELECT path, uri, reason, since, digest FROM left_out ORDER BY uri, path, reason LIMIT ? OFFSET ?"
    return [LeftOut(*row) for row in sqlite.rows(connection, query, (limit, offset))]


def number_left_out(connection: Connection) -> int:
    """How many files, folders and parts of files are left out."""
    return int(sqlite.first_row(connection, "SELECT count(*) FROM left_out")[0])


def replace(connection: Connection, before: Iterable[LeftOut], after: Iterable[LeftOut]) -> None:
    """Put one set of rows in the place of another."""
    connection.executemany(
        "DELETE FROM left_out WHERE (path, uri, reason) = (?, ?, ?)", [(row.key, row.uri, row.reason) for row in before]
    )
    connection.executemany("INSERT OR REPLACE INTO left_out (path, uri, reason, since, digest) VALUES (?, ?, ?, ?, ?)", after)
