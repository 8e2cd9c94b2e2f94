"""An index opened for asking: every question sees one generation from start to end, while writers write."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from indexer import derived, store
from indexer.engine import Engine
from indexer.store import State


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One generation of an index: the truth as the connection sees it, and the engine that belongs to it."""

    connection: sqlite3.Connection
    state: State
    engine: Engine


class Reader:
    """The reading side of an index folder, for many threads; a new generation is seen by the next question."""

    def __init__(self, folder: Path) -> None:
        """Open an index. Raises MissingIndexError where there is none or nothing in it, DamagedIndexError."""
        self.folder = folder
        self._local = threading.local()
        self._connections: list[sqlite3.Connection] = []
        self._lock = threading.Lock()
        self._engine: tuple[str, Engine] | None = None
        try:
            with self.snapshot():
                pass
        except BaseException:
            self.close()
            raise

    @contextmanager
    def snapshot(self) -> Iterator[Snapshot]:
        """The newest generation, held for as long as the block lasts."""
        connection = self._connection()
        with store.damage_reported(self.folder), store.reading(connection) as state:
            store.require_documents(self.folder, state)
            yield Snapshot(connection, state, self._engine_of(connection, state))

    def close(self) -> None:
        """Close every thread's connection; no snapshot may be open."""
        with self._lock:
            for connection in self._connections:
                connection.close()
            self._connections.clear()

    def _connection(self) -> sqlite3.Connection:
        """The connection of the calling thread, a new one where another file has taken the place of the one it reads."""
        identity = store.identity(self.folder)
        held: tuple[object, sqlite3.Connection] | None = getattr(self._local, "held", None)
        if held is not None and held[0] == identity:
            return held[1]
        connection = store.open_for_reading(self.folder)
        with self._lock:
            if held is not None:
                self._connections.remove(held[1])
                held[1].close()
            self._connections.append(connection)
        self._local.held = (identity, connection)
        return connection

    def _engine_of(self, connection: sqlite3.Connection, state: State) -> Engine:
        held = self._engine
        if held is not None and held[0] == state.token:
            return held[1]
        with self._lock:
            held = self._engine
            if held is None or held[0] != state.token:
                held = (state.token, derived.open_engine(self.folder, connection, state))
                self._engine = held
            return held[1]
