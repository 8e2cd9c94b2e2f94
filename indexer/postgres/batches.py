"""Batches: passages as an engine takes them in, made into rows of the engine's tables; see `schema`."""

import hashlib
import secrets
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
from askdex.indexer.types import Array, Rows, TermHashes

SIZES = SegmentSizes(largest=2**16, sketched_from=2**62)
"""Batches of at most about 65,000 vectors bound what a publisher holds in memory, and what it sends again after it was stopped.
They have no sketch: pgvector searches them. A passage is known in its batch by 16 bits."""

_COLUMNS: dict[str, tuple[LiteralString, LiteralString]] = {
    "passages": ("COPY passages (batch, passage, place, terms) FROM STDIN (FORMAT binary)", "int4 int4 bytea bytea"),
    "vectors": ("COPY vectors (batch, passage, nth, vector) FROM STDIN (FORMAT binary)", "int4 int4 int2 bytea"),
    "postings": ("COPY postings (batch, term, postings) FROM STDIN (FORMAT binary)", "int4 int4 bytea"),
    "pairs": ("COPY pairs (batch, pair, key, number, passages) FROM STDIN (FORMAT binary)", "int4 int8 int8 float8 bytea"),
}
"""For each table how its rows are copied, and how their values are sent. A vector is sent as the bytes that the server reads it
from: so no number has to be made an object first."""


@dataclass(frozen=True, slots=True)
class Batch:
    """A batch that is held: its number, its stamp, its size, the terms of all its passages, the most vectors that one has."""

    number: int
    stamp: bytes
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


def noted(connection: Connection, number: int) -> Batch:
    """What is noted of a batch."""
    query = "SELECT batch, stamp, passages, vectors, most_vectors, terms FROM batches WHERE batch = %(batch)s"
    ((*values,),) = rows(connection, query, {"batch": number})
    return Batch(*values)


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
            INSERT INTO batches (name, passages, vectors, most_vectors, terms, spellings, ids, lengths, stamp, checksum)
            VALUES (%(name)s, 0, 0, 0, 0, '', '', '', '', '') RETURNING batch
        """
        ((number,),) = rows(connection, query, {"name": name})
        _fill(connection, number, segment)
    return int(number), True


def frequencies_held(connection: Connection, number: int) -> tuple[TermHashes, Rows]:
    """The terms of a batch by their hashes, ascending, and how many passages hold each, from its postings."""
    query = "SELECT term, octet_length(postings) / 3 FROM postings WHERE batch = %(batch)s"
    found = np.array(rows(connection, query, {"batch": number}), np.int64).reshape(-1, 2)
    return summed(found[:, 0].astype(np.int32).view(np.uint32), found[:, 1].astype(np.int32))


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
        spellings = %(spellings)s, ids = %(ids)s, lengths = %(lengths)s, stamp = %(stamp)s
        WHERE batch = %(batch)s
    """
    sizes = {
        "batch": number,
        "passages": len(segment),
        "vectors": len(segment.owners),
        "most": int(np.diff(segment.vector_ends).max(initial=1)),
        "terms": int(segment.postings.lengths.sum()),
        "spellings": "\n".join(segment.spellings.words()),
        "ids": segment.ids.astype("<i8").tobytes(),
        "lengths": segment.postings.lengths.astype("<i4").tobytes(),
        "stamp": secrets.token_bytes(8),
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
    noted = """
        SELECT md5(concat_ws(':', passages, vectors, most_vectors, terms, spellings, md5(ids), md5(lengths)))
        FROM batches WHERE batch = %(batch)s
    """
    ((checksum,),) = rows(connection, f"SELECT concat_ws(' ', {sums}, ({noted}))", {"batch": number})
    return str(checksum)


def _passages(number: int, segment: Segment) -> Iterator[tuple[object, ...]]:
    sequence, ends = segment.postings.sequence.astype("<u4"), segment.postings.sequence_ends.tolist()
    for passage, (place, (start, end)) in enumerate(zip(segment.places, pairwise(ends), strict=True)):
        yield number, passage, place.tobytes(), sequence[start:end].tobytes()


def _vectors(number: int, segment: Segment) -> Iterator[tuple[object, ...]]:
    halves = segment.vectors.halves.astype(">f2")
    head = struct.pack(">HH", halves.shape[1], 0)
    nth = np.arange(len(segment.owners)) - segment.vector_ends[segment.owners]
    for passage, n, vector in zip(segment.owners.tolist(), nth.tolist(), halves, strict=True):
        yield number, passage, n, head + vector.tobytes()


def _postings(number: int, segment: Segment) -> Iterator[tuple[object, ...]]:
    words = segment.postings
    rows, counts = words.rows.astype("<u2"), words.counts
    for term, (start, end) in zip(words.terms(), pairwise(words.ends.tolist()), strict=True):
        yield number, signed(term_hash(term)), rows[start:end].tobytes() + counts[start:end].tobytes()


def _pairs(number: int, segment: Segment) -> Iterator[tuple[object, ...]]:
    filters, passages = segment.filters, segment.filters.rows.astype("<u2")
    hashes, keys = filters.hashes.view(np.int64).tolist(), filters.keys.view(np.int64).tolist()
    for pair, key, value, (start, end) in zip(
        hashes, keys, filters.numbers.tolist(), pairwise(filters.ends.tolist()), strict=True
    ):
        yield number, pair, key, None if np.isnan(value) else value, passages[start:end].tobytes()


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
