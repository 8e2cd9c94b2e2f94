"""Fixtures of several modules: a small collection, its index, and what brings that up to date."""

from collections.abc import Callable
from pathlib import Path

import pytest

from askdex.indexer.ingest.update import update
from tests.indexer.collection import PAGES, contents
from tests.stubs import Counts, StubEncoder, counts_of, write_files


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    folder = tmp_path / "docs"
    write_files(folder, PAGES)
    return folder


@pytest.fixture
def index(tmp_path: Path) -> Path:
    return tmp_path / "index"


@pytest.fixture
def run(index: Path, stub: StubEncoder) -> Callable[..., Counts]:
    """Updates the index with what is named."""

    def updated(*named: Path, instead_of: Path | None = None) -> Counts:
        return counts_of(update(index, named, load_encoder=lambda _: stub, instead_of=instead_of))

    return updated


@pytest.fixture
def indexed(docs: Path, index: Path, run: Callable[..., Counts]) -> dict[str, str]:
    """The contents of the index after its first update."""
    run(docs)
    return contents(index)
