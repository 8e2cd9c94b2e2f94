"""Replacing one index by another; the replaced one is kept under a dated name."""

import logging
import os
import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import datetime
from pathlib import Path

from askdex.indexer.errors import DamagedIndexError, NewerIndexError, OlderIndexError, StorageError
from askdex.indexer.generations import publish
from askdex.indexer.rights import OWNER_ONLY_FOLDER, keep_for_owner
from askdex.indexer.store import database, sqlite
from askdex.indexer.store.folder import (
    ASIDE,
    DERIVED,
    FILE,
    LOG,
    RECEIPT,
    SHARED_MEMORY,
    has_index,
    has_log,
    own_files,
    require_index,
    unfinished_folder,
)
from askdex.indexer.store.lock import only_writer
from askdex.indexer.store.sqlite import Connection, SQLiteError

_KEPT = (FILE, LOG, SHARED_MEMORY, RECEIPT)
"""The files of an index that are kept; the first stays in its place as well, until another replaces it."""

_log = logging.getLogger(__name__)


@contextmanager
def workplace(folder: Path) -> Iterator[Path]:
    """A new folder inside an index's folder, to make another index in; it is deleted after the block."""
    place = unfinished_folder(folder)
    try:
        yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)


def exchange(folder: Path, new: Path) -> Path | None:
    """Replace the index in a folder by the one in `new`, a folder inside of it.

    A reader finds the one or the other. Returns where the replaced index is kept, None where there was none. Only the
    process that holds the writer's lock may call this. Raises StorageError where either has changes in its log that cannot
    be moved into its file.
    """
    if has_log(new):
        raise StorageError(f"The new index in {folder} cannot be finished: make room and try again; nothing was changed.")
    if has_index(folder):
        _empty_log(folder)
    (folder / DERIVED).mkdir(exist_ok=True, mode=OWNER_ONLY_FOLDER)
    for engine in (new / DERIVED).iterdir():
        # An engine of the same name is of the same state, and is verified before it is used.
        if not (folder / DERIVED / engine.name).exists():
            engine.rename(folder / DERIVED / engine.name)
    aside = set_aside(folder)
    (new / FILE).replace(folder / FILE)
    try:
        with closing(database.open_for_writing(folder)) as connection:
            publish.settle(folder, connection)
    except (StorageError, OSError, SQLiteError) as error:
        _log.warning("The index in %s is another now, but is not tidied up (%s).", folder, error)
    return aside


def _empty_log(folder: Path) -> None:
    """Move the log of an index into its file: if this process is killed in between, the file alone is found in its place."""
    try:
        with database.errors_reported(folder), closing(_opened(folder)) as connection:
            is_empty = database.empty_log(connection)
    except DamagedIndexError:
        # Its log may belong to another index.
        return
    if not is_empty:
        raise StorageError(
            f"Others read the index in {folder}, so that it cannot be set aside: try again when they are done; nothing was "
            "changed."
        )


def _opened(folder: Path) -> Connection:
    try:
        return database.open_for_writing(folder)
    except (OlderIndexError, NewerIndexError):
        return sqlite.connect(folder / FILE, "mode=rw")


def set_aside(folder: Path) -> Path | None:
    """Keep the files of an index in a dated folder, which is returned; None where there is no index.

    The database stays in its place as well, so that readers find it until another replaces it.
    """
    if not has_index(folder):
        return None
    aside = _dated(folder)
    try:
        os.link(folder / FILE, aside / FILE)
    except OSError:
        # Not every file system has links.
        shutil.copy2(folder / FILE, aside / FILE)
    for name in _KEPT[1:]:
        if (folder / name).exists():
            (folder / name).rename(aside / name)
    keep_for_owner(aside.iterdir())
    return aside


def kept(folder: Path) -> dict[Path, int]:
    """The folders in which replaced indexes are kept, the oldest first, each with its bytes."""
    folders = (path for path in own_files(folder) if path.name.startswith(ASIDE) and not path.is_symlink())
    return {place: sum(path.stat().st_size for path in place.iterdir()) for place in sorted(folders)}


def clear_kept(folder: Path, *, wait: bool = False) -> dict[Path, int]:
    """Delete the indexes that were replaced and kept, and say which. What else lies in their folders stays, with the folder.

    Raises MissingIndexError, BusyIndexError, OSError.
    """
    require_index(folder)
    with only_writer(folder, wait=wait):
        found = kept(folder)
        for place in found:
            for name in _KEPT:
                (place / name).unlink(missing_ok=True)
            with suppress(OSError):
                place.rmdir()
    return found


def _dated(folder: Path) -> Path:
    """A new folder named by the present time; with a number where that name is taken already."""
    name = f"{ASIDE}{datetime.now().astimezone():%Y-%m-%dT%H-%M-%S}"
    for number in range(1, 1_000):
        place = folder / (name if number == 1 else f"{name}-{number}")
        try:
            place.mkdir(mode=OWNER_ONLY_FOLDER)
        except FileExistsError:
            continue
        return place
    raise FileExistsError(f"{folder / name} and a thousand like it are there already")
