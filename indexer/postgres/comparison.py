"""Comparing what is published with the truth, bucket by bucket, and mending what differs.

What is shown is compared by digests that the server computes; of a bucket whose digest differs, document by document. What
finds candidates is in batches that never change, so the server compares each with its own checksum, and their ids are compared
with those of the truth.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from askdex.indexer.engine.files import StaleError
from askdex.indexer.engine.segment import segments_of
from askdex.indexer.errors import MissingIndexError, StorageError
from askdex.indexer.generations.reader import viewed
from askdex.indexer.postgres import batches, catalogue, held, nearness, states
from askdex.indexer.postgres.address import DatabaseAddress
from askdex.indexer.postgres.connection import Connection, connected, require_published, rows
from askdex.indexer.postgres.facts import DocumentFacts
from askdex.indexer.postgres.publish import only_publisher
from askdex.indexer.postgres.published import PostgresPublished, StagedState
from askdex.indexer.postgres.states import EXACT
from askdex.indexer.store import read
from askdex.indexer.store import states as truth
from askdex.indexer.store.states import StateView
from askdex.indexer.types import Ids, IndexedPassage, State

_DOCUMENTS_A_BUCKET = 256
"""Documents whose digests are compared as one: what differs is looked for among so many."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """What differs from the truth in the newest generation that is published.

    `documents` are the ids of those that are missing, changed or too many; `batches` the numbers of those with changed rows,
    `passages` the number of those that are missing in the batches that are whole, or too many there. `has_state` is whether
    the numbers and the vocabulary of the engine are right, `has_facts` whether what is said of the whole collection is.
    """

    generation: int
    buckets: int
    documents: Sequence[str]
    batches: Sequence[int]
    passages: int
    has_state: bool
    has_facts: bool

    @property
    def is_same(self) -> bool:
        """Whether nothing differs."""
        return not self.documents and not self.batches and not self.passages and self.has_state and self.has_facts


def compared(folder: Path, address: DatabaseAddress) -> Comparison:
    """What differs between what is published and the index in a folder. Raises what `mended` raises."""
    with viewed(folder) as view, connected(address) as connection:
        of_generation = _published(address, connection, view)
        return _compared(connection, of_generation)


def mended(folder: Path, address: DatabaseAddress) -> Comparison:
    """Mend what differs, in one transaction; returns what that was.

    Raises MissingIndexError where nothing is published, DamagedIndexError where the truth is damaged, BusyIndexError, and
    StorageError where another index is published there, or a generation that the folder has no longer.
    """
    with viewed(folder) as view, connected(address) as connection:
        of_generation = _published(address, connection, view)
        with only_publisher(address, connection):
            found = _compared(connection, of_generation)
            if not found.is_same:
                with connection.transaction():
                    _mend(connection, of_generation, found)
        return found


@dataclass(frozen=True, slots=True)
class _Truth:
    """A generation of the truth: the versions of its documents, and the ids of their passages."""

    view: StateView
    versions: Mapping[str, bytes]
    passages: Mapping[str, Sequence[int]]

    @classmethod
    def of(cls, view: StateView) -> "_Truth":
        versions = read.document_versions(view)
        return cls(view, versions, {name: read.passage_ids(view, name) for name in versions})

    @property
    def ids(self) -> Ids:
        """The ids of all passages."""
        return np.array([number for ids in self.passages.values() for number in ids], np.int64)

    def of_ids(self, ids: Ids) -> Iterator[IndexedPassage]:
        """These passages, as an engine takes them."""
        wanted = set(ids.tolist())
        names = [name for name, of_document in self.passages.items() if not wanted.isdisjoint(of_document)]
        return (entry for entry in read.passages_to_index(self.view, names) if entry.id in wanted)


def _published(address: DatabaseAddress, connection: Connection, view: StateView) -> _Truth:
    """The truth of the newest generation that is published."""
    require_published(address, connection)
    ((identity,),) = rows(connection, "SELECT identity FROM about")
    if identity != truth.identity_of(view.connection):
        raise StorageError(f"{address} holds another index than that folder: name the folder that it was published from.")
    kept = [state for state, _ in catalogue.kept_states(connection)]
    if not kept:
        raise MissingIndexError(f"Nothing is published to {address}: run askdex publish {address}")
    for state in truth.all_states(view.connection):
        if (state.generation, state.token) == (kept[0].generation, kept[0].token):
            return _Truth.of(replace(view, state=state))
    raise StorageError(
        f"{address} has generation {kept[0].generation}, which the folder has no longer: bring it up to date with: "
        f"askdex publish {address}"
    )


def _compared(connection: Connection, true: _Truth) -> Comparison:
    view = true.view
    buckets = max(1, len(true.versions) // _DOCUMENTS_A_BUCKET)
    damaged, has_state = _damaged_batches(connection, view.state)
    _, missing, extra = _ids(connection, true, damaged)
    stored = catalogue.facts_of(connection, view.state.generation)
    return Comparison(
        view.state.generation,
        buckets,
        list(_differing(connection, true, buckets)),
        damaged,
        0 if damaged else len(missing) + extra,
        has_state,
        stored == DocumentFacts.of(view),
    )


def _differing(connection: Connection, true: _Truth, buckets: int) -> Iterator[str]:
    """The ids of the documents that are missing, changed or too many."""
    names: defaultdict[int, list[str]] = defaultdict(list)
    for name in true.versions:
        names[catalogue.bucket_of(name, buckets)].append(name)
    generation = true.view.state.generation
    held_digests = catalogue.digests(connection, generation, buckets)
    for bucket in sorted(names.keys() | held_digests.keys()):
        right = [(name, catalogue.true_digest(true.view, name, true.versions[name])) for name in names[bucket]]
        if held_digests.get(bucket) != catalogue.digest_of_bucket(right):
            there = catalogue.document_digests(connection, generation, buckets, bucket)
            twice = {name for name, _ in there if sum(1 for other, _ in there if other == name) > 1}
            yield from sorted({name for name, _ in set(right) ^ set(there)} | twice)


def _damaged_batches(connection: Connection, state: State) -> tuple[list[int], bool]:
    """The batches of a state whose rows have changed, and whether its numbers and its vocabulary are right."""
    try:
        states.read(connection, state)
        has_state = True
    except (StaleError, ValueError):
        has_state = False
    query = """
        SELECT b.batch, b.checksum FROM batches b JOIN members m ON m.batch = b.batch WHERE m.token = %(token)s ORDER BY 1
    """
    noted = rows(connection, query, {"token": state.token})
    return [number for number, checksum in noted if checksum != batches.checksum_of(connection, number)], has_state


def _ids(connection: Connection, true: _Truth, damaged: Collection[int]) -> tuple[list[tuple[held.HeldBatch, Ids]], Ids, int]:
    """The whole batches of a state, each with the passages that it is to be without, which are missing, and how many too many.

    Of a passage that is in several batches the newest is right.
    """
    query = """
        SELECT b.batch, b.stamp, b.ids, b.lengths, m.removed FROM batches b JOIN members m ON m.batch = b.batch
        WHERE m.token = %(token)s AND b.batch <> ALL(%(damaged)s) ORDER BY 1 DESC
    """
    whole: list[tuple[held.HeldBatch, Ids]] = []
    missing, extra = np.sort(true.ids), 0
    for number, stamp, ids, lengths, removed in rows(
        connection, query, {"token": true.view.state.token, "damaged": list(damaged)}
    ):
        batch = held.HeldBatch(number, stamp, np.frombuffer(ids, "<i8"), np.frombuffer(lengths, "<i4"))
        live = np.isin(batch.ids, missing)
        extra += int(np.count_nonzero(~np.isin(batch.ids[~live], np.array(removed, np.int64))))
        missing = np.setdiff1d(missing, batch.ids[live])
        whole.append((batch, batch.ids[~live]))
    return whole, missing, extra


def _mend(connection: Connection, true: _Truth, found: Comparison) -> None:
    """Write what differs, in the transaction that is open, and let readers know."""
    state = true.view.state
    for name in found.documents:
        catalogue.replace(connection, true.view, name, true.versions.get(name))
    kept = [other for other, _ in catalogue.kept_states(connection)]
    if found.batches or found.passages or not found.has_state:
        _mend_engine(connection, true, found.batches)
        # What is kept of the generation before may be damaged too.
        kept = [state]
    catalogue.describe(connection, state, DocumentFacts.of(true.view))
    catalogue.keep_only(connection, kept)
    PostgresPublished(connection).publish(kept)


def _mend_engine(connection: Connection, true: _Truth, damaged: Sequence[int]) -> None:
    """Put the state together anew from the batches that are whole, and from new ones of what they lack."""
    whole, missing, _ = _ids(connection, true, damaged)
    side, state = StagedState(connection), true.view.state
    for batch, removed in whole:
        side.add(batches.noted(connection, batch.number), *batches.frequencies_held(connection, batch.number))
        side.remove(batch, removed)
    for segment in segments_of(true.of_ids(missing), batches.SIZES):
        number, _ = batches.stored(connection, segment)
        side.add(batches.noted(connection, number), *batches.frequencies(segment))
    made = side.state(state.token)
    states.write(connection, replace(made, breadth=nearness.tuned(connection, made, EXACT)))
    states.read(connection, state)
