"""Nobody who may not read a document learns anything of it: each stands in for all, by its marks that stand nowhere else."""

import json
import os
import random
import re
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, unquote_plus

import pytest
from flask import Flask
from flask.testing import FlaskClient
from selectolax.lexbor import LexborHTMLParser

from askdex.indexer.ingest.update import update
from askdex.indexer.postgres.address import DatabaseAddress
from askdex.indexer.search.searcher import Searcher, open_searcher
from askdex.indexer.types import BestBet, Curation
from askdex.server.access import Guard
from askdex.server.app import create_app
from askdex.server.keys import Keys, Scope, add_key
from askdex.server.rules import Rules
from tests.indexer.postgres.server import address_of, reason_to_skip
from tests.server.pages.site import texts
from tests.stubs import WordyEncoder, write_files

FOLDERS = ("open", "staff", "board")
PER_FOLDER = 6
PAIRS = 10_000 if os.environ.get("TESTS_IN_FULL") else 2_000
"""Pairs of a request and its response, of all readers together."""

RULES = Rules.model_validate(
    {
        "header": "X-Forwarded-Groups",
        "keys": {"staff": ["staff"], "board": ["board"], "both": ["staff", "board"], "union": ["union"]},
        "groups": {
            "everyone": {"folders": ["open/*"]},
            "staff": {"folders": ["staff/*"]},
            "board": {"folders": ["board/*"]},
            "union": {"metadata": {"circle": ["Union"]}},
        },
    }
)
READERS = ("nobody", "staff", "board", "both", "union")
ENCODER = WordyEncoder("card", "office", "green")
MCP = {"Accept": "application/json, text/event-stream"}


def word(number: int) -> str:
    """A word of letters that is in no language, far from those of other numbers."""
    letters = random.Random(number)
    return "".join(letters.choice(part) for part in ["bdfgklmnprstvz", "aeiou"] * 5)


class Hidden:
    """A document with marks of its own: in its name, title, text, headings, metadata, whom to ask, and a file left out."""

    def __init__(self, folder: str, number: int) -> None:
        place = FOLDERS.index(folder) * PER_FOLDER + number
        self.folder, self.in_union = folder, number == 0
        self.name, self.title, self.text, self.key, self.value, self.asked, self.broken, self.contact = (
            word(100 * place + part) for part in range(8)
        )
        self.marks = (self.name, self.title, self.text, self.key, self.value, self.asked, self.broken, self.contact)
        circle = "circle: Union\n" if self.in_union else ""
        head = f"---\n{self.key}: {self.value}\nkind: {self.value}\ncontact: {self.contact}\n{circle}---\n"
        self.files = {
            f"{folder}/{self.name}.md": f"{head}# {self.title} card\n\n"
            f"The card is green. The office of {self.text} issues the card.\n\n## Who issues the {self.asked} card?\n\n"
            f"The {self.asked} office issues it within a day, and {self.text} pays.\n",
            f"{folder}/{self.broken}.pdf": "this is none",
        }

    def is_read_by(self, reader: str) -> bool:
        return self.folder == "open" or reader in ("both", self.folder) or (reader == "union" and self.in_union)


DOCUMENTS = [Hidden(folder, number) for folder in FOLDERS for number in range(PER_FOLDER)]
CURATION = Curation(
    tuple(
        BestBet(("Who issues the card?", f"{each.asked} {each.title}"), f"{each.folder}/{each.name}.md")
        for each in reversed(DOCUMENTS)
    ),
    tuple(("card", "office", each.title, f"{each.text} {each.value}") for each in DOCUMENTS),
)


def hidden_marks(reader: str) -> list[str]:
    """All that must not be told to a reader; who reads a document by its metadata alone is not told of its broken neighbour."""
    marks: list[str] = []
    for document in DOCUMENTS:
        if not document.is_read_by(reader):
            marks += document.marks
        elif reader == "union" and document.folder != "open":
            marks.append(document.broken)
    return marks


@pytest.fixture(
    scope="module",
    params=[False, pytest.param(True, marks=pytest.mark.skipif(bool(reason_to_skip()), reason=reason_to_skip()))],
    ids=["in its folder", "published"],
)
def searcher(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Searcher]:
    folder = tmp_path_factory.mktemp("made")
    write_files(folder / "pages", {name: text for document in DOCUMENTS for name, text in document.files.items()})
    update(folder / "index", [folder / "pages"], load_encoder=lambda _: ENCODER, curation=CURATION)
    place: Path | DatabaseAddress = folder / "index"
    if request.param:
        # Here alone: it needs an extra.
        from askdex.indexer.postgres.publish import publish

        place = address_of(folder)
        publish(folder / "index", place)
    with closing(open_searcher(place, lambda _: ENCODER)) as searcher:
        yield searcher


@pytest.fixture(scope="module")
def app(searcher: Searcher, tmp_path_factory: pytest.TempPathFactory) -> Flask:
    keys = Keys(tmp_path_factory.mktemp("keys") / "keys")
    TOKENS.update({reader: add_key(keys._file, reader, [Scope.READ]) for reader in READERS})
    return create_app(searcher, guard=Guard(keys, is_public=False, needs_keys=True, rules=RULES))


TOKENS: dict[str, str] = {}


def asked(client: FlaskClient, reader: str, path: str, **more: Any) -> tuple[int, str]:  # noqa: ANN401  # as Flask has it
    """The status of a response, and all of it as text: headers and body, escaped or not."""
    headers = {"Authorization": f"Bearer {TOKENS[reader]}", **more.pop("headers", {})}
    with client.open(path, headers=headers, **more) as response:
        text = f"{response.headers}\n{response.get_data(as_text=True)}"
        return response.status_code, f"{text}\n{unquote_plus(text)}".casefold()


def misspelt(mark: str, chance: random.Random) -> str:
    """A word with a letter less, or with two in each other's place."""
    place = chance.randrange(1, len(mark) - 2)
    if chance.random() < 0.5:
        return mark[:place] + mark[place + 1 :]
    return mark[:place] + mark[place + 1] + mark[place] + mark[place + 2 :]


def requests(ids: Sequence[str], chance: random.Random) -> Iterator[tuple[str, dict[str, Any]]]:
    """Requests on all routes, about hidden documents as about others."""
    while True:
        document, mark = chance.choice(DOCUMENTS), ""
        mark = chance.choice(document.marks)
        of_words = [
            mark,
            misspelt(mark, chance),
            mark[: chance.randrange(1, 9)],
            mark.upper(),
            f"{mark[:5]}*",
            "card",
            "office",
        ]
        words = chance.choice(of_words)
        question = quote(chance.choice([words, f"Who issues the {words} card?", f'"{words}" green', f"card -{words}", "who"]))
        unanswered = quote(f"What does a {words} cost in the moonlight of Rome?")
        one, passage = chance.choice(ids), chance.randrange(3)
        key = chance.choice([document.key, "kind", "folder", "format", "none"])
        filter_, narrowed = quote(json.dumps({key: document.value})), quote(f"{key}:{document.value}")
        mode = chance.choice(["fast", "keyword", "semantic"])
        call = chance.choice(
            [
                {"name": "ask", "arguments": {"question": unquote(question)}},
                {"name": "passages", "arguments": {"question": unquote(question)}},
                {"name": "document", "arguments": {"id": one}},
                {"name": "documents", "arguments": {"limit": 100}},
            ]
        )
        message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": call}
        search = {"question": unquote(question), "mode": mode, "explain": chance.random() < 0.2}
        shown = chance.choice(
            [f"in={narrowed}", "in=folder:board", "page=2", "correct=false", "mode=fast", f"why={passage + 1}"]
        )
        static = ["/", "/documents", "/left-out", "/api/v1/facets", "/readyz", "/opensearch.xml", f"/guide/?q={question}"]
        yield from [
            (f"/?q={question}", {}),
            (f"/?q={question}&{shown}", {}),
            (f"/?q={unanswered}", {}),
            (f"/api/v1/search?q={question}&mode={mode}", {}),
            (f"/api/v1/search?q=card&filter={filter_}", {}),
            (f"/api/v1/suggest?q={question}", {}),
            ("/api/v1/search", {"method": "POST", "json": search}),
            ("/api/v1/search/batch", {"method": "POST", "json": {"searches": [search, {"question": "card"}]}}),
            (f"/api/v1/documents?limit=100&offset={chance.randrange(3)}", {}),
            (f"/api/v1/documents/{one}", {}),
            (f"/api/v1/passages/{one}-{passage}", {}),
            (f"/documents/{one}?q={question}&passage={passage}", {}),
            (f"/documents/{one}/original", {}),
            (f"/api/v1/left-out?limit={chance.randrange(1, 90)}", {}),
            (chance.choice([*static, f"/{words}"]), {}),
            ("/mcp", {"method": "POST", "json": message, "headers": MCP}),
        ]


@pytest.mark.slow
@pytest.mark.parametrize("reader", READERS)
def test_nothing_of_a_hidden_document_is_in_any_response(app: Flask, searcher: Searcher, reader: str) -> None:
    client, chance = app.test_client(), random.Random(reader)
    with searcher.reader.opened() as opened:
        ids = [document.id for document in opened.documents(1_000, 0)]
    marks, seen = hidden_marks(reader), requests(ids, chance)
    told = named = 0
    for _ in range(PAIRS // len(READERS)):
        path, more = next(seen)
        status, text = asked(client, reader, path, **more)
        sent = f"{path}\n{unquote_plus(path)}\n{more.get('json')}".casefold()
        assert [mark for mark in marks if mark in text and mark not in sent] == [], (path, more)
        assert status < 500, (path, more, text)
        told += any(mark in text for document in DOCUMENTS if document.is_read_by(reader) for mark in document.marks)
        named += path.startswith("/?q=") and any(document.contact in text for document in DOCUMENTS)
    assert told > PAIRS // len(READERS) // 4
    assert named


@pytest.mark.parametrize("reader", READERS)
def test_what_is_counted_and_listed_is_what_may_be_read(app: Flask, reader: str) -> None:
    client = app.test_client()
    headers = {"Authorization": f"Bearer {TOKENS[reader]}"}
    readable = [document for document in DOCUMENTS if document.is_read_by(reader)]
    listed = client.get("/api/v1/documents?limit=100", headers=headers).get_json()
    assert {document["uri"] for document in listed["documents"]} == {f"{each.folder}/{each.name}.md" for each in readable}
    assert listed["total"] == len(readable)
    found = client.get("/api/v1/search?q=card&limit=100&mode=keyword", headers=headers).get_json()
    assert found["total"] == 2 * len(readable)
    for document in DOCUMENTS:
        results = client.get(f"/api/v1/search?q={document.text}&mode=keyword", headers=headers).get_json()
        alike = client.get(f"/api/v1/search?q={document.text[:4]}{document.text[5:]}&mode=keyword", headers=headers).get_json()
        is_readable = document.is_read_by(reader)
        assert (results["total"] > 0, alike["corrected"] == document.text) == (is_readable, is_readable)
        asks = f"/api/v1/suggest?q=who issues the {document.asked[:4]}"
        assert bool(client.get(asks, headers=headers).get_json()["suggestions"]) == is_readable


@pytest.mark.parametrize("reader", READERS)
def test_what_is_counted_and_listed_is_as_if_nothing_else_were_held(app: Flask, tmp_path: Path, reader: str) -> None:
    files = {name: text for document in DOCUMENTS for name, text in document.files.items() if document.is_read_by(reader)}
    if reader == "union":
        # What could not be read has no metadata to be read by.
        files = {name: text for name, text in files.items() if name.startswith("open/") or name.endswith(".md")}
    write_files(tmp_path / "pages", files)
    update(tmp_path / "index", [tmp_path / "pages"], load_encoder=lambda _: ENCODER, curation=CURATION)
    with closing(open_searcher(tmp_path / "index", lambda _: ENCODER)) as alone:
        clients = app.test_client(), create_app(alone).test_client()
        lists = ["/api/v1/documents?limit=100", "/api/v1/left-out?limit=100", "/api/v1/facets", "/documents", "/left-out"]
        typed = [f"/api/v1/suggest?q={words}" for words in ("who", "card", *(each.asked[:4] for each in DOCUMENTS))]
        for path in (*lists, *typed):
            whole, own = (asked_of(client, reader, path) for client in clients)
            assert whole == own, path
        for words in ("card", "green", "office", *(mark for each in DOCUMENTS[::5] for mark in each.marks)):
            path = f"/api/v1/search?q={words}&mode=keyword&limit=100"
            whole, own = (json.loads(asked_of(client, reader, path)) for client in clients)
            assert (whole["total"], whole["next_offset"]) == (own["total"], own["next_offset"]), path
        counts = [texts(LexborHTMLParser(asked_of(client, reader, "/")), ".welcome p.quiet") for client in clients]
        assert counts[0] == counts[1] != []


def asked_of(client: FlaskClient, reader: str, path: str) -> str:
    """The body of a response without what differs from one folder to another: ids, generations and moments."""
    text = client.get(path, headers={"Authorization": f"Bearer {TOKENS[reader]}"}).get_data(as_text=True)
    fields = re.sub(r'"(id|generation|updated|since)": ?("[^"]*"|\d+)', r'"\1":0', text)
    return re.sub(r'/documents/\w+|datetime="[^"]+"', "", fields)


def test_a_word_that_is_written_so_in_hidden_documents_alone_corrects_nothing(tmp_path: Path) -> None:
    # Both have one stem; that alone is no reason to tell the word of the hidden one.
    files = {"open/a.md": "# Card\n\nThey relocate here.\n", "hr/b.md": "# Plan\n\nThe relocations begin.\n"}
    write_files(tmp_path / "pages", files)
    update(tmp_path / "index", [tmp_path / "pages"], load_encoder=lambda _: ENCODER)
    rules = Rules.model_validate({"groups": {"everyone": {"folders": ["open/*"]}}})
    with closing(open_searcher(tmp_path / "index", lambda _: ENCODER)) as searcher:
        guards = [Guard(Keys(tmp_path / "keys"), is_public=True, needs_keys=False, rules=each) for each in (rules, None)]
        corrected = [
            create_app(searcher, guard=guard)
            .test_client()
            .get("/api/v1/search?q=relocatons&mode=keyword")
            .get_json()["corrected"]
            for guard in guards
        ]
    assert corrected == [None, "relocations"]
