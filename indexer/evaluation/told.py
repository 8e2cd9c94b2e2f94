"""What people are told when they ask an index."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from askdex.indexer.search.searcher import Searcher
from askdex.indexer.types import DocumentSummary, Query, Response


@dataclass(frozen=True, slots=True)
class Told:
    """The answer to a question, and the documents that have it, the best first; no documents where it is refused."""

    question: str
    documents: tuple[DocumentSummary, ...] = ()
    answer: str = ""

    @property
    def document(self) -> DocumentSummary | None:
        """The document that answers."""
        return next(iter(self.documents), None)


def told(searcher: Searcher, questions: Sequence[str], generation: int | None = None) -> Iterator[Told]:
    """What each question gets, in the mode fast, all in one generation. Raises what Searcher.answers raises."""
    queries = [Query(question, limit=1, generation=generation) for question in questions]
    yield from map(_told, searcher.answers(queries))


def _told(response: Response) -> Told:
    if not response.results or response.answered is False:
        return Told(response.query.question)
    best, text = response.results[0], response.results[0].passage.text
    # Copies of a text stand behind the best of them.
    documents = tuple(result.passage.document for result in (best, *best.more))
    return Told(response.query.question, documents, text if best.answer is None else text[best.answer.start : best.answer.end])
