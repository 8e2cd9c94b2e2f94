"""What is known of the pages of sites: the tables `pages` and `crawls`, changed in the transaction that is open."""

from collections.abc import Container, Iterator
from dataclasses import astuple, fields
from datetime import UTC, datetime, timedelta
from typing import Any

from askdex.corpus.sources.site.records import PageRecord, RecordKind
from askdex.indexer.store import sqlite
from askdex.indexer.store.sqlite import Connection

_COLUMNS = ", ".join(field.name for field in fields(PageRecord))
_PLACES = ", ".join("?" for _ in fields(PageRecord))


def record_of(connection: Connection, address: str) -> PageRecord | None:
    """What is known of an address."""
    row = sqlite.first_row(connection, f"SELECT {_COLUMNS} FROM pages WHERE address = ?", (address,))
    return None if row is None else _record(row)


def all_records(connection: Connection) -> Iterator[PageRecord]:
    """What is known of all addresses."""
    return map(_record, sqlite.rows(connection, f"SELECT {_COLUMNS} FROM pages"))


def addresses(connection: Connection, start: str) -> set[str]:
    """The addresses that were last come to from this one."""
    return {address for (address,) in sqlite.rows(connection, "SELECT address FROM pages WHERE start = ?", (start,))}


def digests_of_others(connection: Connection, starts: Container[str]) -> set[bytes]:
    """The digests of pages that were last come to from other addresses than these."""
    return {digest for digest, start in sqlite.rows(connection, "SELECT digest, start FROM pages") if start not in starts}


def put(connection: Connection, start: str, record: PageRecord) -> None:
    """Keep what is known of an address."""
    connection.execute(f"INSERT OR REPLACE INTO pages ({_COLUMNS}, start) VALUES ({_PLACES}, ?)", (*astuple(record), start))


def unfinished_crawl(connection: Connection, start: str, longest_days: int) -> str | None:
    """The name of the crawl that was stopped; None where there is none, or it was begun too long ago."""
    since = (datetime.now(UTC) - timedelta(days=longest_days)).isoformat()
    row = sqlite.first_row(connection, "SELECT name FROM crawls WHERE start = ? AND begun > ?", (start, since))
    return None if row is None else str(row[0])


def begin_crawl(connection: Connection, start: str, name: str) -> None:
    """Note that a crawl is begun."""
    connection.execute("INSERT OR REPLACE INTO crawls VALUES (?, ?, ?)", (start, name, datetime.now(UTC).isoformat()))


def end_crawl(connection: Connection, start: str) -> bool:
    """Note that a crawl is done with. Returns whether none is left that was stopped."""
    connection.execute("DELETE FROM crawls WHERE start = ?", (start,))
    return sqlite.first_row(connection, "SELECT 1 FROM crawls LIMIT 1") is None


def forget_others(connection: Connection, start: str, crawl: str) -> None:
    """Forget the addresses that a crawl did not come to."""
    connection.execute("DELETE FROM pages WHERE start = ? AND crawl <> ?", (start, crawl))


def forget(connection: Connection, start: str) -> None:
    """Forget a site."""
    connection.execute("DELETE FROM pages WHERE start = ?", (start,))
    connection.execute("DELETE FROM crawls WHERE start = ?", (start,))


def starts(connection: Connection) -> list[str]:
    """The addresses that sites were named by."""
    return [start for (start,) in sqlite.rows(connection, "SELECT DISTINCT start FROM pages ORDER BY start")]


def _record(row: Any) -> PageRecord:  # noqa: ANN401  # as the database has it
    address, crawl, kind, *rest = row
    return PageRecord(address, crawl, RecordKind(kind), *rest)
