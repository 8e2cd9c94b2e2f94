"""The server as a process: it says where it is, answers, follows its index, and stops on a signal."""

import gc
import json
import re
import shutil
import signal
import socket
import sys
import threading
import urllib.request
import warnings
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask

from askdex.indexer.ingest.update import update
from askdex.indexer.models.encoder import Encoder
from askdex.indexer.store import database
from askdex.server import wsgi
from askdex.server.host_names import answer_under
from askdex.server.wsgi import ListeningError
from tests.server.processes import Server, started
from tests.stubs import PATIENCE_S, wait_for

THREADS = 8
MODES = ["fast", "keyword"]
ASKDEX = Path(sys.executable).with_name("askdex")
CARD = "The card\n\nThe office of your town issues the card. It takes a day.\n"
COSTS = "What a card costs\n\nThe first card is free. The second costs 10.\n"
GREEN = "The new card\n\nThe new card is green on both sides.\n"
ABOUT_GREEN = "Which card is green on both sides?"
Json = dict[str, Any]

SLOW_APP = """
import sys, time
from pathlib import Path
from flask import Flask
from askdex.server import wsgi

app = Flask("slow")

@app.get("/")
def slow() -> str:
    print("asked", flush=True)
    while not Path(sys.argv[1]).exists():
        time.sleep(0.01)
    return "answered"

listener = wsgi.take_address("127.0.0.1", 0)
wsgi.run(app, listener, lambda: print(wsgi.url(listener), flush=True))
"""


def read(address: str) -> bytes:
    with urllib.request.urlopen(address, timeout=PATIENCE_S) as response:
        content: bytes = response.read()
        return content


def ask(address: str, question: str, mode: str = "fast") -> Json:
    body = json.dumps({"question": question, "mode": mode}).encode()
    request = urllib.request.Request(f"{address}api/v1/search", body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=PATIENCE_S) as response:
        answer: Json = json.load(response)
        return answer


def uris(body: Json) -> set[str]:
    return {result["document"]["uri"] for result in body["results"]}


@pytest.fixture(scope="module")
def documents(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("serve") / "documents"
    folder.mkdir()
    (folder / "card.txt").write_text(CARD, encoding="utf-8")
    (folder / "costs.txt").write_text(COSTS, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def nearly_starter(starter_index: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a first run over the starter collection leaves when it is stopped just before its end."""
    folder = tmp_path_factory.mktemp("nearly") / "index"
    shutil.copytree(starter_index, folder)
    with closing(database.open_for_writing(folder)) as connection:
        connection.execute("DELETE FROM files")
        connection.execute("DELETE FROM generations")
        connection.execute("DELETE FROM vectors WHERE key = (SELECT min(key) FROM vectors)")
    (folder / "receipt.json").unlink()
    return folder


@pytest.fixture(scope="module")
def servers(documents: Path, nearly_starter: Path) -> Iterator[dict[str, Server]]:
    """A server over documents and one without, started together: each takes seconds until it is ready."""
    own, starter = documents.parent / "index", nearly_starter
    with (
        started(ASKDEX, "serve", documents, "--index", own, "--port", "0") as over_documents,
        started(ASKDEX, "serve", "--index", starter, "--port", "0") as over_nothing,
    ):
        yield {"documents": over_documents, "starter": over_nothing}


@pytest.mark.slow
def test_documents_that_are_named_are_indexed_served_and_stopped_with_ctrl_c(servers: dict[str, Server]) -> None:
    server = servers["documents"]
    assert ask(server.address, "Who issues the card?")["answer"]["text"] == "The office of your town issues the card."
    assert "Files: 2 new" in server.output
    assert server.stopped(signal.SIGINT) == 0
    assert server.output.endswith("Stopped.\n")
    assert "Traceback" not in server.output


@pytest.mark.slow
def test_without_documents_the_starter_collection_is_served(servers: dict[str, Server]) -> None:
    server = servers["starter"]
    best = ask(server.address, "Who issues the social security card?")["results"][0]
    assert best["document"]["uri"] == "cards/who-issues-each-card.html"
    assert "this is the starter collection" in server.output
    assert "Indexing: 0%\n" in server.output


@pytest.mark.slow
def test_a_new_generation_answers_while_many_ask(
    servers: dict[str, Server], nearly_starter: Path, tmp_path: Path, encoder: Encoder
) -> None:
    address = servers["starter"].address
    all_ask = threading.Barrier(THREADS + 1)
    is_done = threading.Event()

    def keep_asking(number: int) -> list[Json]:
        bodies = [ask(address, ABOUT_GREEN, MODES[number % len(MODES)])]
        all_ask.wait(PATIENCE_S)
        while not is_done.is_set():
            bodies.append(ask(address, ABOUT_GREEN, MODES[number % len(MODES)]))
        return [*bodies, ask(address, ABOUT_GREEN)]

    with ThreadPoolExecutor(THREADS) as pool:
        running = [pool.submit(keep_asking, number) for number in range(THREADS)]
        all_ask.wait(PATIENCE_S)
        try:
            (tmp_path / "green.txt").write_text(GREEN, encoding="utf-8")
            update(nearly_starter, [tmp_path / "green.txt"], load_encoder=lambda _: encoder)
            wait_for(lambda: ask(address, ABOUT_GREEN)["generation"] == 2)
        finally:
            is_done.set()
    assert ask(address, ABOUT_GREEN)["answer"]["text"] == "The new card is green on both sides."
    for future in running:
        bodies = future.result()
        generations = [body["generation"] for body in bodies]
        assert generations == sorted(generations)
        assert (generations[0], generations[-1]) == (1, 2)
        # Each answer is of one generation from start to end.
        assert all(("green.txt" in uris(body)) == (body["generation"] == 2) for body in bodies)


@pytest.mark.slow
def test_a_body_that_is_too_large_gets_its_problem_over_the_wire(servers: dict[str, Server]) -> None:
    host = urlsplit(servers["starter"].address).netloc
    with closing(HTTPConnection(host, timeout=PATIENCE_S)) as connection:
        connection.request("POST", "/api/v1/search", b" " * 2**20, {"Content-Type": "application/json"})
        response = connection.getresponse()
        assert (response.status, response.headers.get_content_type()) == (413, "application/problem+json")
        assert json.load(response)["status"] == 413


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_question_under_way_is_answered_before_the_end(tmp_path: Path, number: signal.Signals) -> None:
    go_on = tmp_path / "go-on"
    with started(sys.executable, "-c", SLOW_APP, go_on) as server, ThreadPoolExecutor(1) as pool:
        answer = pool.submit(read, server.address)
        server.printed("asked")
        server.process.send_signal(number)
        go_on.touch()
        assert answer.result() == b"answered"
        assert server.process.wait(PATIENCE_S) == 0


@pytest.mark.parametrize(
    ("host", "shown"), [("127.0.0.1", "127.0.0.1"), ("localhost", r"(127\.0\.0\.1|\[::1\])"), ("0.0.0.0", "127.0.0.1")]
)
def test_the_address_can_be_opened_in_a_browser(host: str, shown: str) -> None:
    with wsgi.take_address(host, 0) as listener:
        port = listener.getsockname()[1]
        assert port > 0
        assert re.fullmatch(rf"http://{shown}:{port}/", wsgi.url(listener))


def bound(host: str) -> socket.socket:
    try:
        return wsgi.take_address(host, 0)
    except ListeningError:
        pytest.skip(f"this machine has no {host}")


def saying(words: str) -> Flask:
    app = Flask("saying")
    app.get("/")(lambda: words)
    return app


def status(address: str, host: str) -> int:
    """The status of the answer of a server that is asked under a host name."""
    with closing(HTTPConnection(urlsplit(address).netloc, timeout=PATIENCE_S)) as connection:
        connection.request("GET", "/", headers={"Host": host})
        return connection.getresponse().status


@pytest.mark.parametrize("named", [(), ("Askdex.Example",)])
@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2", "::1", "localhost", "0.0.0.0"])
def test_the_printed_address_is_answered_beside_the_names_that_are_given(host: str, named: Sequence[str]) -> None:
    app = saying("yes")
    with bound(host) as listener:
        trusted = wsgi.trusted_hosts(listener, named)
        if trusted is not None:
            answer_under(app, trusted)
        with wsgi.answering(app, listener):
            address = wsgi.url(listener)
            assert read(address) == b"yes"
            hosts = ["LocalHost", "localhost:8080", "[::1]", "[0:0:0:0:0:0:0:1]:9000", *(name.upper() for name in named)]
            assert [status(address, name) for name in hosts] == [200] * len(hosts)
            answers_any = (host, named) == ("0.0.0.0", ())
            foreign = ["foreign.example", "localhost.foreign.example", "[::2]", "[", "localhost@foreign.example"]
            assert [status(address, name) for name in foreign] == [200 if answers_any else 400] * len(foreign)


def test_an_address_of_ipv6_stands_in_brackets() -> None:
    with bound("::1") as listener:
        assert wsgi.url(listener) == f"http://[::1]:{listener.getsockname()[1]}/"


def test_one_app_answers_until_another_takes_its_place_at_the_same_address() -> None:
    with wsgi.take_address("127.0.0.1", 0) as listener:
        for words in ("not yet", "now"):
            with wsgi.answering(saying(words), listener):
                assert read(wsgi.url(listener)) == words.encode()


def listening() -> socket.socket:
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    return listener


def bind_in_vain(port: int) -> str:
    with pytest.raises(ListeningError) as caught:
        wsgi.take_address("127.0.0.1", port).close()
    return str(caught.value)


def test_a_port_that_cannot_be_had_leaves_no_socket_open() -> None:
    with listening() as listener, warnings.catch_warnings(record=True, category=ResourceWarning) as caught:
        warnings.simplefilter("always")
        assert "--port" in bind_in_vain(listener.getsockname()[1])
        gc.collect()
        assert [str(warning.message) for warning in caught] == []


def test_a_port_is_taken_before_the_server_is_ready() -> None:
    with wsgi.take_address("127.0.0.1", 0) as first:
        assert "--port" in bind_in_vain(first.getsockname()[1])
