"""The guide."""

from askdex.server.pages.guide_pages import OVERVIEW, guide_pages
from tests.server.browser.driver import PHONE, Opened, assert_in_view, overflow


def test_the_guide_is_searched_and_read(opened: Opened, awkward_site: str) -> None:
    page = opened(awkward_site, java_script_enabled=False)
    page.get_by_role("link", name="Guide").click()
    page.get_by_label("Words in the guide").fill("nginx")
    page.get_by_role("button", name="Search").click()
    page.wait_for_url("**/guide/?q=nginx")
    page.locator(".results h2 a").first.click()
    page.wait_for_url("**/guide/deploying*")
    assert_in_view(page, page.get_by_role("heading", name="Behind a web server"))


def test_no_page_of_the_guide_is_wider_than_a_phone(opened: Opened, awkward_site: str) -> None:
    page = opened("about:blank", viewport=PHONE)
    for path in ("", *sorted(set(guide_pages()) - {OVERVIEW}), "?q=documents"):
        page.goto(f"{awkward_site}/guide/{path}")
        assert overflow(page) == 0, path
