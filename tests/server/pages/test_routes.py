"""The search page and the documents: what people see, and what a document cannot do to them."""

import re
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from flask.testing import FlaskClient
from selectolax.lexbor import LexborHTMLParser, LexborNode

from askdex.indexer.ingest.remove import remove
from askdex.indexer.ingest.update import update
from askdex.indexer.search.searcher import open_searcher
from askdex.server.app import create_app
from askdex.server.settings import Site
from tests.corpus.readers.archives import zipped
from tests.corpus.readers.presentations import line, pptx, shape, slide
from tests.stubs import StubEncoder, WordyEncoder

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
    "html head meta title link body a header div form label input textarea button main section article footer "
    "h1 h2 h3 h4 h5 h6 p span ol ul li nav mark table thead tbody tr th td time pre dl dt dd details summary script "
    "-text".split()
)
ATTRIBUTES = set(
    "lang charset name content rel href type class for id value maxlength rows autocomplete "
    "enterkeyhint placeholder required autofocus role "
    "action method start open checked title aria-label aria-hidden datetime src defer scope tabindex "
    "data-copy data-copied data-suggest data-suggested".split()
)


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


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlaskClient]:
    more = {f"more-{n:02}.md": f"# More {n}\n\nA card of kind {n}.\n" for n in range(30)}
    files = {"handbook.md": HANDBOOK, "notes.txt": NOTES, **more}
    with served(tmp_path_factory.mktemp("pages"), files) as client:
        yield client


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlaskClient]:
    with served(tmp_path_factory.mktemp("hostile"), HOSTILE_FILES) as client:
        yield client


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


@pytest.mark.parametrize(
    ("path", "title"), [("/", "您想知道什么？"), ("/?q=card", "问题的答案：card"), ("/left-out", "未能读取的文件")]
)
def test_the_pages_speak_chinese_to_who_prefers_it(client: FlaskClient, path: str, title: str) -> None:
    response = client.get(path, headers={"Accept-Language": "zh-CN,zh;q=0.9,en;q=0.8"})
    page = LexborHTMLParser(response.text)
    assert only_node(page, "html").attributes["lang"] == "zh"
    assert texts(page, "h1") == [title]
    assert "Accept-Language" in response.headers["Vary"]


def test_a_blank_question_is_the_start_page(client: FlaskClient) -> None:
    assert page_at(client, "/", q=" \t").css_first(".welcome") is not None


@pytest.mark.parametrize("path", ["/", "/?q=card", "/documents/{}", "/left-out"])
def test_every_page_has_a_search_box_that_needs_no_script(client: FlaskClient, path: str) -> None:
    page = page_at(client, path.format(document_id(client, "handbook.md")))
    form = only_node(page, "form[role=search]")
    assert (form.attributes["method"], form.attributes["action"]) == ("get", "/")
    box = only_node(page, "form textarea")
    assert (box.attributes["name"], box.attributes["maxlength"]) == ("q", "2000")
    assert only_node(page, "form label.unseen").attributes["for"] == box.attributes["id"]
    assert only_node(page, "form button").attributes["type"] == "submit"
    script = only_node(page, "script")
    assert (script.attributes["src"], script.text()) == ("/static/page.js", "")


@pytest.mark.parametrize("mode", ["fast", "precise"])
def test_the_choice_of_a_mode_goes_along_from_page_to_page(client: FlaskClient, mode: str) -> None:
    page = page_at(client, "/", q="card", mode=mode)
    assert only_node(page, "form [name=mode]").attributes["value"] == mode
    after = parse_qs(urlsplit(link(only_node(page, ".pager a"))).query)
    assert after == {"q": ["card"], "mode": [mode], "page": ["2"], "generation": ["1"]}
    document = page_at(client, link(page.css(".results h2 a")[0]))
    assert parse_qs(urlsplit(link(only_node(document, ".back a"))).query) == {"q": ["card"], "mode": [mode]}
    assert not page_at(client, "/", q="card").css("form [name=mode]")


def test_the_best_passages_are_read_closely_unasked_and_that_can_be_left_out(client: FlaskClient) -> None:
    page = page_at(client, "/", q="card")
    assert texts(page, ".further + p.quiet, .pager + p.quiet") == [
        "The best passages were read closely. Answer without that, which is faster"
    ]
    after = parse_qs(urlsplit(link(only_node(page, ".pager a"))).query)
    assert after == {"q": ["card"], "page": ["2"], "generation": ["1"], "ranked": ["precise"]}
    fast = page_at(client, link(only_node(page, ".pager + p a")))
    assert texts(fast, ".pager + p.quiet") == ["Read the best passages closely"]
    assert link(only_node(fast, ".pager + p a")) == "/?q=card&mode=precise"


def test_where_somebody_waits_for_close_reading_the_page_does_without(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("askdex.server.batching.Batcher.is_free_for_slow", False)
    assert texts(page_at(client, "/", q="card"), ".pager + p.quiet") == ["Read the best passages closely"]
    page = page_at(client, "/", q="card", page=2, ranked="precise")
    assert texts(page, ".pager + p.quiet") == ["The best passages were read closely. Answer without that, which is faster"]


def test_where_there_is_no_reranker_nothing_is_said_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("askdex.indexer.models.reranker.is_reranker_installed", lambda *_: False)
    with served(tmp_path, {"card.txt": "The card\n\nThe office issues the card.\n"}) as client:
        page = page_at(client, "/", q="card")
        assert not page.css("form [name=mode], .pager + p")


def test_the_address_of_an_answer_holds_the_question(client: FlaskClient) -> None:
    question = 'Who issues "the card" & why? 社保 ü+%'
    page = page_at(client, "/", q=question)
    assert only_node(page, "form textarea").text() == question
    assert only_node(page, "title").text() == f"{question} – Askdex"
    assert texts(page, "h1") == [f"Answers to: {question}"]
    back = only_node(page_at(client, link(page.css(".results h2 a")[0])), ".back a")
    assert parse_qs(urlsplit(link(back)).query) == {"q": [question]}


def test_a_result_shows_where_it_comes_from(client: FlaskClient) -> None:
    page = page_at(client, "/", q="Who issues the card?")
    best = page.css(".results > li")[0]
    assert [node.text() for node in best.css("h2")] == ["Handbook of cards"]
    assert [node.text() for node in best.css(".way")] == ["Who issues the card?"]
    assert re.fullmatch(
        r"undated, file saved \d{1,2} [A-Z][a-z]+ \d{4} · handbook\.md", " ".join(best.css(".source")[0].text().split())
    )


@pytest.mark.parametrize(
    ("metadata", "date", "warning"),
    [
        ("updated: 2024-03-03", "updated 3 March 2024", []),
        ("updated: 2024-03", "updated March 2024", []),
        ("updated: 2024", "updated 2024", []),
        (
            "updated: 2019-12-31\nreplaced_by: Card <rules>",
            "updated 31 December 2019",
            ["This was superseded by Card <rules>."],
        ),
        (
            "updated: 2019-12-31\nstatus: archived",
            "updated 31 December 2019",
            ["This may no longer hold: it is marked as archived."],
        ),
        (
            "updated: 2019-12-31\nvalid_until: 2020-06-01",
            "updated 31 December 2019",
            ["This may no longer hold: it was valid until 1 June 2020."],
        ),
        (
            "updated: 2019-12-31\nvalid_from: 2999-06",
            "updated 31 December 2019",
            ["This does not hold yet: it is valid from June 2999."],
        ),
    ],
    ids=["day", "month", "year", "superseded", "status", "expired", "not yet"],
)
def test_answer_and_document_say_how_old_they_are_and_whether_they_hold(
    tmp_path: Path, metadata: str, date: str, warning: list[str]
) -> None:
    with served(tmp_path, {"card.md": f"---\n{metadata}\n---\n# Card\n\nThe office issues the card.\n"}) as client:
        results = page_at(client, "/", q="Who issues the card?")
        document = page_at(client, link(only_node(results, ".best h2 a")))
        for page in (results, document):
            assert texts(page, ".source")[0] == f"{date} · card.md"
            assert texts(page, ".warning") == warning


def test_the_answer_is_marked_in_its_passage_in_a_card_of_its_own_and_is_there_once(client: FlaskClient) -> None:
    page = page_at(client, "/", q="Who issues the card?")
    answer = "The office of your town issues the card."
    first, *others = page.css(".results > li")
    assert "".join(node.text() for node in first.css(".best mark.answer")) == answer
    assert len(page.css(".best")) == 1
    assert only_node(page, "main").text().count(answer) == 1
    assert others
    assert not any(result.css("mark.answer") for result in others)
    document = page_at(client, link(page.css(".best h2 a")[0]))
    assert "".join(node.text() for node in document.css("mark.answer")) == answer


@pytest.mark.parametrize(("answer", "marked"), [("4-10", "office"), ("4-999999999", "office issues the card."), ("9-4", "")])
def test_the_answer_that_an_address_names_is_marked_within_its_passage(tmp_path: Path, answer: str, marked: str) -> None:
    with served(tmp_path, {"card.txt": "The office issues the card.\n"}) as client:
        page = page_at(client, f"/documents/{document_id(client, 'card.txt')}", passage=0, answer=answer)
        assert "".join(node.text() for node in page.css("mark.answer")) == marked


def test_tables_and_lists_of_a_passage_stay_what_they_are(tmp_path: Path) -> None:
    table = "# Prices\n\n| Card | Price |\n|--|--|\n| first | free |\n| second | 10 |\n"
    with served(tmp_path, {"prices.md": table, "notes.txt": NOTES}) as client:
        page = page_at(client, "/", q="second card 10 price")
        rows = page.css(".results table tr")
        assert [[cell.text() for cell in row.css("th, td")] for row in rows] == [
            ["Card", "Price"],
            ["first", "free"],
            ["second", "10"],
        ]
        assert [cell.attributes["scope"] for cell in page.css("th")] == ["col", "col"]
        assert "".join(node.text() for node in page.css(".best mark.answer")) == "second10"
        items = page.css(".results li.own-mark")
        assert [node.text() for node in items] == ["1. The first fee is low.", "2. The second fee is high."]


def test_a_passage_that_begins_within_a_table_has_the_names_of_its_columns(tmp_path: Path) -> None:
    rows = "\n".join(f"| card {n} | the office of town {n} in the north of the land |" for n in range(40))
    with served(tmp_path, {"cards.md": f"# Cards\n\n## By town\n\n| Card | Who issues it |\n|--|--|\n{rows}\n"}) as client:
        page = page_at(client, "/", q="card 35")
        best = page.css(".results > li")[0]
        assert [node.text() for node in best.css("th")] == ["Card", "Who issues it"]
        assert "card 0" not in [cell.text() for cell in best.css("td")]
        assert [node.text() for node in best.css(".way")] == ["By town"]


def test_the_telling_words_of_the_question_are_marked_in_the_passages(tmp_path: Path) -> None:
    files: Tree = {f"{n}.md": f"# Card {n}\n\nThe card of town {n}.\n" for n in range(20)}
    issued: Tree = {name: f"# {name}\n\nA card is issued by {name}.\n" for name in ("north", "south")}
    with served(tmp_path, {**files, **issued}) as client:
        page = page_at(client, "/", q="Who is issuing cards?")
        assert set(texts(page, ".results mark.word")) == {"issued"}
        assert {node.text().lower() for node in page_at(client, "/", q="card").css("mark.word")} == {"card"}


def test_marks_leave_the_text_of_a_passage_as_it_is(client: FlaskClient) -> None:
    question = "Who issues the card?"
    results = client.get("/api/v1/search", query_string={"q": question, "group_by": "document"}).get_json()["results"]
    shown = [letters(node.text()) for node in page_at(client, "/", q=question).css(".results .passage")]
    assert shown == [letters(result["text"]) for result in results]


def test_the_others_of_a_document_stand_behind_its_best_passage(client: FlaskClient) -> None:
    page = page_at(client, "/", q="Who issues the card?")
    body = client.get("/api/v1/search", query_string={"q": "Who issues the card?", "group_by": "document"}).get_json()
    behind = [len(result["more"]) for result in body["results"]]
    assert behind[0] == 2
    assert [len(result.css(".more a")) for result in page.css(".results > li")] == behind
    assert texts(page, "p:has(+ .more)") == ["See also"] * sum(number > 0 for number in behind)
    first = body["results"][0]["more"][0]
    way = link(page.css(".results .more a")[0])
    assert parse_qs(urlsplit(way).query)["passage"] == [first["passage_id"].rpartition("-")[2]]


def test_a_result_leads_to_its_passage(client: FlaskClient) -> None:
    page = page_at(client, "/", q="Who issues the card?")
    for result in page.css(".results > li")[:4]:
        way = link(result.css("h2 a")[0])
        assert urlsplit(way).fragment == "passage"
        document = page_at(client, way)
        assert only_node(document, "#passage")
        marked, passage = (
            "".join(node.text() for node in nodes) for nodes in (document.css("mark.passage"), result.css(".passage"))
        )
        assert letters(marked) == letters(passage)


def test_a_result_says_why_it_is_there_when_asked(client: FlaskClient) -> None:
    page = page_at(client, "/", q="card", page=2)
    assert not page.css("details")
    way = link(page.css("a[aria-label='Why? Result 12']")[0])
    assert urlsplit(way).fragment == only_node(page, "#result-12").attributes["id"]
    page = page_at(client, way)
    assert len(page.css(".results details")) == 10
    assert page.css("details[open]")[0] == only_node(page, "#result-12 details")
    shown = " ".join(only_node(page, "#result-12 details").text().split())
    assert re.search(r"It scores 0\.\d{3}: by meaning 0\.\d{3}.*by its words 0\.\d{3}.*card \d\.\d{3}", shown)


def test_why_shows_words_of_a_document_as_they_are_written(hostile: FlaskClient) -> None:
    page = page_at(hostile, "/", q=f"card {IMAGE} {SCRIPT}", why=1)
    shown = {node.text() for node in page.css("details li")}
    assert any("<script>alert(1)</script>" in text or "onerror=alert(1)>" in text for text in shown)


def test_results_tell_the_slide_and_the_file_within_a_file(tmp_path: Path) -> None:
    slides = (slide(shape(line(f"Card {n}"), place="title"), shape(line(f"The card of kind {n} is free."))) for n in (1, 2))
    with served(tmp_path, {"drive.zip": zipped({"talks/cards.pptx": pptx(*slides)})}) as client:
        found = texts(page_at(client, "/", q="card of kind 2"), ".source")
    assert {source.rpartition(" · ")[2] for source in found} <= {f"drive.zip/talks/cards.pptx, slide {n}" for n in (1, 2)}
    assert found


def test_results_can_be_paged_through_and_back(client: FlaskClient) -> None:
    total = client.get("/api/v1/search?q=card&group_by=document").get_json()["total"]
    page = page_at(client, "/", q="card")
    seen = texts(page, ".results h2")
    firsts = [page.css(".results")[0].attributes["start"]]
    assert not page.css("a[rel=prev]")
    while forth := page.css("a[rel=next]"):
        page = page_at(client, link(forth[0]))
        seen += texts(page, ".results h2")
        firsts.append(page.css(".results")[0].attributes["start"])
    assert len(seen) == total > 30
    assert firsts == [str(first) for first in range(1, total + 1, 10)]
    back = parse_qs(urlsplit(link(only_node(page, "a[rel=prev]"))).query)
    assert (back["q"], back["page"]) == (["card"], [str(len(firsts) - 1)])


def test_pages_are_of_one_state_for_as_long_as_it_is_held(tmp_path: Path) -> None:
    def card(number: int) -> str:
        return f"# Card {number}\n\nA card of kind {number}.\n"

    def add(number: int) -> None:
        (tmp_path / "documents" / f"{number}.md").write_text(card(number), encoding="utf-8")
        update(tmp_path / "index", [tmp_path / "documents"], load_encoder=lambda _: StubEncoder())

    with served(tmp_path, {f"{n}.md": card(n) for n in range(15)}) as client:
        first = page_at(client, "/", q="card of kind")
        add(15)
        second = page_at(client, link(only_node(first, "[rel=next]")))
        assert len(set(texts(first, ".uri") + texts(second, ".uri"))) == 15
        assert not second.css("main [role=status]")
        why = page_at(client, link(second.css(".tools a")[0]))
        assert texts(why, ".uri") == texts(second, ".uri")
        add(16)
        # As in a bookmark, of a state that is gone.
        second = page_at(client, link(only_node(first, "[rel=next]")))
        assert len(texts(second, ".uri")) == 7
        assert texts(second, "main [role=status] a") == ["back to the first"]
        assert link(only_node(second, "[rel=prev]")).endswith("&generation=3&ranked=precise")


def test_only_the_first_page_shows_the_answer(client: FlaskClient) -> None:
    question = "Who issues the card?"
    assert page_at(client, "/", q=question).css(".best")
    assert not page_at(client, "/", q=question, page=2).css(".best")


def test_where_no_passage_answers_the_page_says_so_and_marks_none(client: FlaskClient) -> None:
    page = page_at(client, "/", q="zebra crossing rules")
    assert texts(page, ".unanswered h2") == ["No passage seems to answer this"]
    assert not page.css(".best")
    assert not page.css("mark.answer")


def test_where_no_passage_answers_the_nearest_are_folded_away_and_not_counted(client: FlaskClient) -> None:
    question = "zebra crossing rules"
    page = page_at(client, "/", q=question)
    assert not page.css(":not(.further) > .results")
    assert len(page.css(".further .results > li")) == 10
    assert only_node(page, ".further a[rel=next]")
    assert "open" not in only_node(page, ".further").attributes
    assert not re.search(r"\d+ results", only_node(page, "main").text())
    assert "open" in only_node(page_at(client, "/", q=question, why=4), ".further").attributes
    assert not page_at(client, "/", q=question, page=2).css(".further")
    assert not page_at(client, "/", q="Who issues the card?").css(".further")


def test_where_no_passage_answers_the_page_says_whom_to_ask(tmp_path: Path) -> None:
    files = {
        "a.md": f"---\nContact: 'Card desk <cards@office.example>'\n---\n# Card\n\nA card {SCRIPT}.\n",
        "b.md": "---\nowner: [Finance, 'https://desk.example/']\n---\n# Cards\n\nCards are red.\n",
        "c.md": "---\nowner: Finance\n---\n# The cards\n\nCards are blue.\n",
    }
    with served(tmp_path, files, site=Site(contact="Help desk <help@office.example>")) as client:
        page = page_at(client, "/", q="zebra crossing rules")
        assert [node.text().partition(" named in")[0].strip() for node in page.css(".contacts li")][-1] == (
            "Help desk <help@office.example>"
        )
        assert {" ".join(node.text().split()) for node in page.css(".contacts li")} >= {
            "Card desk <cards@office.example> named in “Card”",
            "https://desk.example/ named in “Cards”",
        }
        assert sum("Finance" in node.text() for node in page.css(".contacts li")) == 1
        assert {link(node) for node in page.css(".contacts a")} == {
            "mailto:cards@office.example",
            "https://desk.example/",
            "mailto:help@office.example",
        }
        assert not page_at(client, "/", q="Which cards are red?").css(".contacts")


def test_a_page_past_the_results_says_so(client: FlaskClient) -> None:
    page = page_at(client, "/", q="card", page=100)
    assert texts(page, "h2") == ["There are no more results"]


def test_a_correction_is_shown_and_can_be_undone(tmp_path: Path) -> None:
    files: Tree = {f"card-{n:02}.md": f"# Passport {n}\n\nThe passport of kind {n}.\n" for n in range(20)}
    with served(tmp_path, files, WordyEncoder("kind")) as client:
        page = page_at(client, "/", q="pasport kind & <7>")
        corrected_link, as_written_link = only_node(page, ".corrected").css("a")
        assert only_node(page, ".corrected").text().split() == (
            "Showing results for passport kind & <7>. Search instead for pasport kind & <7>.".split()
        )
        assert link(corrected_link) == "/?q=passport+kind+%26+%3C7%3E"
        assert link(as_written_link) == "/?q=pasport+kind+%26+%3C7%3E&correct=false"
        assert link(only_node(page, "[rel=next]")) == "/?q=pasport+kind+%26+%3C7%3E&page=2&generation=1&ranked=precise"
        as_written = page_at(client, link(as_written_link))
        assert as_written.css_first(".corrected") is None
        assert link(only_node(as_written, "[rel=next]")).endswith("&page=2&correct=false&generation=1&ranked=precise")
        document = page_at(client, link(as_written.css(".results h2 a")[0]))
        assert link(only_node(document, ".back a")) == link(as_written_link)
        assert page_at(client, link(corrected_link)).css_first(".corrected") is None


def test_a_document_is_shown_with_its_structure(client: FlaskClient) -> None:
    page = page_at(client, f"/documents/{document_id(client, 'handbook.md')}")
    assert texts(page, "h1") == ["Handbook of cards"]
    assert texts(page, "article h2") == ["Who issues the card?"]
    assert texts(page, "article h3") == ["What it costs"]
    assert texts(page, "article ul li") == ["A photograph is needed.", "A form is needed."]
    assert [texts(LexborHTMLParser(f"<table>{row.html}</table>"), "th, td") for row in page.css("article tr")] == [
        ["Card", "Price"],
        ["first", "free"],
        ["second", "10"],
    ]
    assert only_node(page, "article pre").text() == "card --new\n  card --lost"


def test_a_document_shows_what_is_known_of_it(client: FlaskClient) -> None:
    page = page_at(client, f"/documents/{document_id(client, 'handbook.md')}")
    about = dict(zip(texts(page, "dl dt"), texts(page, "dl dd"), strict=True))
    assert about["File"] == "handbook.md"
    assert about["topic"] == "cards, money"
    assert about["year"] == "2019"


def test_numbers_and_nesting_of_a_list_are_shown_without_bullets_beside_the_numbers(tmp_path: Path) -> None:
    steps = "1. Open the card.\n   - the name\n   - the day\n\n   Both are needed.\n2. Close it.\n\nBring:\n\n- A card.\n"
    with served(tmp_path, {"steps.md": steps}) as client:
        page = page_at(client, f"/documents/{document_id(client, 'steps.md')}")
        assert [(node.attributes["class"], node.text()) for node in page.css("article li")] == [
            ("depth-0 own-mark", "1. Open the card."),
            ("depth-1", "the name"),
            ("depth-1", "the day"),
            ("depth-0 own-mark", "Both are needed."),
            ("depth-0 own-mark", "2. Close it."),
            ("depth-0", "A card."),
        ]


def test_links_of_documents_lead_on_where_that_is_safe(tmp_path: Path) -> None:
    source = (
        "# Card\n\nAsk for the [red *card* form](https://forms.example/card?a=1&b=2), <help@card.example> or "
        "[the card rules](rules.md) [x](ftp://card.example).\n\n"
        "| [Card](HTTP://a.example) | [Fee](tel:12) |\n|--|--|\n| 1 | 2 |\n"
    )
    with served(tmp_path, {"card.md": source}) as client:
        document = page_at(client, f"/documents/{document_id(client, 'card.md')}", passage="0", q="card")
        results = page_at(client, "/", q="card")
        addresses = ["https://forms.example/card?a=1&b=2", "mailto:help@card.example", "HTTP://a.example", "tel:12"]
        for links in (document.css("article p a, article th a"), results.css(".passage a")):
            assert list(map(link, links)) == addresses
            assert [node.text() for node in links] == ["red card form", "help@card.example", "Card", "Fee"]
            assert {node.attributes["rel"] for node in links} == {"nofollow noopener noreferrer"}
        assert texts(document, "article a mark.word") == ["card", "card", "Card"]


def test_a_list_of_plain_text_keeps_its_own_numbers(client: FlaskClient) -> None:
    page = page_at(client, f"/documents/{document_id(client, 'notes.txt')}")
    assert texts(page, "li.own-mark") == ["1. The first fee is low.", "2. The second fee is high."]


def test_a_document_opened_without_a_passage_has_no_marks(client: FlaskClient) -> None:
    page = page_at(client, f"/documents/{document_id(client, 'handbook.md')}", q="card")
    assert not page.css("mark")
    assert not page.css("#passage")


@pytest.mark.parametrize(
    ("text", "opening"),
    [("Bring your passport.", "The office of your town"), ("second | 10", "Card"), ("Cards are issued", "Cards are issued")],
    ids=["paragraph", "table", "first paragraph"],
)
def test_the_passage_is_marked_and_anchored_where_it_begins(client: FlaskClient, text: str, opening: str) -> None:
    page = opened(client, "handbook.md", text)
    assert " ".join(only_node(page, "#passage").text().split()).startswith(opening)
    assert page.css("mark.passage")[0].text().startswith(opening)


def test_words_are_marked_within_the_opened_passage_only(client: FlaskClient) -> None:
    page = opened(client, "handbook.md", "Bring your passport.", question="Is a passport or a photograph needed?")
    assert [node.text() for node in page.css("mark.word")] == ["passport", "photograph", "needed", "needed"]
    assert all("passage" in (node.attributes["class"] or "") for node in page.css("mark.word"))


def test_a_document_without_a_title_of_its_own_gets_one(tmp_path: Path) -> None:
    with served(tmp_path, {"lost-card.txt": "card lost, what now.\n"}) as client:
        page = page_at(client, f"/documents/{document_id(client, 'lost-card.txt')}")
        assert texts(page, "h1") == ["Lost card"]


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
                assert target is None or re.match(r"/(?!/)|#content$|#at-\d+$", target), node.html


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


def test_what_could_not_be_read_is_listed_on_a_page_that_the_start_page_leads_to(tmp_path: Path) -> None:
    files = {"card.txt": "The office issues the card.\n", f"{IMAGE}.txt": " ", **{f"none-{n:03}.md": "\n" for n in range(100)}}
    with served(tmp_path, files) as client:
        anchor = only_node(page_at(client, "/"), ".welcome a.missing")
        assert anchor.text() == "101 could not be read."
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
        assert len(page.css(".held a")) == 100
        assert texts(page, ".held li")[-1] == "Top card updated 3 March 2024"
        last = page_at(client, link(only_node(page, "a[rel=next]")))
        assert texts(last, "h2") == ["z", "z/x"]
        assert texts(last, ".held a") == ["Old card", "New card"]
        assert texts(last, ".warning") == ["This may no longer hold: it is marked as archived."]
        assert texts(page_at(client, link(last.css(".held a")[0])), "h1") == ["Old card"]
        assert texts(page_at(client, "/documents", page=3), "main p") == ["There are no more."]


def test_a_document_has_an_outline_that_leads_to_its_headings(tmp_path: Path) -> None:
    sections = "# Cards\n\n## First *card*\n\nRed.\n\n### Price\n\nFree.\n\n## Second card\n\nBlue.\n"
    with served(tmp_path, {"cards.md": sections, "short.md": "# Short\n\n## Only\n\nOne card.\n"}) as client:
        page = page_at(client, f"/documents/{document_id(client, 'cards.md')}")
        entries = page.css(".contents li")
        assert [(entry.attributes["class"], entry.text()) for entry in entries] == [
            ("depth-0", "First card"),
            ("depth-1", "Price"),
            ("depth-0", "Second card"),
        ]
        for entry in entries:
            assert only_node(page, f"article {link(entry.css('a')[0])}").text() == entry.text()
        assert not page_at(client, f"/documents/{document_id(client, 'short.md')}").css(".contents")


def test_where_all_could_be_read_nothing_is_said_of_it(client: FlaskClient) -> None:
    assert page_at(client, "/").css_first(".welcome a.missing") is None
    assert texts(page_at(client, "/left-out"), "main p") == ["Nothing is left out."]


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
