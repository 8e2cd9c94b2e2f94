"""Passages that hold terms of a question: the postings come from the database, and BM25 is summed up here.

Terms that many passages hold propose none (`KeywordLimits`), and count for no order among the candidates either: ranking counts
all terms of each candidate anyway.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import reduce
from itertools import product

import numpy as np

from askdex.indexer.engine import bm25
from askdex.indexer.engine.keywords import KeywordLimits, united
from askdex.indexer.engine.postings import Counts, term_hash
from askdex.indexer.engine.protocol import QueryTerm
from askdex.indexer.postgres.batches import signed
from askdex.indexer.postgres.connection import Connection, rows
from askdex.indexer.postgres.held import HeldEngine, Row
from askdex.indexer.types import Mask, Numbers, Rows

_LIMITS = KeywordLimits()

Hits = list[tuple[Rows, Numbers]]
"""For each batch of a state the places of passages, and their scores."""

Postings = Mapping[tuple[bytes, int], Row]
"""The postings by the stamps of the batches and the hashes of the terms; of terms with the same hash there are several."""


def matching(connection: Connection, held: HeldEngine, terms: Sequence[QueryTerm], allowed: Sequence[Mask | None]) -> Hits:
    """The passages of each batch that hold one of these terms, and are allowed, with their scores."""
    terms = _proposing(held, terms)
    postings = _fetched(connection, held, (form for term in terms for form in term.forms))
    average = held.average_length
    hits: Hits = []
    for batch, mask in zip(held.batches, allowed, strict=True):
        scores = np.zeros(len(batch.ids), np.float32)
        for term in terms:
            places, counts = _united(postings, batch.stamp, term.forms)
            norms = bm25.length_norm(batch.lengths[places], average)
            scores[places] += bm25.tf_weight(counts.astype(np.float32), norms) * np.float32(term.weight)
        if mask is not None:
            scores[~mask] = 0
        found = scores.nonzero()[0].astype(np.int32)
        hits.append((found, scores[found].astype(np.float64)))
    return hits


def number_holding(connection: Connection, held: HeldEngine, forms: Sequence[str], masks: Sequence[Mask | None]) -> int:
    """The number of passages that hold at least one of these forms of a term, of those that are meant."""
    postings = _fetched(connection, held, forms)
    number = 0
    for batch, mask in zip(held.batches, masks, strict=True):
        places, _ = _united(postings, batch.stamp, forms)
        number += len(places) if mask is None else int(np.count_nonzero(mask[places]))
    return number


def _proposing(held: HeldEngine, terms: Sequence[QueryTerm]) -> Sequence[QueryTerm]:
    """The terms that propose passages: all but those that many hold, unless all are such."""
    frequent = max(_LIMITS.few, int(_LIMITS.common * held.passage_count))
    return [term for term in terms if term.document_frequency <= frequent] or terms


def _fetched(connection: Connection, held: HeldEngine, forms: Iterable[str]) -> Postings:
    """The postings of these forms in all batches; those that are not kept are read at once."""
    hashes = sorted({signed(term_hash(form)) for form in forms})
    stamps = {batch.number: batch.stamp for batch in held.batches}
    wanted = list(product(stamps.values(), hashes))
    known = held.kept.postings.known(wanted)
    missing = [key for key in wanted if key not in known]
    if missing:
        new: dict[tuple[bytes, int], Row] = dict.fromkeys(missing, ())
        of_stamps = {stamp for stamp, _ in missing}
        query = "SELECT batch, term, postings FROM postings WHERE batch = ANY(%(batches)s) AND term = ANY(%(terms)s)"
        values = {
            "batches": [number for number, stamp in stamps.items() if stamp in of_stamps],
            "terms": sorted({term for _, term in missing}),
        }
        for number, term, postings in rows(connection, query, values):
            key = stamps[number], term
            if key in new:
                new[key] = (*new[key], postings)
        held.kept.postings.keep(new)
        known |= new
    return known


def _united(postings: Postings, stamp: bytes, forms: Sequence[str]) -> tuple[Rows, Counts]:
    """The passages of a batch that hold one of these forms, ascending, each with the largest of their term frequencies."""
    hashes = dict.fromkeys(signed(term_hash(form)) for form in forms)
    parts = [_unpacked(stored) for code in hashes for stored in postings[stamp, code]]
    return reduce(united, parts, (np.empty(0, np.int32), np.empty(0, np.uint8)))


def _unpacked(stored: bytes) -> tuple[Rows, Counts]:
    number = len(stored) // 3
    return np.frombuffer(stored, "<u2", number).astype(np.int32), np.frombuffer(stored, np.uint8, number, 2 * number)
