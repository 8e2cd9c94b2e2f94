"""Answers: read, opened in their documents, explained, narrowed down, copied, judged, printed."""

import re
from contextlib import closing
from pathlib import Path
from urllib.parse import unquote

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ViewportSize, expect

from askdex.corpus.sources.site.rules import SiteRules
from askdex.indexer.ingest.update import update
from askdex.indexer.search.searcher import open_searcher
from askdex.indexer.store import question_log
from askdex.server.question_log import QuestionLog
from tests.server.browser.driver import (
    DESK,
    PATIENCE_MS,
    PHONE,
    QUESTION,
    WATCH_LAYOUT,
    WIDE,
    Opened,
    assert_in_view,
    box,
    served,
    shifted,
)
from tests.server.made_index import made_searcher
from tests.site_server import Page as SitePage
from tests.site_server import serving
from tests.stubs import StubEncoder


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
@pytest.mark.parametrize("scripts", ["with scripts", "without scripts"])
def test_ask_read_the_answer_and_open_the_document_at_it(
    opened: Opened, starter_site: str, size: ViewportSize, scripts: str
) -> None:
    question = "How soon must a new employee be registered?"
    page = opened(starter_site, viewport=size, java_script_enabled=scripts == "with scripts")
    page.get_by_label("Your question").fill(question)
    page.get_by_role("button", name="Ask").click()
    answer = page.get_by_role("region", name="Answer").locator("mark.answer").first
    expect(answer).to_contain_text("30 days")
    assert_in_view(page, answer)
    sentence = answer.inner_text()

    page.get_by_role("region", name="Answer").get_by_role("heading").get_by_role("link").click()
    page.wait_for_url("**#passage")
    assert sentence in "".join(page.locator("mark.answer").all_text_contents())
    assert_in_view(page, page.locator("mark.passage").first)

    page.get_by_role("link", name="Back to the answers").click()
    expect(answer).to_have_text(sentence)
    expect(page.get_by_label("Your question")).to_have_value(question)


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_results_open_at_their_passages_below_their_headings(opened: Opened, starter_site: str, size: ViewportSize) -> None:
    page = opened(f"{starter_site}/?q={QUESTION}", viewport=size)
    links = page.locator(".results h2 a").evaluate_all("nodes => nodes.map(node => node.href)")
    assert len(links) == 10
    for link in links[::3]:
        page.goto(link)
        passage = page.locator("mark.passage").first
        assert_in_view(page, passage)
        heading = page.locator("article :is(h1, h2, h3, h4, h5, h6):has(~ * mark.passage)").last
        bar_end = box(page.locator(".bar"))[1]
        assert bar_end < box(heading)[1]


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_a_passage_within_a_long_paragraph_is_opened_in_view(opened: Opened, awkward_site: str, size: ViewportSize) -> None:
    page = opened(f"{awkward_site}/?q=Who is given card 350 on day 350?", viewport=size)
    page.locator(".results h2 a").first.click()
    page.wait_for_url("**#passage")
    passage = page.locator("mark.passage").first
    assert "350" in "".join(page.locator("mark.passage").all_text_contents())
    assert_in_view(page, passage)


def test_a_result_of_a_site_leads_to_its_page_at_the_sentence(browser: Browser, tmp_path: Path) -> None:
    sentences = [f"Card {n} is given out on day {n} of the month." for n in range(400)]
    body = "".join(f"<p>{sentence}</p>" for sentence in sentences).encode()
    with serving({"/": SitePage(b"<!doctype html><title>Cards</title>" + body, headers={"Content-Type": "text/html"})}) as site:
        rules = SiteRules(delay_s=0.0, allows_private=True)
        update(tmp_path, [f"{site.address}/"], load_encoder=lambda _: StubEncoder(), site_rules=rules)
        with closing(open_searcher(tmp_path, lambda _: StubEncoder())) as searcher, served(searcher) as address:
            page = browser.new_page()
            page.set_default_timeout(PATIENCE_MS)
            page.goto(f"{address}/?q=Card+317+day+317")
            link = page.locator(".uri a").first
            assert unquote(str(link.get_attribute("href"))) == f"{site.address}/#:~:text={sentences[317]}"
            link.click()
            page.wait_for_url(f"{site.address}/**")
            expect(page.get_by_text(sentences[317])).to_be_in_viewport()
            assert page.evaluate("scrollY") > 1_000
            page.close()


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_why_opens_below_its_result_and_the_others_with_a_click(opened: Opened, starter_site: str, size: ViewportSize) -> None:
    page = opened(f"{starter_site}/?q={QUESTION}", viewport=size, java_script_enabled=False)
    page.get_by_role("link", name="Why? Result 3", exact=True).click()
    page.wait_for_url("**#result-3")
    assert_in_view(page, page.locator("#result-3 h2"))
    expect(page.locator("#result-3 details ul").first).to_be_visible()
    expect(page.locator("#result-4 details ul").first).to_be_hidden()
    page.locator("#result-4 summary").click()
    expect(page.locator("#result-4 details ul").first).to_be_visible()


def test_more_results_and_back(opened: Opened, starter_site: str) -> None:
    page = opened(f"{starter_site}/?q={QUESTION}")
    first = page.locator(".results h2").first.inner_text()
    page.get_by_role("link", name="More results").click()
    expect(page.locator(".results").first).to_have_attribute("start", "11")
    page.get_by_role("link", name="Previous").click()
    expect(page.locator(".results h2").first).to_have_text(first)


def test_a_passage_can_be_copied_as_a_link_and_as_a_quote_with_its_source(opened: Opened, starter_site: str) -> None:
    page = opened(f"{starter_site}/?q={QUESTION}", permissions=["clipboard-read", "clipboard-write"])
    said = page.locator("#said")
    expect(said).to_have_text("")
    page.get_by_role("button", name="Copy the link to result 1", exact=True).click()
    expect(said).to_have_text("Copied")
    link: str = page.evaluate("navigator.clipboard.readText()")
    answer = " ".join(page.locator(".best mark.answer").all_text_contents())
    page.get_by_role("button", name="Copy result 1 with its source", exact=True).click()
    page.wait_for_function("link => navigator.clipboard.readText().then(text => text !== link)", arg=link)
    words, place = page.evaluate("navigator.clipboard.readText()").split("\n\n")
    assert words == f"“{answer}”"
    assert place.splitlines()[0] == page.locator(".best h2").inner_text()
    assert place.splitlines()[-1] == link
    page.goto(link)
    assert " ".join(page.locator("mark.answer").all_text_contents()) == answer


def test_without_a_clipboard_a_passage_can_be_copied_too(opened: Opened, starter_site: str) -> None:
    page = opened("about:blank", permissions=["clipboard-read", "clipboard-write"])
    page.add_init_script("window.board = navigator.clipboard; Object.defineProperty(navigator, 'clipboard', {value: null})")
    page.goto(f"{starter_site}/?q={QUESTION}")
    page.get_by_role("button", name="Copy the link to result 2", exact=True).click()
    expect(page.locator("#said")).to_have_text("Copied")
    link = page.locator("#result-2 h2 a").evaluate("node => node.href")
    assert page.evaluate("window.board.readText()") == link


def test_without_scripts_no_button_is_there_that_does_nothing(opened: Opened, starter_site: str) -> None:
    page = opened(f"{starter_site}/?q={QUESTION}", java_script_enabled=False)
    expect(page.get_by_role("link", name="Why? Result 1", exact=True)).to_be_visible()
    expect(page.locator(".copies").first).to_be_hidden()


@pytest.mark.parametrize("has_scripts", [True, False], ids=["with scripts", "without"])
def test_a_press_of_a_button_says_whether_an_answer_helped(opened: Opened, tmp_path: Path, *, has_scripts: bool) -> None:
    with (
        made_searcher(tmp_path) as searcher,
        QuestionLog(tmp_path / "index", 90, searcher.reader) as log,
        served(searcher, log) as site,
    ):
        page = opened(f"{site}/?q=Which card is green?", java_script_enabled=has_scripts)
        assert not has_scripts or Axe().run(page).violations_count == 0
        page.locator(".feedback button", has_text="No").click()
        expect(page.locator(".feedback")).to_have_text(re.compile("Thank you."))
        expect(page.locator("#result-1")).to_be_visible()
        page.close()
    with closing(question_log.open_log(tmp_path / "index")) as connection:
        (said,) = question_log.verdicts(connection, "")
    assert (said.question, said.document, said.not_helped) == ("Which card is green?", "card.md", 1)


def test_a_printed_page_has_the_question_the_marked_answer_its_source_and_address(opened: Opened, asking_site: str) -> None:
    page = opened(f"{asking_site}/?q=Who pays for the card?")
    expect(page.locator(".printed")).to_be_hidden()
    page.emulate_media(media="print")
    assert "Who pays for the card?" in page.get_by_role("heading", level=1).inner_text()
    start, end = box(page.get_by_role("heading", level=1))
    assert end - start > 10
    assert "underline" in page.locator("mark.answer").first.evaluate("node => getComputedStyle(node).textDecorationLine")
    expect(page.locator(".best .source")).to_be_visible()
    expect(page.locator(".printed")).to_have_text(f"{asking_site}/?q=Who%20pays%20for%20the%20card?")
    for hidden in (".bar", "footer", ".tools", ".more"):
        expect(page.locator(hidden).first).to_be_hidden()
    page.locator(".results h2 a").first.click()
    expect(page.locator("main .printed")).to_have_text("Your question: Who pays for the card?")
    styles = "nodes => nodes.map((node) => getComputedStyle(node).textDecoration)"
    assert all("underline" in style for style in page.locator("mark.passage").evaluate_all(styles))
    assert all("dotted" not in style for style in page.locator("mark.answer").evaluate_all(styles))
    page.emulate_media(media="screen")
    expect(page.locator("main .printed")).to_be_hidden()
    page.emulate_media(media="print")
    page.goto(f"{asking_site}/?q=zebra crossing rules")
    expect(page.get_by_role("heading", name="No passage seems to answer this")).to_be_visible()
    # Nothing can be unfolded on paper.
    expect(page.locator(".further > summary")).to_be_hidden()


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_the_answer_comes_first_and_what_narrows_it_down_is_folded_away_behind_it(
    opened: Opened, starter_site: str, size: ViewportSize
) -> None:
    page = opened(f"{starter_site}/?q={QUESTION}", viewport=size, java_script_enabled=False)
    narrowing = page.locator(".facets")
    bar_end = box(page.locator(".bar"))[1]
    assert box(page.locator(".best"))[0] - bar_end < 40
    assert box(page.locator("#result-1"))[1] <= box(narrowing)[0] <= box(page.locator("#result-2"))[0]
    folder = narrowing.get_by_role("link", name="pension")
    expect(folder).to_be_hidden()
    narrowing.locator("summary").click()
    folder.click()
    page.wait_for_url("**in=folder*")
    expect(page.locator(".chip")).to_have_text(re.compile("Folder: pension"))


def test_on_a_wide_screen_what_narrows_the_answer_down_stands_open_beside_it(opened: Opened, starter_site: str) -> None:
    page = opened("about:blank", viewport=WIDE)
    page.add_init_script(WATCH_LAYOUT)
    page.goto(f"{starter_site}/?q={QUESTION}")
    narrowing, answer = page.locator(".facets"), page.locator(".best")
    expect(narrowing.get_by_role("link", name="pension")).to_be_visible()
    beside, best = narrowing.bounding_box(), answer.bounding_box()
    assert beside is not None
    assert best is not None
    assert beside["x"] >= best["x"] + best["width"]
    assert abs(beside["y"] - best["y"]) < 10
    assert shifted(page) == 0
    # Whoever goes from link to link comes to the answer first.
    is_behind = "([best, facets]) => Boolean(best.compareDocumentPosition(facets) & Node.DOCUMENT_POSITION_FOLLOWING)"
    assert page.evaluate(is_behind, [answer.element_handle(), narrowing.element_handle()])
