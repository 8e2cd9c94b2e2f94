"""Ways in which writing can fail, in the process that calls them."""

import ctypes
import errno
import os
import resource
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import apsw

_CHANGES = {"os.chmod", "os.link", "os.mkdir", "os.remove", "os.rename", "os.rmdir", "os.truncate"}
_LIBRARY = ctypes.CDLL(None, use_errno=True)
_SYSTEM_CALLS: dict[str, tuple[Any, tuple[str, ...]]] = {
    "pwrite": (
        ctypes.CFUNCTYPE(ctypes.c_ssize_t, ctypes.c_int, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int64, use_errno=True),
        ("pwrite", "pwrite64"),
    ),
    "ftruncate": (ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int, ctypes.c_int64, use_errno=True), ("ftruncate",)),
    "unlink": (ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_char_p, use_errno=True), ("unlink",)),
}
"""Those with which SQLite changes files, as a 64-bit system has them, and its names for them."""

_BLOCK = 4096
_replacements: list[Any] = []


class Fault(Protocol):
    """Something that goes wrong; where it `lasts`, questions are asked while it does."""

    @property
    def lasts(self) -> bool: ...

    def armed(self, folder: Path) -> AbstractContextManager[None]: ...


@dataclass(slots=True)
class Counter:
    """Counts what may fail; that of the number `fatal`, from 1, does, once."""

    fatal: int | None = None
    number: int = 0

    def fails(self) -> bool:
        self.number += 1
        return self.number == self.fatal

    @contextmanager
    def until(self, fatal: int) -> Iterator[None]:
        self.number, self.fatal = 0, fatal
        try:
            yield
        finally:
            self.fatal = None


COUNTERS = {"database write": Counter(), "file operation": Counter()}


@dataclass(frozen=True, slots=True)
class FullDisk:
    """Only so many bytes are free on the disk of a folder."""

    free: int
    lasts: bool = True

    @contextmanager
    def armed(self, folder: Path) -> Iterator[None]:
        ballast = folder / "ballast"
        with ballast.open("wb") as file:
            size = _free(folder) - self.free // _BLOCK * _BLOCK
            if size > 0:
                os.posix_fallocate(file.fileno(), 0, size)
        try:
            yield
        finally:
            ballast.unlink()


@dataclass(frozen=True, slots=True)
class LargestFile:
    """No file may grow larger than so many bytes."""

    size: int
    lasts: bool = False

    @contextmanager
    def armed(self, folder: Path) -> Iterator[None]:  # noqa: ARG002
        _, most = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (self.size, most))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))


@dataclass(frozen=True, slots=True)
class Once:
    """The change of this number fails: a system call of SQLite's, or whatever Python does to files."""

    counter: str
    number: int
    lasts: bool = False

    def armed(self, folder: Path) -> AbstractContextManager[None]:  # noqa: ARG002
        return COUNTERS[self.counter].until(self.number)


def install() -> None:
    """Have what this process changes counted from now on, before it opens its first index."""
    system = apsw.VFS("counted", "unix")
    for name, (kind, alternatives) in _SYSTEM_CALLS.items():
        replacement = kind(_counted(kind((name, _LIBRARY))))
        _replacements.append(replacement)
        for alternative in alternatives:
            system.xSetSystemCall(alternative, ctypes.cast(replacement, ctypes.c_void_p).value or 0)
    sys.addaudithook(_audit)
    sync = os.fsync

    def counted_sync(descriptor: int) -> None:
        _change("fsync")
        sync(descriptor)

    os.fsync = counted_sync  # type: ignore[assignment]


def _counted(call: Callable[..., int]) -> Callable[..., int]:
    """A system call of SQLite's that fails when its number comes."""

    def counted(*arguments: Any) -> int:  # noqa: ANN401
        if COUNTERS["database write"].fails():
            ctypes.set_errno(errno.EIO)
            return -1
        return call(*arguments)

    return counted


def _change(what: str) -> None:
    if COUNTERS["file operation"].fails():
        raise OSError(errno.EIO, os.strerror(errno.EIO), what)


def _audit(event: str, arguments: tuple[Any, ...]) -> None:
    is_opening = event == "open" and arguments[2] & (os.O_WRONLY | os.O_RDWR)
    if is_opening or event in _CHANGES:
        _change(f"{event} {arguments[0]}")


@contextmanager
def mounted(folder: Path, *options: str | Path) -> Iterator[None]:
    """Something mounted at a folder. Raises OSError where this user may not, or the system cannot."""
    _mount(*options, folder)
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


@contextmanager
def small_disk(folder: Path, size: int) -> Iterator[None]:
    """A disk of its own for a folder, of so many bytes. Raises as `mounted` does."""
    with mounted(folder, "-t", "tmpfs", "-o", f"size={size}", "tmpfs"):
        yield


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """A folder that nobody can write to. Raises as `mounted` does."""
    with mounted(folder, "--bind", folder):
        _mount("-o", "remount,ro,bind", folder)
        yield


def _mount(*options: str | Path) -> None:
    done = subprocess.run(["mount", *options], check=False, capture_output=True, text=True)
    if done.returncode:
        raise PermissionError(done.stderr.strip())


def _free(folder: Path) -> int:
    status = os.statvfs(folder)
    return status.f_bavail * status.f_bsize
