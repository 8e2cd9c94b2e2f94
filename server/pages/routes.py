"""The search page and the documents, for people; they need no JavaScript."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from operator import attrgetter
from typing import Annotated, Any, Literal

from flask import Blueprint, render_template, request
from pydantic import BaseModel, Field

from askdex.corpus.text.lines import opens_item
from askdex.corpus.types import CELL_JOINT, Block, Kind, heading_end
from askdex.indexer.errors import GoneGenerationError
from askdex.indexer.search.searcher import LONGEST_QUESTION
from askdex.indexer.types import GroupBy, Mode, Query, Response, Result, StoredDocument, StoredPassage
from askdex.server.api.schema import Generation
from askdex.server.current import service
from askdex.server.pages.highlight import LinkedText, Mark, linked, word_marks
from askdex.server.versions import out_of_force_text, version_text

pages = Blueprint("pages", __name__)
_PER_PAGE = 10
"""Results of a page."""

_SHOWN_UNANSWERED = 3
"""Results that are shown where no passage seems to answer; the others of the page are folded away."""

_MOST_EXAMPLES = 6
_LAST_PAGE = 100

_LEFT_OUT_PER_PAGE = 100
"""Files, folders and parts of files of a page."""

_LAST_LEFT_OUT_PAGE = 10_000


class ResultsArguments(BaseModel):
    """The query string of a results page, without the question.

    `page` counts from 1. `why` is the rank of the result whose explanation is open. `generation` is that of the page before.
    """

    page: Annotated[int, Field(ge=1, le=_LAST_PAGE)] = 1
    mode: Literal[Mode.FAST, Mode.PRECISE] = Mode.FAST
    why: Annotated[int, Field(ge=1, le=_LAST_PAGE * _PER_PAGE)] | None = None
    correct: bool = True
    generation: Generation | None = None

    def query(self, question: str) -> Query:
        """The search for this page of the results."""
        return Query(
            question,
            limit=_PER_PAGE,
            offset=(self.page - 1) * _PER_PAGE,
            mode=self.mode,
            generation=self.generation,
            group_by=GroupBy.DOCUMENT,
            explain=self.why is not None,
            correct=self.correct,
        )


class LeftOutArguments(BaseModel):
    """The query string of the page of what is left out; `page` counts from 1."""

    page: Annotated[int, Field(ge=1, le=_LAST_LEFT_OUT_PAGE)] = 1


@dataclass(frozen=True, slots=True)
class ShownResult:
    """A result with the links and marks on its text."""

    result: Result
    texts: Sequence[LinkedText]


@dataclass(frozen=True, slots=True)
class ShownBlock:
    """A block of a document with the links and marks on its text: one cell, or in a table row several.

    `is_bulleted` is whether it is an item of a list whose items have no numbers or bullets of their own.
    """

    level: int
    cells: Sequence[Sequence[LinkedText]]
    is_bulleted: bool = False


@dataclass(frozen=True, slots=True)
class ShownPart:
    """Successive blocks of one kind, such as the items of a list or the rows of a table."""

    kind: Kind
    blocks: Sequence[ShownBlock]


@pages.app_context_processor
def mode_choice() -> dict[str, Any]:
    """Whether the search form offers the mode precise, and the mode that links carry on; None stands for the default."""
    is_precise = request.args.get("mode") == Mode.PRECISE
    return {"has_precise": service().has_precise, "mode": Mode.PRECISE if is_precise else None}


@pages.app_context_processor
def version_texts() -> dict[str, Any]:
    """What says of which version a document is."""
    return {"version_text": version_text, "out_of_force_text": out_of_force_text}


@pages.get("/")
def search_page() -> str:
    """The search form, and the results where the address has a question."""
    question = request.args.get("q", "").strip()
    if not question:
        return _start_page(question)
    arguments = ResultsArguments.model_validate(request.args.to_dict())
    response = _search(arguments.query(question))
    if not response.total and not service().document_count():
        return _start_page(question)
    answered_question = response.corrected or question
    is_unanswered = response.answered is False
    results = [_shown_result(result, answered_question, marks_answer=not is_unanswered) for result in response.results]
    return render_template(
        "results.html",
        question=question,
        answered_question=answered_question,
        response=response,
        results=results,
        shown_at_once=_SHOWN_UNANSWERED if is_unanswered and arguments.page == 1 else _PER_PAGE,
        arguments=arguments,
    )


@pages.get("/documents/<document_id>")
def document_page(document_id: str) -> str:
    """A whole document, with the passage marked that the address names."""
    question = request.args.get("q", "").strip()[:LONGEST_QUESTION]
    ordinal = request.args.get("passage")
    document, passage = service().document_with_passage(document_id, f"{document_id}-{ordinal}" if ordinal else None)
    parts = _parts(document, passage, question)
    return render_template("document.html", question=question, document=document, passage=passage, parts=parts)


@pages.get("/left-out")
def left_out_page() -> str:
    """What could not be read, why, and since when."""
    arguments = LeftOutArguments.model_validate(request.args.to_dict())
    files = service().left_out(_LEFT_OUT_PER_PAGE, (arguments.page - 1) * _LEFT_OUT_PER_PAGE)
    return render_template("left_out.html", files=files, page=arguments.page)


def _start_page(question: str) -> str:
    """The search form with example questions; it keeps a question that was asked of an empty index."""
    overview = service().overview(_MOST_EXAMPLES)
    return render_template("start.html", question=question, overview=overview)


def _search(query: Query) -> Response:
    """Answer from the generation of the page before, or from the newest where that is gone, as with an old bookmark."""
    try:
        return service().search(query)
    except GoneGenerationError:
        return service().search(replace(query, generation=None))


def _shown_result(result: Result, question: str, *, marks_answer: bool) -> ShownResult:
    text = result.passage.text
    marks = word_marks(text, question)
    if result.answer is not None and marks_answer:
        marks.append(Mark(result.answer.start, result.answer.end, "answer"))
    return ShownResult(result, list(linked(text, 0, len(text), marks, result.passage.links)))


def _parts(document: StoredDocument, passage: StoredPassage | None, question: str) -> Iterator[ShownPart]:
    marks = []
    if passage is not None:
        marks = [Mark(passage.start, passage.end, "passage"), *word_marks(passage.text, question, passage.start)]
    for kind, group in groupby(document.blocks, key=lambda block: block.kind):
        blocks = list(group)
        bulleted = _bulleted(document.text, blocks) if kind is Kind.ITEM else [False] * len(blocks)
        shown = zip(blocks, bulleted, strict=True)
        yield ShownPart(kind, [_shown_block(document, block, marks, is_bulleted=is_bulleted) for block, is_bulleted in shown])


def _bulleted(text: str, items: Sequence[Block]) -> Iterator[bool]:
    """Whether each item needs a bullet: it has no number or bullet of its own, nor has one before it in the same list."""
    has_marks: list[bool] = []  # by depth, whether items of the current list have marks of their own
    for item in items:
        del has_marks[item.level + 1 :]
        has_marks += [False] * (item.level + 1 - len(has_marks))
        has_marks[item.level] |= opens_item(text[item.start : item.end])
        yield not has_marks[item.level]


def _shown_block(document: StoredDocument, block: Block, marks: Sequence[Mark], *, is_bulleted: bool) -> ShownBlock:
    text = document.text
    ends = [block.end]
    if block.kind in (Kind.HEADING, Kind.TITLE):
        ends = [heading_end(text, block)]
    if block.kind is Kind.ROW:
        ends = [block.start + end for end in _cell_ends(text[block.start : block.end])]
    starts = [block.start, *(end + len(CELL_JOINT) for end in ends[:-1])]
    links = document.links[bisect_right(document.links, block.start, key=attrgetter("end")) :]
    links = links[: bisect_left(links, block.end, key=attrgetter("start"))]
    cells = [list(linked(text, start, end, marks, links)) for start, end in zip(starts, ends, strict=True)]
    return ShownBlock(block.level, cells, is_bulleted)


def _cell_ends(row: str) -> list[int]:
    """Where the cells of a row end, in characters."""
    ends = [joint.start() for joint in re.finditer(re.escape(CELL_JOINT), row)]
    return [*ends, len(row)]
