"""The truth: one SQLite file with the documents, passages, vectors and settings of an index."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from indexer.errors import DamagedIndexError, MissingIndexError

FILE = "index.sqlite"
DERIVED = "derived"
_FORMAT = 1
_APPLICATION = 0x41534B44  # "ASKD"
_PATIENCE_S = 30.0
# SQLITE_ERROR is what a missing table gives.
_DAMAGES = ("SQLITE_CORRUPT", "SQLITE_NOTADB", "SQLITE_IOERR_SHORT_READ", "SQLITE_ERROR")
_OWNER_ONLY_FOLDER = 0o700
_OWNER_ONLY_FILE = 0o600

_SCHEMA = f"""
PRAGMA application_id = {_APPLICATION};
PRAGMA user_version = {_FORMAT};
CREATE TABLE settings (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

-- A file as it was last read. Paths are bytes: not every name is text.
CREATE TABLE files (
    id INTEGER PRIMARY KEY,
    path BLOB NOT NULL UNIQUE,
    root BLOB NOT NULL,
    digest BLOB NOT NULL
) STRICT;

CREATE TABLE documents (
    id TEXT PRIMARY KEY,
    file_id INTEGER NOT NULL REFERENCES files ON DELETE CASCADE,
    uri TEXT NOT NULL,
    title TEXT NOT NULL,
    language TEXT NOT NULL,
    metadata TEXT NOT NULL,
    text TEXT NOT NULL,
    blocks TEXT NOT NULL
) STRICT;
CREATE INDEX documents_by_file ON documents (file_id);

-- What can be filtered on, a row for each value.
CREATE TABLE metadata (
    document_id TEXT NOT NULL REFERENCES documents ON DELETE CASCADE,
    key TEXT NOT NULL,
    value TEXT NOT NULL
) STRICT;
CREATE INDEX metadata_by_value ON metadata (key, value);
CREATE INDEX metadata_by_document ON metadata (document_id);

-- Vectors by the digest of the text that was embedded, so that no text is ever embedded twice.
CREATE TABLE vectors (
    key BLOB PRIMARY KEY,
    vector BLOB NOT NULL,
    tokens_lost INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Ids are digests of document and place: however an index came about, equal scores are in the same order.
CREATE TABLE passages (
    id INTEGER PRIMARY KEY,
    document_id TEXT NOT NULL REFERENCES documents ON DELETE CASCADE,
    ordinal INTEGER NOT NULL,
    start INTEGER NOT NULL,
    "end" INTEGER NOT NULL,
    heading_path TEXT NOT NULL,
    question TEXT,
    UNIQUE (document_id, ordinal)
) STRICT;

-- Several vectors may stand for a passage; a match with one counts as much as its weight, 1 at the most.
CREATE TABLE passage_vectors (
    passage_id INTEGER NOT NULL REFERENCES passages ON DELETE CASCADE,
    key BLOB NOT NULL REFERENCES vectors,
    weight REAL NOT NULL,
    PRIMARY KEY (passage_id, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX passage_vectors_by_key ON passage_vectors (key);
"""


@dataclass(frozen=True, slots=True)
class State:
    """A committed state: `token` names it beyond doubt, `generation` counts them. `model` is None before the first."""

    generation: int
    token: str
    model: str | None
    fingerprint: str | None
    dimension: int


def exists(folder: Path) -> bool:
    """Whether a folder holds an index."""
    return (folder / FILE).is_file()


def identity(folder: Path) -> tuple[int, int] | None:
    """What tells the file of an index from any other that takes its name; None where there is none."""
    try:
        status = (folder / FILE).stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def open_for_reading(folder: Path) -> sqlite3.Connection:
    """Open the index in a folder; nothing can be changed through it.

    Raises MissingIndexError where there is none, DamagedIndexError where it cannot be read.
    """
    if not exists(folder):
        raise MissingIndexError(f"There is no index in {folder}: make one with: askdex index DOCUMENTS")
    path = (folder / FILE).resolve()
    with damage_reported(folder):
        try:
            connection = _connect(f"{path.as_uri()}?mode=ro")
        except sqlite3.OperationalError:
            # A file on a read-only medium cannot be locked, and need not be.
            connection = _connect(f"{path.as_uri()}?mode=ro&immutable=1")
        connection.execute("PRAGMA query_only = ON")
        _check(connection, folder)
    return connection


def open_for_writing(folder: Path) -> sqlite3.Connection:
    """Open the index in a folder, made first where there is none. Raises DamagedIndexError where it cannot be read."""
    path = folder / FILE
    folder.mkdir(mode=_OWNER_ONLY_FOLDER, parents=True, exist_ok=True)
    if exists(folder) and path.stat().st_size == 0 and (folder / DERIVED).exists():
        # A run that was killed at its very start leaves an empty file too, but nothing that was made from it.
        raise _damaged(folder, "it is empty")
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, _OWNER_ONLY_FILE))
    with damage_reported(folder):
        connection = _connect(f"{path.resolve().as_uri()}?mode=rw")
        if path.stat().st_size == 0:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.executescript(f"BEGIN IMMEDIATE; {_SCHEMA} COMMIT;")
        _check(connection, folder)
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA synchronous = FULL")
    return connection


def _connect(uri: str) -> sqlite3.Connection:
    connection = sqlite3.connect(uri, uri=True, timeout=_PATIENCE_S, isolation_level=None, check_same_thread=False)
    connection.row_factory = sqlite3.Row
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.execute("PRAGMA cell_size_check = ON")
    connection.execute("SELECT count(*) FROM sqlite_schema")
    return connection


def _check(connection: sqlite3.Connection, folder: Path) -> None:
    application, version = (connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("application_id", "user_version"))
    if application != _APPLICATION:
        raise DamagedIndexError(f"{folder / FILE} is not an Askdex index: name another folder with --index.")
    if version != _FORMAT:
        raise DamagedIndexError(
            f"The index in {folder} has format {version}, this Askdex reads {_FORMAT}: name another folder with --index "
            "and index the documents again."
        )


@contextmanager
def damage_reported(folder: Path) -> Iterator[None]:
    """Raise DamagedIndexError for what SQLite finds damaged; a full disk, a lock or a missing right is no damage."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        if not getattr(error, "sqlite_errorname", "").startswith(_DAMAGES):
            raise
        raise _damaged(folder, str(error)) from error


def _damaged(folder: Path, how: str) -> DamagedIndexError:
    return DamagedIndexError(
        f"The index in {folder} cannot be read ({how}): put a copy of {FILE} back, or move the folder aside and index the "
        "documents again."
    )


@contextmanager
def reading(connection: sqlite3.Connection) -> Iterator[State]:
    """One view of the index for as long as it lasts, whatever is written meanwhile."""
    connection.execute("BEGIN")
    try:
        yield state(connection)
    finally:
        connection.rollback()


@contextmanager
def writing(connection: sqlite3.Connection) -> Iterator[None]:
    """One transaction: all of it is kept, or nothing."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        connection.rollback()
        raise
    connection.commit()


def state(connection: sqlite3.Connection) -> State:
    """The state that a connection sees."""
    settings = dict(connection.execute("SELECT key, value FROM settings").fetchall())
    return State(
        generation=int(settings.get("generation", 0)),
        token=settings.get("token", ""),
        model=settings.get("model"),
        fingerprint=settings.get("fingerprint"),
        dimension=int(settings.get("dimension", 0)),
    )


def require_documents(folder: Path, state: State) -> None:
    """Raise MissingIndexError where nothing has been indexed yet."""
    if not state.generation:
        raise MissingIndexError(f"The index in {folder} is empty: fill it with: askdex index DOCUMENTS")


def set_settings(connection: sqlite3.Connection, **settings: str | int) -> None:
    """Keep settings, in the transaction that is open."""
    connection.executemany(
        "INSERT INTO settings VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        [(key, str(value)) for key, value in settings.items()],
    )
