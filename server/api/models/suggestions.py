"""Questions to suggest while somebody types."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field

from askdex.indexer.search.searcher import LONGEST_QUESTION
from askdex.server.api.models.base import Answer, Arguments

_SUGGESTIONS, _MOST_SUGGESTIONS = 6, 20

_KEPT_S = 60
"""Seconds for which a browser need not ask for the same suggestions again."""


class SuggestArguments(Arguments):
    """What was typed so far, which may be nothing."""

    typed: Annotated[str, Field(alias="q", max_length=LONGEST_QUESTION)]
    """What was typed; the last word may have just begun."""
    limit: Annotated[int, Field(ge=1, le=_MOST_SUGGESTIONS)] = _SUGGESTIONS
    """How many suggestions, 1 to 20."""


class Suggestions(Answer):
    """Questions that documents answer and that hold what was typed; none where that is switched off."""

    suggestions: list[str]

    is_of_generation = True

    def headers(self) -> Mapping[str, str]:
        """See Answer."""
        return {"Cache-Control": f"private, max-age={_KEPT_S}"}
