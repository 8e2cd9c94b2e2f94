"""The states of an index, as its truth holds them: which can be answered from, with which model."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import apsw

from askdex.indexer.errors import MissingIndexError
from askdex.indexer.store import sqlite
from askdex.indexer.types import Calibration


@dataclass(frozen=True, slots=True)
class State:
    """A committed state of an index; `token` names its content beyond doubt, `made` is its time (ISO 8601, UTC).

    `vectors` counts those that stand for passages, `tokens_lost` the tokens that the encoder did not see. Before the
    first generation all counts are 0.
    """

    generation: int = 0
    token: str = ""
    made: str = ""
    documents: int = 0
    passages: int = 0
    vectors: int = 0
    tokens_lost: int = 0


@dataclass(frozen=True, slots=True)
class Model:
    """The model that an index is made with; `fingerprint` is None until something was embedded."""

    name: str | None
    fingerprint: str | None
    dimension: int


@dataclass(frozen=True, slots=True)
class StateView:
    """One state of an index, as a connection sees it while it is reading."""

    folder: Path
    connection: apsw.Connection
    state: State
    model: Model


@contextmanager
def reading(connection: apsw.Connection) -> Iterator[list[State]]:
    """One view of the index for as long as it lasts, whatever is written meanwhile: its states, the newest first."""
    connection.execute("BEGIN")
    try:
        yield held(connection)
    finally:
        # A page that cannot be read has ended the transaction already.
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def held(connection: apsw.Connection) -> list[State]:
    """The states that a connection can answer from, the newest first."""
    query = "SELECT number, token, made, documents, passages, vectors, tokens_lost FROM generations ORDER BY number DESC"
    return [State(*row) for row in sqlite.rows(connection, query)]


def model(connection: apsw.Connection) -> Model:
    """The model that an index is made with."""
    settings: dict[str, str] = dict(sqlite.rows(connection, "SELECT key, value FROM settings"))
    return Model(settings.get("model"), settings.get("fingerprint"), int(settings.get("dimension", 0)))


def calibration(connection: apsw.Connection) -> Calibration | None:
    """What is usual in a collection, None where it was not measured."""
    found = sqlite.one(connection, "SELECT value FROM settings WHERE key = 'calibration'")
    return None if found is None else Calibration.from_json(found[0])


def identity_of(connection: apsw.Connection) -> str:
    """The name of an index that no other has."""
    return str(sqlite.one(connection, "SELECT value FROM settings WHERE key = 'identity'")[0])


def name_anew(connection: apsw.Connection) -> None:
    """Give an index a name that no other has, in the transaction that is open."""
    set_settings(connection, identity=secrets.token_hex(8))


def newest(folder: Path, connection: apsw.Connection, held: list[State]) -> StateView:
    """The view of the newest of the states. Raises MissingIndexError where nothing has been indexed yet."""
    if not held:
        raise empty(folder)
    return StateView(folder, connection, held[0], model(connection))


def empty(folder: Path) -> MissingIndexError:
    """The error that says that nothing has been indexed yet, and what to do."""
    return MissingIndexError(f"The index in {folder} is empty: fill it with: askdex index DOCUMENTS")


def set_settings(connection: apsw.Connection, **settings: str | int) -> None:
    """Keep settings, in the transaction that is open."""
    connection.executemany(
        "INSERT INTO settings VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        [(key, str(value)) for key, value in settings.items()],
    )
