"""The JSON endpoint."""

from collections.abc import Iterable
from http import HTTPStatus
from itertools import chain
from typing import Any

from flask import Response, current_app, request
from pydantic_core import to_json

from askdex.server.api.answers import document_answer, passage_answer, search_answer
from askdex.server.api.endpoints import Endpoints
from askdex.server.api.models.documents import (
    Documents,
    DocumentWithText,
    FilesLeftOut,
    OffsetArguments,
    PageArguments,
    Passage,
)
from askdex.server.api.models.facets import Facets
from askdex.server.api.models.feedback import Feedback, Taken
from askdex.server.api.models.search import BatchAnswer, BatchRequest, SearchAnswer, SearchArguments, SearchRequest
from askdex.server.api.models.status import Alive, Ready
from askdex.server.api.models.suggestions import SuggestArguments, Suggestions
from askdex.server.api.openapi import document
from askdex.server.current import service, site

api = Endpoints("api", __name__)


@api.answers("POST", "/api/v1/search", HTTPStatus.CONFLICT)
def post_search(body: SearchRequest) -> SearchAnswer:
    """Answer a question."""
    return search_answer(service().search(body.query(body.generation)), body.offsets)


@api.answers("GET", "/api/v1/search", HTTPStatus.CONFLICT)
def get_search(query: SearchArguments) -> SearchAnswer:
    """Answer a question in the query string."""
    return search_answer(service().search(query.query(query.generation)), query.offsets)


@api.answers("POST", "/api/v1/search/batch", HTTPStatus.CONFLICT)
def search_batch(body: BatchRequest) -> BatchAnswer:
    """Answer up to 100 questions, each as a search answers it, all from one generation."""
    responses = service().search_together([search.query(body.generation) for search in body.searches])
    answers = [search_answer(response, search.offsets) for response, search in zip(responses, body.searches, strict=True)]
    return BatchAnswer(answers=answers, generation=responses[0].generation)


@api.answers("GET", "/api/v1/documents")
def list_documents(query: PageArguments) -> Documents:
    """A page of the documents, in the order of their uris."""
    return Documents.of(service().documents(query.limit, query.offset))


@api.answers("GET", "/api/v1/documents/<document_id>", HTTPStatus.NOT_FOUND)
def get_document(document_id: str, query: OffsetArguments) -> DocumentWithText:
    """One document with its text."""
    return document_answer(service().document(document_id), query.offsets)


@api.answers("GET", "/api/v1/left-out")
def list_left_out(query: PageArguments) -> FilesLeftOut:
    """A page of what could not be read, in the order of the uris."""
    return FilesLeftOut.of(service().left_out(query.limit, query.offset))


@api.answers("GET", "/api/v1/facets")
def list_facets() -> Facets:
    """What the documents can be told apart by, with the numbers of documents."""
    return Facets.of(service().facets())


@api.answers("GET", "/api/v1/passages/<passage_id>", HTTPStatus.NOT_FOUND)
def get_passage(passage_id: str, query: OffsetArguments) -> Passage:
    """One passage with its place in its document."""
    return passage_answer(service().passage(passage_id), query.offsets)


@api.answers("GET", "/api/v1/suggest")
def suggest(query: SuggestArguments) -> Suggestions:
    """Questions that documents answer and that hold what was typed; none where that is switched off."""
    here = site()
    return Suggestions(suggestions=service().suggestions(query.typed, query.limit, here.denied) if here.suggests else [])


@api.answers("POST", "/api/v1/feedback", HTTPStatus.NOT_FOUND)
def post_feedback(body: Feedback) -> Taken:
    """Say whether an answer helped; 404 where questions are not written down."""
    service().judge(body.question, body.document_id, helped=body.helped)
    return Taken()


@api.answers("GET", "/livez")
def livez() -> Alive:
    """Whether the process answers at all."""
    return Alive()


@api.answers("GET", "/readyz")
def readyz() -> Ready:
    """Whether questions can be answered."""
    return Ready(generation=service().state().generation)


@api.get("/api/v1/openapi.json")
def openapi() -> Response:
    """The description of the endpoint, in OpenAPI 3.1."""
    return Response(to_json(described()), mimetype="application/json")


def described() -> dict[str, Any]:
    """The description of all endpoints of the present application."""
    blueprints: Iterable[object] = current_app.blueprints.values()
    endpoints = chain.from_iterable(blueprint.endpoints for blueprint in blueprints if isinstance(blueprint, Endpoints))
    return document(endpoints, request.script_root or "/")
