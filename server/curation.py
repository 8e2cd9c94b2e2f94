"""What editors say in a settings file: best bets and synonyms."""

from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from askdex.indexer.engine.analyzer import in_order
from askdex.indexer.search.searcher import LONGEST_QUESTION
from askdex.indexer.types import BestBet, Curation

BEST_BETS, SYNONYMS = "best-bets", "synonyms"
"""The sections."""

_MOST_QUESTIONS, _MOST_GROUPS, _LONGEST_WORDS = 1_000, 1_000, 200


def _asks_something(words: str) -> str:
    if not in_order(words):
        raise ValueError(f"{words!r} has no word")
    return words


_Question = Annotated[str, Field(max_length=LONGEST_QUESTION), AfterValidator(_asks_something)]
_Words = Annotated[str, Field(max_length=_LONGEST_WORDS), AfterValidator(_asks_something)]


class _Bet(BaseModel):
    """A best bet as the file has it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    questions: Annotated[tuple[_Question, ...], Field(min_length=1)]
    document: Annotated[str, Field(min_length=1)]
    words: str = ""


class EditorsSections(BaseModel):
    """The sections `best-bets` and `synonyms` of a settings file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    best_bets: Annotated[tuple[_Bet, ...], Field(alias=BEST_BETS)] = ()
    synonyms: Annotated[
        tuple[Annotated[tuple[_Words, ...], Field(min_length=2)], ...], Field(alias=SYNONYMS, max_length=_MOST_GROUPS)
    ] = ()

    @model_validator(mode="after")
    def _are_few(self) -> Self:
        number = sum(len(bet.questions) for bet in self.best_bets)
        if number > _MOST_QUESTIONS:
            raise ValueError(f"the best bets have {number:,} questions, of {_MOST_QUESTIONS:,} at most")
        return self

    @property
    def curation(self) -> Curation:
        """What they say."""
        bets = (BestBet(bet.questions, bet.document, bet.words) for bet in self.best_bets)
        return Curation(tuple(bets), self.synonyms)
