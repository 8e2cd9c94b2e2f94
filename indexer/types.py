"""What a search takes and gives."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from corpus.types import Block, Metadata, Scalar


class Mode(StrEnum):
    """How passages are ranked; `keyword` and `semantic` use one ranker alone, for comparison."""

    FAST = "fast"
    PRECISE = "precise"
    KEYWORD = "keyword"
    SEMANTIC = "semantic"


Filter = Mapping[str, Scalar | Sequence[Scalar]]
"""Values that a document must have, by key; of several values one is enough."""


class GroupBy(StrEnum):
    """What results are put together by."""

    DOCUMENT = "document"


@dataclass(frozen=True, slots=True)
class Query:
    """A question and how to answer it; `generation` is the state of the index to answer from, None the newest.

    With `group_by` the results of one document, and near-identical passages, stand behind the best of them. With `explain`
    each result says why it is where it is. `correct` lets misspelt words be corrected.
    """

    question: str
    limit: int = 10
    offset: int = 0
    mode: Mode = Mode.FAST
    filter: Filter = field(default_factory=dict)
    generation: int | None = None
    group_by: GroupBy | None = None
    explain: bool = False
    correct: bool = True


@dataclass(frozen=True, slots=True)
class DocumentSummary:
    """A document without its text."""

    id: str
    title: str
    uri: str
    language: str
    metadata: Metadata


@dataclass(frozen=True, slots=True)
class StoredDocument:
    """A document of the index, with its text, structure and number of passages."""

    summary: DocumentSummary
    text: str
    blocks: tuple[Block, ...]
    passages: int


@dataclass(frozen=True, slots=True)
class StoredPassage:
    """A passage of the index, the `ordinal`th of its document, from 0.

    `start` and `end` are offsets in the document's text, in characters.
    """

    id: str
    ordinal: int
    document: DocumentSummary
    heading_path: tuple[str, ...]
    question: str | None
    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Scores:
    """The raw number of each ranker: a cosine, a BM25 score, the fused score that orders the results, a cross-encoder's."""

    semantic: float | None
    keyword: float | None
    fused: float
    rerank: float | None = None


@dataclass(frozen=True, slots=True)
class Span:
    """Offsets in a passage's text, in characters."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Match:
    """A word as it is written, where it stands in the passage's text, and what it adds to a score.

    One that stands in the title, the headings or the passage's question alone has no spans.
    """

    text: str
    spans: tuple[Span, ...]
    score: float


@dataclass(frozen=True, slots=True)
class Split:
    """A cosine as a sum: the words of the text that matched best, those first that add most, and the rest of it.

    `matched` is "passage" for the passage with its title and headings, "question" for the question that it answers.
    """

    matched: str
    words: tuple[Match, ...]
    rest: float


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a passage is where it is.

    `shares` are what each evidence adds to the fused score. `words` are those of the question with their BM25 scores.
    `tokens` split the cosine; None where there is none, or the encoder cannot say.
    """

    shares: Mapping[str, float]
    words: tuple[Match, ...]
    tokens: Split | None


@dataclass(frozen=True, slots=True)
class Result:
    """A passage in its rank (from 1); `relevance` is the probability that it answers, None while nothing is calibrated.

    `more` are the next best of its group, which have no results of their own.
    """

    rank: int
    passage: StoredPassage
    scores: Scores
    answer: Span | None = None
    relevance: float | None = None
    more: tuple["Result", ...] = ()
    explanation: Explanation | None = None


@dataclass(frozen=True, slots=True)
class Timings:
    """Milliseconds; `rerank` is what it took to read passages with a cross-encoder, 0 where none was asked."""

    encode: float
    retrieve: float
    rerank: float
    rank: float
    total: float


def next_offset(offset: int, shown: int, total: int) -> int | None:
    """Where the page after one of `shown` items begins; None after the last."""
    end = offset + shown
    return end if shown and end < total else None


@dataclass(frozen=True, slots=True)
class Response:
    """What a search found. `answered` is None while nothing is calibrated that could tell.

    `total` counts the results that can be paged through; `next_offset` is None on the last page. `corrected` is the question
    that was answered where that is not the one that was asked.
    """

    query: Query
    results: tuple[Result, ...]
    total: int
    next_offset: int | None
    generation: int
    timings: Timings
    answered: bool | None = None
    corrected: str | None = None
