"""What people ask, for editors: what is asked most, what nothing answers, what did not help, each with where it belongs."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from io import StringIO
from typing import Annotated

from flask import Blueprint, Response, make_response, render_template, request
from pydantic import BaseModel, Field

from askdex.indexer.types import DocumentSummary
from askdex.indexer.upkeep.asked import QuestionGroup, WhatIsAsked
from askdex.server.asked_table import write_table
from askdex.server.current import service

asked = Blueprint("asked", __name__)

_PER_LIST = 20
"""Groups of questions of a list on the page; the table has all."""


class _Arguments(BaseModel):
    """The query string: how many days are looked back."""

    days: Annotated[int, Field(ge=1, le=36_500)] = 90


@asked.get("/questions")
def asked_page() -> str:
    """The lists, for reading."""
    days = _Arguments.model_validate(request.args.to_dict()).days
    found, documents = _found(days)
    lists = {name: groups[:_PER_LIST] for name, groups in found.lists.items()}
    return render_template("asked.html", asked=found, lists=lists, documents=documents, days=days)


@asked.get("/questions.csv")
def asked_table() -> Response:
    """The lists as a table to keep."""
    found, documents = _found(_Arguments.model_validate(request.args.to_dict()).days)
    written = StringIO()
    write_table(written, {name: _readable(groups, documents) for name, groups in found.lists.items()})
    response = make_response(written.getvalue())
    response.mimetype = "text/csv"
    response.headers["Content-Disposition"] = 'attachment; filename="questions.csv"'
    return response


def _found(days: int) -> tuple[WhatIsAsked, Mapping[str, DocumentSummary]]:
    """What was asked, and the documents that it names, by their uris, as far as they are held and may be read."""
    found = service().asked(days)
    uris = {uri for group in found.groups for uri in (group.document, *group.helpful) if uri is not None}
    return found, service().documents_of(sorted(uris))


def _readable(groups: Sequence[QuestionGroup], documents: Mapping[str, DocumentSummary]) -> list[QuestionGroup]:
    """The groups without documents that may not be read."""
    return [
        replace(
            group,
            document=group.document if group.document in documents else None,
            helpful=tuple(uri for uri in group.helpful if uri in documents),
        )
        for group in groups
    ]
