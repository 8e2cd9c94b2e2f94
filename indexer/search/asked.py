"""Long questions: the part that asks of one that tells a story first."""

from functools import lru_cache

from askdex.corpus.text.questions import asking_part, clause_starts
from askdex.indexer.engine.analyzer import content_terms

_FEWEST_WORDS = 3
"""Content words without which a part is not understood alone: "What can I do?"."""

_QUESTIONS_REMEMBERED = 64
"""Questions whose parts are remembered: several steps of a search need that of the same one."""


@lru_cache(maxsize=_QUESTIONS_REMEMBERED)
def asked_text(question: str) -> str:
    """The part of a question that asks, with as many clauses before it as say what about; the whole of one that tells no more.

    Of a story that ends in "the old lift is broken, what can I do?" it is that, and not "what can I do?" alone.
    """
    start, end = asking_part(question)
    if end - start == len(question):
        return question
    for begin in reversed([begin for begin in clause_starts(question) if begin < start]):
        if len(content_terms(question[start:end])) >= _FEWEST_WORDS:
            break
        start = begin
    return question[start:end]
