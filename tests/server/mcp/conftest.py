"""What the tests of the tools for assistants share."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from askdex.indexer.ingest.update import update
from askdex.indexer.search.searcher import Searcher, open_searcher
from tests.stubs import StubEncoder, write_files

PAGES = {
    "card.md": "---\nupdated: 2025-03-04\n---\n# The card\n\n## Who issues the card?\n\nThe office of your town issues it.\n",
    "costs.md": "# What a card costs\n\nThe first card is free. The second costs 10.\n",
    "old.md": "---\nvalid_until: 2020-01-01\n---\n# The old card\n\nThe old card was red on both sides of it.\n",
}


@pytest.fixture
def index(tmp_path: Path) -> Path:
    write_files(tmp_path / "pages", PAGES)
    update(tmp_path / "index", [tmp_path / "pages"], load_encoder=lambda _: StubEncoder())
    return tmp_path / "index"


@pytest.fixture
def searcher(index: Path) -> Iterator[Searcher]:
    with closing(open_searcher(index, lambda _: StubEncoder())) as opened:
        yield opened
