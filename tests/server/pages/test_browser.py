"""The pages in a real browser."""

import gzip
import json
import re
import shutil
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, Page, Response, ViewportSize, expect, sync_playwright

from askdex.corpus.sources.site.rules import SiteRules
from askdex.indexer.ingest.update import update
from askdex.indexer.search.searcher import Searcher, open_searcher
from askdex.indexer.store import question_log
from askdex.server import wsgi
from askdex.server.app import create_app, create_building_app
from askdex.server.building import Building
from askdex.server.pages.guide_pages import OVERVIEW, guide_pages
from askdex.server.question_log import QuestionLog
from tests.server.made_index import made_searcher
from tests.site_server import Page as SitePage
from tests.site_server import serving
from tests.stubs import StubEncoder, write_files

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
ARGUMENTS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
).split()
PATIENCE_MS = 60_000
DESK = ViewportSize(width=1100, height=800)
PHONE = ViewportSize(width=360, height=640)
QUESTION = "Who issues the social security card?"
TABLE = "cards/who-issues-each-card.html"
READABLE = 4.5
MOST_BYTES = 30_000
"""Bytes of all that a page of results takes, compressed."""
PATHS = ["/", f"/?q={QUESTION}", f"/?q={QUESTION}&why=1", "/?q=best pizza in Rome", TABLE, "/left-out", "/nothing"]
PATHS += ["/guide/", "/guide/deploying", "/guide/documents", "/guide/?q=nginx"]
WATCH_LAYOUT = """
window.shifted = 0;
new PerformanceObserver(list => list.getEntries().forEach(entry => { window.shifted += entry.value; }))
    .observe({ type: "layout-shift", buffered: true });
"""
LONG_WORD = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft" * 2
LONG_WORDS = f"""---
{LONG_WORD}: {LONG_WORD}
---
# {LONG_WORD}

## {LONG_WORD}

The card {LONG_WORD}.

- {LONG_WORD}

| {LONG_WORD} | {LONG_WORD} | {LONG_WORD} |
| --- | --- | --- |
| card | card | card |

|{" card |" * 30}
|{" --- |" * 30}

```
{LONG_WORD}
```
"""
LONG_PARAGRAPH = "# Cards\n\n" + " ".join(f"Card {n} is given to those who asked for it on day {n}." for n in range(400)) + "\n"

Opened = Callable[..., Page]

COLOURS = """node => {
    let ground = node;
    const clear = "rgba(0, 0, 0, 0)";
    while (ground.parentElement && getComputedStyle(ground).backgroundColor === clear) ground = ground.parentElement;
    return [getComputedStyle(node).color, getComputedStyle(ground).backgroundColor];
}"""


@contextmanager
def served(searcher: Searcher, question_log: QuestionLog | None = None) -> Iterator[str]:
    """The address of an app that answers with this searcher, and writes down what is asked where there is a log."""
    app = create_app(searcher, question_log=question_log)
    with wsgi.take_address("127.0.0.1", 0) as listener, wsgi.answering(app, listener):
        yield wsgi.url(listener).rstrip("/")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("no Chromium is installed")
    # By itself it waits for 5 seconds, which a busy machine may take to show a page.
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright, playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS) as browser:
        yield browser


@pytest.fixture(scope="module")
def starter_site(starter_searcher: Searcher) -> Iterator[str]:
    with served(starter_searcher) as address:
        yield address


@pytest.fixture(scope="module")
def awkward_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A site over documents whose words and paragraphs are longer than a screen."""
    folder = tmp_path_factory.mktemp("awkward")
    documents = folder / "documents"
    documents.mkdir()
    (documents / f"{LONG_WORD}.md").write_text(LONG_WORDS, encoding="utf-8")
    (documents / "paragraph.md").write_text(LONG_PARAGRAPH, encoding="utf-8")
    update(folder / "index", [documents], load_encoder=lambda _: StubEncoder())
    with closing(open_searcher(folder / "index", lambda _: StubEncoder())) as searcher, served(searcher) as address:
        yield address


@pytest.fixture
def opened(browser: Browser) -> Iterator[Opened]:
    """Opens an address in a page of its own; whatever happens there may not complain nor ask another host."""
    complaints: list[str] = []
    hosts: set[str | None] = set()
    pages: list[Page] = []

    def open_page(address: str, **options: object) -> Page:
        page = browser.new_page(**options)  # type: ignore[arg-type]  # as the library has them
        pages.append(page)
        page.set_default_timeout(PATIENCE_MS)
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: hosts.add(urlsplit(request.url).hostname))
        page.goto(address)
        return page

    yield open_page
    for page in pages:
        page.close()
    # Of the status of a page that says what is wrong the browser complains too, and of a server that is not there yet.
    expected = re.compile("the server responded with a status of (404|503)|ERR_(CONNECTION|EMPTY_RESPONSE|SOCKET)")
    assert [complaint for complaint in complaints if not expected.search(complaint)] == []
    assert hosts <= {"127.0.0.1", None}


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
def test_every_result_opens_at_its_passage_below_its_heading(opened: Opened, starter_site: str, size: ViewportSize) -> None:
    page = opened(f"{starter_site}/?q={QUESTION}", viewport=size)
    links = page.locator(".results h2 a").evaluate_all("nodes => nodes.map(node => node.href)")
    assert len(links) == 10
    for link in links:
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


def test_the_start_page_waits_for_a_question_and_enter_asks_it(opened: Opened, starter_site: str) -> None:
    page = opened(starter_site)
    expect(page.get_by_label("Your question")).to_be_focused()
    page.keyboard.type(QUESTION)
    page.keyboard.press("Enter")
    expect(page).to_have_title(f"{QUESTION} – Askdex")
    expect(page.locator(".results > li")).to_have_count(10)


def test_a_long_question_is_seen_whole_on_a_phone(opened: Opened, starter_site: str) -> None:
    page = opened(starter_site, viewport=PHONE)
    field = page.get_by_label("Your question")
    one_line = box(field)
    field.fill("How long before it ends do I have to ask for a new social security card if I have moved since?")
    start, end = box(field)
    assert end - start > 2 * (one_line[1] - one_line[0]) * 0.8
    assert field.evaluate("node => node.scrollHeight - node.clientHeight") <= 1
    page.get_by_role("button", name="Ask").click()
    page.wait_for_url("**/?q=How*")
    # On the page of results the field takes up to three lines, and all of it once it is used again.
    field.focus()
    assert field.evaluate("node => node.scrollHeight - node.clientHeight") <= 1


def test_a_browser_that_lets_no_field_grow_is_helped(opened: Opened, starter_site: str) -> None:
    page = opened("about:blank", viewport=PHONE)
    page.add_init_script(
        "CSS.supports = () => false; addEventListener('DOMContentLoaded', () => { q.style.fieldSizing = 'fixed'; })"
    )
    page.goto(starter_site)
    field = page.get_by_label("Your question")
    field.fill("How long before it ends do I have to ask for a new social security card if I have moved since?")
    assert field.evaluate("node => node.scrollHeight - node.clientHeight") <= 1


def test_keys_ask_begin_a_line_and_come_and_go(opened: Opened, starter_site: str) -> None:
    page = opened(f"{starter_site}/?q={QUESTION}")
    field = page.get_by_label("Your question")
    expect(field).not_to_be_focused()
    page.keyboard.press("/")
    expect(field).to_be_focused()
    expect(field).to_have_value(QUESTION)
    page.keyboard.type("Is it the city")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("or the bank/office?")
    expect(field).to_have_value("Is it the city\nor the bank/office?")
    page.keyboard.press("Escape")
    expect(field).not_to_be_focused()
    page.keyboard.press("Control+/")
    expect(field).not_to_be_focused()
    field.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/?q=Is+it+the+city*bank*")
    expect(page.locator(".results > li").first).to_be_visible()


def test_an_answer_that_takes_long_is_seen_and_heard_to_be_on_its_way(opened: Opened, asking_site: str) -> None:
    page = opened("about:blank")
    page.add_init_script(WATCH_LAYOUT)
    page.goto(asking_site)
    field, form, said = page.get_by_label("Your question"), page.locator("form.ask"), page.locator("#said")
    # The browser waits, and nothing comes.
    form.evaluate("form => form.addEventListener('submit', event => event.preventDefault(), { once: true })")
    field.fill("Which card?")
    page.keyboard.press("Enter")
    expect(form).to_have_class("ask asking")
    expect(said).to_have_text("Looking for an answer")
    assert page.evaluate("window.shifted") == 0
    page.evaluate("dispatchEvent(new Event('pageshow'))")  # as on the way back to a page that was left
    expect(form).to_have_class("ask")
    field.fill("Who pays for the card?")
    page.keyboard.press("Enter")
    page.wait_for_url("**/?q=Who+pays*")
    expect(form).to_have_class("ask")
    expect(said).to_have_text("")


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


@pytest.fixture(scope="module")
def asking_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A site over documents with questions of their own, without a model."""
    folder = tmp_path_factory.mktemp("asking")
    questions = ["Who issues the card?", "Who pays for the card?", "What does a lost card cost?"]
    sections = "\n\n".join(f"## {question}\n\nThe office of the town says so." for question in questions)
    write_files(folder / "documents", {"card.md": f"# Cards\n\n{sections}\n"})
    update(folder / "index", [folder / "documents"], load_encoder=lambda _: StubEncoder())
    with closing(open_searcher(folder / "index", lambda _: StubEncoder())) as searcher, served(searcher) as address:
        yield address


def test_a_suggested_question_is_chosen_by_keys_and_asked(opened: Opened, asking_site: str) -> None:
    page = opened("about:blank")
    page.add_init_script(WATCH_LAYOUT)
    page.goto(asking_site)
    field, options = page.get_by_label("Your question"), page.get_by_role("option")
    page.keyboard.type("who")
    expect(options).to_have_text(["Who issues the card?", "Who pays for the card?"])
    expect(page.locator("#said")).to_have_text("2 suggestions, use the arrow keys")
    assert Axe().run(page).violations_count == 0
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(options.nth(1)).to_have_attribute("aria-selected", "true")
    expect(field).to_have_attribute("aria-activedescendant", "suggestion-1")
    page.keyboard.press("ArrowDown")
    assert field.get_attribute("aria-activedescendant") is None
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Escape")
    expect(options).to_have_count(0)
    expect(field).to_be_focused()
    page.keyboard.type(" pay")
    expect(options).to_have_text(["Who pays for the card?"])
    assert page.evaluate("window.shifted") == 0
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url("**/?q=Who+pays+for+the+card*")
    expect(field).to_have_value("Who pays for the card?")


def test_a_suggested_question_is_chosen_with_a_tap_or_left_alone(opened: Opened, asking_site: str) -> None:
    page = opened(asking_site, viewport=PHONE)
    field, options = page.get_by_label("Your question"), page.get_by_role("option")
    field.press_sequentially("card lost")
    expect(options).to_have_text(["What does a lost card cost?"])
    assert overflow(page) == 0
    page.get_by_role("heading").first.click()
    expect(options).to_have_count(0)
    field.press_sequentially(" c")
    options.first.click()
    page.wait_for_url("**/?q=What+does+a+lost+card+cost*")


def test_enter_takes_a_word_that_is_being_composed_and_asks_nothing(opened: Opened, starter_site: str) -> None:
    page = opened(starter_site)
    field = page.get_by_label("Your question")
    field.fill("社保")
    asked = field.evaluate(
        "node => node.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', isComposing: true, cancelable: true }))"
    )
    assert asked  # nobody took it for a question
    assert urlsplit(page.url).query == ""


def test_an_example_is_one_click_from_its_answer(opened: Opened, starter_site: str) -> None:
    page = opened(starter_site)
    example = page.locator(".examples a").first
    question = example.inner_text()
    example.click()
    expect(page.get_by_label("Your question")).to_have_value(question)
    expect(page.locator(".best mark.answer").first).to_be_visible()


def test_a_keyboard_can_skip_to_the_content(opened: Opened, starter_site: str) -> None:
    page = opened(f"{starter_site}/?q={QUESTION}")
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to the content")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    page.wait_for_url("**#content")


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
    expect(page.locator(".results")).to_have_attribute("start", "11")
    page.get_by_role("link", name="Previous").click()
    expect(page.locator(".results h2").first).to_have_text(first)


@pytest.mark.parametrize(
    "path", ["/", f"/?q={QUESTION}", f"/?q={QUESTION}&why=1", f"/?q={QUESTION}&page=100", TABLE, "cards/cards-for-children.txt"]
)
def test_nothing_is_wider_than_a_phone(opened: Opened, starter_site: str, path: str) -> None:
    page = opened(address_of(starter_site, path), viewport=PHONE)
    assert overflow(page) == 0


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


@pytest.mark.parametrize("path", ["", *sorted(set(guide_pages()) - {OVERVIEW}), "?q=documents"])
def test_no_page_of_the_guide_is_wider_than_a_phone(opened: Opened, awkward_site: str, path: str) -> None:
    page = opened(f"{awkward_site}/guide/{path}", viewport=PHONE)
    assert overflow(page) == 0


def test_the_guide_is_searched_and_read(opened: Opened, awkward_site: str) -> None:
    page = opened(awkward_site, java_script_enabled=False)
    page.get_by_role("link", name="Guide").click()
    page.get_by_label("Words in the guide").fill("nginx")
    page.get_by_role("button", name="Search").click()
    page.wait_for_url("**/guide/?q=nginx")
    page.locator(".results h2 a").first.click()
    page.wait_for_url("**/guide/deploying*")
    assert_in_view(page, page.get_by_role("heading", name="Behind a web server"))


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


def test_a_page_opens_by_itself_once_the_documents_are_read(opened: Opened, starter_searcher: Searcher) -> None:
    building = Building()
    building(1, 4)
    with wsgi.take_address("127.0.0.1", 0) as listener:
        address = wsgi.url(listener)
        with wsgi.answering(create_building_app(building), listener):
            page = opened(f"{address}?q={QUESTION}", viewport=PHONE)
            expect(page.get_by_role("heading", name="The documents are being read")).to_be_visible()
            progress = page.get_by_role("progressbar")
            assert progress.evaluate("node => node.value") == 0.25
            assert Axe().run(page).violations_count == 0
            building(3, 4)
            expect(progress).to_have_js_property("value", 0.75)
        with wsgi.answering(create_app(starter_searcher), listener):
            expect(page.locator(".results > li").first).to_be_visible()
            assert page.url.endswith("card?")


# What a scheme changes are colours, and what a size changes is none: each of them once shows all.
@pytest.mark.parametrize(("size", "scheme"), [(DESK, "light"), (PHONE, "dark")], ids=["desk, light", "phone, dark"])
@pytest.mark.parametrize("path", PATHS)
def test_no_rule_of_accessibility_is_broken_and_nothing_moves(
    opened: Opened, starter_site: str, path: str, size: ViewportSize, scheme: str
) -> None:
    page = opened("about:blank", viewport=size, color_scheme=scheme)
    page.add_init_script(WATCH_LAYOUT)
    page.goto(address_of(starter_site, path))
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("window.shifted") == 0


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


def test_a_page_is_under_its_budget(opened: Opened, starter_site: str) -> None:
    page = opened("about:blank")
    responses: list[Response] = []
    page.on("response", lambda response: responses.append(response))
    page.goto(f"{starter_site}/?q={QUESTION}", wait_until="networkidle")
    sizes = {response.url: len(gzip.compress(response.body())) for response in responses}
    assert {urlsplit(url).path.rpartition("/")[2] for url in sizes} == {"", "style.css", "page.js", "icon.svg"}
    assert sum(sizes.values()) < MOST_BYTES, sizes


def test_the_dark_scheme_is_dark(opened: Opened, starter_site: str) -> None:
    grounds = [opened(starter_site, color_scheme=scheme).locator("body").evaluate(COLOURS)[1] for scheme in ("light", "dark")]
    assert luminance(grounds[0]) > 0.8
    assert luminance(grounds[1]) < 0.05


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
