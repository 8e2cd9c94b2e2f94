"""An index of the format that Askdex wrote first becomes one of the present format."""

import hashlib
import json
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import pytest

from askdex.corpus.passages import cut, texts_of
from askdex.corpus.readers.registry import is_read, parse
from askdex.corpus.sources import Item
from askdex.corpus.sources.folder import FolderSource
from askdex.corpus.types import Document
from askdex.indexer.errors import MissingIndexError, ModelError, NewerIndexError, OlderIndexError
from askdex.indexer.ingest.update import update
from askdex.indexer.models.encoder import Encoder
from askdex.indexer.search.searcher import open_searcher
from askdex.indexer.store import database
from askdex.indexer.types import Query
from askdex.indexer.upkeep.doctor import examine
from askdex.indexer.upkeep.rebuild import migrate
from tests.stubs import StubEncoder, counts_of

PAGES = {
    "cards.md": "# Cards\n\nThe office issues the card.\n\n## Is a card lost?\n\nReport it at once.",
    "sub/pension.md": "# Pension\n\nA pension begins at sixty.",
    "faq.csv": "question,answer\nWhat is one?,It is 1.\nWhat is two?,It is 2.\n",
}
FIRST_SCHEMA = """
PRAGMA application_id = 1095977796;
PRAGMA user_version = 1;
CREATE TABLE settings (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE files (id INTEGER PRIMARY KEY, path BLOB NOT NULL UNIQUE, root BLOB NOT NULL, digest BLOB NOT NULL) STRICT;
CREATE TABLE documents (
    id TEXT PRIMARY KEY, file_id INTEGER NOT NULL REFERENCES files ON DELETE CASCADE, uri TEXT NOT NULL, title TEXT NOT NULL,
    language TEXT NOT NULL, metadata TEXT NOT NULL, text TEXT NOT NULL, blocks TEXT NOT NULL
) STRICT;
CREATE TABLE vectors (key BLOB PRIMARY KEY, vector BLOB NOT NULL, tokens_lost INTEGER NOT NULL) STRICT, WITHOUT ROWID;
"""


def documents_of(source: FolderSource, item: Item) -> list[Document]:
    return [document for document in parse(item, source.read(item)) if isinstance(document, Document)]


def write_first_format(index: Path, root: Path, encoder: StubEncoder) -> None:
    """An index as Askdex wrote it first; tables that are not read are left out."""
    index.mkdir()
    settings: Mapping[str, object] = {
        "generation": 7, "token": "0123", "model": "stub", "fingerprint": encoder.fingerprint, "dimension": encoder.dimension,
    }  # fmt: skip
    with closing(sqlite3.connect(index / "index.sqlite")) as connection, connection:
        connection.executescript(FIRST_SCHEMA)
        connection.executemany("INSERT INTO settings VALUES (?, ?)", [(key, str(value)) for key, value in settings.items()])
        for number, name in enumerate(PAGES, 1):
            source = FolderSource(root / name, root, is_read)
            (item,) = source.items()
            assert isinstance(item, Item)
            row = (number, bytes(root / name), bytes(root), item.version)
            connection.execute("INSERT INTO files VALUES (?, ?, ?, ?)", row)
            for document in documents_of(source, item):
                write_document(connection, number, document, encoder)


def write_document(connection: sqlite3.Connection, file: int, document: Document, encoder: StubEncoder) -> None:
    blocks = json.dumps([(block.kind, block.start, block.end, block.level) for block in document.blocks])
    values = (document.title, document.language, json.dumps(document.metadata), document.text, blocks)
    connection.execute("INSERT INTO documents VALUES (?, ?, ?, ?, ?, ?, ?, ?)", (document.uri, file, document.uri, *values))
    for passage in cut(document, encoder):
        for text in texts_of(document, passage, encoder):
            key = hashlib.blake2b(text.encode(), digest_size=16).digest()
            (vector,) = encoder.encode_documents([text])
            connection.execute("INSERT OR IGNORE INTO vectors VALUES (?, ?, 0)", (key, vector.tobytes()))


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    for name, text in PAGES.items():
        path = tmp_path / "docs" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path / "docs"


@pytest.fixture
def old(tmp_path: Path, docs: Path) -> Path:
    write_first_format(tmp_path / "old", docs, StubEncoder())
    return tmp_path / "old"


def found(index: Path) -> list[tuple[str, str, float]]:
    with closing(open_searcher(index, lambda _: StubEncoder())) as searcher:
        results = searcher.search(Query("card pension one two", limit=50)).results
    return [(result.passage.document.uri, result.passage.text, result.scores.fused) for result in results]


def test_an_older_index_is_refused_with_the_command_to_run(old: Path, docs: Path) -> None:
    before = (old / "index.sqlite").read_bytes()
    for opening in (
        database.open_for_reading,
        database.open_for_writing,
        lambda folder: examine(folder, lambda _: StubEncoder()),
    ):
        with pytest.raises(OlderIndexError, match="askdex migrate"):
            opening(old)
    with pytest.raises(OlderIndexError):
        update(old, [docs], load_encoder=lambda _: StubEncoder())
    assert (old / "index.sqlite").read_bytes() == before


def test_an_older_index_is_brought_up_to_date_without_embedding(old: Path, docs: Path, tmp_path: Path) -> None:
    before = (old / "index.sqlite").read_bytes()
    encoder = StubEncoder()
    aside = migrate(old, lambda _: encoder)
    assert encoder.encoded == []
    assert aside is not None
    assert (aside / "index.sqlite").read_bytes() == before
    assert all(finding.is_sound for finding in examine(old, lambda _: StubEncoder()))
    update(tmp_path / "new", [docs], load_encoder=lambda _: StubEncoder())
    assert found(old) == found(tmp_path / "new")
    report = counts_of(update(old, [docs], load_encoder=lambda _: StubEncoder()))
    assert (report.unchanged, report.generation) == (3, 8)


def test_an_index_of_the_present_format_is_left_alone(tmp_path: Path, docs: Path) -> None:
    update(tmp_path / "new", [docs], load_encoder=lambda _: StubEncoder())
    assert migrate(tmp_path / "new", lambda _: StubEncoder()) is None
    with pytest.raises(MissingIndexError):
        migrate(tmp_path / "nowhere", lambda _: StubEncoder())


def test_an_index_of_a_newer_format_is_refused(old: Path) -> None:
    with closing(sqlite3.connect(old / "index.sqlite")) as connection:
        connection.execute("PRAGMA user_version = 99")
    with pytest.raises(NewerIndexError, match="bring Askdex up to date"):
        migrate(old, lambda _: StubEncoder())


def test_with_another_model_an_older_index_stays_as_it_is(old: Path) -> None:
    def load(name: str) -> Encoder:
        return StubEncoder(name, limit=32)

    before = (old / "index.sqlite").read_bytes()
    with pytest.raises(ModelError, match="stub"):
        migrate(old, load)
    assert (old / "index.sqlite").read_bytes() == before
    assert {path.name for path in old.iterdir()} <= {"index.sqlite", "index.sqlite-shm", "index.sqlite-wal", "writer.lock"}
