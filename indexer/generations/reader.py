"""An index opened for asking: every question sees one generation from start to end, while writers write."""

import logging
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from askdex.corpus.errors import AskdexError
from askdex.indexer.engine.embedded import EmbeddedEngine
from askdex.indexer.engine.protocol import Engine
from askdex.indexer.engine.segment import Segment
from askdex.indexer.errors import GoneGenerationError
from askdex.indexer.generations import engine_files
from askdex.indexer.store import database, states
from askdex.indexer.store.folder import file_identity
from askdex.indexer.store.sqlite import Connection
from askdex.indexer.store.states import State, StateView
from askdex.indexer.types import Calibration

_FOLLOWING_S = 0.2
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class GenerationView(StateView):
    """One generation of an index: the truth as the connection sees it, the engine that belongs to it, and what is usual."""

    engine: Engine
    calibration: Calibration | None


class Reader:
    """The reading side of an index folder, for many threads.

    A new generation is seen by the next question. While the reader follows the index, its engine is opened beside the
    questions, and they are answered from the generation before it until that is done.
    """

    def __init__(self, folder: Path) -> None:
        """Open an index. Raises MissingIndexError where there is none or nothing in it, DamagedIndexError."""
        self.folder = folder
        self._idle: list[tuple[object, Connection]] = []
        self._lock = threading.Lock()
        self._opening = threading.Lock()
        self._engines: dict[str, EmbeddedEngine] = {}
        self._checked: object = None
        self._follower: threading.Thread | None = None
        self._closing = threading.Event()
        try:
            with self.snapshot():
                pass
        except BaseException:
            self.close()
            raise

    @contextmanager
    def snapshot(self, generation: int | None = None) -> Iterator[GenerationView]:
        """The newest generation, or the one that is named, held for as long as the block lasts.

        Raises GoneGenerationError where the named one is not held any more.
        """
        with self._connection() as connection, database.errors_reported(self.folder), states.reading(connection) as held:
            newest = states.newest(self.folder, connection, held)
            view = StateView(self.folder, connection, self._chosen(held, generation), newest.model)
            engine = self._engine_of(view, keep={state.token for state in held})
            yield GenerationView(self.folder, connection, view.state, view.model, engine, states.calibration(connection))

    def follow(self) -> None:
        """Look for new generations from now on, and open their engines before anyone asks."""
        self._follower = threading.Thread(target=self._keep_up, name="index follower", daemon=True)
        self._follower.start()

    def close(self) -> None:
        """Close every thread's connection; no snapshot may be open."""
        self._closing.set()
        if self._follower is not None:
            self._follower.join()
        with self._lock:
            for _, connection in self._idle:
                connection.close()
            self._idle.clear()

    def _chosen(self, held: list[State], generation: int | None) -> State:
        if generation is not None:
            for state in held:
                if state.generation == generation:
                    return state
            raise GoneGenerationError(
                f"Generation {generation} of the index is not held any more, it is at {held[0].generation}: ask again "
                "without a generation, from offset 0."
            )
        if self._is_followed() and held[0].token not in self._engines:
            return next((state for state in held if state.token in self._engines), held[0])
        return held[0]

    def _is_followed(self) -> bool:
        """Whether another thread opens what is new."""
        return self._follower is not None and self._follower.is_alive() and self._follower is not threading.current_thread()

    def _keep_up(self) -> None:
        said = ""
        while not self._closing.wait(_FOLLOWING_S):
            try:
                with self.snapshot():
                    pass
            except (AskdexError, OSError) as error:
                # Whoever asks is told; the index may be back, or mended, at the next look.
                if str(error) != said:
                    _log.warning("%s", error)
                said = str(error)

    @contextmanager
    def _connection(self) -> Iterator[Connection]:
        """A connection for this thread alone for as long as the block lasts: the one used last, so that few are enough."""
        identity = file_identity(self.folder)
        with self._lock:
            idle = self._idle.pop() if self._idle else None
        if idle is not None and idle[0] != identity:
            # Another file has taken the place of the one that it reads.
            idle[1].close()
            idle = None
        if idle is None:
            idle = identity, database.open_for_reading(self.folder, is_checked=self._checked == identity)
            self._checked = identity
        try:
            yield idle[1]
        finally:
            with self._lock:
                self._idle.append(idle)

    def _open_segments(self) -> dict[str, Segment]:
        """What the engines at hand are made of; most of the next one's is the same."""
        return {of.segment.name: of.segment for engine in self._engines.values() for of in engine.segments}

    def _engine_of(self, view: StateView, keep: set[str]) -> EmbeddedEngine:
        token = view.state.token
        engine = self._engines.get(token)
        if engine is None:
            # Others with an engine at hand do not wait here.
            with self._opening:
                engine = self._engines.get(token) or engine_files.open_engine(view, self._open_segments())
                kept = {name: held for name, held in self._engines.items() if name in keep}
                self._engines = {**kept, token: engine}
        return engine


@contextmanager
def viewed(folder: Path) -> Iterator[StateView]:
    """The newest state of an index. Raises MissingIndexError where there is none or nothing in it, DamagedIndexError."""
    with (
        database.errors_reported(folder),
        closing(database.open_for_reading(folder)) as connection,
        states.reading(connection) as held,
    ):
        yield states.newest(folder, connection, held)
