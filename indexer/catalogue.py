"""Reading the truth: documents, passages, filters and counts, in the view of one connection."""

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter

import numpy as np

from corpus.passages import context
from corpus.types import Block, Kind, Metadata, Scalar
from indexer.engine import Entry, Ids
from indexer.errors import NotFoundError, RequestError
from indexer.types import DocumentSummary, Filter, StoredDocument, StoredPassage

_SUMMARY = "d.id AS document_id, d.title, d.uri, d.language, d.metadata"
_PASSAGE = f"""
    SELECT p.id AS passage, p.ordinal, p.heading_path, p.question, p.start, p."end",
           substr(d.text, p.start + 1, p."end" - p.start) AS text, {_SUMMARY}
    FROM passages p JOIN documents d ON d.id = p.document_id
"""
_MOST_KEYS_NAMED = 12
_EXAMPLE_LENGTHS = (8, 90)
_ANY_OF = "IN (SELECT value FROM json_each(?))"
_METADATA_KEY = f"d.id IN (SELECT m.document_id FROM metadata m WHERE m.key = ? AND m.value {_ANY_OF})"
# A document is named by its id, its uri, or the file that it is a part of.
_FIXED_KEYS = {
    "document": f"d.id IN (SELECT m.document_id FROM metadata m WHERE m.key = 'document' AND m.value {_ANY_OF})",
    "language": f"d.language {_ANY_OF}",
}


@dataclass(frozen=True, slots=True)
class Candidate:
    """What ranking has to know of a passage; `public_id` orders equal scores."""

    id: int
    public_id: str
    document_id: str
    question: str | None


def filter_text(value: Scalar) -> str:
    """A metadata value as filters compare it: letters without case, truth values as in JSON."""
    if isinstance(value, str):
        return value.casefold()
    return json.dumps(int(value) if isinstance(value, float) and value.is_integer() else value)


def public_id(document_id: str, ordinal: int) -> str:
    """The name of a passage: that of its document and its place there, the same whenever the same files are indexed."""
    return f"{document_id}-{ordinal}"


def candidates(connection: sqlite3.Connection, ids: Sequence[int]) -> dict[int, Candidate]:
    """The passages of these ids."""
    rows = connection.execute(
        "SELECT id, document_id, ordinal, question FROM passages WHERE id IN (SELECT value FROM json_each(?))",
        (json.dumps(ids),),
    )
    return {
        row["id"]: Candidate(row["id"], public_id(row["document_id"], row["ordinal"]), row["document_id"], row["question"])
        for row in rows
    }


def passages(connection: sqlite3.Connection, ids: Sequence[int]) -> list[StoredPassage]:
    """The passages of these ids, in this order."""
    rows = connection.execute(f"{_PASSAGE} WHERE p.id IN (SELECT value FROM json_each(?))", (json.dumps(ids),))
    found = {row["passage"]: _stored_passage(row) for row in rows}
    return [found[passage] for passage in ids]


def passage(connection: sqlite3.Connection, name: str) -> StoredPassage:
    """The passage of this public id. Raises NotFoundError."""
    document_id, _, ordinal = name.rpartition("-")
    if ordinal.isdecimal() and ordinal.isascii() and len(ordinal) < 10:
        query = f"{_PASSAGE} WHERE p.document_id = ? AND p.ordinal = ?"
        if row := connection.execute(query, (document_id, int(ordinal))).fetchone():
            return _stored_passage(row)
    raise NotFoundError(f"There is no passage {name}.")


def document(connection: sqlite3.Connection, document_id: str) -> StoredDocument:
    """The document of this id. Raises NotFoundError."""
    row = connection.execute(
        f"""
        SELECT {_SUMMARY}, d.text, d.blocks, (SELECT count(*) FROM passages p WHERE p.document_id = d.id) AS passages
        FROM documents d WHERE d.id = ?
        """,
        (document_id,),
    ).fetchone()
    if row is None:
        raise NotFoundError(f"There is no document {document_id}.")
    blocks = tuple(Block(Kind(kind), start, end, level) for kind, start, end, level in json.loads(row["blocks"]))
    return StoredDocument(_summary(row), row["text"], blocks, row["passages"])


def documents(connection: sqlite3.Connection, limit: int, offset: int) -> list[DocumentSummary]:
    """A page of all documents, in the order of their uris."""
    rows = connection.execute(f"SELECT {_SUMMARY} FROM documents d ORDER BY d.uri, d.id LIMIT ? OFFSET ?", (limit, offset))
    return [_summary(row) for row in rows]


def counts(connection: sqlite3.Connection) -> Mapping[str, int]:
    """The number of documents, passages, vectors that stand for passages, and tokens that the encoder did not see."""
    row = connection.execute(
        """
        SELECT (SELECT count(*) FROM documents) AS documents,
               (SELECT count(*) FROM passages) AS passages,
               (SELECT count(*) FROM passage_vectors) AS vectors,
               (SELECT coalesce(sum(tokens_lost), 0) FROM vectors) AS tokens_lost
        """
    ).fetchone()
    return dict(row)


def languages(connection: sqlite3.Connection) -> dict[str, int]:
    """The number of documents in each language, the commonest first."""
    rows = connection.execute("SELECT language, count(*) AS n FROM documents GROUP BY language ORDER BY n DESC, language")
    return {row["language"]: row["n"] for row in rows}


def example_questions(connection: sqlite3.Connection, limit: int) -> list[str]:
    """A question of each of some documents; ids are digests, so their order spreads the choice over the collection."""
    rows = connection.execute(
        """
        SELECT min(ordinal), question FROM passages
        WHERE (question LIKE '%?' OR question LIKE '%？') AND length(question) BETWEEN ? AND ?
        GROUP BY document_id ORDER BY document_id LIMIT ?
        """,
        (*_EXAMPLE_LENGTHS, limit),
    )
    return list(dict.fromkeys(row["question"] for row in rows))


def entries(connection: sqlite3.Connection) -> Iterator[Entry]:
    """Every passage as an engine takes it, in the order of documents and places: the same however the index came about."""
    rows = connection.execute(
        """
        SELECT p.id, d.title, p.heading_path, substr(d.text, p.start + 1, p."end" - p.start) AS text,
               pv.weight, v.vector
        FROM passages p
        JOIN documents d ON d.id = p.document_id
        JOIN passage_vectors pv ON pv.passage_id = p.id
        JOIN vectors v ON v.key = pv.key
        ORDER BY d.uri, d.id, p.ordinal, pv.weight DESC, pv.key
        """
    )
    for _, group in groupby(rows, key=itemgetter("id")):
        of_passage = list(group)
        first = of_passage[0]
        vectors = np.stack([np.frombuffer(row["vector"], "<f4") * np.float32(row["weight"]) for row in of_passage])
        yield Entry(first["id"], context(first["title"], json.loads(first["heading_path"])), first["text"], vectors)


def matching_ids(connection: sqlite3.Connection, wanted: Filter) -> Ids | None:
    """The passages of the documents that a filter lets through, or None where it lets all through.

    Raises RequestError for a key that no document has.
    """
    if not wanted:
        return None
    conditions: list[str] = []
    parameters: list[str] = []
    for key, given in wanted.items():
        values = [given] if isinstance(given, str | int | float) else given
        conditions.append(_FIXED_KEYS.get(key, _METADATA_KEY))
        if key not in _FIXED_KEYS:
            _require_key(connection, key)
            parameters.append(key)
        parameters.append(json.dumps([filter_text(value) for value in values]))
    query = (
        f"SELECT p.id FROM passages p JOIN documents d ON d.id = p.document_id WHERE {' AND '.join(conditions)} ORDER BY p.id"
    )
    return np.array([row["id"] for row in connection.execute(query, parameters)], np.int64)


def _require_key(connection: sqlite3.Connection, key: str) -> None:
    if connection.execute("SELECT 1 FROM metadata WHERE key = ? LIMIT 1", (key,)).fetchone() is None:
        rows = connection.execute(
            "SELECT DISTINCT key FROM metadata WHERE key <> 'document' ORDER BY key LIMIT ?", (_MOST_KEYS_NAMED,)
        )
        known = ", ".join([*_FIXED_KEYS, *(row["key"] for row in rows)])
        raise RequestError(f"No document has the filter key {key}: use one of {known}.")


def _summary(row: sqlite3.Row) -> DocumentSummary:
    metadata: Metadata = json.loads(row["metadata"])
    return DocumentSummary(row["document_id"], row["title"], row["uri"], row["language"], metadata)


def _stored_passage(row: sqlite3.Row) -> StoredPassage:
    return StoredPassage(
        id=public_id(row["document_id"], row["ordinal"]),
        ordinal=row["ordinal"],
        document=_summary(row),
        heading_path=tuple(json.loads(row["heading_path"])),
        question=row["question"],
        text=row["text"],
        start=row["start"],
        end=row["end"],
    )
