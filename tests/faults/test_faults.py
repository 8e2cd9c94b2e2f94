"""A part of the fault program: nothing is lost, whatever happens to an index or to the process that changes it."""

from pathlib import Path

import pytest

from tests.faults import NAMES, collection, load, rows
from tests.stubs import PATIENCE_S

pytestmark = pytest.mark.slow

SHARE = 0.03


@pytest.mark.parametrize("name", NAMES)
def test_the_fault_program_finds_everything_as_it_must_be(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # Other tests run beside this one; the program itself wants a second.
    monkeypatch.setattr(load, "MOST_STALE_S", PATIENCE_S)
    for row in rows(name, SHARE, tmp_path):
        assert row.is_right, "\n".join([f"{row.name}: {row.seen}", *row.failures])


@pytest.mark.parametrize("leftover", ["unfinished-0123456789abcdef", "0123456789abcdef"])
def test_leftovers_of_killed_runs_are_cleared_by_the_next_one(tmp_path: Path, leftover: str) -> None:
    documents, index = tmp_path / "documents", tmp_path / "index"
    collection.write(documents, collection.OLD, files=8, rows=8)
    collection.built(index, documents)
    (index / "derived" / leftover).mkdir()
    (index / "derived" / leftover / "vectors.faiss").write_bytes(b"half")
    collection.write(documents, collection.NEW, files=8, rows=8)
    collection.built(index, documents)
    assert not (index / "derived" / leftover).exists()
