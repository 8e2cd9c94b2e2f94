"""The search page and the documents, for people; they need no JavaScript."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Annotated, Any, Literal

from flask import Blueprint, render_template, request, url_for
from pydantic import BaseModel, Field

from askdex.corpus.text.questions import is_question
from askdex.indexer.errors import GoneGenerationError
from askdex.indexer.search.searcher import LONGEST_QUESTION
from askdex.indexer.types import DocumentSummary, GroupBy, Mode, Query, Response, Result, StoredPassage
from askdex.server.api.models.base import Generation
from askdex.server.current import service, site
from askdex.server.page_addresses import document_address, result_address
from askdex.server.pages.about import Contact, contacts, date_text, facts, warning_text
from askdex.server.pages.facets import filter_of, shown_facets, taken
from askdex.server.pages.highlight import Mark, matches, word_marks
from askdex.server.pages.layout import ShownPart, begins_within_table, document_parts, outline, passage_parts
from askdex.server.pages.originals import original_address
from askdex.server.pages.texts import direction, language, spoken_date, text
from askdex.server.places import is_machine_read, is_slide, sheet_of
from askdex.server.service import Answers

pages = Blueprint("pages", __name__)
pages.add_app_template_global(text, "_")
pages.add_app_template_global(language)
pages.add_app_template_global(direction)
pages.add_app_template_global(date_text)
pages.add_app_template_global(facts)
pages.add_app_template_global(warning_text)
pages.add_app_template_global(result_address)
pages.add_app_template_global(document_address)
pages.add_app_template_global(original_address)
pages.add_app_template_global(is_slide)
pages.add_app_template_global(sheet_of)
pages.add_app_template_global(is_machine_read)
_PER_PAGE = 10
"""Results of a page."""

_NEAREST = 3
"""Results whose documents are looked at for whom to ask, where no passage seems to answer."""

_LONGEST_BEGINNING = 80
"""Characters of a passage that stand behind a heading which does not tell what is said below it."""

_MOST_EXAMPLES = 6
_LAST_PAGE = 100
_CHOICES = frozenset((Mode.FAST, Mode.PRECISE))

_LISTED_PER_PAGE = 100
"""Documents of a page, or files, folders and parts of files that are left out."""

_LAST_LISTED_PAGE = 10_000


_MOST_CHOSEN = 10
_Chosen = Annotated[str, Field(pattern=r"^[^:]+:.", max_length=400)]


class ResultsArguments(BaseModel):
    """The query string of a results page, without the question.

    `page` counts from 1. `mode` is the one that is chosen, if any. `why` is the rank of the result whose explanation is open.
    `generation` and `ranked` are the generation and the mode of the page before. `chosen` are the values of facets, as in
    "folder:cards".
    """

    page: Annotated[int, Field(ge=1, le=_LAST_PAGE)] = 1
    mode: Literal["fast", "precise"] | None = None
    ranked: Literal["fast", "precise"] | None = None
    why: Annotated[int, Field(ge=1, le=_LAST_PAGE * _PER_PAGE)] | None = None
    correct: bool = True
    generation: Generation | None = None
    chosen: Annotated[list[_Chosen], Field(alias="in", max_length=_MOST_CHOSEN)] = []

    def query(self, question: str) -> Query:
        """The search for this page of the results.

        Where no mode is chosen, here or for the site, the best passages are read closely if the model is there and nobody
        waits for it. That is decided here, before anything is shown, and not by a script that would put things in another
        order under a finger.
        """
        return Query(
            question,
            limit=_PER_PAGE,
            offset=(self.page - 1) * _PER_PAGE,
            mode=Mode(self.mode or self.ranked or site().mode or (Mode.PRECISE if service().can_read_closely else Mode.FAST)),
            filter=filter_of(self.chosen),
            generation=self.generation,
            group_by=GroupBy.DOCUMENT,
            explain=self.why is not None,
            correct=self.correct,
        )


class ListArguments(BaseModel):
    """The query string of the page of what is held, or of what is left out; `page` counts from 1."""

    page: Annotated[int, Field(ge=1, le=_LAST_LISTED_PAGE)] = 1


@dataclass(frozen=True, slots=True)
class ShownResult:
    """A result as the page lays it out: `way` are the headings down to it, `parts` its text.

    `is_answer` is whether it is the one that answers, so that the sentence, the item or the row that answers is marked.
    `others_here` are passages behind it of the same document, by their headings, `others_elsewhere` those of others, by title
    and headings.
    """

    result: Result
    way: Sequence[str]
    parts: Sequence[ShownPart]
    is_answer: bool
    others_here: Mapping[str, Result]
    others_elsewhere: Mapping[str, Result]


class DocumentArguments(BaseModel):
    """The query string of a document: the question that led there, the passage, its text, and the part of it that answers.

    `digest` is that of the passage's text when the link was made; links from before there were any have none.
    """

    q: str = ""
    passage: Annotated[int | None, Field(ge=0)] = None
    digest: str | None = None
    answer: Annotated[str | None, Field(pattern=r"^[0-9]{1,9}-[0-9]{1,9}$")] = None


@pages.app_context_processor
def form_settings() -> dict[str, Any]:
    """What forms and links carry on: the mode, None where none is chosen, and values of facets; and what is said here."""
    return {**_carried(), "here": site()}


@pages.app_template_global()
def search_address(question: str, **more: object) -> str:
    """The address of the results for a question, with the mode and the values of facets that are chosen."""
    values = {"q": question, **_carried(), **more}
    return url_for("pages.search_page", **{"in" if name == "chosen" else name: value for name, value in values.items()})


def _carried() -> dict[str, Any]:
    mode = request.args.get("mode")
    return {"mode": mode if mode in _CHOICES else None, "chosen": request.args.getlist("in")[:_MOST_CHOSEN]}


@pages.app_template_global()
def beginning(passage: StoredPassage) -> str:
    """How a passage begins; nothing where its heading asks, and so tells what is said below it, as "Legal basis" does not."""
    if not passage.heading_path or is_question(passage.heading_path[-1]):
        return ""
    words = " ".join(passage.text.split())
    cut = words[:_LONGEST_BEGINNING]
    return words if cut == words else f"{cut.rpartition(' ')[0] or cut}…"


@pages.get("/")
def search_page() -> str:
    """The search form, and the results where the address has a question."""
    question = request.args.get("q", "").strip()
    if not question:
        return _start_page(question)
    arguments = ResultsArguments.model_validate({**request.args.to_dict(), "in": request.args.getlist("in")})
    answers = _answers(arguments.query(question))
    response = answers.response
    if not response.total and not service().document_count():
        return _start_page(question)
    results = [_shown_result(answers, n) for n in range(len(response.results))]
    is_first = arguments.page == 1
    is_unanswered = (is_first and (response.answered is False or not results)) or not response.total
    return render_template(
        "results.html",
        question=question,
        answered_question=response.corrected or question,
        response=response,
        results=results,
        is_unanswered=is_unanswered,
        contacts=_contacts(response) if is_unanswered else [],
        facets=shown_facets(service().facets().facets, arguments.chosen) if results and not is_unanswered else [],
        taken=taken(arguments.chosen),
        arguments=arguments,
        has_precise=service().has_precise,
        takes_feedback=service().takes_feedback,
    )


@pages.get("/documents")
def documents_page() -> str:
    """What is held, on each page first what lies in no folder, when that last changed, and how much could not be read."""
    arguments = ListArguments.model_validate(request.args.to_dict())
    held = service().documents(_LISTED_PER_PAGE, (arguments.page - 1) * _LISTED_PER_PAGE)
    # What lies in no folder has no heading, and would stand below that of the folder before it.
    in_order = sorted(held.documents, key=lambda document: _folder_of(document) != "")
    folders = [(folder, list(of_folder)) for folder, of_folder in groupby(in_order, key=_folder_of)]
    freshness = spoken_date(service().state().made[:10])
    left_out = service().left_out(1, 0).total
    return render_template(
        "documents.html", held=held, folders=folders, page=arguments.page, freshness=freshness, left_out=left_out
    )


@pages.get("/documents/<document_id>")
def document_page(document_id: str) -> str:
    """A whole document, with the passage marked that the address names, if it is still there."""
    arguments = DocumentArguments.model_validate(request.args.to_dict())
    question = arguments.q.strip()[:LONGEST_QUESTION]
    opened = service().document_at(document_id, arguments.passage, arguments.digest, question)
    document = opened.document
    found = matches(document.text, document.blocks, opened.telling)
    return render_template(
        "document.html",
        question=question,
        document=document,
        passage=opened.passage,
        has_changed=arguments.passage is not None and opened.passage is None,
        entries=outline(document.text, document.blocks),
        matches=len(found.starts),
        parts=document_parts(document, _passage_marks(opened.passage, arguments.answer), found),
    )


@pages.get("/left-out")
def left_out_page() -> str:
    """What could not be read, why, and since when."""
    arguments = ListArguments.model_validate(request.args.to_dict())
    files = service().left_out(_LISTED_PER_PAGE, (arguments.page - 1) * _LISTED_PER_PAGE)
    return render_template("left_out.html", files=files, page=arguments.page)


def _folder_of(document: DocumentSummary) -> str:
    """The folder, the site or the archive that a document lies in; "" for none."""
    return document.uri.partition("#")[0].rpartition("/")[0]


def _start_page(question: str) -> str:
    """The search form with example questions; it keeps a question that was asked of an empty index."""
    overview = service().overview(_MOST_EXAMPLES, site().denied)
    return render_template("start.html", question=question, overview=overview)


def _answers(query: Query) -> Answers:
    """Answer from the generation of the page before, or from the newest where that is gone, as with an old bookmark."""
    try:
        return service().answers(query)
    except GoneGenerationError:
        return service().answers(replace(query, generation=None))


def _shown_result(answers: Answers, number: int) -> ShownResult:
    result, blocks = answers.response.results[number], answers.blocks[number]
    passage, span = result.passage, result.answer
    way = passage.heading_path[:-1] if begins_within_table(passage, blocks) else passage.heading_path
    is_answer = span is not None and result.rank == 1 and answers.response.answered is not False
    marks = [Mark(span.start, span.end, "answer")] if span and is_answer else word_marks(passage.text, answers.telling)
    return ShownResult(result, way, passage_parts(passage, blocks, marks), is_answer, *_others(result))


def _others(result: Result) -> tuple[dict[str, Result], dict[str, Result]]:
    """The passages behind a result, of the same document and of others, each name once; see ShownResult."""
    shown = result.passage
    here: dict[str, Result] = {}
    elsewhere: dict[str, Result] = {}
    for other in result.more:
        passage, title = other.passage, other.passage.document.title
        if passage.document.id != shown.document.id:
            elsewhere.setdefault(" › ".join([title, *passage.heading_path]), other)
        elif passage.heading_path != shown.heading_path:
            here.setdefault(" › ".join(passage.heading_path) or title, other)
    return here, elsewhere


def _contacts(response: Response) -> list[Contact]:
    """Whom to ask where nothing answers: whom the nearest documents name, and whom the people who serve the page name."""
    nearest = [result.passage.document for result in response.results[:_NEAREST]]
    return contacts(nearest, site().contact)


def _passage_marks(passage: StoredPassage | None, answer: str | None) -> list[Mark]:
    """The marks on the passage that a document is opened at; `answer` are the offsets of the answer in it."""
    if passage is None:
        return []
    marks = [Mark(passage.start, passage.end, "passage")]
    if answer is not None:
        start, end = (min(passage.start + int(offset), passage.end) for offset in answer.split("-"))
        marks.append(Mark(start, end, "answer"))
    return marks
