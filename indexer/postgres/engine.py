"""Finding candidates in PostgreSQL, and all that ranking needs of them.

The database finds the nearest vectors (`nearness`) and gives the postings of the terms (`words`); what it gave is kept
(`Kept`), so that only what is new travels. Half-precision scores only choose candidates.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from askdex.indexer.engine import arrays
from askdex.indexer.engine.filters import Predicate, predicate
from askdex.indexer.engine.postings import term_hash
from askdex.indexer.engine.protocol import CANDIDATES, Ask, Found, QueryTerm, Vocabulary
from askdex.indexer.engine.vectors import products
from askdex.indexer.postgres import nearness, passing, words
from askdex.indexer.postgres.batches import signed
from askdex.indexer.postgres.connection import Connection, rows
from askdex.indexer.postgres.held import HeldEngine, Masks, Row
from askdex.indexer.types import PLACES, Filter, Ids, Numbers, Vectors

_NEAREST = 10
"""Passages whose exact products are taken where the largest is asked for: half precision may confuse neighbours."""

_SPARE = 1.1
"""How many times as many vectors are asked for as are needed in the mean, as some are of the same passage."""

Passage = tuple[int, int]
"""The place of a batch in its state, and that of a passage in the batch."""

Hits = dict[int, float]
"""The scores of passages by their ids, best first, equal scores by id."""


class PostgresVocabulary:
    """The terms of a state; only passages that hold several forms of a term have to be asked for. See Vocabulary."""

    def __init__(self, connection: Connection, held: HeldEngine) -> None:
        self.passage_count = held.passage_count
        self.average_length = held.average_length
        self._connection, self._held = connection, held

    def document_frequency(self, forms: tuple[str, ...]) -> int:
        """See Vocabulary."""
        frequencies = {signed(term_hash(form)): self._held.vocabulary.frequency(form) for form in forms}
        number = sum(1 for frequency in frequencies.values() if frequency)
        if number == 0 or (number == 1 and not self._held.is_part):
            return sum(frequencies.values())
        return words.number_holding(self._connection, self._held, forms, self._held.live)

    def spellings(self, word: str, edits: int) -> list[str]:
        """See Vocabulary."""
        return sorted(self._held.vocabulary.spellings.within(word, edits))


class PostgresEngine:
    """The engine of one state, as a connection sees it; threads take turns on the connection. See Engine."""

    def __init__(self, connection: Connection, held: HeldEngine, dimension: int) -> None:
        self._connection, self._held, self._dimension = connection, held, dimension
        self._vocabulary = PostgresVocabulary(connection, held)
        self._numbers = {number: n for n, number in enumerate(held.state.numbers)}

    @property
    def vocabulary(self) -> Vocabulary:
        """See Engine."""
        return self._vocabulary

    def candidates(self, ask: Ask) -> Found:
        """See Engine."""
        wanted = predicate(ask.filter)
        near = self._near(ask.vector, ask.limit, wanted) if ask.vector is not None else {}
        holding = self._holding(ask.terms, ask.limit, wanted) if ask.terms else {}
        return self.look_up(np.array(sorted(near.keys() | holding.keys()), np.int64))

    def best_cosines(self, vectors: Vectors, wanted: Filter) -> Numbers:
        """See Engine."""
        return np.array([self._best_cosine(vector, predicate(wanted)) for vector in vectors], np.float64)

    def look_up(self, ids: Ids) -> Found:
        """See Engine."""
        found: dict[int, Passage] = {}
        for n, (batch, mask) in enumerate(zip(self._held.batches, self._held.live, strict=True)):
            positions, places = batch.find(ids)
            is_live = slice(None) if mask is None else mask[places]
            parts = zip(ids[positions[is_live]].tolist(), places[is_live].tolist(), strict=True)
            found |= {passage: (n, place) for passage, place in parts}
        known = [passage for passage in ids.tolist() if passage in found]
        stored = self._read([found[passage] for passage in known])
        return self._found(known, [stored[found[passage]] for passage in known])

    def sample(self, number: int) -> Ids:
        """See Engine."""
        return arrays.spread(self._held.ids, number)

    def _near(self, vector: Vectors, limit: int, wanted: Predicate) -> Hits:
        """The passages whose vectors have the largest inner products with one."""
        state = self._held.state
        masks = self._passing(wanted)
        asked = round(limit * max(1.0, state.vectors / max(1, state.passages)) * _SPARE)
        while True:
            near = nearness.nearest(self._connection, state, vector, asked, masks, state.breadth) if state.batches else []
            hits: Hits = {}
            for number, place, distance in near:
                n = self._numbers[number]
                live = self._held.live[n]
                if live is None or live[place]:
                    hits.setdefault(int(self._held.batches[n].ids[place]), -distance)
            if len(hits) >= limit or len(near) < asked:
                return _first(hits, limit)
            asked *= 2

    def _holding(self, terms: Sequence[QueryTerm], limit: int, wanted: Predicate) -> Hits:
        """The passages with the best scores by these terms."""
        hits = words.matching(self._connection, self._held, terms, self._passing(wanted) or self._held.live)
        scores = np.concatenate([np.empty(0), *(scores for _, scores in hits)])
        least = np.partition(scores, -limit)[-limit] if len(scores) > limit else 0.0
        best: Hits = {}
        for batch, (places, of_batch) in zip(self._held.batches, hits, strict=True):
            is_best = of_batch >= least
            best |= zip(batch.ids[places[is_best]].tolist(), of_batch[is_best].tolist(), strict=True)
        return _first(best, limit)

    def _best_cosine(self, vector: Vectors, wanted: Predicate) -> float:
        # The index of neighbours is searched as far as for a question; asked for few, it may miss the nearest.
        near = list(self._near(vector, CANDIDATES, wanted))[:_NEAREST]
        found = self.look_up(np.sort(np.array(near, np.int64)))
        return float(products(found.vectors, vector).max(initial=-1.0))

    def _passing(self, wanted: Predicate) -> Masks | None:
        """The passages that may be found, None where these are all of the state."""
        if not wanted:
            return self._held.masks if self._held.is_part else None
        return passing.masks(self._connection, self._held, wanted)

    def _read(self, passages: Sequence[Passage]) -> Mapping[Passage, Row]:
        """What the database has of passages: place, term sequence, vectors; what is not kept is read at once."""
        stamps = [batch.stamp for batch in self._held.batches]
        keys = {(stamps[n], place): (n, place) for n, place in passages}
        known = self._held.kept.passages.known(keys)
        missing = [keys[key] for key in keys if key not in known]
        if missing:
            query = """
                SELECT p.batch, p.passage, p.place, p.terms, (
                    SELECT string_agg(substr(halfvec_send(v.vector), 5), ''::bytea ORDER BY v.nth)
                    FROM vectors v WHERE v.batch = p.batch AND v.passage = p.passage
                ) FROM unnest(%(of)s::int[], %(places)s::int[]) f (batch, passage)
                JOIN passages p ON p.batch = f.batch AND p.passage = f.passage
            """
            numbers = self._held.state.numbers
            values = {"of": [numbers[n] for n, _ in missing], "places": [place for _, place in missing]}
            found = rows(self._connection, query, values)
            new = {(stamps[self._numbers[number]], place): tuple(stored) for number, place, *stored in found}
            self._held.kept.passages.keep(new)
            known |= new
        return {keys[key]: stored for key, stored in known.items()}

    def _found(self, ids: Sequence[int], stored: Sequence[Row]) -> Found:
        places, terms, vectors = zip(*stored, strict=True) if stored else ((), (), ())
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


def _first(hits: Hits, limit: int) -> Hits:
    """The best passages, equal scores by id."""
    return dict(sorted(hits.items(), key=lambda hit: (-hit[1], hit[0]))[:limit])
