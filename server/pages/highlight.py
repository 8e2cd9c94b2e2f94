"""Which parts of a text to mark; nothing here makes HTML."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from askdex.indexer.engine.analyzer import content_terms, located_terms


@dataclass(frozen=True, slots=True)
class Mark:
    """A span of a text, in characters, and the name of what it is."""

    start: int
    end: int
    name: str


@dataclass(frozen=True, slots=True)
class MarkedText:
    """A part of a text from `start` on, and the names of all the marks that lie over it."""

    start: int
    text: str
    names: frozenset[str]


def word_marks(text: str, question: str, offset: int = 0) -> list[Mark]:
    """A mark named "word" for each word of the question in a text that begins at `offset`; function words are left out."""
    asked = content_terms(question) if question else set()
    return [Mark(offset + term.start, offset + term.end, "word") for term in located_terms(text) if term.text in asked]


def segments(text: str, start: int, end: int, marks: Iterable[Mark]) -> Sequence[MarkedText]:
    """`text[start:end]` cut where a mark begins or ends."""
    within = [mark for mark in marks if mark.start < end and mark.end > start]
    cuts = {start, end, *(max(start, mark.start) for mark in within), *(min(end, mark.end) for mark in within)}
    return [
        MarkedText(begin, text[begin:stop], frozenset(mark.name for mark in within if mark.start <= begin and stop <= mark.end))
        for begin, stop in pairwise(sorted(cuts))
    ]
