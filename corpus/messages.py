"""What the process that reads files and the process that indexes them say to each other: JSON, of which nothing can be run.

The indexer sends a task and then the bytes of the file. The reader answers with a message for each document, each few of its
passages and each part that is left out, and with a last one. In between it asks for the tokens of texts.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from typing import Any, NamedTuple

from askdex.corpus.errors import FailedReadingError, RefusedError, UnreadableError
from askdex.corpus.passages import EmbeddedText
from askdex.corpus.sources import Item
from askdex.corpus.sources.site.hints import Hints
from askdex.corpus.types import Block, Document, Kind, Link, Passage

_ERRORS = {error.__name__: error for error in (UnreadableError, RefusedError, FailedReadingError)}


class Message(StrEnum):
    """The kinds of messages of a reader: the first element of each."""

    READY = "ready"
    """The reader has started: None, or why it cannot read."""
    LIMIT = "limit"
    """Asks for the most tokens that the encoder takes."""
    COUNT = "count"
    """Asks for the numbers of tokens of texts."""
    DOCUMENT = "document"
    """The next document; None where it is not wanted."""
    PASSAGES = "passages"
    """The next passages of the latest document."""
    INNER = "inner"
    """Of the files within the file, the one that is read from now on; None where it is none of them."""
    LOST = "lost"
    """A file within the file is left out as its reader has ended, with the latest document: its name and the reason. The
    indexer says it to itself."""
    HINTS = "hints"
    """What a page says to programs that go through its site."""
    REGIONS = "regions"
    """The elements of a page."""
    LEFT_OUT = "left out"
    """A part that is left out: its name and the reason."""
    END = "end"
    """The file is read: whether the reader has grown too much to read another, and the error, None where it is not left out."""


class Wanted(StrEnum):
    """What is wanted of an item."""

    CONTENTS = "contents"
    HINTS = "hints"
    """Of a page, what it says to programs that go through its site."""
    REGIONS = "regions"
    """Of a page, its elements."""


@dataclass(frozen=True, slots=True)
class ReadingTask:
    """An item to read. Its first `known_documents` are not wanted; `cuts` is whether its documents are cut into passages.

    A reader may use `seconds` of the processor for it, and `inner_seconds` for a small file within it. `recognises` is whether
    the words of scans are wanted. `after` is the place of the file within it behind which the reader goes on, if any.
    """

    item: Item
    known_documents: int = 0
    cuts: bool = True
    seconds: int = 60
    inner_seconds: int = 60
    recognises: bool = True
    after: tuple[int, ...] = ()
    wants: Wanted = Wanted.CONTENTS


class InnerPlace(NamedTuple):
    """A file within the file that is read: its name, and the seconds of the processor for it.

    `place` is its number among the files within the same file, after the place of that one. `last_second` is the second of the
    processor, counted from the start of the reader, by which the whole file has to be read.
    """

    place: Sequence[int]
    uri: str
    seconds: int
    last_second: int


def message_bytes(message: Any) -> bytes:  # noqa: ANN401  # as json has it
    """A message as bytes."""
    return json.dumps(message, ensure_ascii=False).encode("utf-8", "surrogatepass")


def decoded(data: bytes) -> Any:  # noqa: ANN401  # as json has it
    """A message from its bytes."""
    return json.loads(data.decode("utf-8", "surrogatepass"))


def task_values(task: ReadingTask) -> dict[str, Any]:
    """A task as a message has it."""
    item = task.item
    return {**asdict(task), "item": {**asdict(item), "key": item.key.hex(), "version": item.version.hex()}}


def task_of(values: dict[str, Any]) -> ReadingTask:
    """A task from a message."""
    item = values["item"]
    key, version = (bytes.fromhex(item[name]) for name in ("key", "version"))
    item = Item(**{**item, "key": key, "version": version, "repeated": tuple(item["repeated"])})
    return ReadingTask(**{**values, "item": item, "after": tuple(values["after"]), "wants": Wanted(values["wants"])})


def document_values(document: Document) -> dict[str, Any]:
    """A document as a message has it."""
    return {
        **{field.name: getattr(document, field.name) for field in fields(document)},
        "blocks": [(block.kind, block.start, block.end, block.level) for block in document.blocks],
        "links": [(link.start, link.end, link.address) for link in document.links],
    }


def document_of(values: dict[str, Any]) -> Document:
    """A document from a message."""
    blocks = tuple(Block(Kind(kind), *place) for kind, *place in values["blocks"])
    links = tuple(Link(*link) for link in values["links"])
    return Document(**{**values, "blocks": blocks, "links": links, "page_starts": tuple(values["page_starts"])})


def hints_values(hints: Hints) -> dict[str, Any]:
    """What a page says, as a message has it."""
    return {**asdict(hints), "directives": sorted(hints.directives)}


def hints_of(values: dict[str, Any]) -> Hints:
    """What a page says, from a message."""
    return Hints(**{**values, "links": tuple(values["links"]), "directives": frozenset(values["directives"])})


def error_values(error: UnreadableError) -> list[str]:
    """An error as a message has it."""
    return [type(error).__name__, str(error)]


def error_of(name: str, reason: str) -> UnreadableError:
    """An error from a message."""
    return _ERRORS[name](reason)


def passage_values(passage: Passage, texts: Sequence[EmbeddedText]) -> list[Any]:
    """A passage and the texts that are embedded for it, as a message has them."""
    return [passage.start, passage.end, passage.heading_path, passage.question, texts]


def passages_of(values: Iterable[list[Any]]) -> list[tuple[Passage, list[EmbeddedText]]]:
    """Passages and their texts from a message."""
    return [
        (Passage(start, end, tuple(path), question), [EmbeddedText(*text) for text in texts])
        for start, end, path, question, texts in values
    ]
