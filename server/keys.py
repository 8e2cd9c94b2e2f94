"""Keys: who may ask a server. A file beside the index holds their digests, and never a key itself.

A key has 256 random bits, so that nobody guesses it and a plain digest keeps it safe.
"""

import hashlib
import hmac
import os
import re
import secrets
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from enum import StrEnum
from pathlib import Path
from tempfile import NamedTemporaryFile

from filelock import FileLock
from pydantic import BaseModel, ConfigDict, TypeAdapter

from askdex.corpus.errors import AskdexError
from askdex.indexer.rights import keep_for_owner

_BITS = 256
_MARK = "askdex_"
"""What every key begins with, so that people and scanners know what they found."""

_NAME = re.compile(r"[\w.@-]{1,64}", re.ASCII)


class Scope(StrEnum):
    """What a key is good for: to read, to change what is held, and to see how the server is."""

    READ = "read"
    WRITE = "write"
    ADMIN = "admin"


class KeyFileError(AskdexError):
    """A key cannot be added or revoked, or the file of keys is none."""


class Key(BaseModel):
    """A key by its name and its SHA-256, in hexadecimal."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    digest: str
    scopes: frozenset[Scope]
    made: date


_KEYS = TypeAdapter(tuple[Key, ...])


class Keys:
    """The keys of a file, which is read again whenever it has changed; many threads may ask."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._read: tuple[object, tuple[Key, ...]] = (None, ())

    @property
    def are_kept(self) -> bool:
        """Whether there is a file of keys; once the last key is revoked nobody has one."""
        return self._file.exists()

    def held(self) -> tuple[Key, ...]:
        """All keys, by name. Raises KeyFileError."""
        stamp = _stamp(self._file)
        if stamp != self._read[0]:
            self._read = stamp, read_keys(self._file)
        return self._read[1]

    def found(self, token: str) -> Key | None:
        """The key that this is, None where it is none; how long that takes says nothing of the others. Raises KeyFileError."""
        digest = _digest(token)
        return next(iter([key for key in self.held() if hmac.compare_digest(key.digest, digest)]), None)


def keys_file(index: Path) -> Path:
    """The file of the keys to an index: it lies beside its folder, so that a restored index keeps them."""
    folder = index.resolve()
    return folder.with_name(f"{folder.name}.keys")


def read_keys(file: Path) -> tuple[Key, ...]:
    """The keys of a file, none where it is not there. Raises KeyFileError, OSError."""
    try:
        return _KEYS.validate_json(file.read_bytes())
    except FileNotFoundError:
        return ()
    except ValueError as error:
        raise KeyFileError(f"{file} is no file of keys: take it away, and make new keys with: askdex key add NAME") from error


def add_key(file: Path, name: str, scopes: Iterable[Scope]) -> str:
    """Add a key and give it; nobody can read it again. Raises KeyFileError, OSError."""
    if not _NAME.fullmatch(name):
        raise KeyFileError(f"{name!r} is no name of a key: take up to 64 of letters, digits, and . _ - @")
    token = f"{_MARK}{secrets.token_urlsafe(_BITS // 8)}"
    with _changed(file) as keys:
        if any(key.name == name for key in keys):
            raise KeyFileError(f"There is a key {name} already: take another name, or askdex key revoke {name}")
        keys.append(Key(name=name, digest=_digest(token), scopes=frozenset(scopes), made=datetime.now(UTC).date()))
    return token


def revoke_key(file: Path, name: str) -> None:
    """Take a key back. Raises KeyFileError, OSError."""
    with _changed(file) as keys:
        left = [key for key in keys if key.name != name]
        if len(left) == len(keys):
            raise KeyFileError(f"There is no key {name}: see askdex key list")
        keys[:] = left


@contextmanager
def _changed(file: Path) -> Iterator[list[Key]]:
    """The keys of a file, to be changed: it is replaced at the end of the block, unless that raises."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(file.with_name(f"{file.name}.lock"), mode=0o600):
        keys = list(read_keys(file))
        yield keys
        _replace(file, sorted(keys, key=lambda key: key.name))


def _replace(file: Path, keys: Sequence[Key]) -> None:
    """Put other keys into a file, all at once; only its owner may read it."""
    with NamedTemporaryFile(dir=file.parent, prefix=file.name, delete=False) as new:
        path = Path(new.name)
        try:
            new.write(_KEYS.dump_json(tuple(keys), indent=2))
            new.flush()
            os.fsync(new.fileno())
            keep_for_owner([path])
            path.replace(file)
        except BaseException:
            path.unlink(missing_ok=True)
            raise


def _stamp(file: Path) -> object:
    """What tells one content of a file from another, as it is replaced by a new one."""
    try:
        found = file.stat()
    except FileNotFoundError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()
