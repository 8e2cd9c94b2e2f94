"""Reading one state of an index: documents, passages, filters and counts."""

import hashlib
import json
import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from functools import lru_cache, wraps
from itertools import groupby, pairwise
from operator import itemgetter
from typing import Any, Concatenate, ParamSpec, TypeVar

import numpy as np

from askdex.corpus.names import names
from askdex.corpus.passages import context
from askdex.corpus.readers.recognition import MACHINE_READ
from askdex.corpus.sources.folder import is_part_of, uri_of_key
from askdex.corpus.sources.site.addresses import is_address_key
from askdex.corpus.text.dates import MONTHS, first_day, last_day
from askdex.corpus.text.units import Unit, clipped, units
from askdex.corpus.types import Block, Kind, Link, Metadata
from askdex.corpus.versions import Origin, is_replaced
from askdex.indexer.errors import NotFoundError, RequestError
from askdex.indexer.store import sqlite, states
from askdex.indexer.store.folder import damaged, values_checked
from askdex.indexer.store.schema import ADDED, IN_STATE, REMOVED
from askdex.indexer.store.states import StateView
from askdex.indexer.types import (
    FILE_TIME,
    PRINTED,
    REPLACED,
    Array,
    DocumentSummary,
    Filter,
    Ids,
    IndexedPassage,
    Original,
    Place,
    StoredDocument,
    StoredPassage,
)

_ADDED_IN_STATE = f"d.file_id IN (SELECT file_id FROM presence WHERE {ADDED})"
_REMOVED_IN_STATE = f"d.file_id IN (SELECT file_id FROM presence WHERE {REMOVED})"
_SUMMARY = "d.name, d.title, d.uri, d.language, d.metadata, f.path, f.root"
_DOCUMENTS = "documents d JOIN files f ON f.id = d.file_id"
_PASSAGE = f"""
    SELECT d.id, p.id, p.ordinal, p.heading_path, p.question, p.start, p."end", {_SUMMARY}
    FROM passages p JOIN documents d ON d.id = p.document_id JOIN files f ON f.id = d.file_id
"""
_VERSIONED_WORD = re.compile(
    rf"(?!(?:version|revision|rev|edition|v|old|new|current|draft|final|copy|{'|'.join(MONTHS)})\b|[a-z][\W_]+\d)"
    r"\b([^\W\d_]+?)s?\b"
)
"""Words of headings that versions of a document share, without the s of a plural; "P 71" is a number."""
_MOST_KEYS_NAMED = 12
"""Filter keys that an error message lists: about as many as fit two lines."""

_EXAMPLE_LENGTHS = (8, 90)
"""Characters of the shortest and the longest question that is shown as an example: one word is none, two lines are too much."""

_MOST_EXAMINED = 1_000
"""Documents that example questions are taken from: opening the page must not wait for a scan of a large collection."""

_DEEPEST = 1_000
"""The depth of a list item that counts: a page has an element for each."""

# A document is named by its id, its uri, or the file that it is a part of; it has one language. All else is metadata.
FIXED_KEYS = ("document", "language")


_Given = ParamSpec("_Given")
_Read = TypeVar("_Read")


def _checked(read: Callable[Concatenate[StateView, _Given], _Read]) -> Callable[Concatenate[StateView, _Given], _Read]:
    """A function of a view that raises DamagedIndexError where the index holds values that no Askdex wrote."""

    @wraps(read)
    def checked(view: StateView, /, *args: _Given.args, **kwargs: _Given.kwargs) -> _Read:
        with values_checked(view.folder):
            return read(view, *args, **kwargs)

    return checked


def public_id(document: str, ordinal: int) -> str:
    """The id of a passage: that of its document, and its ordinal there. It is the same whenever the same files are indexed."""
    return f"{document}-{ordinal}"


def split_public_id(name: str) -> tuple[str, int] | None:
    """The id of the document and the ordinal that are in the id of a passage; None where it is none."""
    document, _, ordinal = name.rpartition("-")
    return (document, int(ordinal)) if ordinal.isdecimal() and ordinal.isascii() and len(ordinal) < 10 else None


def parsed_blocks(stored: str) -> tuple[Block, ...]:
    """The blocks of a document as they are stored. Raises ValueError or TypeError where they are none, or not in order."""
    blocks = tuple(_blocks(json.loads(stored)))
    if any(before.end > block.start for before, block in pairwise(blocks)):
        raise ValueError("blocks that overlap")
    return blocks


def _blocks(stored: Iterable[Any]) -> list[Block]:
    return [_block(*block) for block in stored]


def _block(kind: str, start: int, end: int, level: int = 0) -> Block:
    if not (type(start) is type(end) is type(level) is int and 0 <= start <= end and level >= 0):
        raise ValueError(f"a block from {start} to {end} of level {level}")
    return Block(Kind(kind), start, end, min(level, _DEEPEST))


def parsed_links(stored: str) -> tuple[Link, ...]:
    """The links of a document as they are stored. Raises ValueError or TypeError where they are none."""
    return tuple(_link(*link) for link in json.loads(stored))


def _link(start: int, end: int, address: str) -> Link:
    if not (type(start) is type(end) is int and 0 <= start <= end and isinstance(address, str)):
        raise ValueError(f"a link from {start} to {end}")
    return Link(start, end, address)


@_checked
def passages(view: StateView, ids: Sequence[int]) -> list[StoredPassage]:
    """The passages of these ids, in this order. Raises DamagedIndexError where one is missing."""
    rows = _rows(view, f"{_PASSAGE} WHERE p.id IN (SELECT value FROM json_each(:ids))", ids=json.dumps(ids))
    by_id = dict(_stored_passages(view, rows))
    if len(by_id) < len(set(ids)):
        raise damaged(view.folder, "passages are missing")
    return [by_id[passage_id] for passage_id in ids]


@_checked
def passage(view: StateView, name: str) -> StoredPassage:
    """The passage of this public id. Raises NotFoundError."""
    named = split_public_id(name)
    if named is not None:
        query = f"{_PASSAGE} WHERE d.name = :name AND p.ordinal = :ordinal AND {IN_STATE}"
        for _, stored in _stored_passages(view, _rows(view, query, name=named[0], ordinal=named[1])):
            return stored
    raise NotFoundError(f"There is no passage {name}.")


@_checked
def document(view: StateView, name: str) -> StoredDocument:
    """The document of this id. Raises NotFoundError."""
    query = f"""
        SELECT (SELECT count(*) FROM passages p WHERE p.document_id = d.id), d.text, d.blocks, d.links, {_SUMMARY}
        FROM {_DOCUMENTS} WHERE d.name = :name AND {IN_STATE}
    """
    for number, text, blocks, links, *summary in _rows(view, query, name=name):
        return StoredDocument(_summary(summary), text, parsed_blocks(blocks), number, parsed_links(links))
    raise NotFoundError(f"There is no document {name}.")


@_checked
def original(view: StateView, name: str) -> Original:
    """The file that the document of this id was read from. Raises NotFoundError where it is none of a file."""
    query = f"SELECT d.uri, f.path, f.root, f.digest FROM {_DOCUMENTS} WHERE d.name = :name AND {IN_STATE}"
    for uri, key, root, version in _rows(view, query, name=name):
        if not is_address_key(key) and is_part_of(uri, file_uri := uri_of_key(key, root)):
            return Original(file_uri, key, version)
        raise NotFoundError(f"The document {uri} is no file of its own.")
    raise NotFoundError(f"There is no document {name}.")


@_checked
def passage_blocks(view: StateView, passages: Sequence[StoredPassage]) -> list[Sequence[Block]]:
    """The blocks of the texts of passages, with offsets in them. Raises DamagedIndexError where a document is missing."""
    query = f"SELECT d.name, d.blocks FROM documents d WHERE d.name IN (SELECT value FROM json_each(:names)) AND {IN_STATE}"
    ids = json.dumps([passage.document.id for passage in passages])
    stored = {name: json.loads(blocks) for name, blocks in _rows(view, query, names=ids)}
    if not all(passage.document.id in stored for passage in passages):
        raise damaged(view.folder, "documents are missing")
    return [_blocks_between(stored[passage.document.id], passage.start, passage.end) for passage in passages]


@_checked
def page_of_documents(view: StateView, limit: int, offset: int) -> list[DocumentSummary]:
    """A page of all documents, in the order of their uris."""
    query = f"SELECT {_SUMMARY} FROM {_DOCUMENTS} WHERE {IN_STATE} ORDER BY d.uri, d.name LIMIT :limit OFFSET :offset"
    return [_summary(row) for row in _rows(view, query, limit=limit, offset=offset)]


@_checked
def passages_of_documents(view: StateView, uris: Sequence[str]) -> dict[str, list[int]]:
    """The ids of the passages of the documents of these uris, or of the files of these, in their order, by the uri."""
    query = f"""
        SELECT u.value, p.id
        FROM json_each(:uris) u
        JOIN documents d ON d.uri = u.value OR (instr(d.uri, '#') AND substr(d.uri, 1, instr(d.uri, '#') - 1) = u.value)
        JOIN passages p ON p.document_id = d.id
        WHERE {IN_STATE} ORDER BY d.uri, d.name, p.ordinal
    """
    found: dict[str, list[int]] = {}
    for uri, passage_id in _rows(view, query, uris=json.dumps(list(dict.fromkeys(uris)))):
        found.setdefault(uri, []).append(passage_id)
    return found


@_checked
def document_numbers(view: StateView) -> Array:
    """The numbers of all documents that may be read, as `Place` has them, of type uint64."""
    numbers = (int(name, 16) for (name,) in _rows(view, f"SELECT d.name FROM documents d WHERE {IN_STATE}"))
    return np.fromiter(numbers, np.uint64)


@_checked
def document_versions(view: StateView) -> dict[str, bytes]:
    """What tells the versions of a document apart, by the ids of all documents: anything that is stored of it has changed."""
    query = f"""
        SELECT d.name, d.id, f.digest, d.metadata, count(DISTINCT p.id), min(p.id), count(t.vector_id)
        FROM {_DOCUMENTS} LEFT JOIN passages p ON p.document_id = d.id
        LEFT JOIN passage_vectors pv ON pv.passage_id = p.id LEFT JOIN token_codes t ON t.vector_id = pv.vector_id
        WHERE {IN_STATE} GROUP BY d.id
    """
    made_with = view.model.fingerprint, states.token_model(view.connection)
    return {
        name: hashlib.blake2b(repr((*row, *made_with)).encode(), digest_size=16).digest() for name, *row in _rows(view, query)
    }


@_checked
def passage_ids(view: StateView, name: str) -> list[int]:
    """The ids of the passages of the document of this id, in its order."""
    query = f"""
        SELECT p.id FROM documents d JOIN passages p ON p.document_id = d.id
        WHERE d.name = :name AND {IN_STATE} ORDER BY p.ordinal
    """
    return [passage_id for (passage_id,) in _rows(view, query, name=name)]


@_checked
def languages(view: StateView) -> dict[str, int]:
    """The number of documents in each language, the commonest first."""
    query = f"SELECT d.language, count(*) AS n FROM documents d WHERE {IN_STATE} GROUP BY 1 ORDER BY n DESC, 1"
    return dict(_rows(view, query))


def example_questions(view: StateView, limit: int) -> list[str]:
    """One question from each of some documents. Ids are digests, so their order spreads the choice over the collection."""
    query = f"""
        SELECT p.question, min(p.ordinal)
        FROM (SELECT d.id, d.name FROM documents d WHERE {IN_STATE} ORDER BY d.name LIMIT :most) d
        JOIN passages p ON p.document_id = d.id
        WHERE (p.question LIKE '%?' OR p.question LIKE '%？') AND length(p.question) BETWEEN :shortest AND :longest
        GROUP BY d.name ORDER BY d.name LIMIT :limit
    """
    shortest, longest = _EXAMPLE_LENGTHS
    rows = _rows(view, query, limit=limit, shortest=shortest, longest=longest, most=_MOST_EXAMINED)
    return list(dict.fromkeys(question for question, _ in rows))


def questions(view: StateView, limit: int) -> list[str]:
    """The questions that passages stand under, each once and short enough to be shown in a list."""
    query = f"""
        SELECT DISTINCT p.question FROM documents d JOIN passages p ON p.document_id = d.id
        WHERE {IN_STATE} AND (p.question LIKE '%?' OR p.question LIKE '%？')
        AND length(p.question) BETWEEN :shortest AND :longest LIMIT :limit
    """
    shortest, longest = _EXAMPLE_LENGTHS
    return [question for (question,) in _rows(view, query, limit=limit, shortest=shortest, longest=longest)]


def indexed_passages(view: StateView) -> Iterator[IndexedPassage]:
    """Every passage of a state, as an engine takes it."""
    return _indexed_passages(view, IN_STATE)


def added_passages(view: StateView) -> Iterator[IndexedPassage]:
    """The passages that are in a state but not in the one before it, as an engine takes them."""
    return _indexed_passages(view, _ADDED_IN_STATE)


def passages_to_index(view: StateView, names: Iterable[str]) -> Iterator[IndexedPassage]:
    """The passages of the documents of these ids, as an engine takes them."""
    with values_checked(view.folder):
        condition = f"d.name IN (SELECT value FROM json_each(:names)) AND {IN_STATE}"
        yield from _passages_of_documents(view, condition, names=json.dumps(list(names)))


def removed_ids(view: StateView) -> Ids:
    """The ids of the passages that are not in a state but were in the one before it."""
    query = f"SELECT p.id FROM documents d JOIN passages p ON p.document_id = d.id WHERE {_REMOVED_IN_STATE}"
    return np.array([passage_id for (passage_id,) in _rows(view, query)], np.int64)


def runtimes(view: StateView) -> dict[str, int]:
    """How many vectors each runtime made, those of all generations; "not noted" are those of older indexes."""
    rows = sqlite.rows(
        view.connection, "SELECT runtime, count(*) FROM vectors GROUP BY runtime ORDER BY count(*) DESC, runtime"
    )
    return {name or "not noted": number for name, number in rows}


def _indexed_passages(view: StateView, condition: str) -> Iterator[IndexedPassage]:
    with values_checked(view.folder):
        yield from _passages_of_documents(view, condition)


def _passages_of_documents(view: StateView, condition: str, **parameters: str) -> Iterator[IndexedPassage]:
    # Ordered by uri and ordinal, so that the order does not depend on how the index came about. One query a document: to
    # sort all vectors at once would take as much memory again as they do. The text is read once a document too: SQLite goes
    # through all of it for each part of it.
    query = f"SELECT d.id, {_SUMMARY} FROM {_DOCUMENTS} WHERE {condition} ORDER BY d.uri, d.name"
    for document_id, *summary in list(_rows(view, query, **parameters)):
        document = _summary(summary)
        query = "SELECT text, blocks FROM documents WHERE id = ?"
        whole_text, stored_blocks = sqlite.first_row(view.connection, query, (document_id,))
        names_of_document = names(document.uri, document.metadata)
        blocks = parsed_blocks(stored_blocks)
        metadata = sqlite.rows(view.connection, "SELECT key, value FROM metadata WHERE document_id = ?", (document_id,))
        filters = [("language", document.language), *(pair for pair in metadata if pair[0] != "language")]
        rows = sqlite.rows(
            view.connection,
            """
            SELECT p.id, p.ordinal, p.question, p.heading_path, p.start, p."end", pv.weight, v.vector
            FROM passages p
            JOIN passage_vectors pv ON pv.passage_id = p.id
            JOIN vectors v ON v.id = pv.vector_id
            WHERE p.document_id = ? ORDER BY p.ordinal, pv.weight DESC, v.key
            """,
            (document_id,),
        )
        for passage_id, group in groupby(rows, key=itemgetter(0)):
            vector_rows = list(group)
            _, ordinal, question, heading_path, start, end, *_ = vector_rows[0]
            text = whole_text[start:end]
            if not all(0 <= weight <= 1 for *_, weight, _ in vector_rows):
                raise ValueError("a weight of a vector that is not between 0 and 1")
            vectors = np.stack([np.frombuffer(vector, "<f4") * np.float32(weight) for *_, weight, vector in vector_rows])
            if vectors.shape[1] != view.model.dimension:
                raise ValueError(f"a vector of {vectors.shape[1]} numbers, not {view.model.dimension}")
            above = context(document.title, parsed_path(heading_path))
            place = _place(document, ordinal, question, above)
            spans = [(unit.start, unit.end) for unit in units(text, clipped(blocks, start, end))]
            yield IndexedPassage(passage_id, above, text, vectors, place, spans, filters, names_of_document)


def _place(document: DocumentSummary, ordinal: int, question: str | None, above: str) -> Place:
    """A document's number is its id, which is a digest in hexadecimal; a question's number is a digest of its text."""
    number = int(document.id, 16)
    if not (number < 2**64 and 0 <= ordinal < 2**32):
        raise ValueError(f"a passage {ordinal} of a document {document.id}")
    metadata = document.metadata
    dates = {key: str(metadata.get(key, "")) for key in ("updated", "valid_from", "valid_until")}
    return Place(
        document=number,
        ordinal=ordinal,
        question=0 if question is None else _digest(question),
        headings=_digest(" ".join(_VERSIONED_WORD.findall(above.casefold()))),
        updated=_day_number(first_day(dates["updated"])),
        valid_from=_day_number(first_day(dates["valid_from"])),
        valid_until=_day_number(last_day(dates["valid_until"])),
        flags=REPLACED * is_replaced(metadata)
        + PRINTED * (metadata.get("format") == "pdf" or MACHINE_READ in metadata)
        + FILE_TIME * (metadata.get("updated_from") == Origin.FILE),
    )


def _digest(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest())


def _day_number(day: date | None) -> int:
    return 0 if day is None else day.toordinal()


def require_filter_keys(view: StateView, query_filter: Filter) -> None:
    """Raise RequestError for a filter key that no document of a generation has."""
    for key in query_filter:
        query = f"SELECT 1 FROM metadata m JOIN documents d ON d.id = m.document_id WHERE {IN_STATE} AND m.key = :key LIMIT 1"
        if key not in FIXED_KEYS and next(_rows(view, query, key=key), None) is None:
            raise unknown_filter_key(key, filter_keys(view, _MOST_KEYS_NAMED))


def unknown_filter_key(key: str, known: Sequence[str]) -> RequestError:
    """The error that says that no document has a filter key, and names some that are known, the fixed ones first."""
    names = ", ".join(known[: len(FIXED_KEYS) + _MOST_KEYS_NAMED])
    return RequestError(f"No document has the filter key {key}: use one of {names}.")


def filter_keys(view: StateView, limit: int) -> list[str]:
    """The keys that a filter may name: the fixed ones, then at most so many metadata keys in their order."""
    query = f"""
        SELECT DISTINCT m.key FROM metadata m JOIN documents d ON d.id = m.document_id
        WHERE {IN_STATE} AND m.key <> 'document' ORDER BY 1 LIMIT :limit
    """
    return [*FIXED_KEYS, *(name for (name,) in _rows(view, query, limit=limit))]


@_checked
def passage_units(view: StateView, ids: Sequence[int]) -> dict[int, tuple[Unit, ...]]:
    """The sentences, list items and rows of the texts of these passages, by their ids."""
    query = 'SELECT document_id, id, start, "end" FROM passages WHERE id IN (SELECT value FROM json_each(:ids))'
    found: dict[int, tuple[Unit, ...]] = {}
    for (text, stored), rows in _by_document(view, _rows(view, query, ids=json.dumps(ids)), "text, blocks"):
        blocks = json.loads(stored)
        for _, passage_id, start, end in rows:
            found[passage_id] = tuple(units(text[start:end], _blocks_between(blocks, start, end)))
    return found


def _blocks_between(stored: Sequence[Any], start: int, end: int) -> list[Block]:
    """The blocks that lie in `text[start:end]`, with offsets in it; of a long document few of its many blocks are made."""
    first = bisect_right(stored, start, key=itemgetter(2))
    last = bisect_left(stored, end, key=itemgetter(1))
    return clipped(_blocks(stored[first:last]), start, end)


def _by_document(view: StateView, rows: Iterable[Any], columns: str) -> Iterator[tuple[Any, Iterator[Any]]]:
    """These columns of each document, with the rows that begin with its id.

    They are read once a document: SQLite goes through all of a text for each part of it.
    """
    for document_id, of_document in groupby(sorted(rows, key=itemgetter(0)), key=itemgetter(0)):
        query = f"SELECT {columns} FROM documents WHERE id = ?"
        yield sqlite.first_row(view.connection, query, (document_id,)), of_document


def _rows(view: StateView, query: str, **parameters: str | int) -> Iterator[Any]:
    return sqlite.rows(view.connection, query, {**view.parameters, **parameters})


def _summary(row: Sequence[Any]) -> DocumentSummary:
    name, title, uri, language, metadata, key, root = row
    url = key.decode() if is_address_key(key) else None
    is_file = url is None and is_part_of(uri, uri_of_key(key, root))
    return DocumentSummary(name, title, uri, language, parsed_metadata(metadata), url, is_file)


@lru_cache
def parsed_metadata(text: str) -> Metadata:
    """The metadata of a document as it is stored. Raises ValueError or AttributeError where it is none."""
    # Many documents have the same metadata, and the results of a question often come from few documents.
    parsed: Metadata = json.loads(text)
    values = [part for value in parsed.values() for part in (value if isinstance(value, list) else [value])]
    if not all(isinstance(value, str | int | float) for value in values):
        raise ValueError("metadata of another kind")
    return parsed


def _stored_passages(view: StateView, rows: Iterable[Any]) -> Iterator[tuple[int, StoredPassage]]:
    """The passages of rows of `_PASSAGE`, each with its id."""
    for (text, stored_links, stored_pages), of_document in _by_document(view, rows, "text, links, page_starts"):
        links, page_starts = parsed_links(stored_links), json.loads(stored_pages)
        for _, passage_id, ordinal, heading_path, question, start, end, *summary in of_document:
            document = _summary(summary)
            yield (
                passage_id,
                StoredPassage(
                    public_id(document.id, ordinal),
                    ordinal,
                    document,
                    parsed_path(heading_path),
                    question,
                    text[start:end],
                    start,
                    end,
                    bisect_right(page_starts, start) or None,
                    tuple(
                        Link(max(link.start, start) - start, min(link.end, end) - start, link.address)
                        for link in links
                        if link.start < end and link.end > start
                    ),
                ),
            )


@lru_cache
def parsed_path(text: str) -> tuple[str, ...]:
    """The headings above a passage as they are stored. Raises ValueError where they are none."""
    path: list[str] = json.loads(text)
    if not (isinstance(path, list) and all(isinstance(heading, str) for heading in path)):
        raise ValueError("a heading path that is none")
    return tuple(path)
