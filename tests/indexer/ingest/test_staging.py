import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from askdex.corpus.errors import UnreadableError
from askdex.corpus.passages import CutDocument, cut_document
from askdex.corpus.sources import Item
from askdex.corpus.types import Block, Document, Kind
from askdex.indexer.ingest.progress import unheard
from askdex.indexer.ingest.staging import StagedFile, Staging, ahead, steps
from askdex.indexer.store import commits, database, sqlite, states
from askdex.indexer.store.write import FileVersion
from tests.stubs import PATIENCE_S, StubEncoder


def file(name: str) -> FileVersion:
    return FileVersion(b"/docs", Item(b"/docs/" + name.encode(), name, name.encode(), 30_000))


def documents(name: str, number: int) -> Iterator[CutDocument]:
    for n in range(number):
        text = f"{name} number {n}"
        document = Document(f"{name}#{n}", "", text, (Block(Kind.PARAGRAPH, 0, len(text)),), "en")
        yield cut_document(document, StubEncoder())


def broken(name: str, number: int) -> Iterator[CutDocument]:
    yield from documents(name, number)
    raise UnreadableError("broken")


def test_of_a_file_that_breaks_off_nothing_is_taken_in_and_the_others_are(tmp_path: Path, stub: StubEncoder) -> None:
    files = [
        StagedFile(file("a"), documents("a", 5)),
        StagedFile(file("b"), broken("b", 1_300)),
        StagedFile(file("c"), documents("c", 5)),
    ]
    with closing(database.open_for_writing(tmp_path)) as connection:
        with commits.writing(connection):
            states.set_settings(connection, model=stub.name, fingerprint=stub.fingerprint, dimension=stub.dimension)
        staging = Staging(connection, lambda: stub, 90_000, unheard)
        left_out = [(version.item.uri, str(error)) for version, error in staging.take(files)]
        found = [uri for (uri,) in sqlite.rows(connection, "SELECT uri FROM documents ORDER BY uri")]
    assert left_out == [("b", "broken")]
    assert found == [f"{name}#{n}" for name in "ac" for n in range(5)]
    assert len(staging.files) == 2


def test_what_is_told_is_in_proportion_to_what_is_embedded(tmp_path: Path, stub: StubEncoder) -> None:
    names = [f"{n:04}" for n in range(40)]
    told: list[tuple[float, int]] = []
    with closing(database.open_for_writing(tmp_path)) as connection:
        with commits.writing(connection):
            states.set_settings(connection, model=stub.name, fingerprint=stub.fingerprint, dimension=stub.dimension)
        size = sum(file(name).item.size for name in names)
        staging = Staging(connection, lambda: stub, size, lambda done, number: told.append((done / number, len(stub.encoded))))
        assert not list(staging.take(StagedFile(file(name), documents(name, 50)) for name in names))
    assert len(told) > 4
    assert told[-1] == (1.0, 2_000)
    assert all(abs(share - embedded / 2_000) < 0.03 for share, embedded in told)


def test_steps_are_of_like_size() -> None:
    def sizes(number: int) -> list[int]:
        return [len(step) for step in steps(n.to_bytes(2) for n in range(number))]

    assert sizes(0) == []
    assert sizes(1) == [1]
    assert sizes(520) == [520]
    assert sizes(2_000) == [500] * 4


# The next step, made while the one before is written


def test_the_next_is_made_while_the_one_before_is_used() -> None:
    made = threading.Event()

    def rest() -> Iterator[int]:
        made.set()
        yield 2

    items = ahead(1, rest())
    assert next(items) == 1
    assert made.wait(PATIENCE_S)
    assert list(items) == [2]


def test_no_more_than_the_next_is_made() -> None:
    made: list[int] = []

    def rest() -> Iterator[int]:
        for n in range(2, 9):
            made.append(n)
            yield n

    items = ahead(1, rest())
    assert [next(items), next(items)] == [1, 2]
    items.close()
    assert made == [2, 3]


def test_what_fails_beside_fails_after_the_one_before() -> None:
    def rest() -> Iterator[int]:
        yield 2
        raise ValueError("stopped")

    items = ahead(1, rest())
    assert [next(items), next(items)] == [1, 2]
    with pytest.raises(ValueError, match="stopped"):
        next(items)
