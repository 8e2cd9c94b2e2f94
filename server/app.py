"""The web application."""

import os
from collections.abc import Sequence
from dataclasses import replace
from os import PathLike
from pathlib import Path
from typing import Any

from flask import Flask, Response, request
from flask.json.provider import DefaultJSONProvider
from pydantic_core import to_json

from askdex.indexer.models import loading
from askdex.indexer.search.searcher import Searcher
from askdex.server.api import problems
from askdex.server.api.routes import api
from askdex.server.building import Building, BuildingError
from askdex.server.current import bind
from askdex.server.pages.guide import guide
from askdex.server.pages.look import look
from askdex.server.pages.originals import originals
from askdex.server.pages.routes import pages
from askdex.server.service import Service, open_followed
from askdex.server.settings import DEFAULT_INDEX, INDEX_VARIABLE, Site

_LARGEST_REQUEST = 64 * 2**10
"""Bytes; the longest question takes 24 kB in JSON at most, and the rest is room for a filter."""

_NEED_NO_INDEX = ("static", "api.livez")
"""Endpoints, beside those of the guide."""

_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; img-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'self'",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


class _Json(DefaultJSONProvider):
    """JSON in the order of the keys, as pydantic writes it: straight to bytes."""

    def response(self, *args: Any, **kwargs: Any) -> Response:  # noqa: ANN401  # as the library has it
        """See JSONProvider."""
        return Response(to_json(self._prepare_response_obj(args, kwargs)), mimetype="application/json")


def create_app(searcher: Searcher, trusted_hosts: Sequence[str] | None = None, site: Site | None = None) -> Flask:
    """Make the WSGI application over an open index: the search page and the JSON endpoint.

    It may be mounted under any path of a site. `trusted_hosts` are the host names that requests may carry, None for any.
    """
    app = _app(trusted_hosts)
    bind(app, Service(searcher), site or Site())
    return app


def create_building_app(building: Building, trusted_hosts: Sequence[str] | None = None, site: Site | None = None) -> Flask:
    """Make the application that stands in for `create_app` until there is an index: it says how far that is."""
    app = _app(trusted_hosts)
    bind(app, None, replace(site or Site(), suggests=False))

    @app.before_request
    def answer_nothing_yet() -> None:
        if request.endpoint not in _NEED_NO_INDEX and request.blueprint not in (guide.name, look.name):
            raise BuildingError(building.share)

    return app


def create_app_from(folder: str | PathLike[str] | None = None, trusted_hosts: Sequence[str] | None = None) -> Flask:
    """Open an index and make the application over it; each worker of a WSGI server such as gunicorn calls this once.

    Without a folder it is the one that the variable ASKDEX_INDEX names, or else `.askdex`. The application takes up new
    generations as they come. Call it in the worker, not before the fork: threads and open files do not survive one.

    Raises MissingIndexError, DamagedIndexError, ModelError.
    """
    place = Path(folder or os.environ.get(INDEX_VARIABLE) or DEFAULT_INDEX)
    return create_app(open_followed(place, loading.load_encoder), trusted_hosts)


def _app(trusted_hosts: Sequence[str] | None) -> Flask:
    """The application without an index."""
    app = Flask(__name__, template_folder="pages/templates", static_folder="pages/static")
    app.json = _Json(app)
    app.config["MAX_CONTENT_LENGTH"] = _LARGEST_REQUEST
    app.config["TRUSTED_HOSTS"] = trusted_hosts
    app.jinja_options = {"trim_blocks": True, "lstrip_blocks": True}
    app.register_blueprint(api)
    app.register_blueprint(pages)
    app.register_blueprint(originals)
    app.register_blueprint(look)
    app.register_blueprint(guide)
    problems.register(app)
    app.after_request(_with_headers)
    return app


def _with_headers(response: Response) -> Response:
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    if response.mimetype == "text/html":
        response.vary.update(("Accept", "Accept-Language"))
    return response
