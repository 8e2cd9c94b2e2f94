"""Whether an answer helped."""

from typing import Literal

from askdex.server.api.models.base import Answer, Body
from askdex.server.api.models.search import Question


class Feedback(Body):
    """What somebody who asked says of the answer."""

    question: Question
    """The question as it was asked."""
    helped: bool
    """Whether what was found answers it."""
    document_id: str | None = None
    """The document of the first result; null where there was none."""


class Taken(Answer):
    """It will be written down."""

    status: Literal["ok"] = "ok"
