"""The description of the endpoint in OpenAPI 3.1, made from the models that validate and answer.

flask-openapi 5 is no help: it writes OpenAPI 3.2, leaves out what its own models of JSON Schema lack (`propertyNames`,
`contentSchema`), validates bodies as Python objects, where strict models refuse what JSON can only say in strings, and answers
errors in a shape of its own.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from inspect import getdoc
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode, models_json_schema

from askdex.server.api.endpoints import Endpoint
from askdex.server.api.models.status import Problem

_API_VERSION = "1"
_SCHEMAS = "#/components/schemas/"
_VARIABLE = re.compile(r"<(\w+)>")

Json = dict[str, Any]


class _WithoutTitles(GenerateJsonSchema):
    """Schemas in which a field has no title beside its name."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ANN401, ARG002  # as the library has it
        """See GenerateJsonSchema."""
        return False


def document(endpoints: Iterable[Endpoint], server: str) -> Json:
    """The description of endpoints below an address of a server."""
    listed = sorted(endpoints, key=lambda endpoint: endpoint.path)
    schemas = _schemas(listed)
    paths: dict[str, Json] = {}
    for endpoint in listed:
        path = _VARIABLE.sub(r"{\1}", endpoint.path)
        paths.setdefault(path, {})[endpoint.method.lower()] = _operation(endpoint, schemas)
    queries = {endpoint.query.__name__ for endpoint in listed if endpoint.query is not None}
    return {
        "openapi": "3.1.1",
        "info": {"title": "Askdex", "version": _API_VERSION, "summary": "Ask your documents a question."},
        "servers": [{"url": server}],
        "paths": paths,
        "components": {"schemas": {name: schema for name, schema in schemas.items() if name not in queries}},
    }


def _schemas(endpoints: Sequence[Endpoint]) -> Mapping[str, Json]:
    """The JSON Schemas of all models and of their parts, by name."""
    models: dict[tuple[type[BaseModel], JsonSchemaMode], None] = {(Problem, "serialization"): None}
    for endpoint in endpoints:
        models |= {(model, "validation"): None for model in (endpoint.query, *endpoint.bodies) if model is not None}
        models[endpoint.answer, "serialization"] = None
    _, made = models_json_schema(list(models), ref_template=_SCHEMAS + "{model}", schema_generator=_WithoutTitles)
    schemas: Mapping[str, Json] = made["$defs"]
    return schemas


def _operation(endpoint: Endpoint, schemas: Mapping[str, Json]) -> Json:
    summary, _, more = (getdoc(endpoint.function) or "").partition("\n")
    success = endpoint.answer.http_status
    problems = {str(int(status)): _response(status.phrase, Problem, "application/problem+json") for status in endpoint.errors}
    operation: Json = {
        "operationId": endpoint.function.__name__,
        "summary": summary,
        "description": more.strip(),
        "parameters": list(_parameters(endpoint, schemas)),
        "responses": {
            str(int(success)): _response(success.phrase, endpoint.answer),
            **problems,
            "default": _response("Any other error", Problem, "application/problem+json"),
        },
    }
    if endpoint.bodies:
        content = {body.media_type: schema for body in endpoint.bodies for schema in _content(body).values()}
        operation["requestBody"] = {"required": True, "content": content}
    return operation


def _parameters(endpoint: Endpoint, schemas: Mapping[str, Json]) -> Iterator[Json]:
    for name in _VARIABLE.findall(endpoint.path):
        yield {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
    if endpoint.query is not None:
        model = schemas[endpoint.query.__name__]
        for name, schema in model["properties"].items():
            required = name in model.get("required", ())
            yield {"name": name, "in": "query", "required": required, **_in_address(schema)}


def _in_address(schema: Json) -> Json:
    """The schema of a field of a query string, in which JSON is told from text and no value is null."""
    schema = {key: value for key, value in schema.items() if value is not None}
    described = {"description": schema.pop("description", "")}
    if "contentSchema" in schema:
        return {**described, "content": {schema["contentMediaType"]: {"schema": schema["contentSchema"]}}}
    match [choice for choice in schema.get("anyOf", ()) if choice != {"type": "null"}]:
        case [only]:
            return {**described, "schema": only}
    return {**described, "schema": schema}


def _response(description: str, model: type[BaseModel], media_type: str = "application/json") -> Json:
    return {"description": description, "content": _content(model, media_type)}


def _content(model: type[BaseModel], media_type: str = "application/json") -> Json:
    return {media_type: {"schema": {"$ref": _SCHEMAS + model.__name__}}}
