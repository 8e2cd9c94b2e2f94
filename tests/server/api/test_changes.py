"""Changing documents over HTTP: jobs, what they say, and who may not."""

import io
import json
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from askdex.indexer.evaluation.must_hold import Broken, Expected, MustHold, MustHoldCheck
from askdex.indexer.ingest.update import Check, update
from askdex.indexer.models.encoder import Encoder
from askdex.server import jobs
from askdex.server.app import create_app
from askdex.server.jobs import Jobs
from askdex.server.service import open_followed
from askdex.server.settings import LARGEST_REQUEST
from tests.manual import ROOT
from tests.server.processes import started
from tests.stubs import PATIENCE_S, StubEncoder, wait_for, write_files

DOCUMENTS = "/api/v1/documents"
SERVER = """
from pathlib import Path
from askdex.server import wsgi
from askdex.server.app import create_app
from askdex.server.jobs import Jobs
from askdex.server.service import Service, open_followed
from tests.stubs import StubEncoder

if __name__ == "__main__":
    searcher = open_followed(Path("index"), lambda _: StubEncoder())
    listener = wsgi.take_address("127.0.0.1", 0)
    with Jobs(Path("index"), lambda _: StubEncoder(), lambda: Service(searcher).state().generation) as jobs:
        wsgi.run(create_app(searcher, jobs=jobs), listener, lambda: print(wsgi.url(listener), flush=True))
"""
"""Readers of files are new processes, which import this as the main program."""
TEXT = {"uri": "cards/card.md", "title": 'A card: "green"', "text": "## Colour\n\nThe card is green.\n"}

Json = dict[str, Any]


class Gate:
    """Loads an encoder once it is open."""

    def __init__(self) -> None:
        self.opened = threading.Event()
        self.opened.set()

    def __call__(self, _name: str) -> Encoder:
        assert self.opened.wait(PATIENCE_S)
        return StubEncoder()


@pytest.fixture
def gate() -> Gate:
    return Gate()


@pytest.fixture
def client(tmp_path: Path, gate: Gate) -> Iterator[FlaskClient]:
    """A client of an app over one page, which may change documents."""
    with client_of(tmp_path, gate) as made:
        yield made


@contextmanager
def client_of(folder: Path, gate: Gate, check: Check | None = None) -> Iterator[FlaskClient]:
    write_files(folder / "pages", {"page.md": "# Page\n\nIt is white.\n"})
    update(folder / "index", [folder / "pages"], load_encoder=lambda _: StubEncoder())
    with closing(open_followed(folder / "index", lambda _: StubEncoder())) as searcher:
        app = create_app(searcher)
        with Jobs(folder / "index", gate, lambda: app.test_client().get("/readyz").get_json()["generation"], check) as made:
            yield create_app(searcher, jobs=made).test_client()


def accepted(response: TestResponse) -> str:
    """The address of the job that was begun."""
    body = response.get_json()
    assert (response.status_code, response.headers["Location"]) == (202, body["url"]), response.text
    return response.headers["Location"]


def done(client: FlaskClient, response: TestResponse) -> Json:
    """A job when it has ended."""
    address = accepted(response)
    wait_for(lambda: client.get(address).get_json()["status"] not in ("waiting", "running"))
    job: Json = client.get(address).get_json()
    return job


def put_file(client: FlaskClient, uri: str, content: bytes) -> TestResponse:
    return client.put(DOCUMENTS, data={"uri": uri, "file": (io.BytesIO(content), "any name")})


def listed(client: FlaskClient) -> Json:
    body: Json = client.get(DOCUMENTS).get_json()
    return body


def titles(client: FlaskClient) -> dict[str, str]:
    return {document["uri"]: document["title"] for document in listed(client)["documents"]}


def test_a_document_is_added_replaced_and_taken_out_and_seen_with_the_generation_of_its_job(client: FlaskClient) -> None:
    added = done(client, client.put(DOCUMENTS, json=TEXT))
    assert {**added, "id": ""} == {
        "id": "", "uri": "cards/card.md", "action": "put", "status": "done", "share": 1.0, "generation": 2, "changed": True,
        "left_out": [], "detail": None,
    }  # fmt: skip
    assert listed(client)["generation"] == 2
    assert titles(client) == {"cards/card.md": TEXT["title"], "page.md": "Page"}
    again = done(client, client.put(DOCUMENTS, json=TEXT))
    assert (again["status"], again["changed"], again["generation"]) == ("done", False, 2)
    replaced = done(client, put_file(client, "cards/card.md", b"# Blue\n\nThe card is blue.\n" + b"\n" * 100_000))
    assert (replaced["changed"], replaced["generation"], titles(client)["cards/card.md"]) == (True, 3, "Blue")
    gone = done(client, client.delete(DOCUMENTS, query_string={"uri": "cards/card.md"}))
    assert (gone["action"], gone["generation"], titles(client)) == ("remove", 4, {"page.md": "Page"})


def test_a_file_that_cannot_be_read_fails_with_the_reason_and_changes_nothing(client: FlaskClient) -> None:
    done(client, client.put(DOCUMENTS, json=TEXT))
    for uri, content in (("cards/card.md", b" "), ("cards/card.md/deeper.md", b"# Deep\n\nIt is deep.\n"), ("card.pdf", b"?")):
        failed = done(client, put_file(client, uri, content))
        assert (failed["status"], failed["generation"]) == ("failed", None)
        assert failed["detail"].startswith(f"{uri}: ")
        assert "/index/" not in failed["detail"]
    assert titles(client) == {"cards/card.md": TEXT["title"], "page.md": "Page"}


def test_a_part_of_a_file_that_cannot_be_read_is_told(client: FlaskClient) -> None:
    job = done(client, put_file(client, "faq.jsonl", b'{"title": "A", "text": "The card is green."}\n{"title": \n'))
    assert (job["status"], len(job["left_out"])) == ("done", 1)


def test_jobs_wait_for_one_another_and_too_many_are_turned_away(
    client: FlaskClient, gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "MOST_WAITING", 3)
    gate.opened.clear()
    asked = [client.put(DOCUMENTS, json={**TEXT, "uri": f"{number}.md", "text": f"Card {number}."}) for number in range(3)]
    assert client.get(accepted(asked[2])).get_json()["status"] == "waiting"
    refused = client.put(DOCUMENTS, json=TEXT)
    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "10")
    gate.opened.set()
    assert [done(client, each)["generation"] for each in asked] == [2, 3, 4]
    assert done(client, client.put(DOCUMENTS, json=TEXT))["generation"] == 5


@pytest.mark.slow
def test_what_was_accepted_is_done_after_a_kill(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(map(str, (ROOT, ROOT / ".src"))))
    monkeypatch.chdir(tmp_path)
    write_files(tmp_path / "pages", {"page.md": "# Page\n\nIt is white.\n"})
    update(tmp_path / "index", [tmp_path / "pages"], load_encoder=lambda _: StubEncoder())
    program = tmp_path / "server.py"
    program.write_text(SERVER, encoding="utf-8")
    with started(sys.executable, program) as server:
        for number in range(3):
            put_over_http(server.address, f"{number}.md")
        server.process.kill()
    with started(sys.executable, program) as server:
        address = server.address
        wait_for(lambda: listed_over_http(address) == ["0.md", "1.md", "2.md", "page.md"])


def put_over_http(address: str, uri: str) -> None:
    body = json.dumps({**TEXT, "uri": uri, "text": f"The card {uri} is green."}).encode()
    request = Request(f"{address}api/v1/documents", body, {"Content-Type": "application/json"}, method="PUT")
    with urlopen(request, timeout=PATIENCE_S) as response:
        assert response.status == 202


def listed_over_http(address: str) -> list[str]:
    with urlopen(f"{address}api/v1/documents", timeout=PATIENCE_S) as response:
        return [document["uri"] for document in json.load(response)["documents"]]


@pytest.mark.parametrize(
    "uri", ["", "/etc/card.md", "../card.md", "a/../card.md", ".hidden.md", "a//card.md", "a\\b.md", "a\nb.md", "a#b.md", "a/"]
)
def test_a_name_that_leads_elsewhere_is_refused(client: FlaskClient, uri: str) -> None:
    assert put_file(client, uri, b"# Card").status_code == 422
    assert client.put(DOCUMENTS, json={**TEXT, "uri": uri}).status_code == 422
    assert client.delete(DOCUMENTS, query_string={"uri": uri}).status_code == 422


def test_what_is_no_document_is_refused(client: FlaskClient) -> None:
    refused = {
        client.put(DOCUMENTS, data="# Card", content_type="text/markdown").status_code: 415,
        client.put(DOCUMENTS, data={"uri": "card.md"}, content_type="multipart/form-data").status_code: 422,
        client.put(DOCUMENTS, json={**TEXT, "text": "a" * LARGEST_REQUEST}).status_code: 413,
        client.delete(DOCUMENTS, query_string={"uri": "page.md"}).status_code: 404,
        client.get("/api/v1/jobs/none").status_code: 404,
    }
    assert refused == {status: status for status in refused.values()}


@pytest.mark.parametrize("origin", ["https://elsewhere.example", "null", "http://localhost:1"])
def test_a_page_of_another_site_may_not_change_documents(client: FlaskClient, origin: str) -> None:
    response = client.put(DOCUMENTS, json=TEXT, headers={"Origin": origin})
    assert (response.status_code, response.mimetype) == (403, "application/problem+json")
    assert client.delete(f"{DOCUMENTS}?uri=card.md", headers={"Origin": origin}).status_code == 403
    assert client.put(DOCUMENTS, json=TEXT, headers={"Origin": "http://localhost"}).status_code == 202


def test_documents_that_may_not_be_changed_are_not_and_the_description_says_so(client: FlaskClient, tmp_path: Path) -> None:
    with closing(open_followed(tmp_path / "index", lambda _: StubEncoder())) as searcher:
        fixed = create_app(searcher, allowed_origins=["https://intranet.example"]).test_client()
        assert fixed.put(DOCUMENTS, json=TEXT).status_code == 405
        assert set(fixed.get("/api/v1/openapi.json").get_json()["paths"][DOCUMENTS]) == {"get"}
        asked = {"Origin": "https://intranet.example", "Access-Control-Request-Method": "PUT"}
        assert "PUT" not in fixed.options(DOCUMENTS, headers=asked).headers.get("Access-Control-Allow-Methods", "")
    described = client.get("/api/v1/openapi.json").get_json()["paths"]
    assert set(described[DOCUMENTS]) == {"get", "put", "delete"}
    assert set(described[DOCUMENTS]["put"]["requestBody"]["content"]) == {"application/json", "multipart/form-data"}
    assert "202" in described[DOCUMENTS]["put"]["responses"]
    assert client.get("/api", headers={"Accept": "text/html"}).status_code == 200


def test_a_change_that_breaks_a_must_hold_question_is_not_made(tmp_path: Path, gate: Gate) -> None:
    told: list[Broken] = []
    questions = [MustHold("What colour is the card?", [Expected("cards/card.md", "green")])]
    check = MustHoldCheck(tmp_path / "index", questions, gate, told.append)
    with client_of(tmp_path, gate) as client:
        assert done(client, client.put(DOCUMENTS, json=TEXT))["status"] == "done"
    with client_of(tmp_path, gate, check) as client:
        changed = done(client, client.put(DOCUMENTS, json={**TEXT, "text": "## Colour\n\nThe card is red.\n"}))
        removed = done(client, client.delete(f"{DOCUMENTS}?uri={TEXT['uri']}"))
        harmless = done(client, client.put(DOCUMENTS, json={"uri": "fee.md", "title": "Fee", "text": "It costs 5 euros."}))
        assert (changed["status"], removed["status"], harmless["status"]) == ("failed", "failed", "done")
        assert "must-hold" in changed["detail"]
        assert titles(client).keys() == {"page.md", "cards/card.md", "fee.md"}
    assert [broken.must.question for broken in told] == ["What colour is the card?"] * 2
    assert "green" in (tmp_path / "index" / "uploaded" / "cards" / "card.md").read_text(encoding="utf-8")
