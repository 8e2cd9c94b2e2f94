"""What an index holds, without loading its model or its engine."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from indexer import catalogue, store


@contextmanager
def _reading(folder: Path) -> Iterator[tuple[sqlite3.Connection, store.State]]:
    with (
        store.damage_reported(folder),
        closing(store.open_for_reading(folder)) as connection,
        store.reading(connection) as state,
    ):
        yield connection, state


def generation(folder: Path) -> int:
    """The number of the index's last committed state, 0 before the first. Raises MissingIndexError, DamagedIndexError."""
    with _reading(folder) as (_, state):
        return state.generation


def inventory(folder: Path) -> dict[str, Any]:
    """The contents of an index by name; `bytes_on_disk` counts all files of the folder.

    Raises MissingIndexError, DamagedIndexError.
    """
    with _reading(folder) as (connection, state):
        store.require_documents(folder, state)
        counts = catalogue.counts(connection)
        languages = catalogue.languages(connection)
    return {
        "index": str(folder),
        **counts,
        "languages": languages,
        "model": state.model,
        "dimension": state.dimension,
        "generation": state.generation,
        "bytes_on_disk": sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()),
    }
