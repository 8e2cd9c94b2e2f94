"""What the tests of the pages in a real browser share: the browser, the app behind it, and what is measured on a page."""

import json
import re
import shutil
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from flask import Flask
from playwright.sync_api import Browser, Locator, Page, ViewportSize, expect, sync_playwright

from askdex.indexer.search.searcher import Searcher
from askdex.server import wsgi
from askdex.server.app import create_app
from askdex.server.question_log import QuestionLog

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
_ARGUMENTS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
).split()
PATIENCE_MS = 60_000
DESK = ViewportSize(width=1100, height=800)
WIDE = ViewportSize(width=1600, height=900)
PHONE = ViewportSize(width=360, height=640)
QUESTION = "Who issues the social security card?"
WATCH_LAYOUT = """
window.shifted = 0;
new PerformanceObserver(list => list.getEntries().forEach(entry => { window.shifted += entry.value; }))
    .observe({ type: "layout-shift", buffered: true });
"""
COLOURS = """node => {
    let ground = node;
    const clear = "rgba(0, 0, 0, 0)";
    while (ground.parentElement && getComputedStyle(ground).backgroundColor === clear) ground = ground.parentElement;
    return [getComputedStyle(node).color, getComputedStyle(ground).backgroundColor];
}"""

Opened = Callable[..., Page]


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser; `CHROMIUM` must be installed."""
    # By itself it waits for 5 seconds, which a busy machine may take to show a page.
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright, playwright.chromium.launch(executable_path=CHROMIUM, args=_ARGUMENTS) as browser:
        yield browser


@contextmanager
def served(app: Flask | Searcher, question_log: QuestionLog | None = None) -> Iterator[str]:
    """The address of an app, or of one that answers with a searcher and writes down what is asked where there is a log."""
    app = app if isinstance(app, Flask) else create_app(app, question_log=question_log)
    with wsgi.take_address("127.0.0.1", 0) as listener, wsgi.answering(app, listener):
        yield wsgi.url(listener).rstrip("/")


def address_of(site: str, path: str) -> str:
    """The address of a path, or of the document with a uri."""
    if path.startswith("/"):
        return site + path
    with urllib.request.urlopen(f"{site}/api/v1/documents?limit=100") as response:
        documents = json.load(response)["documents"]
    return f"{site}/documents/{next(document['id'] for document in documents if document['uri'] == path)}"


def box(node: Locator) -> tuple[float, float]:
    """Where a node begins and where it ends, in pixels from the top of what is in view."""
    box = node.bounding_box()
    assert box is not None
    return box["y"], box["y"] + box["height"]


def assert_in_view(page: Page, node: Locator) -> None:
    """Check that the beginning of a node is on the screen, below the bar that sticks to the top."""
    bar_end = box(page.locator(".bar"))[1]
    start = box(node)[0]
    assert page.viewport_size is not None
    assert bar_end <= start < page.viewport_size["height"], (bar_end, start)


def shifted(page: Page, since: float = 0) -> float:
    """By how much the page has moved under the reader, https://web.dev/articles/cls; `since` is what it was before."""
    # The browser tells of a frame's shifts after it has drawn the frame.
    two_frames = "requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(told, 50)))"
    shifted: float = page.evaluate(f"new Promise(told => {two_frames}).then(() => window.shifted)")
    return shifted - since


def overflow(page: Page) -> int:
    """By how many pixels the page is wider than the screen."""
    overflow: int = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return overflow


def luminance(colour: str) -> float:
    """Relative luminance, https://www.w3.org/TR/WCAG22/#dfn-relative-luminance."""
    shares = [int(part) / 255 for part in re.findall(r"\d+", colour)[:3]]
    red, green, blue = (share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(node: Locator) -> float:
    """Contrast of a node's text with what it stands on, https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio."""
    darker, lighter = sorted(map(luminance, node.evaluate(COLOURS)))
    return (lighter + 0.05) / (darker + 0.05)
