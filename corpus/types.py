"""What a document is made of."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

Scalar: TypeAlias = str | int | float | bool
Metadata: TypeAlias = Mapping[str, Scalar | list[Scalar]]


CELL_JOINT = " | "
"""What separates the cells of a table row in a document's text."""


DEEPEST_HEADING_LEVEL = 6
"""As in HTML, where h6 is the deepest."""


DEEPEST_ITEM_LEVEL = 8
"""A list that is nested deeper stands at this depth. Few people nest four; a hostile page could nest thousands, and the blanks
before its items would fill the memory."""


class Kind(StrEnum):
    """What a block of a document's text is."""

    TITLE = "title"
    HEADING = "heading"
    PARAGRAPH = "paragraph"
    ITEM = "item"
    ROW = "row"
    CODE = "code"


@dataclass(frozen=True, slots=True)
class Block:
    """A span of a document's text, `text[start:end]`, in characters.

    `level` is the rank of a heading (1 is the outermost), the depth of a list item (0 is the outermost), 1 for a row that
    names the columns of a table, and 0 for all else.
    """

    kind: Kind
    start: int
    end: int
    level: int = 0


@dataclass(frozen=True, slots=True)
class Link:
    """Words that lead somewhere: `text[start:end]` of a document or of a passage, and the address as it is written."""

    start: int
    end: int
    address: str


def heading_end(text: str, heading: Block) -> int:
    """The end of a heading's words, without the line of "=" or "-" that may underline it in plain text."""
    words, line_end, last_line = text[heading.start : heading.end].rpartition("\n")
    is_underlined = bool(line_end) and not any(map(str.isalnum, last_line))
    return heading.start + len(words) if is_underlined else heading.end


@dataclass(frozen=True, slots=True)
class Document:
    """A text with its structure: `blocks` are in order, do not overlap, and leave out only blanks.

    `uri` is the path relative to the indexed folder, with a fragment (`faq.csv#row`) where a file holds several documents.
    `language` is an ISO 639-1 code, or "und" where it is not known. `links` are in order. `page_starts[n]` is the offset at
    which page n + 1 begins; it is empty where the document has no pages.
    """

    uri: str
    title: str
    text: str
    blocks: tuple[Block, ...]
    language: str = "und"
    metadata: Metadata = field(default_factory=dict)
    links: tuple[Link, ...] = ()
    page_starts: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Passage:
    """A span of a document's text under one heading; offsets are in characters.

    `heading_path` goes from the outermost heading to the nearest, without the title. Where the passage begins within a
    table, its last element is the row that names the columns. `question` is the nearest heading, or the title where there
    is no heading, if that is a question.
    """

    start: int
    end: int
    heading_path: tuple[str, ...] = ()
    question: str | None = None


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file, or a part of one, that was left out, with the reason in a few words.

    `refused` is the key of a file, or of the folder around files, that the operating system did not open. `key` is the address
    of the file or folder in any case, and `version` that of a file that need not be read again before it has another.
    """

    uri: str
    reason: str
    refused: bytes | None = None
    key: bytes = field(default=b"", compare=False)
    version: bytes | None = field(default=None, compare=False)
