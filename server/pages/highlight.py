"""Which parts of a text a page marks; the templates make HTML of them."""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass
from itertools import pairwise
from operator import attrgetter
from typing import NamedTuple

from askdex.corpus.types import Block, Kind, Link
from askdex.indexer.engine.analyzer import located_terms

_FOLLOWED = re.compile(r"(?:https?://|mailto:|tel:)", re.IGNORECASE)
"""How an address begins that a page makes a link of. Any other could run a script, or lead to a place that is not here."""


_MATCHING = (Kind.PARAGRAPH, Kind.ITEM, Kind.ROW)
_MOST_MATCHES = 100
"""Blocks that are led through one by one; nobody goes further so."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A span of a text, in characters; `name` is its class in the page: "word", "answer" or "passage"."""

    start: int
    end: int
    name: str


@dataclass(frozen=True, slots=True)
class MarkedText:
    """A part of a text that begins at `start`, and the names of all marks that cover it."""

    start: int
    text: str
    names: frozenset[str]


@dataclass(frozen=True, slots=True)
class LinkedText:
    """A part of a text, cut at its marks; `address` is where it leads, None where it leads nowhere."""

    address: str | None
    segments: Sequence[MarkedText]


def word_marks(text: str, words: Set[str]) -> list[Mark]:
    """A mark for each of these words, given by their forms, in a text."""
    return [Mark(term.start, term.end, "word") for term in located_terms(text) if term.text in words]


class Matches(NamedTuple):
    """The words of a question in a document: a mark for each, in order, and the starts of the blocks with most of them."""

    words: list[Mark]
    starts: list[int]


def matches(text: str, blocks: Sequence[Block], words: Set[str]) -> Matches:
    """The words, given by their forms, and the blocks with more than half as many of them as the block with most."""
    found = sorted((term for term in located_terms(text) if term.text in words), key=attrgetter("start"))
    held: list[set[str]] = [set() for _ in blocks]
    for term in found:
        held[bisect_right(blocks, term.start, key=attrgetter("start")) - 1].add(term.text)
    numbers = {block.start: len(forms) for block, forms in zip(blocks, held, strict=True) if block.kind in _MATCHING}
    half = max(numbers.values(), default=0) / 2
    matching = [start for start, number in numbers.items() if number > half]
    return Matches([Mark(term.start, term.end, "word") for term in found], matching[:_MOST_MATCHES])


def linked(text: str, start: int, end: int, marks: Sequence[Mark], links: Iterable[Link]) -> Iterator[LinkedText]:
    """`text[start:end]`, cut wherever a link begins or ends; `links` are in order."""
    for link in links:
        begin, stop = max(link.start, start), min(link.end, end)
        if begin < stop and _FOLLOWED.match(link.address):
            if start < begin:
                yield LinkedText(None, segments(text, start, begin, marks))
            yield LinkedText(link.address, segments(text, begin, stop, marks))
            start = stop
    if start < end:
        yield LinkedText(None, segments(text, start, end, marks))


def segments(text: str, start: int, end: int, marks: Iterable[Mark]) -> Sequence[MarkedText]:
    """`text[start:end]`, cut wherever a mark begins or ends.

    "the red card" with the marks (4, 12, "answer") and (8, 12, "word") is cut into "the " without a name, "red " with the
    name "answer", and "card" with both.
    """
    within = [mark for mark in marks if mark.start < end and mark.end > start]
    cuts = {start, end, *(max(start, mark.start) for mark in within), *(min(end, mark.end) for mark in within)}
    return [
        MarkedText(begin, text[begin:stop], frozenset(mark.name for mark in within if mark.start <= begin and stop <= mark.end))
        for begin, stop in pairwise(sorted(cuts))
    ]
