"""The text of a mail: its paragraphs, and those that it quotes from others."""

import re
from collections.abc import Iterator
from itertools import groupby

from askdex.corpus.builder import DocumentBuilder
from askdex.corpus.errors import UnreadableError
from askdex.corpus.readers.html import read_own_html
from askdex.corpus.readers.html.bounds import parsed
from askdex.corpus.readers.plain import read_plain
from askdex.corpus.text.questions import ends_as_question
from askdex.corpus.types import Block, Kind

_LEAST_REPEATED = 40
"""Characters of a paragraph that is known; a shorter one, such as "Thank you!", says nothing of where it is from."""
_QUOTES = "blockquote, .gmail_quote, .moz-cite-prefix ~ blockquote"
_MARKS = re.compile(r"(?:> ?)+")
_MOST_QUOTES = 100
"""Quotes of a mail that are compared with what is known."""


def normalised(text: str) -> str:
    """A paragraph as it is compared with others."""
    return " ".join(text.split()).casefold()


def add_plain(builder: DocumentBuilder, text: str, known: set[str]) -> None:
    """Add a plain text, with what it quotes unless that is known."""
    pieces = []
    for is_quote, lines in groupby(text.splitlines(), lambda line: line.startswith(">")):
        piece = "\n".join(_MARKS.sub("", line, count=1) if is_quote else line for line in lines)
        pieces.append("\n\n".join(_unknown(piece, known)) if is_quote else piece)
    pieces = [piece.strip("\n") for piece in pieces]
    plain = read_plain("\n\n".join(filter(str.strip, pieces)))
    plain.blocks = [_as_in_mail(plain, block) for block in plain.blocks]
    builder.extend(plain)


def add_html(builder: DocumentBuilder, page: str, known: set[str]) -> None:
    """Add a text in HTML, with what it quotes unless that is known."""
    tree = parsed(page)
    if tree.body is None:
        return
    for quote in tree.css(_QUOTES)[:_MOST_QUOTES] if known else []:
        blocks = _blocks(quote.inner_html or "")
        long_ones = [text for text in blocks if len(text) >= _LEAST_REPEATED]
        if long_ones and all(normalised(text) in known for text in long_ones):
            quote.decompose()
    try:
        builder.extend(read_own_html(tree.html or ""))
    except UnreadableError:  # it only leads elsewhere
        return


def _blocks(page: str) -> list[str]:
    try:
        builder = read_own_html(page)
    except UnreadableError:
        return []
    return [builder.text_of(block) for block in builder.blocks]


def _unknown(text: str, known: set[str]) -> Iterator[str]:
    """The paragraphs of a text that are not known."""
    for paragraph in re.split(r"\n\s*\n", text):
        if len(paragraph) < _LEAST_REPEATED or normalised(paragraph) not in known:
            yield paragraph


def _as_in_mail(builder: DocumentBuilder, block: Block) -> Block:
    """A line that stands alone is a greeting or a name rather than a heading, unless it asks something."""
    if block.kind not in (Kind.TITLE, Kind.HEADING):
        return block
    is_question = ends_as_question(builder.text_of(block))
    return Block(Kind.HEADING if is_question else Kind.PARAGRAPH, block.start, block.end, 2 if is_question else 0)
