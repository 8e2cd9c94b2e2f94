"""A small collection, and what an index of it holds."""

from contextlib import closing
from pathlib import Path

from askdex.indexer.generations.reader import Reader
from askdex.indexer.store import read

PAGES = {
    "cards.md": "# Cards\n\nThe office issues the card.\n\n## Loss\n\nReport a lost card at once.",
    "pension.md": "# Pension\n\nA pension begins at sixty.",
    "sub/widow.md": "# Widows\n\nA widow has a claim.",
}


def contents(index: Path) -> dict[str, str]:
    """The texts of an index by their uris, all of them found by the engine too."""
    with closing(Reader(index)) as reader, reader.snapshot() as snapshot:
        summaries = read.documents(snapshot, 10_000, 0)
        assert len(snapshot.engine) == snapshot.state.passages
        found = {summary.uri: read.document(snapshot, summary.id).text for summary in summaries}
    assert len(found) == len(summaries)
    return found


def generation(index: Path) -> int:
    with closing(Reader(index)) as reader, reader.snapshot() as snapshot:
        return snapshot.state.generation
