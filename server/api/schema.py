"""The requests and responses of the JSON endpoint."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    Json,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)
from pydantic_core import PydanticCustomError

from askdex.corpus.types import Link, Scalar
from askdex.corpus.versions import is_out_of_force
from askdex.indexer.search.searcher import LONGEST_QUESTION
from askdex.indexer.types import (
    DocumentSummary,
    Explanation,
    GroupBy,
    Match,
    Mode,
    Query,
    Range,
    Response,
    Result,
    Scores,
    Span,
    StoredDocument,
    StoredPassage,
    Timings,
)
from askdex.server.page_addresses import passage_address
from askdex.server.service import DocumentList, FacetList, LeftOutList

_MOST_RESULTS = 100
"""Results, or documents, of one response."""

_SUGGESTIONS, _MOST_SUGGESTIONS = 6, 20

_LARGEST_OFFSET = 10_000
"""Results; far more than anyone pages through."""

_LARGEST_DOCUMENT_OFFSET = 2**31
"""Documents; SQLite takes no offset above 2^63, and nobody pages so far."""

_MOST_FILTER_VALUES = 100
"""Keys of a filter, and values of one key."""

_DOCUMENTS_PER_PAGE = 20
_SCORE_DIGITS = 6
"""Decimal places; scores are 32-bit floats, in which further digits are noise."""

_DEFAULT = Query("")
"""A query whose fields are the defaults of a request."""

Generation = Annotated[int, Field(ge=1, le=2**53)]
"""The number of a generation; up to 2^53 JSON numbers are exact in every program that reads them."""


def _require_text(question: str) -> str:
    if not question.strip():
        raise PydanticCustomError("blank", "Input should not be blank")
    return question


def _with_one_message(value: object, validate: ValidatorFunctionWrapHandler) -> object:
    """Validate a value of a filter with one message for an invalid one, where pydantic has one for each possible type."""
    try:
        return validate(value)
    except ValidationError:
        message = "Input should be a string, a number, true or false, a list of 1 to {most} of them, or a range (from, to)"
        raise PydanticCustomError("filter_value", message, {"most": _MOST_FILTER_VALUES}) from None


def _require_bound(bounds: "_Range") -> "_Range":
    if bounds.start is None and bounds.end is None:
        raise PydanticCustomError("unbounded", "A range should have a bound")
    return bounds


class _Range(BaseModel):
    """A range of numbers or dates; one of its bounds may be left out."""

    model_config = ConfigDict(extra="forbid", strict=True)

    start: Annotated[str | float | None, Field(alias="from")] = None
    end: Annotated[str | float | None, Field(alias="to")] = None


_Question = Annotated[str, Field(max_length=LONGEST_QUESTION), AfterValidator(_require_text)]
_Values = Annotated[list[Scalar], Field(min_length=1, max_length=_MOST_FILTER_VALUES)]
_Value = Annotated[Scalar | _Values | Annotated[_Range, AfterValidator(_require_bound)], WrapValidator(_with_one_message)]
_Filter = Annotated[dict[str, _Value], Field(max_length=_MOST_FILTER_VALUES)]


class SearchRequest(BaseModel):
    """The body of a search: the fields of a Query with the values that the endpoint takes, and the defaults of a Query."""

    model_config = ConfigDict(extra="forbid", strict=True)

    question: _Question
    limit: Annotated[int, Field(ge=1, le=_MOST_RESULTS)] = _DEFAULT.limit
    offset: Annotated[int, Field(ge=0, le=_LARGEST_OFFSET)] = _DEFAULT.offset
    mode: Mode = _DEFAULT.mode
    filter: _Filter = Field(default_factory=dict)
    generation: Generation | None = _DEFAULT.generation
    group_by: GroupBy | None = _DEFAULT.group_by
    explain: bool = _DEFAULT.explain
    correct: bool = _DEFAULT.correct

    def query(self) -> Query:
        """The request as the index takes it."""
        wanted = {
            key: Range(value.start, value.end) if isinstance(value, _Range) else value for key, value in self.filter.items()
        }
        return Query(**{**dict(self), "filter": wanted})


class SearchArguments(SearchRequest):
    """A search in the query string of an address: `q` is the question, `filter` a JSON object."""

    model_config = ConfigDict(extra="forbid", strict=False)

    question: Annotated[_Question, Field(alias="q")]
    filter: Json[_Filter] = Field(default_factory=dict)


class PageArguments(BaseModel):
    """The query string of a list: which part of it to give."""

    model_config = ConfigDict(extra="forbid")

    limit: Annotated[int, Field(ge=1, le=_MOST_RESULTS)] = _DOCUMENTS_PER_PAGE
    offset: Annotated[int, Field(ge=0, le=_LARGEST_DOCUMENT_OFFSET)] = 0


class SuggestArguments(BaseModel):
    """The query string of a request for suggestions: what was typed so far, which may be nothing."""

    model_config = ConfigDict(extra="forbid")

    typed: Annotated[str, Field(alias="q", max_length=LONGEST_QUESTION)]
    limit: Annotated[int, Field(ge=1, le=_MOST_SUGGESTIONS)] = _SUGGESTIONS


def search_json(response: Response) -> dict[str, Any]:
    """A response as the endpoint gives it."""
    return {
        "question": response.query.question,
        "corrected": response.corrected,
        "mode": response.query.mode,
        "answered": response.answered,
        "answer": _answer_json(response),
        "results": [_result_json(result) for result in response.results],
        "total": response.total,
        "next_offset": response.next_offset,
        "generation": response.generation,
        "timings_ms": _fields(response.timings),
    }


def documents_json(page: DocumentList) -> dict[str, Any]:
    """A page of the list of documents."""
    return {
        "documents": list(map(summary_json, page.documents)),
        "total": page.total,
        "next_offset": page.next_offset,
        "generation": page.generation,
    }


def left_out_json(page: LeftOutList) -> dict[str, Any]:
    """A page of the list of what could not be read; where it lies on this computer is not said."""
    return {
        "left_out": [{"uri": file.uri, "reason": file.reason, "since": file.since} for file in page.left_out],
        "total": page.total,
        "next_offset": page.next_offset,
    }


def facets_json(found: FacetList) -> dict[str, Any]:
    """The keys and values that filters may take, as far as few values fill them."""
    facets = [{"key": facet.key, "values": [value._asdict() for value in facet.values]} for facet in found.facets]
    return {"facets": facets, "generation": found.generation}


def document_json(document: StoredDocument) -> dict[str, Any]:
    """A whole document; the offsets of links are in its text."""
    return {
        **summary_json(document.summary),
        "text": document.text,
        "passages": document.passages,
        "links": list(map(_link_json, document.links)),
    }


def summary_json(summary: DocumentSummary) -> dict[str, Any]:
    """A document without its text; `in_force` is whether it holds today."""
    return {**_fields(summary), "in_force": not is_out_of_force(summary.metadata, date.today())}


def passage_json(passage: StoredPassage, answer: Span | None = None) -> dict[str, Any]:
    """A passage with its place; `start` and `end` are offsets in the document's text, those of links in the passage's."""
    return {
        "passage_id": passage.id,
        "document": summary_json(passage.document),
        "heading_path": passage.heading_path,
        "question": passage.question,
        "text": passage.text,
        "start": passage.start,
        "end": passage.end,
        "page": passage.page,
        "url": passage_address(passage, answer),
        "links": list(map(_link_json, passage.links)),
    }


def _result_json(result: Result) -> dict[str, Any]:
    return {
        "rank": result.rank,
        "relevance": _rounded(result.relevance),
        **passage_json(result.passage, result.answer),
        "answer": _span_json(result.answer),
        "scores": _scores_json(result.scores),
        "more": [{**passage_json(other.passage), "scores": _scores_json(other.scores)} for other in result.more],
        "explanation": _explanation_json(result.explanation),
    }


def _link_json(link: Link) -> dict[str, Any]:
    return {"start": link.start, "end": link.end, "address": link.address}


def _scores_json(scores: Scores) -> dict[str, Any]:
    return {name: _rounded(score) for name, score in _fields(scores).items()}


def _explanation_json(explanation: Explanation | None) -> Mapping[str, Any] | None:
    if explanation is None:
        return None
    split = explanation.tokens
    tokens = split and {"matched": split.matched, "words": list(map(_match_json, split.words)), "rest": _rounded(split.rest)}
    return {
        "shares": {name: _rounded(share) for name, share in explanation.shares.items()},
        "words": list(map(_match_json, explanation.words)),
        "tokens": tokens,
    }


def _match_json(match: Match) -> Mapping[str, Any]:
    return {"text": match.text, "spans": list(map(_span_json, match.spans)), "score": _rounded(match.score)}


def _answer_json(response: Response) -> Mapping[str, Any] | None:
    """The answer of the best result; None on a later page, and where no passage seems to answer."""
    best = response.results[0] if response.results else None
    if best is None or best.rank > 1 or best.answer is None or response.answered is False:
        return None
    span, passage = best.answer, best.passage
    in_force = not is_out_of_force(passage.document.metadata, date.today())
    return {"text": passage.text[span.start : span.end], "passage_id": passage.id, **_fields(span), "in_force": in_force}


def _fields(record: DocumentSummary | Scores | Span | Timings) -> dict[str, Any]:
    """The fields of a flat record by their names.

    `asdict` would copy every value, which took half of the time that making a response took.
    """
    return {name: getattr(record, name) for name in record.__slots__}


def _rounded(score: float | None) -> float | None:
    """A score without the digits that are noise."""
    return None if score is None else round(score, _SCORE_DIGITS)


def _span_json(span: Span | None) -> Mapping[str, int] | None:
    return _fields(span) if span is not None else None
