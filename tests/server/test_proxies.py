"""The server behind a proxy that answers for a path of its site."""

import http.client
import json
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_network
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from flask import Flask, jsonify, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.test import Client

from askdex.server import wsgi
from askdex.server.access import Guard
from askdex.server.app import create_app
from askdex.server.keys import Keys
from askdex.server.proxies import Network, believing, is_among, path_prefix
from askdex.server.rules import Rules
from tests.server.made_index import made_searcher
from tests.stubs import PATIENCE_S

PREFIX = "/ask"
SITE = "help.example"
CLIENT = "203.0.113.7"


@contextmanager
def proxy(upstream: str, *, strips: bool) -> Iterator[str]:
    """A proxy as offices have one; it takes its path off what it passes on, or leaves it there. Its address is yielded."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = self.path.removeprefix(PREFIX) if strips else self.path
            headers = {"Host": "upstream.example", "X-Forwarded-For": f"spoofed.example, {CLIENT}"}
            with closing(http.client.HTTPConnection(urlsplit(upstream).netloc, timeout=PATIENCE_S)) as connection:
                connection.request("GET", path, headers=headers | {"X-Forwarded-Host": SITE, "X-Forwarded-Proto": "https"})
                response = connection.getresponse()
                body = response.read()
            self.send_response(response.status)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Location", response.headers.get("Location", ""))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # as the library has it
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def seen() -> ResponseReturnValue:
    """What the app takes the request for."""
    return jsonify(sender=request.remote_addr, address=request.url, link=url_for("seen"))


@contextmanager
def served(*proxies: str) -> Iterator[str]:
    app = Flask("seen")
    app.get("/seen")(seen)
    app.get("/folder/")(seen)
    believed = believing(app, [ip_network(each) for each in proxies])
    with wsgi.take_address("127.0.0.1", 0) as bound, wsgi.answering(believed, bound, PREFIX):
        yield wsgi.url(bound, PREFIX)


def got(address: str) -> tuple[dict[str, str], http.client.HTTPMessage]:
    parts = urlsplit(address)
    with closing(http.client.HTTPConnection(parts.netloc, timeout=PATIENCE_S)) as connection:
        connection.request("GET", parts.path)
        response = connection.getresponse()
        body = response.read()
        return (json.loads(body) if response.status == 200 else {}), response.headers


@pytest.mark.parametrize("strips", [True, False])
def test_addresses_are_those_of_the_site_of_the_proxy(*, strips: bool) -> None:
    with served("127.0.0.1") as upstream, proxy(upstream, strips=strips) as site:
        answer, _ = got(f"{site}{PREFIX}/seen")
        assert answer == {"sender": CLIENT, "address": f"https://{SITE}{PREFIX}/seen", "link": f"{PREFIX}/seen"}
        assert urlsplit(got(f"{site}{PREFIX}/folder")[1]["Location"]).path == f"{PREFIX}/folder/"


@pytest.mark.parametrize("named", [(), ("127.0.0.2", "10.0.0.0/8", "::1")])
def test_nobody_else_is_believed(named: tuple[str, ...]) -> None:
    with served(*named) as upstream, proxy(upstream, strips=True) as site:
        answer, _ = got(f"{site}{PREFIX}/seen")
        assert (answer["sender"], answer["address"]) == ("127.0.0.1", f"http://upstream.example{PREFIX}/seen")


def test_the_server_is_reached_without_the_proxy_too() -> None:
    with served() as address:
        assert got(f"{address}seen")[0] == {"sender": "127.0.0.1", "address": f"{address}seen", "link": f"{PREFIX}/seen"}


def test_proxies_are_named_by_addresses_and_networks() -> None:
    networks: list[Network] = [ip_network("10.0.0.0/8"), ip_network("::1"), ip_network("192.0.2.1")]
    among = ("10.1.2.3", "::1", "192.0.2.1", "::ffff:10.1.2.3")
    assert [address for address in (*among, "192.0.2.2", "::2", "::ffff:11.0.0.1") if is_among(address, networks)] == [*among]


@pytest.mark.parametrize("path", ["/ask", "ask", "/ask/", "ask/"])
def test_a_prefix_is_written_in_one_way(path: str) -> None:
    assert path_prefix(path) == "/ask"
    assert path_prefix("/site/a-b_c.d~/") == "/site/a-b_c.d~"


@pytest.mark.parametrize("path", ["", "/", "//", "//ask", "/ask//", "/a b", "/ask?x", "/äsk", "https://help.example/ask"])
def test_what_is_no_prefix_is_refused(path: str) -> None:
    with pytest.raises(ValueError, match="is no path"):
        path_prefix(path)


def test_the_groups_of_a_reader_are_believed_of_a_proxy_alone(tmp_path: Path) -> None:
    rules = Rules.model_validate({"header": "X-Forwarded-Groups", "groups": {"staff": {"folders": ["*"]}}})
    with made_searcher(tmp_path) as searcher:
        app = create_app(searcher, guard=Guard(Keys(tmp_path / "keys"), is_public=False, needs_keys=True, rules=rules))
        client = Client(believing(app, [ip_network("10.0.0.0/8")], rules.header))

        def total(address: str, **headers: str) -> int | None:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            response = client.get("/api/v1/documents", headers=named, environ_base={"REMOTE_ADDR": address})
            found: int | None = response.get_json().get("total")
            return found

        assert total("10.1.2.3", X_Forwarded_Groups="others, staff") == 1
        assert total("10.1.2.3", X_Forwarded_Groups="others") == 0
        assert [total("10.1.2.3"), total("10.1.2.3", X_Forwarded_Groups=" , ")] == [None, None]
        assert total("192.0.2.1", X_Forwarded_Groups="staff") is None
