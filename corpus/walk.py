"""Finding the files of a folder."""

import stat
from collections.abc import Iterator
from pathlib import Path

from corpus.types import Skipped, Source


def uri_of(path: Path, root: Path) -> str:
    r"""The path relative to the root with forward slashes; bytes that are no UTF-8 are spelt out, as in \xff."""
    relative = path.relative_to(root).as_posix()
    return relative.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def walk(start: Path, root: Path, leave_out: Path | None = None) -> Iterator[Source | Skipped]:
    """The files at and below `start` in the order of their names, whatever the file system's own order is.

    Hidden files and folders are left out, and so is the folder `leave_out`. Links are followed, but not round in
    circles. What cannot be entered or is no file is reported.
    """
    if not start.is_dir():
        yield Source(start, root, uri_of(start, root))
        return
    pending: list[tuple[Path, frozenset[tuple[int, int]]]] = [(start, frozenset())]
    while pending:
        path, above = pending.pop()
        try:
            status = path.stat()
            if stat.S_ISREG(status.st_mode):
                yield Source(path, root, uri_of(path, root))
            elif not stat.S_ISDIR(status.st_mode):
                yield Skipped(uri_of(path, root), "not a file or folder")
            elif (identity := (status.st_dev, status.st_ino)) in above:
                yield Skipped(uri_of(path, root), "a link back to a folder above it")
            elif path != leave_out:
                inside = sorted((child for child in path.iterdir() if not child.name.startswith(".")), reverse=True)
                pending += [(child, above | {identity}) for child in inside]
        except OSError as error:
            yield Skipped(uri_of(path, root), reason(error), refused=path)


def reason(error: OSError) -> str:
    """Why the system refused, in its own words and lower case."""
    return (error.strerror or str(error)).lower()
