"""What all pages have in common."""

import pytest
from flask.testing import FlaskClient
from selectolax.lexbor import LexborHTMLParser

from tests.server.pages.site import document_id, link, only_node, page_at, texts


@pytest.mark.parametrize(
    ("path", "title"), [("/", "您想知道什么？"), ("/?q=card", "问题的答案：card"), ("/left-out", "未能读取的文件")]
)
def test_the_pages_speak_chinese_to_who_prefers_it(client: FlaskClient, path: str, title: str) -> None:
    response = client.get(path, headers={"Accept-Language": "zh-CN,zh;q=0.9,en;q=0.8"})
    page = LexborHTMLParser(response.text)
    assert only_node(page, "html").attributes["lang"] == "zh"
    assert texts(page, "h1") == [title]
    assert "Accept-Language" in response.headers["Vary"]


@pytest.mark.parametrize("path", ["/", "/?q=card", "/documents/{}", "/left-out"])
def test_every_page_has_a_search_box_that_needs_no_script(client: FlaskClient, path: str) -> None:
    page = page_at(client, path.format(document_id(client, "handbook.md")))
    form = only_node(page, "form[role=search]")
    assert (form.attributes["method"], form.attributes["action"]) == ("get", "/")
    box = only_node(page, "form textarea")
    assert (box.attributes["name"], box.attributes["maxlength"]) == ("q", "2000")
    assert only_node(page, "form label.unseen").attributes["for"] == box.attributes["id"]
    assert only_node(page, "form > button").attributes["type"] == "submit"
    script = only_node(page, "script")
    assert (script.attributes["src"], script.text()) == ("/static/page.js", "")


@pytest.mark.parametrize(
    "path", ["/", "/?q=card", "/left-out", "/static/style.css", "/api/v1/search?q=card", "/nothing", "/livez", "/api/v1/search"]
)
def test_every_response_tells_the_browser_to_run_nothing_of_another_origin(client: FlaskClient, path: str) -> None:
    response = client.get(path)
    policy = dict(part.split(maxsplit=1) for part in response.headers["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert {"script-src-elem", "object-src"}.isdisjoint(policy)
    assert set(policy.values()) <= {"'none'", "'self'"}
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Referrer-Policy"] == "same-origin"
    response.close()


@pytest.mark.parametrize("path", ["/", "/?q=card", "/nothing"])
def test_a_page_has_what_it_links_to(client: FlaskClient, path: str) -> None:
    page = LexborHTMLParser(client.get(path, headers={"Accept": "text/html"}).text)
    for node in page.css("link"):
        with client.get(link(node)) as response:
            assert response.status_code == 200
