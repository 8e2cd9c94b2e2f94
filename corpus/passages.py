"""Cutting a document into passages, each of which fits into the encoder."""

import re
from bisect import bisect
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, islice, pairwise, zip_longest
from typing import NamedTuple, Protocol

from cachetools import LRUCache

from askdex.corpus.text.questions import is_question
from askdex.corpus.text.sentences import sentences
from askdex.corpus.types import Block, Document, Kind, Passage, heading_end

LONGEST_PASSAGE = 256
"""Tokens, also for an encoder that takes more: the vector of a longer passage says less about each thing in it."""

_CHARACTERS_PER_TOKEN = 12
"""The most characters that count as one token; words of most languages have fewer."""
_CONTEXT_PARTS = 3
"""A context may take one part in this many of a passage's tokens; the rest is left to the passage's own text."""
_CUT_IN_BLOCK_COST = 0.3
"""The cost of a cut within a block. A passage that is left half empty costs .25, so such a cut is made only to avoid more."""
_MOST_PARTS, _PARTS_OF_PASSAGE = 4_096, 32
"""Where a section has more parts than the first, a part is made no smaller than a passage by the second, as cutting takes time
by the number of parts times that of the parts of a passage."""
_SHRINKING = 8
"""Where the parts of a section do not fit, the next try has less room by one part in this many."""
_COUNTED_AT_ONCE = 64
"""Texts. A tokenizer takes some hundred bytes for each token of the texts that it is given at once."""
_COUNTS_KEPT = 4_096
"""Texts whose tokens are remembered: a heading, a sentence and a passage are each asked for several times in a row."""
_QUESTION_WEIGHT = 0.8
"""Weight of a match with a passage's own question; a match with its text counts 1.

Two short questions get a higher cosine than a question and its answer. At 1 matches between questions crowd out better
passages; at 0 a question in the words of a heading can miss the passage under it.
"""
_BLANK = re.compile(r"\s")
_PATH_JOINT = " > "


class Tokens(Protocol):
    """The token counts of an encoder, which decide where text is cut."""

    @property
    def limit(self) -> int:
        """The most tokens that the encoder takes, special tokens included."""

    def count(self, texts: Sequence[str]) -> list[int]:
        """The number of tokens of each text, special tokens included; of ASCII at most one a character, and one."""


class Counted:
    """Counts tokens as the `Tokens` that it wraps does, and remembers the latest counts."""

    def __init__(self, tokens: Tokens) -> None:
        self.limit = tokens.limit
        self._tokens = tokens
        self._kept: LRUCache[str, int] = LRUCache(_COUNTS_KEPT)

    def count(self, texts: Sequence[str]) -> list[int]:
        """See Tokens."""
        known = {text: self._kept[text] for text in texts if text in self._kept}
        new = [text for text in dict.fromkeys(texts) if text not in known]
        if new:
            counts = dict(zip(new, self._tokens.count(new), strict=True))
            self._kept.update(counts)
            known |= counts
        return [known[text] for text in texts]


class EmbeddedText(NamedTuple):
    """A text that is embedded for a passage. A match with it counts by `weight`; `tokens_lost` the encoder does not see."""

    text: str
    weight: float
    tokens_lost: int


@dataclass(frozen=True, slots=True)
class CutDocument:
    """A document with its passages; `texts[n]` are those that are embedded for `passages[n]`."""

    document: Document
    passages: Sequence[Passage]
    texts: Sequence[Sequence[EmbeddedText]]


@dataclass(slots=True)
class _Section:
    """The blocks under one heading; `heading` is the title where there is none."""

    heading_path: tuple[str, ...]
    heading: str
    blocks: list[Block] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Piece:
    """A span of a block: a sentence, a row, a line of code, or a part of one that is too long by itself.

    `opens_block` is whether it is the first of its block.
    """

    start: int
    end: int
    tokens: int
    opens_block: bool


def context(title: str, heading_path: Sequence[str]) -> str:
    """The lines that are embedded with a passage to say what it is about: the title, and the headings above it."""
    return "\n".join(filter(None, (title, _PATH_JOINT.join(heading_path))))


def embedded_text(document: Document, passage: Passage, tokens: Tokens) -> str:
    """The text that the encoder is given for a passage: its context, a line end, and the passage itself."""
    lines_above = fitting_context(document.title, passage.heading_path, tokens)
    text = document.text[passage.start : passage.end]
    return f"{lines_above}\n{text}" if lines_above else text


def texts_of(document: Document, passage: Passage, tokens: Tokens) -> dict[str, float]:
    """The texts that are embedded for a passage, with their weights; the best match with one of them counts."""
    texts = {embedded_text(document, passage, tokens): 1.0}
    if passage.question is not None and _fits(passage.question, tokens.limit, tokens):
        texts.setdefault(passage.question, _QUESTION_WEIGHT)
    return texts


def embedded_texts(document: Document, passages: Iterable[Passage], tokens: Tokens) -> Iterator[list[EmbeddedText]]:
    """The texts that are embedded for each of these passages, with the tokens that they lose."""
    remaining = iter(passages)
    while some := list(islice(remaining, _COUNTED_AT_ONCE)):
        weights = [texts_of(document, passage, tokens) for passage in some]
        texts = [text for texts in weights for text in texts if not _is_short(text, tokens.limit, tokens)]
        counts = tokens.count(texts) if texts else []
        lost = {text: max(0, count - tokens.limit) for text, count in zip(texts, counts, strict=True)}
        yield from ([EmbeddedText(text, weight, lost.get(text, 0)) for text, weight in texts.items()] for texts in weights)


def cut_document(document: Document, encoder: Tokens) -> CutDocument:
    """A document with its passages and the texts that are embedded for them."""
    tokens = Counted(encoder)
    passages = cut(document, tokens)
    return CutDocument(document, passages, list(embedded_texts(document, passages, tokens)))


def cut(document: Document, tokens: Tokens) -> list[Passage]:
    """Cut a document into passages; each, with its context, has at most `min(tokens.limit, LONGEST_PASSAGE)` tokens.

    A passage lies within one section and holds whole sentences, unless a single one is too long. All text but headings lies
    in passages; a heading without text below it is a passage itself.
    """
    passages: list[Passage] = []
    remaining = _sections(document)
    while some := list(islice(remaining, _COUNTED_AT_ONCE)):
        if len(some) > 1:
            _count_together(document, some, tokens)
        passages += (passage for section in some for passage in _cut_section(document, section, tokens))
    return passages


def fitting_context(title: str, heading_path: Sequence[str], tokens: Tokens) -> str:
    """The context, or the most telling part of it that takes no more than a third of a passage.

    The first of these that fits: all of it; the title and the nearest heading; that heading; the title; nothing.
    """
    room = _longest(tokens) // _CONTEXT_PARTS
    nearest = heading_path[-1:]
    candidates = [context(title, heading_path), context(title, nearest), context("", nearest), title]
    return next((text for text in candidates if _fits(text, room, tokens)), "")


def _longest(tokens: Tokens) -> int:
    return min(tokens.limit, LONGEST_PASSAGE)


def _sections(document: Document) -> Iterator[_Section]:
    """The document's blocks under their headings.

    A heading without text below it is text of the section around it. A document of nothing but titles is one section.
    """
    above: list[tuple[int, str]] = []  # level and words of each heading above, from the outermost to the nearest
    section = _Section((), document.title)
    for block, following in zip_longest(document.blocks, document.blocks[1:]):
        is_title = block.kind is Kind.TITLE
        heads_text = block.kind is Kind.HEADING and _has_text_below(block, following)
        if is_title or block.kind is Kind.HEADING:
            while above and above[-1][0] >= block.level:
                above.pop()
            if heads_text:
                words = document.text[block.start : heading_end(document.text, block)].split()
                above.append((block.level, " ".join(words)))
            heading_path = tuple(heading for _, heading in above)
            if is_title or heads_text or heading_path != section.heading_path:
                if section.blocks:
                    yield section
                section = _Section(heading_path, heading_path[-1] if heading_path else document.title)
        if not is_title and not heads_text:
            section.blocks.append(block)
    if section.blocks:
        yield section
    elif all(block.kind is Kind.TITLE for block in document.blocks) and document.blocks:
        yield _Section((), document.title, list(document.blocks))


def _has_text_below(heading: Block, following: Block | None) -> bool:
    if following is None or following.kind is Kind.TITLE:
        return False
    return following.kind is not Kind.HEADING or following.level > heading.level


def _cut_section(document: Document, section: _Section, tokens: Tokens) -> list[Passage]:
    question = section.heading if is_question(section.heading) else None
    longest = _longest(tokens)

    block_starts = [block.start for block in section.blocks]
    paths = list(_paths(document, section, tokens))

    def passages_of(spans: Iterable[tuple[int, int]]) -> list[Passage]:
        return [Passage(start, end, paths[bisect(block_starts, start) - 1], question) for start, end in spans]

    def all_fit(passages: Sequence[Passage]) -> bool:
        texts = (embedded_text(document, passage, tokens) for passage in passages)
        uncertain = (text for text in texts if not _is_short(text, longest, tokens))
        return all(size <= longest for size in _sizes(uncertain, longest, tokens))

    passages = passages_of([(section.blocks[0].start, section.blocks[-1].end)])
    if all_fit(passages):
        return passages
    room = longest - tokens.count([fitting_context(document.title, section.heading_path, tokens)])[0]
    pieces: list[_Piece] = []
    while room > 0:
        pieces = pieces or list(_pieces(document.text, section.blocks, longest, tokens))
        parts = [part for piece in pieces for part in _parts(document.text, piece, room, tokens)]
        if len(parts) > _MOST_PARTS:
            parts = list(_joined(parts, room // _PARTS_OF_PASSAGE))
        passages = passages_of((parts[i].start, parts[j - 1].end) for i, j in _even_cuts(parts, room))
        if all_fit(passages):
            break
        # A passage may still be too long: the names of columns take room, and the token counts of pieces need not add up
        # to that of the whole. Then the next try has less room.
        room -= max(1, room // _SHRINKING)
    return passages


def _count_together(document: Document, sections: Sequence[_Section], tokens: Tokens) -> None:
    """Have the texts counted that cutting these sections asks for first: to ask for each by itself takes several times longer.

    `tokens` remembers them.
    """
    longest = _longest(tokens)
    contexts = {context(document.title, section.heading_path): None for section in sections}
    wholes = (
        embedded_text(document, Passage(section.blocks[0].start, section.blocks[-1].end, section.heading_path, None), tokens)
        for section in sections
    )
    for texts, room in ((contexts, longest // _CONTEXT_PARTS), (wholes, longest)):
        deque(_sizes((text for text in texts if not _is_short(text, room, tokens)), room, tokens), maxlen=0)


def _paths(document: Document, section: _Section, tokens: Tokens) -> Iterator[tuple[str, ...]]:
    """The heading path of each block; within a table the names of its columns close it, if the context has room for them."""
    path = section.heading_path
    for block in section.blocks:
        names_columns = block.kind is Kind.ROW and block.level > 0
        if names_columns or block.kind is not Kind.ROW:
            path = section.heading_path
        yield path
        if names_columns:
            columns = " ".join(document.text[block.start : block.end].split())
            path_with_columns = (*section.heading_path, columns)
            fits = columns in fitting_context(document.title, path_with_columns, tokens)
            path = path_with_columns if fits else section.heading_path


def _pieces(text: str, blocks: Iterable[Block], longest: int, tokens: Tokens) -> Iterator[_Piece]:
    """The sentences, rows or lines of blocks; of those above `longest` tokens only that is known."""
    spans = [(start, end, start == block.start) for block in blocks for start, end in _spans(text, block)]
    # Special tokens are counted once, for the whole passage.
    special = tokens.count([""])[0]
    sizes = _sizes((text[start:end] for start, end, _ in spans), longest + special, tokens)
    for (start, end, opens_block), size in zip(spans, sizes, strict=True):
        yield _Piece(start, end, max(1, size - special), opens_block)


def _spans(text: str, block: Block) -> Iterable[tuple[int, int]]:
    """Where the sentences of a block stand, the lines of one of code, or a row as a whole."""
    if block.kind is Kind.CODE:
        return _code_lines(text, block)
    return [(block.start, block.end)] if block.kind is Kind.ROW else sentences(text, block.start, block.end)


def _parts(text: str, piece: _Piece, room: int, tokens: Tokens) -> Iterator[_Piece]:
    """The piece, or parts of it that have at most `room` tokens."""
    whole = (piece.start, piece.end, piece.tokens)
    parts = [whole] if piece.tokens <= room else _halved(text, piece.start, piece.end, room, tokens)
    for start, end, size in parts:
        if not text[start:end].isspace():
            yield _Piece(start, end, size, opens_block=piece.opens_block and start == piece.start)


def _joined(parts: Iterable[_Piece], most: int) -> Iterator[_Piece]:
    """The parts, where those that follow each other and have at most so many tokens together are one."""
    before: _Piece | None = None
    for part in parts:
        if before is not None and before.tokens + part.tokens <= most:
            before = _Piece(before.start, part.end, before.tokens + part.tokens, before.opens_block)
            continue
        if before is not None:
            yield before
        before = part
    if before is not None:
        yield before


def _code_lines(text: str, block: Block) -> list[tuple[int, int]]:
    lengths = [len(line) for line in text[block.start : block.end].splitlines(keepends=True)]
    ends = list(accumulate(lengths, initial=block.start))
    return [(start, end) for start, end in pairwise(ends) if text[start:end].strip()]


def _halved(text: str, start: int, end: int, room: int, tokens: Tokens) -> Iterator[tuple[int, int, int]]:
    """Halve a span until each part fits, at the blank nearest to its middle; yields start, end and tokens of each part."""
    size = next(_sizes([text[start:end]], room, tokens))
    if size <= room or end - start < 2:
        yield start, end, size
        return
    cut_at = _middle(text, start, end)
    yield from _halved(text, start, cut_at, room, tokens)
    yield from _halved(text, cut_at, end, room, tokens)


def _middle(text: str, start: int, end: int) -> int:
    """The blank nearest to the middle of a span, but within its second and third quarter; the middle where there is none."""
    middle = (start + end) // 2
    reach = (end - start) // 4
    last_word = f"{text[middle - reach + 1 : middle + 1]}.".rsplit(maxsplit=1)[-1]
    blank_before = middle + 1 - len(last_word)
    blank_after = _BLANK.search(text, middle, middle + reach)
    nearest = [blank_before] if blank_before > middle - reach else []
    if blank_after is not None:
        nearest.append(blank_after.start())
    return min(nearest, key=lambda at: abs(at - middle), default=middle)


def _even_cuts(pieces: Sequence[_Piece], room: int) -> list[tuple[int, int]]:
    """Group pieces into passages of at most `room` tokens; passage (i, j) is `pieces[i:j]`.

    The groups minimise the sum over all passages of (1 - tokens / room)^2, and .3 for each cut within a block. That fills
    passages evenly and leaves no short rest. Found by dynamic programming, as Knuth and Plass break lines: `costs[j]` is
    the least cost of the first j pieces, `begins[j]` where the last passage of them begins.

    Pieces of 60, 30 and 30 tokens in room for 100: (0, 1), (1, 3) costs .4^2 + .4^2 = .32, less than (0, 2), (2, 3) with
    .1^2 + .7^2 = .5.
    """
    ends = list(accumulate((piece.tokens for piece in pieces), initial=0))
    costs = [0.0]
    begins = [0]
    for j in range(1, len(pieces) + 1):
        cut_cost = 0.0 if j == len(pieces) or pieces[j].opens_block else _CUT_IN_BLOCK_COST
        least_cost, begin = float("inf"), j - 1
        for i in range(j - 1, -1, -1):
            size = ends[j] - ends[i]
            if size > room and i < j - 1:
                break
            cost = costs[i] + (1 - size / room) ** 2 + cut_cost
            if cost < least_cost:
                least_cost, begin = cost, i
        costs.append(least_cost)
        begins.append(begin)
    cuts = []
    j = len(pieces)
    while j > 0:
        cuts.append((begins[j], j))
        j = begins[j]
    return cuts[::-1]


def _fits(text: str, room: int, tokens: Tokens) -> bool:
    return _is_short(text, room, tokens) or next(_sizes([text], room, tokens)) <= room


def _is_short(text: str, room: int, tokens: Tokens) -> bool:
    """Whether a text surely has at most so many tokens: to have them counted takes longer than to cut most rows of a table."""
    return len(text) < room and text.isascii() and len(text) + tokens.count([""])[0] < room


def _sizes(texts: Iterable[str], longest: int, tokens: Tokens) -> Iterator[int]:
    """The size of each text in tokens, and at least one for every 12 characters.

    A tokenizer counts a word of any length as one unknown token; a passage of a hundred thousand letters would fit. The
    tokens of a text that is above `longest` by its characters alone are not counted: it may be as long as a file.
    """
    remaining = iter(texts)
    while some := list(islice(remaining, _COUNTED_AT_ONCE)):
        least = [max(1, len(text) // _CHARACTERS_PER_TOKEN) for text in some]
        short = [text for text, size in zip(some, least, strict=True) if size <= longest]
        counts = iter(tokens.count(short) if short else ())
        for size in least:
            yield size if size > longest else max(size, next(counts))
