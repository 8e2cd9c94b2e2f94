"""Finding the files of a folder."""

import stat
from collections import deque
from collections.abc import Iterator
from itertools import filterfalse
from pathlib import Path

from askdex.corpus.types import Skipped, Source


def uri_of(path: Path, root: Path) -> str:
    """The path relative to the root with forward slashes, spelt out."""
    return spelt_out(path.relative_to(root).as_posix())


def spelt_out(name: str) -> str:
    r"""A name as the system gives it, but for bytes that are no UTF-8, which are spelt out, as in \xff."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def walk(start: Path, root: Path, leave_out: Path | None = None) -> Iterator[Source | Skipped]:
    """The files at and below `start` in the order of their names, whatever the file system's own order is; links come last.

    Hidden files and folders are left out, and so is the folder `leave_out`. Links are followed, but to no folder that is
    read already. What cannot be entered or is no file is reported.
    """
    if not start.is_dir():
        yield Source(start, root, uri_of(start, root))
        return
    pending, links = [start], deque[Path]()
    seen: set[tuple[int, int]] = set()
    while pending or links:
        path = pending.pop() if pending else links.popleft()
        try:
            status = path.stat()
            if stat.S_ISREG(status.st_mode):
                yield Source(path, root, uri_of(path, root))
            elif not stat.S_ISDIR(status.st_mode):
                yield Skipped(uri_of(path, root), "not a file or folder")
            elif (identity := (status.st_dev, status.st_ino)) in seen:
                yield Skipped(uri_of(path, root), "a link to a folder that is read already")
            elif path != leave_out:
                seen.add(identity)
                inside = sorted(child for child in path.iterdir() if not child.name.startswith("."))
                links += filter(Path.is_symlink, inside)
                pending += reversed(list(filterfalse(Path.is_symlink, inside)))
        except OSError as error:
            yield Skipped(uri_of(path, root), reason(error), refused=path)


def reason(error: OSError) -> str:
    """Why the system refused, in its own words and lower case."""
    return (error.strerror or str(error)).lower()
