"""The writing side of the engine's tables: states are staged in batches, and what no state has is forgotten; see Published."""

import hashlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

import numpy as np

from askdex.indexer.engine.files import StaleError
from askdex.indexer.engine.segment import SegmentSizes, segments_of
from askdex.indexer.postgres import batches, nearness, states, vocabulary
from askdex.indexer.postgres.batches import SIZES, Batch
from askdex.indexer.postgres.connection import Connection, rows
from askdex.indexer.postgres.held import HeldBatch, held_engine, load
from askdex.indexer.postgres.states import EXACT, EngineState
from askdex.indexer.types import Ids, IndexedPassage, Rows, State, TermHashes

_MOST_BATCHES = 64
_MOST_REMOVED = 1 / 8
"""Where a state has so many batches more than its size asks for, or this share of their passages removed, all passages are
better staged anew: each question looks its terms up in every batch, and passes over what was removed."""


class PostgresPublished:
    """The engine's tables as a connection writes them; see Published.

    Batches are named after their content. A stage that was killed leaves whole ones behind, which the next one finds.
    """

    def __init__(self, connection: Connection, sizes: SegmentSizes = SIZES) -> None:
        self._connection = connection
        self._sizes = sizes

    def stage(self, state: State, added: Iterable[IndexedPassage], removed: Ids, before: State | None) -> None:
        """See Published. Raises StaleError where a row of `before` is damaged, psycopg.Error."""
        held = None
        if before is not None:
            held = states.read(self._connection, before)
            states.verify(self._connection, held)
        staged = StagedState(self._connection)
        if held is not None:
            staged.take_over(held, removed)
        new: list[int] = []
        for segment in segments_of(added, self._sizes):
            number, is_new = batches.stored(self._connection, segment)
            new += [number] if is_new else []
            staged.add(batches.noted(self._connection, number), *batches.frequencies(segment))
        made = staged.state(state.token)
        if before is not None and (made.passages, made.vectors) != (state.passages, state.vectors):
            # Whole batches that another error leaves behind are found again; these would be of no use.
            batches.forget(self._connection, new)
            raise StaleError("the numbers of passages and vectors do not agree")
        breadth = nearness.tuned(self._connection, made, EXACT if held is None else held.breadth)
        with self._connection.transaction():
            states.write(self._connection, replace(made, breadth=breadth))

    def publish(self, published: Collection[State]) -> None:
        """See Published; readers find a state through the row of its generation, see `catalogue`. Raises psycopg.Error."""
        with self._connection.transaction():
            states.forget_others(self._connection, [state.token for state in published])

    def digests(self, state: State, buckets: int) -> Sequence[bytes]:
        """See Published: digests of ids. Every row that is held for the state is verified first."""
        held = states.read(self._connection, state)
        states.verify(self._connection, held)
        every = held_engine(self._connection, held).ids
        return [hashlib.blake2b(every[every % buckets == n].tobytes()).digest() for n in range(buckets)]

    def is_worn(self, state: State) -> bool:
        """Whether a state has become slow to search, so that the next one is better staged whole. Raises StaleError."""
        held = states.read(self._connection, state)
        removed = sum(map(len, held.removed.values()))
        needed = held.vectors // self._sizes.largest
        return len(held.batches) - needed >= _MOST_BATCHES or removed > _MOST_REMOVED * (held.passages + removed)


class StagedState:
    """A state as it is put together."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._batches: dict[int, Batch] = {}
        self._removed: dict[int, Ids] = {}
        self._vectors = self._terms = 0
        self._hashes, self._changes = [np.empty(0, np.uint32)], [np.empty(0, np.int32)]

    def take_over(self, before: EngineState, removed: Ids) -> None:
        """Take over a state without these passages; a batch with no other passages is left out."""
        self._batches, self._removed = dict(before.batches), dict(before.removed)
        self._vectors, self._terms = before.vectors, before.terms
        hashes, frequencies = vocabulary.unpacked(before.vocabulary)
        self._hashes.append(hashes)
        self._changes.append(frequencies)
        if not len(removed):
            return
        for batch in load(self._connection, before):
            self.remove(batch, np.setdiff1d(batch.ids[batch.find(removed)[1]], before.removed[batch.number]))
        for number, noted in before.batches.items():
            if len(self._removed[number]) == noted.passages:
                del self._batches[number], self._removed[number]

    def remove(self, batch: HeldBatch, gone: Ids) -> None:
        """Take these passages, which it has, out of a batch that was taken in."""
        if not len(gone):
            return
        self._removed[batch.number] = np.concatenate([self._removed[batch.number], gone])
        places = batch.find(gone)[1]
        query = """
            SELECT p.terms, (SELECT count(*) FROM vectors v WHERE v.batch = p.batch AND v.passage = p.passage)
            FROM passages p WHERE p.batch = %(batch)s AND p.passage = ANY(%(places)s)
        """
        found = rows(self._connection, query, {"batch": batch.number, "places": places.tolist()})
        terms, holders = batches.held_terms(sequence for sequence, _ in found)
        self._hashes.append(terms)
        self._changes.append(-holders)
        self._terms -= int(batch.lengths[places].sum())
        self._vectors -= sum(vectors for _, vectors in found)

    def add(self, batch: Batch, hashes: TermHashes, frequencies: Rows) -> None:
        """Take in a batch with its terms."""
        self._batches[batch.number] = batch
        self._removed[batch.number] = np.empty(0, np.int64)
        self._vectors += batch.vectors
        self._terms += batch.terms
        self._hashes.append(hashes)
        self._changes.append(frequencies)

    def state(self, token: str) -> EngineState:
        """What was put together."""
        hashes, frequencies = batches.summed(np.concatenate(self._hashes), np.concatenate(self._changes))
        passages = sum(batch.passages for batch in self._batches.values()) - sum(map(len, self._removed.values()))
        stored = vocabulary.packed(hashes, frequencies)
        return EngineState(token, passages, self._vectors, self._terms, self._batches, self._removed, stored)
