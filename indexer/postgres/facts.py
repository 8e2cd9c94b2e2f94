"""What is said of a whole collection: it never changes in a generation, so it is counted once, where the truth is."""

from dataclasses import dataclass
from typing import ClassVar

from pydantic import ConfigDict, TypeAdapter

from askdex.indexer.store import facets, left_out, read, states
from askdex.indexer.store.states import StateView
from askdex.indexer.types import UNTUNED, Calibration, Curation, Facet, LeftOut, Model, Tuning

MOST_QUESTIONS = 20_000
"""Questions that are suggested from while somebody types; as many as the server takes of a folder."""

MOST_KEYS = 100_000
MOST_EXAMPLES = 1_000
"""More than anyone asks for."""


@dataclass(frozen=True)
class DocumentFacts:
    """What a server has to know of a generation; see the properties of Opened."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(ser_json_bytes="base64", val_json_bytes="base64")

    model: Model
    calibration: Calibration | None
    tuning: Tuning
    curation: Curation
    token_model: str | None
    filter_keys: list[str]
    facets: list[Facet]
    languages: dict[str, int]
    questions: list[str]
    example_questions: list[str]
    left_out: list[LeftOut]

    @classmethod
    def of(cls, view: StateView) -> "DocumentFacts":
        """The facts of a generation of the truth."""
        connection = view.connection
        return cls(
            view.model,
            states.calibration(connection),
            states.tuning(connection) or UNTUNED,
            states.curation(connection),
            states.token_model(connection),
            read.filter_keys(view, MOST_KEYS),
            facets.facets(view),
            read.languages(view),
            read.questions(view, MOST_QUESTIONS),
            read.example_questions(view, MOST_EXAMPLES),
            left_out.all_left_out(connection),
        )

    def to_json(self) -> str:
        """The JSON that `from_json` reads."""
        return _FACTS.dump_json(self).decode()

    @staticmethod
    def from_json(text: str) -> "DocumentFacts":
        """The facts that `to_json` wrote. Raises ValueError."""
        return _FACTS.validate_json(text)


_FACTS = TypeAdapter(DocumentFacts)
