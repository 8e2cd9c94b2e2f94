"""The types that the packages of the index share: arrays, passages, questions and results."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from enum import StrEnum
from functools import lru_cache
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from askdex.corpus.types import Block, Link, Metadata, Scalar

Ids = npt.NDArray[np.int64]
"""Ids of passages, of shape (n,)."""
Vectors = npt.NDArray[np.float32]
"""Vectors of shape (n, dimension) or (dimension,), or 32-bit scores of shape (n,)."""
Numbers = npt.NDArray[np.float64]
Array = npt.NDArray[Any]
Mask = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.int32]
"""Rows of a segment, by which its passages are counted from 0, or 32-bit counts."""
Positions = npt.NDArray[np.intp]
"""Positions in another array."""
TermHashes = npt.NDArray[np.uint32]
"""Terms by their 32-bit hashes; see `engine.postings.term_hash`."""

PLACES = np.dtype(
    [
        *(("document", np.uint64), ("ordinal", np.uint32), ("question", np.uint64), ("headings", np.uint64)),
        *(("updated", np.int32), ("valid_from", np.int32), ("valid_until", np.int32), ("flags", np.uint8)),
        *(("simhash", np.uint64), ("figures", np.uint64)),
    ]
)
Places = npt.NDArray[np.void]
"""Where passages stand, of the type `PLACES`: the fields of a `Place`, the SimHash of the text, and a digest of the numbers in
it; of a short text a digest of all its words and headings, as SimHash says little of so few."""

REPLACED, PRINTED, FILE_TIME = 1, 2, 4
"""Flags of a `Place`: another document took the place of this one; its text was laid out for print, as in a PDF, or read by
a machine; its date is the time of its file."""


class Place(NamedTuple):
    """Where a passage stands: its document's number, its ordinal in the document, the number of the question it answers.

    Question number 0 means that the passage stands under no question. `headings` is a digest of title and headings without
    numbers, which versions of a document share. `updated`, `valid_from` and `valid_until` are days as of `date.toordinal`, 0
    where they are not known. `flags` are a sum of `REPLACED`, `PRINTED` and `FILE_TIME`.
    """

    document: int = 0
    ordinal: int = 0
    question: int = 0
    headings: int = 0
    updated: int = 0
    valid_from: int = 0
    valid_until: int = 0
    flags: int = 0


@dataclass(frozen=True, slots=True)
class IndexedPassage:
    """A passage as an engine takes it in.

    `context` is its title and headings, `names` are the names of its document (see `corpus.names`), `units` the spans of the
    units of its text (see `corpus.text.units`).
    `vectors` has shape (k, dimension), k >= 1; the best match counts. A vector is as long as its weight, at most 1.
    `filters` are the (key, value) pairs that a filter finds it by, the values as `filter_text` gives them.
    """

    id: int
    context: str
    text: str
    vectors: Vectors
    place: Place = field(default_factory=Place)
    units: Sequence[tuple[int, int]] = ()
    filters: Sequence[tuple[str, str]] = ()
    names: str = ""


@dataclass(frozen=True, slots=True)
class State:
    """A generation of an index; `token` identifies its content, `made` is its time (ISO 8601, UTC).

    `vectors` counts those that stand for passages, `tokens_lost` the tokens that the encoder did not see. All counts are 0
    before the first generation.
    """

    generation: int = 0
    token: str = ""
    made: str = ""
    documents: int = 0
    passages: int = 0
    vectors: int = 0
    tokens_lost: int = 0


@dataclass(frozen=True, slots=True)
class Model:
    """The model that an index is made with; `fingerprint` is None until something was embedded."""

    name: str | None
    fingerprint: str | None
    dimension: int


@dataclass(frozen=True, slots=True)
class Calibration:
    """What is usual in a collection, measured when it had `passages` passages.

    `foreign` is the mean cosine of the nearest passage with questions about other subjects, `own` that with the collection's
    own sentences; the first is smaller. `keyword_weight`, 1 to 3, is a factor on what terms add to a score; it is 1 where the
    model knows the language. `own_refused` and `foreign_refused` are the shares of the collection's own headings and
    sentences, and of the foreign questions, whose relevance stays below the threshold before single sentences are compared.
    `cosine_scale` is a factor on what cosines add to a score; it is 1 for a model whose cosines differ as
    much as those of the default model. `near_refused` is the share of `near_asked` near questions that is refused likewise: own
    ones, asked without the document that they are from. It is None where it was not measured.
    """

    foreign: float
    own: float
    passages: int
    keyword_weight: float = 1.0
    own_refused: float = 0.0
    foreign_refused: float = 0.0
    cosine_scale: float = 1.0
    near_refused: float | None = None
    near_asked: int = 0

    def to_json(self) -> str:
        """The JSON that `from_json` reads."""
        return json.dumps({_STORED_NAMES.get(name, name): value for name, value in asdict(self).items()})

    @staticmethod
    @lru_cache(maxsize=4)
    def from_json(text: str) -> "Calibration | None":
        """The calibration that `to_json` wrote; None where another version wrote it, with other fields."""
        names = {_STORED_NAMES.get(field.name, field.name): field.name for field in fields(Calibration)}
        values = json.loads(text)
        if not names.keys() - _STORED_LATER <= values.keys() <= names.keys():
            return None
        _require_numbers(values)
        if values["own"] == values["foreign"]:
            raise ValueError("own and foreign are the same")
        return Calibration(**{names[name]: value for name, value in values.items()})

    def meaning(self, nearest: float) -> float:
        """How near the nearest passage is: 0 where it is as usual for foreign questions, 1 as for own sentences."""
        return (nearest - self.foreign) / (self.own - self.foreign)


_STORED_NAMES = {"keyword_weight": "trust"}
"""The stored names of fields that are stored under another name than their own; existing indexes have these."""

_STORED_LATER = {"near_refused", "near_asked"}
"""The stored names of fields that older indexes do not have."""


@dataclass(frozen=True, slots=True)
class Tuning:
    """What was fitted to a collection on questions of its own; the defaults change nothing.

    `keyword_factor` is a factor on what terms add to a score, `match_factor` one on what late interaction adds. `shift` is
    added to the log-odds that the collection answers a question. `questions` is the number of questions that it was fitted on.
    `gain` is the share of them that is served where each is asked with what was fitted on others, less the share without a
    tuning; `gain_low` and `gain_high` are the bounds of its 95% interval. `refused_at_most` is the share of the questions with
    an answer that was promised to be the most that is refused. Where this promise chose the shift, there is no gain.
    """

    keyword_factor: float = 1.0
    match_factor: float = 1.0
    shift: float = 0.0
    questions: int = 0
    gain: float | None = None
    gain_low: float | None = None
    gain_high: float | None = None
    refused_at_most: float | None = None

    def to_json(self) -> str:
        """The JSON that `from_json` reads."""
        return json.dumps(asdict(self))

    @staticmethod
    @lru_cache(maxsize=4)
    def from_json(text: str) -> "Tuning":
        """The tuning that `to_json` wrote; what another version added is left out, and what it lacked has its default."""
        known = {field.name for field in fields(Tuning)}
        values = {name: value for name, value in json.loads(text).items() if name in known}
        _require_numbers(values)
        return Tuning(**values)


def _require_numbers(values: Mapping[str, object]) -> None:
    """Raise ValueError where one of these is neither None nor a finite number."""
    for name, value in values.items():
        if value is not None and not (isinstance(value, int | float) and math.isfinite(value)):
            raise ValueError(f"{name} is no number")


UNTUNED = Tuning()
"""The tuning that changes nothing."""


@dataclass(frozen=True, slots=True)
class BestBet:
    """Questions as editors write them, and the document that answers them, by its uri or that of its file.

    `words` stand in the passage that answers; where none are named, the passage is the one that ranks first.
    """

    questions: tuple[str, ...]
    document: str
    words: str = ""


@dataclass(frozen=True, slots=True)
class Curation:
    """What editors say of a collection: its best bets, and groups of words that mean the same in it."""

    best_bets: tuple[BestBet, ...] = ()
    synonyms: tuple[tuple[str, ...], ...] = ()

    def to_json(self) -> str:
        """The JSON that `from_json` reads."""
        return json.dumps(asdict(self))

    @staticmethod
    @lru_cache(maxsize=4)
    def from_json(text: str) -> "Curation":
        """The curation that `to_json` wrote."""
        said = json.loads(text)
        bets = (BestBet(tuple(bet["questions"]), bet["document"], bet["words"]) for bet in said["best_bets"])
        return Curation(tuple(bets), tuple(map(tuple, said["synonyms"])))


UNCURATED = Curation()
"""The curation that says nothing."""


class Mode(StrEnum):
    """How passages are ranked; `keyword` and `semantic` use one ranker alone, for comparison."""

    FAST = "fast"
    PRECISE = "precise"
    KEYWORD = "keyword"
    SEMANTIC = "semantic"


@dataclass(frozen=True, slots=True)
class Range:
    """The bounds of a value, both within; None where it has none. They are numbers, or dates of ISO 8601."""

    start: str | float | None = None
    end: str | float | None = None


Filter = Mapping[str, Scalar | Sequence[Scalar] | Range]
"""The values that a document must have, by key; of several values of a key one is enough, as is one within a range."""


def filter_text(value: Scalar) -> str:
    """A metadata value as filters compare it: strings without case, numbers and truth values as in JSON."""
    if isinstance(value, str):
        return value.casefold()
    return json.dumps(int(value) if isinstance(value, float) and value.is_integer() else value)


@dataclass(frozen=True, slots=True)
class Access:
    """What somebody may read: documents whose uri has one of these patterns, or that have one of these (key, value) pairs.

    In a pattern `*` stands for any characters, `?` for one. Values are as `filter_text` gives them.
    """

    uris: tuple[str, ...] = ()
    metadata: tuple[tuple[str, str], ...] = ()


class GroupBy(StrEnum):
    """What results are put together by."""

    DOCUMENT = "document"


@dataclass(frozen=True, slots=True)
class Query:
    """A question and how to answer it; `generation` is the one to answer from, None for the newest.

    With `group_by` the results of one document, and near-identical passages, stand behind the best of them. With `explain`
    each result says why it has its rank. `correct` lets misspelt words be corrected. `access` is what may be read for
    it, None for everything. `curated` lets what editors say count: best bets and synonyms.
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
    access: Access | None = None
    curated: bool = True


@dataclass(frozen=True, slots=True)
class DocumentSummary:
    """A document without its text; `url` is the address of its page, None for a file.

    `is_file` is whether it is a file or a part of one, and neither a page nor a file within another, such as an archive.
    """

    id: str
    title: str
    uri: str
    language: str
    metadata: Metadata
    url: str | None = None
    is_file: bool = False


class FacetValue(NamedTuple):
    """A value that documents can be filtered by, as they write it, and the number of documents that have it."""

    value: str
    documents: int


@dataclass(frozen=True, slots=True)
class Facet:
    """A key that documents can be filtered by and that few values fill, the commonest first.

    Those of `updated` are years; the documents of one are within the range from this year to it.
    """

    key: str
    values: tuple[FacetValue, ...]


class Original(NamedTuple):
    """The file that a document was read from: its uri, the key that its source knows it by, and the version that was read."""

    uri: str
    key: bytes
    version: bytes


class LeftOut(NamedTuple):
    """A file, a folder or a part of a file that could not be read.

    `key` is the address of the file or folder, `since` the time when it was first left out, as ISO 8601 has it. `version` is
    that of the file; None where the next run looks at it again in any case.
    """

    key: bytes
    uri: str
    reason: str
    since: str
    version: bytes | None = None


@dataclass(frozen=True, slots=True)
class StoredDocument:
    """A document of the index, with its text, structure, number of passages, and links."""

    summary: DocumentSummary
    text: str
    blocks: tuple[Block, ...]
    passages: int
    links: tuple[Link, ...] = ()


@dataclass(frozen=True, slots=True)
class StoredPassage:
    """A passage of the index, the `ordinal`th of its document, from 0.

    `start` and `end` are offsets in the document's text, in characters. `page` is the page that it begins on, from 1; None
    where the document has no pages. `links` are those in its text, with offsets in it.
    """

    id: str
    ordinal: int
    document: DocumentSummary
    heading_path: tuple[str, ...]
    question: str | None
    text: str
    start: int
    end: int
    page: int | None = None
    links: tuple[Link, ...] = ()


@dataclass(frozen=True, slots=True)
class Scores:
    """The raw number of each ranker: a cosine, a score by terms in points of BM25, the fused score, that of a cross-encoder.

    The fused score orders the results. The score by terms is BM25 and more, see `search.fusion`.
    """

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
    """A word as it is written, its places in the passage's text, and what it adds to a score.

    A word that only the title, the headings or the passage's question have has no spans.
    """

    text: str
    spans: tuple[Span, ...]
    score: float


@dataclass(frozen=True, slots=True)
class Split:
    """A cosine as a sum: the words of the text that matched best, those first that add most, and the rest of it.

    `matched` is "passage" for the passage with its title and headings, "question" for the question that it answers.
    """

    matched: Literal["passage", "question"]
    words: tuple[Match, ...]
    rest: float


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a passage has its rank.

    `shares` are what each evidence adds to the fused score. `words` are those of the question with their BM25 scores.
    `tokens` split the cosine; None where there is none, or the encoder cannot say.
    """

    shares: Mapping[str, float]
    words: tuple[Match, ...]
    tokens: Split | None


@dataclass(frozen=True, slots=True)
class Result:
    """A passage in its rank (from 1); `relevance` is the probability that it answers.

    `relevance` is None in the modes of one ranker, and where the collection was not calibrated.

    `more` are the next best of its group, which have no results of their own. `best_bet` is the question of the editors for
    which they chose it, None where they did not.
    """

    rank: int
    passage: StoredPassage
    scores: Scores
    answer: Span | None = None
    relevance: float | None = None
    more: tuple["Result", ...] = ()
    explanation: Explanation | None = None
    best_bet: str | None = None


@dataclass(frozen=True, slots=True)
class Timings:
    """Milliseconds; `rerank` is the time in which a cross-encoder read passages to order them, 0 where none did.

    What it reads after that, to tell whether they answer and to mark a sentence, is part of `rank`.
    """

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
    """What a search found.

    `answered` is whether a result is relevant enough to answer; False without results, None where no relevance is known.

    `total` counts the results that can be paged through; `next_offset` is None on the last page. `corrected` is the question
    that was answered instead of the one that was asked, if another one was. `synonyms` are the words that it was looked up by
    too, because editors say that they mean the same. What they chose for a question answers it.
    """

    query: Query
    results: tuple[Result, ...]
    total: int
    next_offset: int | None
    generation: int
    timings: Timings
    answered: bool | None = None
    corrected: str | None = None
    synonyms: tuple[str, ...] = ()
