"""The field for a question: keys, suggestions, room for what is typed."""

from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import expect

from askdex.server import wsgi
from tests.server.browser.driver import PHONE, QUESTION, WATCH_LAYOUT, Opened, box, overflow, shifted


def test_the_start_page_waits_for_a_question_and_enter_asks_it(opened: Opened, starter_site: str) -> None:
    page = opened(starter_site)
    expect(page.get_by_label("Your question")).to_be_focused()
    page.keyboard.type(QUESTION)
    page.keyboard.press("Enter")
    expect(page).to_have_title(f"{QUESTION} – Askdex")
    expect(page.locator(".results > li")).to_have_count(10)


def test_an_example_is_one_click_from_its_answer(opened: Opened, starter_site: str) -> None:
    page = opened(starter_site)
    example = page.locator(".examples a").first
    question = example.inner_text()
    example.click()
    expect(page.get_by_label("Your question")).to_have_value(question)
    expect(page.locator(".best mark.answer").first).to_be_visible()


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
    page = opened("about:blank")
    # Escape would close suggestions before it leaves the field.
    page.route("**/api/v1/suggest*", lambda route: route.fulfill(json={"suggestions": []}))
    page.goto(f"{starter_site}/?q={QUESTION}")
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


def test_enter_takes_a_word_that_is_being_composed_and_asks_nothing(opened: Opened, starter_site: str) -> None:
    page = opened(starter_site)
    field = page.get_by_label("Your question")
    field.fill("社保")
    asked = field.evaluate(
        "node => node.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', isComposing: true, cancelable: true }))"
    )
    assert asked  # nobody took it for a question
    assert urlsplit(page.url).query == ""


def test_an_answer_that_takes_long_is_seen_and_heard_to_be_on_its_way(opened: Opened, asking_site: str) -> None:
    page = opened("about:blank")
    page.add_init_script(WATCH_LAYOUT)
    page.goto(asking_site)
    field, form, said = page.get_by_label("Your question"), page.locator("form.ask"), page.locator("#said")
    # The browser waits, and nothing comes.
    form.evaluate("form => { form.submit = () => {}; }")
    field.fill("Which card?")
    page.keyboard.press("Enter")
    expect(form).to_have_class("ask asking")
    expect(said).to_have_text("Looking for an answer")
    assert shifted(page) == 0
    page.evaluate("dispatchEvent(new Event('pageshow'))")  # as on the way back to a page that was left
    expect(form).to_have_class("ask")
    form.evaluate("form => { delete form.submit; }")
    field.fill("Who pays for the card?")
    page.keyboard.press("Enter")
    page.wait_for_url("**/?q=Who+pays*")
    expect(form).to_have_class("ask")
    expect(said).to_have_text("")


def test_a_question_that_cannot_be_asked_stays_and_is_asked_again(opened: Opened, asking_app: Flask) -> None:
    with wsgi.take_address("127.0.0.1", 0) as listener, wsgi.answering(asking_app, listener):
        port = listener.getsockname()[1]
        page = opened("about:blank", viewport=PHONE)
        page.add_init_script(WATCH_LAYOUT)
        page.goto(wsgi.url(listener))
    field, lost = page.get_by_label("Your question"), page.locator(".lost")
    field.press_sequentially("Who issues")
    expect(lost).to_be_visible()  # while it is typed
    field.press("Escape")
    expect(lost).to_be_hidden()
    field.fill(QUESTION)
    while_typed = shifted(page)  # The field has grown.
    field.press("Enter")
    expect(lost).to_be_visible()
    expect(page.locator("#said")).to_contain_text("There is no connection to the answers")
    expect(page.locator("form.ask")).to_have_class("ask")
    expect(field).to_have_value(QUESTION)
    assert shifted(page, while_typed) == 0
    assert overflow(page) == 0
    with wsgi.take_address("127.0.0.1", port) as listener, wsgi.answering(asking_app, listener):
        page.get_by_role("button", name="Try again").click()
        expect(page.locator(".results > li").first).to_be_visible()
        expect(lost).to_be_hidden()


def test_a_server_behind_a_proxy_that_is_gone_is_told(opened: Opened, asking_site: str) -> None:
    page = opened(asking_site)
    page.route("**/livez", lambda route: route.fulfill(status=502, body="Bad gateway"))
    page.get_by_label("Your question").fill("Which card?")
    page.keyboard.press("Enter")
    expect(page.locator(".lost")).to_contain_text("There is no connection to the answers")


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
    assert shifted(page) == 0
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
    with page.expect_response("**/suggest?q=card+lost+c"):  # or the list may be another between press and release
        field.press_sequentially(" c")
    options.first.click()
    page.wait_for_url("**/?q=What+does+a+lost+card+cost*")
