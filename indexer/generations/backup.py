"""An index as one file: to keep, to take elsewhere, to bring back."""

import errno
import hashlib
import json
import lzma
import os
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import apsw

from askdex.indexer.errors import DamagedIndexError, MissingIndexError, SnapshotError, StorageError
from askdex.indexer.generations import engine_files, swap
from askdex.indexer.generations.reader import viewed
from askdex.indexer.rights import OWNER_ONLY_FILE
from askdex.indexer.store import database, sqlite, states
from askdex.indexer.store.database import FILE
from askdex.indexer.store.lock import only_writer
from askdex.indexer.store.schema import NEVER
from askdex.indexer.store.states import State, StateView

_MANIFEST = "askdex.json"
_KIND = "askdex snapshot 1"
_PIECE = 2**20
_LARGEST_MANIFEST = 2**16
_LEVEL = 1
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
"""What unpacking raises, with the many parts of an archive that it trusts."""

_ERRNOS_OF_DAMAGE = {None, errno.EINVAL}
"""Those of what is not packed as it says, and of a place before the beginning of the file."""


def snapshot(folder: Path, file: Path) -> State:
    """Keep an index as it is in one file: compressed, with checksums, for its owner alone. A writer may go on meanwhile.

    Raises SnapshotError where the file is there already, MissingIndexError, DamagedIndexError.
    """
    _require_free(file)
    with viewed(folder) as view, _workplace(file) as place:
        copy, packed = Path(place) / "copy", Path(place) / "packed"
        _copy(view.connection, copy)
        _pack(copy, packed, {"kind": _KIND, "made": view.state.made, "generation": view.state.generation})
        _name(packed, file)
        return view.state


def restore(folder: Path, file: Path, *, wait: bool = False) -> tuple[State, Path | None]:
    """Bring back an index from a snapshot. Returns its state, and where the index that was in the folder is kept, if any.

    Raises SnapshotError where the file is no sound snapshot; what is in the folder stays then as it is. BusyIndexError.
    """
    with only_writer(folder, wait=wait), swap.workplace(folder) as made:
        with _damage_is_of(file):
            _unpack(file, made / FILE)
            state = _made_ready(made, above=_newest_number(folder))
        return state, swap.exchange(folder, made)


def _require_free(file: Path) -> None:
    if file.exists():
        raise SnapshotError(f"{file} is there already: give another name.")


def _name(packed: Path, file: Path) -> None:
    """Give what is packed its name; a file that has taken that name meanwhile keeps it."""
    try:
        os.link(packed, file)
    except OSError:
        # Not every file system has links.
        _require_free(file)
        packed.replace(file)


def _workplace(file: Path) -> tempfile.TemporaryDirectory[str]:
    """A passing folder beside a file, so that what is made there can be moved to its place."""
    # When the snapshot is in its place, what is left of the folder does not undo that.
    return tempfile.TemporaryDirectory(prefix=f".{file.name}-", dir=file.absolute().parent, ignore_cleanup_errors=True)


def _copy(connection: apsw.Connection, file: Path) -> None:
    """Copy what a connection sees, page by page; each page is verified on the way."""
    file.touch(OWNER_ONLY_FILE)
    with closing(sqlite.connect(file, "mode=rw")) as target:
        with target.backup("main", connection, "main") as backup:
            backup.step()
        # The copy is one file, without a log beside it.
        target.execute("PRAGMA journal_mode = DELETE").fetchall()


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
    """Take the one file out of a snapshot that is wanted, whatever else is in it, and no more of it than it says."""
    with zipfile.ZipFile(source) as archive:
        with archive.open(_MANIFEST) as packed:
            manifest = json.loads(packed.read(_LARGEST_MANIFEST))
        if manifest["kind"] != _KIND:
            raise SnapshotError(f"{source} is a snapshot of another kind ({manifest['kind']!r}): bring Askdex up to date.")
        digest = hashlib.blake2b()
        target.touch(OWNER_ONLY_FILE)
        left = int(manifest["bytes"])
        with archive.open(FILE) as packed, target.open("wb") as file:
            while piece := packed.read(min(_PIECE, left + 1)):
                left -= len(piece)
                if left < 0:
                    raise ValueError("it holds more than it says")
                digest.update(piece)
                file.write(piece)
            file.flush()
            os.fsync(file.fileno())
    if digest.hexdigest() != manifest["blake2b"]:
        raise ValueError("its checksum is wrong")


@contextmanager
def _damage_is_of(file: Path) -> Iterator[None]:
    """Raise SnapshotError for all that a file that is no sound snapshot gives."""
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


def _made_ready(made: Path, above: int) -> State:
    """Check what was unpacked, number its generations above another index's, and make its search files."""
    with database.errors_reported(made), closing(database.open_for_writing(made)) as connection:
        database.check_recovered(connection, made)
        held = states.held(connection)
        newest = states.newest(made, connection, held)
        with sqlite.writing(connection):
            _renumber(connection, max(0, above + 1 - held[-1].generation))
            states.name_anew(connection)
        newest = StateView(made, connection, states.held(connection)[0], newest.model)
        engine_files.make(newest)
        # Without a log beside it, it can be moved as it is.
        database.empty_log(connection)
    return newest.state


def _renumber(connection: apsw.Connection, more: int) -> None:
    """Raise the numbers of all generations, by way of negative ones: no two may be the same on the way."""
    for table, column in (("generations", "number"), ("presence", "born")):
        for value in (f"-({column} + {more})", f"-{column}"):
            connection.execute(f"UPDATE {table} SET {column} = {value} WHERE {column} < {NEVER}")  # noqa: S608
    connection.execute("UPDATE presence SET died = died + ? WHERE died < ?", (more, NEVER))


def _newest_number(folder: Path) -> int:
    """The newest generation of the index in a folder; 0 where none can be read."""
    try:
        with viewed(folder) as view:
            return view.state.generation
    except (MissingIndexError, DamagedIndexError, StorageError):
        return 0
