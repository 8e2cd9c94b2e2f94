"""An index of an older format is brought up to date in place, whoever opens it first."""

from contextlib import closing
from pathlib import Path

import pytest

from askdex.corpus.types import Block, Document, Kind, Link
from askdex.indexer.errors import OlderIndexError
from askdex.indexer.generations.reader import viewed
from askdex.indexer.ingest.update import update
from askdex.indexer.models.encoder import Runtime
from askdex.indexer.search.searcher import open_searcher
from askdex.indexer.store import database, question_log, read, sqlite
from askdex.indexer.store.folder import FILE
from askdex.indexer.store.question_log import Asked
from askdex.indexer.store.schema import SCHEMA_FORMAT, UPGRADES
from askdex.indexer.types import Query
from askdex.indexer.upkeep.doctor import examine
from askdex.server.app import create_app
from askdex.server.keys import Keys, Scope, add_key, keys_file
from tests.stubs import StubEncoder


def answers(index: Path) -> list[str]:
    with closing(open_searcher(index, lambda _: StubEncoder())) as searcher:
        return [result.passage.text for result in searcher.search(Query("lost card")).results]


DOWNGRADES = {
    6: ("DROP INDEX vectors_by_runtime", "ALTER TABLE vectors DROP COLUMN runtime"),
    5: ("DROP TABLE pages", "DROP TABLE crawls"),
    4: ("DROP TABLE token_codes",),
    3: (
        "DROP TABLE left_out",
        "ALTER TABLE documents DROP COLUMN page_starts",
        "ALTER TABLE documents DROP COLUMN links",
    ),
}
"""What makes an index of the format before it out of one of this format."""


@pytest.fixture(params=sorted(UPGRADES))
def older(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """An index of each older format."""
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "cards.md").write_text("# Cards\n\nReport a lost card.\n")
    update(tmp_path / "index", [tmp_path / "docs"], load_encoder=lambda _: StubEncoder())
    with closing(sqlite.connect(tmp_path / "index" / FILE, "mode=rw")) as connection:
        for version in range(SCHEMA_FORMAT, request.param, -1):
            for statement in DOWNGRADES[version]:
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {request.param}")
    return tmp_path / "index"


def test_an_index_of_an_older_format_answers_as_it_did(older: Path) -> None:
    assert answers(older) == ["Report a lost card."]
    with closing(sqlite.connect(older / FILE)) as connection:
        assert sqlite.application_and_format(connection)[1] == SCHEMA_FORMAT


def test_keys_and_what_was_asked_stay_and_every_check_is_sound_after_it(older: Path) -> None:
    entry = Asked("2026-11-01T10", "lost card", "fast", answered=True, relevance=0.5, document="cards.md", generation=1)
    with closing(question_log.open_log(older)) as connection:
        question_log.write(connection, [entry], 0, "2026-11-01T10", "2026-01-01T00")
    token = add_key(keys_file(older), "anna", [Scope.READ])
    assert answers(older) == ["Report a lost card."]
    assert not [finding for finding in examine(older, lambda _: StubEncoder()) if not finding.is_sound]
    with closing(question_log.open_log(older)) as connection:
        assert [tally.question for tally in question_log.tallies(connection, "")] == ["lost card"]
    key = Keys(keys_file(older)).found(token)
    assert key is not None
    assert key.name == "anna"


def test_an_index_of_an_older_format_is_served(older: Path) -> None:
    with closing(open_searcher(older, lambda _: StubEncoder())) as searcher:
        client = create_app(searcher).test_client()
        found = client.get("/api/v1/search", query_string={"q": "lost card"})
    assert found.status_code == 200
    assert "Report a lost card." in found.text


def test_an_index_of_an_older_format_is_written_to(older: Path) -> None:
    (older.parent / "docs" / "more.md").write_text("# More\n\nA lost card is no loss.\n")
    update(older, [older.parent / "docs"], load_encoder=lambda _: StubEncoder())
    assert len(answers(older)) == 2


def test_the_runtime_of_each_vector_is_noted_from_then_on(older: Path) -> None:
    (older.parent / "docs" / "more.md").write_text("# More\n\nA lost card is no loss.\n")
    encoder = StubEncoder()
    encoder.runtime = Runtime("stub in 8 bits", "")
    update(older, [older.parent / "docs"], load_encoder=lambda _: encoder)
    with viewed(older) as view:
        assert read.runtimes(view) == {"not noted": 1, "stub in 8 bits": 1}


def test_an_index_that_cannot_be_written_to_says_so(older: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    connect = sqlite.connect

    def connect_for_reading(path: Path, _options: str = "mode=ro") -> sqlite.Connection:
        return connect(path, "mode=ro")  # as SQLite opens a file on a read-only medium

    monkeypatch.setattr(sqlite, "connect", connect_for_reading)
    with pytest.raises(OlderIndexError, match="writable"):
        database.open_for_reading(older)


def test_links_and_pages_come_with_the_passages_that_they_are_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "Fill in the form.\n\nPay the fee."
    document = Document(
        "a.txt",
        "A",
        text,
        (Block(Kind.TITLE, 0, 17), Block(Kind.PARAGRAPH, 19, 31)),
        links=(Link(12, 16, "form.html"), Link(27, 30, "fees.html")),
        page_starts=(0, 19),
    )
    (tmp_path / "a.txt").write_text(text)
    monkeypatch.setattr("askdex.corpus.readers.registry.parse", lambda *_: iter([document]))
    update(tmp_path / "index", [tmp_path / "a.txt"], load_encoder=lambda _: StubEncoder())
    with closing(open_searcher(tmp_path / "index", lambda _: StubEncoder())) as searcher:
        (result,) = searcher.search(Query("fee")).results
    assert (result.passage.text, result.passage.page) == ("Pay the fee.", 2)
    assert result.passage.links == (Link(8, 11, "fees.html"),)
