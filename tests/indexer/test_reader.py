"""An index opened for asking: generations, search files that are lost or damaged, truth that cannot be read."""

import os
import shutil
import sqlite3
import stat
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from itertools import product
from pathlib import Path

import pytest

from indexer import catalogue, derived, states, store
from indexer.build import EncoderLoader, update
from indexer.encoder import Encoder
from indexer.engine import Engine
from indexer.errors import DamagedIndexError, MissingIndexError, ModelError
from indexer.inventory import inventory
from indexer.reader import Reader
from indexer.search import Searcher, open_searcher
from indexer.segment import Segment
from indexer.states import View
from indexer.types import Query, Result
from tests.stubs import PATIENCE_S, StubEncoder, told, wait_for

QUESTIONS = ("lost card", "When does a pension begin?", "number 7")

Damage = Callable[[Path], None]
Open = Callable[[Path], object]


def write_version(docs: Path, version: int) -> None:
    """Ten documents of which each says the version."""
    docs.mkdir(exist_ok=True)
    for n in range(10):
        (docs / f"{n}.md").write_text(f"# Document {n}\n\nThis is version {version} of number {n}.", encoding="utf-8")


def make(folder: Path, docs: Path) -> None:
    update(folder, [docs], load_encoder=lambda _: StubEncoder())


def unneeded(name: str) -> Encoder:
    raise AssertionError(f"the model {name} was loaded")


def answers(folder: Path) -> list[tuple[Result, ...]]:
    with closing(open_searcher(folder, lambda _: StubEncoder())) as searcher:
        return [searcher.search(Query(question, limit=100)).results for question in QUESTIONS]


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index that tests copy, and do not change."""
    place = tmp_path_factory.mktemp("kept")
    write_version(place / "docs", 1)
    (place / "docs" / "cards.md").write_text("# Cards\n\nReport a lost card.\n\n## Pension\n\nA pension begins at sixty.")
    # So many that the file has more than a page for each table.
    (place / "docs" / "rows.csv").write_text("question,answer\n" + "".join(f"Row {n}?,It is {n}.\n" for n in range(100)))
    make(place / "index", place / "docs")
    return place / "index"


@pytest.fixture
def index(tmp_path: Path, kept: Path) -> Path:
    return Path(shutil.copytree(kept, tmp_path / "index"))


@pytest.fixture(scope="module")
def kept_answers(kept: Path) -> list[tuple[Result, ...]]:
    found = answers(kept)
    assert all(found)
    return found


# Generations


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    folder = tmp_path / "versions"
    write_version(folder, 1)
    return folder


@pytest.fixture
def versions(tmp_path: Path, docs: Path) -> Path:
    """An index whose every document says the generation."""
    make(tmp_path / "of versions", docs)
    return tmp_path / "of versions"


@pytest.fixture
def searcher(versions: Path) -> Iterator[Searcher]:
    with closing(open_searcher(versions, lambda _: StubEncoder())) as opened:
        yield opened


def test_a_snapshot_keeps_its_generation_while_others_are_committed(versions: Path, docs: Path) -> None:
    question = "version 1 of number 3"
    with closing(Reader(versions)) as reader:
        with reader.snapshot() as snapshot:
            before = snapshot.engine.matching(question, 10)
            for version in (2, 3, 4):
                write_version(docs, version)
                (docs / f"{version}.md").unlink()
                make(versions, docs)
            assert snapshot.state.generation == 1
            assert snapshot.state.documents == len(snapshot.engine) == 10
            after = snapshot.engine.matching(question, 10)
            assert after.scores.tolist() == before.scores.tolist()
            texts = [found.text for found in catalogue.passages(snapshot, after.ids.tolist())]
            assert texts[0] == "This is version 1 of number 3."
        with reader.snapshot() as snapshot:
            assert snapshot.state.generation == 4
            assert snapshot.state.documents == len(snapshot.engine) == 9


@pytest.mark.parametrize("commits", [1, 3])
def test_a_reader_that_a_writer_overtakes_opens_the_search_files_of_its_own_generation(
    versions: Path, docs: Path, caplog: pytest.LogCaptureFixture, commits: int
) -> None:
    with closing(store.open_for_reading(versions)) as connection, states.reading(connection) as held:
        view = states.newest(versions, connection, held)
        for version in range(2, commits + 2):
            write_version(docs, version)
            (docs / "0.md").unlink()
            make(versions, docs)
        engine = derived.open_engine(view)
        assert (view.state.generation, len(engine)) == (1, 10)
        (best, *_) = catalogue.passages(view, engine.matching("version 1 of number 0", 10).ids.tolist())
        assert best.text == "This is version 1 of number 0."
    # One commit is no reason to make them anew.
    assert bool(caplog.messages) is (commits > 1)


def test_the_next_question_sees_the_new_generation(versions: Path, docs: Path, searcher: Searcher) -> None:
    for version in (2, 3):
        write_version(docs, version)
        make(versions, docs)
        response = searcher.search(Query("version of number 3", limit=1))
        assert response.generation == version
        assert response.results[0].passage.text == f"This is version {version} of number 3."


def test_while_a_new_generation_is_opened_beside_them_questions_are_answered_from_the_one_before(
    versions: Path, docs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opening, go_on = threading.Event(), threading.Event()

    def slowly(view: View, known: dict[str, Segment]) -> Engine:
        opening.set()
        assert go_on.wait(PATIENCE_S)
        return open_engine(view, known)

    open_engine = derived.open_engine
    with closing(Reader(versions)) as reader:
        reader.follow()
        monkeypatch.setattr(derived, "open_engine", slowly)
        write_version(docs, 2)
        make(versions, docs)
        assert opening.wait(PATIENCE_S)
        with reader.snapshot() as snapshot:
            assert snapshot.state.generation == 1
            assert len(snapshot.engine) == 10
        go_on.set()
        wait_for(lambda: generation_of(reader) == 2)


def test_a_reader_follows_its_index_through_what_cannot_be_opened(versions: Path, docs: Path, tmp_path: Path) -> None:
    with closing(Reader(versions)) as reader:
        reader.follow()
        (versions / "index.sqlite").rename(tmp_path / "aside")
        time.sleep(0.5)
        with pytest.raises(MissingIndexError):
            generation_of(reader)
        (tmp_path / "aside").rename(versions / "index.sqlite")
        write_version(docs, 2)
        make(versions, docs)
        wait_for(lambda: generation_of(reader) == 2)


def generation_of(reader: Reader) -> int:
    with reader.snapshot() as snapshot:
        return snapshot.state.generation


def test_questions_from_many_threads_see_one_generation_each_while_a_writer_writes(
    versions: Path, docs: Path, searcher: Searcher
) -> None:
    last = 8
    all_have_asked = threading.Barrier(5)
    done = threading.Event()

    def ask() -> set[int]:
        seen = {searcher.search(Query("which version is it")).generation}
        all_have_asked.wait(60)
        while True:
            is_last = done.is_set()
            response = searcher.search(Query("which version is it", limit=100))
            texts = [result.passage.text for result in response.results]
            assert len(texts) == 10
            assert all(f"version {response.generation} " in text for text in texts)
            seen.add(response.generation)
            if is_last:
                return seen

    with ThreadPoolExecutor(4) as threads:
        asking = [threads.submit(ask) for _ in range(4)]
        try:
            all_have_asked.wait(60)
            for version in range(2, last + 1):
                write_version(docs, version)
                make(versions, docs)
        finally:
            done.set()
        seen = [future.result() for future in asking]
    assert all({1, last} <= generations for generations in seen)


def put_in_place(index: Path, other: Path) -> None:
    """Let another index have the name of one that is open."""
    index.rename(index.with_name("aside"))
    other.rename(index)


def test_an_index_that_takes_the_place_of_another_is_seen_by_the_next_question(
    versions: Path, docs: Path, searcher: Searcher, tmp_path: Path
) -> None:
    assert searcher.search(Query("version of number 3", limit=1)).generation == 1
    write_version(docs, 7)
    make(tmp_path / "other", docs)
    put_in_place(versions, tmp_path / "other")
    response = searcher.search(Query("version of number 3", limit=1))
    assert response.results[0].passage.text == "This is version 7 of number 3."


def test_an_index_of_another_model_in_its_place_is_refused(
    versions: Path, docs: Path, searcher: Searcher, tmp_path: Path
) -> None:
    update(tmp_path / "other", [docs], load_encoder=lambda _: StubEncoder("other"))
    put_in_place(versions, tmp_path / "other")
    with pytest.raises(ModelError, match="other"):
        searcher.search(Query("version of number 3"))


def test_an_open_index_whose_file_is_gone_is_missing(versions: Path, searcher: Searcher) -> None:
    versions.rename(versions.with_name("aside"))
    with pytest.raises(MissingIndexError):
        searcher.search(Query("version of number 3"))


def test_an_open_index_answers_on_when_its_search_files_are_gone(kept_answers: list[tuple[Result, ...]], index: Path) -> None:
    with closing(open_searcher(index, lambda _: StubEncoder())) as opened:
        shutil.rmtree(index / "derived")
        assert [opened.search(Query(question, limit=100)).results for question in QUESTIONS] == kept_answers


def test_a_copied_index_gives_the_same_answers(kept_answers: list[tuple[Result, ...]], index: Path) -> None:
    assert answers(index) == kept_answers


# Search files


def search_files(index: Path) -> list[Path]:
    return sorted(path.relative_to(index) for path in (index / "derived").rglob("*") if path.is_file() and path.stat().st_size)


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def empty(path: Path) -> None:
    path.write_bytes(b"")


def flip_a_bit(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def assert_mended(index: Path, expected: list[tuple[Result, ...]], caplog: pytest.LogCaptureFixture) -> None:
    """The answers are right, and the next one to open the index finds nothing to mend."""
    assert answers(index) == expected
    caplog.clear()
    assert answers(index) == expected
    assert caplog.messages == []


@pytest.mark.parametrize("damage", [Path.unlink, truncate, empty, flip_a_bit])
def test_a_damaged_search_file_is_made_anew(
    index: Path,
    tmp_path: Path,
    kept_answers: list[tuple[Result, ...]],
    caplog: pytest.LogCaptureFixture,
    damage: Damage,
) -> None:
    names = [name for name in search_files(index) if not name.name.startswith(".")]
    assert len(names) > 5
    for n, name in enumerate(names):
        damaged = Path(shutil.copytree(index, tmp_path / f"damaged {n}"))
        damage(damaged / name)
        with closing(Reader(damaged)):
            assert "made anew" in caplog.text, name
        assert_mended(damaged, kept_answers, caplog)


@pytest.mark.parametrize("damage", [truncate, empty])
def test_a_damaged_hidden_search_file_is_made_anew(
    index: Path, kept_answers: list[tuple[Result, ...]], caplog: pytest.LogCaptureFixture, damage: Damage
) -> None:
    for name in search_files(index):
        if name.name.startswith("."):
            damage(index / name)
    assert_mended(index, kept_answers, caplog)


@pytest.mark.parametrize("folder", ["derived", "derived/*", "derived/*/*"])
def test_missing_folders_of_search_files_are_made_anew(
    index: Path, kept_answers: list[tuple[Result, ...]], caplog: pytest.LogCaptureFixture, folder: str
) -> None:
    for path in list(index.glob(folder)):
        if path.is_dir():
            shutil.rmtree(path)
    assert_mended(index, kept_answers, caplog)


def test_search_files_of_another_index_are_not_used(
    index: Path, tmp_path: Path, docs: Path, kept_answers: list[tuple[Result, ...]], caplog: pytest.LogCaptureFixture
) -> None:
    make(tmp_path / "other", docs)
    (place,) = (index / "derived").iterdir()
    (other,) = (tmp_path / "other" / "derived").iterdir()
    shutil.rmtree(place)
    shutil.copytree(other, place)
    assert_mended(index, kept_answers, caplog)
    (place,) = (index / "derived").iterdir()
    shutil.copy(next(other.rglob("vectors.faiss")), next(place.rglob("vectors.faiss")))
    assert_mended(index, kept_answers, caplog)


def test_search_files_of_an_older_generation_are_not_used(
    versions: Path, docs: Path, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    (old,) = (versions / "derived").iterdir()
    shutil.copytree(old, tmp_path / "old")
    write_version(docs, 2)
    make(versions, docs)
    expected = answers(versions)
    (new,) = set((versions / "derived").iterdir()) - {old}
    shutil.rmtree(new)
    shutil.copytree(tmp_path / "old", new)
    assert_mended(versions, expected, caplog)


def test_an_index_that_cannot_be_written_to_answers_without_search_files(
    index: Path, kept_answers: list[tuple[Result, ...]]
) -> None:
    shutil.rmtree(index / "derived")
    (index / "derived").write_text("in the way, for root too")
    assert answers(index) == kept_answers
    assert (index / "derived").read_text() == "in the way, for root too"


def test_search_files_that_were_lost_cost_no_embedding_in_an_update(index: Path, kept: Path) -> None:
    shutil.rmtree(index / "derived")
    report = told(update(index, [kept.parent / "docs"], load_encoder=unneeded))
    assert (report.read, report.embedded, report.generation) == (0, 0, 1)


# The truth


def fill_with_garbage(path: Path) -> None:
    path.write_bytes(b"This is no database. " * 999)


def make_another_application(path: Path) -> None:
    path.unlink()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE settings (key TEXT, value TEXT)")
        connection.execute("PRAGMA user_version = 1")
        connection.commit()


def make_newer(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 99")
        connection.commit()


def overwrite_the_middle(path: Path) -> None:
    data = bytearray(path.read_bytes())
    third = len(data) // 3
    data[third : 2 * third] = bytes(third)
    path.write_bytes(data)


def open_and_close(folder: Path) -> None:
    Reader(folder).close()


def update_again(folder: Path) -> None:
    (folder.parent / "docs").mkdir()
    (folder.parent / "docs" / "a.md").write_text("# A\n\nSome text.")
    make(folder, folder.parent / "docs")


BEYOND_MENDING = (truncate, empty, fill_with_garbage, make_another_application, make_newer)
OPENINGS = (open_and_close, inventory, update_again)


@pytest.mark.parametrize(
    ("damage", "opening"),
    # An empty file holds nothing that an update could lose.
    [case for case in product(BEYOND_MENDING, OPENINGS) if case != (empty, update_again)],
)
def test_truth_that_cannot_be_read_is_reported_in_one_line_and_left_alone(index: Path, damage: Damage, opening: Open) -> None:
    damage(index / "index.sqlite")
    before = (index / "index.sqlite").read_bytes()
    with pytest.raises(DamagedIndexError) as caught:
        opening(index)
    assert "\n" not in str(caught.value)
    assert str(index) in str(caught.value)
    assert (index / "index.sqlite").read_bytes() == before


@pytest.mark.parametrize("opening", [open_and_close, update_again])
def test_damage_that_shows_on_reading_is_reported_too(index: Path, opening: Open) -> None:
    overwrite_the_middle(index / "index.sqlite")
    shutil.rmtree(index / "derived")
    with pytest.raises(DamagedIndexError):
        opening(index)


@pytest.mark.parametrize("opening", [open_and_close, inventory])
def test_where_there_is_no_index_none_is_made(tmp_path: Path, opening: Open) -> None:
    with pytest.raises(MissingIndexError, match="askdex index") as caught:
        opening(tmp_path / "nowhere")
    assert "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_without_its_truth_an_index_is_missing(index: Path) -> None:
    (index / "index.sqlite").unlink()
    with pytest.raises(MissingIndexError):
        Reader(index)


def test_another_encoder_than_the_one_it_was_made_with_is_refused(index: Path) -> None:
    with closing(Reader(index)) as reader:
        with pytest.raises(ModelError, match="stub") as caught:
            Searcher(reader, StubEncoder(limit=32))
        Searcher(reader, StubEncoder())
    assert "\n" not in str(caught.value)


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="the system does not tell which files are open")
@pytest.mark.parametrize("load", [lambda _: StubEncoder(limit=32), unneeded])
def test_an_index_that_was_opened_in_vain_is_let_go_of(index: Path, load: EncoderLoader) -> None:
    with pytest.raises((ModelError, AssertionError)) as caught:
        open_searcher(index, load)
    opened = [path.readlink() for path in Path("/proc/self/fd").iterdir() if path.is_symlink()]
    assert caught.value
    assert index / "index.sqlite" not in opened


@pytest.mark.skipif(os.name != "posix", reason="rights of files are others elsewhere")
@pytest.mark.parametrize("is_there", [False, True])
def test_an_index_can_be_read_by_its_owner_only(tmp_path: Path, docs: Path, *, is_there: bool) -> None:
    index = tmp_path / "mine"
    if is_there:
        index.mkdir(mode=0o755)
    make(index, docs)
    with closing(Reader(index)):
        for path in index.iterdir():
            assert not stat.S_IMODE(path.stat().st_mode) & (stat.S_IRWXG | stat.S_IRWXO), path.name
    if not is_there:
        assert stat.S_IMODE(index.stat().st_mode) == stat.S_IRWXU
