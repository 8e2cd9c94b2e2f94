"""What an index holds, without loading its model or its engine."""

from contextlib import closing
from pathlib import Path
from typing import Any

from indexer import catalogue, store


def generation(folder: Path) -> int:
    """The number of the index's last committed state, 0 before the first. Raises MissingIndexError, DamagedIndexError."""
    with closing(store.open_for_reading(folder)) as connection, store.reading(connection) as state:
        return state.generation


def inventory(folder: Path) -> dict[str, Any]:
    """The contents of an index by name; `bytes_on_disk` counts all files of the folder.

    Raises MissingIndexError, DamagedIndexError.
    """
    with closing(store.open_for_reading(folder)) as connection, store.reading(connection) as state:
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
