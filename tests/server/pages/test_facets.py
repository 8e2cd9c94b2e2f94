"""Narrowing the results down: facets, the filter in the address, taking it back."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from flask.testing import FlaskClient
from selectolax.lexbor import LexborHTMLParser

from askdex.indexer.ingest.update import update
from tests.server.pages.site import SCRIPT, Tree, link, only_node, page_at, served, texts
from tests.stubs import StubEncoder


def card(number: int, audience: str, updated: str) -> str:
    front = f"audience: {audience}\nupdated: {updated}\nnumber: {number}"
    return f"---\n{front}\n---\n# Card {number}\n\nThe office issues card {number}.\n"


FILES: Tree = {
    "HR": {
        "leave": {f"{n}.md": card(n, "Staff", "2023-05-01") for n in range(3)},
        "3.md": card(3, SCRIPT, "2024-02"),
        "4.html": "<html lang=de><title>Karte</title><p>Das Amt gibt die Karte aus, office card.</p></html>",
    },
    "it": {"5.md": card(5, "Staff", "2024"), "6.md": card(6, "Staff", "2024-12-31")},
    "7.md": card(7, SCRIPT, "2024-12-31"),
}


@pytest.fixture(scope="module")
def shelves(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlaskClient]:
    with served(tmp_path_factory.mktemp("facets"), FILES) as client:
        yield client


def shown(page: LexborHTMLParser) -> dict[str, list[str]]:
    """The values of each facet with their numbers."""
    groups = (group for group in only_node(page, ".facets").iter() if group.tag in ("h3", "ul"))
    texts_of = [[" ".join(node.text().split()) for node in (group.css("li") or [group])] for group in groups]
    return {name: values for (name,), values in zip(texts_of[::2], texts_of[1::2], strict=True)}


def choice(page: LexborHTMLParser, label: str) -> str:
    return next(link(node) for node in page.css(".facets a") if node.text() == label)


def test_facets_have_the_numbers_of_documents_of_the_whole_index(shelves: FlaskClient) -> None:
    assert shown(page_at(shelves, "/", q="office card")) == {
        "Folder": ["HR 5", "it 2"],
        "Kind of file": ["Markdown 7", "HTML 1"],
        "Language": ["English 7", "Deutsch 1"],
        "Year": [f"{date.today().year} 1", "2024 4", "2023 3"],
        "Audience": ["Staff 5", f"{SCRIPT} 2"],
    }


def test_a_value_narrows_the_results_and_goes_along(shelves: FlaskClient) -> None:
    page = page_at(shelves, choice(page_at(shelves, "/", q="office card", mode="fast"), "HR"))
    assert {uri.partition("/")[0] for uri in texts(page, ".uri")} == {"HR"}
    assert len(texts(page, ".uri")) == 5
    assert [node.attributes["value"] for node in page.css("form [name=in]")] == ["folder:HR"]
    document = page_at(shelves, link(page.css(".results h2 a")[0]))
    back = parse_qs(urlsplit(link(only_node(document, ".back a"))).query)
    assert back == {"q": ["office card"], "mode": ["fast"], "in": ["folder:HR"]}
    assert shown(page)["Folder"] == ["leave 3"]
    within = page_at(shelves, choice(page, "leave"))
    assert sorted(texts(within, ".uri")) == ["HR/leave/0.md", "HR/leave/1.md", "HR/leave/2.md"]
    assert "Folder" not in shown(within)


def test_values_of_several_keys_are_taken_back_one_by_one(shelves: FlaskClient) -> None:
    page = page_at(shelves, choice(page_at(shelves, choice(page_at(shelves, "/", q="office card"), "Staff")), "2024"))
    assert sorted(texts(page, ".uri")) == ["it/5.md", "it/6.md"]
    assert texts(page, ".chip") == ["Audience: Staff ✕", "Year: 2024 ✕"]
    less = page_at(shelves, link(page.css(".chip")[0]))
    assert texts(less, ".chip") == ["Year: 2024 ✕"]
    assert len(texts(less, ".uri")) == 4
    instead = page_at(shelves, choice(page, "2023"))
    assert texts(instead, ".chip") == ["Audience: Staff ✕", "Year: 2023 ✕"]


def test_where_the_filter_leaves_no_answer_all_documents_can_be_asked(shelves: FlaskClient) -> None:
    page = page_at(shelves, "/", **{"q": "zebra crossing rules", "in": "folder:it"})
    way = next(link(node) for node in page.css(".unanswered a") if node.text() == "Ask all documents")
    assert parse_qs(urlsplit(way).query) == {"q": ["zebra crossing rules"]}


@pytest.mark.parametrize("chosen", ["folder", ":a", "folder:", "nothing:a", "updated:soon"])
def test_a_filter_that_is_none_is_told_and_not_carried_on(shelves: FlaskClient, chosen: str) -> None:
    response = shelves.get("/", query_string={"q": "card", "in": chosen}, headers={"Accept": "text/html"})
    assert response.status_code == 422
    page = LexborHTMLParser(response.text)
    assert texts(page, "h1") == ["This address is not understood"]
    assert not page.css("[name=in]")


def test_facets_are_those_of_the_newest_documents_and_none_where_all_are_alike(tmp_path: Path) -> None:
    with served(tmp_path, {"a.md": "# Card\n\nA card.\n", "b.md": "# Cards\n\nThe cards.\n"}) as client:
        assert not page_at(client, "/", q="card").css(".facets, .chosen")
        (tmp_path / "documents" / "c.txt").write_text("The card\n\nThe office issues the card.\n", encoding="utf-8")
        update(tmp_path / "index", [tmp_path / "documents"], load_encoder=lambda _: StubEncoder())
        assert shown(page_at(client, "/", q="card"))["Kind of file"] == ["Markdown 2", "text 1"]


def test_programs_get_the_facets_too(shelves: FlaskClient) -> None:
    body = shelves.get("/api/v1/facets").get_json()
    assert body["generation"] == 1
    assert [facet["key"] for facet in body["facets"]] == ["folder", "format", "language", "updated", "audience"]
    folders = [{"value": "HR", "documents": 5}, {"value": "HR/leave", "documents": 3}, {"value": "it", "documents": 2}]
    assert body["facets"][0]["values"] == folders
