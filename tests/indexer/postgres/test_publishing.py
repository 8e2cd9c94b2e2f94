"""Publishing that is stopped, repeated or taken back, and servers while the database goes away."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from askdex.indexer.errors import BusyIndexError, MissingIndexError, StorageError
from askdex.indexer.generations.publish import roll_back
from askdex.indexer.ingest.update import update
from askdex.indexer.search.searcher import Searcher, open_searcher
from askdex.indexer.store.states import StateView
from askdex.indexer.types import Query, Response
from tests.indexer.collection import PAGES
from tests.indexer.postgres import server
from tests.stubs import StubEncoder, wait_for, write_files

if reason := server.reason_to_skip():
    pytest.skip(reason, allow_module_level=True)

from askdex.indexer.postgres import catalogue, publish
from askdex.indexer.postgres.address import DatabaseAddress
from askdex.indexer.postgres.connection import Connection, connect, execute
from askdex.indexer.postgres.reader import PostgresReader


class Collection:
    """Documents, their index, and the database that it is published to."""

    def __init__(self, folder: Path, address: DatabaseAddress) -> None:
        self.docs, self.index, self.address = folder / "docs", folder / "index", address

    def indexed(self, **changed: str) -> None:
        write_files(self.docs, {f"{name}.md": text for name, text in changed.items()})
        update(self.index, [self.docs], load_encoder=lambda _: StubEncoder())

    def published(self) -> publish.Publication:
        return publish.publish(self.index, self.address)

    def answer(self, question: str, place: Path | DatabaseAddress | None = None) -> Response:
        with closing(open_searcher(place or self.address, lambda _: StubEncoder())) as searcher:
            return searcher.search(Query(question))

    def assert_same(self) -> None:
        """The folder and the database answer the same."""
        for question in ("Who issues the card?", "pension", "A widow has a claim", "cards -pension"):
            one, other = (self.answer(question, place) for place in (self.index, self.address))
            assert one.results == other.results
            assert (one.generation, one.answered, one.corrected) == (other.generation, other.answered, other.corrected)


@pytest.fixture
def collection(tmp_path: Path) -> Collection:
    write_files(tmp_path / "docs", PAGES)
    made = Collection(tmp_path, server.address_of(tmp_path))
    made.indexed()
    return made


def test_only_what_has_changed_is_sent(collection: Collection) -> None:
    done = collection.published()
    assert (done.sent, done.gone) == (done.state.documents, 0)
    collection.indexed(new="# New\n\nSomething new.", pension="# Pension\n\nA pension begins at seventy.")
    done = collection.published()
    assert (done.sent, done.gone) == (2, 1)
    collection.assert_same()
    done = collection.published()
    assert (done.sent, done.gone) == (0, 0)


def test_generations_that_were_never_published_are_passed_over(collection: Collection) -> None:
    collection.published()
    for number in (2, 3, 4):
        collection.indexed(**{f"new{number}": f"# New\n\nNumber {number}."})
    assert collection.published().sent == 3
    collection.assert_same()


def test_a_rollback_is_published_like_a_change(collection: Collection) -> None:
    collection.published()
    collection.indexed(pension="# Pension\n\nA pension begins at seventy.")
    collection.published()
    roll_back(collection.index)
    done = collection.published()
    assert (done.state.generation, done.sent, done.gone) == (3, 1, 1)
    collection.assert_same()


def test_what_a_stopped_run_has_sent_is_unseen_and_not_sent_again(
    collection: Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    collection.published()
    before = collection.answer("Something new").results
    collection.indexed(new="# New\n\nSomething new.")

    def stopped(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(catalogue, "show", stopped)
        with pytest.raises(KeyboardInterrupt):
            collection.published()
    assert collection.answer("Something new").results == before
    sent: list[str] = []
    add = catalogue._add

    def adding(connection: Connection, view: StateView, name: str, version: bytes) -> None:
        sent.append(name)
        add(connection, view, name, version)

    monkeypatch.setattr(catalogue, "_add", adding)
    assert collection.published().state.generation == 2
    assert sent == []
    collection.assert_same()


def test_nothing_is_visible_of_what_is_not_committed(collection: Collection, monkeypatch: pytest.MonkeyPatch) -> None:
    collection.published()
    collection.indexed(new="# New\n\nSomething new.", pension="# Pension\n\nA pension begins at seventy.")

    def failing(*_: object) -> None:
        raise StorageError("full")

    with monkeypatch.context() as patch:
        patch.setattr(catalogue, "keep_only", failing)
        with pytest.raises(StorageError):
            collection.published()
    with closing(PostgresReader(collection.address)) as reader, reader.opened() as opened:
        assert opened.state.generation == 1
        assert len(opened.documents(99, 0)) == opened.state.documents
    collection.published()
    collection.assert_same()


@pytest.mark.parametrize(
    "damage",
    [
        "DELETE FROM askdex.texts",
        "DELETE FROM askdex.documents WHERE document = (SELECT min(document) FROM askdex.documents)",
        "UPDATE askdex.postings SET postings = postings || postings",
        "DELETE FROM askdex.vectors",
    ],
)
def test_what_others_have_changed_is_sent_anew_with_the_next_change(collection: Collection, damage: str) -> None:
    collection.published()
    server.change(collection.address, damage)
    collection.indexed(new="# New\n\nSomething new.")
    collection.published()
    collection.assert_same()


def test_one_publisher_at_a_time(collection: Collection) -> None:
    collection.published()
    with closing(connect(collection.address)) as other:
        execute(other, "SELECT pg_advisory_lock(%(lock)s)", {"lock": publish._LOCK})
        with pytest.raises(BusyIndexError):
            collection.published()
    collection.published()


def test_an_older_index_is_not_published_over_a_newer_one(collection: Collection) -> None:
    collection.published()
    server.change(collection.address, "UPDATE askdex.generations SET number = 9")
    with pytest.raises(StorageError, match="generation 9"):
        collection.published()


def test_an_empty_index_is_none(tmp_path: Path) -> None:
    with pytest.raises(MissingIndexError):
        publish.publish(tmp_path / "none", server.address_of(tmp_path))


@pytest.fixture
def own_server() -> Iterator[server.Server]:
    made = server.started()
    yield made
    made.kill()


def answers(searcher: Searcher, question: str) -> bool:
    try:
        searcher.search(Query(question))
    except StorageError:
        return False
    return True


@pytest.mark.slow
def test_servers_go_on_when_the_database_was_killed_and_is_back(collection: Collection, own_server: server.Server) -> None:
    collection.address = own_server.address(own_server.new_database())
    collection.published()
    with closing(open_searcher(collection.address, lambda _: StubEncoder())) as searcher:
        before = searcher.search(Query("card")).results
        own_server.kill()
        with pytest.raises(StorageError):
            searcher.search(Query("card"))
        own_server.start()
        wait_for(lambda: answers(searcher, "card"))
        assert searcher.search(Query("card")).results == before
    collection.indexed(new="# New\n\nSomething new.")
    collection.published()
    collection.assert_same()
