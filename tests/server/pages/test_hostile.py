"""What a document or an address cannot do to the pages."""

import re
from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient
from selectolax.lexbor import LexborHTMLParser

from tests.server.pages.site import (
    IMAGE,
    SCRIPT,
    Tree,
    document_id,
    only_node,
    opened,
    page_at,
    served,
)

LINK = "javascript:alert(1)"
HOSTILE_MARKDOWN = f"""---
title: '{SCRIPT} title'
'{IMAGE}': '{SCRIPT} value'
author: ['{IMAGE}', "'onmouseover=alert(1)", '{LINK}']
format: '{SCRIPT}'
language: '{IMAGE}'
---
## Is &lt;script&gt;alert(1)&lt;/script&gt; a card?

&lt;script&gt;alert(2)&lt;/script&gt; card {IMAGE} card [press]({LINK}) <a href="{LINK}">here</a> <b onclick="alert(1)">card</b>

<script>alert("card")</script><iframe src="{LINK}"></iframe><svg onload="alert(1)">card</svg>

| &lt;img src=x onerror=alert(1)&gt; card | &lt;/td&gt;&lt;/table&gt; |
| --- | --- |
| &lt;script&gt; | `{{{{ 7 * 7 }}}} {{% raw %}}` |

- &lt;/ul&gt;{IMAGE}
"""
HOSTILE_TEXT = f"""{SCRIPT} card

Does {IMAGE} cost a card?

</p></main></mark>{SCRIPT} card {IMAGE} "quoted" 'card' {LINK} &amp; &lt; <!-- card -->
"""
HOSTILE_CSV = f'question,answer,"{SCRIPT}"\n"Which {SCRIPT} card?","{IMAGE.replace(chr(34), chr(34) * 2)} card","{LINK}"\n'
HOSTILE_FILES: Tree = {
    f"{IMAGE}.txt": HOSTILE_TEXT,
    "' onfocus='alert(1).txt": "card\n",
    "a<": {"script>alert(3)<": {"script>.txt": "card here\n"}},
    "javascript:alert(1)": HOSTILE_TEXT,
    "page.md": HOSTILE_MARKDOWN,
    "rows.csv": HOSTILE_CSV,
}
TAGS = set(
    "html head meta title link body a header div form label input textarea button main section article aside footer "
    "h1 h2 h3 h4 h5 h6 p span ol ul li nav mark table thead tbody tr th td time pre dl dt dd details summary script "
    "-text".split()
)
ATTRIBUTES = set(
    "lang dir charset name content rel href type class for id value maxlength rows autocomplete "
    "enterkeyhint placeholder required autofocus role "
    "action method start open checked title aria-label aria-labelledby aria-hidden datetime src defer scope tabindex "
    "hidden data-alive data-asking data-copy data-copied data-suggest data-suggested".split()
)


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlaskClient]:
    with served(tmp_path_factory.mktemp("hostile"), HOSTILE_FILES) as client:
        yield client


def test_why_shows_words_of_a_document_as_they_are_written(hostile: FlaskClient) -> None:
    page = page_at(hostile, "/", q=f"card {IMAGE} {SCRIPT}", why=1)
    shown = {node.text() for node in page.css("details li")}
    assert any("<script>alert(1)</script>" in text or "onerror=alert(1)>" in text for text in shown)


def hostile_pages(client: FlaskClient) -> Iterator[str]:
    """Every page over hostile documents and from hostile addresses, as HTML."""
    yield client.get("/").text
    for question in ("card", SCRIPT, f'{IMAGE} card "quoted"', "{{ 7 * 7 }}"):
        yield client.get("/", query_string={"q": question}).text
        yield client.get("/", query_string={"q": question, "why": 1}).text
        for document in client.get("/api/v1/documents?limit=100").get_json()["documents"]:
            yield client.get(f"/documents/{document['id']}", query_string={"q": question, "passage": 0}).text
    for path in (f"/documents/{IMAGE}", f"/documents/a?passage={IMAGE}", f"/{SCRIPT}", f"/?q=card&page={SCRIPT}"):
        yield client.get(path, headers={"Accept": "text/html"}).text


def test_nothing_of_a_document_or_an_address_becomes_html(hostile: FlaskClient) -> None:
    for html in hostile_pages(hostile):
        for node in LexborHTMLParser(html).css("*"):
            assert node.tag in TAGS, node.html
            assert set(node.attributes) <= ATTRIBUTES, node.html
            if node.tag == "script":
                assert (node.attributes["src"], node.text()) == ("/static/page.js", "")


def test_every_link_of_a_hostile_page_stays_here(hostile: FlaskClient) -> None:
    for html in hostile_pages(hostile):
        for node in LexborHTMLParser(html).css("[href], [src], [action]"):
            for name in ("href", "src", "action"):
                target = node.attributes.get(name)
                assert target is None or re.match(r"/(?!/)|#(?:content|(?:at|match)-\d+)$", target), node.html


def test_hostile_words_are_shown_as_they_were_written(hostile: FlaskClient) -> None:
    page = opened(hostile, f"{IMAGE}.txt", "quoted")
    assert f"Does {IMAGE} cost a card?" in only_node(page, "article").text()
    assert f'</p></main></mark>{SCRIPT} card {IMAGE} "quoted"' in only_node(page, "article").text()
    assert f"{IMAGE}.txt" in only_node(page, "dl").text()
    page = page_at(hostile, f"/documents/{document_id(hostile, 'page.md')}")
    assert only_node(page, "h1").text() == f"{SCRIPT} title"
    assert f"{SCRIPT} value" in only_node(page, "dl").text()
    assert "{{ 7 * 7 }} {% raw %}" in only_node(page, "article").text()
    assert document_id(hostile, "a</script>alert(3)</script>.txt")


def test_hostile_words_are_json_and_nothing_else_to_programs(hostile: FlaskClient) -> None:
    response = hostile.get("/api/v1/search?q=card")
    assert response.mimetype == "application/json"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
