"""The folder of an index, and what in it is the index's own."""

import stat
from pathlib import Path

import pytest

from askdex.indexer.errors import ForeignFolderError
from askdex.indexer.generations.backup import restore, snapshot
from askdex.indexer.ingest.update import update
from askdex.indexer.store.folder import DERIVED, FILE, own_files, unfinished_folder
from askdex.indexer.upkeep.doctor import examine
from askdex.indexer.upkeep.repair import repair
from tests.stubs import StubEncoder, write_files

THEIRS = {
    "unfinished-novel/ch1.txt": "It was",
    "unfinished-business/list.txt": "It was",
    "aside-notes/a.txt": "Of note",
    "derived/works/a.txt": "After",
    "derived/unfinished-x/a.txt": "After",
    "receipt.json-mine": "{}",
    "receipt.json-original": "{}",
    "run.sh": "echo",
}


def contents(folder: Path) -> dict[str, tuple[str, int]]:
    return {name: ((folder / name).read_text(encoding="utf-8"), (folder / name).stat().st_mode) for name in THEIRS}


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    write_files(tmp_path / "docs", {"card.md": "# Card\n\nThe office issues it.", "law.md": "# Law\n\nThe law is new."})
    return tmp_path / "docs"


def indexed(folder: Path, docs: Path) -> None:
    update(folder, [docs], load_encoder=StubEncoder)


def test_no_index_is_made_among_other_things(tmp_path: Path, docs: Path) -> None:
    indexed(tmp_path / "other", docs)
    snapshot(tmp_path / "other", tmp_path / "kept")
    for number, (name, content) in enumerate(THEIRS.items()):
        folder = tmp_path / str(number)
        write_files(folder, {name: content})
        before = sorted(folder.rglob("*"))
        with pytest.raises(ForeignFolderError, match=r"such as .*: name an empty folder") as caught:
            indexed(folder, docs)
        assert "\n" not in str(caught.value)
        with pytest.raises(ForeignFolderError):
            restore(folder, tmp_path / "kept")
        assert sorted(folder.rglob("*")) == before


def test_an_index_is_made_where_only_hidden_things_are(tmp_path: Path, docs: Path) -> None:
    write_files(tmp_path / "index", {".DS_Store": "of the system"})
    indexed(tmp_path / "index", docs)
    assert (tmp_path / "index" / ".DS_Store").read_text() == "of the system"


def test_what_lies_beside_an_index_is_left_alone(tmp_path: Path, docs: Path) -> None:
    folder = tmp_path / "index"
    indexed(folder, docs)
    write_files(folder, THEIRS)
    (folder / "run.sh").chmod(0o755)
    before = contents(folder)
    (docs / "law.md").write_text("# Law\n\nThe law is old.", encoding="utf-8")
    indexed(folder, docs)
    assert all(finding.is_sound for finding in examine(folder, StubEncoder))
    (folder / FILE).chmod(0o644)
    repair(folder, StubEncoder)
    assert stat.S_IMODE((folder / FILE).stat().st_mode) == 0o600
    snapshot(folder, folder / "kept")
    restore(folder, folder / "kept")
    assert contents(folder) == before


def test_an_index_is_made_where_one_was(tmp_path: Path, docs: Path) -> None:
    folder = tmp_path / "index"
    indexed(folder, docs)
    snapshot(folder, tmp_path / "kept")
    restore(folder, tmp_path / "kept")
    (folder / "receipt.json-new").write_text("half")
    unfinished_folder(folder)
    for name in (FILE, "receipt.json"):
        (folder / name).unlink()
    assert {*folder.iterdir()} == {*own_files(folder)} - {*(folder / DERIVED).iterdir()}
    indexed(folder, docs)
    assert not list(folder.glob("unfinished-*"))
