"""The folder of an index: the names of its files, what in it belongs to the index, and the receipt.

The receipt is a note beside the database of the last generation that was reported done. SQLite silently drops what is
damaged in its write-ahead log, and with it commits that were reported done. A database that is older than its receipt, or
that has another identity, shows that. A receipt that is missing or damaged proves nothing.
"""

import hashlib
import json
import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from askdex.indexer.errors import DamagedIndexError, ForeignFolderError, MissingIndexError
from askdex.indexer.rights import OWNER_ONLY_FILE, OWNER_ONLY_FOLDER

FILE = "index.sqlite"
DERIVED = "derived"
"""The folder of the search files, which are derived from the database: a folder for each engine."""

FETCHED = "fetched"
"""The folder of the pages of sites that are fetched and not read yet."""

UPLOADED = "uploaded"
"""The folder of the files that were given to the index itself."""

LOG = f"{FILE}-wal"
SHARED_MEMORY = f"{FILE}-shm"
QUESTIONS = "questions.sqlite"
"""The log of what is asked. It is no part of the index: it stays in its place when another index takes this one's."""

LOCK = "writer.lock"
RECEIPT = "receipt.json"
UNFINISHED_RECEIPT = f"{RECEIPT}-new"
UNFINISHED = "unfinished-"
"""Prefix of a folder that a process works in. It is useless once that process is gone."""

ASIDE = "aside-"
"""Prefix of a folder in which a replaced index is kept; the time follows."""

_ROLLBACK_LOG = f"{FILE}-journal"
_FILES = {FILE, LOG, SHARED_MEMORY, _ROLLBACK_LOG, DERIVED, FETCHED, UPLOADED, LOCK, RECEIPT, UNFINISHED_RECEIPT}
_TOKEN = re.compile(r"[0-9a-f]{16}")
_FOLDER = re.compile(rf"{UNFINISHED}{_TOKEN.pattern}|{ASIDE}\d{{4}}-\d\d-\d\dT\d\d-\d\d-\d\d(-\d+)?")
_PAGE = re.compile(r"[0-9a-f]{32}(\.unfinished)?")
_ENGINE = re.compile(rf"({UNFINISHED})?{_TOKEN.pattern}")


def has_index(folder: Path) -> bool:
    """Whether a folder holds an index."""
    return (folder / FILE).is_file()


def require_no_links(folder: Path) -> None:
    """Raise DamagedIndexError where something of an index is a link: what leads out of its folder is not read or written.

    Only the database may be one, which is opened for what it says and not for where it lies.
    """
    for path in own_files(folder):
        if path.is_symlink() and path.name != FILE:
            raise DamagedIndexError(
                f"{path} is a link, which Askdex makes none of: delete it, or name another folder with --index."
            )


def require_index(folder: Path) -> None:
    """Raise MissingIndexError where a folder holds no index that could be changed."""
    if not has_index(folder):
        raise MissingIndexError(f"There is no index in {folder}.")


def prepare_folder(folder: Path) -> None:
    """Make the folder for an index where there is none.

    Raises ForeignFolderError where the folder has no index but other things in it that are not hidden, and what
    `require_no_links` raises.
    """
    folder.mkdir(mode=OWNER_ONLY_FOLDER, parents=True, exist_ok=True)
    require_no_links(folder)
    if not has_index(folder):
        inside = (path for name in (DERIVED, FETCHED) for path in (folder / name).glob("*"))
        foreign = {*folder.glob("[!.]*"), *inside} - {*own_files(folder), *folder.glob(f"{QUESTIONS}*")}
        if foreign:
            raise ForeignFolderError(
                f"{folder} holds no index but other things, such as {min(foreign).name}: name an empty folder, or one that "
                "is not there yet, with --index."
            )


def own_files(folder: Path) -> Iterator[Path]:
    """The files and folders that belong to the index in a folder, and each of its engines; nothing else is ever touched."""
    yield from (path for path in folder.iterdir() if path.name in _FILES or _FOLDER.fullmatch(path.name))
    yield from (path for path in (folder / DERIVED).glob("*") if _ENGINE.fullmatch(path.name))
    yield from (path for path in (folder / FETCHED).glob("*") if _PAGE.fullmatch(path.name))


def all_own_files(folder: Path) -> Iterator[Path]:
    """What `own_files` gives, and everything inside of it."""
    for path in own_files(folder):
        yield path
        if path.name not in (DERIVED, FETCHED):
            yield from path.rglob("*")


def engine_place(folder: Path, token: str) -> Path:
    """The folder for the engine of the state with this token.

    Raises DamagedIndexError for a token of another form, which could lead out of the index's folder.
    """
    if not _TOKEN.fullmatch(token):
        raise damaged(folder, "a state of it has a token that is none")
    return folder / DERIVED / token


def unfinished_folder(folder: Path) -> Path:
    """A new folder for a process to work in."""
    place = folder / f"{UNFINISHED}{secrets.token_hex(8)}"
    place.mkdir(mode=OWNER_ONLY_FOLDER, parents=True)
    return place


def uploads_folder(folder: Path) -> Path:
    """The full path of the folder of the files that were given to an index itself; it need not be there."""
    return folder.resolve() / UPLOADED


def size_on_disk(folder: Path) -> int:
    """The bytes that the files of an index take; a file with several names counts once, as search files may have them."""
    statuses = (path.stat() for path in all_own_files(folder) if path.is_file())
    return sum({(status.st_dev, status.st_ino): status.st_size for status in statuses}.values())


def file_identity(folder: Path) -> tuple[int, int] | None:
    """Device and inode of the database, which tell it from any other that takes its name; None where there is none."""
    try:
        status = (folder / FILE).stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def has_log(folder: Path) -> bool:
    """Whether an index has changes that are in its write-ahead log but not in its file yet."""
    return file_size(folder / LOG) > 0


def file_size(path: Path) -> int:
    """The bytes of a file, 0 where there is none."""
    return path.stat().st_size if path.exists() else 0


def damaged(folder: Path, reason: str) -> DamagedIndexError:
    """The error that says how the index in a folder is damaged, and what to do."""
    on_one_line = " ".join(reason.split())
    return DamagedIndexError(f"The index in {folder} is damaged ({on_one_line}): mend it with: askdex doctor --repair")


FOREIGN_VALUES = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)
"""What Python raises for values that no Askdex wrote: a text that is no JSON, a list in place of a table, no UTF-8."""


@contextmanager
def values_checked(folder: Path) -> Iterator[None]:
    """Raise DamagedIndexError for values that no Askdex wrote; checksums do not tell, as anybody can write them."""
    try:
        yield
    except FOREIGN_VALUES as error:
        raise damaged(folder, f"it holds what Askdex does not write, {type(error).__name__}: {error}") from error


def write_receipt(folder: Path, identity: str, generation: int) -> None:
    """Note that this generation of the index with this identity is done; one process at a time may do so."""
    note = {"index": identity, "generation": generation}
    # Written under another name and renamed: a reader finds the old receipt or the new one, never half of it.
    unfinished = folder / UNFINISHED_RECEIPT
    unfinished.touch(OWNER_ONLY_FILE)
    with unfinished.open("w", encoding="utf-8") as file:
        json.dump({**note, "digest": _receipt_digest(note)}, file)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(folder / RECEIPT)


def read_receipt(folder: Path) -> tuple[str, int] | None:
    """The identity of the index and the last generation that was reported done; None where the receipt proves nothing."""
    try:
        note = json.loads((folder / RECEIPT).read_bytes())
        digest = note.pop("digest")
        return (str(note["index"]), int(note["generation"])) if digest == _receipt_digest(note) else None
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def _receipt_digest(note: dict[str, object]) -> str:
    return hashlib.blake2b(json.dumps(note).encode(), digest_size=16).hexdigest()
