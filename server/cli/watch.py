"""Being told when documents may have changed."""

import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import watchfiles

from askdex.corpus.errors import AskdexError

_LOOK_MS = 2_000
_CALM_MS = 1_000


class WatchError(AskdexError):
    """The system does not tell of changes, or not so that they can be understood."""


def changes(documents: Sequence[Path], leave_out: Path) -> Iterator[Callable[[], None]]:
    """Yield whenever something at or below the documents may have changed, until Ctrl-C; once for many changes at once.

    The first time is when it has begun to look. What is yielded is to be called when the change was dealt with; as long as
    it is not, the same is yielded again. Documents may go and come back. Changes in the folder `leave_out` do not count.

    Raises WatchError.
    """
    # What changed before the watching began is not seen by it.
    pending = True

    def dealt_with() -> None:
        nonlocal pending
        pending = False

    left_out = leave_out.resolve()
    # A file is often replaced by another of its name, so it is watched through its folder.
    places = [path if path.is_dir() else path.parent for path in (document.resolve() for document in documents)]
    while True:
        seen = [_identity(place) for place in places]
        if None in seen:
            time.sleep(_LOOK_MS / 1e3)
            continue
        for found in _told(places):
            is_replaced = [_identity(place) for place in places] != seen
            pending = pending or is_replaced or not all(Path(path).is_relative_to(left_out) for _, path in found)
            if pending:
                yield dealt_with
            if is_replaced:
                break


def _told(places: Sequence[Path]) -> Iterator[set[tuple[watchfiles.Change, str]]]:
    """What has changed, again and again; nothing where the time is up."""
    try:
        yield from watchfiles.watch(
            *places,
            # What a filter leaves out would keep everything else waiting, and an index that is read is never calm.
            watch_filter=None,
            debounce=_CALM_MS,
            rust_timeout=_LOOK_MS,
            yield_on_timeout=True,
            raise_interrupt=True,
        )
    except (RuntimeError, OSError) as error:
        # One is a file whose name is no text; another, that the system watches no more folders.
        raise WatchError(
            f"Changes cannot be watched ({error}): mend that, or index without --watch, as often as need be."
        ) from error


def _identity(place: Path) -> tuple[int, int] | None:
    try:
        status = place.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino
