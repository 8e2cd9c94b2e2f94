"""The guide at /guide: its pages, their links, and the search in them."""

import tomllib
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from selectolax.lexbor import LexborHTMLParser, LexborNode
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.test import Client

from askdex.indexer.ingest.update import update
from askdex.indexer.models.encoder import Encoder
from askdex.indexer.search.searcher import Searcher, open_searcher
from askdex.indexer.types import Query
from askdex.server.app import create_app
from askdex.server.pages.guide_pages import FOLDER, OVERVIEW, guide_pages
from tests.stubs import StubEncoder, write_files

ROOT = Path(__file__).parents[3]
PAGES = sorted(path.stem for path in FOLDER.glob("*.md") if path.stem != OVERVIEW)
QUESTIONS = {
    "How do I leave out some files?": "documents",
    "nginx": "deploying",
    "install without CUDA": "install",
    "Which filter takes a range of dates?": "json",
    "What do I do if another process is changing the index?": "faults",
    "How can I add a format?": "contributing",
    "misspelt words": "json",
    "What does tune fit?": "measuring",
}


@pytest.fixture(scope="module")
def searcher(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Searcher]:
    """Of an index without a model: the guide needs none."""
    folder = tmp_path_factory.mktemp("guide")
    write_files(folder / "documents", {"card.md": "# The card\n\nThe office of your town issues the card.\n"})
    update(folder / "index", [folder / "documents"], load_encoder=lambda _: StubEncoder())
    with closing(open_searcher(folder / "index", lambda _: StubEncoder())) as searcher:
        yield searcher


@pytest.fixture
def client(searcher: Searcher) -> FlaskClient:
    return create_app(searcher).test_client()


def page_at(client: FlaskClient | Client, address: str) -> LexborHTMLParser:
    response = client.get(address)
    assert (response.status_code, response.mimetype) == (200, "text/html"), address
    return LexborHTMLParser(response.text)


def links(page: LexborHTMLParser) -> list[str]:
    return [node.attributes.get("href") or "" for node in page.css("main a[href]")]


def only(page: LexborHTMLParser, selector: str) -> LexborNode:
    (node,) = page.css(selector)
    return node


def found_pages(client: FlaskClient, question: str) -> list[str]:
    page = page_at(client, f"/guide/?q={question}")
    hrefs = [node.attributes.get("href") or "" for node in page.css(".results h2 a")]
    return [urlsplit(href).path.rpartition("/")[2] for href in hrefs]


def test_every_page_of_the_site_leads_to_the_guide(client: FlaskClient) -> None:
    for address in ("/", "/?q=card", "/left-out", "/guide/"):
        assert page_at(client, address).css_first("footer a[href='/guide/']") is not None
    assert client.get("/guide").headers["Location"].endswith("/guide/")


def test_the_overview_leads_to_every_page(client: FlaskClient) -> None:
    page = page_at(client, "/guide/")
    assert {link for link in links(page) if "/" not in link} == set(PAGES)


@pytest.mark.parametrize("mounted", ["", "/help"])
def test_every_link_of_the_guide_leads_somewhere_under_any_path(searcher: Searcher, mounted: str) -> None:
    app = create_app(searcher)
    client = Client(DispatcherMiddleware(Flask("site").wsgi_app, {mounted: app}) if mounted else app)
    for name in ("", *PAGES):
        address = f"{mounted}/guide/{name}"
        for link in links(page_at(client, address)):
            target = urlsplit(urljoin(f"http://localhost{address}", link))
            if target.netloc == "localhost":
                assert target.path.startswith(f"{mounted}/"), link
                there = page_at(client, target.path)
                assert not target.fragment or there.css_first(f'[id="{target.fragment}"]') is not None, link


@pytest.mark.parametrize("name", PAGES)
def test_a_page_has_one_title_and_all_of_its_tables_and_code(client: FlaskClient, name: str) -> None:
    page = page_at(client, f"/guide/{name}")
    text = (FOLDER / f"{name}.md").read_text(encoding="utf-8")
    assert [node.text() for node in page.css("h1")] == [text.partition("\n")[0].removeprefix("# ")]
    assert len(page.css("main tr")) == sum(line.startswith("|") and not line.startswith("|--") for line in text.splitlines())
    assert len(page.css("main pre")) == text.count("\n```") / 2
    assert page.css("main :is(script, style, [style], img)") == []


def test_the_outline_of_a_page_leads_to_its_headings(client: FlaskClient) -> None:
    page = page_at(client, "/guide/deploying")
    outline = [node.text() for node in page.css(".outline a")]
    assert outline == [node.text() for node in page.css("article h2")]
    assert len(outline) > 2


@pytest.mark.parametrize(("question", "name"), QUESTIONS.items())
def test_words_find_the_page_that_has_them(client: FlaskClient, question: str, name: str) -> None:
    assert found_pages(client, question)[0] == name


def test_what_is_found_shows_its_words_and_leads_to_its_heading(client: FlaskClient) -> None:
    page = page_at(client, "/guide/?q=nginx")
    assert {mark.text().lower() for mark in page.css(".results > li:first-child mark.word")} == {"nginx"}
    assert links(page)[1].endswith("deploying#behind-a-web-server")
    assert only(page, "#q").text() == "nginx"


def test_where_no_word_is_found_it_says_so_and_leads_to_the_documents(client: FlaskClient) -> None:
    page = page_at(client, "/guide/?q=xylophone")
    assert "none of these words" in only(page, "main").text()
    assert "/?q=xylophone" in links(page)


def test_a_question_of_blanks_or_function_words_is_no_error(client: FlaskClient) -> None:
    assert set(PAGES) <= set(links(page_at(client, "/guide/?q=%20")))
    assert found_pages(client, "what is the") != []


def test_a_question_is_text(client: FlaskClient) -> None:
    response = client.get("/guide/", query_string={"q": '"><script>alert(1)</script> nginx'})
    assert "<script>" not in response.text
    assert "&lt;script&gt;" in response.text


@pytest.mark.parametrize("name", ["nothing", OVERVIEW, "deploying.md", "..%2Fapp"])
def test_a_page_that_is_not_there_is_not_found(client: FlaskClient, name: str) -> None:
    assert client.get(f"/guide/{name}").status_code == 404


def test_the_html_of_a_page_is_text() -> None:
    assert not any("<!--" in page.html for page in guide_pages().values())


def test_the_wheel_has_every_page() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    patterns = settings["tool"]["setuptools"]["package-data"]["askdex.server"]
    packed = {path for pattern in patterns for path in FOLDER.parent.glob(pattern)}
    assert packed >= set(FOLDER.iterdir())


@pytest.mark.slow
def test_the_guide_can_be_asked_as_any_collection(tmp_path: Path, encoder: Encoder) -> None:
    update(tmp_path / "index", [FOLDER], load_encoder=lambda _: encoder)
    searcher = open_searcher(tmp_path / "index", lambda _: encoder)
    first = {question: searcher.search(Query(question)).results[0].passage.document.uri for question in QUESTIONS}
    searcher.close()
    wrong = {question: uri for question, uri in first.items() if uri != f"{QUESTIONS[question]}.md"}
    assert len(wrong) <= 1, wrong
