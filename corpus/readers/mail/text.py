"""The text of a mail: its paragraphs, and those that it quotes from others."""

import re
from collections.abc import Iterator
from itertools import groupby

from selectolax.lexbor import LexborNode

from askdex.corpus.builder import DocumentBuilder
from askdex.corpus.errors import UnreadableError
from askdex.corpus.readers.html import read_own_html
from askdex.corpus.readers.html.bounds import parsed
from askdex.corpus.readers.mail.quotes import are_repeated, as_text, is_repeated, without_quoted
from askdex.corpus.readers.plain import read_plain
from askdex.corpus.text.headings import could_be_heading
from askdex.corpus.text.questions import ends_as_question
from askdex.corpus.types import Block, Kind

_QUOTES = "blockquote, .gmail_quote, .moz-cite-prefix ~ blockquote"
_MARKS = re.compile(r"(?:> ?)+")
_MOST_QUOTES = 100
"""Quotes of a mail that are compared with what is known, and searched for headings."""


def add_plain(builder: DocumentBuilder, text: str, known: set[str]) -> None:
    """Add a plain text, with what it quotes unless that is known."""
    plain = DocumentBuilder()
    pieces = list(_pieces(text, known))
    for n, (piece, is_quote) in enumerate(pieces, 1):
        is_quote_next = pieces[n][1] if n < len(pieces) else None
        part = read_plain(piece)
        # What a quote ends with is answered by the text below it. No quote answers what stands above it.
        may_end_asking = is_quote_next is False if is_quote else not is_quote_next
        others, ends = part.blocks[:-1], part.blocks[-1:]
        part.blocks = [as_text(block) if is_quote else _as_in_mail(part, block) for block in others]
        part.blocks += [_as_in_mail(part, block, ends_quote=is_quote) if may_end_asking else as_text(block) for block in ends]
        plain.extend(part)
    builder.extend(without_quoted(plain, known))


def _pieces(text: str, known: set[str]) -> Iterator[tuple[str, bool]]:
    """The parts of a plain text, and whether they are marked as quotes; of these what is not known."""
    for is_quote, lines in groupby(text.splitlines(), lambda line: line.startswith(">")):
        piece = "\n".join(_MARKS.sub("", line, count=1) if is_quote else line for line in lines)
        left = "\n\n".join(_unknown(piece, known)) if is_quote else piece
        if left.strip():
            yield left.strip("\n"), is_quote


def _unknown(text: str, known: set[str]) -> Iterator[str]:
    """The paragraphs of a text that are not known."""
    for paragraph in re.split(r"\n\s*\n", text):
        if not is_repeated(paragraph, known):
            yield paragraph


def _as_in_mail(builder: DocumentBuilder, block: Block, *, ends_quote: bool = False) -> Block:
    """A line that stands alone is a greeting or a name rather than a heading, unless it asks something."""
    text = builder.text[block.start : block.end]
    # At the end of a text no line is a heading for `read_plain`, as nothing stands below it.
    stands_alone = block.kind in (Kind.TITLE, Kind.HEADING) or (ends_quote and "\n" not in text and could_be_heading(text))
    if stands_alone and ends_as_question(builder.text_of(block)):
        return Block(Kind.HEADING, block.start, block.end, 2)
    return as_text(block)


def add_html(builder: DocumentBuilder, page: str, known: set[str]) -> None:
    """Add a text in HTML, with what it quotes unless that is known."""
    tree = parsed(page)
    if tree.body is None:
        return
    quoted: set[str] = set()
    dropped: dict[int, LexborNode] = {}
    outermost: set[int] = set()
    for quote in tree.css(_QUOTES)[:_MOST_QUOTES]:
        around = _around(quote)
        is_inner = not outermost.isdisjoint(around)
        if is_inner and (not known or not dropped.keys().isdisjoint(around)):
            continue
        outermost.add(quote.mem_id)
        texts = _texts(quote.inner_html or "")
        quoted.update(texts)
        if are_repeated(texts, known):
            dropped[quote.mem_id] = quote
    for quote in dropped.values():
        quote.decompose()
    try:
        own = read_own_html(tree.html or "")
    except UnreadableError:  # it only leads elsewhere
        return
    own.blocks = [as_text(block) if own.text_of(block) in quoted else block for block in own.blocks]
    builder.extend(without_quoted(own, known))


def _around(node: LexborNode) -> set[int]:
    """The elements that a node is in."""
    parents: set[int] = set()
    parent = node.parent
    while parent is not None:
        parents.add(parent.mem_id)
        parent = parent.parent
    return parents


def _texts(page: str) -> list[str]:
    try:
        builder = read_own_html(page)
    except UnreadableError:
        return []
    return [builder.text_of(block) for block in builder.blocks]
