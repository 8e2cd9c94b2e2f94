"""The file of keys: what stands in it, who may read it, and what becomes of it when several change it."""

import json
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from askdex.server.keys import Key, KeyFileError, Keys, Scope, add_key, keys_file, read_keys, revoke_key


def names(file: Path) -> list[str]:
    return [key.name for key in read_keys(file)]


def test_a_key_is_known_until_it_is_revoked(tmp_path: Path) -> None:
    file = tmp_path / "keys"
    keys = Keys(file)
    assert (keys.are_kept, keys.found("")) == (False, None)
    token = add_key(file, "anna", [Scope.READ])
    found = keys.found(token)
    assert isinstance(found, Key)
    assert (found.name, [*found.scopes], keys.are_kept) == ("anna", [Scope.READ], True)
    assert [keys.found(other) for other in ("", "anna", found.digest, token[:-1], token.upper(), "ä\udcff")] == [None] * 6
    revoke_key(file, "anna")
    assert (keys.found(token), keys.are_kept) == (None, True)


def test_a_key_stands_nowhere_and_its_owner_alone_reads_the_digest(tmp_path: Path) -> None:
    file = tmp_path / "keys"
    tokens = {add_key(file, name, [Scope.READ]) for name in ("anna", "bert")}
    assert len(tokens) == 2
    assert min(map(len, tokens)) >= 43
    for path in tmp_path.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path
        assert not any(token in path.read_text(encoding="utf-8") for token in tokens)


@pytest.mark.parametrize("name", ["", "a b", "../a", "a" * 65, "ä", "a\n"])
def test_a_name_that_is_none_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(KeyFileError, match="is no name of a key"):
        add_key(tmp_path / "keys", name, [Scope.READ])
    assert list(tmp_path.iterdir()) == []


def test_a_second_key_of_a_name_and_one_that_is_not_there_change_nothing(tmp_path: Path) -> None:
    file = tmp_path / "keys"
    add_key(file, "anna", [Scope.READ])
    before = file.read_bytes()
    with pytest.raises(KeyFileError, match="There is a key anna already"):
        add_key(file, "anna", [Scope.ADMIN])
    with pytest.raises(KeyFileError, match="There is no key bert"):
        revoke_key(file, "bert")
    assert file.read_bytes() == before


def test_no_key_is_lost_where_many_are_added_at_once(tmp_path: Path) -> None:
    file = tmp_path / "keys"
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: add_key(file, f"key-{number:02}", [Scope.READ]), range(24)))
    assert names(file) == [f"key-{number:02}" for number in range(24)]
    assert {path.name for path in tmp_path.iterdir()} == {"keys", "keys.lock"}


@pytest.mark.parametrize("content", ["", "{}", "[1]", "\x00", json.dumps([{"name": "anna", "digest": "0", "scopes": ["all"]}])])
def test_a_file_that_is_none_of_keys_opens_nothing(tmp_path: Path, content: str) -> None:
    file = tmp_path / "keys"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(KeyFileError, match="is no file of keys"):
        Keys(file).found("anything")
    with pytest.raises(KeyFileError, match="is no file of keys"):
        add_key(file, "anna", [Scope.READ])
    assert file.read_text(encoding="utf-8") == content


def test_the_file_lies_beside_the_folder_of_the_index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert keys_file(Path(".askdex")) == tmp_path / ".askdex.keys"
    assert keys_file(Path("a/../b/")) == tmp_path / "b.keys"
