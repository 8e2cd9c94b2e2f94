import os
import random
import sys
from collections.abc import Iterable
from itertools import permutations
from pathlib import Path

import pytest

from askdex.corpus.sources.folder import walk
from askdex.corpus.types import Skipped, Source


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An empty folder with nothing beside it."""
    folder = tmp_path / "documents"
    folder.mkdir()
    return folder


def _make(folder: Path, names: Iterable[str]) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("text", encoding="utf-8")


def _found(folder: Path, leave_out: Path | None = None) -> list[str]:
    return [item.uri for item in walk(folder, folder, leave_out) if isinstance(item, Source)]


def _skipped(folder: Path) -> list[Skipped]:
    return [item for item in walk(folder, folder) if isinstance(item, Skipped)]


def test_files_are_in_the_order_of_their_names_folder_by_folder(folder: Path) -> None:
    expected = ["B.txt", "a/1.txt", "a/10.txt", "a/2.txt", "a/b/c/deep.txt", "a.txt", "b.txt", "é.txt", "卡.txt"]
    _make(folder, random.Random(1).sample(expected, len(expected)))
    assert _found(folder) == expected


def test_many_files_are_in_the_same_order_whenever_they_were_made(folder: Path) -> None:
    names = [f"{n:03}.txt" for n in range(200)]
    _make(folder, random.Random(1).sample(names, len(names)))
    assert _found(folder) == names


def test_a_source_knows_its_file_and_the_folder_it_is_relative_to(folder: Path) -> None:
    _make(folder, ["a/b.txt"])
    assert list(walk(folder / "a", folder)) == [Source(folder / "a" / "b.txt", folder, "a/b.txt")]


def test_a_file_may_be_named_itself(folder: Path) -> None:
    _make(folder, ["a.txt", "b.txt"])
    assert [item.uri for item in walk(folder / "a.txt", folder)] == ["a.txt"]


def test_an_empty_folder_holds_nothing(folder: Path) -> None:
    assert list(walk(folder, folder)) == []


def test_hidden_files_and_folders_are_left_out(folder: Path) -> None:
    _make(folder, ["a.txt", ".hidden.txt", ".git/config.txt", "b/.DS_Store"])
    assert _found(folder) == ["a.txt"]


def test_the_folder_to_leave_out_is_left_out(folder: Path) -> None:
    _make(folder, ["a.txt", "index/b.txt", "c/index/d.txt"])
    assert _found(folder, leave_out=folder / "index") == ["a.txt", "c/index/d.txt"]


def test_links_to_files_and_folders_are_followed(folder: Path, tmp_path: Path) -> None:
    _make(tmp_path, ["elsewhere/a.txt"])
    (folder / "folder").symlink_to(tmp_path / "elsewhere")
    (folder / "file.txt").symlink_to(tmp_path / "elsewhere" / "a.txt")
    assert _found(folder) == ["file.txt", "folder/a.txt"]


@pytest.mark.parametrize("target", [".", "..", "../..", "../../e"])
def test_a_link_to_a_folder_that_is_read_already_is_reported_and_not_followed(folder: Path, target: str) -> None:
    _make(folder, ["a/b/c.txt", "d.txt", "e/f.txt"])
    (folder / "a" / "b" / "back").symlink_to(target)
    assert _found(folder) == ["a/b/c.txt", "d.txt", "e/f.txt"]
    assert _skipped(folder) == [Skipped("a/b/back", "a link to a folder that is read already")]


def test_folders_that_all_link_to_each_other_are_read_once_each(folder: Path, tmp_path: Path) -> None:
    names = [f"{n:02}" for n in range(20)]
    for place in (folder, tmp_path / "elsewhere"):
        _make(place, [f"{name}/text.txt" for name in names])
        for name, other in permutations(names, 2):
            (place / name / f"to-{other}").symlink_to(place / other)
    (folder / "out").symlink_to(tmp_path / "elsewhere" / "07")
    found = _found(folder)
    assert found[:20] == [f"{name}/text.txt" for name in names]
    assert found[20] == "out/text.txt"
    assert len(found) == 40


@pytest.mark.parametrize("target", ["nowhere", "link"], ids=["a target that is not there", "itself"])
def test_a_link_that_leads_nowhere_is_reported(folder: Path, target: str) -> None:
    _make(folder, ["a.txt"])
    (folder / "link").symlink_to(target)
    (skipped,) = _skipped(folder)
    assert (skipped.uri, skipped.refused) == ("link", folder / "link")
    assert _found(folder) == ["a.txt"]


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is closed to root")
def test_a_folder_that_may_not_be_read_is_reported_and_the_others_are_read(folder: Path) -> None:
    _make(folder, ["a.txt", "closed/b.txt", "d/e.txt"])
    (folder / "closed").chmod(0)
    try:
        assert _found(folder) == ["a.txt", "d/e.txt"]
        assert _skipped(folder) == [Skipped("closed", "permission denied", refused=folder / "closed")]
    finally:
        (folder / "closed").chmod(0o700)


def test_a_pipe_is_reported_and_not_waited_for(folder: Path) -> None:
    _make(folder, ["a.txt"])
    os.mkfifo(folder / "pipe.txt")
    assert _found(folder) == ["a.txt"]
    assert _skipped(folder) == [Skipped("pipe.txt", "not a file or folder")]


@pytest.mark.parametrize("name", ["two\nlines.txt", " blanks .txt", "a\\b.txt", "a#b?c%20.txt", "'\".txt"])
def test_a_name_may_hold_any_character(folder: Path, name: str) -> None:
    _make(folder, [name])
    assert _found(folder) == [name]


@pytest.mark.skipif(sys.platform == "darwin", reason="the file system takes only UTF-8")
def test_bytes_of_a_name_that_are_no_utf_8_are_spelt_out(folder: Path) -> None:
    name = os.fsdecode(b"caf\xe9.txt")
    _make(folder, ["a.txt", name, "z.txt"])
    sources = [item for item in walk(folder, folder) if isinstance(item, Source)]
    assert [source.uri for source in sources] == ["a.txt", r"caf\xe9.txt", "z.txt"]
    assert [source.path.read_text(encoding="utf-8") for source in sources] == ["text"] * 3
