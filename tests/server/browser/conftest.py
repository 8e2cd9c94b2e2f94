"""The browser, and sites for it; they last for all tests of this folder."""

import re
from collections.abc import Iterator
from contextlib import closing
from urllib.parse import urlsplit

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page

from askdex.indexer.ingest.update import update
from askdex.indexer.search.searcher import Searcher, open_searcher
from askdex.server.app import create_app
from tests.server.browser.driver import CHROMIUM, PATIENCE_MS, Opened, chromium, served
from tests.stubs import StubEncoder, write_files

LONG_WORD = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft" * 2
LONG_WORDS = f"""---
{LONG_WORD}: {LONG_WORD}
---
# {LONG_WORD}

## {LONG_WORD}

The card {LONG_WORD}.

- {LONG_WORD}

| {LONG_WORD} | {LONG_WORD} | {LONG_WORD} |
| --- | --- | --- |
| card | card | card |

|{" card |" * 30}
|{" --- |" * 30}

```
{LONG_WORD}
```
"""
LONG_PARAGRAPH = "# Cards\n\n" + " ".join(f"Card {n} is given to those who asked for it on day {n}." for n in range(400)) + "\n"


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("no Chromium is installed")
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="package")
def starter_site(starter_searcher: Searcher) -> Iterator[str]:
    with served(starter_searcher) as address:
        yield address


@pytest.fixture(scope="package")
def awkward_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A site over documents whose words and paragraphs are longer than a screen."""
    folder = tmp_path_factory.mktemp("awkward")
    documents = folder / "documents"
    documents.mkdir()
    (documents / f"{LONG_WORD}.md").write_text(LONG_WORDS, encoding="utf-8")
    (documents / "paragraph.md").write_text(LONG_PARAGRAPH, encoding="utf-8")
    update(folder / "index", [documents], load_encoder=lambda _: StubEncoder())
    with closing(open_searcher(folder / "index", lambda _: StubEncoder())) as searcher, served(searcher) as address:
        yield address


@pytest.fixture(scope="package")
def asking_app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """An application over documents with questions of their own, without a model."""
    folder = tmp_path_factory.mktemp("asking")
    questions = ["Who issues the card?", "Who pays for the card?", "What does a lost card cost?"]
    sections = "\n\n".join(f"## {question}\n\nThe office of the town says so." for question in questions)
    write_files(folder / "documents", {"card.md": f"# Cards\n\n{sections}\n"})
    update(folder / "index", [folder / "documents"], load_encoder=lambda _: StubEncoder())
    with closing(open_searcher(folder / "index", lambda _: StubEncoder())) as searcher:
        yield create_app(searcher)


@pytest.fixture(scope="package")
def asking_site(asking_app: Flask) -> Iterator[str]:
    with served(asking_app) as address:
        yield address


@pytest.fixture
def opened(browser: Browser) -> Iterator[Opened]:
    """Opens an address in a page of its own; whatever happens there may not complain nor ask another host."""
    complaints: list[str] = []
    hosts: set[str | None] = set()
    pages: list[Page] = []

    def open_page(address: str, **options: object) -> Page:
        page = browser.new_page(**options)  # type: ignore[arg-type]  # as the library has them
        pages.append(page)
        page.set_default_timeout(PATIENCE_MS)
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: hosts.add(urlsplit(request.url).hostname))
        page.goto(address)
        return page

    yield open_page
    for page in pages:
        page.close()
    # The browser complains of the status of a page that says what is wrong, and of a server that is not there yet.
    expected = re.compile("the server responded with a status of (4..|50[023])|ERR_(CONNECTION|EMPTY_RESPONSE|SOCKET|INTERNET)")
    assert [complaint for complaint in complaints if not expected.search(complaint)] == []
    assert hosts <= {"127.0.0.1", None}
