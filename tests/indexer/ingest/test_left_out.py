"""What cannot be read is kept in the index, with the reason and since when, and is not read again before it changes."""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from askdex.indexer.generations.publish import roll_back
from askdex.indexer.ingest.remove import remove
from askdex.indexer.ingest.update import plan, update
from askdex.indexer.store import database, sqlite
from askdex.indexer.upkeep.info import gone_folders, inventory, left_out_files
from tests.corpus.readers.archives import zipped
from tests.indexer.collection import PAGES, contents
from tests.stubs import Counts, PoolHere, StubEncoder, unneeded, write_files

ROWS = '{"question": "How far is it?", "answer": "300 metres."}\n'


def listed(index: Path) -> dict[str, str]:
    return {file.uri: file.reason for file in left_out_files(index)}


@pytest.fixture
def read_files(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files that are read from now on."""
    names: list[str] = []
    read = PoolHere.read

    def noting(pool: PoolHere, files: object) -> object:
        for file, parts in read(pool, files):  # type: ignore[arg-type]
            if pool.tokens is not None:
                names.append(file.entry.item.uri)
            yield file, parts

    monkeypatch.setattr(PoolHere, "read", noting)
    return names


def test_files_and_parts_that_cannot_be_read_are_listed_as_long_as_they_are_there(
    docs: Path, index: Path, run: Callable[..., Counts]
) -> None:
    write_files(docs, {"tool.exe": "MZ", "empty.md": " \n", "rows.jsonl": f"{ROWS}not json\n"})
    expected = {"tool.exe", "empty.md", "rows.jsonl, line 2"}
    run(docs)
    assert listed(index).keys() == expected
    assert inventory(index)["left_out"] == 3
    run(docs)
    run(docs / "sub")
    assert listed(index).keys() == expected
    (docs / "tool.exe").unlink()
    write_files(docs, {"empty.md": "# Full\n\nA page.", "rows.jsonl": ROWS})
    run(docs)
    assert listed(index) == {}


def test_since_when_something_is_left_out_is_kept(docs: Path, index: Path, run: Callable[..., Counts]) -> None:
    write_files(docs, {"tool.exe": "MZ", "empty.md": " \n"})
    run(docs)
    with closing(database.open_for_writing(index)) as connection, sqlite.write_transaction(connection):
        connection.execute("UPDATE left_out SET since = '2001-02-03T04:05:06+00:00'")
    write_files(docs, {"other.exe": "MZ", "empty.md": "  \n"})
    run(docs)
    days = {file.uri: file.since[:4] for file in left_out_files(index)}
    assert (days["tool.exe"], days["empty.md"]) == ("2001", "2001")
    assert days["other.exe"] > "2001"


def test_what_could_not_be_read_is_not_read_again_before_it_changes(
    docs: Path, index: Path, run: Callable[..., Counts], stub: StubEncoder, read_files: list[str]
) -> None:
    write_files(docs, {"empty.md": " \n", "none.csv": "question,answer\n,\n"})
    first = run(docs)
    assert {"empty.md", "none.csv"} <= set(read_files)
    read_files.clear()
    again = update(index, [docs], load_encoder=unneeded)
    assert read_files == []
    assert {item.uri for item in again.changes.skipped} == {"empty.md", "none.csv"}
    assert {item.uri: item.reason for item in plan(index, [docs]).skipped} == listed(index)
    assert read_files == []
    update(index, [docs], load_encoder=lambda _: stub, retries=True)
    assert read_files == ["empty.md", "none.csv"]
    write_files(docs, {"empty.md": "# Full\n\nA page."})
    read_files.clear()
    assert run(docs).read == 1
    assert read_files == ["empty.md"]
    assert first.skipped


def test_an_archive_of_which_nothing_could_be_read_still_tells_of_the_files_in_it(
    docs: Path, index: Path, run: Callable[..., Counts], read_files: list[str]
) -> None:
    (docs / "x.zip").write_bytes(zipped({"a.exe": b"MZ", "b.docx": b"PK"}))
    run(docs)
    before = listed(index)
    assert before.keys() == {"x.zip", "x.zip/a.exe", "x.zip/b.docx"}
    read_files.clear()
    run(docs)
    assert (listed(index), read_files) == (before, [])


def test_a_file_that_askdex_fails_at_is_not_tried_again_and_keeps_its_documents(
    docs: Path, index: Path, run: Callable[..., Counts], read_files: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    run(docs)
    indexed = contents(index)
    write_files(docs, {"cards.md": "# Cards\n\nA changed card."})
    with monkeypatch.context() as failing:
        failing.setattr("askdex.corpus.readers.registry.decode", {}.__getitem__)
        run(docs)
    read_files.clear()
    report = run(docs)
    assert (report.unchanged, read_files) == (3, [])
    assert listed(index) == {"cards.md": "Askdex failed to read it (KeyError)"}
    assert contents(index) == indexed
    update(index, [docs], load_encoder=lambda _: StubEncoder(), retries=True)
    assert contents(index)["cards.md"] == "Cards\n\nA changed card."
    assert listed(index) == {}


def test_what_the_system_refuses_is_tried_again(docs: Path, index: Path, run: Callable[..., Counts]) -> None:
    (docs / "later.md").symlink_to("nowhere.md")
    run(docs)
    assert listed(index).keys() == {"later.md"}
    (docs / "later.md").unlink()
    write_files(docs, {"later.md": "# Later\n\nA page."})
    assert run(docs).read == 1
    assert listed(index) == {}


def test_documents_that_are_taken_out_take_what_was_left_out_with_them(
    docs: Path, index: Path, run: Callable[..., Counts]
) -> None:
    write_files(docs, {"sub/empty.md": " ", "tool.exe": "MZ"})
    run(docs)
    remove(index, [str(docs / "sub")])
    assert listed(index).keys() == {"tool.exe"}
    roll_back(index)
    assert contents(index).keys() == PAGES.keys()


def test_folders_that_are_gone_are_told_with_the_number_of_their_documents(
    tmp_path: Path, docs: Path, index: Path, run: Callable[..., Counts]
) -> None:
    write_files(tmp_path / "other", {"law.md": "# Law\n\nArticle one."})
    run(docs, tmp_path / "other")
    assert gone_folders(index) == {}
    docs.rename(tmp_path / "renamed")
    assert gone_folders(index) == inventory(index)["gone_folders"] == {str(docs): 3}
    remove(index, [str(docs)])
    assert gone_folders(index) == {}
