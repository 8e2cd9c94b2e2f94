"""A web server on loopback for tests: its pages can be changed while it runs, and it notes what it is asked for."""

import hashlib
import ssl
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from time import monotonic


@dataclass
class Page:
    """What the server gives. With `has_tag` that has an ETag, and who has it gets a 304. `act` writes the answer itself."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    has_tag: bool = True
    act: Callable[[BaseHTTPRequestHandler], None] | None = None


def html(text: str = "", links: Iterable[str] = (), head: str = "", **headers: str) -> Page:
    """A page with a heading, some text and links."""
    anchors = "".join(f'<li><a href="{link}">{link}</a></li>' for link in links)
    main = f"<main><h1>{text}</h1><p>{text}.</p></main>"
    source = f"<!doctype html><html><head>{head}</head><body>{main}<ul>{anchors}</ul></body></html>"
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    return Page(source.encode(), headers={"Content-Type": "text/html; charset=utf-8", **given})


def leads_to(target: str, status: int = 302) -> Page:
    """A redirect."""
    return Page(status=status, headers={"Location": target})


@dataclass
class SiteServer:
    """`pages` by path and query; `made` makes those that are not among them, None for a 404."""

    pages: dict[str, Page]
    made: Callable[[str], Page | None] = lambda _: None
    asked: list[tuple[str, int]] = field(default_factory=list)
    """The path of each request, and the status of its answer."""
    times: list[float] = field(default_factory=list)
    agents: set[str] = field(default_factory=set)
    port: int = 0

    @property
    def address(self) -> str:
        """The address of the site, without a slash at its end."""
        return f"http://127.0.0.1:{self.port}"

    def counts(self) -> Counter[int]:
        """How many requests got each status."""
        return Counter(status for _, status in self.asked)

    def paths(self, status: int | None = None) -> list[str]:
        """The paths that were asked for, or those that got this status."""
        return [path for path, given in self.asked if status in (None, given)]

    def page(self, path: str) -> Page:
        return self.pages.get(path) or self.made(path) or Page(status=404, headers={"Content-Type": "text/html"})


@contextmanager
def serving(
    pages: Mapping[str, Page],
    made: Callable[[str], Page | None] = lambda _: None,
    context: ssl.SSLContext | None = None,
) -> Iterator[SiteServer]:
    """Serve pages until the end of the block; with a context, over TLS."""
    site = SiteServer(dict(pages), made)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            site.times.append(monotonic())
            site.agents.add(self.headers["User-Agent"])
            page = site.page(self.path)
            tag = f'"{hashlib.sha256(page.body).hexdigest()[:12]}"'
            if page.status == 200 and page.has_tag and self.headers["If-None-Match"] == tag:
                site.asked.append((self.path, 304))
                self.send_response(304)
                self.end_headers()
                return
            site.asked.append((self.path, page.status))
            with suppress(ConnectionError):
                if page.act is not None:
                    page.act(self)
                    return
                self.send_response(page.status)
                for name, value in page.headers.items():
                    self.send_header(name, value)
                if page.status == 200 and page.has_tag:
                    self.send_header("ETag", tag)
                self.send_header("Content-Length", str(len(page.body)))
                self.end_headers()
                self.wfile.write(page.body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        block_on_close = False

        def handle_error(self, request: object, client_address: object) -> None:
            pass  # a client that has enough of a page closes the connection

    with Server(("127.0.0.1", 0), Handler) as server:
        site.port = server.server_port
        if context is not None:
            server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield site
        finally:
            server.shutdown()
            thread.join()
