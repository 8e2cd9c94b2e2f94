"""Publishing a generation of an index to a database: staged unseen, visible in one transaction, whole or not at all."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from askdex.indexer.engine.files import StaleError
from askdex.indexer.errors import BusyIndexError, StorageError
from askdex.indexer.generations.reader import viewed
from askdex.indexer.postgres import catalogue, states
from askdex.indexer.postgres.address import DatabaseAddress
from askdex.indexer.postgres.connection import Connection, connected, execute, rows
from askdex.indexer.postgres.facts import DocumentFacts
from askdex.indexer.postgres.published import PostgresPublished
from askdex.indexer.postgres.tables import create
from askdex.indexer.store import read
from askdex.indexer.store import states as truth
from askdex.indexer.store.states import StateView
from askdex.indexer.types import State

_LOCK = 0x41534B44
"""The number of the lock that one publisher holds at a time: "ASKD"."""


@dataclass(frozen=True, slots=True)
class Publication:
    """What publishing did: the generation, and how many documents were sent, and taken away since the one before."""

    state: State
    sent: int
    gone: int


def publish(
    folder: Path, address: DatabaseAddress, *, anew: bool = False, told: Callable[[int], object] | None = None
) -> Publication:
    """Publish the newest generation of an index; readers see it, or the one before, and nothing between.

    What is there already is not sent again, but with `anew`: then all is. What a run that was stopped has sent is used.
    `told` hears how many documents are to be sent. Raises MissingIndexError, DamagedIndexError, StorageError, BusyIndexError.
    """
    with viewed(folder) as view, connected(address) as connection:
        create(address, connection, truth.identity_of(view.connection))
        with only_publisher(address, connection):
            kept = [state for state, _ in catalogue.kept_states(connection)]
            _require_newest(address, view, kept)
            _require_model(address, connection, view, kept)
            if not anew:
                try:
                    return _published(connection, view, kept, told)
                except StaleError:
                    # Other hands have changed something there: all is sent again.
                    pass
            # In one transaction: what readers have open is replaced.
            with connection.transaction():
                return _published(connection, view, kept, told, anew=True)


def _published(
    connection: Connection,
    view: StateView,
    kept: list[State],
    told: Callable[[int], object] | None,
    *,
    anew: bool = False,
) -> Publication:
    state, side = view.state, PostgresPublished(connection)
    before = next(iter(kept), None)
    versions = read.document_versions(view)
    difference = catalogue.difference(connection, {} if anew else versions)
    if anew:
        difference = catalogue.ContentDifference(difference.gone, versions)
    if told is not None:
        told(len(difference.new))
    if before == state and not difference.new and not difference.gone:
        states.read(connection, state)
        with connection.transaction():
            catalogue.describe(connection, state, DocumentFacts.of(view))
        return Publication(state, 0, 0)
    catalogue.stage(connection, view, difference.new)
    if anew or not _is_staged(connection, state):
        if anew or before is None or side.is_worn(before):
            side.stage(state, read.indexed_passages(view), np.empty(0, np.int64), None)
        else:
            removed = np.array(catalogue.passage_ids(connection, difference.gone), np.int64)
            side.stage(state, read.passages_to_index(view, difference.new), removed, before)
    states.read(connection, state)
    # A generation may be published again, where what was published of it is damaged.
    shown = [state, *(other for other in kept if other.generation != state.generation)][:2]
    with connection.transaction():
        query = "DELETE FROM documents WHERE born = %(number)s AND document = ANY(%(gone)s)"
        execute(connection, query, {"number": state.generation, "gone": list(difference.gone)})
        catalogue.show(connection, state, difference, DocumentFacts.of(view))
        if catalogue.counts(connection, state.generation) != (state.documents, state.passages):
            raise StaleError("the numbers of documents and passages do not agree")
        catalogue.keep_only(connection, shown)
        side.publish(shown)
    return Publication(state, len(difference.new), len(difference.gone))


def _is_staged(connection: Connection, state: State) -> bool:
    """Whether the engine of a state is held whole: its token is of its content, wherever it was staged before."""
    try:
        held = states.read(connection, state)
        states.verify(connection, held)
    except StaleError:
        return False
    return True


@contextmanager
def only_publisher(address: DatabaseAddress, connection: Connection) -> Iterator[None]:
    """Hold the lock of publishers, which goes with the connection. Raises BusyIndexError."""
    ((is_held,),) = rows(connection, "SELECT pg_try_advisory_lock(%(lock)s)", {"lock": _LOCK})
    if not is_held:
        raise BusyIndexError(f"Another process publishes to {address}: try again when it is done.")
    try:
        yield
    finally:
        if not connection.broken:
            execute(connection, "SELECT pg_advisory_unlock(%(lock)s)", {"lock": _LOCK})


def _require_newest(address: DatabaseAddress, view: StateView, kept: list[State]) -> None:
    """Raise StorageError where what is published is newer, as after an index was brought back from a snapshot."""
    if kept and kept[0].generation > view.state.generation:
        raise StorageError(
            f"{address} has generation {kept[0].generation} of this index, which is at {view.state.generation}: give up what "
            "is there with DROP SCHEMA askdex CASCADE, or publish from the folder that is ahead."
        )


def _require_model(address: DatabaseAddress, connection: Connection, view: StateView, kept: list[State]) -> None:
    """Raise StorageError where what is published has vectors of another model."""
    if kept and kept[0].vectors and view.state.vectors:
        published = catalogue.facts_of(connection, kept[0].generation).model
        if published.fingerprint != view.model.fingerprint:
            raise StorageError(
                f"{address} has vectors of another model, {published.name}: name another database, or give up what is there "
                "with DROP SCHEMA askdex CASCADE"
            )
