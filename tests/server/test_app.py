"""The application in other people's hands: mounted under a path of a site, and run by gunicorn."""

import signal
import sys
import time
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from flask import Flask
from selectolax.lexbor import LexborHTMLParser
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.test import Client

from askdex.indexer.errors import MissingIndexError
from askdex.indexer.ingest.update import update
from askdex.indexer.search.searcher import Searcher
from askdex.server.app import create_app, create_app_from
from tests.manual import GUIDE
from tests.server.test_wsgi import PATIENCE_S, Server, ask, started
from tests.stubs import StubEncoder, write_files

GUNICORN = Path(sys.executable).with_name("gunicorn")
APPLICATION = "askdex.server.app:create_app_from()"
WORKERS = 2
MOUNTED = "/help"
QUESTION = "Who issues the social security card?"
JSON_QUESTION = {"question": QUESTION, "limit": 1}


@pytest.fixture
def site(starter_searcher: Searcher) -> Client:
    """A site of its own that has the search page under a path."""
    host = Flask("host")
    host.get("/")(lambda: "the front page")
    return Client(DispatcherMiddleware(host.wsgi_app, {MOUNTED: create_app(starter_searcher)}))


def addresses(page: str) -> set[str]:
    """All that a page leads to or loads, without the part after #."""
    names = ("href", "src", "action")
    nodes = LexborHTMLParser(page).css(", ".join(f"[{name}]" for name in names))
    values = {value.partition("#")[0] for node in nodes for name in names if (value := node.attributes.get(name))}
    return values - {""}


def page_of(site: Client, address: str) -> str:
    response = site.get(address, headers={"Accept": "text/html"})
    assert response.status_code == 200, address
    return response.text


def test_a_page_under_a_path_of_a_site_leads_nowhere_else(site: Client) -> None:
    assert site.get("/").text == "the front page"
    start = page_of(site, f"{MOUNTED}/")
    results = page_of(site, f"{MOUNTED}/?q={QUESTION}&why=1")
    document = next(address for address in sorted(addresses(results)) if "/documents/" in address and "passage=" in address)
    seen = addresses(start) | addresses(results) | addresses(page_of(site, document))
    assert {address for address in seen if not address.startswith(f"{MOUNTED}/")} == set()
    assert {f"{MOUNTED}/static/style.css", f"{MOUNTED}/static/icon.svg", f"{MOUNTED}/"} <= seen
    for address in seen:
        with closing(site.get(address)) as response:
            assert response.status_code == 200, address


def test_the_endpoint_answers_under_a_path_of_a_site(site: Client) -> None:
    response = site.post(f"{MOUNTED}/api/v1/search", json=JSON_QUESTION)
    assert response.get_json()["results"][0]["document"]["uri"] == "cards/who-issues-each-card.html"
    assert site.get(f"{MOUNTED}/readyz").get_json()["status"] == "ok"
    assert site.get("/api/v1/search?q=card").status_code == 404


@pytest.mark.parametrize("path", ["/api/v1/nothing", "/documents/nothing"])
def test_an_error_under_a_path_of_a_site_is_in_the_same_shape(site: Client, path: str) -> None:
    response = site.get(f"{MOUNTED}{path}", headers={"Accept": "text/html"})
    assert response.status_code == 404
    if path.startswith("/api/"):
        assert response.content_type == "application/problem+json"
    else:
        assert f"{MOUNTED}/" in addresses(response.text)


def test_the_index_of_an_application_is_named_or_that_of_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("askdex.indexer.models.loading.load_encoder", lambda _: StubEncoder())
    monkeypatch.delenv("ASKDEX_INDEX", raising=False)
    monkeypatch.chdir(tmp_path)
    for number, name in enumerate([".askdex", "named", "of-environment"], 1):
        write_files(tmp_path / f"{number}", {f"{n}.md": f"# Card {n}\n\nIt is green.\n" for n in range(number)})
        update(tmp_path / name, [tmp_path / f"{number}"], load_encoder=lambda _: StubEncoder())
    assert documents_in(create_app_from()) == 1
    monkeypatch.setenv("ASKDEX_INDEX", "of-environment")
    assert documents_in(create_app_from()) == 3
    assert documents_in(create_app_from("named")) == documents_in(create_app_from(tmp_path / "named")) == 2
    with pytest.raises(MissingIndexError):
        create_app_from(tmp_path / "none")


def documents_in(app: Flask) -> int:
    total: int = app.test_client().get("/api/v1/documents").get_json()["total"]
    return total


def test_an_application_takes_up_new_generations_and_answers_trusted_hosts_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("askdex.indexer.models.loading.load_encoder", lambda _: StubEncoder())
    write_files(tmp_path / "pages", {"card.md": "# Card\n\nIt is green.\n"})
    update(tmp_path / "index", [tmp_path / "pages"], load_encoder=lambda _: StubEncoder())
    client = create_app_from(tmp_path / "index", ["help.example"]).test_client()
    named = {"Host": "help.example"}
    assert client.get("/readyz").status_code == 400
    assert client.get("/readyz", headers=named).get_json()["generation"] == 1
    write_files(tmp_path / "pages", {"more.md": "# More\n\nIt is red.\n"})
    update(tmp_path / "index", [tmp_path / "pages"], load_encoder=lambda _: StubEncoder())
    until = time.monotonic() + PATIENCE_S
    while client.get("/readyz", headers=named).get_json()["generation"] == 1:
        assert time.monotonic() < until
        time.sleep(0.05)


@pytest.fixture
def gunicorn(starter_index: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """Gunicorn with several workers, which log their process ids with each request."""
    monkeypatch.setenv("ASKDEX_INDEX", str(starter_index))
    log = ("--access-logfile", "-", "--access-logformat", "answered by %(p)s")
    command = (GUNICORN, "--workers", str(WORKERS), "--threads", "2", "--bind", "127.0.0.1:0", *log)
    with started(*command, APPLICATION) as server:
        yield server


@pytest.mark.slow
def test_every_worker_of_gunicorn_answers_from_an_index_of_its_own(gunicorn: Server) -> None:
    assert f"'{APPLICATION}'" in GUIDE["python.md"]
    address = f"{gunicorn.address}/"
    with ThreadPoolExecutor(8) as pool:
        until = time.monotonic() + PATIENCE_S
        workers: set[str] = set()
        while len(workers) < WORKERS:
            assert time.monotonic() < until, gunicorn.output
            for body in pool.map(lambda _: ask(address, QUESTION), range(8)):
                assert body["results"][0]["document"]["uri"] == "cards/who-issues-each-card.html"
                workers.add(gunicorn.printed(r"answered by \S+"))
    with urllib.request.urlopen(address, timeout=30) as page:
        assert b"What would you like to know?" in page.read()
    assert gunicorn.stopped(signal.SIGTERM) == 0
    assert "Traceback" not in gunicorn.output
