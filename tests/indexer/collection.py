"""A small collection, and what an index of it holds."""

from contextlib import closing
from pathlib import Path

from askdex.indexer.generations.reader import Reader

PAGES = {
    "cards.md": "# Cards\n\nThe office issues the card.\n\n## Loss\n\nReport a lost card at once.",
    "pension.md": "# Pension\n\nA pension begins at sixty.",
    "sub/widow.md": "# Widows\n\nA widow has a claim.",
}


def contents(index: Path) -> dict[str, str]:
    """The texts of an index by their uris, all of them found by the engine too."""
    with closing(Reader(index)) as reader, reader.opened() as opened:
        summaries = opened.documents(10_000, 0)
        assert opened.vocabulary.passage_count == len(opened.sample(10_000)) == opened.state.passages
        texts = {summary.uri: opened.document(summary.id).text for summary in summaries}
    assert len(texts) == len(summaries)
    return texts


def generation(index: Path) -> int:
    with closing(Reader(index)) as reader, reader.opened() as opened:
        return opened.state.generation
