"""Finding candidates in PostgreSQL: the nearest vectors, the best passages by BM25, and all that ranking needs of both at once.

One statement does it, so a question makes one round trip. BM25 is summed up by the server from the arrays of `postings`, with
the weights that the question brings; terms that many passages hold propose none (`KeywordLimits`), and count for no order among
the candidates either: ranking counts all terms of each candidate anyway. Half-precision scores only choose candidates.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from askdex.indexer.engine import arrays, bm25
from askdex.indexer.engine.filters import Bounds, Predicate, pair_hash, predicate
from askdex.indexer.engine.keywords import KeywordLimits
from askdex.indexer.engine.postings import term_hash
from askdex.indexer.engine.protocol import Ask, Found, QueryTerm, Vocabulary
from askdex.indexer.engine.vectors import products
from askdex.indexer.postgres.batches import signed
from askdex.indexer.postgres.connection import Connection, rows
from askdex.indexer.postgres.states import EngineState
from askdex.indexer.postgres.vocabulary import HeldVocabulary
from askdex.indexer.types import PLACES, Filter, Ids, Numbers, Vectors

_LIMITS = KeywordLimits()

_NEAREST = 10
"""Vectors whose exact products are taken where the largest is asked for: half precision may confuse neighbours."""

_NEAR = """
    near AS (
        SELECT batch, id FROM (
            SELECT v.batch, v.id, v.vector <#> %(vector)s::text::halfvec AS distance FROM vectors v
            WHERE v.batch = ANY(%(batches)s) {live} {filter} ORDER BY distance, v.id LIMIT %(most)s
        ) n GROUP BY batch, id ORDER BY min(distance), id LIMIT %(limit)s
    )
"""
_HOLDING = """
    holding AS (
        SELECT batch, id FROM (
            SELECT batch, id, sum(gain)::real AS score FROM (
                SELECT p.batch, u.id, q.term, max(q.weight * u.tf / (u.tf + %(norm)s + %(slope)s * u.length)) AS gain
                FROM unnest(%(hashes)s::int[], %(numbers)s::int[], %(weights)s::float8[]) q (hash, term, weight)
                JOIN postings p ON p.term = q.hash AND p.batch = ANY(%(batches)s)
                CROSS JOIN LATERAL unnest(p.ids, p.counts, p.lengths) u (id, tf, length)
                WHERE TRUE {live} {filter} GROUP BY p.batch, u.id, q.term
            ) g GROUP BY batch, id
        ) s ORDER BY score DESC, id LIMIT %(limit)s
    )
"""
_ALL_OF = """
    SELECT p.id, p.place, p.terms, (
        SELECT string_agg(substr(halfvec_send(v.vector), 5), ''::bytea ORDER BY v.nth)
        FROM vectors v WHERE v.batch = p.batch AND v.id = p.id
    ) FROM passages p
"""


class PostgresVocabulary:
    """The terms of a state; only passages that hold several forms of a term have to be asked for. See Vocabulary."""

    def __init__(self, connection: Connection, state: EngineState, held: HeldVocabulary) -> None:
        self.passage_count = held.passage_count
        self.average_length = held.average_length
        self._connection, self._state, self._held = connection, state, held
        self._united: dict[tuple[int, ...], int] = {}

    def document_frequency(self, forms: tuple[str, ...]) -> int:
        """See Vocabulary."""
        frequencies = {signed(term_hash(form)): self._held.frequency(form) for form in forms}
        hashes = tuple(sorted(code for code, number in frequencies.items() if number))
        if len(hashes) < 2:
            return sum(frequencies.values())
        if hashes not in self._united:
            self._united[hashes] = self._held_by_any(hashes)
        return self._united[hashes]

    def spellings(self, word: str, edits: int) -> list[str]:
        """See Vocabulary."""
        return sorted(self._held.spellings.within(word, edits))

    def _held_by_any(self, hashes: Sequence[int]) -> int:
        query = f"""
            SELECT count(DISTINCT u.id) FROM postings p CROSS JOIN LATERAL unnest(p.ids) u (id)
            WHERE p.term = ANY(%(hashes)s) AND p.batch = ANY(%(batches)s) {_live(self._state, "p.batch", "u.id")}
        """
        values = {"hashes": list(hashes), "batches": self._state.numbers, "token": self._state.token}
        return int(rows(self._connection, query, values)[0][0])


class PostgresEngine:
    """The engine of one state, as a connection sees it; threads take turns on the connection. See Engine."""

    def __init__(self, connection: Connection, state: EngineState, held: HeldVocabulary, dimension: int) -> None:
        self._connection, self._state, self._dimension = connection, state, dimension
        self._vocabulary = PostgresVocabulary(connection, state, held)

    @property
    def vocabulary(self) -> Vocabulary:
        """See Engine."""
        return self._vocabulary

    def candidates(self, ask: Ask) -> Found:
        """See Engine."""
        conditions, values = self._filter(predicate(ask.filter))
        parts, terms = [], self._proposing(ask.terms)
        if ask.vector is not None:
            parts.append(_NEAR.format(live=self._live("v.batch", "v.id"), filter=_passing(conditions, "v.batch", "v.id")))
            values |= {"vector": _written(ask.vector), "most": ask.limit * self._state.most_vectors}
        if terms:
            parts.append(_HOLDING.format(live=self._live("p.batch", "u.id"), filter=_passing(conditions, "p.batch", "u.id")))
            values |= self._weights(terms)
        if not parts or not self._state.batches:
            return self._found([])
        names = [name for name, is_asked in (("near", ask.vector is not None), ("holding", bool(terms))) if is_asked]
        chosen = " UNION ".join(f"SELECT batch, id FROM {name}" for name in names)
        query = f"WITH {', '.join(parts)} {_ALL_OF} JOIN ({chosen}) c ON c.batch = p.batch AND c.id = p.id ORDER BY p.id"
        return self._found(rows(self._connection, query, {**values, "limit": ask.limit}))

    def best_cosines(self, vectors: Vectors, wanted: Filter) -> Numbers:
        """See Engine."""
        conditions, values = self._filter(predicate(wanted))
        query = f"""
            SELECT q.nth, n.vector FROM unnest(%(vectors)s::text[]) WITH ORDINALITY q (vector, nth) CROSS JOIN LATERAL (
                SELECT substr(halfvec_send(v.vector), 5) AS vector FROM vectors v WHERE v.batch = ANY(%(batches)s)
                {self._live("v.batch", "v.id")} {_passing(conditions, "v.batch", "v.id")}
                ORDER BY v.vector <#> q.vector::halfvec LIMIT {_NEAREST}
            ) n
        """
        best = np.full(len(vectors), -1.0)
        if not self._state.batches:
            return best
        for nth, stored in rows(self._connection, query, {**values, "vectors": list(map(_written, vectors))}):
            vector = np.frombuffer(stored, ">f2").astype(np.float32)
            best[nth - 1] = max(best[nth - 1], float(products(vector[None], vectors[nth - 1])[0]))
        return best

    def look_up(self, ids: Ids) -> Found:
        """See Engine."""
        if not len(ids):
            return self._found([])
        query = f"""
            {_ALL_OF} WHERE p.id = ANY(%(ids)s) AND p.batch = ANY(%(batches)s) {self._live("p.batch", "p.id")} ORDER BY p.id
        """
        return self._found(rows(self._connection, query, {**self._of_state(), "ids": ids.tolist()}))

    def sample(self, number: int) -> Ids:
        """See Engine."""
        query = f"""
            SELECT id FROM (
                SELECT p.id, row_number() OVER (ORDER BY p.id) - 1 AS place FROM passages p
                WHERE p.batch = ANY(%(batches)s) {self._live("p.batch", "p.id")}
            ) s WHERE place = ANY(%(places)s) ORDER BY id
        """
        places = arrays.spread(np.arange(self._state.passages), number).tolist()
        return np.array(
            [passage for (passage,) in rows(self._connection, query, {**self._of_state(), "places": places})], np.int64
        )

    def _of_state(self) -> dict[str, Any]:
        return {"batches": self._state.numbers, "token": self._state.token}

    def _live(self, batch: str, passage: str) -> str:
        return _live(self._state, batch, passage)

    def _proposing(self, terms: Sequence[QueryTerm]) -> Sequence[QueryTerm]:
        """The terms that propose passages: all but those that many hold, unless all are such."""
        frequent = max(_LIMITS.few, int(_LIMITS.common * self._state.passages))
        return [term for term in terms if term.document_frequency <= frequent] or terms

    def _weights(self, terms: Sequence[QueryTerm]) -> dict[str, Any]:
        """The parameters of the part that finds passages by terms, each form with the number and the weight of its term."""
        forms = [(form, n, term.weight) for n, term in enumerate(terms) for form in term.forms]
        norm, slope = bm25.length_norm_line(self._vocabulary.average_length)
        return {
            "hashes": [signed(term_hash(form)) for form, _, _ in forms],
            "numbers": [n for _, n, _ in forms],
            "weights": [weight for _, _, weight in forms],
            "norm": norm,
            "slope": slope,
        }

    def _filter(self, wanted: Predicate) -> tuple[str, dict[str, Any]]:
        """The conditions on a passage `f` that a filter lets through, empty for all, with the parameters of a query."""
        values, conditions = self._of_state(), []
        for n, (key, of_key) in enumerate(wanted):
            if isinstance(of_key, Bounds):
                pairs = f"""ARRAY(
                    SELECT r.pair FROM pairs r WHERE r.batch = f.batch AND r.key = %(key{n})s
                    AND r.number BETWEEN %(least{n})s AND %(largest{n})s
                )"""
                values |= {f"key{n}": _signed64(pair_hash(key, "")), f"least{n}": of_key.least, f"largest{n}": of_key.largest}
            else:
                pairs = f"%(pairs{n})s::bigint[]"
                values[f"pairs{n}"] = [_signed64(pair_hash(key, value)) for value in of_key]
            conditions.append(f"AND f.pairs && {pairs}")
        return " ".join(conditions), values

    def _found(self, found: Sequence[tuple[int, bytes, bytes, bytes]]) -> Found:
        ids, places, terms, vectors = zip(*found, strict=True) if found else ((), (), (), ())
        sizes = np.array([len(of_passage) // (2 * self._dimension) for of_passage in vectors], np.intp)
        halves = np.frombuffer(b"".join(vectors), ">f2").astype(np.float32).reshape(int(sizes.sum()), self._dimension)
        lengths = np.array([len(sequence) // 4 for sequence in terms], np.intp)
        return Found(
            np.array(ids, np.int64),
            np.frombuffer(b"".join(places), PLACES),
            halves,
            arrays.ends(sizes),
            np.frombuffer(b"".join(terms), "<u4").astype(np.uint32),
            arrays.ends(lengths),
        )


def _live(state: EngineState, batch: str, passage: str) -> str:
    """The condition that a passage is in a state, beside that on its batch."""
    if not state.has_removed:
        return ""
    return f"AND ({batch}, {passage}) NOT IN (SELECT batch, unnest(removed) FROM members WHERE token = %(token)s)"


def _passing(conditions: str, batch: str, passage: str) -> str:
    """The condition that a filter lets a passage through."""
    if not conditions:
        return ""
    return f"AND ({batch}, {passage}) IN (SELECT f.batch, f.id FROM passages f WHERE f.batch = ANY(%(batches)s) {conditions})"


def _written(vector: Vectors) -> str:
    """A vector as pgvector reads it, in half precision."""
    return f"[{','.join(map(str, vector.astype(np.float16).tolist()))}]"


def _signed64(code: int) -> int:
    return code - 2**64 if code >= 2**63 else code
