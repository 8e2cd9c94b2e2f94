"""Bringing an index into the state of its documents."""

import os
import shutil
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from indexer import catalogue
from indexer.build import plan, update
from indexer.encoder import DEFAULT_MODEL, Encoder
from indexer.errors import BusyIndexError, DocumentsError, MissingIndexError, ModelError
from indexer.reader import Reader
from indexer.scan import Known, scan
from indexer.search import open_searcher
from indexer.types import Query
from tests.stubs import FailingEncoder, StubEncoder, Told, rows, told, unneeded, write

PAGES = {
    "cards.md": "# Cards\n\nThe office issues the card.\n\n## Loss\n\nReport a lost card at once.",
    "pension.md": "# Pension\n\nA pension begins at sixty.",
    "sub/widow.md": "# Widows\n\nA widow has a claim.",
}
AS_ROOT = hasattr(os, "geteuid") and os.geteuid() == 0

Refuse = Callable[[Path], None]


def contents(index: Path) -> dict[str, str]:
    """The texts of an index by their uris, all of them found by the engine too."""
    with closing(Reader(index)) as reader, reader.snapshot() as snapshot:
        summaries = catalogue.documents(snapshot, 10_000, 0)
        assert len(snapshot.engine) == snapshot.state.passages
        found = {summary.uri: catalogue.document(snapshot, summary.id).text for summary in summaries}
    assert len(found) == len(summaries)
    return found


def generation(index: Path) -> int:
    with closing(Reader(index)) as reader, reader.snapshot() as snapshot:
        return snapshot.state.generation


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    folder = tmp_path / "docs"
    write(folder, PAGES)
    return folder


@pytest.fixture
def index(tmp_path: Path) -> Path:
    return tmp_path / "index"


@pytest.fixture
def run(index: Path, stub: StubEncoder) -> Callable[..., Told]:
    """Updates the index with what is named."""

    def updated(*named: Path, instead_of: Path | None = None) -> Told:
        return told(update(index, named, load_encoder=lambda _: stub, instead_of=instead_of))

    return updated


@pytest.fixture
def indexed(docs: Path, index: Path, run: Callable[..., Told]) -> dict[str, str]:
    """The contents of the index after its first update."""
    run(docs)
    return contents(index)


def test_a_first_update_takes_every_document(docs: Path, index: Path, stub: StubEncoder) -> None:
    report = told(update(index, [docs], load_encoder=lambda _: stub))
    assert contents(index).keys() == PAGES.keys()
    assert (report.read, report.unchanged, report.removed, report.skipped) == (3, 0, 0, ())
    assert (report.passages, report.embedded, report.tokens_lost, report.generation) == (4, 4, 0, 1)
    assert len(stub.encoded) == 4
    assert report.seconds > 0


@pytest.mark.usefixtures("indexed")
def test_unchanged_documents_need_no_model(docs: Path, index: Path) -> None:
    os.utime(docs / "cards.md", (0, 0))
    report = told(update(index, [docs], load_encoder=unneeded))
    assert (report.read, report.unchanged, report.embedded, report.generation) == (0, 3, 0, 1)


def test_a_changed_file_is_read_again(
    docs: Path, index: Path, indexed: dict[str, str], run: Callable[..., Told], stub: StubEncoder
) -> None:
    write(docs, {"pension.md": "# Pension\n\nA pension begins at seventy."})
    before = len(stub.encoded)
    report = run(docs)
    assert (report.read, report.unchanged, report.removed, report.embedded) == (1, 2, 0, 1)
    assert stub.encoded[before:] == ["Pension\nA pension begins at seventy."]
    assert contents(index) == {**indexed, "pension.md": "Pension\n\nA pension begins at seventy."}
    with closing(open_searcher(index, lambda _: stub)) as searcher:
        found = searcher.search(Query("pension seventy")).results
    assert [result.passage.text for result in found if "begins" in result.passage.text] == ["A pension begins at seventy."]


def test_of_a_changed_file_only_the_changed_section_is_embedded(
    docs: Path, indexed: dict[str, str], run: Callable[..., Told], stub: StubEncoder
) -> None:
    assert "cards.md" in indexed
    write(docs, {"cards.md": PAGES["cards.md"].replace("at once", "within a day")})
    before = len(stub.encoded)
    run(docs)
    assert stub.encoded[before:] == ["Cards\nLoss\nReport a lost card within a day."]


def test_a_removed_file_is_taken_out_without_the_model(docs: Path, index: Path, indexed: dict[str, str]) -> None:
    (docs / "cards.md").unlink()
    report = told(update(index, [docs], load_encoder=unneeded))
    assert (report.read, report.unchanged, report.removed, report.passages, report.generation) == (0, 2, 1, 2, 2)
    assert contents(index).keys() == indexed.keys() - {"cards.md"}


@pytest.mark.usefixtures("indexed")
def test_a_renamed_file_embeds_nothing_again(docs: Path, index: Path, run: Callable[..., Told]) -> None:
    (docs / "cards.md").rename(docs / "sub" / "new.md")
    report = run(docs)
    assert (report.read, report.moved, report.unchanged, report.removed, report.embedded) == (1, 1, 2, 0, 0)
    assert contents(index).keys() == {"sub/new.md", "sub/widow.md", "pension.md"}


@pytest.mark.usefixtures("indexed")
def test_what_was_taken_out_and_comes_back_is_found_again(docs: Path, index: Path, run: Callable[..., Told]) -> None:
    (docs / "cards.md").unlink()
    run(docs)
    write(docs, {"cards.md": PAGES["cards.md"]})
    assert run(docs).generation == 3
    assert contents(index).keys() == PAGES.keys()


def test_the_same_passage_in_two_files_is_embedded_once(tmp_path: Path, run: Callable[..., Told], stub: StubEncoder) -> None:
    write(tmp_path / "twice", {"a.md": PAGES["pension.md"], "b.md": PAGES["pension.md"]})
    report = run(tmp_path / "twice")
    assert (report.read, report.passages, report.embedded) == (2, 2, 1)
    assert len(stub.encoded) == 1


def test_an_index_does_not_grow_with_every_change(docs: Path, index: Path, run: Callable[..., Told]) -> None:
    sizes = []
    for n in range(6):
        write(
            docs,
            {"rows.csv": rows(200).replace("is number", f"in version {n} is number").replace("What", f"In version {n} what")},
        )
        run(docs)
        sizes.append((index / "index.sqlite").stat().st_size)
    # From the third on there are the new version, the one before it, and the room of the one before that.
    assert sizes[-1] < 1.2 * sizes[2]


def test_generations_count_changes(docs: Path, index: Path, run: Callable[..., Told]) -> None:
    seen = [run(docs).generation, run(docs).generation]
    write(docs, {"new.md": "# New\n\nSomething new."})
    seen += [run(docs).generation, run(docs).generation]
    (docs / "new.md").unlink()
    seen.append(run(docs).generation)
    assert seen == [1, 1, 2, 2, 3]
    assert generation(index) == 3


def test_progress_is_told_from_the_first_text_to_the_last(docs: Path, index: Path, stub: StubEncoder) -> None:
    write(docs, {"rows.csv": rows(400)})
    heard: list[tuple[int, int]] = []
    update(index, [docs], load_encoder=lambda _: stub, progress=lambda done, number: heard.append((done, number)))
    size = sum(path.stat().st_size for path in docs.rglob("*") if path.is_file())
    assert heard[0] == (0, size)
    assert 0.5 * size < heard[-1][0] <= size
    assert heard == sorted(heard)
    assert len(heard) > 2


# What is named


def test_several_folders_are_independent(tmp_path: Path, docs: Path, index: Path, run: Callable[..., Told]) -> None:
    other = tmp_path / "other"
    write(other, {"law.md": "# Law\n\nArticle one."})
    run(docs, other)
    write(other, {"more.md": "# More\n\nArticle two."})
    (docs / "cards.md").unlink()
    report = run(other)
    assert (report.read, report.unchanged, report.removed) == (1, 1, 0)
    assert contents(index).keys() == PAGES.keys() | {"law.md", "more.md"}


@pytest.mark.usefixtures("indexed")
def test_a_folder_inside_an_indexed_one_is_a_part_of_it(docs: Path, index: Path, run: Callable[..., Told]) -> None:
    write(docs, {"sub/new.md": "# New\n\nSomething new.", "not-named.md": "# Other\n\nNot named."})
    report = run(docs / "sub")
    assert (report.read, report.unchanged, report.removed) == (1, 1, 0)
    assert contents(index).keys() == PAGES.keys() | {"sub/new.md"}
    assert run(docs).unchanged == 4


@pytest.mark.usefixtures("indexed")
def test_a_file_inside_an_indexed_folder_is_a_part_of_it(docs: Path, index: Path, run: Callable[..., Told]) -> None:
    write(docs, {"sub/new.md": "# New\n\nSomething new."})
    run(docs / "sub" / "new.md")
    assert contents(index).keys() == PAGES.keys() | {"sub/new.md"}


def test_the_folder_above_an_indexed_one_takes_it_in(docs: Path, index: Path, run: Callable[..., Told]) -> None:
    run(docs / "sub")
    assert contents(index).keys() == {"widow.md"}
    report = run(docs)
    assert report.embedded == 3
    assert contents(index).keys() == PAGES.keys()


def test_a_single_file_goes_by_its_name(docs: Path, index: Path, run: Callable[..., Told]) -> None:
    run(docs / "sub" / "widow.md")
    assert contents(index).keys() == {"widow.md"}


def test_what_is_named_twice_is_taken_once(docs: Path, index: Path, run: Callable[..., Told]) -> None:
    named = [docs, docs / "cards.md", docs, docs / "sub"]
    assert run(*named).read == 3
    assert contents(index).keys() == PAGES.keys()
    assert run(*named).unchanged == 3


def test_a_folder_named_before_the_one_around_it_is_a_part_of_it(
    docs: Path, index: Path, run: Callable[..., Told], stub: StubEncoder
) -> None:
    assert run(docs / "sub", docs).read == 3
    assert contents(index).keys() == PAGES.keys()
    report = told(update(index, [docs / "sub", docs], load_encoder=lambda _: stub))
    assert (report.read, report.unchanged, report.generation) == (0, 3, 1)


def test_the_index_itself_is_no_document(docs: Path, stub: StubEncoder) -> None:
    index = docs / "index"
    update(index, [docs], load_encoder=lambda _: stub)
    report = told(update(index, [docs], load_encoder=unneeded))
    assert (report.unchanged, report.skipped) == (3, ())


def test_what_is_left_out_is_reported_with_the_reason(docs: Path, run: Callable[..., Told]) -> None:
    write(docs, {"tool.exe": "MZ", "empty.md": " \n"})
    reasons = {item.uri: item.reason for item in run(docs).skipped}
    assert reasons.keys() == {"tool.exe", "empty.md"}
    assert all(reasons.values())


@pytest.mark.skipif(os.name != "posix", reason="names of files are text elsewhere")
def test_a_file_whose_name_is_no_text_is_known_again(docs: Path, index: Path, run: Callable[..., Told]) -> None:
    Path(os.fsdecode(os.fsencode(docs) + b"/caf\xe9.md")).write_text("# Coffee\n\nA cup.", encoding="utf-8")
    run(docs)
    assert contents(index).keys() == PAGES.keys() | {"caf\\xe9.md"}
    assert told(update(index, [docs], load_encoder=unneeded)).unchanged == 4


@pytest.mark.usefixtures("indexed")
def test_documents_that_make_room_for_others(tmp_path: Path, docs: Path, index: Path, run: Callable[..., Told]) -> None:
    write(tmp_path / "other", {"law.md": "# Law\n\nArticle one."})
    report = run(tmp_path / "other", instead_of=docs)
    assert (report.read, report.removed, report.passages) == (1, 3, 1)
    assert contents(index).keys() == {"law.md"}


@pytest.mark.usefixtures("indexed")
def test_nothing_makes_room_for_what_cannot_be_read(tmp_path: Path, docs: Path, index: Path, run: Callable[..., Told]) -> None:
    write(tmp_path / "other", {"tool.exe": "MZ"})
    with pytest.raises(DocumentsError):
        run(tmp_path / "other", instead_of=docs)
    assert contents(index).keys() == PAGES.keys()


@pytest.mark.usefixtures("indexed")
@pytest.mark.parametrize("name", ["sub", "sub/widow.md"])
def test_what_is_named_does_not_make_room_for_itself(docs: Path, index: Path, run: Callable[..., Told], name: str) -> None:
    run(docs / name, instead_of=docs)
    assert "sub/widow.md" in contents(index)


# Documents that cannot be read


@pytest.mark.parametrize("named", ["", "sub", "nowhere", "cards.md"])
def test_where_nothing_is_left_to_read_nothing_is_lost(docs: Path, index: Path, indexed: dict[str, str], named: str) -> None:
    shutil.rmtree(docs)
    (docs / "sub").mkdir(parents=True)
    (docs / "cards.md").write_bytes(b"\0\1\2" * 99)
    with pytest.raises(DocumentsError) as caught:
        update(index, [docs / named], load_encoder=unneeded)
    assert "\n" not in str(caught.value)
    assert contents(index) == indexed
    assert generation(index) == 1


def test_one_wrong_name_among_right_ones_changes_nothing(docs: Path, index: Path, indexed: dict[str, str]) -> None:
    write(docs, {"new.md": "# New\n\nSomething new."})
    with pytest.raises(DocumentsError):
        update(index, [docs, docs / "nowhere"], load_encoder=unneeded)
    assert contents(index) == indexed


def link_to_itself(path: Path) -> None:
    """A file that the system opens for nobody, be it for root."""
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()
    path.symlink_to(path)


def take_rights(path: Path) -> None:
    path.chmod(0)


@pytest.mark.parametrize(
    "refuse",
    [
        pytest.param(link_to_itself, id="link"),
        pytest.param(take_rights, id="rights", marks=pytest.mark.skipif(AS_ROOT, reason="root may read everything")),
    ],
)
@pytest.mark.parametrize("name", ["sub", "sub/widow.md"])
def test_what_the_system_refuses_keeps_its_documents(
    docs: Path, index: Path, indexed: dict[str, str], refuse: Refuse, name: str
) -> None:
    refuse(docs / name)
    report = told(update(index, [docs], load_encoder=unneeded))
    if not (docs / name).is_symlink():
        (docs / name).chmod(0o700)
    assert (report.unchanged, report.removed, [item.uri for item in report.skipped]) == (2, 0, [name])
    assert contents(index) == indexed


@pytest.mark.parametrize("data", [b"", b"\0\1\2" * 99], ids=["empty", "binary"])
def test_a_file_that_holds_no_text_any_more_is_taken_out(docs: Path, index: Path, indexed: dict[str, str], data: bytes) -> None:
    (docs / "cards.md").write_bytes(data)
    report = told(update(index, [docs], load_encoder=unneeded))
    assert (report.unchanged, report.removed, [item.uri for item in report.skipped]) == (2, 1, ["cards.md"])
    assert contents(index).keys() == indexed.keys() - {"cards.md"}


def test_a_file_that_askdex_fails_at_keeps_its_documents_and_the_others_are_read(
    docs: Path, index: Path, indexed: dict[str, str], run: Callable[..., Told], monkeypatch: pytest.MonkeyPatch
) -> None:
    write(docs, {"cards.md": "# Cards\n\nA changed card.", "new.md": "# New\n\nA new page."})
    known = {b"# New\n\nA new page.": "# New\n\nA new page."}
    monkeypatch.setattr("corpus.read.decode", known.__getitem__)
    report = run(docs)
    assert [(item.uri, item.reason) for item in report.skipped] == [("cards.md", "Askdex failed to read it (KeyError)")]
    assert contents(index).keys() == indexed.keys() | {"new.md"}


ROWS = '{"question": "How far is it?", "answer": "300 metres."}\n'


@pytest.mark.parametrize("is_known", [False, True])
def test_a_plan_is_what_an_update_does(docs: Path, index: Path, run: Callable[..., Told], is_known: bool) -> None:  # noqa: FBT001
    if is_known:
        write(docs, {"late.jsonl": ROWS, "none.csv": "question,answer\nWho?,You.\n", "gone.md": "# Gone\n\nIt will be."})
        run(docs)
        (docs / "gone.md").rename(docs / "moved.md")
    write(docs, {"late.jsonl": f"{ROWS}not json\n{ROWS}{{}}\n", "none.csv": "question,answer\n,\n"})
    write(docs, {"pension.md": "# Pension\n\nAnother.", "empty.md": " "})
    planned = plan(index, [docs])
    left_out = ["empty.md", "late.jsonl, line 2", "late.jsonl, line 4", "none.csv, line 2", "none.csv"]
    assert [item.uri for item in planned.skipped] == left_out
    assert index.exists() is is_known
    done = update(index, [docs], load_encoder=lambda _: StubEncoder()).changes
    assert replace(done, skipped=()) == replace(planned, skipped=())
    assert set(done.skipped) == set(planned.skipped)


# What would not end if each thing that is left out were compared with all others


def test_however_many_rows_are_left_out(docs: Path, index: Path) -> None:
    write(docs, {"rows.jsonl": "{}\n" * 200_000})
    assert len(plan(index, [docs]).skipped) == 200_001


def test_however_many_files_are_refused_and_gone(tmp_path: Path) -> None:
    write(tmp_path, {"here.md": "# Here\n\nA page."})
    for n in range(4_000):
        (tmp_path / f"{n}.md").symlink_to("nowhere")
    known = {tmp_path / "gone" / f"{n}.md": Known(tmp_path, b"") for n in range(20_000)}
    found = scan(known, [tmp_path], tmp_path / "index")
    assert (len(found.skipped), found.removed) == (4_000, set(known))


# The model


def test_without_a_name_the_model_that_comes_with_askdex_is_asked_for(docs: Path, index: Path) -> None:
    update(index, [docs], load_encoder=StubEncoder)
    with closing(Reader(index)) as reader, reader.snapshot() as snapshot:
        assert snapshot.model.name == DEFAULT_MODEL


def test_an_index_goes_on_with_its_own_model(docs: Path, index: Path) -> None:
    asked_for: list[str] = []

    def load(name: str) -> StubEncoder:
        asked_for.append(name)
        return StubEncoder(name)

    update(index, [docs], model="mine", load_encoder=load)
    write(docs, {"new.md": "# New\n\nSomething new."})
    update(index, [docs], load_encoder=load)
    write(docs, {"new.md": "# New\n\nSomething newer."})
    update(index, [docs], model="mine", load_encoder=load)
    assert asked_for == ["mine", "mine", "mine"]


def test_a_model_is_known_by_each_of_its_names(
    docs: Path, index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "model").mkdir()
    monkeypatch.chdir(tmp_path)
    update(index, [docs], model="model", load_encoder=StubEncoder)
    monkeypatch.chdir(docs)
    assert told(update(index, [docs], model=str(tmp_path / "model"), load_encoder=unneeded)).unchanged == 3
    by_default = tmp_path / "by default"
    update(by_default, [docs], load_encoder=StubEncoder)
    assert (
        told(update(by_default, [docs], model=f"sentence-transformers/{DEFAULT_MODEL}", load_encoder=unneeded)).unchanged == 3
    )


def test_another_model_is_refused(docs: Path, index: Path, indexed: dict[str, str]) -> None:
    write(docs, {"new.md": "# New\n\nSomething new."})
    with pytest.raises(ModelError, match=r"stub.*--index") as caught:
        update(index, [docs], model="other", load_encoder=unneeded)
    assert "\n" not in str(caught.value)
    assert contents(index) == indexed


def test_a_model_that_has_changed_under_its_name_is_refused(docs: Path, index: Path, indexed: dict[str, str]) -> None:
    write(docs, {"new.md": "# New\n\nSomething new."})
    changed = StubEncoder(limit=32)
    with pytest.raises(ModelError, match="stub"):
        update(index, [docs], load_encoder=lambda _: changed)
    assert changed.encoded == []
    assert contents(index) == indexed


def test_a_model_that_cannot_be_loaded_leaves_the_index_as_it_was(docs: Path, index: Path, indexed: dict[str, str]) -> None:
    def load(name: str) -> Encoder:
        raise ModelError(f"no model {name}")

    write(docs, {"new.md": "# New\n\nSomething new."})
    with pytest.raises(ModelError):
        update(index, [docs], load_encoder=load)
    assert contents(index) == indexed


def test_no_token_is_lost(tmp_path: Path, index: Path, stub: StubEncoder) -> None:
    words = " ".join(f"w{n}" for n in range(500))
    sentences = " ".join(f"Sentence {n} has some more words than that." for n in range(99))
    heading = " ".join(f"h{n}" for n in range(40))
    write(
        tmp_path / "long", {"a.md": f"# A\n\n{words}\n\n## {heading}?\n\n{sentences}", "b.txt": "x" * 5_000, "c.csv": rows(3)}
    )
    report = told(update(index, [tmp_path / "long"], load_encoder=lambda _: stub))
    assert report.tokens_lost == 0
    assert max(stub.count(stub.encoded)) <= stub.limit
    assert report.passages > 20


# Stopping halfway


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_a_stopped_update_keeps_what_was_embedded_and_goes_on(
    docs: Path, index: Path, indexed: dict[str, str], error: type[BaseException]
) -> None:
    write(docs, {"rows.csv": rows(600)})
    stopped = FailingEncoder(2, error)
    with pytest.raises(error, match="stopped"):
        update(index, [docs], load_encoder=lambda _: stopped)
    assert contents(index) == indexed
    done = len(stopped.encoded)
    assert 0 < done < 1_200
    again = StubEncoder()
    report = told(update(index, [docs], load_encoder=lambda _: again))
    assert report.embedded == len(again.encoded) == 1_200 - done
    assert not set(again.encoded) & set(stopped.encoded)
    assert (report.read, report.unchanged, report.generation) == (1, 3, 2)
    assert len(contents(index)) == 603


def test_a_first_update_that_was_stopped_leaves_an_empty_index(docs: Path, index: Path, stub: StubEncoder) -> None:
    write(docs, {"rows.csv": rows(600)})
    stopped = FailingEncoder(1)
    with pytest.raises(RuntimeError, match="stopped"):
        update(index, [docs], load_encoder=lambda _: stopped)
    with pytest.raises(MissingIndexError):
        Reader(index)
    report = told(update(index, [docs], load_encoder=lambda _: stub))
    assert (report.embedded, report.generation) == (1_204 - len(stopped.encoded), 1)


@pytest.mark.parametrize(
    "pages", [{}, {".hidden.md": "# Hidden"}, {"picture.txt": "\0\1\2"}, {"rows.csv": "question,answer\n,\n"}]
)
def test_a_first_update_that_comes_to_nothing_leaves_no_folder(tmp_path: Path, docs: Path, pages: dict[str, str]) -> None:
    shutil.rmtree(docs)
    docs.mkdir()
    write(docs, pages)
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
    write(docs, {"rows.csv": rows(600)})
    stopped = FailingEncoder(1)
    with pytest.raises(RuntimeError, match="stopped"):
        update(index, [docs], load_encoder=lambda _: stopped)
    other = StubEncoder("other", dimension=32)
    assert told(update(index, [docs], model="other", load_encoder=lambda _: other)).embedded == 1_204
    with closing(open_searcher(index, lambda _: other)) as searcher:
        assert searcher.search(Query("What is item 77?")).results[0].passage.document.uri == "rows.csv#what-is-item-77"


def test_a_change_that_cannot_be_finished_leaves_the_generation_before(
    docs: Path, index: Path, indexed: dict[str, str], run: Callable[..., Told], stub: StubEncoder
) -> None:
    write(docs, {"new.md": "# New\n\nSomething new."})
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
    assert told(update(index, [docs], load_encoder=unneeded)).unchanged == 3


def test_search_files_of_old_generations_do_not_pile_up(docs: Path, index: Path, run: Callable[..., Told]) -> None:
    for n in range(5):
        write(docs, {"new.md": f"# New\n\nNumber {n}."})
        run(docs)
    assert len(list((index / "derived").iterdir())) <= 2
