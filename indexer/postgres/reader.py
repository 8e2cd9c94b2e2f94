"""A published index opened for asking: a question sees one generation from start to end, while others are published."""

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from itertools import chain

import numpy as np
import psycopg
from cachetools import LRUCache

from askdex.corpus.text.units import Unit, units
from askdex.corpus.types import Block
from askdex.indexer.engine.files import StaleError
from askdex.indexer.engine.protocol import Ask, Found, Vocabulary
from askdex.indexer.errors import DamagedIndexError, MissingIndexError, NotFoundError
from askdex.indexer.generations.following import Follower
from askdex.indexer.generations.readable import ReadableVocabulary, WrittenWords, readable_state
from askdex.indexer.generations.reader import chosen
from askdex.indexer.postgres import catalogue, states
from askdex.indexer.postgres.address import DatabaseAddress
from askdex.indexer.postgres.catalogue import ShownPassage
from askdex.indexer.postgres.connection import Connection, connect, errors_reported, require_published
from askdex.indexer.postgres.engine import PostgresEngine
from askdex.indexer.postgres.facts import DocumentFacts
from askdex.indexer.postgres.held import HeldBatch, HeldEngine, Kept, KeptRows, Row, held_engine, kept_rows
from askdex.indexer.postgres.readable import Listing, number_of_vectors, readable_passages
from askdex.indexer.store.read import FIXED_KEYS, public_id, split_public_id, unknown_filter_key
from askdex.indexer.types import (
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

_READERS_REMEMBERED = 64
"""Different accesses to a generation that are kept at hand; a mask of a million passages takes 1 MB."""

_Key = tuple[int, str, int]
"""What tells what is held of a generation: its number, its token, and its revision."""

_PASSAGES_KEPT = 4_096
"""Passages that are kept with their texts: the best passages of many questions are the same."""

_MOST_IDLE = 16
"""Connections that are kept when nobody asks; a server with more threads opens some anew under load."""


@dataclass(frozen=True, slots=True)
class HeldGeneration:
    """What a server keeps in memory of a generation, and the codes of tokens and the passages that it read last.

    Where only a part may be read, that part is as if it were all; `part` says which it is.
    """

    state: State
    engine: HeldEngine
    facts: DocumentFacts
    part: "Part | None" = None
    codes: Kept[int, Row] = field(default_factory=kept_rows)
    shown: Kept[int, ShownPassage] = field(default_factory=lambda: Kept(_PASSAGES_KEPT))


@dataclass(frozen=True, slots=True)
class Part:
    """What somebody may read of a generation: the ids of the documents, and which words stand in them."""

    access: Access
    documents: frozenset[str]
    listing: Listing
    written: WrittenWords = field(default_factory=WrittenWords)


def open_generation(connection: Connection, state: State, known: Mapping[bytes, HeldBatch], kept: KeptRows) -> HeldGeneration:
    """Load what a server keeps of a generation, beside what it has of others. Raises StaleError where it is not whole."""
    engine = held_engine(connection, states.read(connection, state), known, kept)
    return HeldGeneration(state, engine, catalogue.facts_of(connection, state.generation))


def part_of(connection: Connection, whole: HeldGeneration, listing: Listing, access: Access) -> HeldGeneration:
    """A generation as somebody sees it who may read so much."""
    numbers = listing.numbers(access)
    engine = whole.engine.only(readable_passages(connection, whole.engine, numbers))
    vectors = number_of_vectors(connection, engine)
    state = readable_state(whole.state, access, len(numbers), engine.passage_count, vectors)
    documents = frozenset(f"{number:016x}" for number in numbers.tolist())
    return replace(whole, state=state, engine=engine, facts=listing.facts(access), part=Part(access, documents, listing))


class PostgresGeneration:
    """A generation of a published index, as one transaction of a connection sees it; see Opened."""

    def __init__(self, connection: Connection, held: HeldGeneration) -> None:
        self._connection, self._state, self._held, self._facts = connection, held.state, held, held.facts
        self._engine = PostgresEngine(connection, held.engine, held.facts.model.dimension)
        self._shown: dict[int, ShownPassage] = {}

    @property
    def state(self) -> State:
        """See Opened."""
        return self._state

    @property
    def model(self) -> Model:
        """See Opened."""
        return self._facts.model

    @property
    def calibration(self) -> Calibration | None:
        """See Opened."""
        return self._facts.calibration

    @property
    def tuning(self) -> Tuning:
        """See Opened."""
        return self._facts.tuning

    @property
    def curation(self) -> Curation:
        """See Opened."""
        return self._facts.curation

    @property
    def vocabulary(self) -> Vocabulary:
        """See Opened."""
        part, vocabulary = self._held.part, self._engine.vocabulary
        if part is None:
            return vocabulary
        return ReadableVocabulary(vocabulary, partial(part.written.is_written, self._engine, self.passages))

    def candidates(self, ask: Ask) -> Found:
        """See Opened."""
        self._require_filter_keys(ask.filter)
        return self._engine.candidates(ask)

    def best_cosines(self, vectors: Vectors, wanted: Filter) -> Numbers:
        """See Opened."""
        self._require_filter_keys(wanted)
        return self._engine.best_cosines(vectors, wanted)

    def look_up(self, ids: Ids) -> Found:
        """See Opened."""
        return self._engine.look_up(ids)

    def sample(self, number: int) -> Ids:
        """See Opened."""
        return self._engine.sample(number)

    @property
    def token_model(self) -> str | None:
        """See Opened."""
        return self._facts.token_model

    def token_codes(self, ids: Sequence[int]) -> dict[int, bytes]:
        """See Opened."""
        wanted = [int(passage) for passage in ids]
        known = self._held.codes.known(wanted)
        missing = [passage for passage in wanted if passage not in known]
        if missing:
            codes = catalogue.codes_of(self._connection, self._state.generation, missing)
            new = {passage: (codes[passage],) if passage in codes else () for passage in missing}
            self._held.codes.keep(new)
            known |= new
        return {passage: known[passage][0] for passage in wanted if known[passage]}

    def passages(self, ids: Sequence[int]) -> list[StoredPassage]:
        """See Opened."""
        return [shown.passage for shown in self._of(ids)]

    def passages_of_documents(self, uris: Sequence[str]) -> dict[str, list[int]]:
        """See Opened."""
        found = catalogue.passages_of_documents(self._connection, self._state.generation, uris)
        if self._held.part is None:
            return found
        every = np.array(sorted(chain.from_iterable(found.values())), np.int64)
        readable = set(self._engine.look_up(every).ids.tolist())
        kept = {uri: [passage for passage in ids if passage in readable] for uri, ids in found.items()}
        return {uri: ids for uri, ids in kept.items() if ids}

    def units(self, ids: Sequence[int]) -> list[Sequence[Unit]]:
        """See Opened."""
        return [units(shown.passage.text, shown.blocks) for shown in self._of(ids)]

    def passage(self, name: str) -> StoredPassage:
        """See Opened."""
        return self._named(name).passage

    def document(self, name: str) -> StoredDocument:
        """See Opened."""
        found = catalogue.document(self._connection, self._state.generation, name) if self._is_readable(name) else None
        if found is None:
            raise NotFoundError(f"There is no document {name}.")
        return found

    def original(self, name: str) -> Original:
        """See Opened."""
        found = catalogue.original(self._connection, self._state.generation, name) if self._is_readable(name) else None
        if found is None:
            raise NotFoundError(f"There is no document {name}.")
        uri, original = found
        if original is None:
            raise NotFoundError(f"The document {uri} is no file of its own.")
        return original

    def blocks(self, passages: Sequence[StoredPassage]) -> list[Sequence[Block]]:
        """See Opened."""
        known = {shown.passage.id: shown.blocks for shown in self._shown.values()}
        return [known[passage.id] if passage.id in known else self._named(passage.id).blocks for passage in passages]

    def documents(self, limit: int, offset: int) -> list[DocumentSummary]:
        """See Opened."""
        part = self._held.part
        if part is not None:
            of_part: list[DocumentSummary] = part.listing.documents(part.access, limit, offset)
            return of_part
        return catalogue.documents(self._connection, self._state.generation, limit, offset)

    def left_out(self, limit: int, offset: int) -> list[LeftOut]:
        """See Opened."""
        return self._facts.left_out[offset : offset + limit]

    def number_left_out(self) -> int:
        """See Opened."""
        return len(self._facts.left_out)

    def filter_keys(self, limit: int) -> list[str]:
        """See Opened."""
        return self._facts.filter_keys[: len(FIXED_KEYS) + limit]

    def facets(self) -> list[Facet]:
        """See Opened."""
        return self._facts.facets

    def languages(self) -> dict[str, int]:
        """See Opened."""
        return self._facts.languages

    def questions(self, limit: int) -> list[str]:
        """See Opened."""
        return self._facts.questions[:limit]

    def example_questions(self, limit: int) -> list[str]:
        """See Opened."""
        return self._facts.example_questions[:limit]

    @cached_property
    def _keys(self) -> frozenset[str]:
        return frozenset(self._facts.filter_keys)

    def _require_filter_keys(self, wanted: Filter) -> None:
        for key in wanted:
            if key not in self._keys:
                raise unknown_filter_key(key, self._facts.filter_keys)

    def _is_readable(self, document: str) -> bool:
        return self._held.part is None or document in self._held.part.documents

    def _of(self, ids: Sequence[int]) -> list[ShownPassage]:
        """Passages that are fetched once: their texts, their units and their blocks are asked for one after the other."""
        self._shown |= self._held.shown.known(passage for passage in ids if passage not in self._shown)
        missing = [passage for passage in ids if passage not in self._shown]
        if missing:
            new = catalogue.passages(self._connection, self._state.generation, missing)
            self._held.shown.keep(new)
            self._shown |= new
        if not all(passage in self._shown and self._is_readable(self._shown[passage].passage.document.id) for passage in ids):
            raise DamagedIndexError(
                "Passages are missing from the database: publish the index anew with: askdex publish --anew"
            )
        return [self._shown[passage] for passage in ids]

    def _named(self, name: str) -> ShownPassage:
        named = split_public_id(name)
        is_readable = named is not None and self._is_readable(named[0])
        found = catalogue.passage(self._connection, self._state.generation, *named) if named and is_readable else None
        if found is None or found.passage.id != public_id(*(named or ("", 0))):
            raise NotFoundError(f"There is no passage {name}.")
        return found


class PostgresReader:
    """The reading side of a published index; see ReadModel.

    Each open generation is a transaction of a connection of its own, so that it stays as it was opened. While the reader
    follows the index, a thread looks for new generations and loads them, as that of a folder does.
    """

    def __init__(self, address: DatabaseAddress) -> None:
        """Open a published index. Raises MissingIndexError where there is none, StorageError."""
        self._address = address
        self._idle: list[Connection] = []
        self._lock = threading.Lock()
        self._opening = threading.Lock()
        self._held: dict[_Key, HeldGeneration] = {}
        self._listings: dict[_Key, Listing] = {}
        self._parts: LRUCache[tuple[_Key, Access], HeldGeneration] = LRUCache(_READERS_REMEMBERED)
        self._kept = KeptRows()
        self._follower = Follower(self.opened)
        try:
            with self.opened():
                pass
        except BaseException:
            self.close()
            raise

    def held(self) -> list[State]:
        """See ReadModel."""
        with self._transaction() as (_, kept):
            return [state for state, _ in kept]

    @contextmanager
    def opened(self, generation: int | None = None, access: Access | None = None) -> Iterator[PostgresGeneration]:
        """See ReadModel."""
        with self._transaction() as (connection, kept):
            if not kept:
                raise MissingIndexError(f"Nothing is published to {self._address}: run askdex publish {self._address}")
            revisions = {state.generation: revision for state, revision in kept}
            newest_first = [state for state, _ in kept]
            opened = [state for state in newest_first if self._key(state, revisions) in self._held]
            # Another thread loads what is new.
            is_waited_for = generation is None and self._follower.is_another() and newest_first[0] not in opened and opened
            state = opened[0] if is_waited_for else chosen(newest_first, generation)
            held = self._loaded(connection, state, revisions)
            if access is not None:
                held = self._part_of(connection, self._key(state, revisions), held, access)
            yield PostgresGeneration(connection, held)

    def follow(self) -> None:
        """See ReadModel."""
        self._follower.start()

    def close(self) -> None:
        """See ReadModel."""
        self._follower.end()
        with self._lock:
            for connection in self._idle:
                connection.close()
            self._idle.clear()

    @staticmethod
    def _key(state: State, revisions: dict[int, int]) -> _Key:
        return state.generation, state.token, revisions[state.generation]

    def _loaded(self, connection: Connection, state: State, revisions: dict[int, int]) -> HeldGeneration:
        key = self._key(state, revisions)
        held = self._held.get(key)
        if held is None:
            with self._opening:
                held = self._held.get(key)
                if held is None:
                    try:
                        batches = {batch.stamp: batch for known in self._held.values() for batch in known.engine.batches}
                        held = open_generation(connection, state, batches, self._kept)
                    except (StaleError, ValueError) as error:
                        raise DamagedIndexError(
                            f"What is published to {self._address} is damaged ({error}): publish it anew with: "
                            f"askdex publish {self._address} --anew"
                        ) from error
                    kept = {known: value for known, value in self._held.items() if revisions.get(known[0]) == known[2]}
                    self._held = {**kept, key: held}
        return held

    def _part_of(self, connection: Connection, key: _Key, whole: HeldGeneration, access: Access) -> HeldGeneration:
        with self._opening:
            if key not in self._listings:
                kept = {known: value for known, value in self._listings.items() if known in self._held}
                self._listings = {**kept, key: Listing(connection, whole.state, whole.facts)}
            part = self._parts.get((key, access))
            if part is None:
                part = self._parts[key, access] = part_of(connection, whole, self._listings[key], access)
            return part

    @contextmanager
    def _transaction(self) -> Iterator[tuple[Connection, list[tuple[State, int]]]]:
        """A connection that nobody else uses, in a transaction that sees one state of the database; and its generations."""
        with errors_reported(self._address):
            connection, kept = self._begun()
            try:
                yield connection, kept
            finally:
                self._give_back(connection)

    def _begun(self) -> tuple[Connection, list[tuple[State, int]]]:
        while True:
            with self._lock:
                idle = self._idle.pop() if self._idle else None
            connection = idle or self._connected()
            try:
                # Both in one go, to and fro.
                with connection.pipeline():
                    connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", prepare=False)
                    return connection, catalogue.kept_states(connection)
            except BaseException as error:
                connection.close()
                # A connection that lay idle may be one of a server that was started anew since.
                if idle is None or not isinstance(error, psycopg.OperationalError):
                    raise

    def _connected(self) -> Connection:
        connection = connect(self._address)
        try:
            require_published(self._address, connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _give_back(self, connection: Connection) -> None:
        try:
            connection.execute("ROLLBACK", prepare=False)
        except psycopg.Error:
            connection.close()
            return
        with self._lock:
            if len(self._idle) < _MOST_IDLE and not self._follower.has_ended:
                self._idle.append(connection)
                return
        connection.close()
