"""A published generation as somebody sees it who may read a part of the documents; see `generations.readable`.

Which documents these are, and what is said of them together, is asked of a listing of all documents that a server keeps in
memory once somebody's reading is limited: with the same queries as in the folder of an index.
"""

import threading
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from askdex.indexer.postgres import catalogue
from askdex.indexer.postgres.connection import Connection, rows
from askdex.indexer.postgres.facts import MOST_EXAMPLES, MOST_KEYS, MOST_QUESTIONS, DocumentFacts
from askdex.indexer.postgres.held import HeldEngine, Masks
from askdex.indexer.store import facets, left_out, read
from askdex.indexer.store.listing import listing
from askdex.indexer.store.states import StateView
from askdex.indexer.types import Access, Array, DocumentSummary, State


class Listing:
    """What is said of the documents of a generation; many threads may ask."""

    def __init__(self, connection: Connection, state: State, facts: DocumentFacts) -> None:
        self._facts = facts
        self._view = listing(state, facts.model, catalogue.listings(connection, state.generation), facts.left_out)
        self._lock = threading.Lock()

    def numbers(self, access: Access) -> Array:
        """The numbers of the documents that may be read, as `Place` has them."""
        with self._lock:
            numbers: Array = read.document_numbers(self._of(access))
        return numbers

    def documents(self, access: Access, limit: int, offset: int) -> list[DocumentSummary]:
        """A page of the documents that may be read, by their uris."""
        with self._lock:
            page: list[DocumentSummary] = read.page_of_documents(self._of(access), limit, offset)
        return page

    def facts(self, access: Access) -> DocumentFacts:
        """What is said of the documents that may be read; calibration, tuning and what editors say are those of all."""
        with self._lock:
            view = self._of(access)
            return replace(
                self._facts,
                filter_keys=read.filter_keys(view, MOST_KEYS),
                facets=facets.facets(view),
                languages=read.languages(view),
                questions=read.questions(view, MOST_QUESTIONS),
                example_questions=read.example_questions(view, MOST_EXAMPLES),
                left_out=left_out.some_left_out(view.connection, len(self._facts.left_out), 0, access),
            )

    def _of(self, access: Access) -> StateView:
        return replace(self._view, access=access)


def readable_passages(connection: Connection, held: HeldEngine, documents: Array) -> Masks:
    """The passages of each batch that are of these documents."""
    numbers = _documents_of(connection, held)
    return [np.isin(of_batch, documents) for of_batch in numbers]


def number_of_vectors(connection: Connection, held: HeldEngine) -> int:
    """The number of vectors of the live passages of an engine."""
    query = """
        SELECT batch, passage, count(*) - 1 FROM vectors WHERE batch = ANY(%(batches)s) GROUP BY 1, 2 HAVING count(*) > 1
    """
    masks = dict(zip(held.state.numbers, held.masks, strict=True))
    found = rows(connection, query, {"batches": held.state.numbers})
    return held.passage_count + sum(int(more) for number, passage, more in found if masks[number][passage])


def _documents_of(connection: Connection, held: HeldEngine) -> Sequence[Array]:
    """The number of the document of each passage, by batch."""
    known = held.kept.documents.known(batch.stamp for batch in held.batches)
    stamps = {batch.number: batch.stamp for batch in held.batches if batch.stamp not in known}
    if stamps:
        query = """
            SELECT batch, string_agg(substr(place, 1, 8), ''::bytea ORDER BY passage) FROM passages
            WHERE batch = ANY(%(batches)s) GROUP BY 1
        """
        found = rows(connection, query, {"batches": list(stamps)})
        new = {stamps[number]: (documents,) for number, documents in found}
        held.kept.documents.keep(new)
        known |= new
    return [np.frombuffer(known[batch.stamp][0], "<u8") for batch in held.batches]
