"""The service of the Flask app that handles the present request, and what is said on its pages."""

from flask import Flask, current_app, g

from askdex.indexer.types import Access
from askdex.server.jobs import Jobs
from askdex.server.service import Service
from askdex.server.settings import Site

_SERVICE, _SITE, _JOBS, _ACCESS = "askdex", "askdex site", "askdex jobs", "askdex access"


def bind(app: Flask, service: Service | None, site: Site) -> None:
    """Let the pages and endpoints of an app answer with this service, None where there is none yet."""
    app.extensions[_SERVICE] = service
    app.extensions[_SITE] = site


def bind_jobs(app: Flask, jobs: Jobs) -> None:
    """Let the endpoints of an app change documents."""
    app.extensions[_JOBS] = jobs


def jobs() -> Jobs:
    """The changes of documents, where they are allowed."""
    bound: Jobs = current_app.extensions[_JOBS]
    return bound


def service() -> Service:
    """The service that was bound to the app, for whoever sent the present request."""
    bound: Service = current_app.extensions[_SERVICE]
    access: Access | None = g.get(_ACCESS)
    return bound.for_reader(access)


def restrict(access: Access) -> None:
    """Let the present request read so much, and no more."""
    g.setdefault(_ACCESS, access)


def site() -> Site:
    """What the people who serve the app say on its pages."""
    bound: Site = current_app.extensions[_SITE]
    return bound


def service_of(app: Flask) -> Service:
    """The service that was bound to an app, outside of its requests."""
    with app.app_context():
        return service()
