"""The originals of documents: what is given out, as what, and what is not."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from selectolax.lexbor import LexborHTMLParser

from askdex.server.settings import Site
from tests.corpus.readers.archives import zipped
from tests.corpus.readers.pdfs import column, pdf
from tests.server.pages.site import SCRIPT, document_id, link, only_node, page_at, served, texts

CARD = "# Card\n\nThe office of your town issues the card.\n"
PAGES = [column(50, 700, *(f"The {colour} card {n} costs nine coins." for n in range(20))) for colour in ("blue", "red")]
BROWSER = {"Accept": "text/html"}


def put_a_pipe(file: Path) -> None:
    file.unlink()
    os.mkfifo(file)


def address(client: FlaskClient, uri: str) -> str:
    return f"/documents/{document_id(client, uri)}/original"


@pytest.mark.parametrize(
    "name", ["card.md", "card.html", "card.svg.txt", 'a "b";c.txt', "卡片 ü.txt", "a\u202ecod.md", "a\nb.txt"]
)
def test_a_file_is_saved_as_it_is_and_never_shown(tmp_path: Path, name: str) -> None:
    content = f"<h1>Card</h1><p>The office issues the card.</p>{SCRIPT}"
    with served(tmp_path, {name: content}) as client, client.get(address(client, name)) as response:
        assert response.data == content.encode()
        assert response.mimetype == "application/octet-stream"
        assert response.headers["Content-Disposition"].startswith("attachment; filename")
        assert response.headers.getlist("Content-Security-Policy") == ["default-src 'none'; sandbox"]
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.content_length == len(content.encode())
        assert response.headers["Content-Disposition"].isprintable()


def test_a_pdf_is_shown_at_the_page_of_the_result(tmp_path: Path) -> None:
    content = pdf(*PAGES)
    with served(tmp_path, {"cards.pdf": content}) as client:
        way = link(page_at(client, "/", q="red card").css(".uri a")[0])
        assert way == f"{address(client, 'cards.pdf')}#page=2"
        with client.get(way) as response:
            assert (response.data, response.mimetype) == (content, "application/pdf")
            assert response.headers["Content-Disposition"] == "inline; filename=cards.pdf"


def test_a_page_that_calls_itself_a_pdf_is_none(tmp_path: Path) -> None:
    page = f'<title>Card</title><meta name="format" content="pdf"><p>The office issues the card.</p>{SCRIPT}'
    with served(tmp_path, {"card.html": page}) as client, client.get(address(client, "card.html")) as response:
        assert response.headers["Content-Disposition"] == "attachment; filename=card.html"


def test_results_and_documents_lead_to_the_original(tmp_path: Path) -> None:
    with served(tmp_path, {"faq.csv": "question,answer\nWho issues the card?,The office issues it.\n"}) as client:
        results = page_at(client, "/", q="Who issues the card?")
        document = page_at(client, link(results.css(".results h2 a")[0]))
        for page in (results, document):
            with client.get(link(only_node(page, ".uri a"))) as response:
                assert response.data.startswith(b"question,answer")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda file: file.write_bytes(b"Secret.\n"), "it has changed since"),
        (lambda file: file.unlink(), "no such file or directory"),
        (lambda file: file.unlink() or file.symlink_to("../secret.md"), "it has changed since"),
        (put_a_pipe, "not a file"),
    ],
    ids=["other content", "gone", "link elsewhere", "pipe"],
)
def test_a_file_that_is_not_what_was_read_is_kept_back(tmp_path: Path, change: Callable[[Path], None], reason: str) -> None:
    (tmp_path / "secret.md").write_text("# Secret\n", encoding="utf-8")
    with served(tmp_path, {"card.md": CARD}) as client:
        way = address(client, "card.md")
        change(tmp_path / "documents" / "card.md")
        response = client.get(way, headers=BROWSER)
        assert response.status_code == 410
        assert "The original is not as it was read" in response.text
        assert f"The file card.md is not as it was when it was read: {reason}." in response.text
        kept = link(only_node(LexborHTMLParser(response.text), ".nothing a"))
        assert "The office of your town issues the card." in client.get(kept).text
        assert client.get(way).get_json()["status"] == 410


def test_what_lies_in_an_archive_has_no_original(tmp_path: Path) -> None:
    with served(tmp_path, {"drive.zip": zipped({"card.md": CARD.encode()})}) as client:
        page = page_at(client, "/", q="Who issues the card?")
        assert texts(page, ".uri") == ["drive.zip/card.md"]
        assert not page.css(".uri a")
        assert client.get(address(client, "drive.zip/card.md")).status_code == 404


def test_originals_can_be_kept_back(tmp_path: Path) -> None:
    with served(tmp_path, {"card.md": CARD}, site=Site(originals=False)) as client:
        assert not page_at(client, "/", q="Who issues the card?").css(".uri a")
        assert client.get(address(client, "card.md")).status_code == 404


def test_no_original_is_there_of_a_document_that_is_not_held(tmp_path: Path) -> None:
    with served(tmp_path, {"card.md": CARD}) as client:
        for name in ("0123456789abcdef", "..", "%2e%2e%2fsecret.md", "card.md"):
            assert client.get(f"/documents/{name}/original").status_code == 404
