"""The states of an index that questions can be answered from, a view of one of them, and the settings of an index.

`StateView` is what all reading of a state takes: a connection with an open read transaction, and the state that it sees. The
settings, a row of the table `settings` each, are the model, the calibration, the tuning, the curation and the identity; they
are the same for all states.
"""

import json
import secrets
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from askdex.indexer.errors import MissingIndexError
from askdex.indexer.store import sqlite
from askdex.indexer.store.folder import values_checked
from askdex.indexer.store.sqlite import Connection
from askdex.indexer.types import UNCURATED, Access, Calibration, Curation, Model, State, Tuning


@dataclass(frozen=True, slots=True)
class StateView:
    """One state of an index, seen through a connection with an open read transaction.

    `access` is what may be read of it, None for everything.
    """

    folder: Path
    connection: Connection
    state: State
    model: Model
    access: Access | None = None

    @property
    def parameters(self) -> dict[str, str | int]:
        """The parameters of `IN_STATE` in queries."""
        readable = self.access or Access()
        return {
            "generation": self.state.generation,
            "reads_all": self.access is None,
            "readable_uris": json.dumps(readable.uris),
            "readable_metadata": json.dumps(readable.metadata),
        }


@contextmanager
def reading(connection: Connection) -> Iterator[list[State]]:
    """A read transaction, in which writes of others are not seen. Gives the states, the newest first."""
    with sqlite.read_transaction(connection):
        yield all_states(connection)


def all_states(connection: Connection) -> list[State]:
    """The states that questions can be answered from, the newest first."""
    query = "SELECT number, token, made, documents, passages, vectors, tokens_lost FROM generations ORDER BY number DESC"
    return [State(*row) for row in sqlite.rows(connection, query)]


def model(connection: Connection) -> Model:
    """The model that an index is made with."""
    settings: dict[str, str] = dict(sqlite.rows(connection, "SELECT key, value FROM settings"))
    with _checked(connection):
        return Model(settings.get("model"), settings.get("fingerprint"), int(settings.get("dimension", 0)))


def calibration(connection: Connection) -> Calibration | None:
    """The calibration of an index, None where it was not measured."""
    row = sqlite.first_row(connection, "SELECT value FROM settings WHERE key = 'calibration'")
    with _checked(connection):
        return None if row is None else Calibration.from_json(row[0])


def tuning(connection: Connection) -> Tuning | None:
    """The tuning of an index, None where it was not tuned."""
    row = sqlite.first_row(connection, "SELECT value FROM settings WHERE key = 'tuning'")
    with _checked(connection):
        return None if row is None else Tuning.from_json(row[0])


def set_tuning(connection: Connection, new: Tuning | None) -> None:
    """Keep the tuning of an index, in the transaction that is open; None takes it back."""
    connection.execute("DELETE FROM settings WHERE key = 'tuning'")
    if new is not None:
        set_settings(connection, tuning=new.to_json())


def curation(connection: Connection) -> Curation:
    """What editors say of an index."""
    row = sqlite.first_row(connection, "SELECT value FROM settings WHERE key = 'curation'")
    return UNCURATED if row is None else Curation.from_json(row[0])


def set_curation(connection: Connection, new: Curation) -> None:
    """Keep what editors say of an index, in the transaction that is open."""
    connection.execute("DELETE FROM settings WHERE key = 'curation'")
    if new != UNCURATED:
        set_settings(connection, curation=new.to_json())


def token_model(connection: Connection) -> str | None:
    """The fingerprint of the model of late interaction, where every text that it knows has codes; else None."""
    row = sqlite.first_row(connection, "SELECT value FROM settings WHERE key = 'token_model'")
    return None if row is None else str(row[0])


def set_token_model(connection: Connection, fingerprint: str | None) -> None:
    """Note whose codes all texts have, in the transaction that is open; None where some have none."""
    connection.execute("DELETE FROM settings WHERE key = 'token_model'")
    if fingerprint is not None:
        set_settings(connection, token_model=fingerprint)


def identity_of(connection: Connection) -> str:
    """The identity of an index: a random name that no other has."""
    with _checked(connection):
        return str(sqlite.first_row(connection, "SELECT value FROM settings WHERE key = 'identity'")[0])


def give_new_identity(connection: Connection) -> None:
    """Give an index a new identity, in the transaction that is open."""
    set_settings(connection, identity=secrets.token_hex(8))


def _checked(connection: Connection) -> AbstractContextManager[None]:
    return values_checked(connection.file.parent)


def newest(folder: Path, connection: Connection, newest_first: list[State]) -> StateView:
    """A view of the newest of these states. Raises MissingIndexError where there is none: nothing has been indexed yet."""
    if not newest_first:
        raise empty(folder)
    return StateView(folder, connection, newest_first[0], model(connection))


def empty(folder: Path) -> MissingIndexError:
    """The error that says that nothing has been indexed yet, and what to do."""
    return MissingIndexError(f"The index in {folder} is empty: fill it with: askdex index DOCUMENTS")


def set_settings(connection: Connection, **settings: str | int) -> None:
    """Keep settings, in the transaction that is open."""
    connection.executemany(
        "INSERT INTO settings VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        [(key, str(value)) for key, value in settings.items()],
    )
