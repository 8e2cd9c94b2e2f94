"""The application in other people's hands: mounted under a path of a site, and run by gunicorn."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlencode

import pytest
from flask import Flask
from selectolax.lexbor import LexborHTMLParser
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.test import Client

from askdex.indexer.errors import MissingExtraError, MissingIndexError
from askdex.indexer.ingest.update import update
from askdex.indexer.search.searcher import Searcher
from askdex.server.access import KeysNeededError
from askdex.server.app import create_app
from askdex.server.keys import Scope, add_key, keys_file, revoke_key
from askdex.server.mounted import create_app_from
from tests.manual import GUIDE
from tests.server.processes import Server, started
from tests.stubs import PATIENCE_S, StubEncoder, wait_for, write_files

GUNICORN = Path(sys.executable).with_name("gunicorn")
APPLICATION = "askdex:create_app_from()"
WORKERS = 2
LOG = ("--access-logfile", "-", "--access-logformat", "answered by %(p)s")
COMMAND = (str(GUNICORN), "--workers", str(WORKERS), "--threads", "2", "--bind", "127.0.0.1:0", *LOG)
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
    monkeypatch.setattr("askdex.indexer.models.loading.load_encoder", lambda *_, **__: StubEncoder())
    monkeypatch.delenv("ASKDEX_INDEX", raising=False)
    monkeypatch.chdir(tmp_path)
    for number, name in enumerate([".askdex", "named", "of-environment"], 1):
        write_files(tmp_path / f"{number}", {f"{n}.md": f"# Card {n}\n\nIt is green.\n" for n in range(number)})
        update(tmp_path / name, [tmp_path / f"{number}"], load_encoder=lambda _: StubEncoder())
    public = partial(create_app_from, public=True)
    assert documents_in(public()) == 1
    monkeypatch.setenv("ASKDEX_INDEX", "of-environment")
    assert documents_in(public()) == 3
    assert documents_in(public("named")) == documents_in(public(tmp_path / "named")) == 2
    with pytest.raises(MissingIndexError):
        public(tmp_path / "none")


def documents_in(app: Flask) -> int:
    total: int = app.test_client().get("/api/v1/documents").get_json()["total"]
    return total


def test_an_application_takes_up_new_generations_and_answers_trusted_hosts_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("askdex.indexer.models.loading.load_encoder", lambda *_, **__: StubEncoder())
    write_files(tmp_path / "pages", {"card.md": "# Card\n\nIt is green.\n"})
    update(tmp_path / "index", [tmp_path / "pages"], load_encoder=lambda _: StubEncoder())
    client = create_app_from(tmp_path / "index", ["help.example"], public=True).test_client()
    named = {"Host": "help.example"}
    assert client.get("/readyz").status_code == 400
    assert client.get("/readyz", headers=named).get_json()["generation"] == 1
    write_files(tmp_path / "pages", {"more.md": "# More\n\nIt is red.\n"})
    update(tmp_path / "index", [tmp_path / "pages"], load_encoder=lambda _: StubEncoder())
    wait_for(lambda: client.get("/readyz", headers=named).get_json()["generation"] == 2)


@pytest.fixture
def two_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The index of two folders with a document each, in the current folder."""
    monkeypatch.setattr("askdex.indexer.models.loading.load_encoder", lambda *_, **__: StubEncoder())
    monkeypatch.delenv("ASKDEX_INDEX", raising=False)
    monkeypatch.chdir(tmp_path)
    write_files(tmp_path / "pages", {f"{name}/card.md": f"# The {name} card\n\nIt is green.\n" for name in ("open", "board")})
    update(tmp_path / "index", [tmp_path / "pages"], load_encoder=lambda _: StubEncoder())
    return tmp_path / "index"


def test_an_application_asks_for_a_key_unless_it_is_public(two_folders: Path) -> None:
    with pytest.raises(KeysNeededError, match=r"askdex key add NAME --index \S+, or let everybody read with public=True"):
        create_app_from(two_folders)
    token = add_key(keys_file(two_folders), "anna", [Scope.READ])
    client = create_app_from(two_folders).test_client()
    headers = {"Authorization": f"Bearer {token}"}
    assert [client.get("/readyz", headers=each).status_code for each in ({}, headers)] == [401, 200]
    assert documents_in(create_app_from(two_folders, public=True)) == 2


@pytest.mark.parametrize("named", [None, "office.toml"])
def test_an_application_goes_by_the_settings(two_folders: Path, named: str | None) -> None:
    settings = [
        f'index = "{two_folders}"',
        'proxy = ["192.0.2.1"]',
        'trusted-host = ["help.example"]',
        'rate = "3/hour"',
        'title = "The help desk"',
        '[access]\nheader = "X-Groups"',
        '[access.groups.board]\nfolders = ["board/*"]',
    ]
    Path(named or "askdex.toml").write_text("\n".join(settings), encoding="utf-8")
    client = create_app_from(settings=named).test_client()

    def status_and_total(sender: str, **headers: str) -> tuple[int, int | None]:
        sent = {"Host": "help.example", **headers}
        response = client.get("/api/v1/documents", headers=sent, environ_base={"REMOTE_ADDR": sender})
        return response.status_code, response.get_json().get("total")

    assert status_and_total("192.0.2.1", **{"X-Groups": "board"}) == (200, 1)
    assert status_and_total("192.0.2.1", **{"X-Groups": "staff"}) == (200, 0)
    assert status_and_total("192.0.2.2", **{"X-Groups": "board"}) == (401, None)
    assert status_and_total("192.0.2.1", Host="evil.example") == (400, None)
    assert [status_and_total("192.0.2.9")[0] for _ in range(4)] == [401, 401, 401, 429]
    assert "The help desk" in client.get("/x", headers={"Host": "help.example", "Accept": "text/html"}).text


@pytest.mark.usefixtures("two_folders")
def test_an_application_takes_its_models_and_its_mode_from_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("askdex.indexer.models.reranker.is_reranker_installed", lambda name: name is not None)
    with pytest.raises(MissingExtraError, match="The mode precise needs a model"):
        create_app_from(settings=written('mode = "precise"'))
    client = create_app_from(settings=written('mode = "fast"', 'reranker = "some/cross-encoder"')).test_client()
    assert "Read the best passages closely" in client.get("/?q=card", headers={"Accept": "text/html"}).text


def written(*settings: str) -> Path:
    file = Path("written.toml")
    file.write_text("\n".join(['index = "index"', "public = true", *settings]), encoding="utf-8")
    return file


def test_a_file_of_settings_may_say_that_it_is_public(two_folders: Path) -> None:
    Path("askdex.toml").write_text("public = true\n", encoding="utf-8")
    assert documents_in(create_app_from(two_folders)) == 2


@pytest.fixture
def gunicorn(starter_index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """Gunicorn with several workers, which log their process ids with each request, over an index with a key."""
    index = tmp_path / "index"
    shutil.copytree(starter_index, index)
    add_key(keys_file(index), "first", [Scope.READ])
    monkeypatch.setenv("ASKDEX_INDEX", str(index))
    with started(*COMMAND, APPLICATION) as server:
        yield server


@pytest.mark.slow
def test_gunicorn_does_not_start_where_nobody_has_a_key(starter_index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASKDEX_INDEX", str(starter_index))
    refused = subprocess.run([*COMMAND, APPLICATION], capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    assert refused.returncode != 0
    assert "nobody has a key: make one with: askdex key add NAME" in refused.stderr


@pytest.mark.slow
def test_every_worker_of_gunicorn_answers_who_has_a_key_from_an_index_of_its_own(gunicorn: Server) -> None:
    assert f"'{APPLICATION}'" in GUIDE["python.md"]
    file = keys_file(Path(os.environ["ASKDEX_INDEX"]))
    question = urllib.request.Request(
        f"{gunicorn.address}/api/v1/search?{urlencode({'q': QUESTION})}",
        headers={"Authorization": f"Bearer {add_key(file, 'anna', [Scope.READ])}"},
    )
    body = json.loads(answered_by_every_worker(gunicorn, question, 200))
    assert body["results"][0]["document"]["uri"] == "cards/who-issues-each-card.html"
    answered_by_every_worker(gunicorn, urllib.request.Request(f"{gunicorn.address}/"), 401)
    revoke_key(file, "anna")
    answered_by_every_worker(gunicorn, question, 401)
    assert gunicorn.stopped(signal.SIGTERM) == 0
    assert "Traceback" not in gunicorn.output


def answered_by_every_worker(server: Server, asked: urllib.request.Request, expected: int) -> bytes:
    """Ask until every worker has answered with this status; what one of them says."""
    until = time.monotonic() + PATIENCE_S
    workers: set[str] = set()
    while len(workers) < WORKERS:
        assert time.monotonic() < until, server.output
        try:
            with urllib.request.urlopen(asked, timeout=PATIENCE_S) as response:
                status, body = int(response.status), bytes(response.read())
        except HTTPError as error:
            with error:
                status, body = error.code, error.read()
        assert status == expected
        workers.add(server.printed(r"answered by \S+"))
    return body
