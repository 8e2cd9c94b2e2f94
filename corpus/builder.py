"""Building a document block by block."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from itertools import islice
from typing import TypeAlias

from askdex.corpus.errors import UnreadableError
from askdex.corpus.text.lines import outline_number
from askdex.corpus.types import DEEPEST_ITEM_LEVEL, Block, Kind, Link, Metadata, Scalar, Skipped

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
"""NUL, at which SQLite ends a text, and halves of surrogate pairs, which have no UTF-8."""
_TIGHT_KINDS = frozenset({Kind.ITEM, Kind.ROW, Kind.CODE})
"""Blocks of these kinds follow each other without a blank line."""
_INDENT = " " * 4
"""Stands before an item of a list within a list, once for each list around it, and before its further lines."""
_MOST_METADATA = 200
"""Keys of a document, and values of a list. Metadata is stored with each document and shown with each result; a file that
has more is data, and a search cannot filter by it in any useful way."""
_LONGEST_INTEGER = 4_096
"""Bits. Python does not write longer ones in decimals."""
_LEAST_TEXT = 4 * 2**20
_MOST_TEXT_PER_BYTE = 20
"""Characters of text that a file may give, for each of its bytes: text shrinks to a tenth when it is compressed."""
_LONGEST_HEADING = 300
"""Characters. A heading is embedded with every passage below it; a longer one is text, and becomes part of a passage."""


def clean(text: str) -> str:
    """The text with LF as its only line end and with unstorable characters replaced by U+FFFD."""
    return _UNSTORABLE.sub("\ufffd", text.replace("\r\n", "\n").replace("\r", "\n"))


class TextAllowance:
    """The text that a file may give: a small file can hold the same cell a million times."""

    def __init__(self, size: int) -> None:
        """`size` is that of the file in bytes."""
        self._most = _LEAST_TEXT + _MOST_TEXT_PER_BYTE * size
        self._left = self._most

    def take(self, characters: int) -> None:
        """Raises UnreadableError where the file gave too much."""
        self._left -= characters
        if self._left < 0:
            raise UnreadableError(f"it gives more than {self._most // 2**20} MB of text, too much for a file of its size")


@dataclass(slots=True)
class DocumentBuilder:
    """A document in the making: what a reader found, before it has a uri, and perhaps without title and language.

    `links` and `page_starts` are as in a Document. `left_out` is the part of it that could not be read.
    """

    title: str | None = None
    language: str | None = None
    metadata: Metadata = field(default_factory=dict)
    blocks: list[Block] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    page_starts: list[int] = field(default_factory=list)
    left_out: Skipped | None = None
    _pieces: list[str] = field(default_factory=list)
    _length: int = 0

    @classmethod
    def holding(cls, text: str) -> "DocumentBuilder":
        """A builder that holds the whole text but no blocks yet."""
        return cls(_pieces=[text], _length=len(text))

    @property
    def text(self) -> str:
        """The text of all blocks so far."""
        # To add each block to one long string would copy that string each time.
        self._pieces[:] = ["".join(self._pieces)]
        return self._pieces[0]

    def append(self, kind: Kind, text: str, level: int = 0, *, links: Iterable[Link] = (), joins: bool = False) -> None:
        """Add a block at the end, after a blank line, or after a line end within a list, a table or code.

        An item of a list within a list is indented. `links` are in order, with offsets in `text`, whose line ends have to be
        LF then. With `joins` the text becomes further lines of the last block. A text of blanks is not added.
        """
        cleaned = clean(text)
        stripped = cleaned.strip()
        if not stripped:
            return
        if kind is Kind.HEADING and len(stripped) > _LONGEST_HEADING:
            kind, level = Kind.PARAGRAPH, 0
        if self.blocks:
            is_tight = kind in _TIGHT_KINDS and self.blocks[-1].kind is kind
            self._add("\n" if is_tight else "\n\n")
        indent = ""
        if kind is Kind.ITEM:
            level = min(self.blocks[-1].level if joins else level, DEEPEST_ITEM_LEVEL)
            indent = _INDENT * level
            self._add(indent)
        start = self._length
        self._add(stripped.replace("\n", f"\n{indent}"))
        blanks = len(cleaned) - len(cleaned.lstrip())
        self.links += _placed(links, cleaned, start - blanks, len(indent))
        self.blocks.append(Block(kind, self.blocks.pop().start if joins else start, self._length, level))

    def extend(self, other: "DocumentBuilder") -> None:
        """Add the blocks and links of another document after a blank line; its title becomes a heading."""
        if not other.blocks:
            return
        if self.blocks:
            self._add("\n\n")
        start = self._length
        self._add(other.text)
        for block in other.blocks:
            is_title = block.kind is Kind.TITLE
            kind, level = (Kind.HEADING, 1) if is_title else (block.kind, block.level)
            self.blocks.append(Block(kind, block.start + start, block.end + start, level))
        self.links += [Link(link.start + start, link.end + start, link.address) for link in other.links]

    def _add(self, piece: str) -> None:
        self._pieces.append(piece)
        self._length += len(piece)

    def text_of(self, block: Block) -> str:
        """The block's text on one line."""
        return " ".join(self.text[block.start : block.end].split())

    def settle_title(self) -> None:
        """Make the first heading of level 1 the title, unless the document has another title.

        It has to open the text, or to be the only one of level 1: one of several in the middle heads a section, and so does
        the first of them if it is numbered.
        """
        for n, block in enumerate(self.blocks):
            if block.kind is Kind.HEADING and block.level == 1:
                heading = self.text_of(block)
                opens = n == 0 and outline_number(heading) is None
                if opens or self._is_only_top(block) or heading == self.title:
                    self.title = self.title or heading
                    if heading == self.title:
                        self.blocks[n] = Block(Kind.TITLE, block.start, block.end)
                return

    def _is_only_top(self, block: Block) -> bool:
        return not any(other is not block and other.kind is Kind.HEADING and other.level == 1 for other in self.blocks)


def _placed(links: Iterable[Link], text: str, start: int, indent: int) -> Iterator[Link]:
    """The links of a text with their offsets in the document, where the text begins at `start`.

    Before each further line of the text stand `indent` blanks. A link of blanks is none.
    """
    position, blanks = len(text) - len(text.lstrip()), 0
    for link in links:
        words = text[link.start : link.end]
        begin, end = link.start + len(words) - len(words.lstrip()), link.start + len(words.rstrip())
        if begin < end:
            blanks += indent * text.count("\n", position, begin)
            position = begin
            yield Link(start + begin + blanks, start + end + blanks + indent * text.count("\n", begin, end), link.address)


Part: TypeAlias = tuple[str, DocumentBuilder] | Skipped
"""A document with its name within the file, which is "" where it is the whole file; or a part that was left out."""


@dataclass(frozen=True, slots=True)
class InnerFile:
    """A file within a file, such as one in an archive.

    `path` is its name there. `load` gives its bytes, or raises UnreadableError. `modified` is as in an Item. `metadata` hold
    where the file says nothing else of itself.
    """

    path: str
    load: Callable[[], bytes]
    modified: float | None = None
    metadata: Metadata = field(default_factory=dict)


def clean_metadata(raw: Mapping[object, object]) -> dict[str, Scalar | list[Scalar]]:
    """Metadata as strings, numbers, booleans and lists of them; nested keys are joined by a dot, empty values dropped."""
    return dict(islice(_flattened("", raw), _MOST_METADATA))


def _flattened(prefix: str, raw: Mapping[object, object]) -> Iterator[tuple[str, Scalar | list[Scalar]]]:
    for key, value in raw.items():
        name = clean(f"{prefix}{key}").strip()
        if isinstance(value, Mapping):
            yield from _flattened(f"{name}.", value)
        elif isinstance(value, list | tuple | set):
            if values := [_scalar(item) for item in islice(value, _MOST_METADATA) if item is not None]:
                yield name, values
        elif name and value is not None and (scalar := _scalar(value)) != "":
            yield name, scalar


def _scalar(value: object) -> Scalar:
    if isinstance(value, bool):
        return value
    if isinstance(value, int):
        return value if value.bit_length() <= _LONGEST_INTEGER else f"{value:#x}"
    if isinstance(value, float):
        # JSON has no NaN and no infinity.
        return value if value == value and abs(value) != float("inf") else str(value)
    return clean(value.isoformat() if isinstance(value, date) else str(value)).strip()
