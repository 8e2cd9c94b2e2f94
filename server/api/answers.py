"""Responses of the index as answers of the endpoint: where to read each passage, and in which units its offsets count."""

from collections.abc import Iterable

from askdex.indexer.types import Response, Span, StoredDocument, StoredPassage
from askdex.server.api.models.documents import DocumentWithText, Passage, TextSpan
from askdex.server.api.models.offsets import Offsets, Utf16
from askdex.server.api.models.search import SearchAnswer
from askdex.server.current import service
from askdex.server.page_addresses import document_address, passage_address


def search_answer(response: Response, offsets: Offsets) -> SearchAnswer:
    """The answer to a search."""
    answer = SearchAnswer.of(response, reading_address)
    if offsets is Offsets.UTF_16:
        if answer.answer is not None:
            _recount([answer.answer], Utf16(answer.results[0].text))
        found: list[Passage] = [passage for result in answer.results for passage in (result, *result.more)]
        _recount_passages(found, response.generation)
    return answer


def document_answer(document: StoredDocument, offsets: Offsets) -> DocumentWithText:
    """A document with its text."""
    answer = DocumentWithText.whole(document)
    if offsets is Offsets.UTF_16:
        _recount(answer.links, Utf16(answer.text))
    return answer


def passage_answer(passage: StoredPassage, offsets: Offsets) -> Passage:
    """A passage."""
    answer = Passage.of(passage, reading_address)
    if offsets is Offsets.UTF_16:
        _recount_passages([answer])
    return answer


def reading_address(passage: StoredPassage, answer: Span | None = None) -> str:
    """Where to read a passage: on the page of the site that it is from, or in the document on this server."""
    return passage_address(passage, answer) or document_address(passage, answer)


def _recount_passages(passages: list[Passage], generation: int | None = None) -> None:
    """Let passages of a generation, None for the newest, count in UTF-16 units."""
    texts = service().texts({passage.document.id for passage in passages}, generation)
    in_documents = {document_id: Utf16(text) for document_id, text in texts.items()}
    for passage in passages:
        _recount(passage.spans(), Utf16(passage.text))
        _recount([passage], in_documents[passage.document.id])


def _recount(spans: Iterable[TextSpan | Passage], units: Utf16) -> None:
    for span in spans:
        span.start, span.end = units(span.start), units(span.end)
