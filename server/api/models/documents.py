"""Documents, their passages, and what could not be read."""

from collections.abc import Callable, Iterator
from datetime import date
from typing import Annotated, Any, Self

from pydantic import Field

from askdex.corpus import types
from askdex.corpus.versions import is_out_of_force
from askdex.indexer.types import DocumentSummary, Span, StoredDocument, StoredPassage
from askdex.server.api.models.base import MOST_LISTED, Answer, Arguments
from askdex.server.api.models.offsets import Offsets
from askdex.server.service import DocumentList, LeftOutList
from askdex.server.versions import own_date

_PER_PAGE = 20
_LARGEST_OFFSET = 2**31
"""Documents; SQLite takes no offset above 2^63, and nobody pages so far."""

Address = Callable[[StoredPassage, Span | None], str | None]
"""Where a passage can be read in its document, and there its answer; None where it has no address."""


class PageArguments(Arguments):
    """Which part of a list to give."""

    limit: Annotated[int, Field(ge=1, le=MOST_LISTED)] = _PER_PAGE
    """How many, 1 to 100."""
    offset: Annotated[int, Field(ge=0, le=_LARGEST_OFFSET)] = 0
    """How many to skip before them."""


class OffsetArguments(Arguments):
    """How to count in a text."""

    offsets: Offsets = Offsets.CHARACTERS
    """`utf-16`: all offsets count UTF-16 units, not characters."""


class TextSpan(Answer):
    """A part of a text, from `start` to before `end`, counted in characters from 0."""

    start: int
    end: int

    @classmethod
    def of(cls, span: Span | None) -> Self | None:
        """A span, if there is one."""
        return None if span is None else cls(start=span.start, end=span.end)


class Link(TextSpan):
    """Words that lead somewhere."""

    address: str
    """The address, as it is written in the document."""

    @classmethod
    def all_of(cls, links: tuple[types.Link, ...]) -> list[Self]:
        """The links of a text."""
        return [cls(start=link.start, end=link.end, address=link.address) for link in links]


class Document(Answer):
    """A document without its text."""

    id: str
    title: str
    uri: str
    """Its path below the folder that was indexed, or its address."""
    language: str
    """The code of the language, as ISO 639 has it."""
    metadata: types.Metadata
    """What it says of itself: the format, the folder, dates, and all that a document adds."""
    url: str | None
    """The address of the page of a site; `null` for a file."""
    is_file: bool
    """Whether it is a file or a part of one: it is at `/documents/{id}/original`, unless the server keeps originals back."""
    in_force: bool
    """Whether it holds today: it was not replaced, its `valid_until` is not past, its `valid_from` not to come."""

    @classmethod
    def of(cls, summary: DocumentSummary) -> Self:
        """A document of an index."""
        return cls(**_summary(summary))


class DocumentWithText(Document):
    """A document with its text."""

    text: str
    passages: int
    """How many it has; their ids are the document's with `-0`, `-1` and so on."""
    links: list[Link]
    """The links in its text."""

    is_of_generation = True

    @classmethod
    def whole(cls, document: StoredDocument) -> Self:
        """A document of an index, with its text."""
        links = Link.all_of(document.links)
        return cls(**_summary(document.summary), text=document.text, passages=document.passages, links=links)


class Documents(Answer):
    """A page of the documents, in the order of their uris."""

    documents: list[Document]
    total: int
    """How many there are in all."""
    next_offset: int | None
    """Where the next page begins; `null` on the last."""
    generation: int
    """The state of the index that they are from."""

    is_of_generation = True

    @classmethod
    def of(cls, page: DocumentList) -> Self:
        """A page of the list of an index."""
        documents = list(map(Document.of, page.documents))
        return cls(documents=documents, total=page.total, next_offset=page.next_offset, generation=page.generation)


class FileLeftOut(Answer):
    """A file, a folder or a part of a file that could not be read."""

    uri: str
    reason: str
    since: str
    """The time when it was first left out, as ISO 8601 has it."""


class FilesLeftOut(Answer):
    """A page of what could not be read, in the order of the uris. Where it lies on this computer is not said."""

    left_out: list[FileLeftOut]
    total: int
    """How many there are in all."""
    next_offset: int | None
    """Where the next page begins; `null` on the last."""

    @classmethod
    def of(cls, page: LeftOutList) -> Self:
        """A page of the list of an index."""
        files = [FileLeftOut(uri=file.uri, reason=file.reason, since=file.since) for file in page.left_out]
        return cls(left_out=files, total=page.total, next_offset=page.next_offset)


class Passage(Answer):
    """A passage with its place in its document."""

    passage_id: str
    document: Document
    heading_path: list[str]
    """The headings above it, the highest first."""
    question: str | None
    """The question that it answers, where the document says one."""
    text: str
    start: int
    """Where it begins in the document's text."""
    end: int
    page: int | None
    """The page of a PDF, or the slide, that it begins on, from 1."""
    url: str | None
    """Where to read it, in a result at the sentence that answers: the page of the site, or for a file the document on this
    server, as an address without a host."""
    updated: str | None
    """The date of the document, as ISO 8601 has it; `null` where it says none. The time when its file was last written is in
    the metadata then."""
    links: list[Link]
    """The links in its text."""

    is_of_generation = True

    def spans(self) -> Iterator[TextSpan]:
        """The parts of its text that it points at."""
        yield from self.links

    @classmethod
    def of(cls, passage: StoredPassage, address: Address) -> Self:
        """A passage of an index."""
        return cls(**passage_fields(passage, address))


def passage_fields(passage: StoredPassage, address: Address, answer: Span | None = None) -> dict[str, Any]:
    """The fields of a passage; `answer` is what its address leads to."""
    return {
        "passage_id": passage.id,
        "document": Document.of(passage.document),
        "heading_path": passage.heading_path,
        "question": passage.question,
        "text": passage.text,
        "start": passage.start,
        "end": passage.end,
        "page": passage.page,
        "url": address(passage, answer),
        "updated": own_date(passage.document) or None,
        "links": Link.all_of(passage.links),
    }


def _summary(summary: DocumentSummary) -> dict[str, Any]:
    in_force = not is_out_of_force(summary.metadata, date.today())
    # `asdict` would copy every value, which took half of the time that making a response took.
    return {**{name: getattr(summary, name) for name in summary.__slots__}, "in_force": in_force}
