"""What documents can be told apart by."""

from typing import Self

from askdex.server.api.models.base import Answer
from askdex.server.service import FacetList


class FacetValue(Answer):
    """A value that a filter may take."""

    value: str
    documents: int
    """How many documents have it."""


class Facet(Answer):
    """A key of filters that few values fill."""

    key: str
    """The key; the values of `updated` are years, whose documents a range finds: `{"from": "2024", "to": "2024"}`."""
    values: list[FacetValue]
    """Its values, the commonest first."""


class Facets(Answer):
    """The keys and values that filters may take, as far as few values fill them."""

    facets: list[Facet]
    generation: int
    """The state of the index that they are from."""

    is_of_generation = True

    @classmethod
    def of(cls, found: FacetList) -> Self:
        """The facets of an index."""
        facets = [
            Facet(key=facet.key, values=[FacetValue(value=one.value, documents=one.documents) for one in facet.values])
            for facet in found.facets
        ]
        return cls(facets=facets, generation=found.generation)
