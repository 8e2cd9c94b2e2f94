"""The engine in PostgreSQL as the suite of engines makes one: staged at once, and in steps."""

import weakref
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from askdex.indexer.engine.protocol import Engine
from askdex.indexer.engine.segment import SegmentSizes
from askdex.indexer.postgres.batches import SIZES
from askdex.indexer.postgres.connection import Connection, connect
from askdex.indexer.postgres.engine import PostgresEngine
from askdex.indexer.postgres.held import held_engine
from askdex.indexer.postgres.published import PostgresPublished
from askdex.indexer.postgres.states import read, verify
from askdex.indexer.postgres.tables import create
from askdex.indexer.types import IndexedPassage, State
from tests.indexer.postgres.server import address_of


def writing(folder: Path) -> Connection:
    """A connection to the database of a folder, with the tables."""
    address = address_of(folder)
    with closing(connect(address)) as connection:
        create(address, connection, "identity")
    return connect(address)


def opened(folder: Path, state: State, dimension: int) -> Engine:
    """The engine of a state. Its connection sees what is there now, and is closed with it."""
    connection = connect(address_of(folder))
    connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
    held = read(connection, state)
    verify(connection, held)
    engine = PostgresEngine(connection, held_engine(connection, held), dimension)
    weakref.finalize(engine, connection.close)
    return engine


def staged(folder: Path, entries: Sequence[IndexedPassage]) -> Engine:
    """Staged at once."""
    return _in_steps(folder, [(entries, [])], entries)


def staged_in_steps(folder: Path, entries: Sequence[IndexedPassage], sizes: SegmentSizes = SIZES) -> Engine:
    """Staged in five steps; each adds passages that the next removes, and some that come back stay away for a step."""
    steps, passing = [], list[IndexedPassage]()
    returning = entries[:50:10]
    for step in range(5):
        former = passing
        passing = [] if step == 4 else [_passing(10**9 + step * 100 + n, entries) for n in range(12 if entries else 0)]
        added = [*entries[step::5], *passing, *(returning if step == 3 else [])]
        steps.append((added, [entry.id for entry in (*former, *(returning if step == 1 else []))]))
    return _in_steps(folder, steps, entries, sizes)


def _passing(number: int, entries: Sequence[IndexedPassage]) -> IndexedPassage:
    return replace(entries[number % len(entries)], id=number)


def _in_steps(
    folder: Path,
    steps: Sequence[tuple[Sequence[IndexedPassage], Sequence[int]]],
    entries: Sequence[IndexedPassage],
    sizes: SegmentSizes = SIZES,
) -> Engine:
    held: dict[int, IndexedPassage] = {}
    before: State | None = None
    with closing(writing(folder)) as connection:
        published = PostgresPublished(connection, sizes)
        for number, (added, removed) in enumerate(steps, 1):
            held = {key: entry for key, entry in held.items() if key not in set(removed)} | {entry.id: entry for entry in added}
            vectors = sum(len(entry.vectors) for entry in held.values())
            state = State(number, f"{number:016x}", passages=len(held), vectors=vectors)
            published.stage(state, added, np.array(removed, np.int64), before)
            before = state
    assert held.keys() == {entry.id for entry in entries}
    return opened(folder, before or State(), entries[0].vectors.shape[1] if entries else 0)


ENGINES: dict[str, Callable[[Path, Sequence[IndexedPassage]], Engine]] = {
    "postgres": staged,
    "postgres, in steps": staged_in_steps,
    "postgres, in small batches": partial(staged_in_steps, sizes=SegmentSizes(largest=16, sketched_from=2**62)),
}
