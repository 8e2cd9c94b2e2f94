"""An index as one file, and back."""

import json
import math
import os
import shutil
import stat
import zipfile
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from askdex.indexer.errors import DamagedIndexError, GoneGenerationError, MissingIndexError, SnapshotError, StorageError
from askdex.indexer.generations import backup
from askdex.indexer.generations.backup import restore, snapshot
from askdex.indexer.ingest.update import update
from askdex.indexer.search.searcher import open_searcher
from askdex.indexer.store import database, sqlite, states
from askdex.indexer.store.folder import FILE, LOG
from askdex.indexer.types import Query
from askdex.indexer.upkeep.doctor import examine
from tests.stubs import StubEncoder


def write(folder: Path, version: int) -> None:
    folder.mkdir(exist_ok=True)
    for n in range(20):
        (folder / f"{n}.md").write_text(f"# Document {n}\n\nThis is version {version} of {n}.", encoding="utf-8")


def index_version(folder: Path, docs: Path, version: int) -> None:
    write(docs, version)
    update(folder, [docs], load_encoder=lambda _: StubEncoder())


def texts(folder: Path) -> set[str]:
    with closing(open_searcher(folder, lambda _: StubEncoder())) as searcher:
        return {result.passage.text for result in searcher.search(Query("this is version", limit=100)).results}


def version_of(number: int) -> set[str]:
    return {f"This is version {number} of {n}." for n in range(20)}


def is_sound(folder: Path) -> bool:
    return all(finding.is_sound for finding in examine(folder, lambda _: StubEncoder()))


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    return tmp_path / "docs"


@pytest.fixture
def index(tmp_path: Path, docs: Path) -> Path:
    index_version(tmp_path / "index", docs, 1)
    return tmp_path / "index"


@pytest.fixture
def file(tmp_path: Path, index: Path) -> Path:
    snapshot(index, tmp_path / "monday.askdex")
    return tmp_path / "monday.askdex"


def test_what_was_kept_comes_back_and_what_was_there_is_kept_too(index: Path, docs: Path, file: Path) -> None:
    index_version(index, docs, 2)
    state, aside = restore(index, file)
    assert texts(index) == version_of(1)
    assert is_sound(index)
    assert state.generation > 2
    assert aside is not None
    shutil.copytree(aside, index.with_name("again"))
    assert texts(index.with_name("again")) == version_of(2)


def test_a_snapshot_makes_an_index_where_there_is_none(index: Path, file: Path, tmp_path: Path) -> None:
    shutil.rmtree(index)
    _, aside = restore(tmp_path / "deep" / "folder", file)
    assert aside is None
    assert texts(tmp_path / "deep" / "folder") == version_of(1)
    assert is_sound(tmp_path / "deep" / "folder")


def test_an_index_goes_on_from_what_came_back(index: Path, docs: Path, file: Path) -> None:
    index_version(index, docs, 2)
    restore(index, file)
    write(docs, 1)
    assert update(index, [docs], load_encoder=lambda _: StubEncoder()).embedded == 0
    index_version(index, docs, 3)
    assert texts(index) == version_of(3)


def test_a_snapshot_is_of_one_generation_while_a_writer_writes(index: Path, docs: Path, tmp_path: Path) -> None:
    with closing(database.open_for_writing(index)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("DELETE FROM files")
        snapshot(index, tmp_path / "live.askdex")
        writer.execute("ROLLBACK")
    index_version(index, docs, 2)
    restore(index, tmp_path / "live.askdex")
    assert texts(index) == version_of(1)


def test_who_asks_goes_on_with_what_came_back(index: Path, docs: Path, file: Path) -> None:
    index_version(index, docs, 2)
    with closing(open_searcher(index, lambda _: StubEncoder())) as searcher:
        before = searcher.search(Query("this is version"))
        restore(index, file)
        after = searcher.search(Query("this is version"))
        assert after.results[0].passage.text in version_of(1)
        assert after.generation > before.generation
        with pytest.raises(GoneGenerationError):
            searcher.search(Query("this is version", generation=before.generation))


def test_an_index_is_not_set_aside_while_a_reader_keeps_what_is_new_in_its_log(index: Path, docs: Path, file: Path) -> None:
    with closing(database.open_for_reading(index)) as connection, states.reading(connection):
        index_version(index, docs, 2)
        before = sorted(path.name for path in index.rglob("*"))
        with pytest.raises(StorageError, match="try again when they are done"):
            restore(index, file)
        assert sorted(path.name for path in index.rglob("*")) == before
        assert texts(index) == version_of(2)
    restore(index, file)
    assert texts(index) == version_of(1)


def test_who_reads_what_is_newest_keeps_no_index_from_being_set_aside(index: Path, docs: Path, file: Path) -> None:
    with closing(database.open_for_reading(index)) as older, states.reading(older):
        index_version(index, docs, 2)
        newer = database.open_for_reading(index)
    with closing(newer), states.reading(newer):
        _, aside = restore(index, file)
    assert aside is not None
    (aside / LOG).unlink()
    assert texts(aside) == version_of(2)


def test_a_snapshot_is_for_its_owner_and_takes_no_files_place(index: Path, file: Path) -> None:
    assert stat.S_IMODE(file.stat().st_mode) == stat.S_IRUSR | stat.S_IWUSR
    before = file.read_bytes()
    with pytest.raises(SnapshotError, match="is there already"):
        snapshot(index, file)
    assert file.read_bytes() == before
    assert sorted(path.name for path in file.parent.iterdir()) == ["docs", "index", "monday.askdex"]


@pytest.mark.parametrize("name", ["index.sqlite", "copy", "packed", "askdex.json"])
def test_a_snapshot_may_have_any_name(index: Path, tmp_path: Path, name: str) -> None:
    snapshot(index, tmp_path / name)
    restore(tmp_path / "again", tmp_path / name)
    assert texts(tmp_path / "again") == version_of(1)


@pytest.mark.parametrize("has_links", [True, False])
def test_a_file_that_is_made_meanwhile_keeps_its_name(
    index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, has_links: bool
) -> None:
    pack, file = backup._pack, tmp_path / "live.askdex"

    def packed(*arguments: Any) -> None:  # noqa: ANN401
        pack(*arguments)
        file.write_bytes(b"another's")

    def refused(*_: Path) -> None:
        raise PermissionError

    monkeypatch.setattr(backup, "_pack", packed)
    if not has_links:
        monkeypatch.setattr(os, "link", refused)
    with pytest.raises(SnapshotError, match="is there already"):
        snapshot(index, file)
    assert file.read_bytes() == b"another's"


def test_there_is_no_snapshot_of_nothing_or_of_damage(index: Path, tmp_path: Path) -> None:
    with pytest.raises(MissingIndexError):
        snapshot(tmp_path / "nowhere", tmp_path / "none.askdex")
    data = bytearray((index / "index.sqlite").read_bytes())
    data[len(data) // 2] ^= 1
    (index / "index.sqlite").write_bytes(data)
    with pytest.raises(DamagedIndexError):
        snapshot(index, tmp_path / "none.askdex")
    assert not (tmp_path / "none.askdex").exists()


def cut_off(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-200])


def empty(file: Path) -> None:
    file.write_bytes(b"")


def flip_in_the_middle(file: Path) -> None:
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)


def nest(file: Path) -> None:
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("askdex.json", "[" * 60_000)


def encrypt(file: Path) -> None:
    """Have the directory at the end of the archive say of its first member that it is encrypted."""
    data = bytearray(file.read_bytes())
    data[data.index(b"PK\x01\x02") + 8] |= 1
    file.write_bytes(data)


def rewritten(file: Path, manifest: dict[str, object], **members: bytes) -> None:
    with zipfile.ZipFile(file) as archive:
        known = json.loads(archive.read("askdex.json"))
        content = archive.read("index.sqlite")
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("askdex.json", json.dumps({**known, **manifest}))
        archive.writestr("index.sqlite", members.pop("index", content))
        for name, data in members.items():
            archive.writestr(name, data)


@pytest.mark.parametrize(
    "damage",
    [
        cut_off,
        empty,
        flip_in_the_middle,
        lambda file: file.write_bytes(b"no archive" * 99),
        lambda file: rewritten(file, {"blake2b": "00"}),
        lambda file: rewritten(file, {"bytes": 5}),
        lambda file: rewritten(file, {"bytes": "many"}),
        lambda file: rewritten(file, {"bytes": math.inf}),
        lambda file: rewritten(file, {"kind": "another"}),
        lambda file: rewritten(file, {"kind": "another\none"}),
        nest,
        encrypt,
        lambda file: rewritten(file, {}, index=b"no database"),
    ],
)
def test_a_damaged_snapshot_is_refused_and_changes_nothing(index: Path, file: Path, damage: Callable[[Path], object]) -> None:
    damage(file)
    with pytest.raises(SnapshotError) as caught:
        restore(index, file)
    assert "\n" not in str(caught.value)
    assert texts(index) == version_of(1)
    assert {path.name for path in index.iterdir()} <= {
        "index.sqlite", "index.sqlite-wal", "index.sqlite-shm", "derived", "receipt.json", "writer.lock",
    }  # fmt: skip


@pytest.mark.slow
def test_a_bit_that_is_turned_is_found_or_makes_no_difference(file: Path, tmp_path: Path) -> None:
    data = file.read_bytes()
    # The directory is at the end: every bit of its first member's entry, and some of all before.
    directory = data.index(b"PK\x01\x02") * 8
    places = [*range(0, directory, directory // 60), *range(directory, directory + 46 * 8, 3)]
    outcomes = Counter[str]()
    for place in places:
        turned = bytearray(data)
        turned[place // 8] ^= 1 << place % 8
        (tmp_path / "turned").write_bytes(turned)
        try:
            restore(tmp_path / "restored", tmp_path / "turned")
        except SnapshotError:
            outcomes["refused"] += 1
        else:
            assert texts(tmp_path / "restored") == version_of(1)
            outcomes["restored"] += 1
            shutil.rmtree(tmp_path / "restored")
    assert outcomes["refused"] > 50


def test_a_snapshot_names_no_folder_outside_of_the_index(index: Path, tmp_path: Path) -> None:
    (tmp_path / "theirs").mkdir()
    (tmp_path / "theirs" / "letter.txt").write_text("Dear")
    for token in ("../../../theirs", str(tmp_path / "theirs"), ""):
        with closing(sqlite.connect(index / FILE, "mode=rw")) as connection:
            connection.execute("UPDATE generations SET token = ?", (token,))
        file = tmp_path / f"{len(token)}.askdex"
        snapshot(index, file)
        with pytest.raises(SnapshotError, match="is no sound snapshot"):
            restore(tmp_path / "restored", file)
        with pytest.raises(DamagedIndexError):
            texts(index)
        assert (tmp_path / "theirs" / "letter.txt").exists()


def test_a_snapshot_that_is_not_there_is_said_to_be_missing(tmp_path: Path) -> None:
    with pytest.raises(SnapshotError, match="There is no file"):
        restore(tmp_path / "index", tmp_path / "none.askdex")


def test_members_of_an_archive_cannot_leave_the_folder(index: Path, file: Path, tmp_path: Path) -> None:
    rewritten(file, {}, **{"../outside.txt": b"out", "/tmp/askdex-outside.txt": b"out", "derived/x": b"in"})
    restore(index, file)
    assert not (tmp_path / "outside.txt").exists()
    assert not Path("/tmp/askdex-outside.txt").exists()
    assert not (index / "derived" / "x").exists()
    assert texts(index) == version_of(1)
