"""What all pages have in common: they can be read, on any screen, in light and dark, and take little."""

import gzip
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Response, expect

from askdex.indexer.ingest.update import update
from askdex.indexer.search.searcher import open_searcher
from tests.server.browser.conftest import LONG_WORD
from tests.server.browser.driver import COLOURS, PHONE, QUESTION, Opened, address_of, contrast, luminance, overflow, served
from tests.stubs import StubEncoder, write_files

READABLE = 4.5
MOST_BYTES = 30_000
"""Bytes of all that a page of results takes, compressed."""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_can_be_read_in_each_colour_scheme(opened: Opened, starter_site: str, scheme: str) -> None:
    page = opened(f"{starter_site}/?q={QUESTION}&why=1", color_scheme=scheme)
    texts = [
        "body",
        ".source",
        ".way",
        ".copies",
        ".quiet",
        "summary",
        ".results h2 a",
        ".passage",
        "mark.word",
        "mark.answer",
        "#q",
        "button",
        "footer p",
    ]
    assert {text: contrast(page.locator(text).first) for text in texts if contrast(page.locator(text).first) < READABLE} == {}
    page.locator(".results h2 a").first.click()
    page.wait_for_url("**#passage")
    texts = ["body", "mark.passage", "mark.answer", "mark.word", "dd", ".back a"]
    assert {text: contrast(page.locator(text).first) for text in texts if contrast(page.locator(text).first) < READABLE} == {}


def test_the_dark_scheme_is_dark(opened: Opened, starter_site: str) -> None:
    grounds = [opened(starter_site, color_scheme=scheme).locator("body").evaluate(COLOURS)[1] for scheme in ("light", "dark")]
    assert luminance(grounds[0]) > 0.8
    assert luminance(grounds[1]) < 0.05


def test_what_is_written_from_right_to_left_is_laid_out_so(opened: Opened, tmp_path: Path) -> None:
    text = "# כרטיסים\n\n## מי מקבל כרטיס\n\nכל תושב מקבל כרטיס תוך 30 ימים.\n\n- כרטיס ירוק\n- כרטיס לבן\n"
    write_files(tmp_path / "documents", {"cards.md": text})
    update(tmp_path / "index", [tmp_path / "documents"], load_encoder=lambda _: StubEncoder())
    with closing(open_searcher(tmp_path / "index", lambda _: StubEncoder())) as searcher, served(searcher) as site:
        page = opened(f"{site}/?q=מי מקבל כרטיס")
        for node in (page.locator("#q"), page.locator("#result-1 h2"), page.locator(".passage").first):
            assert node.evaluate("node => getComputedStyle(node).direction") == "rtl"
        assert overflow(page) == 0
        page.locator("#result-1 h2 a").click()
        expect(page.locator("article.document")).to_have_css("direction", "rtl")
        items = page.locator("article.document ul").first
        assert items.evaluate("node => parseFloat(getComputedStyle(node).paddingRight)") > 0
        # The words of the page itself are English here.
        expect(page.locator("html")).to_have_css("direction", "ltr")
        page.close()


@pytest.mark.parametrize(
    "path",
    [
        "/",
        f"/?q={LONG_WORD}&why=1",
        f"/?q={LONG_WORD}&page=100",
        "/?q=Who gets the card?",
        f"{LONG_WORD}.md",
    ],
    ids=["start", "why", "nothing found", "results", "document"],
)
def test_no_long_word_is_wider_than_a_phone(opened: Opened, awkward_site: str, path: str) -> None:
    page = opened(address_of(awkward_site, path), viewport=PHONE)
    assert overflow(page) == 0


def test_a_page_is_under_its_budget(opened: Opened, starter_site: str) -> None:
    page = opened("about:blank")
    responses: list[Response] = []
    page.on("response", lambda response: responses.append(response))
    page.goto(f"{starter_site}/?q={QUESTION}", wait_until="networkidle")
    sizes = {response.url: len(gzip.compress(response.body())) for response in responses}
    assert {urlsplit(url).path.rpartition("/")[2] for url in sizes} == {"", "style.css", "page.js", "icon.svg"}
    assert sum(sizes.values()) < MOST_BYTES, sizes


def test_a_keyboard_can_skip_to_the_content(opened: Opened, starter_site: str) -> None:
    page = opened(f"{starter_site}/?q={QUESTION}")
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to the content")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    page.wait_for_url("**#content")
