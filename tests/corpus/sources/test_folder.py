import os
import random
import re
import sys
from collections.abc import Iterable
from itertools import permutations
from pathlib import Path, PurePath
from typing import Any

import pytest

from askdex.corpus.errors import PatternError, RefusedError, UnreadableError
from askdex.corpus.readers.registry import FORMATS, is_read
from askdex.corpus.sources import Item, sorted_keys
from askdex.corpus.sources.folder import LARGEST_FILE, FolderSource, file_key, folder_sources, load_file, uri_of, walk_folder
from askdex.corpus.sources.rules import FolderRules
from askdex.corpus.types import Skipped

_SUFFIXES = [suffix for file_format in FORMATS for suffix in file_format.suffixes if is_read(PurePath(f"x{suffix}"))]
"""Those of pictures are read only where the extra ocr is installed."""


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


def _source(folder: Path, leave_out: Path | None = None, **rules: Any) -> FolderSource:  # noqa: ANN401  # as FolderRules has it
    return FolderSource(folder, folder, is_read, leave_out, FolderRules(**rules))


def _found(folder: Path, leave_out: Path | None = None, **rules: Any) -> list[str]:  # noqa: ANN401  # as FolderRules has it
    return [uri_of(item, folder) for item in walk_folder(_source(folder, leave_out, **rules)) if isinstance(item, Path)]


def _skipped(folder: Path) -> list[Skipped]:
    return [item for item in walk_folder(_source(folder)) if isinstance(item, Skipped)]


def test_files_are_in_the_order_of_their_names_folder_by_folder(folder: Path) -> None:
    expected = ["B.txt", "a/1.txt", "a/10.txt", "a/2.txt", "a/b/c/deep.txt", "a.txt", "b.txt", "é.txt", "卡.txt"]
    _make(folder, random.Random(1).sample(expected, len(expected)))
    assert _found(folder) == expected


def test_many_files_are_in_the_same_order_whenever_they_were_made(folder: Path) -> None:
    names = [f"{n:03}.txt" for n in range(200)]
    _make(folder, random.Random(1).sample(names, len(names)))
    assert _found(folder) == names


def test_an_item_knows_its_file_and_its_uri_is_relative_to_the_root(folder: Path) -> None:
    _make(folder, ["a/b.txt"])
    source = FolderSource(folder / "a", folder, is_read)
    (item,) = source.items()
    assert isinstance(item, Item)
    assert (item.key, item.uri, item.size) == (bytes(folder / "a" / "b.txt"), "a/b.txt", 4)
    assert (source.root, source.name, source.read(item)) == (bytes(folder), str(folder / "a"), b"text")


def test_a_file_may_be_named_itself(folder: Path) -> None:
    _make(folder, ["a.txt", "b.txt"])
    assert list(walk_folder(FolderSource(folder / "a.txt", folder, is_read))) == [folder / "a.txt"]


def test_an_empty_folder_holds_nothing(folder: Path) -> None:
    assert list(walk_folder(_source(folder))) == []


def test_hidden_files_and_folders_are_left_out(folder: Path) -> None:
    _make(folder, ["a.txt", ".hidden.txt", ".git/config.txt", "b/.DS_Store"])
    assert _found(folder) == ["a.txt"]


@pytest.mark.parametrize("name", ["~$lock.docx", "Thumbs.db", "DESKTOP.INI", "b/.DS_Store", "$RECYCLE.BIN/b.txt"])
def test_what_the_system_puts_beside_files_is_left_out_without_a_word(folder: Path, name: str) -> None:
    _make(folder, ["a.txt", "~lock.txt", name])
    assert list(walk_folder(_source(folder))) == [folder / "a.txt", folder / "~lock.txt"]


def test_the_folder_to_leave_out_is_left_out(folder: Path) -> None:
    _make(folder, ["a.txt", "index/b.txt", "c/index/d.txt"])
    assert _found(folder, leave_out=folder / "index") == ["a.txt", "c/index/d.txt"]


def test_links_out_of_the_folder_are_followed_only_if_that_is_wanted(folder: Path, tmp_path: Path) -> None:
    _make(tmp_path, ["elsewhere/a.txt"])
    _make(folder, ["b.txt"])
    (folder / "folder").symlink_to(tmp_path / "elsewhere")
    (folder / "file.txt").symlink_to(tmp_path / "elsewhere" / "a.txt")
    (folder / "up").symlink_to("..")
    assert _found(folder) == ["b.txt"]
    assert [skipped.uri for skipped in _skipped(folder)] == ["file.txt", "folder", "up"]
    assert {skipped.reason for skipped in _skipped(folder)} == {"a link out of the folder, which --follow-links would follow"}
    assert _found(folder, follows_links=True)[:3] == ["b.txt", "file.txt", "folder/a.txt"]


def test_links_within_the_folders_that_are_named_are_followed(folder: Path, tmp_path: Path) -> None:
    _make(tmp_path, ["other/a.txt", "elsewhere/c.txt"])
    _make(folder, ["b/b.txt"])
    (folder / "link.txt").symlink_to("b/b.txt")
    (folder / "other").symlink_to(tmp_path / "other")
    (folder / "elsewhere").symlink_to(tmp_path / "elsewhere")
    source, _ = folder_sources([folder, tmp_path / "other"], [], is_read, folder / "index")
    assert [uri_of(path, folder) for path in walk_folder(source) if isinstance(path, Path)] == [
        "b/b.txt",
        "link.txt",
        "other/a.txt",
    ]


IGNORE_FILES = {
    "": ["*.log.txt", "/drafts/", "old/**/notes.txt", "# a comment", "!kept.log.txt"],
    "sub": ["*", "!this.txt", "!deeper/"],
    "sub/deeper": ["!*"],
}


def test_what_an_ignore_file_names_is_left_out_without_a_message(folder: Path) -> None:
    left_out = ["a.log.txt", "drafts/b.txt", "drafts/kept.txt", "old/x/y/notes.txt", "sub/that.txt", "sub/other/c.txt"]
    read = ["a.txt", "kept.log.txt", "old/drafts/b.txt", "sub/deeper/d.txt", "sub/this.txt"]
    _make(folder, [*left_out, *read])
    for place, lines in IGNORE_FILES.items():
        (folder / place / ".askdexignore").write_text("\n".join(lines), encoding="utf-8")
    assert sorted(_found(folder)) == read
    assert _skipped(folder) == []


def test_an_ignore_file_counts_for_a_part_of_its_folder_that_is_named_alone(folder: Path) -> None:
    _make(folder, ["a/b/one.txt", "a/b/two.txt"])
    (folder / ".askdexignore").write_text("one.txt\n", encoding="utf-8")
    (part,) = folder_sources([folder / "a" / "b"], [bytes(folder)], is_read, folder / "index")
    assert [item.uri for item in part.items()] == ["a/b/two.txt"]
    # A file that is named itself is wanted.
    (file,) = folder_sources([folder / "a" / "b" / "one.txt"], [bytes(folder)], is_read, folder / "index")
    assert [item.uri for item in file.items()] == ["a/b/one.txt"]


def test_patterns_of_a_run_go_before_those_of_a_folder(folder: Path) -> None:
    _make(folder, ["a.txt", "b.txt", "c/a.txt", "c/d.txt"])
    (folder / ".askdexignore").write_text("b.txt\n", encoding="utf-8")
    assert _found(folder, exclude=("a.txt",)) == ["c/d.txt"]
    assert _found(folder, exclude=("/a.txt", "!b.txt")) == ["b.txt", "c/a.txt", "c/d.txt"]
    assert _found(folder, exclude=("c/",)) == ["a.txt"]


def test_a_pattern_that_is_none_is_told_with_its_place(folder: Path) -> None:
    _make(folder, ["a.txt"])
    with pytest.raises(PatternError, match=r"^--exclude has a pattern"):
        _found(folder, exclude=("!",))
    (folder / ".askdexignore").write_text("!\n", encoding="utf-8")
    with pytest.raises(PatternError, match=r"\.askdexignore has a pattern"):
        _found(folder)


@pytest.mark.skipif(not Path("/proc/kmsg").exists(), reason="only Linux shows what it is doing as files")
def test_files_of_the_system_are_not_read(folder: Path) -> None:
    (folder / "kernel.txt").symlink_to("/proc/kmsg")
    (folder / "processes").symlink_to("/proc")
    assert _found(folder, follows_links=True) == []
    skipped = [item for item in walk_folder(_source(folder, follows_links=True)) if isinstance(item, Skipped)]
    assert [item.reason for item in skipped] == ["a folder of the system, which holds no documents"] * 2
    # It would wait for the next message of the kernel.
    assert load_file(Path("/proc/kmsg"), lambda _: True) == b""


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
    found = _found(folder, follows_links=True)
    assert found[:20] == [f"{name}/text.txt" for name in names]
    assert found[20] == "out/text.txt"
    assert len(found) == 40


@pytest.mark.parametrize("target", ["nowhere", "link"], ids=["a target that is not there", "itself"])
def test_a_link_that_leads_nowhere_is_reported(folder: Path, target: str) -> None:
    _make(folder, ["a.txt"])
    (folder / "link").symlink_to(target)
    (skipped,) = _skipped(folder)
    assert (skipped.uri, skipped.refused) == ("link", bytes(folder / "link"))
    assert _found(folder) == ["a.txt"]


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is closed to root")
def test_a_folder_that_may_not_be_read_is_reported_and_the_others_are_read(folder: Path) -> None:
    _make(folder, ["a.txt", "closed/b.txt", "d/e.txt"])
    (folder / "closed").chmod(0)
    try:
        assert _found(folder) == ["a.txt", "d/e.txt"]
        assert _skipped(folder) == [Skipped("closed", "permission denied", refused=bytes(folder / "closed"))]
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
    source = FolderSource(folder, folder, is_read)
    items = [item for item in source.items() if isinstance(item, Item)]
    assert [item.uri for item in items] == ["a.txt", r"caf\xe9.txt", "z.txt"]
    assert [source.read(item) for item in items] == [b"text"] * 3


def test_what_cannot_be_read_is_left_out_with_the_reason(folder: Path) -> None:
    _make(folder, ["a.txt", "tool.exe"])
    (folder / "gone.txt").symlink_to(folder / "a.txt")
    source = FolderSource(folder, folder, is_read)
    items = source.items()
    assert isinstance(next(items), Item)
    (folder / "a.txt").unlink()
    assert list(items) == [
        Skipped("tool.exe", "not a kind of file that Askdex reads (.exe)"),
        Skipped("gone.txt", "no such file or directory", refused=bytes(folder / "gone.txt")),
    ]


def test_a_version_changes_with_the_bytes_and_with_the_kind_of_file(folder: Path) -> None:
    _make(folder, ["a.txt", "b.txt", "c.md"])
    source = FolderSource(folder, folder, is_read)
    before = [item.version for item in source.items() if isinstance(item, Item)]
    assert before[0] == before[1] != before[2]
    (folder / "b.txt").write_text("other", encoding="utf-8")
    after = [item.version for item in source.items() if isinstance(item, Item)]
    assert [old == new for old, new in zip(before, after, strict=True)] == [True, False, True]


def test_an_item_that_has_changed_since_it_was_listed_is_refused(folder: Path) -> None:
    _make(folder, ["a.txt"])
    source = FolderSource(folder, folder, is_read)
    (item,) = source.items()
    assert isinstance(item, Item)
    (folder / "a.txt").write_text("other", encoding="utf-8")
    with pytest.raises(RefusedError, match="it changed while it was read: index it again"):
        source.read(item)


def test_a_source_holds_what_lies_in_it_and_nothing_that_begins_alike(folder: Path) -> None:
    source = FolderSource(folder, folder, is_read)
    assert [source.holds(bytes(path)) for path in (folder, folder / "a" / "gone.txt")] == [True, True]
    assert [source.holds(bytes(path)) for path in (folder.parent, folder.with_name(f"{folder.name}2"))] == [False, False]
    assert FolderSource(Path("/"), Path("/"), is_read).holds(bytes(folder))


def test_the_levels_of_a_key_are_itself_and_the_folders_around_it(folder: Path) -> None:
    source = FolderSource(folder, folder, is_read)
    assert list(source.levels(b"/docs/a/b.txt")) == [b"/docs/a/b.txt", b"/docs/a", b"/docs", b"/"]


def test_keys_are_in_the_order_of_their_files(folder: Path) -> None:
    names = ["B.txt", "a/1.txt", "a/b/c/deep.txt", "a.txt", "b.txt", "é.txt", os.fsdecode(b"\xff.txt"), "卡.txt"]
    paths = sorted(folder / name for name in names)
    assert sorted_keys(map(file_key, random.Random(1).sample(paths, len(paths)))) == [*map(file_key, paths)]


def test_a_folder_inside_one_that_is_known_or_named_is_a_part_of_it(folder: Path) -> None:
    _make(folder, ["a/b/c.txt"])
    known = folder_sources([folder / "a" / "b", folder / "a" / "b" / "c.txt"], [bytes(folder)], is_read, folder / "index")
    assert [source.base for source in known] == [folder, folder]
    named = folder_sources([folder / "a" / "b" / "c.txt", folder / "a"], [], is_read, folder / "index")
    assert [source.base for source in named] == [folder / "a", folder / "a"]
    (alone,) = folder_sources([folder / "a" / "b" / "c.txt"], [], is_read, folder / "index")
    assert alone.base == folder / "a" / "b"


class TestLoad:
    @pytest.mark.parametrize("suffix", [*_SUFFIXES, ".TXT", ".Html"])
    def test_the_bytes_of_every_kind_that_is_read_are_given(self, tmp_path: Path, suffix: str) -> None:
        path = tmp_path / f"card{suffix}"
        path.write_bytes(b"Lost\r\ncard\xff")
        assert load_file(path, is_read) == b"Lost\r\ncard\xff"

    @pytest.mark.parametrize(
        ("name", "reason"),
        [
            ("card.pages", "not a kind of file that Askdex reads (.pages): save it as .docx"),
            ("card.7Z", "not a kind of file that Askdex reads (.7z): pack it as .zip"),
        ],
    )
    def test_the_reason_says_what_to_do_with_a_kind_that_can_be_saved_as_another(
        self, tmp_path: Path, name: str, reason: str
    ) -> None:
        (tmp_path / name).write_bytes(b"x")
        with pytest.raises(UnreadableError, match=f"^{re.escape(reason)}$"):
            load_file(tmp_path / name, is_read)

    @pytest.mark.parametrize("name", ["card.exe", "card.bin", "card.txt.gz"])
    def test_another_kind_of_file_is_refused_by_its_name(self, tmp_path: Path, name: str) -> None:
        path = tmp_path / name
        path.write_text("Lost card", encoding="utf-8")
        with pytest.raises(UnreadableError, match=rf"not a kind of file that Askdex reads \({path.suffix}\)"):
            load_file(path, is_read)

    def test_a_file_that_is_too_large_is_refused_unread(self, tmp_path: Path) -> None:
        path = tmp_path / "large.txt"
        path.touch()
        os.truncate(path, LARGEST_FILE + 1)
        with pytest.raises(UnreadableError, match="larger than 256 MiB"):
            load_file(path, is_read)

    def test_a_folder_with_the_name_of_a_file_is_none(self, tmp_path: Path) -> None:
        (tmp_path / "folder.txt").mkdir()
        with pytest.raises(UnreadableError, match="not a file"):
            load_file(tmp_path / "folder.txt", is_read)

    def test_a_pipe_is_not_waited_for(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "pipe.txt")
        with pytest.raises(UnreadableError, match="not a file"):
            load_file(tmp_path / "pipe.txt", is_read)

    def test_a_file_that_went_away_is_told_from_one_that_cannot_be_read(self, tmp_path: Path) -> None:
        with pytest.raises(RefusedError, match="no such file"):
            load_file(tmp_path / "gone.txt", is_read)

    @pytest.mark.skipif(os.geteuid() == 0, reason="nothing is closed to root")
    def test_a_closed_file_is_told_from_one_that_cannot_be_read(self, tmp_path: Path) -> None:
        path = tmp_path / "closed.txt"
        path.touch(mode=0)
        with pytest.raises(RefusedError, match="permission denied"):
            load_file(path, is_read)


@pytest.mark.parametrize(
    ("name", "version"),
    [
        ("a.txt", "536995f7901468469c5c15e250aee22c"),
        ("A.TXT", "f77f254dad19114477c7df2a8897b221"),
        ("c.md", "8c2df8aa16a8bab2b955bfa90212a7f9"),
    ],
)
def test_versions_are_those_of_indexes_that_were_made_before(folder: Path, name: str, version: str) -> None:
    """Others would have every file read again: see READING_RECIPE for when that is wanted."""
    _make(folder, [name])
    (item,) = FolderSource(folder, folder, is_read).items()
    assert isinstance(item, Item)
    assert item.version.hex() == version
