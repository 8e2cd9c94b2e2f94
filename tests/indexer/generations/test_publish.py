"""States of an index: what is staged, published, taken back, paged through."""

import os
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from askdex.indexer.errors import DocumentsError, GoneGenerationError, MissingIndexError
from askdex.indexer.generations.publish import roll_back
from askdex.indexer.ingest.remove import remove
from askdex.indexer.ingest.update import Changes, plan, update
from askdex.indexer.search.searcher import Searcher, open_searcher
from askdex.indexer.store import database, generations, write
from askdex.indexer.types import Query
from tests.stubs import FailingEncoder, StubEncoder, counts_of, rows, unneeded, write_files

PAGES = {
    "cards.md": "# Cards\n\nThe office issues the card.",
    "pension.md": "# Pension\n\nA pension begins at sixty.",
    "sub/widow.md": "# Widows\n\nA widow has a claim.",
}


def uris(searcher: Searcher, question: str = "office pension widow law item", generation: int | None = None) -> set[str]:
    found = searcher.search(Query(question, limit=100, generation=generation)).results
    return {result.passage.document.uri for result in found}


def uris_of(index: Path) -> set[str]:
    with closing(open_searcher(index, lambda _: StubEncoder())) as searcher:
        return uris(searcher)


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    write_files(tmp_path / "docs", PAGES)
    return tmp_path / "docs"


@pytest.fixture
def index(tmp_path: Path, docs: Path) -> Path:
    """An index of the documents, at its first generation."""
    update(tmp_path / "index", [docs], load_encoder=lambda _: StubEncoder())
    return tmp_path / "index"


@pytest.fixture
def changed(index: Path, docs: Path) -> Path:
    """The index at its second generation: a document is new, one has changed, one is gone."""
    write_files(docs, {"law.md": "# Law\n\nThe law is new.", "pension.md": "# Pension\n\nA pension begins at seventy."})
    (docs / "sub" / "widow.md").unlink()
    update(index, [docs], load_encoder=lambda _: StubEncoder())
    return index


# Going back


def test_going_back_brings_back_the_state_before_without_the_model(changed: Path, docs: Path) -> None:
    assert uris_of(changed) == {"cards.md", "pension.md", "law.md"}
    assert roll_back(changed).generation == 3
    assert uris_of(changed) == set(PAGES)
    with closing(open_searcher(changed, lambda _: StubEncoder())) as searcher:
        best = searcher.search(Query("A pension begins at")).results[0]
    assert best.passage.text == "A pension begins at sixty."
    report = counts_of(update(changed, [docs], load_encoder=lambda _: StubEncoder()))
    assert (report.generation, report.embedded) == (4, 0)
    assert uris_of(changed) == {"cards.md", "pension.md", "law.md"}


def test_only_one_state_is_kept_to_go_back_to(changed: Path, index: Path) -> None:
    roll_back(changed)
    with pytest.raises(GoneGenerationError, match="nothing to go back to"):
        roll_back(index)
    assert uris_of(index) == set(PAGES)


def test_a_file_that_comes_back_as_it_was_is_not_read_again(changed: Path, docs: Path) -> None:
    write_files(docs, PAGES)
    report = counts_of(update(changed, [docs], load_encoder=unneeded))
    assert (report.read, report.embedded) == (2, 0)
    roll_back(changed)
    assert uris_of(changed) == {"cards.md", "pension.md", "law.md"}


def test_going_back_leaves_nothing_staged(changed: Path, docs: Path) -> None:
    write_files(docs, {"rows.csv": rows(600)})
    with pytest.raises(RuntimeError, match="stopped"):
        update(changed, [docs], load_encoder=lambda _: FailingEncoder(2))
    roll_back(changed)
    with closing(database.open_for_reading(changed)) as connection:
        assert generations.staged_files(connection) == []
    assert uris_of(changed) == set(PAGES)


# What is staged


def test_documents_of_a_stopped_run_are_unseen_and_survive_a_run_over_another_folder(
    index: Path, docs: Path, tmp_path: Path
) -> None:
    write_files(docs, {"rows.csv": rows(600)})
    stopped = FailingEncoder(2)
    with pytest.raises(RuntimeError, match="stopped"):
        update(index, [docs], load_encoder=lambda _: stopped)
    write_files(tmp_path / "other", {"other.md": "# Other\n\nAnother office."})
    update(index, [tmp_path / "other"], load_encoder=lambda _: StubEncoder())
    assert uris_of(index) == {*PAGES, "other.md"}
    with closing(database.open_for_reading(index)) as connection:
        (staged,) = generations.staged_files(connection)
        assert write.documents_here(connection, staged) == (512, False)
    report = counts_of(update(index, [docs], load_encoder=lambda _: StubEncoder()))
    assert report.embedded == 1_200 - len(stopped.encoded)


def test_what_a_stopped_run_staged_and_nobody_wants_any_more_goes(index: Path, docs: Path) -> None:
    write_files(docs, {"rows.csv": rows(600)})
    with pytest.raises(RuntimeError, match="stopped"):
        update(index, [docs], load_encoder=lambda _: FailingEncoder(2))
    (docs / "rows.csv").unlink()
    assert counts_of(update(index, [docs], load_encoder=unneeded)).generation == 1
    with closing(database.open_for_reading(index)) as connection:
        assert generations.staged_files(connection) == []


# Paging


def test_a_question_is_answered_from_the_generation_that_it_names(index: Path, docs: Path) -> None:
    with closing(open_searcher(index, lambda _: StubEncoder())) as searcher:
        before = searcher.search(Query("office pension widow", limit=1))
        write_files(docs, {"aaa.md": "# Office pension widow\n\nOffice pension widow."})
        update(index, [docs], load_encoder=lambda _: StubEncoder())
        now = searcher.search(Query("office pension widow", limit=1))
        assert now.results[0].passage.document.uri == "aaa.md"
        following = searcher.search(Query("office pension widow", limit=10, offset=1, generation=before.generation))
        assert following.generation == 1
        assert {result.passage.document.uri for result in (*before.results, *following.results)} == set(PAGES)


def test_a_generation_that_is_not_held_any_more_is_refused_with_what_to_do(changed: Path, docs: Path) -> None:
    write_files(docs, {"aaa.md": "# New\n\nNew."})
    update(changed, [docs], load_encoder=lambda _: StubEncoder())
    with closing(open_searcher(changed, lambda _: StubEncoder())) as searcher:
        assert "law.md" in uris(searcher, generation=2)
        for gone in (1, 4):
            with pytest.raises(GoneGenerationError, match="at 3: ask again without a generation"):
                uris(searcher, generation=gone)


# Taking out


@pytest.mark.parametrize(
    ("name", "left"),
    [
        ("docs/cards.md", {"pension.md", "sub/widow.md"}),
        ("docs/sub", {"cards.md", "pension.md"}),
        ("docs", set()),
        ("sub/widow.md", {"cards.md", "pension.md"}),
    ],
)
def test_documents_are_taken_out_by_path_or_uri(
    index: Path, docs: Path, monkeypatch: pytest.MonkeyPatch, name: str, left: set[str]
) -> None:
    monkeypatch.chdir(docs.parent)
    report = remove(index, [name])
    assert len(report.changes.removed) == 3 - len(left)
    assert uris_of(index) == left
    assert (docs / "cards.md").is_file()
    assert counts_of(update(index, [docs], load_encoder=unneeded)).read == 3 - len(left)
    assert uris_of(index) == set(PAGES)


def test_a_document_is_taken_out_by_its_id_when_its_file_is_gone(index: Path, docs: Path) -> None:
    with closing(open_searcher(index, lambda _: StubEncoder())) as searcher:
        (best, *_) = searcher.search(Query("the office issues the card")).results
    (docs / "cards.md").unlink()
    remove(index, [best.passage.document.id])
    assert uris_of(index) == {"pension.md", "sub/widow.md"}


def test_taking_out_one_root_leaves_the_other(index: Path, tmp_path: Path) -> None:
    write_files(tmp_path / "other", {"other.md": "# Other\n\nAnother office."})
    update(index, [tmp_path / "other"], load_encoder=lambda _: StubEncoder())
    remove(index, [str(tmp_path / "docs")])
    assert uris_of(index) == {"other.md"}


def test_what_the_index_does_not_hold_cannot_be_taken_out(index: Path, docs: Path) -> None:
    write_files(docs, {"rows.csv": rows(3)})
    update(index, [docs], load_encoder=lambda _: StubEncoder())
    with pytest.raises(DocumentsError, match="nothing of the name nowhere"):
        remove(index, [str(docs / "cards.md"), "nowhere"])
    with pytest.raises(DocumentsError, match=r"a part of .*rows.csv"):
        remove(index, ["rows.csv#what-is-item-1"])
    assert "cards.md" in uris_of(index)


@pytest.mark.parametrize("change", [lambda folder: remove(folder, ["x"]), roll_back])
def test_where_there_is_no_index_none_is_made(tmp_path: Path, change: Callable[[Path], object]) -> None:
    with pytest.raises(MissingIndexError):
        change(tmp_path / "nowhere")
    assert list(tmp_path.iterdir()) == []


# What would change


def test_a_plan_says_what_would_change_and_changes_nothing(index: Path, docs: Path) -> None:
    write_files(docs, {"new.md": "# New\n\nNew.", "cards.md": "# Cards\n\nOther.", "empty.md": " "})
    (docs / "pension.md").rename(docs / "sub" / "moved.md")
    (docs / "sub" / "widow.md").unlink()
    before = {path: path.read_bytes() for path in index.rglob("*") if path.is_file()}
    changes = plan(index, [docs])
    assert changes == Changes(
        new=(bytes(docs / "new.md"),),
        changed=(bytes(docs / "cards.md"),),
        moved={bytes(docs / "sub" / "moved.md"): bytes(docs / "pension.md")},
        removed=(bytes(docs / "sub" / "widow.md"),),
        skipped=changes.skipped,
    )
    assert [item.uri for item in changes.skipped] == ["empty.md"]
    assert {path: path.read_bytes() for path in before} == before
    assert update(index, [docs], load_encoder=lambda _: StubEncoder()).changes == changes


def test_a_plan_for_an_index_that_is_not_there_makes_none(docs: Path, tmp_path: Path) -> None:
    assert len(plan(tmp_path / "index", [docs]).new) == 3
    assert not (tmp_path / "index").exists()


def test_content_decides_and_not_the_time_of_a_file(index: Path, docs: Path) -> None:
    status = (docs / "cards.md").stat()
    write_files(docs, {"cards.md": PAGES["cards.md"].replace("office", "Office")})
    os.utime(docs / "cards.md", ns=(status.st_atime_ns, status.st_mtime_ns))
    assert counts_of(update(index, [docs], load_encoder=lambda _: StubEncoder())).read == 1
