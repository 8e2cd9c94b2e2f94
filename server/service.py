"""What the pages, the JSON endpoint and other faces ask of an index."""

import threading
import time
from collections.abc import Callable, Iterable, Sequence, Set
from contextlib import AbstractContextManager, ExitStack
from copy import copy
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from cachetools import LRUCache

from askdex.corpus.text.lines import number_end
from askdex.corpus.text.questions import begins_as_question
from askdex.corpus.types import Block
from askdex.indexer.engine.protocol import Opened
from askdex.indexer.engine.question import telling_forms
from askdex.indexer.errors import NotFoundError
from askdex.indexer.models.encoder import Encoder
from askdex.indexer.postgres.address import DatabaseAddress
from askdex.indexer.search.rerank import RerankStage
from askdex.indexer.search.searcher import Searcher, open_searcher
from askdex.indexer.types import (
    Access,
    DocumentSummary,
    Facet,
    LeftOut,
    Mode,
    Original,
    Query,
    Response,
    State,
    StoredDocument,
    StoredPassage,
    next_offset,
)
from askdex.indexer.upkeep.asked import WhatIsAsked, answered_now, what_is_asked
from askdex.server.batching import Batcher, BusyError
from askdex.server.page_addresses import text_digest
from askdex.server.question_log import QuestionLog, hour
from askdex.server.suggestions import MOST_QUESTIONS, Suggestions, allowed

_EXAMINED = 10
"""Questions that are looked at for each one that is shown as an example."""


@dataclass(frozen=True, slots=True)
class DocumentList:
    """A page of the list of documents; `total` counts all of them, `next_offset` is None on the last page."""

    documents: Sequence[DocumentSummary]
    total: int
    next_offset: int | None
    generation: int


@dataclass(frozen=True, slots=True)
class LeftOutList:
    """A page of the list of what could not be read; see DocumentList."""

    left_out: Sequence[LeftOut]
    total: int
    next_offset: int | None


@dataclass(frozen=True, slots=True)
class Answers:
    """A response with what shows it to people.

    `blocks` are those of each result's passage, with offsets in its text. `telling` are the forms of the words of the question
    that are worth pointing at.
    """

    response: Response
    blocks: Sequence[Sequence[Block]]
    telling: Set[str]


@dataclass(frozen=True, slots=True)
class DocumentAt:
    """A document, the passage that it is opened at, if it has that, and what is worth pointing at there; see Answers."""

    document: StoredDocument
    passage: StoredPassage | None
    telling: Set[str]


@dataclass(frozen=True, slots=True)
class FacetList:
    """What the documents of a generation can be told apart by, with the numbers of documents."""

    facets: Sequence[Facet]
    generation: int


@dataclass(frozen=True, slots=True)
class Overview:
    """What an index holds: the number of documents, that of what is left out, and questions that some documents answer."""

    documents: int
    left_out: int
    example_questions: Sequence[str]


_ASKED_KEPT_S, _SPANS_REMEMBERED = 300, 16
"""Seconds for which what people ask is not put together anew, and for how many different numbers of days."""

LEAST_DAYS = 3
"""Days on which a question must have been asked alike for its words to be told."""

_MOST_LOOKED_AT = 1_000
"""Passages among which a text is looked for that has moved within its document."""

_READERS_REMEMBERED = 64
"""Different accesses for which suggestions and facets are kept at hand."""


class Heard(Protocol):
    """Hears of each question, and what was found; nothing where it was turned away."""

    def __call__(self, query: Query, response: Response | None, /) -> None:
        """Hear of a question, on the thread that asked it."""


class Service:
    """Answers questions and gives documents; many threads may call it at once.

    Each call reads one generation of the index. All `hearers` hear of the questions; a log of them is one.
    """

    def __init__(self, searcher: Searcher, question_log: QuestionLog | None = None) -> None:
        self.hearers: list[Heard] = [] if question_log is None else [question_log.hear]
        self._question_log = question_log
        self._searcher = searcher
        self._batcher = Batcher(searcher)
        self._suggestions: tuple[object, Suggestions] | None = None
        self._facets: tuple[object, FacetList] | None = None
        self._access: Access | None = None
        self._readers: LRUCache[Access, Service] = LRUCache(_READERS_REMEMBERED)
        # Even reading an LRUCache changes the order of its entries.
        self._lock = threading.Lock()
        self._asked: LRUCache[int, tuple[float, WhatIsAsked]] = LRUCache(_SPANS_REMEMBERED)
        self._asking = threading.Lock()
        self._answered_of = ""
        self._answered: dict[str, bool] = {}

    def for_reader(self, access: Access | None) -> "Service":
        """The same for somebody who may read so much; None for everything."""
        if access is None:
            return self
        with self._lock:
            if access not in self._readers:
                reader = copy(self)
                reader._access = access
                self._readers[access] = reader
            return self._readers[access]

    def _opened(self, generation: int | None = None) -> AbstractContextManager[Opened]:
        return self._searcher.reader.opened(generation, self._access)

    def _restricted(self, query: Query) -> Query:
        return query if self._access is None else replace(query, access=self._access)

    @property
    def has_precise(self) -> bool:
        """Whether the mode precise is installed."""
        return self._searcher.rerank_stage.is_at_hand

    @property
    def can_read_closely(self) -> bool:
        """Whether a question in the mode precise would be answered now, without waiting for others."""
        return self.has_precise and self._batcher.is_free_for_slow

    def search(self, query: Query) -> Response:
        """Answer a question, in one batch with others that are asked at the same time. Raises what Batcher.search raises."""
        try:
            response = self._batcher.search(self._restricted(query))
        except BusyError:
            self._tell(query, None)
            raise
        self._tell(query, response)
        return response

    @property
    def takes_feedback(self) -> bool:
        """Whether people may say that an answer helped; it is written down with the questions."""
        return self._question_log is not None

    def judge(self, question: str, document_id: str | None, *, helped: bool) -> None:
        """Write down whether what was found helped, where a document came first.

        Raises NotFoundError where there is no such document, or questions are not written down.
        """
        if self._question_log is None:
            raise NotFoundError("No feedback is taken here: questions are not written down.")
        document = None if document_id is None else self.document(document_id).summary.uri
        self._question_log.judge(question, document, helped=helped)

    def asked(self, days: int) -> WhatIsAsked:
        """What was asked in so many days, as it was a few minutes ago at most.

        Raises NotFoundError where questions are not written down, QuestionLogError.
        """
        if self._question_log is None:
            raise NotFoundError("Questions are not written down here.")
        with self._asking:
            made, known = self._asked.get(days, (0.0, None))
            if known is None or time.monotonic() - made > _ASKED_KEPT_S:
                # One at a time: all questions of these days are encoded.
                known = what_is_asked(self._question_log.folder, lambda _: self._searcher.encoder, hour(days), LEAST_DAYS)
                known = known.asked_again(self._answered_now)
                self._asked[days] = time.monotonic(), known
            return known

    def _answered_now(self, questions: Sequence[str]) -> set[str]:
        """Those of some questions that are answered now; each is asked once of a generation."""
        token = self.state().token
        if self._answered_of != token:
            self._answered_of, self._answered = token, {}
        new = [question for question in questions if question not in self._answered]
        found = answered_now(self._searcher, Mode.FAST, new) if new else set()
        self._answered.update({question: question in found for question in new})
        return {question for question in questions if self._answered[question]}

    def documents_of(self, uris: Sequence[str]) -> dict[str, DocumentSummary]:
        """The documents of these uris, by them, as far as they are held and may be read."""
        with self._opened() as opened:
            first = {uri: passages[0] for uri, passages in opened.passages_of_documents(uris).items()}
            passages = opened.passages(list(first.values()))
            return {uri: passage.document for uri, passage in zip(first, passages, strict=True)}

    def _tell(self, query: Query, response: Response | None) -> None:
        for hear in self.hearers:
            hear(query, response)

    @property
    def waiting(self) -> dict[str, int]:
        """How many questions wait or are being answered, by lane."""
        return self._batcher.waiting

    def search_together(self, queries: Sequence[Query]) -> list[Response]:
        """Answer questions of one client, encoded together. Raises what Batcher.answers raises."""
        responses = self._batcher.answers(list(map(self._restricted, queries)))
        for query, response in zip(queries, responses, strict=True):
            self._tell(query, response)
        return responses

    def answers(self, query: Query) -> Answers:
        """Answer a question for people to read. Raises what `search` raises."""
        response = self.search(query)
        with self._opened(response.generation) as opened:
            blocks = opened.blocks([result.passage for result in response.results])
            return Answers(response, blocks, telling_forms(response.corrected or query.question, opened.vocabulary))

    def documents(self, limit: int, offset: int) -> DocumentList:
        """A page of the documents, in the order of their uris."""
        with self._opened() as opened:
            summaries = opened.documents(limit, offset)
            total = opened.state.documents
            return DocumentList(summaries, total, next_offset(offset, len(summaries), total), opened.state.generation)

    def document(self, document_id: str) -> StoredDocument:
        """A document with its text. Raises NotFoundError."""
        with self._opened() as opened:
            return opened.document(document_id)

    def texts(self, document_ids: Iterable[str], generation: int | None = None) -> dict[str, str]:
        """The texts of documents by their ids. Raises NotFoundError, GoneGenerationError."""
        with self._opened(generation) as opened:
            return {document_id: opened.document(document_id).text for document_id in document_ids}

    def original(self, document_id: str) -> Original:
        """The file that a document was read from. Raises NotFoundError."""
        with self._opened() as opened:
            return opened.original(document_id)

    def left_out(self, limit: int, offset: int) -> LeftOutList:
        """A page of what could not be read, in the order of the uris."""
        with self._opened() as opened:
            files, total = opened.left_out(limit, offset), opened.number_left_out()
            return LeftOutList(files, total, next_offset(offset, len(files), total))

    def passage(self, passage_id: str) -> StoredPassage:
        """A passage with its place in its document. Raises NotFoundError."""
        with self._opened() as opened:
            return opened.passage(passage_id)

    def document_at(
        self, document_id: str, ordinal: int | None = None, digest: str | None = None, question: str = ""
    ) -> DocumentAt:
        """A document at the passage of it that is named, both of the same generation. Raises NotFoundError.

        With the digest of a text, it is the passage with that text which is nearest to the ordinal.
        """
        with self._opened() as opened:
            document = opened.document(document_id)
            passage = None if ordinal is None else _passage_at(opened, document, ordinal, digest)
            return DocumentAt(document, passage, telling_forms(question, opened.vocabulary) if question else set())

    def overview(self, most_examples: int, denied: Sequence[str] = ()) -> Overview:
        """What the index holds, with up to so many questions as examples, none with any of the denied words."""
        with self._opened() as opened:
            examples = _good_examples(allowed(opened.example_questions(_EXAMINED * most_examples), denied))[:most_examples]
            return Overview(opened.state.documents, opened.number_left_out(), examples)

    def suggestions(self, typed: str, limit: int, denied: Sequence[str] = ()) -> list[str]:
        """Questions that documents answer and that hold what was typed."""
        with self._opened() as opened:
            key = (opened.state.token, tuple(denied))
            if self._suggestions is None or self._suggestions[0] != key:
                self._suggestions = key, Suggestions(opened.questions(MOST_QUESTIONS), denied)
            return self._suggestions[1].of(typed, limit)

    def facets(self) -> FacetList:
        """What the documents can be told apart by; counted once for each generation."""
        with self._opened() as opened:
            token, generation = opened.state.token, opened.state.generation
            if self._facets is None or self._facets[0] != token:
                self._facets = token, FacetList(opened.facets(), generation)
            return self._facets[1]

    def document_count(self) -> int:
        """How many documents the index holds."""
        with self._opened() as opened:
            return opened.state.documents

    def state(self) -> State:
        """The generation that the next question is answered from."""
        with self._opened() as opened:
            return opened.state


def _passage_at(opened: Opened, document: StoredDocument, ordinal: int, digest: str | None) -> StoredPassage | None:
    """The passage of an ordinal, or the nearest to it whose text has the digest; None where there is none."""
    if not digest:
        return opened.passage(f"{document.summary.id}-{ordinal}") if ordinal < document.passages else None
    nearest = sorted(range(document.passages), key=lambda number: abs(number - ordinal))[:_MOST_LOOKED_AT]
    passages = (opened.passage(f"{document.summary.id}-{number}") for number in nearest)
    return next((passage for passage in passages if text_digest(passage.text) == digest), None)


def _good_examples(questions: Sequence[str]) -> list[str]:
    """Questions without their numbers: those that begin as questions do, or else all."""
    plain = list(dict.fromkeys(question[number_end(question) :] for question in questions))
    return [question for question in plain if begins_as_question(question)] or plain


def open_followed(
    place: Path | DatabaseAddress, load_encoder: Callable[[str], Encoder], rerank_stage: RerankStage | None = None
) -> Searcher:
    """Open an index to serve it: a thread opens each new generation before a question needs it. Raises as `open_searcher`."""
    with ExitStack() as undo:
        searcher = open_searcher(place, load_encoder, rerank_stage)
        undo.callback(searcher.close)
        searcher.reader.follow()
        undo.pop_all()
    return searcher
