"""The sentence of a passage that answers the question."""

from corpus.sentences import sentences
from indexer.encoder import Encoder
from indexer.engine import Vectors
from indexer.terms import terms
from indexer.types import Span

_MOST_SENTENCES = 24
_WORDS_WEIGHT = 0.2
_LINE_END = "\n"


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
    asked = set(terms(question))
    held = [len(asked & set(terms(part))) / max(1, len(asked)) for part in parts]
    best = max(range(len(parts)), key=lambda n: (cosines[n] + _WORDS_WEIGHT * held[n], -n))
    return Span(*spans[best])


def _parts(text: str) -> list[tuple[int, int]]:
    """The sentences of each line: a passage's lines are its paragraphs, items and rows."""
    spans: list[tuple[int, int]] = []
    start = 0
    for line in text.split(_LINE_END):
        spans += sentences(text, start, start + len(line))
        start += len(line) + 1
    return spans
