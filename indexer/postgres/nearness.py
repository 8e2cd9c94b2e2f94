"""The vectors nearest to one: all are compared, or pgvector's index of neighbours (HNSW) proposes them.

Few vectors are compared one by one, and so are the few that a filter leaves: the index would have to be read far. How far it is
read otherwise is found by trying, when a state is staged.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

import numpy as np

from askdex.indexer.engine.arrays import ends, spread
from askdex.indexer.engine.protocol import CANDIDATES, has_changed
from askdex.indexer.engine.tuning import ENOUGH_RECALL, NEIGHBOURS, SAMPLE, SUBJECTS, artificial_questions
from askdex.indexer.postgres.connection import Connection, execute, rows
from askdex.indexer.postgres.states import EXACT, Breadth, EngineState
from askdex.indexer.types import Mask, Vectors

INDEXED_FROM = 2**14
"""Vectors of a state from which on there is an index. To compare a question with fewer takes 10 ms, and misses none."""

_COMPARED_SHARE = 0.02
"""Where a filter allows at most this share of the passages, all of these are compared."""

_BREADTHS = (100, 150, 200, 300, 400, 600, 800, 1_000)
"""How far the index is read, tried in turn; pgvector takes no more than 1,000."""

_ASKED = 96
"""Artificial questions that the index is tried with; each is compared with all vectors once. The standard error is .003."""

_BUILD_BYTES_A_VECTOR = 3_000
_MOST_BUILD_MB = 2_048
"""What making the index may take of the server's memory; with less than it needs it takes many times as long."""

_INDEX = """
    CREATE INDEX IF NOT EXISTS vectors_by_nearness ON vectors USING hnsw (vector halfvec_ip_ops)
    WITH (m = 24, ef_construction = 128)
"""
"""With pgvector's own numbers, 16 and 64, no breadth found .99 of the ten nearest among 100,000 made passages. An index is made
once, and asked for each question."""

_COMPARED = """
    SELECT v.batch, v.passage, v.vector <#> %(vector)s::halfvec AS distance FROM vectors v
    WHERE v.batch = ANY(%(batches)s) {allowed} ORDER BY (v.vector <#> %(vector)s::halfvec) + 0
    FETCH FIRST {limit} ROWS WITH TIES
"""
"""The sum keeps the index of neighbours out of it: that would leave some out."""

_PROPOSED = """
    SELECT v.batch, v.passage, v.vector <#> %(vector)s::halfvec AS distance FROM vectors v
    WHERE CASE WHEN v.batch = ANY(%(batches)s) {allowed} THEN TRUE ELSE FALSE END
    ORDER BY v.vector <#> %(vector)s::halfvec LIMIT {limit}
"""
"""In a CASE the server takes a condition to let half through; else it guesses that few pass, and sorts the whole table."""

_OF_FEW = """
    SELECT v.batch, v.passage, v.vector <#> %(vector)s::halfvec AS distance
    FROM unnest(%(of)s::int[], %(places)s::int[]) f (batch, passage)
    JOIN vectors v ON v.batch = f.batch AND v.passage = f.passage ORDER BY distance FETCH FIRST {limit} ROWS WITH TIES
"""
_ALLOWED = "AND get_bit((%(masks)s::bytea[])[array_position(%(batches)s::int[], v.batch)], v.passage) = 1"


_BREADTH_OF: WeakKeyDictionary[Connection, int | None] = WeakKeyDictionary()
"""What each connection was told."""


class Near(NamedTuple):
    """The batch and the place of a passage, and the inner product of one of its vectors, the sign turned."""

    batch: int
    passage: int
    distance: float


def nearest(
    connection: Connection, state: EngineState, vector: Vectors, limit: int, allowed: Sequence[Mask] | None, breadth: Breadth
) -> list[Near]:
    """The nearest vectors, at least `limit` or all there are, those of removed passages among them where none are `allowed`."""
    values: dict[str, Any] = {"vector": written(vector), "batches": state.numbers}
    query = _COMPARED if breadth.vectors is None else _PROPOSED
    if allowed is not None:
        number = sum(int(np.count_nonzero(mask)) for mask in allowed)
        if number <= _COMPARED_SHARE * sum(map(len, allowed)):
            query = _OF_FEW
            places = [mask.nonzero()[0] for mask in allowed]
            values["of"] = np.repeat(np.array(state.numbers, np.int64), list(map(len, places))).tolist()
            values["places"] = np.concatenate([np.empty(0, np.int64), *places]).tolist()
        else:
            values["masks"] = [np.packbits(mask, bitorder="little").tobytes() for mask in allowed]
    if query is _PROPOSED:
        _set_breadth(connection, breadth)
    text = query.format(limit=int(limit), allowed=_ALLOWED if "masks" in values else "")
    return [Near(*row) for row in rows(connection, text, values)]


def _set_breadth(connection: Connection, breadth: Breadth) -> None:
    """Have this connection read the index so far; one that does already is not told again."""
    known = _BREADTH_OF.get(connection)
    if known != breadth.vectors:
        # The server may also think that to sort all vectors is less work, which it is not.
        query = "SELECT set_config('hnsw.ef_search', %(breadth)s::text, false), set_config('enable_seqscan', 'off', false)"
        rows(connection, query, {"breadth": str(breadth.vectors)})
        _BREADTH_OF[connection] = breadth.vectors


def tuned(connection: Connection, state: EngineState, before: Breadth) -> Breadth:
    """How far the index is read for a state that is staged, with the recall of that; the index is made where it is missing.

    What was found before is kept where the collection is much the same. Where nothing reaches the recall that is aimed for,
    all vectors are compared.
    """
    if state.vectors < INDEXED_FROM:
        return EXACT
    memory = min(_MOST_BUILD_MB, max(64, state.vectors * _BUILD_BYTES_A_VECTOR // 10**6))
    execute(connection, f"SET maintenance_work_mem = '{memory}MB'")
    execute(connection, _INDEX)
    execute(connection, "RESET maintenance_work_mem")
    execute(connection, "ANALYZE vectors")
    if before.passages and not has_changed(state.passages, before.passages):
        return before
    questions = artificial_questions(_sample(connection, state))[:_ASKED]
    exact = [_ten(connection, state, question, EXACT) for question in questions]
    for vectors in _BREADTHS:
        tried = Breadth(vectors, passages=state.passages)
        found = [_ten(connection, state, question, tried) for question in questions]
        recall = float(np.mean([len(one & other) / max(1, len(one)) for one, other in zip(exact, found, strict=True)]))
        if recall >= ENOUGH_RECALL:
            return replace(tried, recall=recall)
    return replace(EXACT, passages=state.passages)


def _ten(connection: Connection, state: EngineState, question: Vectors, breadth: Breadth) -> set[tuple[int, int]]:
    near = nearest(connection, state, question, CANDIDATES, None, breadth)
    return set(list(dict.fromkeys((batch, passage) for batch, passage, _ in near))[:NEIGHBOURS])


def _sample(connection: Connection, state: EngineState) -> Vectors:
    """First vectors of passages from all over a state, of shape (n, dimension)."""
    starts = ends(np.array([state.batches[number].passages for number in state.numbers], np.int64))
    chosen = spread(np.arange(starts[-1]), SAMPLE * SUBJECTS)
    of = np.searchsorted(starts, chosen, side="right") - 1
    query = """
        SELECT substr(halfvec_send(v.vector), 5) FROM unnest(%(of)s::int[], %(places)s::int[]) f (batch, passage)
        JOIN vectors v ON v.batch = f.batch AND v.passage = f.passage AND v.nth = 0 ORDER BY v.batch, v.passage
    """
    values = {"of": [state.numbers[n] for n in of.tolist()], "places": (chosen - starts[of]).tolist()}
    found = rows(connection, query, values)
    return np.stack([np.frombuffer(stored, ">f2").astype(np.float32) for (stored,) in found])


def written(vector: Vectors) -> str:
    """A vector as pgvector reads it, in half precision."""
    return f"[{','.join(map(str, vector.astype(np.float16).tolist()))}]"
