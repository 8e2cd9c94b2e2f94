"""The JSON endpoint."""

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Flask, current_app, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import UnsupportedMediaType

from askdex.indexer.search.searcher import Searcher
from askdex.indexer.store import read
from askdex.indexer.types import Query, Response, next_offset
from askdex.server.api import schema
from askdex.server.batching import Batcher

api = Blueprint("api", __name__)
_EXTENSION = "askdex"


@dataclass(frozen=True, slots=True)
class _Service:
    """What an app answers with."""

    searcher: Searcher
    dispatcher: Batcher


def bind(app: Flask, searcher: Searcher) -> None:
    """Let the app's pages and endpoints answer with this searcher."""
    app.extensions[_EXTENSION] = _Service(searcher, Batcher(searcher))


def searcher() -> Searcher:
    """The searcher of the app that handles this request."""
    return _service().searcher


def answer(query: Query) -> Response:
    """Search for this request. Raises what Dispatcher.search raises."""
    return _service().dispatcher.search(query)


def _service() -> _Service:
    found: _Service = current_app.extensions[_EXTENSION]
    return found


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
    with searcher().reader.snapshot() as snapshot:
        found = read.documents(snapshot, page.limit, page.offset)
        total = snapshot.state.documents
    return {
        "documents": [schema.summary_json(summary) for summary in found],
        "total": total,
        "next_offset": next_offset(page.offset, len(found), total),
        "generation": snapshot.state.generation,
    }


@api.get("/api/v1/documents/<document_id>")
def get_document(document_id: str) -> dict[str, Any]:
    """One document with its text."""
    with searcher().reader.snapshot() as snapshot:
        return schema.document_json(read.document(snapshot, document_id))


@api.get("/api/v1/passages/<passage_id>")
def get_passage(passage_id: str) -> dict[str, Any]:
    """One passage with its place in its document."""
    with searcher().reader.snapshot() as snapshot:
        return schema.passage_json(read.passage(snapshot, passage_id))


@api.get("/livez")
def livez() -> ResponseReturnValue:
    """Whether the process answers at all."""
    return {"status": "ok"}


@api.get("/readyz")
def readyz() -> ResponseReturnValue:
    """Whether questions can be answered."""
    with searcher().reader.snapshot() as snapshot:
        return {"status": "ok", "generation": snapshot.state.generation}


def _search(asked: schema.SearchRequest) -> dict[str, Any]:
    return schema.search_json(answer(asked.query()))
