"""The page that shows the description of the JSON endpoint."""

import pytest
from selectolax.lexbor import LexborHTMLParser

from askdex.server.app import create_building_app
from askdex.server.building import Building


@pytest.fixture(scope="module")
def page() -> LexborHTMLParser:
    response = create_building_app(Building()).test_client().get("/api", headers={"Accept": "text/html"})
    assert (response.status_code, response.mimetype) == (200, "text/html")
    return LexborHTMLParser(response.text)


def test_every_operation_and_every_field_is_on_the_page(page: LexborHTMLParser) -> None:
    api = create_building_app(Building()).test_client().get("/api/v1/openapi.json").get_json()
    headings = {node.text() for node in page.css("h2")}
    assert {f"{method.upper()} {path}" for path, item in api["paths"].items() for method in item} <= headings
    assert set(api["components"]["schemas"]) <= headings
    named = [node.text() for node in page.css("td:first-child code")]
    fields = [name for schema in api["components"]["schemas"].values() for name in schema.get("properties", ())]
    parameters = [each["name"] for item in api["paths"].values() for each in item.get("get", {}).get("parameters", ())]
    assert sorted(named) == sorted(fields + parameters)


def test_every_model_that_is_named_is_on_the_page(page: LexborHTMLParser) -> None:
    named = {str(node.attributes["href"]) for node in page.css("article a[href^='#']")}
    assert len(named) > 20
    assert [name for name in named if page.css_first(name) is None] == []


def test_the_page_loads_nothing_from_another_host_and_has_no_script_of_its_own(page: LexborHTMLParser) -> None:
    loaded = [node.attributes.get("src") or node.attributes.get("href") or "" for node in page.css("script, link, img")]
    assert [address for address in loaded if not address.startswith(("/static/", "/opensearch.xml"))] == []
    assert page.css("[style], style") == []
