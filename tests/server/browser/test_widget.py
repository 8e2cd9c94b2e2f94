"""The widget on a page of another site, whose policy allows nothing but the server."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask, Response
from playwright.sync_api import Browser, Page, expect
from werkzeug.serving import make_server

from askdex.server.app import create_app
from tests.manual import GUIDE, ROOT, blocks
from tests.server.browser.driver import PATIENCE_MS
from tests.server.made_index import made_searcher

PASTED_FOR = "https://help.example/"
LARGEST = 12_000
"""Bytes of the script."""


@contextmanager
def serving(app: Flask) -> Iterator[str]:
    """The address of an app that answers in this process."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    with ThreadPoolExecutor(1) as pool:
        pool.submit(server.serve_forever)
        yield f"http://127.0.0.1:{server.port}/"
        server.shutdown()
    server.server_close()


class Intranet(Flask):
    """Another site, with the lines of the guide on its page, and a strict policy."""

    def __init__(self) -> None:
        super().__init__("intranet")
        self.server = ""
        self.get("/")(self.page)

    def page(self) -> Response:
        """The page."""
        (lines,) = blocks(GUIDE["widget.md"], "html")
        pasted = lines.replace(PASTED_FOR, self.server)
        page = f"<!doctype html><html lang=en><title>Intranet</title><main><h1>Intranet</h1>{pasted}</main>"
        kinds = ("script-src", "connect-src", "form-action")
        allowed = "; ".join(f"{kind} {self.server}" for kind in kinds)
        policy = f"default-src 'none'; base-uri 'none'; require-trusted-types-for 'script'; {allowed}"
        return Response(page, headers={"Content-Security-Policy": policy}, mimetype="text/html")


@pytest.fixture(scope="module")
def sites(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str, str]]:
    """The addresses of the server, of a site that it lets ask, and of one that it does not."""
    intranet, other = Intranet(), Intranet()
    with (
        serving(intranet) as allowed,
        serving(other) as refused,
        made_searcher(tmp_path_factory.mktemp("widget"), front_matter="---\nupdated: 2025-03-01\n---\n") as searcher,
        serving(create_app(searcher, allowed_origins=[allowed.rstrip("/")])) as server,
    ):
        intranet.server = other.server = server
        yield server, allowed, refused


@pytest.fixture
def complaints() -> list[str]:
    """What the browser complains of, such as a breach of the policy."""
    return []


@pytest.fixture
def page(browser: Browser, complaints: list[str]) -> Iterator[Page]:
    page = browser.new_page()
    page.set_default_timeout(PATIENCE_MS)
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    page.close()


def ask(page: Page, question: str) -> None:
    page.get_by_label("Ask our documents").fill(question)
    page.keyboard.press("Enter")


def test_a_page_of_another_site_gets_the_answer_with_its_source(
    page: Page, sites: tuple[str, str, str], complaints: list[str]
) -> None:
    server, allowed, _ = sites
    page.goto(allowed)
    ask(page, "What is green?")
    card = page.locator("askdex-search article")
    expect(card.locator(".passage")).to_have_text("The card is green.")
    expect(card.locator("mark")).to_have_text("The card is green.")
    expect(card.locator(".source")).to_contain_text("card.md · 2025")
    assert page.url == allowed
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.shadowRoot.activeElement.textContent") == "Card"
    page.keyboard.press("Enter")
    page.wait_for_url(f"{server}documents/**")
    assert complaints == []


def test_all_results_are_a_link_away_and_an_empty_question_asks_nothing(
    page: Page, sites: tuple[str, str, str], complaints: list[str]
) -> None:
    server, allowed, _ = sites
    page.goto(allowed)
    ask(page, "   ")
    ask(page, "Is the card green & round?")
    page.get_by_role("link", name="All results").click()
    page.wait_for_url(f"{server}?q=Is+the+card+green+%26+round%3F")
    assert complaints == []


def test_a_site_that_may_not_ask_is_led_to_the_page(page: Page, sites: tuple[str, str, str]) -> None:
    server, _, refused = sites
    page.goto(refused)
    ask(page, "What is green?")
    expect(page.get_by_role("status")).to_have_text("The answers cannot be reached just now.")
    assert page.get_by_role("link", name="All results").get_attribute("href") == f"{server}?q=What+is+green%3F"


def test_without_the_script_the_form_opens_the_page(browser: Browser, sites: tuple[str, str, str]) -> None:
    server, allowed, _ = sites
    page = browser.new_page(java_script_enabled=False)
    page.goto(allowed)
    ask(page, "What is green?")
    page.wait_for_url(f"{server}?q=What+is+green%3F")
    page.close()


def test_the_script_is_small() -> None:
    assert (ROOT / "server/pages/static/widget.js").stat().st_size < LARGEST
