"""The database of an index: one SQLite file with its documents, passages, vectors and settings, opened and checked.

Every page of the file carries a checksum, which SQLite's checksum layer verifies whenever it reads the page.
"""

import json
import os
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from functools import cache
from pathlib import Path

import apsw

from askdex.corpus.errors import AskdexError
from askdex.corpus.sources.site.records import RecordKind
from askdex.indexer.errors import (
    DamagedIndexError,
    MissingIndexError,
    NewerIndexError,
    OlderIndexError,
    StorageError,
)
from askdex.indexer.rights import OWNER_ONLY_FILE
from askdex.indexer.store import commits, sqlite, states
from askdex.indexer.store.folder import (
    DERIVED,
    FILE,
    damaged,
    file_size,
    has_index,
    has_log,
    prepare_folder,
    read_receipt,
    require_no_links,
)
from askdex.indexer.store.schema import APPLICATION, SCHEMA, SCHEMA_FORMAT, UPGRADES
from askdex.indexer.store.sqlite import Connection

_CHECKPOINT_PATIENCE_MS = 200
"""How long a checkpoint waits for readers. It delays every commit that long; what stays in the log is moved next time."""

# SQLError is what a missing table gives.
_DAMAGES = (apsw.CorruptError, apsw.NotADBError, apsw.SQLError)
_DAMAGES_OF_READING = {apsw.SQLITE_IOERR_SHORT_READ, apsw.SQLITE_IOERR_DATA, apsw.SQLITE_IOERR_CORRUPTFS}


_HELD = f"""
    SELECT 1 FROM files UNION ALL SELECT 1 FROM vectors UNION ALL
    SELECT 1 FROM pages WHERE kind <> '{RecordKind.UNKNOWN}' LIMIT 1
"""


def is_bare(folder: Path) -> bool:
    """Whether a folder has no index, or one without any file that was read or fetched and any text that was embedded."""
    try:
        with errors_reported(folder), closing(open_for_reading(folder)) as connection:
            return sqlite.first_row(connection, _HELD) is None
    except MissingIndexError:
        return True
    except AskdexError:
        return False


def open_for_reading(folder: Path, *, is_checked: bool = False) -> Connection:
    """Open the index in a folder; nothing can be changed through it. `is_checked` if it was opened just before.

    Raises MissingIndexError where there is none, DamagedIndexError where it cannot be read, OlderIndexError and
    NewerIndexError where it has another format, StorageError where the system does not let it be read.
    """
    if not has_index(folder):
        raise MissingIndexError(f"There is no index in {folder}: make one with: askdex index DOCUMENTS")
    require_no_links(folder)
    try:
        return _opened(folder, is_checked=is_checked)
    except DamagedIndexError:
        # Between two of the checks another index may have taken its place, or its tables may just have been made.
        return _opened(folder, is_checked=is_checked)


def _opened(folder: Path, *, is_checked: bool) -> Connection:
    path = folder / FILE
    is_recovered = has_log(folder)
    with errors_reported(folder), ExitStack() as undo:
        try:
            connection = sqlite.connect(path)
        except (apsw.CantOpenError, apsw.ReadOnlyError, apsw.IOError) as error:
            if _is_damage(error):
                raise
            if is_recovered:
                raise StorageError(
                    f"The index in {folder} has changes that can only be read where the folder can be written to: copy it, "
                    "or make it writable."
                ) from None
            # A file on a read-only medium cannot be locked, and need not be; a full disk leaves no room for a lock.
            connection = sqlite.connect(path, "mode=ro&immutable=1")
        undo.callback(connection.close)
        _upgrade(connection, folder)
        if not _tables(connection) and not (folder / DERIVED).exists():
            raise states.empty(folder)
        _check(connection, folder)
        if is_recovered and not is_checked:
            check_recovered(connection, folder)
        undo.pop_all()
    return connection


def open_for_writing(folder: Path) -> Connection:
    """Open the index in a folder; it is made where there is none. Raises as `open_for_reading` and `prepare_folder` do."""
    path = folder / FILE
    prepare_folder(folder)
    if has_index(folder) and file_size(path) == 0 and (folder / DERIVED).exists():
        # A run that was killed at its very start leaves an empty file too, but no search files.
        raise damaged(folder, "it is empty")
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, OWNER_ONLY_FILE))
    is_recovered = has_log(folder)
    with errors_reported(folder), ExitStack() as undo:
        connection = undo.enter_context(closing(sqlite.connect(path, "mode=rw")))
        # Closing would move a log into the file that may belong to another index.
        connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
        if not _tables(connection):
            _create(connection)
        _upgrade(connection, folder)
        _check(connection, folder)
        if is_recovered:
            check_recovered(connection, folder)
            empty_log(connection)
        connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0)
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA synchronous = FULL")
        undo.pop_all()
    return connection


def _create(connection: Connection) -> None:
    """Make the tables in one transaction; a process that is killed leaves an index without any."""
    connection.reserve_bytes(reserve=sqlite.CHECKSUM_BYTES)
    connection.execute("PRAGMA journal_mode = WAL")
    with sqlite.write_transaction(connection):
        connection.execute(SCHEMA)
        states.give_new_identity(connection)


def _tables(connection: apsw.Connection) -> list[tuple[str, str]]:
    """Name and definition of every table and index in a file, except those that SQLite makes by itself."""
    return list(sqlite.rows(connection, "SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name"))


@cache
def _expected_tables() -> list[tuple[str, str]]:
    with_schema = apsw.Connection(":memory:")
    with_schema.execute(SCHEMA)
    return _tables(with_schema)


def _check(connection: Connection, folder: Path) -> None:
    """The cheap checks: the kind of file and its format, that its pages have checksums, its tables, its receipt."""
    application, version = sqlite.application_and_format(connection)
    if application != APPLICATION:
        raise DamagedIndexError(f"{folder / FILE} is not an Askdex index: name another folder with --index.")
    problem = f"has format {version}, this Askdex reads {SCHEMA_FORMAT}"
    if version > SCHEMA_FORMAT:
        raise NewerIndexError(f"The index in {folder} {problem}: bring Askdex up to date, or name another folder with --index.")
    if version < SCHEMA_FORMAT:
        raise OlderIndexError(f"The index in {folder} {problem}: bring it up to date with: askdex migrate")
    if sqlite.first_row(connection, "PRAGMA checksum_verification") != ("1",):
        raise damaged(folder, "its pages have no checksums")
    if _tables(connection) != _expected_tables():
        raise damaged(folder, "its tables are not those of an index")
    _check_receipt(connection, folder)


def _upgrade(connection: Connection, folder: Path) -> None:
    """Give an index of the format before the present one the present tables, in place and in one transaction.

    `connection` may be one that only reads. Raises OlderIndexError where the file cannot be written to.
    """
    if not _can_be_upgraded(connection):
        return
    try:
        with closing(sqlite.connect(folder / FILE, "mode=rw")) as writer:
            # Closing would move a log into the file that may belong to another index.
            writer.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, int(has_log(folder)))
            with commits.writing(writer):
                while _can_be_upgraded(writer):
                    writer.execute(UPGRADES[sqlite.application_and_format(writer)[1]])
    except (apsw.CantOpenError, apsw.ReadOnlyError) as error:
        raise OlderIndexError(
            f"The index in {folder} is of an older Askdex and has to be brought up to date: make it writable for once."
        ) from error


def _can_be_upgraded(connection: Connection) -> bool:
    application, version = sqlite.application_and_format(connection)
    return application == APPLICATION and version in UPGRADES


def _check_receipt(connection: Connection, folder: Path) -> None:
    # The receipt is read first: a generation that is published between the two readings must not look like a lost one.
    receipt = read_receipt(folder)
    if receipt is None:
        return
    index, reported = receipt
    generation = next((state.generation for state in states.all_states(connection)), 0)
    if index != states.identity_of(connection):
        raise damaged(folder, "it, or its write-ahead log, is that of another index")
    if generation < reported:
        raise damaged(folder, f"it is at generation {generation}, though generation {reported} was reported done")


def check_recovered(connection: Connection, folder: Path) -> None:
    """The thorough check, for a file whose log was not empty when it was opened, as after a crash.

    SQLite cannot tell whether a log belongs to the file beside it. Raises DamagedIndexError.
    """
    if commits.has_foreign_log(connection, folder):
        raise damaged(folder, "its write-ahead log was written for another file than this one")
    faults = [*sqlite.rows(connection, "PRAGMA integrity_check(1)"), *sqlite.rows(connection, "PRAGMA foreign_key_check")]
    if faults != [("ok",)]:
        raise damaged(folder, str(faults[0][0]))


def empty_log(connection: Connection) -> bool:
    """Move the write-ahead log into the file (a checkpoint), as far as readers allow it at once.

    Returns whether the file holds all of it; readers may keep the log from being emptied even then.
    """
    connection.set_busy_timeout(_CHECKPOINT_PATIENCE_MS)
    is_busy, pages, moved_pages = sqlite.first_row(connection, "PRAGMA wal_checkpoint(TRUNCATE)")
    connection.set_busy_timeout(sqlite.PATIENCE_MS)
    return not is_busy or 0 <= pages == moved_pages


@contextmanager
def errors_reported(folder: Path) -> Iterator[None]:
    """Turn SQLite's errors into DamagedIndexError for damage, StorageError for a full disk, a lock or a missing right.

    A text that is no UTF-8, and one that is no JSON, are damage too.
    """
    try:
        yield
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise damaged(folder, f"it holds a text that is none, {error}") from error
    except apsw.Error as error:
        if _is_damage(error):
            raise damaged(folder, str(error)) from error
        raise StorageError(
            f"The index in {folder} cannot be used ({error}): mend that and try again; the index is as it was."
        ) from error


def _is_damage(error: apsw.Error) -> bool:
    return isinstance(error, _DAMAGES) or getattr(error, "extendedresult", 0) in _DAMAGES_OF_READING
