"""The web application."""

from collections.abc import Sequence
from typing import Any

from flask import Flask, Response
from flask.json.provider import DefaultJSONProvider
from pydantic_core import to_json

from askdex.indexer.search.searcher import Searcher
from askdex.server.api import problems
from askdex.server.api.routes import api
from askdex.server.current import bind
from askdex.server.pages.routes import pages
from askdex.server.service import Service

_LARGEST_REQUEST = 64 * 2**10
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'self'",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


class _Json(DefaultJSONProvider):
    """JSON straight to the bytes of a response, in the order of the keys."""

    def response(self, *args: Any, **kwargs: Any) -> Response:  # noqa: ANN401  # as the library has it
        """See JSONProvider."""
        return Response(to_json(self._prepare_response_obj(args, kwargs)), mimetype="application/json")


def create_app(searcher: Searcher, trusted_hosts: Sequence[str] | None = None) -> Flask:
    """Make the application that answers with this searcher: the search page and the JSON endpoint.

    `trusted_hosts` are the host names that requests may carry, None for any.
    """
    app = Flask(__name__, template_folder="pages/templates", static_folder="pages/static")
    app.json = _Json(app)
    app.config["MAX_CONTENT_LENGTH"] = _LARGEST_REQUEST
    app.config["TRUSTED_HOSTS"] = trusted_hosts
    app.jinja_options = {"trim_blocks": True, "lstrip_blocks": True}
    bind(app, Service(searcher))
    app.register_blueprint(api)
    app.register_blueprint(pages)
    problems.register(app)
    app.after_request(_with_headers)
    return app


def _with_headers(response: Response) -> Response:
    response.headers.extend(_HEADERS)
    return response
