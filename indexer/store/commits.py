"""Transactions that change an index, and whether a write-ahead log belongs to the file beside it.

SQLite applies a log to whatever file has its name: one that was copied back from elsewhere, or that of another index. So each
commit leaves a row in the settings: a random name, and its base, the name of the commit that the file held when the log was
begun. The row is in every log, for every commit writes it. A file that a log belongs to holds its base, or a commit of its own.
"""

import secrets
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple

from askdex.indexer.store import sqlite, states
from askdex.indexer.store.folder import FILE
from askdex.indexer.store.sqlite import Connection, SQLiteError


class _Commit(NamedTuple):
    name: str
    base: str


@contextmanager
def writing(connection: Connection) -> Iterator[None]:
    """One transaction on an index: all of it is kept, or nothing."""
    with sqlite.write_transaction(connection):
        base = _next_base(connection)
        yield
        states.set_settings(connection, commit=f"{secrets.token_hex(8)} {base}")


def has_foreign_log(connection: Connection, folder: Path) -> bool:
    """Whether the log that a connection reads was written for another file than the one beside it. Raises SQLiteError.

    A file whose last commit cannot be read proves nothing: a crash may have torn its page, which the log mends.
    """
    # Within a transaction nobody moves the log any further into the file than it is seen here.
    with sqlite.read_transaction(connection):
        seen = _last_commit(connection)
        try:
            held = _last_commit_in_file(folder / FILE)
        except SQLiteError:
            return False
    return seen.base not in held


def _next_base(connection: Connection) -> str:
    """The base of the next commit. SQLite begins the log anew only where the file holds all of it."""
    last = _last_commit(connection)
    try:
        held = _last_commit_in_file(connection.file)
    except SQLiteError:
        return last.base
    return last.name if held.name == last.name else last.base


def _last_commit(connection: Connection) -> _Commit:
    """The last commit that a connection sees; the identity stands for that of an index by an older Askdex."""
    query = "SELECT key, value FROM settings WHERE key IN ('commit', 'identity')"
    settings: dict[str, str] = dict(sqlite.rows(connection, query))
    identity = settings.get("identity", "")
    name, _, base = settings.get("commit", f"{identity} {identity}").partition(" ")
    return _Commit(name, base)


def _last_commit_in_file(file: Path) -> _Commit:
    """The last commit that the file holds without its log."""
    with closing(sqlite.connect(file, "mode=ro&immutable=1")) as connection:
        return _last_commit(connection)
