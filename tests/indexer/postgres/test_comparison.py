"""What is published, compared with the truth and mended: every kind of damage is found, and only what differs is sent."""

from contextlib import closing

import pytest

from askdex.indexer.engine.segment import Segment
from askdex.indexer.errors import StorageError
from askdex.indexer.search.searcher import open_searcher
from askdex.indexer.store.states import StateView
from askdex.indexer.types import Query
from tests.indexer.postgres import server
from tests.indexer.postgres.test_publishing import Collection, collection
from tests.stubs import StubEncoder

if reason := server.reason_to_skip():
    pytest.skip(reason, allow_module_level=True)

from askdex.indexer.postgres import batches, catalogue
from askdex.indexer.postgres.comparison import compared, mended
from askdex.indexer.postgres.connection import Connection

__all__ = ["collection"]

ONE = "WHERE ctid = (SELECT max(ctid) FROM askdex.{0})"
DAMAGES = {
    "a text": f"UPDATE askdex.texts SET content = replace(content, 'a', 'b') {ONE.format('texts')}",
    "a text is gone": f"DELETE FROM askdex.texts {ONE.format('texts')}",
    "a document is gone": f"DELETE FROM askdex.documents {ONE.format('documents')}",
    "a title": f"UPDATE askdex.documents SET summary = replace(summary, 'title', 'titel') {ONE.format('documents')}",
    "a document too many": (
        "INSERT INTO askdex.documents (name, version, born, died, uri, passages, summary, content, listed) "
        "SELECT '00ff00ff00ff00ff', version, born, died, uri, 0, summary, content, listed FROM askdex.documents LIMIT 1"
    ),
    "a document twice": (
        "INSERT INTO askdex.documents (name, version, born, died, uri, passages, summary, content, listed) "
        "SELECT name, version, born, died, uri, 0, summary, content, listed FROM askdex.documents LIMIT 1"
    ),
    "a vector": f"UPDATE askdex.vectors SET vector = vector + vector {ONE.format('vectors')}",
    "vectors are gone": "DELETE FROM askdex.vectors",
    "a place": f"UPDATE askdex.passages SET place = set_byte(place, 3, 255 - get_byte(place, 3)) {ONE.format('passages')}",
    "postings": f"DELETE FROM askdex.postings {ONE.format('postings')}",
    "pairs": "UPDATE askdex.pairs SET key = key + 1",
    "ids": "UPDATE askdex.batches SET ids = set_byte(ids, 0, 255 - get_byte(ids, 0))",
    "the vocabulary": "UPDATE askdex.states SET vocabulary = ''",
    "a number": "UPDATE askdex.states SET passages = passages + 1",
    "the members": "UPDATE askdex.members SET removed = removed || 7::bigint",
    "no members": "DELETE FROM askdex.members",
    "the facts": 'UPDATE askdex.generations SET facts = replace(facts, \'"languages":{"\', \'"languages":{"x\')',
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=list(DAMAGES))
def test_every_damage_is_found_and_mended(collection: Collection, damage: str) -> None:
    collection.published()
    collection.indexed(new="# New\n\nSomething new.", pension="# Pension\n\nA pension begins at seventy.")
    collection.published()
    assert compared(collection.index, collection.address).is_same
    server.change(collection.address, damage)
    assert not compared(collection.index, collection.address).is_same
    assert not mended(collection.index, collection.address).is_same
    assert compared(collection.index, collection.address).is_same
    collection.assert_same()
    collection.indexed(newer="# Newer\n\nSomething newer.")
    collection.published()
    collection.assert_same()


def test_only_what_differs_is_sent(collection: Collection, monkeypatch: pytest.MonkeyPatch) -> None:
    collection.published()
    collection.indexed(new="# New\n\nSomething new.")
    collection.published()
    name = str(server.rows_of(collection.address, "SELECT name FROM askdex.documents ORDER BY name LIMIT 1")[0][0])
    server.change(
        collection.address,
        f"UPDATE askdex.documents SET content = '' WHERE name = '{name}'",
        "UPDATE askdex.passages SET terms = '' WHERE batch = (SELECT max(batch) FROM askdex.batches)",
    )
    sent: list[str] = []
    filled: list[int] = []
    add, fill = catalogue._add, batches._fill

    def adding(connection: Connection, view: StateView, name: str, version: bytes, born: int, **more: int) -> None:
        sent.append(name)
        add(connection, view, name, version, born, **more)

    def filling(connection: Connection, number: int, segment: Segment) -> None:
        filled.append(len(segment))
        fill(connection, number, segment)

    monkeypatch.setattr(catalogue, "_add", adding)
    monkeypatch.setattr(batches, "_fill", filling)
    mended(collection.index, collection.address)
    assert (sent, filled) == ([name], [1])
    collection.assert_same()


def test_a_server_takes_up_what_was_mended(collection: Collection) -> None:
    """What it kept of damaged rows must not be answered from."""
    collection.published()
    with closing(open_searcher(collection.address, lambda _: StubEncoder())) as searcher:
        server.change(
            collection.address,
            "UPDATE askdex.texts SET content = replace(content, 'card', 'bird')",
            "UPDATE askdex.postings SET postings = ''",
        )
        searcher.search(Query("Who issues the card?"))
        mended(collection.index, collection.address)
        assert searcher.search(Query("Who issues the card?")).results == collection.answer("Who issues the card?").results
    collection.assert_same()


def test_another_index_is_not_compared(collection: Collection) -> None:
    collection.published()
    server.change(collection.address, "UPDATE askdex.about SET identity = 'another'")
    with pytest.raises(StorageError, match="another index"):
        compared(collection.index, collection.address)


def test_the_generation_before_is_compared_where_the_folder_still_has_it(collection: Collection) -> None:
    collection.published()
    collection.indexed(new="# New\n\nSomething new.")
    assert compared(collection.index, collection.address).is_same
    collection.indexed(newer="# Newer\n\nSomething newer.")
    with pytest.raises(StorageError, match="no longer"):
        compared(collection.index, collection.address)
