"""What goes with every response: headers for browsers, a name for the request, compression, and who else may read it."""

import re
import uuid
from collections.abc import Sequence

from flask import Flask, Response, g, request
from flask_compress import Compress
from flask_cors import CORS

REQUEST_ID = "X-Request-Id"
_REQUEST_ID_FORM = re.compile(r"[\w.:-]{1,128}", re.ASCII)

_FOR_BROWSERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; img-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'self'",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}

_FOR_EVERYBODY = frozenset(("static", "look.logo", "look.colour", "look.opensearch"))
"""Endpoints whose answers hold nothing of a document or a question, so that a proxy may keep them for all."""

_PREFLIGHT_KEPT_S = 3_600
"""Seconds for which a browser need not ask again whether a page of another origin may ask."""


def register(app: Flask, allowed_origins: Sequence[str]) -> None:
    """Let an app send these headers; pages of the allowed origins may read what is below /api/."""
    app.config["COMPRESS_ALGORITHM"] = ["br", "gzip"]
    app.config["COMPRESS_STREAMS"] = False
    Compress(app)
    app.before_request(_name_request)
    app.after_request(_with_headers)
    app.after_request(_read_whole)
    if allowed_origins:
        CORS(
            app,
            resources={r"/api/.*": {"origins": list(allowed_origins)}},
            methods=["GET", "HEAD", "POST", "OPTIONS"],
            allow_headers=["Authorization", "Content-Type", "If-None-Match", REQUEST_ID],
            expose_headers=["ETag", "Retry-After", "Server-Timing", REQUEST_ID],
            max_age=_PREFLIGHT_KEPT_S,
        )


def request_id() -> str:
    """The name of the present request: the client's own, or a new one where it sent none that is safe to print."""
    return str(g.request_id)


def _name_request() -> None:
    sent = request.headers.get(REQUEST_ID, "")
    g.request_id = sent if _REQUEST_ID_FORM.fullmatch(sent) else uuid.uuid4().hex


def _with_headers(response: Response) -> Response:
    for name, value in _FOR_BROWSERS.items():
        response.headers.setdefault(name, value)
    response.headers[REQUEST_ID] = request_id()
    if request.endpoint not in _FOR_EVERYBODY:
        response.headers.setdefault("Cache-Control", "private")
    if response.mimetype == "text/html":
        response.vary.update(("Accept", "Accept-Language"))
    return response


def _read_whole(response: Response) -> Response:
    """Read our own few small files into memory: flask-compress would leave them open."""
    if request.endpoint == "static" and response.is_streamed:
        response.direct_passthrough = False
        response.make_sequence()
    return response
