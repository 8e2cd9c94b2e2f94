"""What was left out when it was last looked at: the table `left_out`, changed in the transaction that is open."""

import json
from collections.abc import Iterable

from askdex.indexer.store import sqlite
from askdex.indexer.store.sqlite import Connection
from askdex.indexer.types import Access, LeftOut

_READABLE = "EXISTS (SELECT 1 FROM json_each(:uris) r WHERE uri GLOB r.value)"

_ALL = -1
"""The limit of a query that SQLite takes for none."""


def all_left_out(connection: Connection) -> list[LeftOut]:
    """All that is left out, in the order of the uris."""
    return some_left_out(connection, _ALL, 0)


def some_left_out(connection: Connection, limit: int, offset: int, access: Access | None = None) -> list[LeftOut]:
    """A page of what is left out and may be read, in the order of the uris."""
    query = f"""
        SELECT path, uri, reason, since, digest FROM left_out WHERE {_READABLE}
        ORDER BY uri, path, reason LIMIT :limit OFFSET :offset
    """
    return [LeftOut(*row) for row in sqlite.rows(connection, query, {**_patterns(access), "limit": limit, "offset": offset})]


def number_left_out(connection: Connection, access: Access | None = None) -> int:
    """How many files, folders and parts of files are left out that may be read."""
    query = f"SELECT count(*) FROM left_out WHERE {_READABLE}"
    return int(sqlite.first_row(connection, query, _patterns(access))[0])


def _patterns(access: Access | None) -> dict[str, str]:
    """The parameter of `_READABLE`: what was not read has no metadata."""
    return {"uris": json.dumps(["*"] if access is None else access.uris)}


def replace(connection: Connection, before: Iterable[LeftOut], after: Iterable[LeftOut]) -> None:
    """Put one set of rows in the place of another."""
    connection.executemany(
        "DELETE FROM left_out WHERE (path, uri, reason) = (?, ?, ?)", [(row.key, row.uri, row.reason) for row in before]
    )
    connection.executemany("INSERT OR REPLACE INTO left_out (path, uri, reason, since, digest) VALUES (?, ?, ?, ?, ?)", after)
