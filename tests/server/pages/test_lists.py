"""The pages of what is held and of what could not be read."""

import re
from pathlib import Path

from flask.testing import FlaskClient

from tests.server.pages.site import IMAGE, Tree, link, only_node, page_at, rows_of, served, texts


def test_what_could_not_be_read_is_listed_on_a_page_that_the_start_page_leads_to(tmp_path: Path) -> None:
    files = {"card.txt": "The office issues the card.\n", f"{IMAGE}.txt": " ", **{f"none-{n:03}.md": "\n" for n in range(100)}}
    with served(tmp_path, files) as client:
        anchor = only_node(page_at(client, "/"), ".welcome a.missing")
        assert anchor.text() == "101 could not be read."
        assert link(only_node(page_at(client, "/documents"), "h1 + p a")) == link(anchor)
        page = page_at(client, link(anchor))
        assert texts(page, "h1") == ["What could not be read"]
        assert texts(page, "tbody tr:first-child td")[:2] == [f"{IMAGE}.txt", "empty"]
        assert len(page.css("tbody tr")) == 100
        assert page.css_first("main img") is None
        last = page_at(client, link(only_node(page, "a[rel=next]")))
        assert [name for name, *_ in rows_of(last)] == ["none-099.md"]
        assert len(rows_of(page_at(client, link(only_node(last, "a[rel=prev]"))))) == 100
        assert texts(page_at(client, "/left-out", page=3), "main p") == ["Nothing is left out on this page."]


def test_what_is_held_is_listed_by_folder_with_its_dates(tmp_path: Path) -> None:
    files: Tree = {
        "top.md": "---\nupdated: 2024-03-03\n---\n# Top card\n\nIt is red.\n",
        "z": {
            "old.md": "---\nstatus: archived\n---\n# Old card\n\nIt is blue.\n",
            "x": {"new.md": "# New card\n\nIt is green.\n"},
        },
        "more": {f"{n:03}.md": f"# Card {n}\n\nIt is {n}.\n" for n in range(99)},
    }
    with served(tmp_path, files) as client:
        page = page_at(client, link(page_at(client, "/").css(".welcome p a")[0]))
        assert texts(page, "h2") == ["more"]
        assert re.fullmatch(r"102 documents, last changed on \d{1,2} [A-Z][a-z]+ \d{4}\.", texts(page, "h1 + p")[0])
        assert len(page.css(".held a")) == 100
        assert texts(page, ".held:has(~ h2) li") == ["Top card updated 3 March 2024"]
        last = page_at(client, link(only_node(page, "a[rel=next]")))
        assert texts(last, "h2") == ["z", "z/x"]
        assert texts(last, ".held a") == ["Old card", "New card"]
        assert texts(last, ".warning") == ["This may no longer hold: it is marked as archived."]
        assert texts(page_at(client, link(last.css(".held a")[0])), "h1") == ["Old card"]
        assert texts(page_at(client, "/documents", page=3), "main p")[1:] == ["There are no more."]


def test_where_all_could_be_read_nothing_is_said_of_it(client: FlaskClient) -> None:
    assert page_at(client, "/").css_first(".welcome a.missing") is None
    assert texts(page_at(client, "/left-out"), "main p") == ["Nothing is left out."]
