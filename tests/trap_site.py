"""A site of 500 pages with everything in it that crawlers fall into."""

import gzip
import time
from http.server import BaseHTTPRequestHandler
from itertools import count

from tests.site_server import Page, html, leads_to

PLAIN = 440
"""Pages that are as they should be, in a tree: page n leads to pages 4n + 1 to 4n + 4."""
SLOW_S = 1.5
FORBIDDEN = ("/private/a", "/private/b", "/admin")
FAILING = ("/broken", "/slow", "/liar", "/refused")
GONE = ("/404", "/410")
WITHOUT_TAG = ("/session", "/slow", "/liar", "/busy", "/not-packed")
"""Those of which the server cannot say whether they have changed."""
_HTML = {"Content-Type": "text/html"}
_sessions = count()
_MB = 2**20


def trap_site() -> dict[str, Page]:
    """The pages by their paths; see `made` for those without end."""
    plain = {
        f"/page/{n}": html(
            f"Page {n} tells what number {n} is good for", [f"/page/{4 * n + k}" for k in range(1, 5) if 4 * n + k < PLAIN]
        )
        for n in range(PLAIN)
    }
    return {
        "/": html("Start", ["/page/0", "/traps", "/page/1", "#top", "/?utm_source=here"]),
        "/robots.txt": Page(b"User-agent: *\nDisallow: /private/\nDisallow: /admin\n", headers={"Content-Type": "text/plain"}),
        "/traps": html("Traps", [*_TRAPS, *FORBIDDEN, *FAILING, *GONE, "http://169.254.169.254/latest/meta-data/"]),
        **plain,
        **_TRAPS,
        "/410": Page(status=410),
        "/broken": Page(status=500),
        "/refused": Page(status=403),
        "/slow": Page(act=_slow),
        "/liar": Page(act=_liar),
        "/private/a": html("Private"),
        "/admin": html("Private"),
        "/loop/b": leads_to("/loop/a"),
        "/way/2": leads_to("/way/3"),
        "/way/3": html("The end of the way"),
        "/canonical": html("Said twice", head='<link rel="canonical" href="/canonical">'),
        "/linked-by-hidden": html("Found by way of what is not found"),
    }


def _slow(handler: BaseHTTPRequestHandler) -> None:
    time.sleep(SLOW_S)
    handler.close_connection = True


def _liar(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 9999\r\n\r\n<h1>Less than said</h1>")
    handler.close_connection = True


def _session(handler: BaseHTTPRequestHandler) -> None:
    """A page whose links name another session each time."""
    number = f"{next(_sessions):032x}"
    body = f'<main><h1>Session</h1><p>Your <a href="/session?PHPSESSID={number}">place</a>.</p></main>'.encode()
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
    handler.close_connection = True


_TRAPS = {
    "/calendar/1": html("Month 1", ["/calendar/2"]),
    "/deep/x/": html("Deep", ["x/"]),
    "/session": Page(act=_session),
    "/loop/a": leads_to("/loop/b"),
    "/chain/0": leads_to("/chain/1"),
    "/way/1": leads_to("/way/2", 301),
    "/away": leads_to("http://10.0.0.1/secret"),
    "/cloud": leads_to("http://169.254.169.254/latest/meta-data/"),
    "/large": Page(bytes(50 * _MB), headers=_HTML),
    "/bomb": Page(gzip.compress(bytes(200 * _MB), 1), headers={**_HTML, "Content-Encoding": "gzip"}),
    "/not-packed": Page(b"no gzip", headers={**_HTML, "Content-Encoding": "gzip"}, has_tag=False),
    "/picture": Page(b"\x89PNG\r\n\x1a\n" + bytes(1_000), headers=_HTML),
    "/paper": Page(b"%PDF-1.7 no pages", headers=_HTML),
    "/plain": Page(b"<!DOCTYPE html><h1>A page that is said to be a text</h1>", headers={"Content-Type": "text/plain"}),
    "/film": Page(bytes(_MB), headers={"Content-Type": "video/mp4"}),
    "/empty": Page(b"", headers=_HTML),
    "/letters": Page(
        "<p>Die Karte für alle gilt überall.</p>".encode("cp1252"), headers={"Content-Type": "text/html; charset=utf-8"}
    ),
    "/alias": html("Said twice", head='<link rel="canonical" href="/canonical">'),
    "/copy?a=1": html("The same"),
    "/copy?a=2": html("The same"),
    "/hidden": html("Hidden", ["/linked-by-hidden"], head='<meta name="robots" content="noindex">'),
    "/busy": Page(status=503, headers={"Retry-After": "0"}),
    "/nested": Page(b"<div>" * 100_000 + b"Deep in divs", headers=_HTML),
}


class Endless:
    """Makes the pages that have no end."""

    def __call__(self, path: str) -> Page | None:
        kind, _, rest = path[1:].partition("/")
        if kind == "calendar" and rest.isdecimal():
            return html(f"Month {rest}", [f"/calendar/{int(rest) + 1}", f"/calendar/{max(1, int(rest) - 1)}"])
        if kind == "chain" and rest.isdecimal():
            return leads_to(f"/chain/{int(rest) + 1}")
        if kind == "deep" and set(rest.split("/")) <= {"x", ""}:
            return html(f"Deep by {rest.count('x')}", ["x/"])
        return Page(act=_session) if path.startswith("/session?") else None
