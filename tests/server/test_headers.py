"""The headers of responses: what is kept, who may read it, how a request is named, and compression."""

import gzip
import logging
import re
import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import brotli
import pytest
from click.testing import CliRunner
from flask.testing import FlaskClient

from askdex.indexer.ingest.update import update
from askdex.indexer.search.searcher import Searcher, open_searcher
from askdex.server.app import create_app
from askdex.server.cli.serve import serve
from tests.stubs import StubEncoder, write_files

ORIGIN = "https://intranet.example"
QUESTION = "/api/v1/search?q=Who+issues+the+card%3F"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_files(tmp_path / "documents", {f"{n}.md": f"# Card {n}\n\nThe office {n} issues the card.\n" for n in range(9)})
    update(tmp_path / "index", [tmp_path / "documents"], load_encoder=lambda _: StubEncoder())
    return tmp_path


@pytest.fixture
def searcher(folder: Path) -> Iterator[Searcher]:
    with closing(open_searcher(folder / "index", lambda _: StubEncoder())) as searcher:
        yield searcher


@pytest.fixture
def client(searcher: Searcher) -> FlaskClient:
    return create_app(searcher, allowed_origins=[ORIGIN]).test_client()


def test_an_answer_is_not_made_again_for_who_has_it(folder: Path, client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    first = client.get(QUESTION)
    tag = first.headers["ETag"]
    assert tag.startswith('W/"')
    assert first.headers["Cache-Control"] == "private, no-cache"
    with monkeypatch.context() as patch:
        patch.setattr(Searcher, "answers", lambda *_: pytest.fail("it searches"))
        again = client.get(QUESTION, headers={"If-None-Match": f'"other", {tag}'})
    assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", tag)
    assert client.get(f"{QUESTION}&limit=2", headers={"If-None-Match": tag}).status_code == 200
    shutil.rmtree(folder / "documents")
    write_files(folder / "documents", {"new.md": "# A new card\n\nNobody issues the card.\n"})
    update(folder / "index", [folder / "documents"], load_encoder=lambda _: StubEncoder())
    changed = client.get(QUESTION, headers={"If-None-Match": tag})
    assert (changed.status_code, changed.get_json()["generation"]) == (200, 2)
    assert changed.headers["ETag"] != tag


def test_a_document_a_passage_and_lists_have_tags_and_what_changes_meanwhile_has_none(client: FlaskClient) -> None:
    document = client.get("/api/v1/documents").get_json()["documents"][0]["id"]
    given = (f"documents/{document}", f"passages/{document}-0", "documents", "facets", "suggest?q=card")
    for path in (f"/api/v1/{each}" for each in given):
        tag = client.get(path).headers["ETag"]
        assert client.get(path, headers={"If-None-Match": tag}).status_code == 304
    for path in ("/livez", "/readyz", "/api/v1/left-out"):
        assert "ETag" not in client.get(path).headers
    assert "ETag" not in client.post("/api/v1/search", json={"question": "Who?"}).headers


def test_what_is_said_of_documents_is_kept_for_nobody_else(client: FlaskClient) -> None:
    document = client.get("/api/v1/documents").get_json()["documents"][0]["id"]
    pages = ("/", "/?q=card", "/documents", f"/documents/{document}", "/left-out", "/api/v1/openapi.json", "/documents/none")
    assert {client.get(path).headers["Cache-Control"] for path in pages} == {"private"}
    with closing(client.get(f"/documents/{document}/original")) as original:
        assert (original.status_code, original.headers["Cache-Control"]) == (200, "private, no-cache")
    with closing(client.get("/static/style.css")) as style:
        assert "private" not in style.headers["Cache-Control"]


def test_the_timings_are_a_header_too(client: FlaskClient) -> None:
    response = client.get(QUESTION)
    told = dict(re.findall(r"(\w+);dur=([\d.]+)", response.headers["Server-Timing"]))
    assert {name: float(spent) for name, spent in told.items()} == response.get_json()["timings_ms"]


@pytest.mark.parametrize("sent", ["abc-123", "4bf92f3577b34da6a3ce929d0e0e4736", "a" * 128])
def test_a_request_keeps_its_name(client: FlaskClient, sent: str) -> None:
    assert client.get("/livez", headers={"X-Request-Id": sent}).headers["X-Request-Id"] == sent


@pytest.mark.parametrize("sent", ["", "a b", "a" * 129, "<b>", "é", '"'])
def test_a_request_without_a_name_that_can_be_printed_gets_one(client: FlaskClient, sent: str) -> None:
    names = [client.get("/", headers={"X-Request-Id": sent}).headers["X-Request-Id"] for _ in range(2)]
    assert all(re.fullmatch("[0-9a-f]{32}", name) for name in names)
    assert names[0] != names[1]


def test_the_log_names_the_request_that_failed(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(Searcher, "answers", lambda *_: 1 / 0)
    with caplog.at_level(logging.ERROR):
        response = client.get(QUESTION, headers={"X-Request-Id": "mine"})
    assert (response.status_code, response.headers["X-Request-Id"]) == (500, "mine")
    assert "request mine" in caplog.text


def test_what_a_client_can_decompress_is_compressed(client: FlaskClient) -> None:
    plain = client.get("/api/v1/documents")
    assert "Content-Encoding" not in plain.headers
    for name, decompress in (("gzip", gzip.decompress), ("br", brotli.decompress)):
        response = client.get("/api/v1/documents", headers={"Accept-Encoding": name})
        assert response.headers["Content-Encoding"] == name
        assert decompress(response.data) == plain.data
        assert len(response.data) < len(plain.data) / 2
        assert "Accept-Encoding" in response.headers["Vary"]
    with closing(client.get("/static/style.css", headers={"Accept-Encoding": "gzip, br"})) as style:
        assert style.headers["Content-Encoding"] == "br"


def test_pages_of_an_allowed_origin_may_ask_and_read(client: FlaskClient) -> None:
    wanted = {"Origin": ORIGIN, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}
    preflight = client.options("/api/v1/search", headers=wanted)
    assert preflight.status_code == 200
    assert preflight.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert "POST" in preflight.headers["Access-Control-Allow-Methods"]
    assert "content-type" in preflight.headers["Access-Control-Allow-Headers"].lower()
    for status, response in (
        (200, client.post("/api/v1/search", json={"question": "Who?"}, headers={"Origin": ORIGIN})),
        (422, client.post("/api/v1/search", json={}, headers={"Origin": ORIGIN})),
        (404, client.get("/api/v1/none", headers={"Origin": ORIGIN})),
    ):
        assert (response.status_code, response.headers["Access-Control-Allow-Origin"]) == (status, ORIGIN)
        assert "X-Request-Id" in response.headers["Access-Control-Expose-Headers"]


@pytest.mark.parametrize("origin", ["https://other.example", "null", f"{ORIGIN}.other.example", "http://intranet.example"])
def test_pages_of_other_origins_may_not(client: FlaskClient, origin: str) -> None:
    assert "Access-Control-Allow-Origin" not in client.get(QUESTION, headers={"Origin": origin}).headers


def test_no_origin_is_allowed_unless_named_and_none_reads_the_pages(searcher: Searcher, client: FlaskClient) -> None:
    unnamed = create_app(searcher).test_client()
    assert "Access-Control-Allow-Origin" not in unnamed.get(QUESTION, headers={"Origin": ORIGIN}).headers
    assert "Access-Control-Allow-Origin" not in client.get("/", headers={"Origin": ORIGIN}).headers


@pytest.mark.parametrize(
    "origin", ["*", "https://*.example", "intranet.example", "https://a.example/", "https://a.example/b", "null"]
)
def test_what_is_no_origin_is_refused_before_anything_is_done(origin: str) -> None:
    result = CliRunner().invoke(serve, ["--allow-origin", origin])
    assert result.exit_code == 2
    assert "is no origin" in result.output
