"""Every state of every page: nothing in it breaks a rule of accessibility, moves, or is wider than the screen."""

from collections.abc import Iterator, Mapping

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from askdex.indexer.search.searcher import Searcher
from askdex.server import wsgi
from askdex.server.app import create_app, create_building_app
from askdex.server.building import Building
from tests.server.browser.driver import DESK, PHONE, QUESTION, WATCH_LAYOUT, Opened, overflow, shifted
from tests.server.browser.states import NAMES, State, states


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory, starter_searcher: Searcher) -> Iterator[Mapping[str, State]]:
    with states(tmp_path_factory.mktemp("states"), starter_searcher) as found:
        yield found


# What a scheme changes are colours, and what a size changes is none: each of them once shows all, twice where there is most.
LOOKS = {"desk, light": (DESK, "light"), "phone, dark": (PHONE, "dark")}
CASES = [(name, look) for n, name in enumerate(NAMES) for k, look in enumerate(LOOKS) if n % 2 == k or name == "answer and why"]


@pytest.mark.parametrize(("name", "look"), CASES)
def test_no_rule_is_broken_nothing_moves_and_nothing_is_wider_than_the_screen(
    opened: Opened, found: Mapping[str, State], name: str, look: str
) -> None:
    state = found[name]
    size, scheme = LOOKS[look]
    page = opened("about:blank", viewport=size, color_scheme=scheme, locale=state.language)
    page.add_init_script(WATCH_LAYOUT)
    page.goto(state.address)
    assert shifted(page) == 0
    state.act(page)
    rules = Axe().run(page)
    assert rules.violations_count == 0, rules.generate_report()
    assert overflow(page) == 0


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
            page.route("**/readyz", lambda route: route.abort("connectionrefused"))
            expect(page.get_by_text("There is no connection to the answers just now.")).to_be_visible()
            page.unroute("**/readyz")
        with wsgi.answering(create_app(starter_searcher), listener):
            expect(page.locator(".results > li").first).to_be_visible()
            assert page.url.endswith("card?")
