"""Batches: passages as an engine takes them in, made into rows of the engine's tables; see `schema`."""

import hashlib
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import LiteralString

import numpy as np

from askdex.indexer.engine.postings import END, term_hash
from askdex.indexer.engine.segment import Segment, SegmentSizes
from askdex.indexer.postgres.connection import Connection, execute, rows
from askdex.indexer.postgres.schema import OF_BATCHES
from askdex.indexer.types import Array, Ids, Rows, TermHashes

SIZES = SegmentSizes(largest=2**16, sketched_from=2**62)
"""Batches of at most about 65,000 vectors bound what a publisher holds in memory, and what it sends again after it was stopped.
They have no sketch: pgvector searches them."""

_COLUMNS: dict[str, tuple[LiteralString, LiteralString]] = {
    "passages": (
        "COPY passages (batch, id, length, place, terms, pairs) FROM STDIN (FORMAT binary)",
        "int4 int8 int4 bytea bytea bytea",
    ),
    "vectors": ("COPY vectors (batch, id, nth, vector) FROM STDIN (FORMAT binary)", "int4 int8 int2 bytea"),
    "postings": ("COPY postings (term, batch, ids, counts, lengths) FROM STDIN (FORMAT binary)", "int4 int4 bytea bytea bytea"),
    "pairs": ("COPY pairs (batch, pair, key, number) FROM STDIN (FORMAT binary)", "int4 int8 int8 float8"),
}
"""For each table how its rows are copied, and how their values are sent. Arrays and vectors are sent as the bytes that the
server reads them from: so no number has to be made an object first."""

_INT2, _INT8 = 21, 20
"""The numbers that PostgreSQL knows the types of array elements by."""


@dataclass(frozen=True, slots=True)
class Batch:
    """A batch that is held: its number, its size, the terms of all its passages, and the most vectors that one has."""

    number: int
    passages: int
    vectors: int
    most_vectors: int
    terms: int


def name_of(segment: Segment) -> bytes:
    """A digest of all that a batch of these passages holds."""
    digest = hashlib.blake2b(digest_size=16)
    words, filters = segment.postings, segment.filters
    of_passages: list[Array] = [segment.ids, segment.places, segment.owners, segment.vectors.halves]
    of_terms: list[Array] = [words.sequence, words.sequence_ends, words.hashes]
    of_filters: list[Array] = [filters.hashes, filters.ends, filters.rows, filters.keys, filters.numbers]
    for array in (*of_passages, *of_terms, *of_filters):
        digest.update(np.ascontiguousarray(array).view(np.uint8).reshape(-1).data)
    digest.update("\n".join(segment.spellings.words()).encode())
    return digest.digest()


def stored(connection: Connection, segment: Segment) -> tuple[int, bool]:
    """The number of the batch of these passages, and whether it is new.

    It is written, in one transaction, where it is not held whole already.
    """
    name = name_of(segment)
    for number, checksum in rows(connection, "SELECT batch, checksum FROM batches WHERE name = %(name)s", {"name": name}):
        if checksum == checksum_of(connection, number):
            return int(number), False
        with connection.transaction():
            clear(connection, number)
            _fill(connection, number, segment)
        return int(number), False
    with connection.transaction():
        query = """
            INSERT INTO batches (name, passages, vectors, most_vectors, terms, spellings, checksum)
            VALUES (%(name)s, 0, 0, 0, 0, '', '') RETURNING batch
        """
        ((number,),) = rows(connection, query, {"name": name})
        _fill(connection, number, segment)
    return int(number), True


def forget(connection: Connection, numbers: Iterable[int]) -> None:
    """Delete batches that no state has."""
    for number in numbers:
        with connection.transaction():
            clear(connection, number)
            execute(connection, "DELETE FROM batches WHERE batch = %(batch)s", {"batch": number})


def clear(connection: Connection, number: int) -> None:
    """Delete the rows of a batch, in the transaction that is open."""
    for table in OF_BATCHES:
        execute(connection, f"DELETE FROM {table} WHERE batch = %(batch)s", {"batch": number})


def _fill(connection: Connection, number: int, segment: Segment) -> None:
    """Write the rows of a batch, and note its size and checksum, in the transaction that is open."""
    _require_dimension(connection, segment.vectors.halves.shape[1])
    for table, rows_of in (("passages", _passages), ("vectors", _vectors), ("postings", _postings), ("pairs", _pairs)):
        command, types = _COLUMNS[table]
        with connection.cursor() as cursor, cursor.copy(command) as copy:
            copy.set_types(types.split())
            for row in rows_of(number, segment):
                copy.write_row(row)
    query = """
        UPDATE batches SET passages = %(passages)s, vectors = %(vectors)s, most_vectors = %(most)s, terms = %(terms)s,
        spellings = %(spellings)s, checksum = %(checksum)s WHERE batch = %(batch)s
    """
    sizes = {
        "batch": number,
        "passages": len(segment),
        "vectors": len(segment.owners),
        "most": int(np.diff(segment.vector_ends).max(initial=1)),
        "terms": int(segment.postings.lengths.sum()),
        "spellings": "\n".join(segment.spellings.words()),
        "checksum": "",
    }
    execute(connection, query, sizes)
    query = "UPDATE batches SET checksum = %(checksum)s WHERE batch = %(batch)s"
    execute(connection, query, {"batch": number, "checksum": checksum_of(connection, number)})


def _require_dimension(connection: Connection, dimension: int) -> None:
    """Give the column of vectors the dimension of the first that come: an index needs one, and checks it."""
    ((known,),) = rows(
        connection, "SELECT atttypmod FROM pg_attribute WHERE attrelid = 'vectors'::regclass AND attname = 'vector'"
    )
    if known < 0:
        execute(connection, f"ALTER TABLE vectors ALTER COLUMN vector TYPE halfvec({int(dimension)})")


def checksum_of(connection: Connection, number: int) -> str:
    """A checksum of the rows of a batch and of what is noted of it; the server computes it, so that no row travels."""
    sums = ", ".join(
        f"(SELECT count(*) || ':' || coalesce(bit_xor(('x' || left(md5(record_send(t)), 16))::bit(64)::bigint), 0)"
        f" FROM {table} t WHERE batch = %(batch)s)"
        for table in OF_BATCHES
    )
    noted = "SELECT md5(concat_ws(':', passages, vectors, most_vectors, terms, spellings)) FROM batches WHERE batch = %(batch)s"
    ((checksum,),) = rows(connection, f"SELECT concat_ws(' ', {sums}, ({noted}))", {"batch": number})
    return str(checksum)


def _passages(number: int, segment: Segment) -> Iterator[tuple[object, ...]]:
    sequence, ends = segment.postings.sequence.astype("<u4"), segment.postings.sequence_ends
    pairs = _pairs_by_row(segment)
    parts = zip(
        segment.ids.tolist(), segment.postings.lengths.tolist(), segment.places, pairs, pairwise(ends.tolist()), strict=True
    )
    for passage, length, place, of_passage, (start, end) in parts:
        yield number, passage, length, place.tobytes(), sequence[start:end].tobytes(), _array(of_passage, _INT8, 8)


def _pairs_by_row(segment: Segment) -> list[Array]:
    """The hashes of the pairs of each passage."""
    filters = segment.filters
    order = np.argsort(filters.rows, kind="stable")
    hashes = np.repeat(filters.hashes, np.diff(filters.ends))[order].view(np.int64)
    return np.split(hashes, np.searchsorted(filters.rows[order], np.arange(1, len(segment))))


def _vectors(number: int, segment: Segment) -> Iterator[tuple[object, ...]]:
    halves = segment.vectors.halves.astype(">f2")
    head = struct.pack(">HH", halves.shape[1], 0)
    nth = np.arange(len(segment.owners)) - segment.vector_ends[segment.owners]
    for passage, n, vector in zip(segment.ids[segment.owners].tolist(), nth.tolist(), halves, strict=True):
        yield number, passage, n, head + vector.tobytes()


def _postings(number: int, segment: Segment) -> Iterator[tuple[object, ...]]:
    words = segment.postings
    lengths = np.minimum(words.lengths, np.iinfo(np.int16).max)
    for term, (start, end) in zip(words.terms(), pairwise(words.ends.tolist()), strict=True):
        holding = words.rows[start:end]
        arrays = ((segment.ids[holding], _INT8, 8), (words.counts[start:end], _INT2, 2), (lengths[holding], _INT2, 2))
        yield (signed(term_hash(term)), number, *(_array(*each) for each in arrays))


def _pairs(number: int, segment: Segment) -> Iterator[tuple[object, ...]]:
    filters = segment.filters
    hashes, keys = filters.hashes.view(np.int64).tolist(), filters.keys.view(np.int64).tolist()
    for pair, key, value in zip(hashes, keys, filters.numbers.tolist(), strict=True):
        yield number, pair, key, None if np.isnan(value) else value


def _array(values: Array, oid: int, size: int) -> bytes:
    """A list of integers as PostgreSQL reads an array: dimensions, type, length, first index, then each with its size."""
    items = np.empty(len(values), [("size", ">i4"), ("value", f">i{size}")])
    items["size"], items["value"] = size, values
    if not len(values):
        return struct.pack(">iii", 0, 0, oid)
    return struct.pack(">iiiii", 1, 0, oid, len(values), 1) + items.tobytes()


def signed(code: int) -> int:
    """A 32-bit hash as PostgreSQL's integers hold it, which have a sign."""
    return code - 2**32 if code >= 2**31 else code


def held_terms(sequences: Iterable[bytes]) -> tuple[TermHashes, Rows]:
    """The terms of passages by their hashes, ascending, and how many of the passages hold each."""
    distinct = [np.unique(np.frombuffer(sequence, "<u4")) for sequence in sequences]
    terms, holders = np.unique(np.concatenate([np.empty(0, np.uint32), *distinct]), return_counts=True)
    is_term = terms != END
    return terms[is_term].astype(np.uint32), holders[is_term].astype(np.int32)


def frequencies(segment: Segment) -> tuple[TermHashes, Rows]:
    """The terms of a segment by their hashes, ascending, and how many passages hold each."""
    hashes = np.array([term_hash(term) for term in segment.postings.terms()], np.uint32)
    return summed(hashes, np.diff(segment.postings.ends).astype(np.int32))


def summed(hashes: TermHashes, numbers: Rows) -> tuple[TermHashes, Rows]:
    """Each hash once, ascending, with the sum of its numbers; those whose sum is 0 are left out."""
    terms, place = np.unique(hashes, return_inverse=True)
    sums = np.bincount(place, numbers, len(terms)).astype(np.int32)
    return terms[sums != 0], sums[sums != 0]


def ids_held(connection: Connection, number: int, wanted: Ids) -> Ids:
    """Those of these ids that a batch has."""
    query = "SELECT id FROM passages WHERE batch = %(batch)s AND id = ANY(%(ids)s)"
    found = rows(connection, query, {"batch": number, "ids": wanted.tolist()})
    return np.array([passage for (passage,) in found], np.int64)
