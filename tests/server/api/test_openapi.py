"""The description of the endpoint in OpenAPI, and the guide, which says the same."""

import re
from typing import Any

import pytest
from flask import Flask
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.test import Client

from askdex.server.app import create_building_app
from askdex.server.building import Building
from tests.manual import GUIDE, section

ADDRESS = "/api/v1/openapi.json"

Json = dict[str, Any]


@pytest.fixture(scope="module")
def app() -> Flask:
    """An application that has no index yet; the description needs none."""
    return create_building_app(Building())


@pytest.fixture(scope="module")
def described(app: Flask) -> Json:
    response = app.test_client().get(ADDRESS)
    assert (response.status_code, response.mimetype) == (200, "application/json")
    body: Json = response.get_json()
    return body


def references(value: object) -> set[str]:
    """The names of all schemas that a part of the description refers to."""
    if isinstance(value, dict):
        own = {value["$ref"].rpartition("/")[2]} if isinstance(value.get("$ref"), str) else set()
        return own.union(*map(references, value.values()))
    return set().union(*map(references, value)) if isinstance(value, list) else set()


def test_every_address_of_the_endpoint_is_described(app: Flask, described: Json) -> None:
    rules = {
        (re.sub(r"<(\w+)>", r"{\1}", rule.rule), method.lower())
        for rule in app.url_map.iter_rules()
        if rule.endpoint.startswith("api.") and rule.rule != ADDRESS
        for method in rule.methods or ()
        if method in ("GET", "POST", "PUT", "PATCH", "DELETE")
    }
    assert {(path, method) for path, item in described["paths"].items() for method in item} == rules


def test_every_schema_is_there_and_needed(described: Json) -> None:
    assert described["openapi"].startswith("3.1.")
    schemas = described["components"]["schemas"]
    needed = references(described["paths"])
    while more := references([schemas[name] for name in needed]) - needed:
        needed |= more
    assert needed == set(schemas)


def test_every_operation_and_field_of_a_request_says_what_it_is(described: Json) -> None:
    operations = [operation for item in described["paths"].values() for operation in item.values()]
    assert len(operations) > 8
    assert all(operation["summary"].endswith(".") for operation in operations)
    in_addresses = [each for operation in operations for each in operation["parameters"] if each["in"] == "query"]
    assert [each["name"] for each in in_addresses if not each["description"]] == []


def test_a_query_string_has_no_null_and_its_filter_is_json(described: Json) -> None:
    parameters = {each["name"]: each for each in described["paths"]["/api/v1/search"]["get"]["parameters"]}
    assert parameters["generation"]["schema"]["type"] == "integer"
    assert parameters["filter"]["content"]["application/json"]["schema"]["type"] == "object"
    assert parameters["q"]["required"] is True
    assert not any(each["required"] for name, each in parameters.items() if name != "q")


def test_the_fields_of_a_request_are_those_of_the_guide(described: Json) -> None:
    table = section(GUIDE["json.md"], "## A request").partition("|---|---|\n")[2].partition("\n\n")[0]
    told = re.sub(r"\[([^]]+)\]\([^)]+\)", r"\1", table).splitlines()
    fields = described["components"]["schemas"]["SearchRequest"]["properties"]
    assert told == [f"| `{name}` | {' '.join(schema['description'].split())} |" for name, schema in fields.items()]


def test_under_a_path_of_a_site_the_description_names_that(app: Flask) -> None:
    site = Client(DispatcherMiddleware(Flask("host").wsgi_app, {"/help": app}))
    assert site.get(f"/help{ADDRESS}").get_json()["servers"] == [{"url": "/help"}]
