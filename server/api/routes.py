"""The JSON endpoint."""

from typing import Any

from flask import Blueprint, Response, jsonify, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import UnsupportedMediaType

from askdex.server.api import schema
from askdex.server.current import service, site

api = Blueprint("api", __name__)

_SUGGESTIONS_KEPT_S = 60
"""Seconds for which a browser need not ask for the same suggestions again."""


@api.post("/api/v1/search")
def post_search() -> dict[str, Any]:
    """Answer a question in a JSON body."""
    if not request.is_json:
        raise UnsupportedMediaType("The body must be JSON: send it with the header Content-Type: application/json.")
    return _search(schema.SearchRequest.model_validate_json(request.get_data()))


@api.get("/api/v1/search")
def get_search() -> dict[str, Any]:
    """Answer a question in the query string."""
    return _search(schema.SearchArguments.model_validate(request.args.to_dict()))


@api.get("/api/v1/documents")
def list_documents() -> dict[str, Any]:
    """A page of the documents, in the order of their uris."""
    page = schema.PageArguments.model_validate(request.args.to_dict())
    return schema.documents_json(service().documents(page.limit, page.offset))


@api.get("/api/v1/documents/<document_id>")
def get_document(document_id: str) -> dict[str, Any]:
    """One document with its text."""
    return schema.document_json(service().document(document_id))


@api.get("/api/v1/left-out")
def list_left_out() -> dict[str, Any]:
    """A page of what could not be read, in the order of the uris."""
    page = schema.PageArguments.model_validate(request.args.to_dict())
    return schema.left_out_json(service().left_out(page.limit, page.offset))


@api.get("/api/v1/facets")
def list_facets() -> dict[str, Any]:
    """What the documents can be told apart by, with the numbers of documents."""
    return schema.facets_json(service().facets())


@api.get("/api/v1/passages/<passage_id>")
def get_passage(passage_id: str) -> dict[str, Any]:
    """One passage with its place in its document."""
    return schema.passage_json(service().passage(passage_id))


@api.get("/api/v1/suggest")
def suggest() -> Response:
    """Questions that documents answer and that hold what was typed; none where that is switched off."""
    arguments = schema.SuggestArguments.model_validate(request.args.to_dict())
    here = site()
    found = service().suggestions(arguments.typed, arguments.limit, here.denied) if here.suggests else []
    response = jsonify({"suggestions": found})
    response.headers["Cache-Control"] = f"private, max-age={_SUGGESTIONS_KEPT_S}"
    return response


@api.get("/livez")
def livez() -> ResponseReturnValue:
    """Whether the process answers at all."""
    return {"status": "ok"}


@api.get("/readyz")
def readyz() -> ResponseReturnValue:
    """Whether questions can be answered."""
    return {"status": "ok", "generation": service().generation()}


def _search(arguments: schema.SearchRequest) -> dict[str, Any]:
    return schema.search_json(service().search(arguments.query()))
