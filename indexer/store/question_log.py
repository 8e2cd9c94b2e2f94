"""What is asked, in an SQLite file of its own beside the index; nothing in it says who asked.

Times are hours, and rows lie in the order of random keys: whoever has the access log as well finds no row by its time or place.
What is deleted is overwritten.
"""

from collections.abc import Iterable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import NamedTuple

from askdex.indexer.errors import QuestionLogError
from askdex.indexer.rights import OWNER_ONLY_FILE
from askdex.indexer.store import sqlite
from askdex.indexer.store.folder import QUESTIONS
from askdex.indexer.store.sqlite import Connection

_APPLICATION = 0x41534B51  # "ASKQ"
_FORMAT = 1
_SCHEMA = f"""
PRAGMA application_id = {_APPLICATION};
PRAGMA user_version = {_FORMAT};

-- The columns are the fields of Asked.
CREATE TABLE asked (
    key BLOB PRIMARY KEY,
    hour TEXT NOT NULL,
    question TEXT NOT NULL,
    mode TEXT NOT NULL,
    answered INTEGER,
    relevance REAL,
    document TEXT,
    generation INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX asked_by_hour ON asked (hour);

-- The columns are the fields of Verdict.
CREATE TABLE verdicts (
    key BLOB PRIMARY KEY,
    hour TEXT NOT NULL,
    question TEXT NOT NULL,
    document TEXT,
    helped INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX verdicts_by_hour ON verdicts (hour);

-- How many could not be written down.
CREATE TABLE lost (hour TEXT PRIMARY KEY, number INTEGER NOT NULL) STRICT, WITHOUT ROWID;
"""


class Asked(NamedTuple):
    """A question and what was found: whether it was answered, None where that was not judged, and the first document's uri."""

    hour: str
    question: str
    mode: str
    answered: bool | None
    relevance: float | None
    document: str | None
    generation: int


class Verdict(NamedTuple):
    """Whether what was found helped somebody who asked; `document` is the uri of what was first."""

    hour: str
    question: str
    document: str | None
    helped: bool


class Tally(NamedTuple):
    """How often a question was asked on a day with the same document first, and how often it was answered and was not.

    `relevance` is the sum of that of the document over the times that it was judged, which are those of the last two.
    """

    question: str
    day: str
    document: str | None
    asked: int
    answered: int
    unanswered: int
    relevance: float


class VerdictTally(NamedTuple):
    """How often a document helped with a question, and how often it did not."""

    question: str
    document: str | None
    helped: int
    not_helped: int


def open_log(folder: Path) -> Connection:
    """Open the log beside the index in a folder; it is made where there is none. Raises QuestionLogError, OSError."""
    file = folder / QUESTIONS
    file.touch(OWNER_ONLY_FILE)
    with reported(file), ExitStack() as undo:
        connection = undo.enter_context(closing(sqlite.connect(file, "mode=rw")))
        connection.execute("PRAGMA secure_delete = ON").fetchall()
        with sqlite.write_transaction(connection):
            if sqlite.first_row(connection, "SELECT 1 FROM sqlite_schema") is None:
                connection.execute(_SCHEMA)
        if sqlite.application_and_format(connection) != (_APPLICATION, _FORMAT):
            raise QuestionLogError(f"{file} is no log of questions that this Askdex reads: move it away and try again.")
        undo.pop_all()
    return connection


@contextmanager
def reported(file: Path) -> Iterator[None]:
    """Turn SQLite's errors into QuestionLogError."""
    try:
        yield
    except sqlite.SQLiteError as error:
        raise QuestionLogError(
            f"The log of questions in {file} cannot be used ({error}): mend that or move it away; the index is as it was."
        ) from error


def write(connection: Connection, entries: Iterable[Asked | Verdict], lost: int, now: str, oldest: str) -> None:
    """Add entries, count those that were lost in this hour, and forget what is older than an hour. Raises QuestionLogError."""
    with reported(connection.file), sqlite.write_transaction(connection):
        for entry in entries:
            table = "asked" if isinstance(entry, Asked) else "verdicts"
            places = ", ?" * len(entry)
            connection.execute(f"INSERT INTO {table} VALUES (randomblob(16){places})", entry)
        if lost:
            added = "ON CONFLICT DO UPDATE SET number = number + excluded.number"
            connection.execute(f"INSERT INTO lost VALUES (?, ?) {added}", (now, lost))
        for table in ("asked", "verdicts", "lost"):
            connection.execute(f"DELETE FROM {table} WHERE hour < ?", (oldest,))


def tallies(connection: Connection, since: str) -> Iterator[Tally]:
    """What was asked since an hour."""
    query = """
        SELECT question, substr(hour, 1, 10), document, count(*), sum(answered IS 1), sum(answered IS 0),
            total(iif(answered IS NULL, 0, relevance))
        FROM asked WHERE hour >= ? GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
    """
    return (Tally(*row) for row in sqlite.rows(connection, query, (since,)))


def verdicts(connection: Connection, since: str) -> Iterator[VerdictTally]:
    """What was said of the answers since an hour."""
    query = """
        SELECT question, document, sum(helped), sum(NOT helped) FROM verdicts WHERE hour >= ? GROUP BY 1, 2 ORDER BY 1, 2
    """
    return (VerdictTally(*row) for row in sqlite.rows(connection, query, (since,)))


def lost(connection: Connection, since: str) -> int:
    """How many questions and verdicts could not be written down since an hour."""
    return int(sqlite.first_row(connection, "SELECT total(number) FROM lost WHERE hour >= ?", (since,))[0])
