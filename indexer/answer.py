"""The sentence of a passage that answers the question."""

import re

from corpus.questions import ends_as_question
from corpus.sentences import sentences
from corpus.types import CELL_JOINT
from indexer.encoder import Encoder
from indexer.engine import Vectors
from indexer.terms import content_terms, terms
from indexer.types import Span

_MOST_SENTENCES = 24
_WORDS_WEIGHT = 0.2
_LINE_END = "\n"
_CLOSED = re.compile(r"[.!?:;。！？：；]['\"”’)\]]*\s*$")
_BULLET = re.compile(r"\s*(?:[*+\-•–]|\(?\w{1,3}[.)])\s")
_SHORTEST_WRAPPED = 40


def answering_sentence(question: str, vector: Vectors, text: str, encoder: Encoder) -> Span | None:
    """The sentence, list item or row that is nearest to the question in meaning and words; None where there is none.

    `vector` is the question's, of shape (dimension,). The score of a sentence is its cosine with the question plus the
    share of the question's words that it holds, weighted.
    """
    spans = _parts(text)[:_MOST_SENTENCES]
    if len(spans) < 2:
        return Span(*spans[0]) if spans else None
    parts = [text[start:end] for start, end in spans]
    cosines = encoder.encode_documents(parts) @ vector
    asked = content_terms(question)
    held = [len(asked & set(terms(part))) / max(1, len(asked)) for part in parts]
    best = max(range(len(parts)), key=lambda n: (cosines[n] + _WORDS_WEIGHT * held[n], -n))
    return Span(*spans[best])


def _parts(text: str) -> list[tuple[int, int]]:
    """The sentences of each paragraph and item, and the rows.

    A question is no answer, nor is the first row of a table, which names its columns; they count only where nothing else
    is there.
    """
    spans: list[tuple[int, int]] = []
    named: list[tuple[int, int]] = []
    was_row = False
    for start, end in _runs(text):
        is_row = CELL_JOINT in text[start:end]
        for span in [(start, end)] if is_row else sentences(text, start, end):
            names_columns = is_row and not was_row
            (named if names_columns or ends_as_question(text[slice(*span)]) else spans).append(span)
        was_row = is_row
    return spans or named


def _runs(text: str) -> list[tuple[int, int]]:
    """The spans of the lines, those put together that a sentence runs on over: plain text is often wrapped by hand."""
    runs: list[tuple[int, int]] = []
    start = 0
    last = ""
    for line in text.split(_LINE_END):
        end = start + len(line)
        if _runs_on(last, line):
            runs[-1] = (runs[-1][0], end)
        else:
            runs.append((start, end))
        start, last = end + 1, line
    return runs


def _runs_on(line: str, following: str) -> bool:
    if not line.strip() or not following.strip() or CELL_JOINT in line or CELL_JOINT in following:
        return False
    if _CLOSED.search(line) or _BULLET.match(following):
        return False
    return len(line) >= _SHORTEST_WRAPPED or (following.lstrip()[0].islower() and not _BULLET.match(line))
