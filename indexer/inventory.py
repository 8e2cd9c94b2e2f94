"""What an index holds, without loading its model or its engine."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from indexer import catalogue, states, store
from indexer.states import View


@contextmanager
def viewed(folder: Path) -> Iterator[View]:
    """The newest state of an index. Raises MissingIndexError where there is none or nothing in it, DamagedIndexError."""
    with (
        store.errors_reported(folder),
        closing(store.open_for_reading(folder)) as connection,
        states.reading(connection) as held,
    ):
        yield states.newest(folder, connection, held)


def inventory(folder: Path) -> dict[str, Any]:
    """The contents of an index by name; `bytes_on_disk` counts all files of the folder.

    Raises MissingIndexError, DamagedIndexError.
    """
    with viewed(folder) as view:
        languages = catalogue.languages(view)
        state, model = view.state, view.model
    return {
        "index": str(folder),
        "documents": state.documents,
        "passages": state.passages,
        "vectors": state.vectors,
        "tokens_lost": state.tokens_lost,
        "languages": languages,
        "model": model.name,
        "dimension": model.dimension,
        "generation": state.generation,
        "made": state.made,
        "bytes_on_disk": sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()),
    }
