"""The small collection that tests of the search share."""

from collections.abc import Mapping
from pathlib import Path

from askdex.indexer.ingest.update import update
from askdex.indexer.search.searcher import Searcher, open_searcher
from askdex.indexer.types import Mode, Response
from tests.stubs import StubEncoder

PAGES = {
    "cards.md": """---
language: en
topics: [cards, Loss]
year: 2024
fee: 2.5
online: true
---
# Cards

The office issues the card. It costs nothing. Keep the card safe.

## What if the card is lost?

Report a lost card at once. The office blocks the card.
""",
    "pensions/begin.md": """---
language: en
topics: [age]
year: 2023
online: false
---
# Pension

A pension begins at sixty.
""",
    "pensions/widows/claim.md": "---\nlanguage: en\n---\n# Widows\n\nA widow has a claim on the pension.",
    "pensions-de.md": "---\nlanguage: de\ntopics: cards\n---\n# Karten\n\nDas Amt gibt die Karte aus.",
    "faq.csv": "question,answer,department\n"
    + "".join(f"What is item {n}?,Item {n} is number {n}.,{'Sales' if n % 2 else 'Office'}\n" for n in range(40)),
    "other.csv": "question,answer\nWhat is item 7?,Nobody knows item 7.\n",
}


MODES = list(Mode)


def index_pages(folder: Path, pages: Mapping[str, str]) -> Path:
    """An index of pages, in a folder beside theirs."""
    for name, text in pages.items():
        path = folder / "docs" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    update(folder / "index", [folder / "docs"], load_encoder=lambda _: StubEncoder())
    return folder / "index"


def opened(index: Path) -> Searcher:
    return open_searcher(index, lambda _: StubEncoder())


def uris(response: Response) -> list[str]:
    return [result.passage.document.uri for result in response.results]


def files(response: Response) -> set[str]:
    return {uri.partition("#")[0] for uri in uris(response)}
