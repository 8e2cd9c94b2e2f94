"""Another source than a folder: what the index knows of items is kept under the root and the keys that the source gives."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from askdex.corpus.errors import RefusedError
from askdex.corpus.passages import CutDocument
from askdex.corpus.sources import Item, Source, left_out
from askdex.corpus.types import Skipped
from askdex.indexer.generations import publish
from askdex.indexer.ingest.progress import unheard
from askdex.indexer.ingest.reading import FileToRead
from askdex.indexer.ingest.scan import Scan, known_files, scan
from askdex.indexer.ingest.staging import StagedFile, Staging
from askdex.indexer.store import commits, database, states
from askdex.indexer.store.sqlite import Connection
from tests.indexer.collection import contents
from tests.stubs import PoolHere, StubEncoder

ROOT = b"https://example.org/"


@dataclass
class Site:
    """Pages by their addresses, with versions that a server would give; those without text are refused."""

    pages: dict[str, tuple[bytes, str | None]]
    requests: list[str] = field(default_factory=list)
    name: str = "example.org"
    root: bytes = ROOT

    def items(self) -> Iterator[Item | Skipped]:
        for uri, (version, text) in self.pages.items():
            if text is None:
                yield left_out(ROOT + uri.encode(), uri, RefusedError("service unavailable"))
            else:
                yield Item(ROOT + uri.encode(), uri, version, len(text))

    def read(self, item: Item) -> bytes:
        self.requests.append(item.uri)
        return str(self.pages[item.uri][1]).encode()

    def has_here(self, item: Item) -> bool:  # noqa: ARG002
        return True

    def keep(self, item: Item) -> None:
        pass

    def holds(self, key: bytes) -> bool:
        return key.startswith(ROOT)

    def levels(self, key: bytes) -> Iterator[bytes]:
        yield key

    def finish(self) -> None:
        pass

    def close(self) -> None:
        pass


def updated(folder: Path, connection: Connection, source: Source) -> Scan:
    """Takes in what is new or changed, as an update does."""
    result = scan(known_files(connection), [source])
    staging = Staging(connection, StubEncoder, 0, unheard)
    with PoolHere(StubEncoder, 0) as pool:
        files = (
            StagedFile(file.entry.file_version, (part for part in parts if isinstance(part, CutDocument)))
            for file, parts in pool.read(FileToRead(entry) for entry in result.pending.values())
        )
        assert not list(staging.take(files))
    publish.publish(folder, connection, staging.files, [*result.pending, *result.removed])
    return result


def test_items_of_any_source_are_known_by_their_keys_and_versions(tmp_path: Path, stub: StubEncoder) -> None:
    site = Site({"cards.html": (b'"1"', "<p>A card.</p>"), "law.md": (b'"2"', "# Law"), "old.md": (b'"3"', "# Old\n\nPage.")})
    with closing(database.open_for_writing(tmp_path)) as connection:
        with commits.writing(connection):
            states.set_settings(connection, model=stub.name, fingerprint=stub.fingerprint, dimension=stub.dimension)
        updated(tmp_path, connection, site)
        assert contents(tmp_path).keys() == {"cards.html", "law.md", "old.md"}
        site.pages = {
            "cards.html": (b'"4"', "<p>Another card.</p>"),
            "law.md": (b'"5"', None),
            "new.md": (b'"3"', "# Old\n\nPage."),
        }
        site.requests.clear()
        result = updated(tmp_path, connection, site)
    assert site.requests == ["cards.html", "new.md"]
    assert result.moved == {ROOT + b"new.md": ROOT + b"old.md"}
    assert result.removed == {ROOT + b"old.md"}
    assert [item.uri for item in result.skipped.values()] == ["law.md"]
    assert contents(tmp_path) == {"cards.html": "Another card.", "law.md": "Law", "new.md": "Old\n\nPage."}
