"""What a server keeps in memory of the engine: of each passage its id and its length, and what it read last of a batch.

Batches never change, so what is kept of one serves every state that has it. Of a passage that is 12 bytes.
"""

import threading
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Generic, TypeVar

import numpy as np
from cachetools import LRUCache

from askdex.indexer.engine.files import StaleError
from askdex.indexer.engine.filters import Predicate
from askdex.indexer.postgres import states
from askdex.indexer.postgres.connection import Connection, rows
from askdex.indexer.postgres.states import EngineState
from askdex.indexer.postgres.vocabulary import HeldVocabulary
from askdex.indexer.types import Ids, Mask, Rows

_MOST_BYTES = 2**26
"""Of each kind of rows: the postings of some 20 million occurrences, or what ranking needs of 50,000 passages."""

_FILTERS_REMEMBERED = 16
"""Filters whose masks are kept; of a million passages one takes a megabyte."""

_ROW_BYTES = 200
"""What keeping a row takes beside its bytes."""

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")
Row = tuple[bytes, ...]
Masks = Sequence[Mask]
"""For each batch of a state which of its passages are meant, of shape (passages,)."""


class Kept(Generic[Key, Value]):
    """What never changes, by keys: what was asked for last. Many threads may use it."""

    def __init__(self, most: int, size_of: Callable[[Value], int] = lambda _: 1) -> None:
        """Keep values of sizes that come to at most `most`."""
        self._values: LRUCache[Key, Value] = LRUCache(most, size_of)
        self._size_of = size_of
        self._lock = threading.Lock()

    def known(self, keys: Iterable[Key]) -> dict[Key, Value]:
        """The values of those keys that are kept."""
        with self._lock:
            return {key: value for key in keys if (value := self._values.get(key)) is not None}

    def keep(self, values: Mapping[Key, Value]) -> None:
        """Keep these values as long as there is room."""
        with self._lock:
            for key, value in values.items():
                if self._size_of(value) <= self._values.maxsize:
                    self._values[key] = value


def kept_rows() -> Kept[Any, Row]:
    """Room for rows of the database."""
    return Kept(_MOST_BYTES, lambda row: sum(map(len, row)) + _ROW_BYTES)


@dataclass(frozen=True)
class KeptRows:
    """What was read last of the postings, of what ranking needs of passages, and of the documents that they are of."""

    postings: Kept[tuple[bytes, int], Row] = field(default_factory=kept_rows)
    passages: Kept[tuple[bytes, int], Row] = field(default_factory=kept_rows)
    documents: Kept[bytes, Row] = field(default_factory=kept_rows)


@dataclass(frozen=True, slots=True)
class HeldBatch:
    """A batch: its number, its stamp, and the ids of its passages, ascending, with the numbers of their terms."""

    number: int
    stamp: bytes
    ids: Ids
    lengths: Rows

    def find(self, wanted: Ids) -> tuple[Rows, Rows]:
        """The positions of those of these ids that are here, and their places."""
        if not len(self.ids):
            return np.empty(0, np.int32), np.empty(0, np.int32)
        places = np.minimum(self.ids.searchsorted(wanted), len(self.ids) - 1)
        positions = (self.ids[places] == wanted).nonzero()[0]
        return positions.astype(np.int32), places[positions].astype(np.int32)


@dataclass(frozen=True)
class HeldEngine:
    """The engine of a state: its batches, which of their passages are `live`, None for all, its terms, and rows that are kept.

    `average_length` is the mean number of terms of the live passages. `passing` has the passages that filters let through which
    were asked last. `is_part` is whether more than what was removed is kept from being found.
    """

    state: EngineState
    batches: Sequence[HeldBatch]
    live: Sequence[Mask | None]
    vocabulary: HeldVocabulary
    passage_count: int
    average_length: float
    kept: KeptRows
    is_part: bool = False
    passing: Kept[Predicate, Masks] = field(default_factory=lambda: Kept(_FILTERS_REMEMBERED))

    @property
    def ids(self) -> Ids:
        """The ids of the live passages, ascending."""
        parts = [batch.ids if mask is None else batch.ids[mask] for batch, mask in zip(self.batches, self.live, strict=True)]
        return np.sort(np.concatenate([np.empty(0, np.int64), *parts]))

    def only(self, readable: Masks) -> "HeldEngine":
        """The engine of these passages of each batch alone: no other counts in its words, scores and numbers."""
        live = [one & other for one, other in zip(self.masks, readable, strict=True)]
        number = sum(int(np.count_nonzero(mask)) for mask in live)
        terms = sum(int(batch.lengths[mask].sum()) for batch, mask in zip(self.batches, live, strict=True))
        passing: Kept[Predicate, Masks] = Kept(_FILTERS_REMEMBERED)
        average = max(1.0, terms / max(1, number))
        return replace(self, live=live, passage_count=number, average_length=average, is_part=True, passing=passing)

    @property
    def masks(self) -> Masks:
        """The live passages of each batch."""
        return [
            np.ones(len(batch.ids), np.bool_) if mask is None else mask
            for batch, mask in zip(self.batches, self.live, strict=True)
        ]


def load(connection: Connection, state: EngineState, known: Mapping[bytes, HeldBatch] | None = None) -> list[HeldBatch]:
    """The batches of a state by their numbers; those that are known are not read again. Raises StaleError."""
    held = {batch.number: (known or {}).get(batch.stamp) for batch in state.batches.values()}
    missing = [number for number, batch in held.items() if batch is None]
    query = "SELECT batch, stamp, ids, lengths FROM batches WHERE batch = ANY(%(batches)s)"
    for number, stamp, ids, lengths in rows(connection, query, {"batches": missing}):
        held[number] = HeldBatch(number, stamp, np.frombuffer(ids, "<i8"), np.frombuffer(lengths, "<i4"))
    loaded = [batch for number in state.numbers if (batch := held[number]) is not None]
    for batch in loaded:
        if not len(batch.ids) == len(batch.lengths) == state.batches[batch.number].passages:
            raise StaleError("the ids of its passages are damaged")
    return loaded


def live_of(state: EngineState, batches: Sequence[HeldBatch]) -> list[Mask | None]:
    """Which passages of each batch a state has, None for all."""
    masks: list[Mask | None] = []
    for batch in batches:
        removed = state.removed[batch.number]
        masks.append(None if not len(removed) else ~np.isin(batch.ids, removed))
    return masks


def held_engine(
    connection: Connection, state: EngineState, known: Mapping[bytes, HeldBatch] | None = None, kept: KeptRows | None = None
) -> HeldEngine:
    """The engine of a state, with what is known of its batches and was read of them. Raises StaleError."""
    batches = load(connection, state, known)
    average = max(1.0, state.terms / max(1, state.passages))
    vocabulary = states.vocabulary_of(connection, state)
    return HeldEngine(state, batches, live_of(state, batches), vocabulary, state.passages, average, kept or KeptRows())
