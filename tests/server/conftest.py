"""What tests of the server share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from askdex.indexer.search.searcher import Searcher
from tests.server.made_index import made_searcher


@pytest.fixture(scope="module")
def searcher(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Searcher]:
    """A searcher of a small index."""
    with made_searcher(tmp_path_factory.mktemp("made")) as searcher:
        yield searcher


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    """Where the keys of a server are, if it has any."""
    return tmp_path / "keys"
