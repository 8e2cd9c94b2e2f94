"""Watching documents for changes."""

import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import watchfiles

from askdex.corpus.errors import AskdexError

_PAUSE_MS = 2_000
"""How often the watched folders themselves are looked at: the system does not tell that one is replaced by another."""

_GATHERING_MS = 1_000
"""The longest time that changes are gathered before they are reported; editors and copies change a file in several steps."""


class WatchError(AskdexError):
    """The system cannot report changes, or reports some that cannot be decoded."""


def watched_changes(documents: Sequence[Path], leave_out: Path) -> Iterator[Callable[[], None]]:
    """Yield whenever something at or below the documents may have changed, until Ctrl-C; once for many changes at once.

    The first item comes as soon as the watching has begun. An item is a function to call when the change is dealt with;
    until it is called, the same change is reported again. Documents may disappear and come back. Changes in the folder
    `leave_out` do not count.

    Raises WatchError.
    """
    # What changed before the watching began was not reported by it.
    is_pending = True

    def acknowledge() -> None:
        nonlocal is_pending
        is_pending = False

    left_out = leave_out.resolve()
    # A file is often replaced by another of its name, so it is watched through its folder.
    folders = [path if path.is_dir() else path.parent for path in (document.resolve() for document in documents)]
    while True:
        identities = [_identity(folder) for folder in folders]
        if None in identities:
            time.sleep(_PAUSE_MS / 1e3)
            continue
        for batch in _batches(folders):
            is_replaced = [_identity(folder) for folder in folders] != identities
            is_pending = is_pending or is_replaced or not all(Path(path).is_relative_to(left_out) for _, path in batch)
            if is_pending:
                yield acknowledge
            if is_replaced:
                break


def _batches(folders: Sequence[Path]) -> Iterator[set[tuple[watchfiles.Change, str]]]:
    """Batches of changes without end; an empty one after each pause."""
    try:
        yield from watchfiles.watch(
            *folders,
            # A filter would hold back other changes while those that it leaves out go on, as in an index that is read.
            watch_filter=None,
            debounce=_GATHERING_MS,
            rust_timeout=_PAUSE_MS,
            yield_on_timeout=True,
            raise_interrupt=True,
        )
    except (RuntimeError, OSError) as error:
        # RuntimeError: the name of a file is not UTF-8. OSError: the system watches no more folders.
        raise WatchError(
            f"Changes cannot be watched ({error}): mend that, or index without --watch, as often as need be."
        ) from error


def _identity(folder: Path) -> tuple[int, int] | None:
    """The device and inode of a folder, which tell it from a later one of the same name; None where there is no folder."""
    try:
        status = folder.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino
