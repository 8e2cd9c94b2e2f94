"""The engine that belongs to a state of the truth: made, found, verified, made anew where it is missing or damaged."""

import logging
import shutil
import sqlite3
import tempfile
from pathlib import Path

from indexer import catalogue
from indexer.embedded import EmbeddedEngine, StaleError, Stamp, build
from indexer.engine import Engine
from indexer.store import DERIVED, State

_UNFINISHED = "unfinished-"
_log = logging.getLogger(__name__)


def make(folder: Path, connection: sqlite3.Connection, state: State) -> None:
    """Make the engine of the state that a connection sees, which may be a transaction not yet committed.

    It is made under another name and renamed when it is whole, so that no half-made engine is ever found.
    """
    target = _place(folder, state)
    target.parent.mkdir(exist_ok=True, mode=0o700)
    unfinished = Path(tempfile.mkdtemp(prefix=_UNFINISHED, dir=target.parent))
    try:
        build(unfinished, catalogue.entries(connection), state.dimension, state.token)
        if target.exists():
            shutil.rmtree(target)
        unfinished.rename(target)
    except BaseException:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise


def open_engine(folder: Path, connection: sqlite3.Connection, state: State) -> Engine:
    """The engine of the state that a connection sees; one that is missing or damaged is made anew, without embedding."""
    counts = catalogue.counts(connection)
    stamp = Stamp(state.token, counts["passages"], counts["vectors"])
    try:
        return EmbeddedEngine(_place(folder, state), stamp)
    except StaleError as error:
        _log.warning("The search files of the index in %s are made anew (%s).", folder, error)
    try:
        make(folder, connection, state)
        return EmbeddedEngine(_place(folder, state), stamp)
    except OSError:
        # A folder that cannot be written to still answers: what is read once need not stay.
        with tempfile.TemporaryDirectory() as elsewhere:
            build(Path(elsewhere), catalogue.entries(connection), state.dimension, state.token)
            return EmbeddedEngine(Path(elsewhere), stamp)


def clean(folder: Path, keep: set[str]) -> None:
    """Remove the engines of other states than those of these tokens; whoever searches one of them keeps it open."""
    for path in (folder / DERIVED).iterdir():
        if path.name not in keep:
            shutil.rmtree(path, ignore_errors=True)


def _place(folder: Path, state: State) -> Path:
    return folder / DERIVED / state.token
