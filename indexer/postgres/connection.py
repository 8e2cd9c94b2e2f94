"""Connections to a database, and its errors as lines that say what to do."""

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from typing import Any, LiteralString, TypeAlias

import psycopg
from psycopg import errors
from psycopg.rows import TupleRow

from askdex.corpus.errors import AskdexError
from askdex.indexer.errors import MissingIndexError, StorageError
from askdex.indexer.postgres.address import DatabaseAddress
from askdex.indexer.postgres.schema import LEAST_PGVECTOR, LEAST_SERVER, SCHEMA_FORMAT

Connection: TypeAlias = psycopg.Connection[TupleRow]

_CONNECT_S = 10
"""Seconds after which a server that does not answer is given up."""

_SETTINGS = (
    "-c statement_timeout=0 -c idle_in_transaction_session_timeout=0 -c jit=off "
    "-c hnsw.iterative_scan=strict_order -c hnsw.max_scan_tuples=2000000000 -c hnsw.scan_mem_multiplier=64"
)
"""What every connection is opened with. To compile a statement takes longer than to run one of these; pgvector goes on reading
its index of neighbours until as many are found as were asked for, however few a filter lets through."""

_FORBIDDEN = (errors.InsufficientPrivilege, errors.InvalidAuthorizationSpecification)


@contextmanager
def connected(address: DatabaseAddress) -> Iterator[Connection]:
    """A connection for one task. Raises StorageError."""
    with errors_reported(address), closing(connect(address)) as connection:
        yield connection


@contextmanager
def opened(address: DatabaseAddress) -> Iterator[Connection]:
    """The same to a database that need not have pgvector."""
    with errors_reported(address), closing(_open(address)) as connection:
        yield connection


def connect(address: DatabaseAddress) -> Connection:
    """Open a connection on which every statement is a transaction of its own. Raises StorageError."""
    connection = _open(address)
    try:
        find_tables(address, connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _open(address: DatabaseAddress) -> Connection:
    try:
        connection: Connection = psycopg.connect(
            str(address),
            autocommit=True,
            connect_timeout=_CONNECT_S,
            application_name="askdex",
            options=_SETTINGS,
            prepare_threshold=0,
        )
    except psycopg.Error as error:
        raise _not_connected(address, error) from None
    return connection


def rows(connection: Connection, query: str, parameters: Mapping[str, Any] | None = None) -> list[Any]:
    """The rows of a query as tuples; values come as the server has them, without a detour over text."""
    found: list[Any] = connection.execute(_literal(query), parameters, binary=True).fetchall()
    return found


def execute(connection: Connection, query: str, parameters: Mapping[str, Any] | None = None) -> int:
    """Run a statement; returns how many rows it touched."""
    return int(connection.execute(_literal(query), parameters).rowcount)


def _literal(query: str) -> LiteralString:
    # Queries are put together from constants of this package; values are always parameters.
    return query


@contextmanager
def errors_reported(address: DatabaseAddress) -> Iterator[None]:
    """Turn errors of the database into StorageError."""
    try:
        yield
    except psycopg.Error as error:
        raise reported(address, error) from error


def reported(address: DatabaseAddress, error: psycopg.Error) -> AskdexError:
    """The error that says what is wrong with a database, and what to do."""
    said = _first_line(error)
    if isinstance(error, errors.DiskFull | errors.OutOfMemory | errors.InsufficientResources):
        return StorageError(f"The server of {address} is full ({said}): make room and try again; what was published stays.")
    if isinstance(error, _FORBIDDEN):
        return StorageError(f"{address} does not let this user do that ({said}): grant it, or connect as another user.")
    if isinstance(error, errors.ReadOnlySqlTransaction):
        return StorageError(f"{address} can only be read, as a replica: publish to the primary.")
    return StorageError(f"The database {address} cannot be used ({said}): mend that and try again; what was published stays.")


def _not_connected(address: DatabaseAddress, error: psycopg.Error) -> StorageError:
    said = _first_line(error)
    if "password" in said:
        return StorageError(f"{address} refuses the password ({said}): set PGPASSWORD, or write it into ~/.pgpass.")
    if "does not exist" in said and "database" in said:
        return StorageError(f"There is no such database ({said}): make it with createdb, or name another.")
    return StorageError(f"The database {address} cannot be reached ({said}): start the server, or mend the address.")


def _first_line(error: psycopg.Error) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0] if lines else type(error).__name__


def find_tables(address: DatabaseAddress, connection: Connection) -> None:
    """Raise StorageError where the server or its pgvector is too old, and find the tables under their own names."""
    version = connection.info.server_version
    if version < LEAST_SERVER * 10_000:
        raise StorageError(f"{address} is PostgreSQL {version // 10_000}: bring it up to {LEAST_SERVER} or newer.")
    query = "SELECT extversion, extnamespace::regnamespace::text FROM pg_extension WHERE extname = 'vector'"
    for installed, where in rows(connection, query):
        numbers = tuple(int(part) for part in installed.split(".")[:2] if part.isdecimal())
        if numbers < LEAST_PGVECTOR:
            least = ".".join(map(str, LEAST_PGVECTOR))
            raise StorageError(
                f"{address} has pgvector {installed}: bring it up to {least} or newer, then run ALTER EXTENSION vector UPDATE."
            )
        execute(connection, f"SET search_path = askdex, {where}, pg_catalog")


def require_published(address: DatabaseAddress, connection: Connection) -> None:
    """Raise MissingIndexError where nothing is published there, StorageError where the tables are of another kind or format."""
    if not has_tables(address, connection):
        raise MissingIndexError(f"Nothing is published to {address}: publish an index with: askdex publish {address}")


def has_tables(address: DatabaseAddress, connection: Connection) -> bool:
    """Whether the tables of an index are there. Raises StorageError where the schema holds others."""
    query = """
        SELECT to_regclass('askdex.about') IS NOT NULL, EXISTS (
            SELECT FROM pg_class WHERE relnamespace = to_regnamespace('askdex') AND relkind IN ('r', 'p', 'v', 'm')
        )
    """
    ((is_ours, has_others),) = rows(connection, query)
    if not is_ours:
        if has_others:
            raise _foreign(address)
        return False
    try:
        found = rows(connection, "SELECT format FROM askdex.about")
    except (errors.UndefinedColumn, errors.UndefinedTable):
        raise _foreign(address) from None
    if len(found) != 1:
        raise _foreign(address)
    ((number,),) = found
    if number != SCHEMA_FORMAT:
        raise StorageError(
            f"{address} has tables of format {number}, this Askdex has {SCHEMA_FORMAT}: bring the older Askdex up to date, "
            "or drop the schema askdex there and publish anew."
        )
    return True


def _foreign(address: DatabaseAddress) -> StorageError:
    return StorageError(f"The schema askdex of {address} holds tables that are not of Askdex: name another database.")
