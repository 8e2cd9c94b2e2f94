"""The start page: what it holds, examples and suggestions."""

from contextlib import closing
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from askdex.indexer.ingest.remove import remove
from askdex.indexer.ingest.update import update
from askdex.indexer.search.searcher import open_searcher
from askdex.server.app import create_app
from askdex.server.settings import Site
from tests.server.pages.site import link, only_node, page_at, served, texts
from tests.stubs import StubEncoder


def test_the_start_page_asks_and_counts(client: FlaskClient) -> None:
    page = page_at(client, "/")
    assert texts(page, "h1") == ["What would you like to know?"]
    assert "32 documents" in only_node(page, ".welcome p.quiet").text()


@pytest.mark.parametrize("question", ["", "card"])
def test_a_page_over_no_documents_says_so_and_what_to_do(tmp_path: Path, question: str) -> None:
    with served(tmp_path, {"card.txt": "The card\n\nThe office issues the card.\n"}) as client:
        remove(tmp_path / "index", [str(tmp_path / "documents")])
        page = page_at(client, "/", q=question)
        assert texts(page, ".welcome [role=status]") == [
            "No documents are held here: fill the index, then ask. The command for that: askdex index DOCUMENTS"
        ]
        assert only_node(page, "form textarea").text() == question


def test_questions_are_suggested_that_documents_answer(client: FlaskClient) -> None:
    field = only_node(page_at(client, "/"), "form textarea")
    response = client.get(field.attributes["data-suggest"] or "", query_string={"q": "who iss"})
    assert response.get_json() == {"suggestions": ["Who issues the card?"]}
    assert response.headers["Cache-Control"] == "private, max-age=60"
    for arguments, status in (({}, 422), ({"q": "a" * 2001}, 422), ({"q": "a", "limit": 0}, 422), ({"q": ""}, 200)):
        assert client.get("/api/v1/suggest", query_string=arguments).status_code == status


def test_suggestions_can_be_denied_and_switched_off(tmp_path: Path) -> None:
    files = {"card.md": "# Card\n\n## Who issues the card?\n\nThe office.\n\n## Who is dismissed?\n\nNobody.\n"}
    with served(tmp_path, files, site=Site(denied=("dismissed",))) as client:
        assert client.get("/api/v1/suggest?q=who").get_json() == {"suggestions": ["Who issues the card?"]}
        (tmp_path / "documents" / "card.md").write_text("# Card\n\n## Who pays for cards?\n\nThe office.\n", encoding="utf-8")
        update(tmp_path / "index", [tmp_path / "documents"], load_encoder=lambda _: StubEncoder())
        assert client.get("/api/v1/suggest?q=who").get_json() == {"suggestions": ["Who pays for cards?"]}
    with closing(open_searcher(tmp_path / "index", lambda _: StubEncoder())) as searcher:
        client = create_app(searcher, site=Site(suggests=False)).test_client()
        assert client.get("/api/v1/suggest?q=who").get_json() == {"suggestions": []}
        assert "data-suggest" not in only_node(page_at(client, "/"), "form textarea").attributes


def test_the_start_page_gives_examples_that_are_answered(client: FlaskClient) -> None:
    example = only_node(page_at(client, "/"), ".examples a")
    assert example.text() == "Who issues the card?"
    assert texts(page_at(client, link(example)), ".best .way") == ["Who issues the card?"]


def test_a_blank_question_is_the_start_page(client: FlaskClient) -> None:
    assert page_at(client, "/", q=" \t").css_first(".welcome") is not None


def test_examples_begin_as_questions_do_and_have_no_numbers(tmp_path: Path) -> None:
    files = {
        "a.md": "# Building\n\n## Entering the building for the first time?\n\nAsk the office for a card.\n",
        "b.md": "# Card\n\n## 4. Who pays for the card?\n\nThe office.\n",
        "c.md": "# Cards\n\n## 2.1 Who pays for the card?\n\nThe town.\n",
    }
    with served(tmp_path, files) as client:
        assert texts(page_at(client, "/"), ".examples a") == ["Who pays for the card?"]
