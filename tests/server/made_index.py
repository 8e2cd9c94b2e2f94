"""An index of one document, made with the stub of an encoder."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from askdex.indexer.ingest.update import update
from askdex.indexer.search.searcher import Searcher, open_searcher
from tests.stubs import StubEncoder, write_files


@contextmanager
def made_searcher(folder: Path, *, front_matter: str = "") -> Iterator[Searcher]:
    """A searcher over an index that is made in a folder, of one document with this front matter."""
    write_files(folder / "pages", {"card.md": f"{front_matter}# Card\n\nThe card is green.\n"})
    update(folder / "index", [folder / "pages"], load_encoder=lambda _: StubEncoder())
    with closing(open_searcher(folder / "index", lambda _: StubEncoder())) as searcher:
        yield searcher
