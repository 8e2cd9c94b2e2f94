"""Making the tables of a published index."""

from psycopg import errors

from askdex.indexer.errors import StorageError
from askdex.indexer.postgres.address import DatabaseAddress
from askdex.indexer.postgres.connection import Connection, execute, find_tables, has_tables, rows
from askdex.indexer.postgres.schema import SCHEMA_FORMAT, TABLES


def create(address: DatabaseAddress, connection: Connection, identity: str) -> None:
    """Make the tables where they are not there yet; all of them, or none.

    Raises StorageError where the server has no pgvector, or the index that is published there is another one.
    """
    if not has_tables(address, connection):
        _require_pgvector(address, connection)
        with connection.transaction():
            find_tables(address, connection)
            connection.execute(TABLES, prepare=False)
            query = "INSERT INTO askdex.about (format, identity) VALUES (%(format)s, %(identity)s)"
            execute(connection, query, {"format": SCHEMA_FORMAT, "identity": identity})
    find_tables(address, connection)
    ((published,),) = rows(connection, "SELECT identity FROM about")
    if published != identity:
        raise StorageError(
            f"{address} holds another index: name another database, or give it up there with: DROP SCHEMA askdex CASCADE"
        )


def _require_pgvector(address: DatabaseAddress, connection: Connection) -> None:
    try:
        execute(connection, "CREATE EXTENSION IF NOT EXISTS vector")
    except errors.InsufficientPrivilege:
        raise StorageError(
            f"{address} has no pgvector, and this user may not add it: let an administrator run there: CREATE EXTENSION vector"
        ) from None
    except (errors.FeatureNotSupported, errors.UndefinedFile):
        raise StorageError(
            f"The server of {address} has no pgvector: install it there (Debian: postgresql-NN-pgvector), then try again."
        ) from None
