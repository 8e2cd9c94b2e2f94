"""Errors as responses: problem details (RFC 9457) for programs, a page with the same words for people."""

from http import HTTPStatus

from flask import Flask, Response, current_app, make_response, render_template, request, url_for
from pydantic import ValidationError
from werkzeug.exceptions import HTTPException, NotFound, SecurityError

from askdex.corpus.errors import AskdexError
from askdex.indexer.errors import StorageError, http_status
from askdex.indexer.search.searcher import LONGEST_QUESTION
from askdex.server import building, jobs
from askdex.server.api.models.status import Fault, Problem
from askdex.server.batching import RETRY_AFTER_S, BusyError
from askdex.server.building import BuildingError
from askdex.server.headers import request_id
from askdex.server.jobs import FullQueueError

_MEDIA_TYPE = "application/problem+json"
_UNEXPECTED = "Something went wrong here, not in the request; the server's log says what."
_UNREADABLE = "The index cannot be read just now; the server's log says why."
_KEPT_HEADERS = ("allow", "retry-after", "www-authenticate")

_NOTHING_HERE = "Nothing is at this address: look whether it is written right."
_OLD_LINK = "The link may be old: a document gets a new address when its file is moved or renamed."
_BUSY = "Too many are asking just now"
_BUILDING = "The documents are being read"
_TITLES = {
    HTTPStatus.BAD_REQUEST: "This address is not understood",
    HTTPStatus.UNAUTHORIZED: "A key is needed here",
    HTTPStatus.FORBIDDEN: "This key is not for that",
    HTTPStatus.NOT_FOUND: "There is no such page",
    HTTPStatus.GONE: "The original is not as it was read",
    HTTPStatus.UNPROCESSABLE_ENTITY: "This address is not understood",
    HTTPStatus.TOO_MANY_REQUESTS: "You have asked too often",
    HTTPStatus.INTERNAL_SERVER_ERROR: "Something went wrong here",
    HTTPStatus.NOT_IMPLEMENTED: "This is not installed here",
    HTTPStatus.SERVICE_UNAVAILABLE: "The documents cannot be reached just now",
}
"""What stands above a problem on a page, in the words of people."""


def register(app: Flask) -> None:
    """Make an app answer every error as a problem."""
    app.register_error_handler(SecurityError, _untrusted_host)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(AskdexError, _askdex_error)
    app.register_error_handler(StorageError, _storage)
    app.register_error_handler(BusyError, _busy)
    app.register_error_handler(FullQueueError, _full)
    app.register_error_handler(BuildingError, _building)
    app.register_error_handler(ValidationError, _invalid)
    app.register_error_handler(Exception, _unexpected)


def _askdex_error(error: AskdexError) -> Response:
    return _problem(http_status(type(error)), str(error))


def _storage(error: StorageError) -> Response:
    """Say only that the index cannot be read. The message is for its owner: it names a folder, or a database and its user."""
    current_app.logger.error("%s", error)
    return _problem(http_status(type(error)), _UNREADABLE)


def _http_error(error: HTTPException) -> Response:
    is_unknown = error.description == NotFound.description
    detail = _NOTHING_HERE if is_unknown else error.description or error.name
    return _with_headers(error, _problem(_status(error), detail))


def problem_of(error: HTTPException) -> Response:
    """An error as a problem in JSON, also outside an app."""
    return _with_headers(error, _problem_json(_status(error), error.description or error.name))


def _status(error: HTTPException) -> HTTPStatus:
    return HTTPStatus(error.code or HTTPStatus.INTERNAL_SERVER_ERROR)


def _with_headers(error: HTTPException, response: Response) -> Response:
    for name, value in error.get_headers():
        if name.lower() in _KEPT_HEADERS:
            response.headers[name] = value
    return response


def _busy(error: BusyError) -> Response:
    response = _problem(http_status(type(error)), str(error), title=_BUSY)
    response.retry_after = RETRY_AFTER_S
    return response


def _full(error: FullQueueError) -> Response:
    response = _askdex_error(error)
    response.retry_after = jobs.RETRY_AFTER_S
    return response


def _building(error: BuildingError) -> Response:
    response = _problem(http_status(type(error)), str(error), title=_BUILDING, share=round(error.share, 3))
    response.retry_after = building.RETRY_AFTER_S
    response.headers["Cache-Control"] = "no-store"
    return response


def _untrusted_host(_error: SecurityError) -> Response:
    """Answer a request under a foreign host name; not with a page, whose links would have to name that host."""
    detail = f"The server does not answer under the name {request.headers.get('Host', '')!r}: start it with --trusted-host."
    return _problem_json(HTTPStatus.BAD_REQUEST, detail)


def _invalid(error: ValidationError) -> Response:
    """Say what is wrong with each part of a request, with status 400 where it is no JSON at all and 422 otherwise."""
    faults = [
        Fault(at=".".join(map(str, item["loc"])) or "body", detail=item["msg"]) for item in error.errors(include_url=False)
    ]
    is_malformed = any(item["type"] == "json_invalid" for item in error.errors())
    status = HTTPStatus.BAD_REQUEST if is_malformed else HTTPStatus.UNPROCESSABLE_ENTITY
    detail = "; ".join(f"{fault.at}: {fault.detail}" for fault in faults)
    return _problem(status, detail, faults=faults)


def _unexpected(error: Exception) -> Response:
    """Answer an unexpected error. Its message goes to the log alone: it may hold what no client may read."""
    current_app.logger.error("Unexpected error at %s, request %s", request.path, request_id(), exc_info=error)
    return _problem(HTTPStatus.INTERNAL_SERVER_ERROR, _UNEXPECTED)


def _problem(
    status: HTTPStatus,
    detail: str,
    title: str | None = None,
    faults: list[Fault] | None = None,
    share: float | None = None,
) -> Response:
    """A problem in the form that the client reads: a page for a browser outside /api/, JSON for all others.

    `title` is what stands above it on a page, where that is not the usual for the status.
    """
    if not request.path.startswith("/api/") and _prefers_page():
        template = "key.html" if status is HTTPStatus.UNAUTHORIZED else "error.html"
        detail = _OLD_LINK if _is_unknown_document(status) else detail
        told = {"title": title or _title(status), "detail": detail, "share": share}
        page = render_template(template, **told, again=_again(status), ask_again=_ask_again(), text=_text_held(status))
        return make_response(page, status)
    return _problem_json(status, detail, faults, share)


def _title(status: HTTPStatus) -> str:
    """What has happened, in the words of people."""
    if _is_unknown_document(status):
        return "This document is not held here any more"
    return _TITLES.get(status, status.phrase)


def _is_unknown_document(status: HTTPStatus) -> bool:
    return status is HTTPStatus.NOT_FOUND and request.endpoint == "pages.document_page"


def _again(status: HTTPStatus) -> str | None:
    """The address to try again, where that may help."""
    may_help = status >= HTTPStatus.INTERNAL_SERVER_ERROR or status is HTTPStatus.TOO_MANY_REQUESTS
    if not may_help or request.method != "GET" or request.endpoint is None:
        return None
    return url_for(request.endpoint, **{**request.args.to_dict(), **(request.view_args or {})})


def _ask_again() -> str | None:
    """The address that asks the question of the page alone; None where that has none, or one that is too long to be asked."""
    question = request.args.get("q", "").strip()
    is_asked = request.endpoint in ("pages.document_page", "pages.search_page") and 0 < len(question) <= LONGEST_QUESTION
    return url_for("pages.search_page", q=question) if is_asked else None


def _text_held(status: HTTPStatus) -> str | None:
    """The address of the text that was read from an original, where that is not to be had any more."""
    return url_for("pages.document_page", **request.view_args or {}) if status is HTTPStatus.GONE else None


def _prefers_page() -> bool:
    """Whether the client would rather have a page; a browser says so, a program that takes anything does not."""
    # Not what it likes best of all types: for Chromium that is application/signed-exchange, by the rules of Werkzeug.
    return request.accept_mimetypes.best_match((_MEDIA_TYPE, "application/json", "text/html")) == "text/html"


def _problem_json(status: HTTPStatus, detail: str, faults: list[Fault] | None = None, share: float | None = None) -> Response:
    problem = Problem(type="about:blank", title=status.phrase, status=status, detail=detail, errors=faults, share=share)
    return Response(problem.model_dump_json(exclude_none=True), status, mimetype=_MEDIA_TYPE)
