"""The JSON endpoint."""

from collections.abc import Iterable
from http import HTTPStatus
from itertools import chain
from typing import Any

from flask import current_app, request

from askdex.server.api.endpoints import Endpoints
from askdex.server.api.models.documents import Documents, DocumentWithText, FilesLeftOut, PageArguments, Passage
from askdex.server.api.models.search import SearchAnswer, SearchArguments, SearchRequest
from askdex.server.api.models.status import Alive, Ready
from askdex.server.api.models.suggestions import SuggestArguments, Suggestions
from askdex.server.api.openapi import document
from askdex.server.current import service, site
from askdex.server.page_addresses import passage_address

api = Endpoints("api", __name__)


@api.answers("POST", "/api/v1/search", HTTPStatus.CONFLICT)
def post_search(body: SearchRequest) -> SearchAnswer:
    """Answer a question."""
    return SearchAnswer.of(service().search(body.query()), passage_address)


@api.answers("GET", "/api/v1/search", HTTPStatus.CONFLICT)
def get_search(query: SearchArguments) -> SearchAnswer:
    """Answer a question in the query string."""
    return SearchAnswer.of(service().search(query.query()), passage_address)


@api.answers("GET", "/api/v1/documents")
def list_documents(query: PageArguments) -> Documents:
    """A page of the documents, in the order of their uris."""
    return Documents.of(service().documents(query.limit, query.offset))


@api.answers("GET", "/api/v1/documents/<document_id>", HTTPStatus.NOT_FOUND)
def get_document(document_id: str) -> DocumentWithText:
    """One document with its text."""
    return DocumentWithText.whole(service().document(document_id))


@api.answers("GET", "/api/v1/left-out")
def list_left_out(query: PageArguments) -> FilesLeftOut:
    """A page of what could not be read, in the order of the uris."""
    return FilesLeftOut.of(service().left_out(query.limit, query.offset))


@api.answers("GET", "/api/v1/passages/<passage_id>", HTTPStatus.NOT_FOUND)
def get_passage(passage_id: str) -> Passage:
    """One passage with its place in its document."""
    return Passage.of(service().passage(passage_id), passage_address)


@api.answers("GET", "/api/v1/suggest")
def suggest(query: SuggestArguments) -> Suggestions:
    """Questions that documents answer and that hold what was typed; none where that is switched off."""
    here = site()
    return Suggestions(suggestions=service().suggestions(query.typed, query.limit, here.denied) if here.suggests else [])


@api.answers("GET", "/livez")
def livez() -> Alive:
    """Whether the process answers at all."""
    return Alive()


@api.answers("GET", "/readyz")
def readyz() -> Ready:
    """Whether questions can be answered."""
    return Ready(generation=service().generation())


@api.get("/api/v1/openapi.json")
def openapi() -> dict[str, Any]:
    """The description of the endpoint, in OpenAPI 3.1."""
    return described()


def described() -> dict[str, Any]:
    """The description of all endpoints of the present application."""
    blueprints: Iterable[object] = current_app.blueprints.values()
    endpoints = chain.from_iterable(blueprint.endpoints for blueprint in blueprints if isinstance(blueprint, Endpoints))
    return document(endpoints, request.script_root or "/")
