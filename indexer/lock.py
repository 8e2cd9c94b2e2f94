"""Seeing to it that one process at a time changes an index."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import apsw
from filelock import FileLock, Timeout

from indexer import store
from indexer.errors import BusyIndexError

FILE = "writer.lock"


@contextmanager
def changing(folder: Path, *, wait: bool = False) -> Iterator[apsw.Connection]:
    """The index, for the one process that changes it; made where there is none.

    Raises BusyIndexError where another process changes it, unless this one is to wait.
    """
    with only_writer(folder, wait=wait), store.errors_reported(folder), closing(store.open_for_writing(folder)) as connection:
        yield connection


@contextmanager
def only_writer(folder: Path, *, wait: bool = False) -> Iterator[None]:
    """Hold the lock that keeps others from changing an index. Raises BusyIndexError."""
    folder.mkdir(mode=store.OWNER_ONLY_FOLDER, parents=True, exist_ok=True)
    try:
        with FileLock(folder / FILE, timeout=-1 if wait else 0, mode=store.OWNER_ONLY_FILE):
            yield
    except Timeout as error:
        raise BusyIndexError(
            f"Another process is changing the index in {folder}: try again when it is done, or wait for it with --wait."
        ) from error
