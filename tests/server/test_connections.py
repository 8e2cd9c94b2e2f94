"""Clients that are slow, silent or broken, each on a real socket: nobody else waits for them."""

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from urllib.request import urlopen

import pytest
from flask import Flask, request

from askdex.server import connections, wsgi
from askdex.server.app import create_app
from askdex.server.metrics import Metrics
from askdex.server.settings import LARGEST_REQUEST
from tests.server.made_index import made_searcher
from tests.stubs import PATIENCE_S, wait_for

HEAD = b"POST / HTTP/1.1\r\nHost: localhost\r\n"
SILENT, TRICKLING = 500, 500


@contextmanager
def served(host: str = "127.0.0.1") -> Iterator[int]:
    """The port of a server that says how much it was sent."""
    app = Flask("size")
    app.post("/")(lambda: str(len(request.get_data())))
    with wsgi.take_address(host, 0) as bound, wsgi.answering(app, bound):
        yield bound.getsockname()[1]


@contextmanager
def connected(port: int, sender: str = "127.0.0.1") -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", port), PATIENCE_S, source_address=(sender, 0)) as client:
        yield client


def posted(port: int, body: bytes) -> str:
    """What a client that comes now is answered."""
    client = HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
    client.request("POST", "/", body)
    with client.getresponse() as response:
        text = response.read().decode()
    client.close()
    return text


def answer(client: socket.socket) -> tuple[int, dict[str, object]]:
    """The status and the problem that a server answers with before it ends the connection."""
    response = HTTPResponse(client)
    response.begin()
    assert response.headers["Content-Type"] == "application/problem+json"
    body = json.loads(response.read())
    assert (body["status"], body["type"]) == (response.status, "about:blank")
    assert client.recv(1) == b""
    return response.status, body


def is_open(client: socket.socket) -> bool:
    """Whether the server has left a connection open from which it sends nothing."""
    client.settimeout(0)
    try:
        # The body of an answer may still come.
        while client.recv(2**16):
            pass
        return False
    except BlockingIOError:
        return True
    except ConnectionResetError:
        return False


@pytest.mark.parametrize("size", [0, 1, LARGEST_REQUEST])
def test_a_body_up_to_the_limit_is_taken(size: int) -> None:
    with served() as port:
        assert posted(port, b"x" * size) == str(size)


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (HEAD + b"Content-Length: %d\r\n\r\n" % (LARGEST_REQUEST + 1), 413),
        (HEAD + b"Content-Length: 99999999999\r\n\r\n" + b"x" * 2**20, 413),
        (
            HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + b"1000\r\n%s\r\n" % (b"x" * 2**12) * (LARGEST_REQUEST // 2**12 + 1),
            413,
        ),
        (HEAD + b"X: " + b"x" * 2**20, 431),
        (HEAD + b"no header\r\n\r\n", 400),
        (HEAD + b"Transfer-Encoding: gzip\r\n\r\n", 501),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400),
    ],
)
def test_what_is_too_large_or_no_request_gets_its_problem_before_it_is_read(sent: bytes, status: int) -> None:
    with served() as port, connected(port) as client:
        client.sendall(sent)
        assert answer(client)[0] == status
        assert posted(port, b"x") == "1"


def test_a_connection_that_brings_no_whole_request_in_time_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "LONGEST_WAIT_S", 0.2)
    monkeypatch.setattr(connections, "_CLEANUP_S", 0)
    until = time.monotonic() + PATIENCE_S
    with served() as port, connected(port) as silent, connected(port) as trickling, connected(port) as blank:
        while is_open(silent) or is_open(trickling) or is_open(blank):
            assert time.monotonic() < until
            for client, sent in ((trickling, b"x"), (blank, b"\r\n")):
                try:
                    client.send(sent)
                except OSError:
                    continue
            time.sleep(0.02)


def test_what_is_refused_and_closed_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    metrics = Metrics()

    def count(name: str, **labels: str) -> float:
        return metrics.registry.get_sample_value(name, labels) or 0.0

    app = Flask("size")
    app.post("/")(lambda: str(len(request.get_data())))
    with wsgi.take_address("127.0.0.1", 0) as bound, wsgi.answering(app, bound, metrics=metrics), ExitStack() as stack:
        port = bound.getsockname()[1]
        refused = stack.enter_context(connected(port))
        refused.sendall(b"nothing\r\n\r\n")
        assert answer(refused)[0] == 400
        assert count("askdex_refused_total", status="400") == 1
        assert count("askdex_closed_connections_total", why="too many") == 0
        with monkeypatch.context() as few:
            few.setattr(connections, "MOST_OF_ADDRESS", 1)
            for _ in range(4):
                stack.enter_context(connected(port))
            wait_for(lambda: posted(port, b"x") == "1" and count("askdex_closed_connections_total", why="too many") > 0)
        monkeypatch.setattr(connections, "LONGEST_WAIT_S", 0.2)
        stack.enter_context(connected(port))
        wait_for(lambda: posted(port, b"x") == "1" and count("askdex_closed_connections_total", why="too slow") > 0)


@pytest.mark.parametrize(
    ("most", "senders"), [("MOST_OF_ADDRESS", ("127.0.0.2",)), ("MOST_CONNECTIONS", ("127.0.0.2", "127.0.0.3"))]
)
def test_who_has_waited_longest_makes_room(monkeypatch: pytest.MonkeyPatch, most: str, senders: tuple[str, ...]) -> None:
    monkeypatch.setattr(connections, most, 4)
    with served() as port, ExitStack() as stack:
        clients = []
        for number in range(6):
            client = stack.enter_context(connected(port, senders[number % len(senders)]))
            client.sendall(HEAD + b"Content-Length: 0\r\n\r\n")
            # It is answered before the next comes, and then keeps its connection.
            assert client.recv(2**16)
            clients.append(client)
        # The last one makes no room for itself where only its own address counts.
        left = 4 if most == "MOST_OF_ADDRESS" else 3
        until = time.monotonic() + PATIENCE_S
        # Who has just been answered counts as waiting a moment later.
        while (still := [is_open(client) for client in clients]).count(True) > left:
            assert time.monotonic() < until
            assert posted(port, b"xyz") == "3"
        assert still == [False] * (6 - left) + [True] * left


def test_nobody_who_is_being_answered_makes_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "MOST_CONNECTIONS", 2)
    begun, go_on = threading.Event(), threading.Event()
    app = Flask("slow")

    @app.post("/")
    def slow() -> str:
        begun.set()
        assert go_on.wait(PATIENCE_S)
        return "answered"

    with wsgi.take_address("127.0.0.1", 0) as bound, wsgi.answering(app, bound), ExitStack() as stack:
        port = bound.getsockname()[1]
        asking = stack.enter_context(connected(port))
        asking.sendall(HEAD + b"Content-Length: 0\r\n\r\n")
        assert begun.wait(PATIENCE_S)
        for _ in range(8):
            stack.enter_context(connected(port))
        go_on.set()
        response = HTTPResponse(asking)
        response.begin()
        assert response.read() == b"answered"


def test_clients_that_all_came_before_the_server_looked_make_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "MOST_CONNECTIONS", 4)
    monkeypatch.setattr(connections, "_MORE_THAT_ARE_SERVED", 4)
    with wsgi.take_address("127.0.0.1", 0) as bound, ExitStack() as stack:
        port = bound.getsockname()[1]
        for _ in range(20):
            stack.enter_context(connected(port))
        app = Flask("size")
        app.post("/")(lambda: str(len(request.get_data())))
        with wsgi.answering(app, bound):
            assert posted(port, b"xyz") == "3"


@pytest.mark.slow
@pytest.mark.parametrize("spread", [1, 250], ids=["one address", "many addresses"])
def test_five_hundred_slow_and_five_hundred_silent_clients_keep_nobody_waiting(
    tmp_path: Path, spread: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    # None of them ends because of its time, so who waited for them would wait for longer than the test does.
    monkeypatch.setattr(connections, "LONGEST_WAIT_S", 100 * PATIENCE_S)
    with asked(tmp_path) as port, ExitStack() as stack:
        clients = [stack.enter_context(connected(port, f"127.0.1.{n % spread}")) for n in range(SILENT + TRICKLING)]
        is_done = threading.Event()

        def trickle() -> None:
            while not is_done.wait(0.2):
                for client in clients[::2]:
                    try:
                        client.send(b"x")
                    except OSError:
                        continue

        thread = threading.Thread(target=trickle)
        thread.start()
        try:
            for _ in range(20):
                assert_answered(port)
        finally:
            is_done.set()
            thread.join()
        assert any(map(is_open, clients))


@contextmanager
def asked(folder: Path) -> Iterator[int]:
    """The port of a server that answers questions."""
    with (
        made_searcher(folder) as searcher,
        wsgi.take_address("127.0.0.1", 0) as bound,
        wsgi.answering(create_app(searcher), bound),
    ):
        yield bound.getsockname()[1]


def assert_answered(port: int) -> None:
    """A question is answered that comes on a connection of its own."""
    with urlopen(f"http://127.0.0.1:{port}/api/v1/search?q=Which+card+is+green", timeout=PATIENCE_S) as response:
        assert json.load(response)["results"][0]["document"]["title"] == "Card"
