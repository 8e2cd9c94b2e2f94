"""What of an index is lost or damaged: search files are made anew, the truth is left alone, and either is told."""

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from itertools import product
from pathlib import Path

import pytest

from askdex.indexer.errors import DamagedIndexError, MissingIndexError, ModelError
from askdex.indexer.generations.reader import Reader
from askdex.indexer.ingest.update import EncoderLoader, update
from askdex.indexer.models.encoder import Encoder
from askdex.indexer.search.searcher import Searcher, open_searcher
from askdex.indexer.store import database
from askdex.indexer.types import Query, Result
from askdex.indexer.upkeep.info import inventory
from tests.stubs import StubEncoder, counts_of

QUESTIONS = ("lost card", "When does a pension begin?", "number 7")

Damage = Callable[[Path], None]
Open = Callable[[Path], object]


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
    (place / "docs").mkdir()
    (place / "docs" / "cards.md").write_text("# Cards\n\nReport a lost card.\n\n## Pension\n\nA pension begins at sixty.")
    # So many that the file has more than a page for each table.
    (place / "docs" / "rows.csv").write_text("question,answer\n" + "".join(f"Row {n}?,It is {n}.\n" for n in range(100)))
    make(place / "index", place / "docs")
    return place / "index"


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    """Other documents, of which each can be told from all others."""
    (tmp_path / "docs of others").mkdir()
    for n in range(10):
        (tmp_path / "docs of others" / f"{n}.md").write_text(f"# Document {n}\n\nThis is number {n}.")
    return tmp_path / "docs of others"


@pytest.fixture
def index(tmp_path: Path, kept: Path) -> Path:
    return Path(shutil.copytree(kept, tmp_path / "index"))


@pytest.fixture(scope="module")
def kept_answers(kept: Path) -> list[tuple[Result, ...]]:
    found = answers(kept)
    assert all(found)
    return found


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
    index: Path, docs: Path, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    (old,) = (index / "derived").iterdir()
    shutil.copytree(old, tmp_path / "old")
    make(index, docs)
    expected = answers(index)
    (new,) = set((index / "derived").iterdir()) - {old}
    shutil.rmtree(new)
    shutil.copytree(tmp_path / "old", new)
    assert_mended(index, expected, caplog)


def test_an_index_that_cannot_be_written_to_answers_without_search_files(
    index: Path, kept_answers: list[tuple[Result, ...]]
) -> None:
    shutil.rmtree(index / "derived")
    (index / "derived").write_text("in the way, for root too")
    assert answers(index) == kept_answers
    assert (index / "derived").read_text() == "in the way, for root too"


def test_search_files_that_were_lost_cost_no_embedding_in_an_update(index: Path, kept: Path) -> None:
    shutil.rmtree(index / "derived")
    report = counts_of(update(index, [kept.parent / "docs"], load_encoder=unneeded))
    assert (report.read, report.embedded, report.generation) == (0, 0, 1)


def test_an_open_index_answers_on_when_its_search_files_are_gone(kept_answers: list[tuple[Result, ...]], index: Path) -> None:
    with closing(open_searcher(index, lambda _: StubEncoder())) as opened:
        shutil.rmtree(index / "derived")
        assert [opened.search(Query(question, limit=100)).results for question in QUESTIONS] == kept_answers


def test_a_copied_index_gives_the_same_answers(kept_answers: list[tuple[Result, ...]], index: Path) -> None:
    assert answers(index) == kept_answers


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
    assert_let_go_of(index)
    assert caught.value


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="the system does not tell which files are open")
@pytest.mark.parametrize("damage", BEYOND_MENDING)
@pytest.mark.parametrize("opening", [database.open_for_reading, database.open_for_writing])
def test_an_index_that_is_refused_is_let_go_of(index: Path, damage: Damage, opening: Open) -> None:
    damage(index / "index.sqlite")
    with pytest.raises(DamagedIndexError) as caught:
        opening(index)
    assert_let_go_of(index)
    assert caught.value


def assert_let_go_of(index: Path) -> None:
    """Nothing of it is open, even if the error with all that it knows is kept."""
    opened = [path.readlink() for path in Path("/proc/self/fd").iterdir() if path.is_symlink()]
    assert index / "index.sqlite" not in opened
