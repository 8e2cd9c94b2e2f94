"""A process that does one thing to an index, and can be killed at every step of it or at any moment."""

import os
import shutil
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from functools import wraps
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from askdex.indexer.generations import engine_files, publish
from askdex.indexer.ingest import staging
from askdex.indexer.store import database, sqlite
from tests.faults import processes
from tests.stubs import PATIENCE_S

P = ParamSpec("P")
T = TypeVar("T")

_TEXTS_AT_ONCE = 32
# What changes files. Each is a step before and a step after it; a COMMIT is as well.
_CHANGES: tuple[tuple[Any, str], ...] = (
    (Path, "rename"),
    (Path, "replace"),
    (Path, "unlink"),
    (os, "link"),
    (shutil, "rmtree"),
    (Path, "mkdir"),
    (tempfile, "mkdtemp"),
    (database, "empty_log"),
    (engine_files, "make"),
    (publish, "write_receipt"),
)


@dataclass(frozen=True, slots=True)
class ProcessRun:
    """What a process did: its steps, None where it had not reported done; how long it was at it; its exit code."""

    steps: tuple[str, ...] | None
    seconds: float
    exit_code: int | None

    @property
    def is_killed(self) -> bool:
        """Whether it was killed, as planned, and did not end in another way."""
        return self.exit_code == -signal.SIGKILL


@dataclass(slots=True)
class _Steps:
    """The steps so far; the process ends itself at the one of this number, from 0, or the first of this name."""

    last: int | str | None
    names: list[str] = field(default_factory=list)

    def reach(self, name: str) -> None:
        if self.last in (len(self.names), name):
            os.kill(os.getpid(), signal.SIGKILL)
        self.names.append(name)


def run(operation: Callable[[], object], *, last: int | str | None = None, after: float = PATIENCE_S) -> ProcessRun:
    """Do something in a process that is killed at the step of this number or name, or after so many seconds.

    Raises RuntimeError where it did not come to do it: nothing would have been tried.
    """
    receiver, sender = processes.CONTEXT.Pipe(duplex=False)
    with receiver:
        process = processes.started(_work, operation, last, sender)
        sender.close()
        if _message(receiver) is None:
            process.join()
            raise RuntimeError(f"The process ended before it began (exit code {process.exitcode}): what it printed says why.")
        started = time.monotonic()
        receiver.poll(after)
        seconds = time.monotonic() - started
        process.kill()
        process.join()
        process_run = ProcessRun(_message(receiver), seconds, process.exitcode)
        process.close()
    return process_run


def _message(receiver: Connection) -> tuple[str, ...] | None:
    try:
        message: tuple[str, ...] = receiver.recv()
    except EOFError:
        return None
    return message


def _work(operation: Callable[[], object], last: int | str | None, sender: Connection) -> None:
    staging._STEP = _TEXTS_AT_ONCE
    steps = _Steps(last)
    sqlite.write_transaction = _writing(steps)  # type: ignore[assignment]
    for owner, name in _CHANGES:
        setattr(owner, name, _around(getattr(owner, name), name, steps))
    sender.send(())
    operation()
    sender.send(tuple(steps.names))
    # Every process is killed; this one waits for it.
    time.sleep(PATIENCE_S)


def _around(change: Callable[P, T], name: str, steps: _Steps) -> Callable[P, T]:
    @wraps(change)
    def changing(*args: P.args, **kwargs: P.kwargs) -> T:
        steps.reach(f"before {name}")
        result = change(*args, **kwargs)
        steps.reach(f"after {name}")
        return result

    return changing


def _writing(steps: _Steps) -> Callable[[sqlite.Connection], AbstractContextManager[None]]:
    original = sqlite.write_transaction

    @contextmanager
    def writing(connection: sqlite.Connection) -> Iterator[None]:
        with original(connection):
            yield
            steps.reach("before COMMIT")
        steps.reach("after COMMIT")

    return writing
