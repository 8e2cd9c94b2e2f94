"""States of the engine: lists of batches, less what was removed from them, with their vocabulary."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from askdex.indexer.engine.files import StaleError
from askdex.indexer.postgres import batches, vocabulary
from askdex.indexer.postgres.batches import Batch
from askdex.indexer.postgres.connection import Connection, execute, rows
from askdex.indexer.postgres.vocabulary import HeldVocabulary
from askdex.indexer.types import Ids, State


@dataclass(frozen=True, slots=True)
class Breadth:
    """How far the index of neighbours is searched, and what that finds.

    `vectors` are those that it keeps in view (hnsw.ef_search), None to compare a question with every vector. `recall` is the
    share of the 10 nearest passages that is found, in the mean over a sample of questions, when there were so many `passages`.
    """

    vectors: int | None = None
    recall: float = 1.0
    passages: int = 0


EXACT = Breadth()
"""Compares every vector."""


@dataclass(frozen=True, slots=True)
class EngineState:
    """A state as it is held: its batches by number, the passages that are removed from each, and its vocabulary as bytes."""

    token: str
    passages: int
    vectors: int
    terms: int
    batches: Mapping[int, Batch]
    removed: Mapping[int, Ids]
    vocabulary: bytes
    breadth: Breadth = EXACT

    @property
    def numbers(self) -> list[int]:
        """The numbers of its batches."""
        return sorted(self.batches)


def read(connection: Connection, state: State) -> EngineState:
    """What is held for a state. Raises StaleError where it is not, or its numbers or its vocabulary are not as they were."""
    query = """
        SELECT passages, vectors, terms, vocabulary, checksum, breadth, recall, measured FROM states WHERE token = %(token)s
    """
    found = rows(connection, query, {"token": state.token})
    if not found:
        raise StaleError("the state is not held")
    ((passages, vectors, terms, stored, checksum, *breadth),) = found
    query = """
        SELECT b.batch, b.stamp, b.passages, b.vectors, b.most_vectors, b.terms, m.removed
        FROM members m JOIN batches b ON b.batch = m.batch WHERE m.token = %(token)s
    """
    members = rows(connection, query, {"token": state.token})
    held = EngineState(
        state.token,
        passages,
        vectors,
        terms,
        {batch: Batch(batch, *noted) for batch, *noted, _ in members},
        {batch: np.array(removed, np.int64) for batch, *_, removed in members},
        stored,
        Breadth(*breadth),
    )
    if (passages, vectors) != (state.passages, state.vectors):
        raise StaleError("the numbers of passages and vectors do not agree")
    if checksum != digest(held):
        raise StaleError("its vocabulary is damaged")
    if passages != sum(batch.passages for batch in held.batches.values()) - sum(map(len, held.removed.values())):
        raise StaleError("the numbers of its passages do not add up")
    return held


def digest(state: EngineState) -> bytes:
    """A digest of what is held for a state beside its batches."""
    removed = [number for batch in state.numbers for number in (batch, *sorted(state.removed[batch].tolist()))]
    return vocabulary.checksum(state.vocabulary, state.passages, state.vectors, state.terms, *removed)


def verify(connection: Connection, state: EngineState) -> None:
    """Raise StaleError where a row of a state's batches is not as it was written."""
    query = "SELECT batch, checksum FROM batches WHERE batch = ANY(%(batches)s)"
    for number, checksum in rows(connection, query, {"batches": state.numbers}):
        if checksum != batches.checksum_of(connection, number):
            raise StaleError("rows of it are damaged")


def write(connection: Connection, state: EngineState) -> None:
    """Hold a state in the place of the one of its token, in the transaction that is open."""
    query = """
        INSERT INTO states (token, passages, vectors, terms, vocabulary, checksum, breadth, recall, measured)
        VALUES (%(token)s, %(passages)s, %(vectors)s, %(terms)s, %(vocabulary)s, %(checksum)s, %(breadth)s, %(recall)s,
                %(measured)s)
        ON CONFLICT (token) DO UPDATE SET passages = excluded.passages, vectors = excluded.vectors, terms = excluded.terms,
        vocabulary = excluded.vocabulary, checksum = excluded.checksum, breadth = excluded.breadth, recall = excluded.recall,
        measured = excluded.measured
    """
    values = {
        "token": state.token,
        "passages": state.passages,
        "vectors": state.vectors,
        "terms": state.terms,
        "vocabulary": state.vocabulary,
        "checksum": digest(state),
        "breadth": state.breadth.vectors,
        "recall": state.breadth.recall,
        "measured": state.breadth.passages,
    }
    execute(connection, query, values)
    execute(connection, "DELETE FROM members WHERE token = %(token)s", {"token": state.token})
    query = "INSERT INTO members VALUES (%(token)s, %(batch)s, %(removed)s::bigint[])"
    for number in state.numbers:
        execute(connection, query, {"token": state.token, "batch": number, "removed": state.removed[number].tolist()})


def forget_others(connection: Connection, tokens: Sequence[str]) -> None:
    """Delete all states but these, and the batches that no state has, in the transaction that is open."""
    execute(connection, "DELETE FROM states WHERE token <> ALL(%(tokens)s)", {"tokens": list(tokens)})
    query = "SELECT batch FROM batches b WHERE NOT EXISTS (SELECT FROM members m WHERE m.batch = b.batch)"
    batches.forget(connection, [number for (number,) in rows(connection, query)])


def vocabulary_of(connection: Connection, state: EngineState) -> HeldVocabulary:
    """The vocabulary of a state, to be held in memory."""
    hashes, frequencies = vocabulary.unpacked(state.vocabulary)
    query = "SELECT spellings FROM batches WHERE batch = ANY(%(batches)s)"
    written = rows(connection, query, {"batches": state.numbers})
    words = frozenset(word for (of_batch,) in written for word in of_batch.split("\n") if word)
    return HeldVocabulary(hashes, frequencies, words)
