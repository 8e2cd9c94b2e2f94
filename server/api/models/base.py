"""What all models of the endpoint share."""

from collections.abc import Mapping
from typing import Annotated, ClassVar

from pydantic import BaseModel, ConfigDict, Field

MOST_LISTED = 100
"""Results, documents or questions of one response."""

REVALIDATED = "private, no-cache"
"""The Cache-Control of an answer that is for one client, who asks before showing it again whether it still holds."""

Generation = Annotated[int, Field(ge=1, le=2**53)]
"""The number of a generation; up to 2^53 JSON numbers are exact in every program that reads them."""


class Body(BaseModel):
    """A JSON body of at most so many bytes. A number in quotes is no number, and an unknown field an error."""

    largest: ClassVar[int] = 64 * 2**10
    """The longest question takes 24 kB in JSON at most, and the rest is room for a filter."""

    model_config = ConfigDict(extra="forbid", strict=True, use_attribute_docstrings=True)


class Arguments(BaseModel):
    """A query string, in which every value is a text. An unknown field is an error."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)


class Answer(BaseModel):
    """A JSON response, or a part of one."""

    model_config = ConfigDict(use_attribute_docstrings=True, json_schema_serialization_defaults_required=True)

    is_of_generation: ClassVar[bool] = False
    """Whether the same request gets the same answer again until the index is in another state."""

    def headers(self) -> Mapping[str, str]:
        """The headers that go with it."""
        return {"Cache-Control": REVALIDATED}
