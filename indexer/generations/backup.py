"""Snapshots: an index as one compressed file, and back."""

import errno
import hashlib
import json
import lzma
import os
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from askdex.indexer.errors import DamagedIndexError, MissingIndexError, SnapshotError, StorageError
from askdex.indexer.generations import engine_files, swap
from askdex.indexer.generations.reader import viewed
from askdex.indexer.rights import OWNER_ONLY_FILE
from askdex.indexer.store import commits, database, generations, sqlite, states
from askdex.indexer.store.folder import FILE
from askdex.indexer.store.lock import only_writer
from askdex.indexer.store.states import StateView
from askdex.indexer.types import State

_MANIFEST = "askdex.json"
_KIND = "askdex snapshot 1"
_PIECE = 2**20
"""Bytes that are unpacked at once."""

_LARGEST_MANIFEST = 2**16
"""Bytes; ours take a few hundred, and a file that claims more is not ours."""

_LEVEL = 1
"""Of zlib, the fastest; a higher one trades time for size."""

_DAMAGES = (
    ArithmeticError,
    DamagedIndexError,
    EOFError,
    LookupError,
    RuntimeError,
    TypeError,
    ValueError,
    lzma.LZMAError,
    struct.error,
    zipfile.BadZipFile,
    zlib.error,
)
"""What zipfile and the decompressors raise for a damaged archive: they trust many of its fields."""

_ERRNOS_OF_DAMAGE = {None, errno.EINVAL}
"""OSErrors that mean a damaged archive: data that does not unpack, an offset before the beginning of the file."""


def snapshot(folder: Path, file: Path) -> State:
    """Write the newest generation of an index to one file, which only its owner may read. Writers may go on meanwhile.

    Raises SnapshotError where the file is there already, MissingIndexError, DamagedIndexError.
    """
    _require_free(file)
    with viewed(folder) as view, _workplace(file) as place:
        copy, packed = Path(place) / "copy", Path(place) / "packed"
        sqlite.copy_to(view.connection, copy)
        _pack(copy, packed, {"kind": _KIND, "made": view.state.made, "generation": view.state.generation})
        _move_into_place(packed, file)
        return view.state


def restore(
    folder: Path, file: Path, *, wait: bool = False, check: Callable[[StateView], object] | None = None
) -> tuple[State, Path | None]:
    """Bring back an index from a snapshot. Returns its state, and where the index that was in the folder is kept, if any.

    `check` sees the restored index before anyone else does. Raises SnapshotError where the file is no sound snapshot,
    BusyIndexError, and what `check` raises; the folder then stays as it is.
    """
    with only_writer(folder, wait=wait), swap.workplace(folder) as new:
        with _damage_reported(file):
            _unpack(file, new / FILE)
            state = _prepared(new, above=newest_generation(folder), check=check)
        return state, swap.exchange(folder, new)


def _require_free(file: Path) -> None:
    if file.exists():
        raise SnapshotError(f"{file} is there already: give another name.")


def _move_into_place(packed: Path, file: Path) -> None:
    """Give the packed file its name; a file that has taken that name meanwhile is not overwritten."""
    try:
        os.link(packed, file)
    except OSError:
        # Not every file system has links.
        _require_free(file)
        packed.replace(file)


def _workplace(file: Path) -> tempfile.TemporaryDirectory[str]:
    """A temporary folder beside a file, so that what is made in it can be moved into place on the same file system."""
    # Once the snapshot is in place, a folder that cannot be deleted must not look like a failure.
    return tempfile.TemporaryDirectory(prefix=f".{file.name}-", dir=file.absolute().parent, ignore_cleanup_errors=True)


def _pack(source: Path, target: Path, manifest: dict[str, str | int]) -> None:
    target.touch(OWNER_ONLY_FILE)
    with source.open("rb") as file:
        digest = hashlib.file_digest(file, "blake2b").hexdigest()
    with target.open("wb") as file:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=_LEVEL) as archive:
            archive.writestr(_MANIFEST, json.dumps({**manifest, "blake2b": digest, "bytes": source.stat().st_size}))
            archive.write(source, FILE)
        file.flush()
        os.fsync(file.fileno())


def _unpack(source: Path, target: Path) -> None:
    """Unpack the database from a snapshot, and nothing else; no more of it than the manifest says, lest it fill the disk."""
    with zipfile.ZipFile(source) as archive:
        with archive.open(_MANIFEST) as packed:
            manifest = json.loads(packed.read(_LARGEST_MANIFEST))
        if manifest["kind"] != _KIND:
            raise SnapshotError(f"{source} is a snapshot of another kind ({manifest['kind']!r}): bring Askdex up to date.")
        digest = hashlib.blake2b()
        target.touch(OWNER_ONLY_FILE)
        remaining = int(manifest["bytes"])
        with archive.open(FILE) as packed, target.open("wb") as file:
            while piece := packed.read(min(_PIECE, remaining + 1)):
                remaining -= len(piece)
                if remaining < 0:
                    raise ValueError("it holds more than it says")
                digest.update(piece)
                file.write(piece)
            file.flush()
            os.fsync(file.fileno())
    if digest.hexdigest() != manifest["blake2b"]:
        raise ValueError("its checksum is wrong")


@contextmanager
def _damage_reported(file: Path) -> Iterator[None]:
    """Turn every error that a damaged or foreign file causes into a SnapshotError."""
    try:
        yield
    except _DAMAGES as error:
        raise _unsound(file, error) from error
    except OSError as error:
        if error.errno in _ERRNOS_OF_DAMAGE:
            raise _unsound(file, error) from error
        if error.errno == errno.ENOENT and error.filename == str(file):
            raise SnapshotError(f"There is no file {file}.") from error
        raise


def _unsound(file: Path, error: Exception) -> SnapshotError:
    return SnapshotError(f"{file} is no sound snapshot ({error}): use another. Nothing was changed.")


def _prepared(folder: Path, above: int, check: Callable[[StateView], object] | None) -> State:
    """Check an index that was unpacked, raise its generations above the number of another's, and make its search files.

    It gets a new identity: from here on it is another index than the one that the snapshot was taken of.
    """
    with database.errors_reported(folder), closing(database.open_for_writing(folder)) as connection:
        database.check_recovered(connection, folder)
        kept_states = states.all_states(connection)
        newest = states.newest(folder, connection, kept_states)
        with commits.writing(connection):
            generations.renumber(connection, max(0, above + 1 - kept_states[-1].generation))
            states.give_new_identity(connection)
        newest = StateView(folder, connection, states.all_states(connection)[0], newest.model)
        engine_files.make(newest)
        if check is not None:
            check(newest)
        # With all of it in one file, without a log beside it, it can be moved.
        database.empty_log(connection)
    return newest.state


def newest_generation(folder: Path) -> int:
    """The newest generation of the index in a folder; 0 where none can be read."""
    try:
        with viewed(folder) as view:
            return view.state.generation
    except (MissingIndexError, DamagedIndexError, StorageError):
        return 0
