"""What an index holds."""

from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from askdex.indexer.errors import MissingIndexError
from askdex.indexer.generations.reader import viewed
from askdex.indexer.ingest.update import update
from askdex.indexer.store import database
from askdex.indexer.upkeep.info import inventory
from tests.stubs import StubEncoder


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    folder = tmp_path / "docs"
    folder.mkdir()
    (folder / "one.md").write_text("---\nlanguage: en\n---\n# One\n\nSome text.\n\n## Why?\n\nBecause.", encoding="utf-8")
    (folder / "two.md").write_text("---\nlanguage: de\n---\n# Zwei\n\nEin Text.", encoding="utf-8")
    (folder / "three.md").write_text("---\nlanguage: en\n---\n# Three\n\nMore text.", encoding="utf-8")
    return folder


@pytest.fixture
def index(tmp_path: Path, docs: Path, stub: StubEncoder) -> Path:
    update(tmp_path / "index", [docs], load_encoder=lambda _: stub)
    return tmp_path / "index"


def test_an_inventory_says_what_the_index_holds(index: Path) -> None:
    found = inventory(index)
    assert datetime.now(UTC) - datetime.fromisoformat(found.pop("made")) < timedelta(minutes=5)
    assert 0 <= found.pop("own_questions_refused") <= 1
    assert 0 <= found.pop("near_questions_refused") <= 1
    assert 0 <= found.pop("foreign_questions_refused") <= 1
    intervals = found.pop("refused_intervals")
    assert list(intervals) == ["own", "near", "foreign"]
    assert all(0 <= low <= high <= 1 for low, high in intervals.values())
    assert found.pop("bytes_on_disk") == sum(path.stat().st_size for path in index.rglob("*") if path.is_file())
    assert found == {
        "index": str(index),
        "recall_at_10": 1.0,
        "trust_in_words": 1.0,
        "answer_threshold": 0.2,
        "tuning": None,
        "documents": 3,
        "passages": 4,
        "vectors": 5,
        "tokens_lost": 0,
        "left_out": 0,
        "gone_folders": {},
        "sites": {},
        "languages": {"en": 2, "de": 1},
        "model": "stub",
        "dimension": 64,
        "vector_runtimes": {"stub": 5},
        "runtime": "torch float32",
        "runtime_reason": "not converted yet; the next askdex index with something to embed does it",
        "reranker": "ms-marco-MiniLM-L12-v2",
        "generation": 1,
    }


def test_an_inventory_follows_the_index(index: Path, docs: Path, stub: StubEncoder) -> None:
    (docs / "one.md").unlink()
    update(index, [docs], load_encoder=lambda _: stub)
    found = inventory(index)
    assert (found["documents"], found["passages"], found["vectors"], found["generation"]) == (2, 2, 2, 2)
    assert list(found["languages"]) == ["de", "en"]


def test_before_the_first_commit_there_is_nothing_to_count(tmp_path: Path) -> None:
    database.open_for_writing(tmp_path / "index").close()
    with pytest.raises(MissingIndexError, match="is empty"):
        inventory(tmp_path / "index")


def test_an_inventory_is_of_what_is_committed(index: Path) -> None:
    before = inventory(index)
    with closing(database.open_for_writing(index)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("DELETE FROM documents")
        writer.execute("DELETE FROM generations")
        found = inventory(index)
        writer.execute("ROLLBACK")
    assert {**found, "bytes_on_disk": 0} == {**before, "bytes_on_disk": 0}


def test_a_folder_without_an_index_has_no_inventory(tmp_path: Path) -> None:
    with pytest.raises(MissingIndexError, match="askdex index"):
        inventory(tmp_path)
    with pytest.raises(MissingIndexError, match="askdex index"), viewed(tmp_path):
        pass


def test_an_inventory_says_how_to_get_a_reranker_where_there_is_none(index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("askdex.indexer.models.reranker.is_reranker_installed", lambda *_: False)
    assert inventory(index)["reranker"] == "none; get it with: pip install 'askdex[precise]'"
