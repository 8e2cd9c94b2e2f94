"""What all models of the endpoint share."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

MOST_LISTED = 100
"""Results, documents or questions of one response."""

Generation = Annotated[int, Field(ge=1, le=2**53)]
"""The number of a generation; up to 2^53 JSON numbers are exact in every program that reads them."""


class Body(BaseModel):
    """A JSON body. A number in quotes is no number, and an unknown field an error."""

    model_config = ConfigDict(extra="forbid", strict=True, use_attribute_docstrings=True)


class Arguments(BaseModel):
    """A query string, in which every value is a text. An unknown field is an error."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)


class Answer(BaseModel):
    """A JSON response, or a part of one."""

    model_config = ConfigDict(use_attribute_docstrings=True, json_schema_serialization_defaults_required=True)

    def headers(self) -> Mapping[str, str]:
        """The headers that go with it."""
        return {}
