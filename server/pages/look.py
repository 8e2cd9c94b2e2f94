"""The logo and the colour of whoever serves the pages, and what lets a browser ask them."""

from flask import Blueprint, Response, make_response, render_template, url_for

from askdex.indexer.errors import NotFoundError
from askdex.server.current import site

look = Blueprint("look", __name__)

_LONGEST_SHORT_NAME = 16
"""Characters of a name in a list of searches, https://github.com/dewitt/opensearch."""


@look.get("/logo")
def logo() -> Response:
    """The logo that takes the place of the name; a drawing may hold styles and no scripts."""
    picture = site().logo
    if picture is None:
        raise NotFoundError("There is no logo here.")
    response = make_response(picture.data)
    response.mimetype = picture.media_type
    response.headers["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
    return response


@look.get("/colour.css")
def colour() -> Response:
    """The colour of links and buttons, in light and dark."""
    chosen = site().colour
    if chosen is None:
        raise NotFoundError("The colour is the usual one here.")
    dark = f"@media (prefers-color-scheme: dark) {{ :root {{ --accent: {chosen.dark}; }} }}"
    response = make_response(f":root {{ --accent: {chosen.light}; }}\n{dark}\n")
    response.mimetype = "text/css"
    return response


@look.get("/opensearch.xml")
def opensearch() -> Response:
    """What lets the address bar of a browser ask."""
    address = url_for("pages.search_page", _external=True) + "?q={searchTerms}"
    response = make_response(render_template("opensearch.xml", name=site().title[:_LONGEST_SHORT_NAME], address=address))
    response.mimetype = "application/opensearchdescription+xml"
    return response
