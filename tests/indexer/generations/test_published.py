"""The search files of an index folder do what every published side must do."""

from contextlib import closing
from pathlib import Path

import pytest

from askdex.indexer.generations.engine_files import EngineFolder
from askdex.indexer.generations.reader import Reader
from askdex.indexer.ingest.update import update
from tests.indexer.collection import PAGES
from tests.indexer.generations.published_suite import *  # noqa: F403  # pytest collects the tests of a suite by their names
from tests.stubs import StubEncoder, write_files


@pytest.mark.parametrize("name", ["owners.npy", "words-hashes.npy", "vectors.faiss"])
def test_an_index_is_brought_up_to_date_though_a_search_file_is_empty(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    """As one may be after a power failure."""
    index, docs = tmp_path / "index", tmp_path / "docs"
    write_files(docs, PAGES)
    state = update(index, [docs], load_encoder=lambda _: StubEncoder()).state
    (path,) = EngineFolder(index).place(state).glob(f"*/{name}")
    path.write_bytes(b"")
    write_files(docs, {"new.md": "# New\n\nSomething new."})
    newest = update(index, [docs], load_encoder=lambda _: StubEncoder()).state
    assert any("are made anew" in message for message in caplog.messages)
    with closing(Reader(index)) as reader, reader.opened() as opened:
        assert opened.state == newest
        assert opened.vocabulary.passage_count == newest.passages == len(opened.sample(99)) == 5
