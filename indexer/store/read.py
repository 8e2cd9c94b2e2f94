"""Reading the truth: documents, passages, filters and counts of one state."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import groupby
from operator import itemgetter
from typing import Any

import numpy as np

from askdex.corpus.passages import context
from askdex.corpus.types import Block, Kind, Metadata, Scalar
from askdex.indexer.errors import NotFoundError, RequestError
from askdex.indexer.store import sqlite
from askdex.indexer.store.database import damaged
from askdex.indexer.store.states import StateView
from askdex.indexer.types import DocumentSummary, Filter, Ids, IndexedPassage, Place, StoredDocument, StoredPassage

_CURRENT = "d.file_id IN (SELECT file_id FROM presence WHERE born <= :generation AND :generation < died)"
_BORN = "d.file_id IN (SELECT file_id FROM presence WHERE born = :generation)"
_DIED = "d.file_id IN (SELECT file_id FROM presence WHERE died = :generation)"
_SUMMARY = "d.name, d.title, d.uri, d.language, d.metadata"
_PASSAGE = f"""
    SELECT p.id, p.ordinal, p.heading_path, p.question, p.start, p."end",
           substr(d.text, p.start + 1, p."end" - p.start), {_SUMMARY}
    FROM passages p JOIN documents d ON d.id = p.document_id
"""
_MOST_KEYS_NAMED = 12
_EXAMPLE_LENGTHS = (8, 90)
_MOST_EXAMINED = 1_000
"""Documents; who opens the page does not wait for all of a large collection to be looked through."""

# A document is named by its id, its uri, or the file that it is a part of; it has one language. All else is metadata.
_FIXED_KEYS = ("document", "language")


def filter_text(value: Scalar) -> str:
    """A metadata value as filters compare it: letters without case, truth values as in JSON."""
    if isinstance(value, str):
        return value.casefold()
    return json.dumps(int(value) if isinstance(value, float) and value.is_integer() else value)


def public_id(document: str, ordinal: int) -> str:
    """The name of a passage: that of its document and its place there, the same whenever the same files are indexed."""
    return f"{document}-{ordinal}"


def passages(view: StateView, ids: Sequence[int]) -> list[StoredPassage]:
    """The passages of these ids, in this order. Raises DamagedIndexError where one is missing."""
    rows = _rows(view, f"{_PASSAGE} WHERE p.id IN (SELECT value FROM json_each(:ids))", ids=json.dumps(ids))
    found = {row[0]: _stored_passage(row) for row in rows}
    if len(found) < len(set(ids)):
        raise damaged(view.folder, "passages are missing")
    return [found[passage] for passage in ids]


def passage(view: StateView, name: str) -> StoredPassage:
    """The passage of this public id. Raises NotFoundError."""
    document, _, ordinal = name.rpartition("-")
    if ordinal.isdecimal() and ordinal.isascii() and len(ordinal) < 10:
        query = f"{_PASSAGE} WHERE d.name = :name AND p.ordinal = :ordinal AND {_CURRENT}"
        for row in _rows(view, query, name=document, ordinal=int(ordinal)):
            return _stored_passage(row)
    raise NotFoundError(f"There is no passage {name}.")


def document(view: StateView, name: str) -> StoredDocument:
    """The document of this id. Raises NotFoundError."""
    query = f"""
        SELECT (SELECT count(*) FROM passages p WHERE p.document_id = d.id), d.text, d.blocks, {_SUMMARY}
        FROM documents d WHERE d.name = :name AND {_CURRENT}
    """
    for number, text, blocks, *summary in _rows(view, query, name=name):
        return StoredDocument(
            _summary(summary), text, tuple(Block(Kind(kind), *place) for kind, *place in json.loads(blocks)), number
        )
    raise NotFoundError(f"There is no document {name}.")


def documents(view: StateView, limit: int, offset: int) -> list[DocumentSummary]:
    """A page of all documents, in the order of their uris."""
    query = f"SELECT {_SUMMARY} FROM documents d WHERE {_CURRENT} ORDER BY d.uri, d.name LIMIT :limit OFFSET :offset"
    return [_summary(row) for row in _rows(view, query, limit=limit, offset=offset)]


def languages(view: StateView) -> dict[str, int]:
    """The number of documents in each language, the commonest first."""
    query = f"SELECT d.language, count(*) AS n FROM documents d WHERE {_CURRENT} GROUP BY 1 ORDER BY n DESC, 1"
    return dict(_rows(view, query))


def example_questions(view: StateView, limit: int) -> list[str]:
    """A question of each of some documents; ids are digests, so their order spreads the choice over the collection."""
    query = f"""
        SELECT p.question, min(p.ordinal)
        FROM (SELECT d.id, d.name FROM documents d WHERE {_CURRENT} ORDER BY d.name LIMIT :most) d
        JOIN passages p ON p.document_id = d.id
        WHERE (p.question LIKE '%?' OR p.question LIKE '%？') AND length(p.question) BETWEEN :shortest AND :longest
        GROUP BY d.name ORDER BY d.name LIMIT :limit
    """
    shortest, longest = _EXAMPLE_LENGTHS
    rows = _rows(view, query, limit=limit, shortest=shortest, longest=longest, most=_MOST_EXAMINED)
    return list(dict.fromkeys(question for question, _ in rows))


def entries(view: StateView) -> Iterator[IndexedPassage]:
    """Every passage of a state as an engine takes it."""
    return _entries(view, _CURRENT)


def entries_born(view: StateView) -> Iterator[IndexedPassage]:
    """The passages that are in a state and were not in the one before it."""
    return _entries(view, _BORN)


def ids_died(view: StateView) -> Ids:
    """The passages that were in the state before one and are not in it any more."""
    query = f"SELECT p.id FROM documents d JOIN passages p ON p.document_id = d.id WHERE {_DIED}"
    return np.array([passage_id for (passage_id,) in _rows(view, query)], np.int64)


def _entries(view: StateView, condition: str) -> Iterator[IndexedPassage]:
    # In the order of documents and places, which is the same however the index came about; one document after the other:
    # sorting all the vectors at once would take as much room again as they do.
    query = f"SELECT d.id, d.name, d.title FROM documents d WHERE {condition} ORDER BY d.uri, d.name"
    for document_id, name, title in list(_rows(view, query)):
        rows = sqlite.rows(
            view.connection,
            """
            SELECT p.id, p.ordinal, p.question, p.heading_path, substr(d.text, p.start + 1, p."end" - p.start),
                   pv.weight, v.vector
            FROM documents d
            JOIN passages p ON p.document_id = d.id
            JOIN passage_vectors pv ON pv.passage_id = p.id
            JOIN vectors v ON v.id = pv.vector_id
            WHERE d.id = ? ORDER BY p.ordinal, pv.weight DESC, v.key
            """,
            (document_id,),
        )
        for passage_id, group in groupby(rows, key=itemgetter(0)):
            of_passage = list(group)
            _, ordinal, question, heading_path, text, *_ = of_passage[0]
            vectors = np.stack([np.frombuffer(vector, "<f4") * np.float32(weight) for *_, weight, vector in of_passage])
            place = _place(name, ordinal, question)
            yield IndexedPassage(passage_id, context(title, json.loads(heading_path)), text, vectors, place)


def _place(document: str, ordinal: int, question: str | None) -> Place:
    """Documents have numbers in the order of their ids, which are digests in hexadecimal."""
    digest = hashlib.blake2b((question or "").encode(), digest_size=8).digest()
    return Place(int(document, 16), ordinal, 0 if question is None else int.from_bytes(digest))


def matching_ids(view: StateView, wanted: Filter) -> Ids | None:
    """The passages of the documents that a filter lets through, or None where it lets all through.

    Raises RequestError for a key that no document has.
    """
    if not wanted:
        return None
    conditions: list[str] = []
    parameters: dict[str, str] = {}
    for n, (key, given) in enumerate(wanted.items()):
        values = [given] if isinstance(given, str | int | float) else given
        parameters |= {f"key{n}": key, f"values{n}": json.dumps([filter_text(value) for value in values])}
        any_of = f"IN (SELECT value FROM json_each(:values{n}))"
        if key == "language":
            conditions.append(f"d.language {any_of}")
        else:
            conditions.append(f"d.id IN (SELECT m.document_id FROM metadata m WHERE m.key = :key{n} AND m.value {any_of})")
            if key not in _FIXED_KEYS:
                _require_key(view, key)
    query = f"""
        SELECT p.id FROM documents d JOIN passages p ON p.document_id = d.id
        WHERE {" AND ".join(conditions)} AND {_CURRENT} ORDER BY p.id
    """
    return np.array([passage_id for (passage_id,) in _rows(view, query, **parameters)], np.int64)


def _require_key(view: StateView, key: str) -> None:
    known = f"FROM metadata m JOIN documents d ON d.id = m.document_id WHERE {_CURRENT}"
    if next(_rows(view, f"SELECT 1 {known} AND m.key = :key LIMIT 1", key=key), None) is None:
        query = f"SELECT DISTINCT m.key {known} AND m.key <> 'document' ORDER BY 1 LIMIT :limit"
        names = ", ".join([*_FIXED_KEYS, *(name for (name,) in _rows(view, query, limit=_MOST_KEYS_NAMED))])
        raise RequestError(f"No document has the filter key {key}: use one of {names}.")


def _rows(view: StateView, query: str, **parameters: str | int) -> Iterator[Any]:
    return sqlite.rows(view.connection, query, {"generation": view.state.generation, **parameters})


def _summary(row: Sequence[Any]) -> DocumentSummary:
    name, title, uri, language, metadata = row
    return DocumentSummary(name, title, uri, language, _metadata(metadata))


@lru_cache
def _metadata(text: str) -> Metadata:
    # Many documents have the same, and the results of a question are often of few documents.
    parsed: Metadata = json.loads(text)
    return parsed


def _stored_passage(row: Sequence[Any]) -> StoredPassage:
    _, ordinal, heading_path, question, start, end, text, *summary = row
    found = _summary(summary)
    return StoredPassage(public_id(found.id, ordinal), ordinal, found, _path(heading_path), question, text, start, end)


@lru_cache
def _path(text: str) -> tuple[str, ...]:
    return tuple(json.loads(text))
