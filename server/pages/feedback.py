"""The form that asks whether an answer helped; it works without a script."""

from typing import Annotated, Literal
from urllib.parse import urlencode, urlsplit

from flask import Blueprint, redirect, request, url_for
from pydantic import BaseModel, Field
from werkzeug.exceptions import Forbidden
from werkzeug.wrappers import Response

from askdex.indexer.search.searcher import LONGEST_QUESTION
from askdex.server.current import service

feedback = Blueprint("feedback", __name__)

_OWN_SITES = ("same-origin", "none")
"""What Sec-Fetch-Site says of a form of this site, and of what a person typed or opened."""

_OF_ANSWER = ("generation", "ranked", "thanked")


class _Form(BaseModel):
    """What is sent: the question of the page, the first document, what somebody says, and what the page was answered from."""

    question: Annotated[str, Field(alias="q", min_length=1, max_length=LONGEST_QUESTION)]
    document: str | None = None
    helped: Literal["yes", "no"]
    generation: str
    ranked: str


@feedback.post("/feedback")
def judge() -> Response:
    """Take in whether an answer helped, and show the page of it again; its address is this one's, but for the path."""
    _require_own_page()
    form = _Form.model_validate({**request.form.to_dict(), "q": request.args.get("q", "").strip()})
    service().judge(form.question, form.document, helped=form.helped == "yes")
    kept = [(name, value) for name, value in request.args.items(multi=True) if name not in _OF_ANSWER]
    shown = [*kept, ("generation", form.generation), ("ranked", form.ranked), ("thanked", "1")]
    return redirect(f"{url_for('pages.search_page')}?{urlencode(shown)}#feedback", 303)


def _require_own_page() -> None:
    """Refuse the form of another site, sent by the browser of somebody who looks at that; a program sends none of this.

    Raises Forbidden.
    """
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    is_own = site in _OWN_SITES if site else origin is None or urlsplit(origin).netloc == request.host
    if not is_own:
        raise Forbidden("This form was sent by a page of another site: ask here, and answer here.")
