from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

from corpus.errors import UnreadableError
from corpus.types import Block, Document, Kind, Source
from indexer import sqlite, states, store
from indexer.progress import unheard
from indexer.staging import File, Staging, steps
from indexer.texts import Counted
from indexer.writing import Edition
from tests.stubs import StubEncoder


def edition(name: str) -> Edition:
    return Edition(Source(Path("/docs", name), Path("/docs"), name), name.encode(), 30_000)


def documents(name: str, number: int) -> Iterator[Document]:
    for n in range(number):
        text = f"{name} number {n}"
        yield Document(f"{name}#{n}", "", text, (Block(Kind.PARAGRAPH, 0, len(text)),), "en")


def broken(name: str, number: int) -> Iterator[Document]:
    yield from documents(name, number)
    raise UnreadableError("broken")


def test_of_a_file_that_breaks_off_nothing_is_taken_in_and_the_others_are(tmp_path: Path, stub: StubEncoder) -> None:
    files = [
        File(edition("a"), documents("a", 5)),
        File(edition("b"), broken("b", 1_300)),
        File(edition("c"), documents("c", 5)),
    ]
    with closing(store.open_for_writing(tmp_path)) as connection:
        with sqlite.writing(connection):
            states.set_settings(connection, model=stub.name, fingerprint=stub.fingerprint, dimension=stub.dimension)
        staging = Staging(connection, lambda: stub, 90_000, unheard)
        left_out = [(of.source.uri, str(error)) for of, error in staging.take(files)]
        found = [uri for (uri,) in sqlite.rows(connection, "SELECT uri FROM documents ORDER BY uri")]
    assert left_out == [("b", "broken")]
    assert found == [f"{name}#{n}" for name in "ac" for n in range(5)]
    assert len(staging.files) == 2


def test_what_is_told_is_in_proportion_to_what_is_embedded(tmp_path: Path, stub: StubEncoder) -> None:
    names = [f"{n:04}" for n in range(40)]
    told: list[tuple[float, int]] = []
    with closing(store.open_for_writing(tmp_path)) as connection:
        with sqlite.writing(connection):
            states.set_settings(connection, model=stub.name, fingerprint=stub.fingerprint, dimension=stub.dimension)
        size = sum(edition(name).size for name in names)
        staging = Staging(connection, lambda: stub, size, lambda done, number: told.append((done / number, len(stub.encoded))))
        assert not list(staging.take(File(edition(name), documents(name, 50)) for name in names))
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


def test_no_text_is_counted_twice() -> None:
    class Noting(StubEncoder):
        def count(self, texts: Sequence[str]) -> list[int]:
            self.encoded += texts
            return super().count(texts)

    noting = Noting()
    counted = Counted(noting)
    assert counted.count(["a b", "a", "a b"]) == [4, 3, 4]
    assert counted.count(["a", "c d e"]) == [3, 5]
    assert noting.encoded == ["a b", "a", "c d e"]
