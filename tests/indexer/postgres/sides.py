"""The published side and the read model in PostgreSQL, as the suites of both want them."""

import weakref
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from askdex.indexer.engine.protocol import Engine, ReadModel
from askdex.indexer.postgres import reader
from askdex.indexer.postgres.connection import connect, execute, has_tables, rows
from askdex.indexer.postgres.publish import publish
from askdex.indexer.postgres.published import PostgresPublished
from askdex.indexer.postgres.reader import PostgresReader
from askdex.indexer.types import Ids, IndexedPassage, State
from tests.indexer.postgres import engines
from tests.indexer.postgres.server import address_of

_DIMENSION = 16
_DAMAGED_COLUMNS = {
    "passages": {
        "place": "set_byte(place, 3, 255 - get_byte(place, 3))",
        "terms": "set_byte(terms, 0, 255 - get_byte(terms, 0))",
        "passage": "passage + 1000",
    },
    "vectors": {"vector": "vector + vector", "nth": "nth + 9", "passage": "passage + 1000"},
    "postings": {"term": "term # 1", "postings": "set_byte(postings, 0, 255 - get_byte(postings, 0))"},
    "pairs": {
        "pair": "pair # 1",
        "key": "key # 1",
        "number": "coalesce(number, 0) + 1",
        "passages": "set_byte(passages, 0, 255 - get_byte(passages, 0))",
    },
}
_DAMAGED_STATES = {
    "UPDATE states SET passages = passages + 1",
    "UPDATE states SET vectors = vectors - 1",
    "UPDATE states SET terms = terms + 1",
    "UPDATE states SET vocabulary = set_byte(vocabulary, 0, 255 - get_byte(vocabulary, 0))",
    "UPDATE states SET vocabulary = ''",
    "UPDATE members SET removed = removed || 7::bigint",
    "DELETE FROM members",
    "UPDATE batches SET passages = passages - 1",
    "UPDATE batches SET spellings = ''",
    "UPDATE batches SET terms = terms + 1",
    "UPDATE batches SET ids = set_byte(ids, 0, 255 - get_byte(ids, 0))",
    "UPDATE batches SET lengths = set_byte(lengths, 0, 255 - get_byte(lengths, 0))",
}
_TABLES = ("batches", "states", "members", "passages", "vectors", "postings", "pairs")
"""Each after those that it refers to."""


def published_in(folder: Path) -> PostgresPublished:
    connection = engines.writing(folder)
    side = PostgresPublished(connection)
    weakref.finalize(side, connection.close)
    return side


def read_model(folder: Path) -> ReadModel:
    return PostgresReader(address_of(folder))


def publish_folder(folder: Path) -> None:
    publish(folder, address_of(folder))


def engine(folder: Path, state: State) -> Engine:
    return engines.opened(folder, state, _DIMENSION)


def names(folder: Path) -> set[str]:
    """The states and the batches that are held."""
    address = address_of(folder)
    with closing(connect(address)) as connection:
        if not has_tables(address, connection):
            return set()
        query = "SELECT token FROM states UNION ALL SELECT encode(name, 'hex') FROM batches"
        return {name for (name,) in rows(connection, query)}


def damages(folder: Path, _state: State) -> Iterator[str]:
    """Rows of each table missing or changed, some rows of each in turn."""
    with closing(connect(address_of(folder))) as connection:
        for table in _TABLES:
            execute(connection, f"CREATE TEMPORARY TABLE sound_{table} AS SELECT * FROM {table}")
        for table, columns in _DAMAGED_COLUMNS.items():
            for place in (0, 1) if table == "pairs" else (0, 2, 5):
                row = f"ctid = (SELECT ctid FROM {table} ORDER BY ctid OFFSET {place} LIMIT 1)"
                yield from _damaged(connection, f"DELETE FROM {table} WHERE {row}")
                for column, value in columns.items():
                    yield from _damaged(connection, f"UPDATE {table} SET {column} = {value} WHERE {row}")
        for statement in sorted(_DAMAGED_STATES):
            yield from _damaged(connection, statement)


def _damaged(connection: Any, statement: str) -> Iterator[str]:  # noqa: ANN401
    assert execute(connection, statement), statement
    yield statement
    with connection.transaction():
        for table in reversed(_TABLES):
            execute(connection, f"DELETE FROM {table}")
        for table in _TABLES:
            extra = "OVERRIDING SYSTEM VALUE" if table == "batches" else ""
            execute(connection, f"INSERT INTO {table} {extra} SELECT * FROM sound_{table}")


def leave_unfinished(folder: Path) -> None:
    """A batch that no state has, as a publisher leaves it that was killed."""
    with closing(connect(address_of(folder))) as connection:
        query = """
            INSERT INTO batches (name, passages, vectors, most_vectors, terms, spellings, ids, lengths, stamp, checksum)
            VALUES ('unfinished', 1, 1, 1, 1, '', '', '', '', '') RETURNING batch
        """
        ((number,),) = rows(connection, query)
        query = "INSERT INTO passages VALUES (%(batch)s, 1, '', '')"
        execute(connection, query, {"batch": number})


def after_staging(patch: pytest.MonkeyPatch, call: Callable[[], None]) -> None:
    stage = PostgresPublished.stage

    def staged(
        self: PostgresPublished, state: State, added: Iterable[IndexedPassage], removed: Ids, before: State | None
    ) -> None:
        stage(self, state, added, removed, before)
        call()

    patch.setattr(PostgresPublished, "stage", staged)


def before_opening(patch: pytest.MonkeyPatch, call: Callable[[], object]) -> None:
    """Have something called before what a server keeps of a generation is loaded."""
    open_generation = reader.open_generation

    def opened(*arguments: Any) -> object:  # noqa: ANN401
        call()
        return open_generation(*arguments)

    patch.setattr(reader, "open_generation", opened)
