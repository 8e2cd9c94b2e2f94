"""Seeing to it that one process at a time changes an index."""

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import apsw
from filelock import FileLock, Timeout

from askdex.indexer.errors import BusyIndexError
from askdex.indexer.rights import OWNER_ONLY_FILE
from askdex.indexer.store import database


@contextmanager
def changing(folder: Path, *, wait: bool = False) -> Iterator[apsw.Connection]:
    """The index, for the one process that changes it; made where there is none.

    Raises BusyIndexError where another process changes it, unless this one is to wait.
    """
    with (
        only_writer(folder, wait=wait),
        database.errors_reported(folder),
        closing(database.open_for_writing(folder)) as connection,
    ):
        yield connection


@contextmanager
def only_writer(folder: Path, *, wait: bool = False) -> Iterator[None]:
    """Hold the lock that keeps others from changing an index. Raises BusyIndexError, ForeignFolderError.

    The folder is made where there is none, and taken away again where nothing comes to be in it.
    """
    made = [place for place in (folder, *folder.parents) if not place.exists()]
    database.take(folder)
    try:
        with FileLock(folder / database.LOCK, timeout=-1 if wait else 0, mode=OWNER_ONLY_FILE):
            try:
                yield
            except BaseException:
                if made and database.is_bare(folder):
                    _take_away(made)
                raise
    except Timeout as error:
        raise BusyIndexError(
            f"Another process is changing the index in {folder}: try again when it is done, or wait for it with --wait."
        ) from error


def _take_away(made: Sequence[Path]) -> None:
    """Take away an index that holds nothing with its folder, and the folders above; none that others have used meanwhile."""
    folder, *_ = made
    with suppress(OSError):
        # The log first: it would be taken for that of the next index. The lock last: whoever waits for it looks for it anew.
        for name in (database.LOG, database.SHARED_MEMORY, database.FILE, database.LOCK):
            (folder / name).unlink(missing_ok=True)
        for place in made:
            place.rmdir()
