"""Putting one index in the place of another, which is kept under a dated name."""

import logging
import os
import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path

import apsw

from askdex.indexer.errors import DamagedIndexError, NewerIndexError, OlderIndexError, StorageError
from askdex.indexer.generations import publish
from askdex.indexer.rights import OWNER_ONLY_FOLDER, keep_for_owner
from askdex.indexer.store import database, receipt, sqlite
from askdex.indexer.store.database import DERIVED, FILE, LOG, SHARED_MEMORY

_log = logging.getLogger(__name__)


@contextmanager
def workplace(folder: Path) -> Iterator[Path]:
    """A new folder inside an index's folder, to make another index in; it is gone after the block."""
    made = database.unfinished(folder)
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


def exchange(folder: Path, made: Path) -> Path | None:
    """Put the index that was made in a folder `made` inside an index's folder in that one's place.

    Whoever reads finds the one or the other. Returns where the files of the former are now, None where there were none.
    Only the process that holds the writer's lock may call this. Raises StorageError where either is not whole in its file.
    """
    if database.has_log(made):
        raise StorageError(f"The new index in {folder} cannot be finished: make room and try again; nothing was changed.")
    if database.exists(folder):
        _make_whole(folder)
    (folder / DERIVED).mkdir(exist_ok=True, mode=OWNER_ONLY_FOLDER)
    for engine in (made / DERIVED).iterdir():
        # One of the same name is of the same state, and is verified before it is used.
        if not (folder / DERIVED / engine.name).exists():
            engine.rename(folder / DERIVED / engine.name)
    aside = set_aside(folder)
    (made / FILE).replace(folder / FILE)
    try:
        with closing(database.open_for_writing(folder)) as connection:
            publish.settle(folder, connection)
    except (StorageError, OSError, apsw.Error) as error:
        _log.warning("The index in %s is another now, but is not tidied up (%s).", folder, error)
    return aside


def _make_whole(folder: Path) -> None:
    """See to it that the file of an index is all of it: it may be what is found in its place if this process is killed."""
    try:
        with database.errors_reported(folder), closing(_opened(folder)) as connection:
            is_whole = database.empty_log(connection)
    except DamagedIndexError:
        # What is in its log may be another's.
        return
    if not is_whole:
        raise StorageError(
            f"Others read the index in {folder}, so that it cannot be set aside: try again when they are done; nothing was "
            "changed."
        )


def _opened(folder: Path) -> apsw.Connection:
    try:
        return database.open_for_writing(folder)
    except (OlderIndexError, NewerIndexError):
        return sqlite.connect(folder / FILE, "mode=rw")


def set_aside(folder: Path) -> Path | None:
    """Keep the files of an index under a dated name; its main file stays in its place as well. None where there is none."""
    if not database.exists(folder):
        return None
    aside = _dated(folder)
    try:
        os.link(folder / FILE, aside / FILE)
    except OSError:
        # Not every file system has links.
        shutil.copy2(folder / FILE, aside / FILE)
    for name in (LOG, SHARED_MEMORY, receipt.FILE):
        if (folder / name).exists():
            (folder / name).rename(aside / name)
    keep_for_owner(aside.iterdir())
    return aside


def _dated(folder: Path) -> Path:
    """A new folder with the present time as its name; a number tells those of one second, or of a clock set back, apart."""
    name = f"{database.ASIDE}{datetime.now().astimezone():%Y-%m-%dT%H-%M-%S}"
    for number in range(1, 1_000):
        place = folder / (name if number == 1 else f"{name}-{number}")
        try:
            place.mkdir(mode=OWNER_ONLY_FOLDER)
        except FileExistsError:
            continue
        return place
    raise FileExistsError(f"{folder / name} and a thousand like it are there already")
