"""The address of a database; it is known without psycopg."""

import re
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

from askdex.indexer.errors import MissingExtraError, RequestError

if TYPE_CHECKING:
    from askdex.indexer.postgres.reader import PostgresReader

_SCHEME = re.compile(r"(postgresql|postgres)://", re.IGNORECASE)
_SECRETS = ("password", "sslpassword", "oauth_client_secret")


@dataclass(frozen=True, slots=True)
class DatabaseAddress:
    """The address of a database, as libpq has it, without a password: that is of the environment or a file."""

    url: str

    def __str__(self) -> str:
        return self.url

    @classmethod
    def parse(cls, text: str) -> "DatabaseAddress":
        """An address as it is written. Raises RequestError where it holds a password, which others could see."""
        try:
            parts = urlsplit(text)
            names = {name.casefold() for name, _ in parse_qsl(parts.query, keep_blank_values=True)}
            has_secret = parts.password is not None or not names.isdisjoint(_SECRETS)
        except ValueError:
            raise RequestError("The address of the database cannot be read: write postgresql://user@host:5432/name") from None
        if has_secret:
            raise RequestError(
                "An address with a password shows it to everyone on this machine: leave it out, and set PGPASSWORD, or "
                "write it into ~/.pgpass or a service file."
            )
        return cls(text)


def is_address(text: str) -> bool:
    """Whether a text names a database and no folder."""
    return _SCHEME.match(text) is not None


def require_extra() -> None:
    """Raise MissingExtraError where psycopg is not installed."""
    if find_spec("psycopg") is None:
        raise MissingExtraError(
            "An index in PostgreSQL needs the extra postgres: install it with: pip install 'askdex[postgres]'"
        )


def open_published(address: DatabaseAddress) -> "PostgresReader":
    """Open a published index. Raises MissingIndexError where there is none, StorageError, MissingExtraError."""
    require_extra()
    # Here alone: it needs an extra.
    from askdex.indexer.postgres.reader import PostgresReader

    return PostgresReader(address)
