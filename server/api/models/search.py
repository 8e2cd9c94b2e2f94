"""Asking: a question, what it finds, and why."""

import re
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, ConfigDict, Field, Json, ValidationError, ValidatorFunctionWrapHandler, WrapValidator
from pydantic_core import PydanticCustomError

from askdex.corpus.types import Scalar
from askdex.corpus.versions import is_out_of_force
from askdex.indexer import types
from askdex.indexer.search.searcher import LONGEST_QUESTION
from askdex.indexer.types import GroupBy, Mode, Query
from askdex.server.api.models.base import MOST_LISTED, WHOLE, Answer, Body, Generation
from askdex.server.api.models.documents import Address, Passage, TextSpan, passage_fields
from askdex.server.api.models.offsets import Offsets
from askdex.server.settings import LARGEST_REQUEST

_LARGEST_OFFSET = 10_000
"""Results; far more than anyone pages through."""

_MOST_FILTER_VALUES = 100
"""Keys of a filter, and values of one key."""

_SCORE_DIGITS = 6
"""Decimal places; scores are 32-bit floats, in which further digits are noise."""

_DEFAULT = Query("")
"""A query whose fields are the defaults of a request."""


NOT_BLANK = r"[^\s\x1c-\x1f\x85\ufeff]"
"""A character that is no blank, neither for Python nor for JSON Schema, whose patterns are those of JavaScript."""


def _require_text(question: str) -> str:
    if not re.search(NOT_BLANK, question):
        raise PydanticCustomError("blank", "Input should not be blank")
    return question


def _with_one_message(value: object, validate: ValidatorFunctionWrapHandler) -> object:
    """Validate a value of a filter with one message for an invalid one, where pydantic has one for each possible type."""
    try:
        return validate(value)
    except ValidationError:
        message = "Input should be a string, a number, true or false, a list of 1 to {most} of them, or a range (from, to)"
        raise PydanticCustomError("filter_value", message, {"most": _MOST_FILTER_VALUES}) from None


def _require_bound(bounds: "Range") -> "Range":
    if bounds.start is None and bounds.end is None:
        raise PydanticCustomError("unbounded", "A range should have a bound")
    return bounds


_DATE = {
    "type": "string",
    "pattern": "^[1-9][0-9]{3}(-(0[1-9]|1[0-2])(-(0[1-9]|1[0-9]|2[0-8]))?|-(0[13-9]|1[0-2])-(29|30)|-(0[13578]|1[02])-31)?$",
}
_BOUNDS: list[Any] = [
    {"required": [name], "properties": {name: kind, other: {"anyOf": [kind, {"type": "null"}]}}}
    for kind in ({"type": "number"}, _DATE)
    for name, other in (("from", "to"), ("to", "from"))
]
"""The JSON Schemas of a range: of numbers or of dates, with the one bound or the other."""


class Range(Body):
    """A range of numbers or of dates, both bounds within; one of them may be left out."""

    model_config = ConfigDict(json_schema_extra={"anyOf": _BOUNDS})

    start: Annotated[str | float | None, Field(alias="from")] = None
    end: Annotated[str | float | None, Field(alias="to")] = None


Question = Annotated[
    str,
    Field(max_length=LONGEST_QUESTION, json_schema_extra={"minLength": 1, "pattern": NOT_BLANK}),
    AfterValidator(_require_text),
]
_Values = Annotated[list[Scalar], Field(min_length=1, max_length=_MOST_FILTER_VALUES)]
_Value = Annotated[Scalar | _Values | Annotated[Range, AfterValidator(_require_bound)], WrapValidator(_with_one_message)]
_Filter = Annotated[dict[str, _Value], Field(max_length=_MOST_FILTER_VALUES)]


class Search(Body):
    """A question and how to answer it: the fields of a Query, with its defaults."""

    question: Question
    """1 to 2,000 characters. `"a phrase"` puts passages that hold it first; `leave -parental` and `leave NOT parental` leave
    out those with the word."""
    limit: Annotated[int, Field(ge=1, le=MOST_LISTED), WHOLE] = _DEFAULT.limit
    """How many results, 1 to 100 (default 10)."""
    offset: Annotated[int, Field(ge=0, le=_LARGEST_OFFSET), WHOLE] = _DEFAULT.offset
    """How many results to skip before them, up to 10,000 (default 0)."""
    mode: Mode = _DEFAULT.mode
    """`fast` (default); `precise` reads the best passages with a cross-encoder, or answers 501 if its model is not installed;
    `keyword` and `semantic` use one ranker alone, for comparison."""
    filter: _Filter = Field(default_factory=dict)
    """An object whose keys are `document` (id, uri or file), `language`, or metadata keys; from a list of values, one must
    match. A range of dates or numbers takes `from`, `to` or both, which are within it:
    `{"updated": {"from": "2024-01-01"}}`."""
    group_by: GroupBy | None = _DEFAULT.group_by
    """`document`: the results of one document, and passages with nearly the same text, become one result; up to three of the
    others stand in its `more`. Copies of a text in several documents, such as a page and its PDF, are always one result."""
    explain: bool = _DEFAULT.explain
    """`true`: each result says why it has its rank (default `false`)."""
    correct: bool = _DEFAULT.correct
    """`true` (default) corrects misspelt words, `false` leaves them; see `corrected` in the response."""

    offsets: Offsets = Offsets.CHARACTERS
    """`utf-16`: all offsets count UTF-16 units, as strings of JavaScript, Java and C# do, and not characters (default
    `characters`)."""

    def query(self, generation: int | None) -> Query:
        """The search as the index takes it, in a generation, None for the newest."""
        given = dict(self)
        del given["offsets"]
        given["filter"] = {
            key: types.Range(value.start, value.end) if isinstance(value, Range) else value
            for key, value in self.filter.items()
        }
        return Query(**{**given, "generation": generation})


class SearchRequest(Search):
    """A question, how to answer it, and from which generation."""

    generation: Generation | None = _DEFAULT.generation
    """The state of the index to answer from, as an earlier response named it, so that paging with `offset` stays in one
    state; 409 if it is no longer held."""


class BatchRequest(Body):
    """Searches to answer together: their questions are encoded at once, and all are answered from one generation."""

    largest = LARGEST_REQUEST

    searches: Annotated[list[Search], Field(min_length=1, max_length=MOST_LISTED)]
    """1 to 100 objects with the fields of a search, but for `generation`."""
    generation: Generation | None = _DEFAULT.generation
    """The state of the index to answer from, as an earlier response named it; 409 if it is no longer held."""


class SearchArguments(SearchRequest):
    """A search in the query string of an address: `q` is the question, `filter` a JSON object."""

    model_config = ConfigDict(strict=False)

    question: Annotated[Question, Field(alias="q")]
    """The question; for this and all others see the JSON body."""
    filter: Json[_Filter] = Field(default_factory=dict)
    """A JSON object."""


class BestAnswer(TextSpan):
    """The sentence, item or row that answers, with its place in the text of the passage."""

    text: str
    passage_id: str
    in_force: bool
    """Whether its document holds today."""


class Scores(Answer):
    """The number of each ranker; `null` where it was not asked, or did not find the passage."""

    semantic: float | None
    """A cosine."""
    keyword: float | None
    """A BM25 score."""
    fused: float
    """What orders the results."""
    rerank: float | None
    """The log-odds of a cross-encoder."""

    @classmethod
    def of(cls, scores: types.Scores) -> Self:
        """The scores of a passage, without the digits that are noise."""
        return cls(
            semantic=_rounded(scores.semantic),
            keyword=_rounded(scores.keyword),
            fused=round(scores.fused, _SCORE_DIGITS),
            rerank=_rounded(scores.rerank),
        )


class Word(Answer):
    """A word as it is written, its places in the passage's text, and what it adds to a score."""

    text: str
    spans: list[TextSpan]
    """None for a word that only the title, the headings or the question have."""
    score: float

    @classmethod
    def of(cls, match: types.Match) -> Self:
        """A word that matched."""
        spans = [TextSpan(start=span.start, end=span.end) for span in match.spans]
        return cls(text=match.text, spans=spans, score=round(match.score, _SCORE_DIGITS))


class CosineSplit(Answer):
    """A cosine as the sum of what words add to it, and the rest."""

    matched: Literal["passage", "question"]
    """The text that matched best: the passage with title and headings, or the question that it answers."""
    words: list[Word]
    rest: float

    @classmethod
    def of(cls, split: types.Split) -> Self:
        """The split of a cosine."""
        return cls(matched=split.matched, words=list(map(Word.of, split.words)), rest=round(split.rest, _SCORE_DIGITS))


class Explanation(Answer):
    """Why a result has its rank."""

    shares: dict[str, float]
    """What each kind of evidence adds to the score; their sum is `fused`."""
    words: list[Word]
    """The words of the question in the result, with what they add to `keyword`."""
    tokens: CosineSplit | None
    """What carries the cosine; `null` where there is none, or the encoder cannot say."""

    def spans(self) -> Iterator[TextSpan]:
        """The places of all words in the passage's text."""
        for word in (*self.words, *(self.tokens.words if self.tokens is not None else ())):
            yield from word.spans

    @classmethod
    def of(cls, explanation: types.Explanation) -> Self:
        """The explanation of a result."""
        return cls(
            shares={name: round(share, _SCORE_DIGITS) for name, share in explanation.shares.items()},
            words=list(map(Word.of, explanation.words)),
            tokens=None if explanation.tokens is None else CosineSplit.of(explanation.tokens),
        )


class RankedPassage(Passage):
    """A passage that was found."""

    scores: Scores

    @classmethod
    def found(cls, result: types.Result, address: Address) -> Self:
        """A passage behind the best of its group."""
        return cls(**passage_fields(result.passage, address), scores=Scores.of(result.scores))


class Result(RankedPassage):
    """A passage in its rank."""

    rank: int
    """From 1."""
    relevance: float | None
    """The probability that it answers; `null` where that is not known."""
    answer: TextSpan | None
    """The sentence, item or row that answers, in the passage's text; `null` where none comes near."""
    more: list[RankedPassage]
    """The next best of its group, which have no results of their own."""
    best_bet: str | None
    """The question for which the editors chose it; `null` where they did not. Then it is first, whatever its scores are."""
    explanation: Explanation | None
    """Why it is here; `null` unless that was asked for."""

    def spans(self) -> Iterator[TextSpan]:
        """See Passage."""
        yield from self.links
        if self.answer is not None:
            yield self.answer
        if self.explanation is not None:
            yield from self.explanation.spans()

    @classmethod
    def of_rank(cls, result: types.Result, address: Address) -> Self:
        """A result of a search."""
        return cls(
            **passage_fields(result.passage, address, result.answer),
            scores=Scores.of(result.scores),
            rank=result.rank,
            relevance=_rounded(result.relevance),
            answer=TextSpan.of(result.answer),
            more=[RankedPassage.found(other, address) for other in result.more],
            best_bet=result.best_bet,
            explanation=None if result.explanation is None else Explanation.of(result.explanation),
        )


class Timings(Answer):
    """Milliseconds; `rerank` is the time for reading passages with a cross-encoder."""

    encode: float
    retrieve: float
    rerank: float
    rank: float
    total: float


class SearchAnswer(Answer):
    """What a question finds."""

    question: str
    """As it was asked."""
    corrected: str | None
    """The question that was answered instead, where words of it were misspelt, or have synonyms that the documents use."""
    synonyms: list[str]
    """Other words that it was looked up by too, as the editors say that they mean the same."""
    mode: Mode
    answered: bool | None
    """Whether a passage answers; `null` in the modes that cannot say."""
    answer: BestAnswer | None
    """That of the best result; `null` where no passage seems to answer, and on later pages."""
    results: list[Result]
    """The passages, the best first."""
    total: int
    """How many results can be paged through."""
    next_offset: int | None
    """Where the next page begins; `null` on the last."""
    generation: int
    """The state of the index that answered."""
    timings_ms: Timings

    is_of_generation = True

    def headers(self) -> Mapping[str, str]:
        """See Answer."""
        steps = ", ".join(f"{step};dur={spent}" for step, spent in self.timings_ms)
        return {**super().headers(), "Server-Timing": steps}

    @classmethod
    def of(cls, response: types.Response, address: Address) -> Self:
        """The response of a search, whose passages have these addresses."""
        timings = response.timings
        return cls(
            question=response.query.question,
            corrected=response.corrected,
            synonyms=list(response.synonyms),
            mode=response.query.mode,
            answered=response.answered,
            answer=_best_answer(response),
            results=[Result.of_rank(result, address) for result in response.results],
            total=response.total,
            next_offset=response.next_offset,
            generation=response.generation,
            timings_ms=Timings(**{name: getattr(timings, name) for name in timings.__slots__}),
        )


class BatchAnswer(Answer):
    """What the questions of a batch find."""

    answers: list[SearchAnswer]
    """In the order of the searches."""
    generation: int
    """The state of the index that answered."""


def _best_answer(response: types.Response) -> BestAnswer | None:
    """The answer of the best result; None on a later page, and where no passage seems to answer."""
    best = response.results[0] if response.results else None
    if best is None or best.rank > 1 or best.answer is None or response.answered is False:
        return None
    span, passage = best.answer, best.passage
    in_force = not is_out_of_force(passage.document.metadata, date.today())
    text = passage.text[span.start : span.end]
    return BestAnswer(text=text, passage_id=passage.id, start=span.start, end=span.end, in_force=in_force)


def _rounded(score: float | None) -> float | None:
    """A score without the digits that are noise."""
    return None if score is None else round(score, _SCORE_DIGITS)
