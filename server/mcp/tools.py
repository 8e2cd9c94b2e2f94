"""The tools: what assistants may ask of an index. The name, description and schemas of a tool are those of its function."""

from collections.abc import Callable, Mapping
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from askdex.indexer.types import Query
from askdex.server.api.models.documents import Documents
from askdex.server.mcp import results
from askdex.server.service import Service

_PASSAGES, _MOST_PASSAGES = 5, 20
_DOCUMENTS, _MOST_DOCUMENTS = 20, 100
_CHARACTERS, _MOST_CHARACTERS = 8_000, 20_000
"""Some 2,000 and 5,000 tokens of English, so that a part leaves room in the context of an assistant."""

_LARGEST_OFFSET = 10_000
_LARGEST_LIST_OFFSET = 2**31
"""SQLite takes no offset above 2^63, and nobody pages so far."""

_Question = Annotated[str, Field(description="A whole question, in the language of the documents.")]
_Offset = Annotated[int, Field(ge=0, le=_LARGEST_LIST_OFFSET)]


class _Arguments(BaseModel):
    """What a tool is called with."""

    model_config = ConfigDict(extra="forbid")


class AskArguments(_Arguments):
    """See `ask`."""

    question: _Question


class PassagesArguments(_Arguments):
    """See `passages`."""

    question: _Question
    limit: Annotated[int, Field(ge=1, le=_MOST_PASSAGES)] = _PASSAGES
    offset: Annotated[int, Field(ge=0, le=_LARGEST_OFFSET)] = 0


class DocumentArguments(_Arguments):
    """See `document`."""

    id: str = Field(description="As another tool gives it.")
    limit: Annotated[int, Field(ge=1, le=_MOST_CHARACTERS, description="Most characters.")] = _CHARACTERS
    offset: Annotated[_Offset, Field(description="Character of the text to begin at.")] = 0


class DocumentsArguments(_Arguments):
    """See `documents`."""

    limit: Annotated[int, Field(ge=1, le=_MOST_DOCUMENTS)] = _DOCUMENTS
    offset: _Offset = 0


def ask(service: Service, arguments: AskArguments) -> results.QuestionAnswer:
    """Answer a question from the documents: whether they answer it, how likely that is, and the sentence that does.

    Where `answered` is false, say that the documents do not answer it. Quote `document_text`, and name the document and its
    date.
    """
    return results.QuestionAnswer.of(service.search(Query(arguments.question, limit=1)))


def passages(service: Service, arguments: PassagesArguments) -> results.PassageList:
    """Find the passages of the documents that are nearest to a question, the best first.

    Use it where one answer is not enough. The nearest passages need not answer: see their `relevance`.
    """
    return results.PassageList.of(service.search(Query(arguments.question, limit=arguments.limit, offset=arguments.offset)))


def document(service: Service, arguments: DocumentArguments) -> results.DocumentPart:
    """Read a part of the text of a document.

    To read around a passage, begin some hundred characters before its `start`; go on at `next_offset`.
    """
    return results.DocumentPart.of(service.document(arguments.id), arguments.limit, arguments.offset)


def documents(service: Service, arguments: DocumentsArguments) -> Documents:
    """List the documents, in the order of their uris; go on at `next_offset`."""
    return Documents.of(service.documents(arguments.limit, arguments.offset))


TOOLS: Mapping[str, Callable[[Service, Any], BaseModel]] = {
    tool.__name__: tool for tool in (ask, passages, document, documents)
}
"""All tools by their names; each takes a service and the arguments that its annotation says."""
