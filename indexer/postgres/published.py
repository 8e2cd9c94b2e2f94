"""The writing side of the engine's tables: states are staged in batches, and what no state has is forgotten; see Published."""

import hashlib
from collections.abc import Collection, Iterable, Sequence

import numpy as np

from askdex.indexer.engine.files import StaleError
from askdex.indexer.engine.segment import SegmentSizes, segments_of
from askdex.indexer.postgres import batches, states, vocabulary
from askdex.indexer.postgres.batches import SIZES, Batch
from askdex.indexer.postgres.connection import Connection, rows
from askdex.indexer.postgres.states import EngineState
from askdex.indexer.types import Ids, IndexedPassage, Rows, State, TermHashes

_MOST_BATCHES = 64
_MOST_REMOVED = 1 / 8
"""Where a state has more batches, or this share of their passages removed, all passages are better staged anew: each question
looks its terms up in every batch, and passes over what was removed."""


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
        staged = _Staged(self._connection)
        if held is not None:
            staged.take_over(held, removed)
        new: list[int] = []
        for segment in segments_of(added, self._sizes):
            number, is_new = batches.stored(self._connection, segment)
            new += [number] if is_new else []
            sizes = len(segment), len(segment.owners), int(np.diff(segment.vector_ends).max(initial=1))
            staged.add(Batch(number, *sizes, int(segment.postings.lengths.sum())), *batches.frequencies(segment))
        made = staged.state(state.token)
        if before is not None and (made.passages, made.vectors) != (state.passages, state.vectors):
            # Whole batches that another error leaves behind are found again; these would be of no use.
            batches.forget(self._connection, new)
            raise StaleError("the numbers of passages and vectors do not agree")
        with self._connection.transaction():
            states.write(self._connection, made)

    def publish(self, published: Collection[State]) -> None:
        """See Published; readers find a state through the row of its generation, see `catalogue`. Raises psycopg.Error."""
        with self._connection.transaction():
            states.forget_others(self._connection, [state.token for state in published])

    def digests(self, state: State, buckets: int) -> Sequence[bytes]:
        """See Published: digests of ids. Every row that is held for the state is verified first."""
        held = states.read(self._connection, state)
        states.verify(self._connection, held)
        ids = [passage for _, passage in _live(self._connection, held)]
        every = np.sort(np.array(ids, np.int64))
        return [hashlib.blake2b(every[every % buckets == n].tobytes()).digest() for n in range(buckets)]

    def is_worn(self, state: State) -> bool:
        """Whether a state has become slow to search, so that the next one is better staged whole. Raises StaleError."""
        held = states.read(self._connection, state)
        removed = sum(map(len, held.removed.values()))
        return len(held.batches) >= _MOST_BATCHES or removed > _MOST_REMOVED * (held.passages + removed)


class _Staged:
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
        for number in before.numbers:
            gone = np.setdiff1d(batches.ids_held(self._connection, number, removed), before.removed[number])
            if len(gone):
                self._remove(number, gone)
        for number, batch in before.batches.items():
            if len(self._removed[number]) == batch.passages:
                del self._batches[number], self._removed[number]

    def _remove(self, number: int, gone: Ids) -> None:
        self._removed[number] = np.concatenate([self._removed[number], gone])
        query = """
            SELECT p.terms, p.length, (SELECT count(*) FROM vectors v WHERE v.batch = p.batch AND v.id = p.id)
            FROM passages p WHERE p.batch = %(batch)s AND p.id = ANY(%(ids)s)
        """
        found = rows(self._connection, query, {"batch": number, "ids": gone.tolist()})
        terms, holders = batches.held_terms(sequence for sequence, _, _ in found)
        self._hashes.append(terms)
        self._changes.append(-holders)
        self._terms -= sum(length for _, length, _ in found)
        self._vectors -= sum(vectors for _, _, vectors in found)

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


def _live(connection: Connection, state: EngineState) -> list[tuple[int, int]]:
    """The batch and the id of each passage of a state."""
    found = rows(connection, "SELECT batch, id FROM passages WHERE batch = ANY(%(batches)s)", {"batches": state.numbers})
    gone = {(number, passage) for number, removed in state.removed.items() for passage in removed.tolist()}
    return [row for row in found if row not in gone]
