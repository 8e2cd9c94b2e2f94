"""What a document is made of."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TypeAlias

Scalar: TypeAlias = str | int | float | bool
Metadata: TypeAlias = Mapping[str, Scalar | list[Scalar]]


CELL_JOINT = " | "
"""What stands between the cells of a table's row in a document's text."""


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

    `level` is the rank of a heading (1 is the outermost), 1 for a row that names the columns of a table, and 0 for
    everything else.
    """

    kind: Kind
    start: int
    end: int
    level: int = 0


def heading_end(text: str, heading: Block) -> int:
    """Where the words of a heading end, before the line that underlines it in plain text."""
    words, line_end, last_line = text[heading.start : heading.end].rpartition("\n")
    is_underlined = bool(line_end) and not any(map(str.isalnum, last_line))
    return heading.start + len(words) if is_underlined else heading.end


@dataclass(frozen=True, slots=True)
class Document:
    """A text that a reader found, with its structure; `blocks` are in order, do not overlap and leave out only blanks.

    `uri` is the path relative to the folder that was indexed, with a fragment (`faq.csv#row`) where a file holds several
    documents. `language` is an ISO 639-1 code, or "und" where it cannot be told.
    """

    uri: str
    title: str
    text: str
    blocks: tuple[Block, ...]
    language: str = "und"
    metadata: Metadata = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Passage:
    """A span of a document's text under one heading; offsets are in characters.

    `heading_path` goes from the outermost heading to the nearest and leaves out the title; where the passage begins within
    a table, the row that names its columns is the last of it. `question` is the nearest heading (the title, where there is
    none) if that is a question.
    """

    start: int
    end: int
    heading_path: tuple[str, ...] = ()
    question: str | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """A file to read: `root` is the indexed folder that `uri` is relative to."""

    path: Path
    root: Path
    uri: str


@dataclass(frozen=True, slots=True)
class Skipped:
    """Something that was left out, and why, in a few words; `refused` is the path that the system would not open."""

    uri: str
    reason: str
    refused: Path | None = None
