"""From one generation of an index to the next: publishing staged files, going back, tidying up afterwards."""

import logging
import secrets
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from askdex.indexer.errors import GoneGenerationError
from askdex.indexer.generations import engine_files
from askdex.indexer.store import commits, database, generations, states
from askdex.indexer.store.folder import require_index, write_receipt
from askdex.indexer.store.lock import changing
from askdex.indexer.store.sqlite import Connection, SQLiteError
from askdex.indexer.store.states import StateView
from askdex.indexer.types import Curation, State

_log = logging.getLogger(__name__)


def publish(
    folder: Path,
    connection: Connection,
    added: Iterable[int],
    removed: Iterable[bytes],
    after: int = 0,
    check: Callable[[StateView], object] | None = None,
    curation: Curation | None = None,
) -> State:
    """Make the next generation in one transaction, of staged files and those of the generation before.

    Staged files with the ids `added` are in it, files with the keys `removed` are not.
    A staged file replaces the one with its key, which must be among the removed. `curation` is what editors say from then on,
    None where that stays as it is. The generation before it is kept, older ones are forgotten. Its number is higher than
    `after`. Before anyone can see the generation its engine is made, and `check` is called with it; where that raises, there is
    no such generation, and what was staged stays staged.
    """
    with commits.writing(connection):
        kept_states = states.all_states(connection)
        number = max([after, *(state.generation for state in kept_states)]) + 1
        generations.remove_files(connection, removed, number)
        generations.add_staged_files(connection, added, number)
        generations.forget_before(connection, number - 1)
        if curation is not None:
            states.set_curation(connection, curation)
        state = _noted(connection, number, secrets.token_hex(8))
        view = StateView(folder, connection, state, states.model(connection))
        engine_files.make(view, before=kept_states[0] if kept_states else None)
        if check is not None:
            with _taken_back(folder, kept_states):
                check(view)
    settle(folder, connection)
    return state


@contextmanager
def _taken_back(folder: Path, kept_states: Collection[State]) -> Iterator[None]:
    """Delete the engine of a generation that nobody will see, where a check of it fails."""
    try:
        yield
    except BaseException:
        engine_files.EngineFolder(folder).publish(kept_states)
        raise


def roll_back(folder: Path, *, wait: bool = False, check: Callable[[StateView], object] | None = None) -> State:
    """Make a generation with the contents of the one before the newest. Staged files are forgotten.

    Raises MissingIndexError, GoneGenerationError where there is none before, BusyIndexError. Vectors stay, so that nothing
    has to be embedded again. `check` is as in `publish`.
    """
    require_index(folder)
    with changing(folder, wait=wait) as connection:
        with commits.writing(connection):
            kept_states = states.all_states(connection)
            if len(kept_states) < 2:
                raise GoneGenerationError(
                    f"The index in {folder} has nothing to go back to: only the state before the latest change is kept, once."
                )
            newest, before = kept_states
            generations.undo(connection, newest.generation)
            # The content is that of the state before, and so is the engine, which is found by the token.
            state = _noted(connection, newest.generation + 1, before.token)
            if check is not None:
                check(StateView(folder, connection, state, states.model(connection)))
        settle(folder, connection)
    return state


def settle(folder: Path, connection: Connection) -> None:
    """Tidy up after a commit: write the receipt, empty the write-ahead log, delete engines that nobody can ask for.

    Where that fails, on a full disk for instance, the commit stands, and the next commit tidies up.
    """
    kept_states = states.all_states(connection)
    try:
        write_receipt(folder, states.identity_of(connection), kept_states[0].generation)
        database.empty_log(connection)
        engine_files.EngineFolder(folder).publish(kept_states)
    except (OSError, SQLiteError) as error:
        _log.warning("The index in %s has changed, but is not tidied up (%s).", folder, error)


def _noted(connection: Connection, number: int, token: str) -> State:
    """Note a generation with the files that it has now."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    state = State(number, token, now, **generations.counts(connection, number))
    generations.add(connection, state)
    return state
