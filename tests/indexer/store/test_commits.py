"""A write-ahead log and the file beside it: whether they belong together is told, and a mixture of two is never mended."""

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from askdex.indexer.errors import DamagedIndexError
from askdex.indexer.ingest.update import update
from askdex.indexer.search.searcher import open_searcher
from askdex.indexer.store import commits, database, sqlite, states
from askdex.indexer.store.folder import FILE, LOG, RECEIPT, SHARED_MEMORY
from askdex.indexer.types import Query
from askdex.indexer.upkeep.doctor import examine
from askdex.indexer.upkeep.repair import repair
from tests.stubs import StubEncoder


def load(_: str) -> StubEncoder:
    return StubEncoder()


def write(docs: Path, edition: str) -> None:
    docs.mkdir(parents=True, exist_ok=True)
    for n in range(12):
        (docs / f"{n}.md").write_text(f"# Document {n}\n\nThis is number {n} of the edition {edition}.")


def make(folder: Path, docs: Path, edition: str) -> None:
    write(docs, edition)
    update(folder, [docs], load_encoder=load)


def answers(folder: Path) -> list[str]:
    with closing(open_searcher(folder, load)) as searcher:
        return [result.passage.text for result in searcher.search(Query("number of the edition", limit=100)).results]


def with_log(folder: Path, docs: Path, edition: str, place: Path) -> Path:
    """A copy of an index as it is when the newest edition is in its log alone."""
    with reader(folder):
        make(folder, docs, edition)
        shutil.copytree(folder, place)
    assert (place / LOG).stat().st_size > 0
    return place


@contextmanager
def reader(folder: Path) -> Iterator[None]:
    """Somebody who reads: what is committed meanwhile stays in the log."""
    with closing(database.open_for_reading(folder)) as connection, states.reading(connection):
        yield


@pytest.fixture
def index(tmp_path: Path) -> Path:
    make(tmp_path / "index", tmp_path / "docs", "one")
    return tmp_path / "index"


@pytest.fixture
def logged(index: Path, tmp_path: Path) -> Path:
    return with_log(index, tmp_path / "docs", "two", tmp_path / "logged")


def test_a_log_beside_its_own_file_is_read(logged: Path) -> None:
    found = answers(logged)
    assert len(found) == 12
    assert all("edition two" in text for text in found)


def test_a_log_beside_a_file_that_holds_some_of_it_is_read(index: Path, tmp_path: Path) -> None:
    docs = tmp_path / "docs"
    with reader(index):
        make(index, docs, "two")
        with closing(database.open_for_reading(index)) as later, states.reading(later):
            make(index, docs, "three")
            with closing(sqlite.connect(index / FILE, "mode=rw")) as connection:
                connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
        make(index, docs, "four")
        shutil.copytree(index, tmp_path / "copy")
    assert all("edition four" in text for text in answers(tmp_path / "copy"))


@pytest.mark.parametrize("edition", ["other", "one"])
def test_a_file_of_another_index_beside_a_log_is_told_and_mended_to_what_the_file_holds(
    logged: Path, tmp_path: Path, edition: str
) -> None:
    make(tmp_path / "other", tmp_path / "other docs", edition)
    shutil.copyfile(tmp_path / "other" / FILE, logged / FILE)
    assert_mended(logged, edition)


def test_an_older_file_of_the_same_index_beside_a_log_is_told_and_mended_to_what_the_file_holds(
    index: Path, tmp_path: Path
) -> None:
    shutil.copyfile(index / FILE, tmp_path / "backup")
    make(index, tmp_path / "docs", "two")
    logged = with_log(index, tmp_path / "docs", "three", tmp_path / "logged")
    shutil.copyfile(tmp_path / "backup", logged / FILE)
    assert_mended(logged, "one")


def assert_mended(logged: Path, edition: str) -> None:
    (logged / SHARED_MEMORY).unlink()
    with pytest.raises(DamagedIndexError, match="log"):
        answers(logged)
    with pytest.raises(DamagedIndexError, match="log"):
        database.open_for_writing(logged)
    result = repair(logged, load)
    assert result.aside is not None
    assert (result.aside / LOG).stat().st_size > 0
    assert any("log" in note for note in result.done)
    assert all(f"edition {edition}" in text for text in answers(logged))
    assert all(finding.is_sound for finding in examine(logged, load))


def test_a_folder_without_a_receipt_tells_a_file_of_another_index_too(logged: Path, tmp_path: Path) -> None:
    make(tmp_path / "other", tmp_path / "other docs", "other")
    shutil.copyfile(tmp_path / "other" / FILE, logged / FILE)
    (logged / RECEIPT).unlink()
    with pytest.raises(DamagedIndexError, match="another file"):
        answers(logged)


def test_an_index_of_an_older_askdex_has_a_log_that_belongs_to_it(index: Path, tmp_path: Path) -> None:
    with closing(sqlite.connect(index / FILE, "mode=rw")) as connection, sqlite.write_transaction(connection):
        connection.execute("DELETE FROM settings WHERE key = 'commit'")
    logged = with_log(index, tmp_path / "docs", "two", tmp_path / "logged")
    assert all("edition two" in text for text in answers(logged))
    make(tmp_path / "other", tmp_path / "other docs", "other")
    shutil.copyfile(tmp_path / "other" / FILE, logged / FILE)
    with pytest.raises(DamagedIndexError, match="log"):
        answers(logged)


def test_each_commit_names_the_commit_that_the_file_held_when_its_log_was_begun(index: Path) -> None:
    def commit() -> tuple[str, str]:
        with commits.writing(connection):
            states.set_settings(connection, odd=1)
        return tuple(sqlite.first_row(connection, "SELECT value FROM settings WHERE key = 'commit'")[0].split())

    with closing(database.open_for_writing(index)) as connection:
        first, second = commit(), commit()
        assert second[1] == first[1] != second[0]
        database.empty_log(connection)
        third, fourth = commit(), commit()
        assert third[1] == fourth[1] == second[0]


@pytest.mark.skipif(sys.platform != "linux", reason="the system wants names that are text")
def test_an_index_whose_name_is_no_text_is_changed_too(tmp_path: Path) -> None:
    folder = Path(os.fsdecode(os.fsencode(tmp_path) + b"/odd \xff\xfe"))
    make(folder, tmp_path / "docs", "one")
    assert len(answers(folder)) == 12
