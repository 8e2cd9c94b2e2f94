"""Folders and single files as a source of documents. The key of a file is its full path, as bytes."""

import hashlib
import os
import stat
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from functools import cache, partial
from io import BufferedReader
from itertools import filterfalse
from pathlib import Path, PurePath

from askdex.corpus.errors import RefusedError, UnreadableError
from askdex.corpus.sources import OWN_VERSION_SIZE, READING_RECIPE, Item, left_out
from askdex.corpus.sources.kinds import is_hidden, unread_kind
from askdex.corpus.sources.rules import NO_RULES, FolderRules, Ignored
from askdex.corpus.sources.site.addresses import is_address_key
from askdex.corpus.types import Skipped

LARGEST_FILE = 256 * 2**20
"""Bytes; a larger file is left out, as a reader holds all of it in memory, some several times over."""

_READ_ALREADY = "a link to a folder that is read already"
_SEPARATOR = os.fsencode(os.sep)


@dataclass(frozen=True, slots=True)
class FolderSource:
    """The files at and below `start`, with uris relative to `base`; those of a format that is not read are left out.

    `is_read` tells by its name whether a file has one that is. The folder `leave_out` is not entered. `rules` say what else is
    left out; a link may lead into the folders `within`, which `start` is among.
    """

    start: Path
    base: Path
    is_read: Callable[[PurePath], bool]
    leave_out: Path | None = None
    rules: FolderRules = NO_RULES
    within: tuple[Path, ...] = ()

    @property
    def name(self) -> str:
        """See Source."""
        return str(self.start)

    @property
    def root(self) -> bytes:
        """See Source."""
        return file_key(self.base)

    def items(self) -> Iterator[Item | Skipped]:
        """See Source; a file's version is a digest of its suffix and its bytes, so every file is read for it."""
        for path in walk_folder(self):
            if isinstance(path, Skipped):
                yield path
                continue
            key, uri = file_key(path), uri_of(path, self.base)
            try:
                data = load_file(path, self.is_read)
            except UnreadableError as error:
                yield left_out(key, uri, error)
            else:
                yield Item(key, uri, _version(path, data), len(data), _modified(path))

    def read(self, item: Item) -> bytes:
        """See Source."""
        path = file_path(item.key)
        data = load_file(path, self.is_read)
        if _version(path, data) != item.own_version:
            raise RefusedError("it changed while it was read: index it again")
        return data

    def has_here(self, item: Item) -> bool:  # noqa: ARG002
        """See Source."""
        return True

    def keep(self, item: Item) -> None:
        """See Source."""

    def holds(self, key: bytes) -> bool:
        """See Source."""
        return is_within(key, file_key(self.start)) and not self._leaves_out(key)

    def levels(self, key: bytes) -> Iterator[bytes]:
        """See Source."""
        yield key
        yield from map(file_key, file_path(key).parents)

    def finish(self) -> None:
        """See Source."""

    def close(self) -> None:
        """See Source."""

    def _leaves_out(self, key: bytes) -> bool:
        """Whether a key is that of a file in the folder that is not entered; a source within that is no matter of it."""
        return (
            self.leave_out is not None
            and is_within(key, file_key(self.leave_out))
            and not self.start.is_relative_to(self.leave_out)
        )


def folder_sources(
    starts: Sequence[Path],
    known_roots: Iterable[bytes],
    is_read: Callable[[PurePath], bool],
    leave_out: Path,
    rules: FolderRules = NO_RULES,
) -> list[FolderSource]:
    """A source for each of these files and folders, which are full paths.

    A folder inside of another that is among them, or that was indexed before, is a part of that one: its files keep the uris
    that they have there.
    """
    bases = {*map(file_path, known_roots), *(start for start in starts if start.is_dir())}
    return [FolderSource(start, _base_of(start, bases), is_read, leave_out, rules, tuple(starts)) for start in starts]


def _base_of(start: Path, bases: set[Path]) -> Path:
    """The folder that uris are relative to: the outermost of the bases, or the folder of a file that is in none of them."""
    above = [base for base in bases if start.is_relative_to(base)]
    return min(above, key=lambda base: len(base.parts)) if above else start.parent


def file_key(path: Path) -> bytes:
    """The key of a file: not every path is text, so it is kept as bytes."""
    return os.fsencode(path)


def file_path(key: bytes) -> Path:
    """The path of the file with this key."""
    return Path(os.fsdecode(key))


def named_place(key: bytes) -> Path | str:
    """What a user would call the item with this key: the path of a file, or an address."""
    return key.decode() if is_address_key(key) else file_path(key)


def is_gone(root: bytes) -> bool:
    """Whether a root is that of a folder which is not there any more."""
    path = file_path(root)
    return path.is_absolute() and not path.exists()


def is_within(key: bytes, place: bytes) -> bool:
    """Whether a key is that of a file or folder, or of a file below it."""
    return key == place or key.startswith(place if place.endswith(_SEPARATOR) else place + _SEPARATOR)


def uri_of(path: Path, base: Path) -> str:
    """The path relative to the base with forward slashes, spelt out."""
    return spelt_out(path.relative_to(base).as_posix())


def uri_of_key(key: bytes, root: bytes) -> str:
    """The uri of the item with this key: of a file, its path in the root. Raises ValueError where it does not lie there."""
    if is_address_key(key):
        return key.decode()
    return uri_of(file_path(key), file_path(root))


def is_part_of(uri: str, file_uri: str) -> bool:
    """Whether a document is a file or a part of it, such as a row of a table, and none within it, as in an archive."""
    return uri == file_uri or uri.startswith(f"{file_uri}#")


def spelt_out(name: str) -> str:
    r"""A name as the system gives it, in which bytes that are no UTF-8 are spelt out, as in \xff."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def walk_folder(source: FolderSource) -> Iterator[Path | Skipped]:
    """The files at and below the start of a source sorted by name, whatever the order of the file system; links come last.

    Without a message are left out hidden files and folders, the folder `leave_out`, and what the rules exclude. Links are
    followed, except to a folder that is read already, and out of the named folders. What cannot be entered or is no file is
    reported. Raises PatternError.
    """
    start, base = source.start, source.base
    if not start.is_dir():
        yield start
        return
    ignored = _ignored(source)
    # Links come last, so that a folder is read under its own name and not under that of a link to it.
    pending, links = [start], deque[Path]()
    seen: set[tuple[int, int]] = set()
    while pending or links:
        path = pending.pop() if pending else links.popleft()
        key, uri = file_key(path), uri_of(path, base)
        try:
            status = path.stat()
            is_folder = stat.S_ISDIR(status.st_mode)
            if path != start and ignored.leaves_out(path, is_folder=is_folder):
                continue
            identity = (status.st_dev, status.st_ino)
            if (why := _why_not(path, status, source) or (_READ_ALREADY if identity in seen else None)) is not None:
                yield Skipped(uri, why, key=key)
            elif not is_folder:
                yield path
            elif path != source.leave_out:
                seen.add(identity)
                ignored.enter(path)
                inside = sorted(child for child in path.iterdir() if not is_hidden(child.name))
                links += filter(Path.is_symlink, inside)
                pending += reversed(list(filterfalse(Path.is_symlink, inside)))
        except OSError as error:
            yield Skipped(uri, reason(error), refused=key, key=key)


def _why_not(path: Path, status: os.stat_result, source: FolderSource) -> str | None:
    """Why a file or folder is left out by its kind or its place; None where it is not."""
    if not stat.S_ISREG(status.st_mode) and not stat.S_ISDIR(status.st_mode):
        return "not a file or folder"
    if status.st_dev in _devices_without_documents():
        return "a folder of the system, which holds no documents"
    if path.is_symlink() and not _may_follow(path, source):
        return "a link out of the folder, which --follow-links would follow"
    return None


def _ignored(source: FolderSource) -> Ignored:
    """What is left out of a folder and those around it, as far as its base. Raises PatternError."""
    ignored = Ignored(source.base, source.rules.exclude)
    for folder in source.start.parents:
        if folder.is_relative_to(source.base):
            with suppress(OSError):  # it may not be ours to look into
                ignored.enter(folder)
    return ignored


def _may_follow(link: Path, source: FolderSource) -> bool:
    if source.rules.follows_links:
        return True
    target = link.resolve()
    return any(target.is_relative_to(folder) for folder in source.within or (source.start,))


@cache
def _devices_without_documents() -> frozenset[int]:
    """The devices of the folders in which Linux shows what it is doing: their files have no end, or wait for something."""
    return frozenset(folder.stat().st_dev for folder in map(Path, ("/proc", "/sys")) if folder.is_mount())


def load_file(path: Path, is_read: Callable[[PurePath], bool]) -> bytes:
    """The bytes of a file, as many as it says that it has: some files of the system say none, and never end.

    Raises UnreadableError where it is of a format that is not read or too large, RefusedError where the system does not
    give it.
    """
    if not is_read(path):
        raise UnreadableError(unread_kind(path))
    try:
        with _opened(path) as file:
            return file.read(os.fstat(file.fileno()).st_size)
    except OSError as error:
        raise RefusedError(reason(error)) from error


def open_unchanged(key: bytes, version: bytes) -> BufferedReader:
    """The file with this key, opened, if it still has this version.

    So nothing is given that was not read, wherever the path may lead by now. Raises RefusedError, UnreadableError.
    """
    path = file_path(key)
    try:
        with ExitStack() as undo:
            file = undo.enter_context(_opened(path))
            if hashlib.file_digest(file, partial(_version_of, path)).digest() != version[:OWN_VERSION_SIZE]:
                raise RefusedError("it has changed since")
            file.seek(0)
            undo.pop_all()
    except OSError as error:
        raise RefusedError(reason(error)) from error
    return file


def _opened(path: Path) -> BufferedReader:
    """A file that can be read to its end. Raises UnreadableError, OSError."""
    with ExitStack() as undo:
        if not stat.S_ISREG(path.stat().st_mode):
            raise UnreadableError("not a file")
        # Without waiting: it may have become a pipe since.
        file = undo.enter_context(open(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb"))  # noqa: PTH123
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise UnreadableError("not a file")
        if status.st_size > LARGEST_FILE:
            raise UnreadableError(f"larger than {LARGEST_FILE // 2**20} MiB")
        undo.pop_all()
    return file


def reason(error: OSError) -> str:
    """Why the system refused, in its own words and lower case."""
    return (error.strerror or str(error)).lower()


def _modified(path: Path) -> float | None:
    try:
        return path.stat().st_mtime
    except OSError:
        return None


def _version(path: Path, data: bytes) -> bytes:
    digest = _version_of(path)
    digest.update(data)
    return digest.digest()


def _version_of(path: Path) -> hashlib.blake2b:
    """The version of a file without its bytes. The suffix counts too: it decides how they are read."""
    return hashlib.blake2b(READING_RECIPE + os.fsencode(path.suffix) + b"\0", digest_size=OWN_VERSION_SIZE)
