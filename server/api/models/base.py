"""What all models of the endpoint share."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Annotated, ClassVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

MOST_LISTED = 100
"""Results, documents or questions of one response."""

REVALIDATED = "private, no-cache"
"""The Cache-Control of an answer that is for one client, who asks before showing it again whether it still holds."""


def _as_integer(value: object) -> object:
    return int(value) if isinstance(value, float) and value.is_integer() else value


WHOLE = BeforeValidator(_as_integer)
"""Takes a number without a fraction for an integer, as JSON Schema does: some programs write 4.0 where they mean 4."""

Generation = Annotated[int, Field(ge=1, le=2**53), WHOLE]
"""The number of a generation; up to 2^53 JSON numbers are exact in every program that reads them."""


class Body(BaseModel):
    """A body of at most so many bytes. A number in quotes is no number, and an unknown field an error."""

    media_type: ClassVar[str] = "application/json"
    largest: ClassVar[int] = 64 * 2**10
    """The longest question takes 24 kB in JSON at most, and the rest is room for a filter."""

    model_config = ConfigDict(extra="forbid", strict=True, use_attribute_docstrings=True)


class Arguments(BaseModel):
    """A query string, in which every value is a text. An unknown field is an error."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)


class Answer(BaseModel):
    """A JSON response, or a part of one."""

    model_config = ConfigDict(use_attribute_docstrings=True, json_schema_serialization_defaults_required=True)

    http_status: ClassVar[HTTPStatus] = HTTPStatus.OK
    is_of_generation: ClassVar[bool] = False
    """Whether the same request gets the same answer again until the index is in another state."""

    def headers(self) -> Mapping[str, str]:
        """The headers that go with it."""
        return {"Cache-Control": REVALIDATED}
