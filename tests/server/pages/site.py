"""What the tests of the pages share: an app over a few files, and reading what it shows."""

import re
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

from flask.testing import FlaskClient
from selectolax.lexbor import LexborHTMLParser, LexborNode

from askdex.indexer.ingest.update import update
from askdex.indexer.search.searcher import open_searcher
from askdex.server.app import create_app
from askdex.server.settings import Site
from tests.stubs import StubEncoder

Tree = Mapping[str, "str | bytes | Tree"]
HANDBOOK = """---
title: Handbook of cards
topic: [cards, money]
year: 2019
checked: true
---
# Handbook of cards

Cards are issued by offices.

## Who issues the card?

The office of your town issues the card. Bring your passport. It takes a day.

- A photograph is needed.
- A form is needed.

### What it costs

| Card | Price |
| --- | --- |
| first | free |
| second | 10 |

```
card --new
  card --lost
```
"""
NOTES = """Notes

Fees:

1. The first fee is low.
2. The second fee is high.
"""
SCRIPT = "<script>alert(1)</script>"
IMAGE = '"><img src=x onerror=alert(1)>'


def write(folder: Path, files: Tree) -> None:
    folder.mkdir()
    for name, content in files.items():
        if isinstance(content, str):
            (folder / name).write_text(content, encoding="utf-8")
        elif isinstance(content, bytes):
            (folder / name).write_bytes(content)
        else:
            write(folder / name, content)


@contextmanager
def served(folder: Path, files: Tree, encoder: StubEncoder | None = None, site: Site | None = None) -> Iterator[FlaskClient]:
    """An app over these files, without a model."""
    write(folder / "documents", files)
    used = encoder or StubEncoder()
    update(folder / "index", [folder / "documents"], load_encoder=lambda _: used)
    with closing(open_searcher(folder / "index", lambda _: used)) as searcher:
        yield create_app(searcher, site=site).test_client()


def page_at(client: FlaskClient, path: str, **arguments: str | int) -> LexborHTMLParser:
    response = client.get(path, query_string=arguments or None)
    assert (response.status_code, response.mimetype) == (200, "text/html"), response.text
    return LexborHTMLParser(response.text)


def only_node(page: LexborHTMLParser, selector: str) -> LexborNode:
    nodes = page.css(selector)
    assert len(nodes) == 1, f"{len(nodes)} of {selector}"
    return nodes[0]


def texts(page: LexborHTMLParser, selector: str) -> list[str]:
    return [" ".join(node.text().split()) for node in page.css(selector)]


def letters(text: str) -> str:
    """The text without what lies between blocks and between the cells of a row, which is part of no mark."""
    return re.sub(r"[\s|]", "", text)


def rows_of(page: LexborHTMLParser) -> list[list[str]]:
    return [[cell.text() for cell in row.css("td")] for row in page.css("tbody tr")]


def link(node: LexborNode) -> str:
    return node.attributes["href"] or ""


def document_id(client: FlaskClient, uri: str) -> str:
    documents = client.get("/api/v1/documents?limit=100").get_json()["documents"]
    document_id: str = next(document["id"] for document in documents if document["uri"] == uri)
    return document_id


def passage_with(client: FlaskClient, uri: str, text: str) -> int:
    """The number of the passage of a document that holds a text."""
    name = document_id(client, uri)
    number: int = client.get(f"/api/v1/documents/{name}").get_json()["passages"]
    return next(n for n in range(number) if text in client.get(f"/api/v1/passages/{name}-{n}").get_json()["text"])


def opened(client: FlaskClient, uri: str, text: str, question: str = "") -> LexborHTMLParser:
    """A document opened at the passage that holds a text."""
    return page_at(client, f"/documents/{document_id(client, uri)}", passage=passage_with(client, uri, text), q=question)
