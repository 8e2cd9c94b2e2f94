"""An index that is opened again and again, or replaced while it is open: neither file handles nor memory grow."""

import ctypes
import gc
import os
import shutil
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from askdex.indexer.generations.backup import restore, snapshot
from askdex.indexer.search.searcher import open_searcher
from askdex.indexer.types import Query
from tests.faults.checks import Checks, ImpossibleError, old_index
from tests.faults.collection import QuickEncoder

_REOPENINGS = 500
_REPLACEMENTS = 200
_LEAST = 20
_MOST_WARM = 50
_MOST_BYTES_MORE = 24 * 2**20
_M_ARENA_MAX = -8


def reopened(checks: Checks, folder: Path, share: float) -> None:
    index, _ = old_index(folder)

    def reopen() -> None:
        with closing(open_searcher(index, QuickEncoder)) as searcher:
            searcher.search(Query("What is the card limit?"))

    _check_flat(checks, reopen, max(_LEAST, round(_REOPENINGS * share)))


def replaced(checks: Checks, folder: Path, share: float) -> None:
    index, _ = old_index(folder)
    snapshot(index, folder / "kept")
    with closing(open_searcher(index, QuickEncoder)) as searcher:

        def replace() -> None:
            _, aside = restore(index, folder / "kept")
            searcher.search(Query("What is the card limit?"))
            if aside is not None:
                shutil.rmtree(aside)

        _check_flat(checks, replace, max(_LEAST, round(_REPLACEMENTS * share)))


def _check_flat(checks: Checks, do: Callable[[], None], times: int) -> None:
    """After a while, doing it once more takes no more file handles, and no more memory to speak of."""
    if not Path("/proc/self/statm").exists():
        raise ImpossibleError
    if hasattr(library := ctypes.CDLL(None), "mallopt"):
        # Else every thread that writes keeps some for later use, until there are as many shares as there may be.
        library.mallopt(_M_ARENA_MAX, 1)
    for _ in range(min(times, _MOST_WARM)):
        do()
    handles, memory = _taken()
    for _ in range(times):
        do()
    more_handles, more_memory = (after - before for after, before in zip(_taken(), (handles, memory), strict=True))
    checks.tries += times - 2
    checks.equal("file handles", max(0, more_handles), 0)
    checks.equal("memory", max(0, more_memory - _MOST_BYTES_MORE), 0)
    checks.tally.counts["handles more"] = more_handles
    checks.tally.counts["KiB more"] = more_memory // 1024


def _taken() -> tuple[int, int]:
    """The open file handles and the bytes of memory of this process."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return len(list(Path("/proc/self/fd").iterdir())), pages * os.sysconf("SC_PAGE_SIZE")
