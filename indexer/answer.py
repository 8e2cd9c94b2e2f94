"""The sentence of a passage that answers the question."""

from corpus.questions import ends_as_question
from corpus.sentences import sentences
from indexer.encoder import Encoder
from indexer.engine import Vectors
from indexer.terms import content_terms, terms
from indexer.types import Span

_MOST_SENTENCES = 24
_WORDS_WEIGHT = 0.2
_LINE_END = "\n"
_CELL = " | "


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
    """The sentences of each line; a passage's lines are its paragraphs, items and rows.

    A question is no answer, nor is the first row of a table, which names its columns; they count only where nothing else
    is there.
    """
    spans: list[tuple[int, int]] = []
    named: list[tuple[int, int]] = []
    start = 0
    was_row = False
    for line in text.split(_LINE_END):
        is_row = _CELL in line
        for span in [(start, start + len(line))] if is_row else sentences(text, start, start + len(line)):
            names_columns = is_row and not was_row
            (named if names_columns or ends_as_question(text[slice(*span)]) else spans).append(span)
        was_row = is_row
        start += len(line) + 1
    return spans or named
