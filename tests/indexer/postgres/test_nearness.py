"""The index of neighbours: it is made where there are many vectors, finds nearly all, and never fewer than are wanted."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from askdex.indexer.engine.protocol import Ask, Engine
from askdex.indexer.types import Filter, IndexedPassage, State
from tests.indexer.engine.suite import passage, unit
from tests.indexer.postgres import server

if reason := server.reason_to_skip():
    pytest.skip(reason, allow_module_level=True)

from askdex.indexer.postgres import nearness
from askdex.indexer.postgres.connection import Connection, rows
from askdex.indexer.postgres.published import PostgresPublished
from tests.indexer.postgres import engines

NUMBER = 3_000
LIMIT = 50
SHARES: dict[str, int] = {"half": 2, "tenth": 10, "hundredth": 100}
"""Values of the key `part`, and of how many passages one has each."""

Ids = list[int]


@pytest.fixture(scope="module")
def many() -> list[IndexedPassage]:
    """Passages of which every other one has two vectors, with metadata that some share."""
    vectors = unit(NUMBER, 2, seed=3)
    return [
        replace(
            passage(n + 1, "text", vectors=vectors[n, : 1 + n % 2]),
            filters=[("part", name) for name, each in SHARES.items() if n % each == 0],
        )
        for n in range(NUMBER)
    ]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("near")


def state_of(number: int, entries: Sequence[IndexedPassage]) -> State:
    return State(number, f"{number:016x}", passages=len(entries), vectors=sum(len(entry.vectors) for entry in entries))


@pytest.fixture(scope="module")
def staged(many: list[IndexedPassage], folder: Path) -> State:
    """The state of all of them, with an index of neighbours."""
    state = state_of(1, many)
    with pytest.MonkeyPatch.context() as patch, closing(engines.writing(folder)) as connection:
        patch.setattr(nearness, "INDEXED_FROM", 1_000)
        PostgresPublished(connection).stage(state, many, np.empty(0, np.int64), None)
    return state


@pytest.fixture
def near(staged: State, folder: Path) -> Callable[[int, Filter], Ids]:
    """The passages that are found near a vector."""
    engine = engines.opened(folder, staged, 16)
    return lambda seed, wanted: found_by(engine, seed, wanted)


def found_by(engine: Engine, seed: int, wanted: Filter) -> Ids:
    found: Ids = engine.candidates(Ask(unit(1, seed=seed)[0], limit=LIMIT, filter=wanted)).ids.tolist()
    return found


def nearest_of(entries: Sequence[IndexedPassage], seed: int) -> Ids:
    """The ids of the passages that are nearest, all vectors compared."""
    vector = unit(1, seed=seed)[0]
    scores = [(-float((entry.vectors @ vector).max()), entry.id) for entry in entries]
    return sorted(number for _, number in sorted(scores)[:LIMIT])


def overlap(one: Ids, other: Ids) -> float:
    return len(set(one) & set(other)) / len(other)


@pytest.mark.usefixtures("staged")
def test_recall_is_measured_and_enough(folder: Path) -> None:
    with closing(engines.writing(folder)) as connection:
        ((breadth, recall, measured),) = rows(connection, "SELECT breadth, recall, measured FROM states")
    assert (breadth is None, measured) == (False, NUMBER)
    assert 0.98 <= recall <= 1


@pytest.mark.parametrize("wanted", [{}, {"part": "half"}, {"part": "tenth"}])
def test_the_index_is_used(near: Callable[[int, Filter], Ids], wanted: Filter, monkeypatch: pytest.MonkeyPatch) -> None:
    """The server decides for itself whether to use an index; it must not sort all vectors instead."""
    plans: list[str] = []

    def explained(connection: Connection, query: str, values: Mapping[str, Any] | None = None) -> list[Any]:
        if "v.vector <#>" in query:
            plans.extend(str(row) for row in rows(connection, f"EXPLAIN {query}", values))
        return rows(connection, query, values)

    monkeypatch.setattr(nearness, "rows", explained)
    near(1, wanted)
    assert any("Index Scan using vectors_by_nearness" in line for line in plans)


def test_nearly_all_of_the_nearest_are_found(near: Callable[[int, Filter], Ids], many: list[IndexedPassage]) -> None:
    found = [overlap(near(seed, {}), nearest_of(many, seed)) for seed in range(20)]
    assert np.mean(found) >= 0.95


@pytest.mark.parametrize(("name", "least"), [("half", 0.9), ("tenth", 0.9), ("hundredth", 1.0)])
def test_a_filter_leaves_as_many_as_are_wanted(
    near: Callable[[int, Filter], Ids], many: list[IndexedPassage], name: str, least: float
) -> None:
    passing = [entry for entry in many if ("part", name) in entry.filters]
    shares = []
    for seed in range(10):
        found, nearest = near(seed, {"part": name}), nearest_of(passing, seed)
        assert len(found) == min(LIMIT, len(passing))
        assert set(found) <= {entry.id for entry in passing}
        shares.append(overlap(found, nearest))
    assert np.mean(shares) >= least


def test_what_was_removed_makes_room_for_others(staged: State, folder: Path, many: list[IndexedPassage]) -> None:
    gone = nearest_of(many, seed=5)
    left = [entry for entry in many if entry.id not in gone]
    state = state_of(2, left)
    with pytest.MonkeyPatch.context() as patch, closing(engines.writing(folder)) as connection:
        patch.setattr(nearness, "INDEXED_FROM", 1_000)
        patch.setattr(nearness, "artificial_questions", lambda _: pytest.fail("it is much the same, and measured before"))
        PostgresPublished(connection).stage(state, [], np.array(gone, np.int64), staged)
    found = found_by(engines.opened(folder, state, 16), 5, {})
    assert len(found) == LIMIT
    assert not set(found) & set(gone)
    assert overlap(found, nearest_of(left, seed=5)) >= 0.9


def test_where_the_index_finds_too_little_all_are_compared(
    many: list[IndexedPassage], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nearness, "INDEXED_FROM", 100)
    monkeypatch.setattr(nearness, "ENOUGH_RECALL", 1.01)
    few = many[:400]
    with closing(engines.writing(tmp_path)) as connection:
        PostgresPublished(connection).stage(state_of(1, few), few, np.empty(0, np.int64), None)
    engine = engines.opened(tmp_path, state_of(1, few), 16)
    assert all(found_by(engine, seed, {}) == nearest_of(few, seed) for seed in range(5))
