"""The web application."""

from collections.abc import Sequence
from dataclasses import replace

from flask import Flask, request

from askdex.indexer.search.searcher import Searcher
from askdex.server import headers
from askdex.server.access import Guard
from askdex.server.api import problems
from askdex.server.api.changes import changes
from askdex.server.api.models.base import Body
from askdex.server.api.routes import api
from askdex.server.building import Building, BuildingError
from askdex.server.current import bind, bind_jobs
from askdex.server.host_names import answer_under
from askdex.server.jobs import Jobs
from askdex.server.mcp.http import assistants
from askdex.server.pages.asked import asked
from askdex.server.pages.feedback import feedback
from askdex.server.pages.guide import guide
from askdex.server.pages.look import look
from askdex.server.pages.originals import originals
from askdex.server.pages.reference import reference
from askdex.server.pages.routes import pages
from askdex.server.question_log import QuestionLog
from askdex.server.service import Service
from askdex.server.settings import Site

_NEED_NO_INDEX = ("static", "api.livez", "api.openapi")
"""Endpoints, beside those of the guide and the page of the JSON endpoint."""


def create_app(
    searcher: Searcher,
    trusted_hosts: Sequence[str] | None = None,
    site: Site | None = None,
    allowed_origins: Sequence[str] = (),
    jobs: Jobs | None = None,
    question_log: QuestionLog | None = None,
    guard: Guard | None = None,
) -> Flask:
    """Make the WSGI application over an open index: the search page and the JSON endpoint.

    It may be mounted under any path of a site. `trusted_hosts` are the host names that requests may carry, None for any.
    Pages of the `allowed_origins` may read what the JSON endpoint answers. With `jobs`, clients may change documents: only
    those may reach it who are trusted to. With a `question_log` it takes down what is asked, and people may say whether an
    answer helped; where a guard keeps others away, a page tells editors what is asked. `guard` says who may ask; without it,
    everybody.
    """
    app = _app(trusted_hosts, allowed_origins, guard)
    bind(app, Service(searcher, question_log), site or Site())
    if question_log is not None and guard is not None:
        app.register_blueprint(asked)
    if jobs is not None:
        bind_jobs(app, jobs)
        app.register_blueprint(changes)
    return app


def create_building_app(
    building: Building,
    trusted_hosts: Sequence[str] | None = None,
    site: Site | None = None,
    allowed_origins: Sequence[str] = (),
    guard: Guard | None = None,
) -> Flask:
    """Make the application that stands in for `create_app` until there is an index: it says how far that is."""
    app = _app(trusted_hosts, allowed_origins, guard)
    bind(app, None, replace(site or Site(), suggests=False))

    @app.before_request
    def answer_nothing_yet() -> None:
        if request.endpoint not in _NEED_NO_INDEX and request.blueprint not in (guide.name, look.name, reference.name):
            raise BuildingError(building.share)

    return app


def _app(trusted_hosts: Sequence[str] | None, allowed_origins: Sequence[str], guard: Guard | None) -> Flask:
    """The application without an index."""
    app = Flask(__name__, template_folder="pages/templates", static_folder="pages/static")
    app.config["MAX_CONTENT_LENGTH"] = Body.largest
    headers.register(app, allowed_origins)
    if trusted_hosts is not None:
        answer_under(app, trusted_hosts)
    app.jinja_options = {"trim_blocks": True, "lstrip_blocks": True}
    app.register_blueprint(api)
    app.register_blueprint(assistants)
    app.register_blueprint(pages)
    app.register_blueprint(originals)
    app.register_blueprint(look)
    app.register_blueprint(feedback)
    app.register_blueprint(guide)
    app.register_blueprint(reference)
    problems.register(app)
    if guard is not None:
        guard.watch(app)
    return app
