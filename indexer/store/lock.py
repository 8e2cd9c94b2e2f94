"""The lock that lets one process at a time change an index."""

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from askdex.indexer.errors import BusyIndexError
from askdex.indexer.rights import OWNER_ONLY_FILE
from askdex.indexer.store import database
from askdex.indexer.store.folder import FILE, LOCK, LOG, SHARED_MEMORY, prepare_folder
from askdex.indexer.store.sqlite import Connection


@contextmanager
def changing(folder: Path, *, wait: bool = False) -> Iterator[Connection]:
    """A connection to change an index through, with the lock held; the index is made where there is none.

    Raises BusyIndexError where another process changes it; with `wait` it waits for that process instead.
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

    The folder is made where there is none, and deleted again where an error leaves an index with nothing in it.
    """
    new_folders = [place for place in (folder, *folder.parents) if not place.exists()]
    prepare_folder(folder)
    try:
        with FileLock(folder / LOCK, timeout=-1 if wait else 0, mode=OWNER_ONLY_FILE):
            try:
                yield
            except BaseException:
                if new_folders and database.is_bare(folder):
                    _delete_bare_index(new_folders)
                raise
    except Timeout as error:
        raise BusyIndexError(
            f"Another process is changing the index in {folder}: try again when it is done, or wait for it with --wait."
        ) from error


def _delete_bare_index(new_folders: Sequence[Path]) -> None:
    """Delete an index that holds nothing, with the folders that were made for it; those that others have used since stay."""
    folder, *_ = new_folders
    with suppress(OSError):
        # The log goes first: left alone, it would be taken for that of the next index. The lock goes last: a process that
        # waits for it opens it anew.
        for name in (LOG, SHARED_MEMORY, FILE, LOCK):
            (folder / name).unlink(missing_ok=True)
        for place in new_folders:
            place.rmdir()
