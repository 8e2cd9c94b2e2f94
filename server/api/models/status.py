"""Whether the server is well, and what is wrong where a request gets no answer."""

from typing import Literal

from pydantic import ConfigDict

from askdex.server.api.models.base import Answer


class Alive(Answer):
    """The process answers."""

    status: Literal["ok"] = "ok"


class Ready(Answer):
    """Questions are answered."""

    status: Literal["ok"] = "ok"
    generation: int
    """The state of the index that the next question is answered from."""


class Fault(Answer):
    """What is wrong with a part of a request."""

    at: str
    """The field."""
    detail: str


class Problem(Answer):
    """An error, as RFC 9457 has it."""

    model_config = ConfigDict(json_schema_serialization_defaults_required=False)

    type: Literal["about:blank"]
    title: str
    """What the status is called."""
    status: int
    detail: str
    """What is wrong and what to do, in a sentence."""
    errors: list[Fault] | None = None
    """Each part of the request that is wrong, where the request is."""
    share: float | None = None
    """How much of the documents has been read, from 0 to 1, where there is no index yet."""
