"""What was left out when it was last looked at: the table `left_out`, changed in the transaction that is open."""

from collections.abc import Iterable
from typing import NamedTuple

from askdex.indexer.store import sqlite
from askdex.indexer.store.sqlite import Connection


class LeftOut(NamedTuple):
    """A file, a folder or a part of a file that could not be read.

    `key` is the address of the file or folder, `since` the time when it was first left out, as ISO 8601 has it. `version` is
    that of the file; None where the next run looks at it again in any case.
    """

    key: bytes
    uri: str
    reason: str
    since: str
    version: bytes | None = None


def all_left_out(connection: Connection) -> list[LeftOut]:
    """All that is left out, in the order of the uris."""
    query = "SELECT path, uri, reason, since, digest FROM left_out ORDER BY uri, path, reason"
    return [LeftOut(*row) for row in sqlite.rows(connection, query)]


def number_left_out(connection: Connection) -> int:
    """How many files, folders and parts of files are left out."""
    return int(sqlite.first_row(connection, "SELECT count(*) FROM left_out")[0])


def replace(connection: Connection, before: Iterable[LeftOut], after: Iterable[LeftOut]) -> None:
    """Put one set of rows in the place of another."""
    connection.executemany(
        "DELETE FROM left_out WHERE (path, uri, reason) = (?, ?, ?)", [(row.key, row.uri, row.reason) for row in before]
    )
    connection.executemany("INSERT OR REPLACE INTO left_out (path, uri, reason, since, digest) VALUES (?, ?, ?, ?, ?)", after)
