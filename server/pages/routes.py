"""The search page and the documents, for people; they need no JavaScript."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Annotated, Any, Literal

from flask import Blueprint, render_template, request
from pydantic import BaseModel, Field

from askdex.corpus.types import CELL_JOINT, Block, Kind, heading_end
from askdex.indexer.errors import GoneGenerationError
from askdex.indexer.search.searcher import LONGEST_QUESTION
from askdex.indexer.store import read
from askdex.indexer.types import GroupBy, Mode, Query, Response, Result, StoredDocument, StoredPassage
from askdex.server.api.routes import answer, searcher
from askdex.server.api.schema import Generation
from askdex.server.pages.highlight import Mark, MarkedText, segments, word_marks

pages = Blueprint("pages", __name__)
_PER_PAGE = 10
_OF_NO_ANSWER = 3
"""Results that are shown at once where none seems to answer; others are folded away."""
_EXAMPLES = 6


class ResultsArguments(BaseModel):
    """Which page of the results to show, the first is 1; how they are ranked; the rank of the result to say why of.

    And whether misspelt words may be corrected, and the generation that the page before was of.
    """

    page: Annotated[int, Field(ge=1, le=100)] = 1
    mode: Literal[Mode.FAST, Mode.PRECISE] = Mode.FAST
    why: Annotated[int, Field(ge=1, le=100 * _PER_PAGE)] | None = None
    correct: bool = True
    generation: Generation | None = None


@dataclass(frozen=True, slots=True)
class ShownResult:
    """A result with the marks on its text."""

    result: Result
    segments: Sequence[MarkedText]


@dataclass(frozen=True, slots=True)
class ShownBlock:
    """A block of a document with the marks on its text: one run of segments, or one for each cell of a row."""

    level: int
    cells: Sequence[Sequence[MarkedText]]


@dataclass(frozen=True, slots=True)
class ShownPart:
    """Neighbouring blocks of one kind: a list, a table, or blocks that are shown one below the other."""

    kind: Kind
    blocks: Sequence[ShownBlock]


@pages.app_context_processor
def choice() -> dict[str, Any]:
    """Whether there is a choice between fast and precise, and what was chosen; an address names only what is not usual."""
    is_precise = request.args.get("mode") == Mode.PRECISE
    return {"has_precise": searcher().rereading.is_at_hand, "mode": Mode.PRECISE if is_precise else None}


@pages.get("/")
def search_page() -> str:
    """The search box, and the results where a question is in the address."""
    question = request.args.get("q", "").strip()
    if not question:
        return _start_page(question)
    asked = ResultsArguments.model_validate(request.args.to_dict())
    response = _answer(
        Query(
            question,
            limit=_PER_PAGE,
            offset=(asked.page - 1) * _PER_PAGE,
            mode=asked.mode,
            generation=asked.generation,
            group_by=GroupBy.DOCUMENT,
            explain=asked.why is not None,
            correct=asked.correct,
        )
    )
    if not response.total and not _documents():
        return _start_page(question)
    answered = response.corrected or question
    shown = [_shown_result(result, answered, marks_answer=response.answered is not False) for result in response.results]
    at_once = _OF_NO_ANSWER if response.answered is False and asked.page == 1 else _PER_PAGE
    return render_template(
        "results.html",
        question=question,
        answered=answered,
        response=response,
        results=shown,
        shown_at_once=at_once,
        asked=asked,
    )


@pages.get("/documents/<document_id>")
def document_page(document_id: str) -> str:
    """A whole document; the passage that the address names is marked."""
    question = request.args.get("q", "").strip()[:LONGEST_QUESTION]
    with searcher().reader.snapshot() as snapshot:
        document = read.document(snapshot, document_id)
        name = request.args.get("passage")
        passage = read.passage(snapshot, f"{document_id}-{name}") if name else None
    parts = _parts(document, passage, question)
    return render_template("document.html", question=question, document=document, passage=passage, parts=parts)


def _start_page(question: str) -> str:
    """The search box alone, with what to ask about; a question that nothing is held for stays in it."""
    with searcher().reader.snapshot() as snapshot:
        examples = read.example_questions(snapshot, _EXAMPLES)
        return render_template("start.html", question=question, documents=snapshot.state.documents, examples=examples)


def _answer(query: Query) -> Response:
    """Answer from the generation that the page before was of; from the newest where that is gone, as in a bookmark."""
    try:
        return answer(query)
    except GoneGenerationError:
        return answer(replace(query, generation=None))


def _documents() -> int:
    """How many documents are held."""
    with searcher().reader.snapshot() as snapshot:
        return snapshot.state.documents


def _shown_result(result: Result, question: str, *, marks_answer: bool) -> ShownResult:
    text = result.passage.text
    marks = word_marks(text, question)
    if result.answer is not None and marks_answer:
        marks.append(Mark(result.answer.start, result.answer.end, "answer"))
    return ShownResult(result, segments(text, 0, len(text), marks))


def _parts(document: StoredDocument, passage: StoredPassage | None, question: str) -> Iterator[ShownPart]:
    marks = []
    if passage is not None:
        marks = [Mark(passage.start, passage.end, "passage"), *word_marks(passage.text, question, passage.start)]
    for kind, blocks in groupby(document.blocks, key=lambda block: block.kind):
        yield ShownPart(kind, [_shown_block(document.text, block, marks) for block in blocks])


def _shown_block(text: str, block: Block, marks: Sequence[Mark]) -> ShownBlock:
    ends = [block.end]
    if block.kind in (Kind.HEADING, Kind.TITLE):
        ends = [heading_end(text, block)]
    if block.kind is Kind.ROW:
        ends = [block.start + at for at in _cell_ends(text[block.start : block.end])]
    starts = [block.start, *(end + len(CELL_JOINT) for end in ends[:-1])]
    cells = [segments(text, start, end, marks) for start, end in zip(starts, ends, strict=True)]
    return ShownBlock(block.level, cells)


def _cell_ends(row: str) -> list[int]:
    ends = []
    at = row.find(CELL_JOINT)
    while at >= 0:
        ends.append(at)
        at = row.find(CELL_JOINT, at + len(CELL_JOINT))
    return [*ends, len(row)]
