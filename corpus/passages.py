"""Cutting a document into passages that an encoder can take whole."""

from bisect import bisect
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, pairwise, zip_longest
from typing import Protocol

from askdex.corpus.text.questions import is_question
from askdex.corpus.text.sentences import sentences
from askdex.corpus.types import Block, Document, Kind, Passage, heading_end

LONGEST_PASSAGE = 256
"""Tokens; an encoder that takes more is not given more: a longer passage is a vaguer one."""

_LONGEST_TOKEN = 12
_PARTS_FOR_CONTEXT = 3
_CUT_IN_PARAGRAPH = 0.3
_PATH_JOINT = " > "


class Tokens(Protocol):
    """What cutting has to know of an encoder."""

    @property
    def limit(self) -> int:
        """The most tokens that the encoder takes, its own special tokens among them."""

    def count(self, texts: Sequence[str]) -> list[int]:
        """The number of tokens of each text, special tokens among them."""


@dataclass(slots=True)
class _Section:
    """What stands under one heading."""

    heading_path: tuple[str, ...]
    heading: str
    blocks: list[Block] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Unit:
    """A span that is not cut: a sentence, a row of a table, or a part of one that is too long. `opens` a block or not."""

    start: int
    end: int
    tokens: int
    opens: bool


def context(title: str, heading_path: Sequence[str]) -> str:
    """What is embedded with a passage to say what it is about: the title and the headings above it, a line each."""
    return "\n".join(filter(None, (title, _PATH_JOINT.join(heading_path))))


def embedded_text(document: Document, passage: Passage, tokens: Tokens) -> str:
    """The text that stands for a passage before the encoder: its context, a line end, and the passage itself."""
    above = fitting_context(document.title, passage.heading_path, tokens)
    text = document.text[passage.start : passage.end]
    return f"{above}\n{text}" if above else text


def cut(document: Document, tokens: Tokens) -> list[Passage]:
    """Cut a document into passages; each, with its context, has at most `min(tokens.limit, LONGEST_PASSAGE)` tokens.

    A passage lies within one section and holds whole sentences, as long as a sentence fits. Every block that is no
    heading lies in passages from its first character to its last; a heading without any text below is a passage itself.
    """
    return [passage for section in _sections(document) for passage in _cut_section(document, section, tokens)]


def fitting_context(title: str, heading_path: Sequence[str], tokens: Tokens) -> str:
    """The context, or the most telling part of it that takes no more than a third of a passage."""
    room = _longest(tokens) // _PARTS_FOR_CONTEXT
    nearest = heading_path[-1:]
    candidates = [context(title, heading_path), context(title, nearest), context("", nearest), title]
    return next((text for text in candidates if tokens.count([text])[0] <= room), "")


def _longest(tokens: Tokens) -> int:
    return min(tokens.limit, LONGEST_PASSAGE)


def _sections(document: Document) -> Iterator[_Section]:
    """The document's blocks under their headings; a heading with no text below it is text of the section around it."""
    above: list[tuple[int, str]] = []
    section = _Section((), document.title)
    for block, following in zip_longest(document.blocks, document.blocks[1:]):
        is_title = block.kind is Kind.TITLE
        leads = block.kind is Kind.HEADING and _is_text_below(block, following)
        if is_title or block.kind is Kind.HEADING:
            while above and above[-1][0] >= block.level:
                above.pop()
            if leads:
                words = document.text[block.start : heading_end(document.text, block)].split()
                above.append((block.level, " ".join(words)))
            heading_path = tuple(heading for _, heading in above)
            if is_title or leads or heading_path != section.heading_path:
                if section.blocks:
                    yield section
                section = _Section(heading_path, heading_path[-1] if heading_path else document.title)
        if not is_title and not leads:
            section.blocks.append(block)
    if section.blocks:
        yield section
    elif all(block.kind is Kind.TITLE for block in document.blocks) and document.blocks:
        yield _Section((), document.title, list(document.blocks))


def _is_text_below(heading: Block, following: Block | None) -> bool:
    if following is None or following.kind is Kind.TITLE:
        return False
    return following.kind is not Kind.HEADING or following.level > heading.level


def _cut_section(document: Document, section: _Section, tokens: Tokens) -> list[Passage]:
    question = section.heading if is_question(section.heading) else None
    longest = _longest(tokens)

    starts = [block.start for block in section.blocks]
    paths = list(_paths(document, section, tokens))

    def passages(spans: Iterable[tuple[int, int]]) -> list[Passage]:
        return [Passage(start, end, paths[bisect(starts, start) - 1], question) for start, end in spans]

    def fit(found: Sequence[Passage]) -> bool:
        return max(_sizes([embedded_text(document, passage, tokens) for passage in found], tokens)) <= longest

    found = passages([(section.blocks[0].start, section.blocks[-1].end)])
    room = longest - tokens.count([fitting_context(document.title, section.heading_path, tokens)])[0]
    while not fit(found) and room > 0:
        units = [unit for block in section.blocks for unit in _units(document.text, block, room, tokens)]
        found = passages((units[i].start, units[j - 1].end) for i, j in _even_cuts(units, room))
        # The names of columns take room too, and the sizes of parts need not add up to that of the whole; then try with less.
        room -= max(1, room // 8)
    return found


def _paths(document: Document, section: _Section, tokens: Tokens) -> Iterator[tuple[str, ...]]:
    """What is above each block: the headings and, within a table, the names of its columns if the context has room for them."""
    plain = path = section.heading_path
    for block in section.blocks:
        names_columns = block.kind is Kind.ROW and block.level > 0
        if names_columns or block.kind is not Kind.ROW:
            path = plain
        yield path
        if names_columns:
            columns = " ".join(document.text[block.start : block.end].split())
            fits = columns in fitting_context(document.title, (*plain, columns), tokens)
            path = (*plain, columns) if fits else plain


def _units(text: str, block: Block, room: int, tokens: Tokens) -> Iterator[_Unit]:
    spans = [(block.start, block.end)]
    if block.kind is Kind.CODE:
        spans = _lines(text, block)
    elif block.kind is not Kind.ROW:
        spans = list(sentences(text, block.start, block.end))
    # The special tokens are those of the whole passage, not of each of its parts.
    special = tokens.count([""])[0]
    sizes = [max(1, size - special) for size in _sizes([text[start:end] for start, end in spans], tokens)]
    for (start, end), size in zip(spans, sizes, strict=True):
        pieces = [(start, end, size)] if size <= room else _halved(text, start, end, room, tokens)
        for piece_start, piece_end, piece_size in pieces:
            if text[piece_start:piece_end].isspace():
                continue
            yield _Unit(piece_start, piece_end, piece_size, opens=piece_start == block.start)


def _lines(text: str, block: Block) -> list[tuple[int, int]]:
    lengths = [len(line) for line in text[block.start : block.end].splitlines(keepends=True)]
    ends = list(accumulate(lengths, initial=block.start))
    return [(start, end) for start, end in pairwise(ends) if text[start:end].strip()]


def _halved(text: str, start: int, end: int, room: int, tokens: Tokens) -> Iterator[tuple[int, int, int]]:
    """Halve a span, between words where it has any, until each part fits."""
    size = _sizes([text[start:end]], tokens)[0]
    if size <= room or end - start < 2:
        yield start, end, size
        return
    middle = (start + end) // 2
    reach = (end - start) // 4
    blanks = (at for step in range(reach) for at in (middle - step, middle + step) if text[at].isspace())
    at = next(blanks, middle)
    yield from _halved(text, start, at, room, tokens)
    yield from _halved(text, at, end, room, tokens)


def _even_cuts(units: Sequence[_Unit], room: int) -> list[tuple[int, int]]:
    """Group units into passages of at most `room` tokens so that the squares of the room left empty add up to the least.

    That fills passages evenly and leaves no short rest; a cut inside a paragraph costs extra.
    """
    ends = list(accumulate((unit.tokens for unit in units), initial=0))
    costs = [0.0]
    begins = [0]
    for j in range(1, len(units) + 1):
        extra = 0.0 if j == len(units) or units[j].opens else _CUT_IN_PARAGRAPH
        best, begin = float("inf"), j - 1
        for i in range(j - 1, -1, -1):
            size = ends[j] - ends[i]
            if size > room and i < j - 1:
                break
            cost = costs[i] + (1 - size / room) ** 2 + extra
            if cost < best:
                best, begin = cost, i
        costs.append(best)
        begins.append(begin)
    cuts = []
    j = len(units)
    while j > 0:
        cuts.append((begins[j], j))
        j = begins[j]
    return cuts[::-1]


def _sizes(texts: Sequence[str], tokens: Tokens) -> list[int]:
    """The size of each text in tokens, one for every 12 characters at the least.

    A tokenizer may take a word of any length for one unknown token; a passage of a hundred thousand letters is none.
    """
    return [max(count, len(text) // _LONGEST_TOKEN, 1) for count, text in zip(tokens.count(texts), texts, strict=True)]
