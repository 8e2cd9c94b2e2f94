"""An index opened for asking: a question sees one generation from start to end, while others write."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from cachetools import LRUCache

from askdex.corpus.text.units import Unit
from askdex.corpus.types import Block
from askdex.indexer.engine.embedded import EmbeddedEngine
from askdex.indexer.engine.protocol import Ask, Found, Vocabulary
from askdex.indexer.engine.segment import Segment
from askdex.indexer.errors import GoneGenerationError
from askdex.indexer.generations import engine_files
from askdex.indexer.generations.following import Follower
from askdex.indexer.generations.readable import Readable
from askdex.indexer.store import database, facets, left_out, read, states, tokens
from askdex.indexer.store.folder import file_identity
from askdex.indexer.store.sqlite import Connection
from askdex.indexer.store.states import StateView
from askdex.indexer.types import (
    UNTUNED,
    Access,
    Calibration,
    Curation,
    DocumentSummary,
    Facet,
    Filter,
    Ids,
    LeftOut,
    Model,
    Numbers,
    Original,
    State,
    StoredDocument,
    StoredPassage,
    Tuning,
    Vectors,
)

_UNITS_REMEMBERED = 4_096
"""Passages whose units are kept: the best passages of many questions are the same."""

_READERS_REMEMBERED = 64
"""Different accesses to a generation that are kept at hand; a mask of a million passages takes 1 MB."""


class UnitsCache:
    """The units of the passages of one database that were asked for last.

    They never go stale there: a passage's id is a digest that the version of its file is a part of. In another database a
    passage of the same id may be cut elsewhere, as one for another model is.
    """

    def __init__(self) -> None:
        self._units: LRUCache[int, Sequence[Unit]] = LRUCache(_UNITS_REMEMBERED)
        self._lock = threading.Lock()

    def units_of(self, view: StateView, ids: Sequence[int]) -> list[Sequence[Unit]]:
        """The units of these passages, in this order."""
        with self._lock:
            units = {passage: self._units[passage] for passage in ids if passage in self._units}
        missing = [passage for passage in ids if passage not in units]
        if missing:
            new = read.passage_units(view, missing)
            units |= new
            with self._lock:
                self._units.update(new)
        return [units[passage] for passage in ids]


class OpenDatabase(NamedTuple):
    """A connection to the database of an index, what tells this database from others, and what is remembered of it."""

    identity: object
    connection: Connection
    units: UnitsCache


class OpenedGeneration:
    """A generation of an index in a folder: the truth as a connection sees it, and its search files; see Opened."""

    def __init__(
        self,
        view: StateView,
        engine: EmbeddedEngine,
        units: UnitsCache | None = None,
        readable: Readable | None = None,
    ) -> None:
        self.view = view
        self.engine = engine
        self._readable = readable
        self._units = units or UnitsCache()

    @property
    def state(self) -> State:
        """See Opened."""
        return self.view.state

    @property
    def model(self) -> Model:
        """See Opened."""
        return self.view.model

    @cached_property
    def calibration(self) -> Calibration | None:
        """See Opened."""
        return states.calibration(self.view.connection)

    @cached_property
    def tuning(self) -> Tuning:
        """See Opened."""
        return states.tuning(self.view.connection) or UNTUNED

    @cached_property
    def curation(self) -> Curation:
        """See Opened."""
        return states.curation(self.view.connection)

    @property
    def vocabulary(self) -> Vocabulary:
        """See Opened."""
        return self.engine.vocabulary if self._readable is None else self._readable.vocabulary(self.view)

    def candidates(self, ask: Ask) -> Found:
        """See Opened."""
        read.require_filter_keys(self.view, ask.filter)
        return self.engine.candidates(ask)

    def best_cosines(self, vectors: Vectors, wanted: Filter) -> Numbers:
        """See Opened."""
        read.require_filter_keys(self.view, wanted)
        return self.engine.best_cosines(vectors, wanted)

    def look_up(self, ids: Ids) -> Found:
        """See Opened."""
        return self.engine.look_up(ids)

    def sample(self, number: int) -> Ids:
        """See Opened."""
        return self.engine.sample(number)

    @cached_property
    def token_model(self) -> str | None:
        """See Opened."""
        return states.token_model(self.view.connection)

    def token_codes(self, ids: Sequence[int]) -> dict[int, bytes]:
        """See Opened."""
        return tokens.codes_of(self.view.connection, ids)

    def passages(self, ids: Sequence[int]) -> list[StoredPassage]:
        """See Opened."""
        return read.passages(self.view, ids)

    def passages_of_documents(self, uris: Sequence[str]) -> dict[str, list[int]]:
        """See Opened."""
        return read.passages_of_documents(self.view, uris)

    def units(self, ids: Sequence[int]) -> list[Sequence[Unit]]:
        """See Opened."""
        return self._units.units_of(self.view, ids)

    def passage(self, name: str) -> StoredPassage:
        """See Opened."""
        return read.passage(self.view, name)

    def document(self, name: str) -> StoredDocument:
        """See Opened."""
        return read.document(self.view, name)

    def original(self, name: str) -> Original:
        """See Opened."""
        return read.original(self.view, name)

    def blocks(self, passages: Sequence[StoredPassage]) -> list[Sequence[Block]]:
        """See Opened."""
        return read.passage_blocks(self.view, passages)

    def documents(self, limit: int, offset: int) -> list[DocumentSummary]:
        """See Opened."""
        return read.page_of_documents(self.view, limit, offset)

    def left_out(self, limit: int, offset: int) -> list[LeftOut]:
        """See Opened."""
        return left_out.some_left_out(self.view.connection, limit, offset, self.view.access)

    def number_left_out(self) -> int:
        """See Opened."""
        return left_out.number_left_out(self.view.connection, self.view.access)

    def filter_keys(self, limit: int) -> list[str]:
        """See Opened."""
        return read.filter_keys(self.view, limit)

    def facets(self) -> list[Facet]:
        """See Opened."""
        return facets.facets(self.view)

    def languages(self) -> dict[str, int]:
        """See Opened."""
        return read.languages(self.view)

    def questions(self, limit: int) -> list[str]:
        """See Opened."""
        return read.questions(self.view, limit)

    def example_questions(self, limit: int) -> list[str]:
        """See Opened."""
        return read.example_questions(self.view, limit)


class Reader:
    """The reading side of an index folder; see ReadModel.

    The next question sees a new generation. While the reader follows the index, a thread opens the new generation's search
    files, and questions are answered from the generation before until that is done.
    """

    def __init__(self, folder: Path) -> None:
        """Open an index. Raises MissingIndexError where there is none or nothing in it, DamagedIndexError."""
        self.folder = folder
        self._idle: list[OpenDatabase] = []
        self._lock = threading.Lock()
        self._opening = threading.Lock()
        self._engines: dict[str, EmbeddedEngine] = {}
        self._units = UnitsCache()
        self._readable: LRUCache[tuple[str, Access], Readable] = LRUCache(_READERS_REMEMBERED)
        self._checked: object = None
        self._follower = Follower(self.opened)
        try:
            with self.opened():
                pass
        except BaseException:
            self.close()
            raise

    def held(self) -> list[State]:
        """See ReadModel."""
        with self._database() as opened, database.errors_reported(self.folder):
            return states.all_states(opened.connection)

    @contextmanager
    def opened(self, generation: int | None = None, access: Access | None = None) -> Iterator[OpenedGeneration]:
        """See ReadModel. Raises DamagedIndexError too."""
        with (
            self._database() as (_, connection, units),
            database.errors_reported(self.folder),
            states.reading(connection) as kept_states,
        ):
            newest = states.newest(self.folder, connection, kept_states)
            view = StateView(self.folder, connection, self._chosen(kept_states, generation), newest.model)
            engine = self._engine_of(view, keep={state.token for state in kept_states})
            if access is None:
                yield OpenedGeneration(view, engine, units)
            else:
                readable = self._readable_of(view, engine, access)
                yield OpenedGeneration(replace(view, state=readable.state, access=access), readable.engine, units, readable)

    def follow(self) -> None:
        """See ReadModel."""
        self._follower.start()

    def close(self) -> None:
        """See ReadModel."""
        self._follower.end()
        with self._lock:
            for idle in self._idle:
                idle.connection.close()
            self._idle.clear()

    def _chosen(self, kept_states: list[State], generation: int | None) -> State:
        if generation is not None:
            return chosen(kept_states, generation)
        if self._follower.is_another() and kept_states[0].token not in self._engines:
            return next((state for state in kept_states if state.token in self._engines), kept_states[0])
        return kept_states[0]

    @contextmanager
    def _database(self) -> Iterator[OpenDatabase]:
        """A connection that no other thread uses during the block: the one that was used last, so that few are opened."""
        identity = file_identity(self.folder)
        with self._lock:
            idle = self._idle.pop() if self._idle else None
        if idle is not None and idle.identity != identity:
            # Another file has taken the place of the one that it reads.
            idle.connection.close()
            idle = None
        if idle is None:
            idle = self._opened_database(identity)
        try:
            yield idle
        finally:
            with self._lock:
                self._idle.append(idle)

    def _opened_database(self, identity: object) -> OpenDatabase:
        is_checked = self._checked == identity
        connection = database.open_for_reading(self.folder, is_checked=is_checked)
        if not is_checked:
            self._units = UnitsCache()
        self._checked = identity
        return OpenDatabase(identity, connection, self._units)

    def _open_segments(self) -> dict[str, Segment]:
        """The segments of the engines that are open, by name; the next engine shares most of them."""
        return {live.segment.name: live.segment for engine in self._engines.values() for live in engine.segments}

    def _engine_of(self, view: StateView, keep: set[str]) -> EmbeddedEngine:
        token = view.state.token
        engine = self._engines.get(token)
        if engine is None:
            # Questions to an engine that is open do not wait here.
            with self._opening:
                engine = self._engines.get(token) or engine_files.open_engine(view, self._open_segments())
                kept = {name: engine for name, engine in self._engines.items() if name in keep}
                self._engines = {**kept, token: engine}
        return engine

    def _readable_of(self, view: StateView, engine: EmbeddedEngine, access: Access) -> Readable:
        with self._opening:
            key = view.state.token, access
            if key not in self._readable:
                self._readable[key] = Readable(view, engine, access)
            return self._readable[key]


def chosen(newest_first: Sequence[State], generation: int | None) -> State:
    """The newest of these generations, or the one that is named. Raises GoneGenerationError where it is not among them."""
    for state in newest_first:
        if generation in (None, state.generation):
            return state
    raise GoneGenerationError(
        f"Generation {generation} of the index is not held any more, it is at {newest_first[0].generation}: ask again "
        "without a generation, from offset 0."
    )


@contextmanager
def viewed(folder: Path) -> Iterator[StateView]:
    """The newest state of an index. Raises MissingIndexError where there is none or nothing in it, DamagedIndexError."""
    with (
        database.errors_reported(folder),
        closing(database.open_for_reading(folder)) as connection,
        states.reading(connection) as kept_states,
    ):
        yield states.newest(folder, connection, kept_states)
