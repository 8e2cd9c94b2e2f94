"""The truth: one SQLite file with the documents, passages, vectors and settings of an index.

Every page of it carries a checksum, which SQLite's own checksum layer verifies whenever it reads the page.
"""

import os
import re
import secrets
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from functools import cache
from pathlib import Path

import apsw

from askdex.corpus.errors import AskdexError
from askdex.indexer.errors import (
    DamagedIndexError,
    ForeignFolderError,
    MissingIndexError,
    NewerIndexError,
    OlderIndexError,
    StorageError,
)
from askdex.indexer.rights import OWNER_ONLY_FILE, OWNER_ONLY_FOLDER
from askdex.indexer.store import receipt, sqlite, states
from askdex.indexer.store.schema import APPLICATION, FORMAT, SCHEMA

FILE = "index.sqlite"
DERIVED = "derived"
LOG = f"{FILE}-wal"
SHARED_MEMORY = f"{FILE}-shm"
LOCK = "writer.lock"
UNFINISHED = "unfinished-"
"""How the name of a folder begins that a process works in, and that is of no use once that process is gone."""

ASIDE = "aside-"
"""How the name of a folder begins in which another index is kept; the time follows."""

_ROLLBACK_LOG = f"{FILE}-journal"
_FILES = {FILE, LOG, SHARED_MEMORY, _ROLLBACK_LOG, DERIVED, LOCK, receipt.FILE, receipt.UNFINISHED}
_TOKEN = re.compile(r"[0-9a-f]{16}")
_FOLDER = re.compile(rf"{UNFINISHED}{_TOKEN.pattern}|{ASIDE}\d{{4}}-\d\d-\d\dT\d\d-\d\d-\d\d(-\d+)?")
_ENGINE = re.compile(rf"({UNFINISHED})?{_TOKEN.pattern}")
_SETTLING_MS = 200
# SQLError is what a missing table gives.
_DAMAGES = (apsw.CorruptError, apsw.NotADBError, apsw.SQLError)
_DAMAGES_OF_READING = {apsw.SQLITE_IOERR_SHORT_READ, apsw.SQLITE_IOERR_DATA, apsw.SQLITE_IOERR_CORRUPTFS}


def exists(folder: Path) -> bool:
    """Whether a folder holds an index."""
    return (folder / FILE).is_file()


def is_bare(folder: Path) -> bool:
    """Whether a folder holds no index, or one that nothing was kept in yet: no file that was read, no text embedded."""
    try:
        with errors_reported(folder), closing(open_for_reading(folder)) as connection:
            return sqlite.one(connection, "SELECT 1 FROM files UNION ALL SELECT 1 FROM vectors LIMIT 1") is None
    except MissingIndexError:
        return True
    except AskdexError:
        return False


def require(folder: Path) -> None:
    """Raise MissingIndexError where a folder holds no index that could be changed."""
    if not exists(folder):
        raise MissingIndexError(f"There is no index in {folder}.")


def take(folder: Path) -> None:
    """Make the folder of an index where there is none. Raises ForeignFolderError where it holds, unhidden, other things."""
    folder.mkdir(mode=OWNER_ONLY_FOLDER, parents=True, exist_ok=True)
    if not exists(folder):
        foreign = {*folder.glob("[!.]*"), *(folder / DERIVED).glob("*")} - {*own(folder)}
        if foreign:
            raise ForeignFolderError(
                f"{folder} holds no index but other things, such as {min(foreign).name}: name an empty folder, or one that "
                "is not there yet, with --index."
            )


def own(folder: Path) -> Iterator[Path]:
    """What in a folder is its index's, search files apart from their folder; whatever else lies there is left alone."""
    yield from (path for path in folder.iterdir() if path.name in _FILES or _FOLDER.fullmatch(path.name))
    yield from (path for path in (folder / DERIVED).glob("*") if _ENGINE.fullmatch(path.name))


def all_own(folder: Path) -> Iterator[Path]:
    """What in a folder is its index's, and all that is in that."""
    for path in own(folder):
        yield path
        if path.name != DERIVED:
            yield from path.rglob("*")


def engine_place(folder: Path, token: str) -> Path:
    """The folder for the engine of the state with this token. Raises DamagedIndexError where it would lie elsewhere."""
    if not _TOKEN.fullmatch(token):
        raise damaged(folder, "a state of it has a token that is none")
    return folder / DERIVED / token


def unfinished(folder: Path) -> Path:
    """A new folder for a process to work in."""
    made = folder / f"{UNFINISHED}{secrets.token_hex(8)}"
    made.mkdir(mode=OWNER_ONLY_FOLDER, parents=True)
    return made


def bytes_in(folder: Path) -> int:
    """What the files of an index take; a file with several names, as search files may have, counts once."""
    found = (path.stat() for path in all_own(folder) if path.is_file())
    return sum({(status.st_dev, status.st_ino): status.st_size for status in found}.values())


def identity(folder: Path) -> tuple[int, int] | None:
    """What tells the file of an index from any other that takes its name; None where there is none."""
    try:
        status = (folder / FILE).stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def open_for_reading(folder: Path, *, is_checked: bool = False) -> apsw.Connection:
    """Open the index in a folder; nothing can be changed through it. `is_checked` if it was opened just before.

    Raises MissingIndexError where there is none, DamagedIndexError where it cannot be read, OlderIndexError and
    NewerIndexError where it has another format, StorageError where the system does not let it be read.
    """
    if not exists(folder):
        raise MissingIndexError(f"There is no index in {folder}: make one with: askdex index DOCUMENTS")
    try:
        return _opened(folder, is_checked=is_checked)
    except DamagedIndexError:
        # Another index may have been put in its place between one look and the next, or its tables just have been made.
        return _opened(folder, is_checked=is_checked)


def _opened(folder: Path, *, is_checked: bool) -> apsw.Connection:
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
        if not _tables(connection) and not (folder / DERIVED).exists():
            raise states.empty(folder)
        _check(connection, folder)
        if is_recovered and not is_checked:
            check_recovered(connection, folder)
        undo.pop_all()
    return connection


def open_for_writing(folder: Path) -> apsw.Connection:
    """Open the index in a folder, made first where there is none. Raises as `open_for_reading` and `take` do."""
    path = folder / FILE
    take(folder)
    if exists(folder) and _size(path) == 0 and (folder / DERIVED).exists():
        # A run that was killed at its very start leaves an empty file too, but nothing that was made from it.
        raise damaged(folder, "it is empty")
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, OWNER_ONLY_FILE))
    is_recovered = has_log(folder)
    with errors_reported(folder), ExitStack() as undo:
        connection = undo.enter_context(closing(sqlite.connect(path, "mode=rw")))
        # To close it would bring a log that may be another index's into the file.
        connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
        if not _tables(connection):
            _create(connection)
        _check(connection, folder)
        if is_recovered:
            check_recovered(connection, folder)
            empty_log(connection)
        connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0)
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA synchronous = FULL")
        undo.pop_all()
    return connection


def _create(connection: apsw.Connection) -> None:
    """Make the tables, in one step; a process that is killed leaves an index that has none."""
    connection.reserve_bytes(reserve=sqlite.CHECKSUM_BYTES)
    connection.execute("PRAGMA journal_mode = WAL")
    with sqlite.writing(connection):
        connection.execute(SCHEMA)
        states.name_anew(connection)


def _tables(connection: apsw.Connection) -> list[tuple[str, str]]:
    """The name and definition of everything in a file, but for what SQLite makes by itself."""
    return list(sqlite.rows(connection, "SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name"))


@cache
def _expected_tables() -> list[tuple[str, str]]:
    with_schema = apsw.Connection(":memory:")
    with_schema.execute(SCHEMA)
    return _tables(with_schema)


def _check(connection: apsw.Connection, folder: Path) -> None:
    """The cheap checks: what kind of file it is, that its pages are verified, that it is built as ours are."""
    application, version = (sqlite.one(connection, f"PRAGMA {name}")[0] for name in ("application_id", "user_version"))
    if application != APPLICATION:
        raise DamagedIndexError(f"{folder / FILE} is not an Askdex index: name another folder with --index.")
    if version > FORMAT:
        raise NewerIndexError(
            f"The index in {folder} has format {version}, this Askdex reads {FORMAT}: bring Askdex up to date, or name another "
            "folder with --index."
        )
    if version < FORMAT:
        raise OlderIndexError(
            f"The index in {folder} has format {version}, this Askdex reads {FORMAT}: bring it up to date with: askdex migrate"
        )
    if sqlite.one(connection, "PRAGMA checksum_verification") != ("1",):
        raise damaged(folder, "its pages have no checksums")
    if _tables(connection) != _expected_tables():
        raise damaged(folder, "its tables are not those of an index")
    _check_receipt(connection, folder)


def _check_receipt(connection: apsw.Connection, folder: Path) -> None:
    # The note first: a generation that is published between the two readings must not look like a lost one.
    note = receipt.read(folder)
    if note is None:
        return
    index, reported = note
    found = next((state.generation for state in states.held(connection)), 0)
    if index != states.identity_of(connection):
        raise damaged(folder, "it, or its write-ahead log, is that of another index")
    if found < reported:
        raise damaged(folder, f"it is at generation {found}, though generation {reported} was reported done")


def check_recovered(connection: apsw.Connection, folder: Path) -> None:
    """The thorough check, for a file whose log was not empty when it was opened, as after a crash.

    SQLite cannot tell whether a log belongs to the file that it lies beside.
    """
    faults = [*sqlite.rows(connection, "PRAGMA integrity_check(1)"), *sqlite.rows(connection, "PRAGMA foreign_key_check")]
    if faults != [("ok",)]:
        raise damaged(folder, str(faults[0][0]))


def has_log(folder: Path) -> bool:
    """Whether there are changes to an index that are not in its file yet."""
    return _size(folder / LOG) > 0


def empty_log(connection: apsw.Connection) -> bool:
    """Bring what is in the write-ahead log into the file, as far as readers let that be done at once.

    Returns whether the file holds all of it; readers may keep the log from being emptied even then.
    """
    connection.set_busy_timeout(_SETTLING_MS)
    is_busy, pages, brought = sqlite.one(connection, "PRAGMA wal_checkpoint(TRUNCATE)")
    connection.set_busy_timeout(sqlite.PATIENCE_MS)
    return not is_busy or 0 <= pages == brought


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


@contextmanager
def errors_reported(folder: Path) -> Iterator[None]:
    """Raise DamagedIndexError for what SQLite finds damaged; a full disk, a lock or a missing right is a StorageError."""
    try:
        yield
    except apsw.Error as error:
        if _is_damage(error):
            raise damaged(folder, str(error)) from error
        raise StorageError(
            f"The index in {folder} cannot be used ({error}): mend that and try again; the index is as it was."
        ) from error


def _is_damage(error: apsw.Error) -> bool:
    return isinstance(error, _DAMAGES) or getattr(error, "extendedresult", 0) in _DAMAGES_OF_READING


def damaged(folder: Path, how: str) -> DamagedIndexError:
    """The error that says how an index is damaged, and what to do."""
    on_one_line = " ".join(how.split())
    return DamagedIndexError(f"The index in {folder} is damaged ({on_one_line}): mend it with: askdex doctor --repair")
