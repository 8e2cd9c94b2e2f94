"""Bringing an index into the state of its documents."""

import os
import shutil
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from askdex.indexer.errors import BusyIndexError, DocumentsError, MissingIndexError, ModelError
from askdex.indexer.generations.reader import Reader
from askdex.indexer.ingest.update import update
from askdex.indexer.models.encoder import DEFAULT_MODEL, Encoder
from askdex.indexer.search.searcher import open_searcher
from askdex.indexer.types import Query
from tests.indexer.collection import PAGES, contents, generation
from tests.stubs import Counts, FailingEncoder, StubEncoder, counts_of, rows, unneeded, write_files


def test_a_first_update_takes_every_document(docs: Path, index: Path, stub: StubEncoder) -> None:
    report = counts_of(update(index, [docs], load_encoder=lambda _: stub))
    assert contents(index).keys() == PAGES.keys()
    assert (report.read, report.unchanged, report.removed, report.skipped) == (3, 0, 0, ())
    assert (report.passages, report.embedded, report.tokens_lost, report.generation) == (4, 4, 0, 1)
    assert len(stub.encoded) == 4
    assert report.seconds > 0


@pytest.mark.usefixtures("indexed")
def test_unchanged_documents_need_no_model(docs: Path, index: Path) -> None:
    os.utime(docs / "cards.md", (0, 0))
    report = counts_of(update(index, [docs], load_encoder=unneeded))
    assert (report.read, report.unchanged, report.embedded, report.generation) == (0, 3, 0, 1)


def test_a_changed_file_is_read_again(
    docs: Path, index: Path, indexed: dict[str, str], run: Callable[..., Counts], stub: StubEncoder
) -> None:
    write_files(docs, {"pension.md": "# Pension\n\nA pension begins at seventy."})
    before = len(stub.encoded)
    report = run(docs)
    assert (report.read, report.unchanged, report.removed, report.embedded) == (1, 2, 0, 1)
    assert stub.encoded[before:] == ["Pension\nA pension begins at seventy."]
    assert contents(index) == {**indexed, "pension.md": "Pension\n\nA pension begins at seventy."}
    with closing(open_searcher(index, lambda _: stub)) as searcher:
        found = searcher.search(Query("pension seventy")).results
    assert [result.passage.text for result in found if "begins" in result.passage.text] == ["A pension begins at seventy."]


def test_of_a_changed_file_only_the_changed_section_is_embedded(
    docs: Path, indexed: dict[str, str], run: Callable[..., Counts], stub: StubEncoder
) -> None:
    assert "cards.md" in indexed
    write_files(docs, {"cards.md": PAGES["cards.md"].replace("at once", "within a day")})
    before = len(stub.encoded)
    run(docs)
    assert stub.encoded[before:] == ["Cards\nLoss\nReport a lost card within a day."]


def test_a_removed_file_is_taken_out_without_the_model(docs: Path, index: Path, indexed: dict[str, str]) -> None:
    (docs / "cards.md").unlink()
    report = counts_of(update(index, [docs], load_encoder=unneeded))
    assert (report.read, report.unchanged, report.removed, report.passages, report.generation) == (0, 2, 1, 2, 2)
    assert contents(index).keys() == indexed.keys() - {"cards.md"}


@pytest.mark.usefixtures("indexed")
def test_a_renamed_file_embeds_nothing_again(docs: Path, index: Path, run: Callable[..., Counts]) -> None:
    (docs / "cards.md").rename(docs / "sub" / "new.md")
    report = run(docs)
    assert (report.read, report.moved, report.unchanged, report.removed, report.embedded) == (1, 1, 2, 0, 0)
    assert contents(index).keys() == {"sub/new.md", "sub/widow.md", "pension.md"}


@pytest.mark.usefixtures("indexed")
def test_what_was_taken_out_and_comes_back_is_found_again(docs: Path, index: Path, run: Callable[..., Counts]) -> None:
    (docs / "cards.md").unlink()
    run(docs)
    write_files(docs, {"cards.md": PAGES["cards.md"]})
    assert run(docs).generation == 3
    assert contents(index).keys() == PAGES.keys()


def test_the_same_passage_in_two_files_is_embedded_once(tmp_path: Path, run: Callable[..., Counts], stub: StubEncoder) -> None:
    write_files(tmp_path / "twice", {"a.md": PAGES["pension.md"], "b.md": PAGES["pension.md"]})
    report = run(tmp_path / "twice")
    assert (report.read, report.passages, report.embedded) == (2, 2, 1)
    assert len(stub.encoded) == 1


def test_an_index_does_not_grow_with_every_change(docs: Path, index: Path, run: Callable[..., Counts]) -> None:
    sizes = []
    for n in range(6):
        write_files(
            docs,
            {"rows.csv": rows(200).replace("is number", f"in version {n} is number").replace("What", f"In version {n} what")},
        )
        run(docs)
        sizes.append((index / "index.sqlite").stat().st_size)
    # From the third on there are the new version, the one before it, and the room of the one before that.
    assert sizes[-1] < 1.2 * sizes[2]


def test_generations_count_changes(docs: Path, index: Path, run: Callable[..., Counts]) -> None:
    seen = [run(docs).generation, run(docs).generation]
    write_files(docs, {"new.md": "# New\n\nSomething new."})
    seen += [run(docs).generation, run(docs).generation]
    (docs / "new.md").unlink()
    seen.append(run(docs).generation)
    assert seen == [1, 1, 2, 2, 3]
    assert generation(index) == 3


def test_progress_is_told_from_the_first_text_to_the_last(docs: Path, index: Path, stub: StubEncoder) -> None:
    write_files(docs, {"rows.csv": rows(400)})
    heard: list[tuple[int, int]] = []
    update(index, [docs], load_encoder=lambda _: stub, progress=lambda done, number: heard.append((done, number)))
    size = sum(path.stat().st_size for path in docs.rglob("*") if path.is_file())
    assert heard[0] == (0, size)
    assert 0.5 * size < heard[-1][0] <= size
    assert heard == sorted(heard)
    assert len(heard) > 2


# The model


def test_without_a_name_the_model_that_comes_with_askdex_is_asked_for(docs: Path, index: Path) -> None:
    update(index, [docs], load_encoder=StubEncoder)
    with closing(Reader(index)) as reader, reader.opened() as opened:
        assert opened.model.name == DEFAULT_MODEL


def test_an_index_goes_on_with_its_own_model(docs: Path, index: Path) -> None:
    asked_for: list[str] = []

    def load(name: str) -> StubEncoder:
        asked_for.append(name)
        return StubEncoder(name)

    update(index, [docs], model="mine", load_encoder=load)
    write_files(docs, {"new.md": "# New\n\nSomething new."})
    update(index, [docs], load_encoder=load)
    write_files(docs, {"new.md": "# New\n\nSomething newer."})
    update(index, [docs], model="mine", load_encoder=load)
    assert asked_for == ["mine", "mine", "mine"]


def test_a_model_is_known_by_each_of_its_names(
    docs: Path, index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "model").mkdir()
    monkeypatch.chdir(tmp_path)
    update(index, [docs], model="model", load_encoder=StubEncoder)
    monkeypatch.chdir(docs)
    assert counts_of(update(index, [docs], model=str(tmp_path / "model"), load_encoder=unneeded)).unchanged == 3
    by_default = tmp_path / "by default"
    update(by_default, [docs], load_encoder=StubEncoder)
    assert (
        counts_of(update(by_default, [docs], model=f"sentence-transformers/{DEFAULT_MODEL}", load_encoder=unneeded)).unchanged
        == 3
    )


def test_another_model_is_refused(docs: Path, index: Path, indexed: dict[str, str]) -> None:
    write_files(docs, {"new.md": "# New\n\nSomething new."})
    with pytest.raises(ModelError, match=r"stub.*--index") as caught:
        update(index, [docs], model="other", load_encoder=unneeded)
    assert "\n" not in str(caught.value)
    assert contents(index) == indexed


def test_a_model_that_has_changed_under_its_name_is_refused(docs: Path, index: Path, indexed: dict[str, str]) -> None:
    write_files(docs, {"new.md": "# New\n\nSomething new."})
    changed = StubEncoder(limit=32)
    with pytest.raises(ModelError, match="stub"):
        update(index, [docs], load_encoder=lambda _: changed)
    assert changed.encoded == []
    assert contents(index) == indexed


def test_a_model_that_cannot_be_loaded_leaves_the_index_as_it_was(docs: Path, index: Path, indexed: dict[str, str]) -> None:
    def load(name: str) -> Encoder:
        raise ModelError(f"no model {name}")

    write_files(docs, {"new.md": "# New\n\nSomething new."})
    with pytest.raises(ModelError):
        update(index, [docs], load_encoder=load)
    assert contents(index) == indexed


def test_no_token_is_lost(tmp_path: Path, index: Path, stub: StubEncoder) -> None:
    words = " ".join(f"w{n}" for n in range(500))
    sentences = " ".join(f"Sentence {n} has some more words than that." for n in range(99))
    heading = " ".join(f"h{n}" for n in range(40))
    write_files(
        tmp_path / "long", {"a.md": f"# A\n\n{words}\n\n## {heading}?\n\n{sentences}", "b.txt": "x" * 5_000, "c.csv": rows(3)}
    )
    report = counts_of(update(index, [tmp_path / "long"], load_encoder=lambda _: stub))
    assert report.tokens_lost == 0
    assert max(stub.count(stub.encoded)) <= stub.limit
    assert report.passages > 20


# Stopping halfway


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_a_stopped_update_keeps_what_was_embedded_and_goes_on(
    docs: Path, index: Path, indexed: dict[str, str], error: type[BaseException]
) -> None:
    write_files(docs, {"rows.csv": rows(600)})
    stopped = FailingEncoder(2, error)
    with pytest.raises(error, match="stopped"):
        update(index, [docs], load_encoder=lambda _: stopped)
    assert contents(index) == indexed
    done = len(stopped.encoded)
    assert 0 < done < 1_200
    again = StubEncoder()
    report = counts_of(update(index, [docs], load_encoder=lambda _: again))
    assert report.embedded == len(again.encoded) == 1_200 - done
    assert not set(again.encoded) & set(stopped.encoded)
    assert (report.read, report.unchanged, report.generation) == (1, 3, 2)
    assert len(contents(index)) == 603


def test_what_a_stopped_update_embedded_of_a_file_is_not_embedded_again_once_the_file_has_changed(
    docs: Path, index: Path, run: Callable[..., Counts]
) -> None:
    run(docs)
    write_files(docs, {"rows.csv": rows(600)})
    stopped = FailingEncoder(2)
    with pytest.raises(RuntimeError, match="stopped"):
        update(index, [docs], load_encoder=lambda _: stopped)
    write_files(docs, {"rows.csv": rows(601)})
    again = StubEncoder()
    update(index, [docs], load_encoder=lambda _: again)
    assert len(again.encoded) == 1_202 - len(stopped.encoded)
    assert not set(again.encoded) & set(stopped.encoded)
    assert len(contents(index)) == 604


def test_a_first_update_that_was_stopped_leaves_an_empty_index(docs: Path, index: Path, stub: StubEncoder) -> None:
    write_files(docs, {"rows.csv": rows(600)})
    stopped = FailingEncoder(1)
    with pytest.raises(RuntimeError, match="stopped"):
        update(index, [docs], load_encoder=lambda _: stopped)
    with pytest.raises(MissingIndexError):
        Reader(index)
    report = counts_of(update(index, [docs], load_encoder=lambda _: stub))
    assert (report.embedded, report.generation) == (1_204 - len(stopped.encoded), 1)


@pytest.mark.parametrize(
    "pages", [{}, {".hidden.md": "# Hidden"}, {"picture.txt": "\0\1\2"}, {"rows.csv": "question,answer\n,\n"}]
)
def test_a_first_update_that_comes_to_nothing_leaves_no_folder(tmp_path: Path, docs: Path, pages: dict[str, str]) -> None:
    shutil.rmtree(docs)
    docs.mkdir()
    write_files(docs, pages)
    with pytest.raises(DocumentsError):
        update(tmp_path / "new" / "index", [docs], load_encoder=unneeded)
    assert not (tmp_path / "new").exists()
    (tmp_path / "new" / "index").mkdir(parents=True)
    with pytest.raises(DocumentsError):
        update(tmp_path / "new" / "index", [docs], load_encoder=unneeded)
    assert (tmp_path / "new" / "index").exists()


@pytest.mark.parametrize("error", [ModelError, KeyboardInterrupt])
def test_a_first_update_without_a_model_leaves_no_folder(docs: Path, index: Path, error: type[BaseException]) -> None:
    def load(_: str) -> Encoder:
        raise error("no model")

    with pytest.raises(error, match="no model"):
        update(index, [docs], load_encoder=load)
    assert not index.exists()


def test_what_others_have_put_into_the_folder_of_a_first_update_stays(docs: Path, index: Path) -> None:
    def load(_: str) -> Encoder:
        (index / "mine").touch()
        raise ModelError("no model")

    with pytest.raises(ModelError):
        update(index, [docs], load_encoder=load)
    assert [path.name for path in index.iterdir()] == ["mine"]


def test_after_a_first_update_that_was_stopped_another_model_may_be_taken(docs: Path, index: Path) -> None:
    write_files(docs, {"rows.csv": rows(600)})
    stopped = FailingEncoder(1)
    with pytest.raises(RuntimeError, match="stopped"):
        update(index, [docs], load_encoder=lambda _: stopped)
    other = StubEncoder("other", dimension=32)
    assert counts_of(update(index, [docs], model="other", load_encoder=lambda _: other)).embedded == 1_204
    with closing(open_searcher(index, lambda _: other)) as searcher:
        assert searcher.search(Query("What is item 77?")).results[0].passage.document.uri == "rows.csv#what-is-item-77"


def test_a_change_that_cannot_be_finished_leaves_the_generation_before(
    docs: Path, index: Path, indexed: dict[str, str], run: Callable[..., Counts], stub: StubEncoder
) -> None:
    write_files(docs, {"new.md": "# New\n\nSomething new."})
    (docs / "cards.md").unlink()
    aside = index.with_name("aside")
    (index / "derived").rename(aside)
    (index / "derived").write_text("in the way of the search files")
    with pytest.raises(OSError, match="derived"):
        run(docs)
    (index / "derived").unlink()
    aside.rename(index / "derived")
    assert contents(index) == indexed
    assert generation(index) == 1
    before = len(stub.encoded)
    assert run(docs).generation == 2
    assert stub.encoded[before:] == []
    assert contents(index).keys() == PAGES.keys() - {"cards.md"} | {"new.md"}


def test_two_updates_at_once_are_one_too_many(docs: Path, index: Path, stub: StubEncoder) -> None:
    refused: list[str] = []

    def second(done: int, number: int) -> None:
        if done > 0 and number > 0:
            with pytest.raises(BusyIndexError) as caught:
                update(index, [docs], load_encoder=unneeded)
            refused.append(str(caught.value))

    update(index, [docs], load_encoder=lambda _: stub, progress=second)
    assert len(refused) == 1
    assert "\n" not in refused[0]
    assert contents(index).keys() == PAGES.keys()
    assert counts_of(update(index, [docs], load_encoder=unneeded)).unchanged == 3


def test_search_files_of_old_generations_do_not_pile_up(docs: Path, index: Path, run: Callable[..., Counts]) -> None:
    for n in range(5):
        write_files(docs, {"new.md": f"# New\n\nNumber {n}."})
        run(docs)
    assert len(list((index / "derived").iterdir())) <= 2
