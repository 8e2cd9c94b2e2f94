"""Which lines are questions, and which part of a long text asks."""

import re

from askdex.corpus.text.lines import CLOSERS
from askdex.corpus.text.sentences import sentences

_QUESTION_MARK = re.compile(rf"[?？؟]{CLOSERS}*\s*$")
_QUESTION_WORD = re.compile(r"(?:how|what|when|where|which|who|whom|whose|why)\b", re.IGNORECASE)
_LONG = 16
"""Words of a sentence from which on it may tell a story before it asks."""

_CLAUSE = re.compile(r"[,;:–—]\s+(?:(?:and|so|but|or|then|now|please)\s+)*|\s+(?:and|so|but|or)\s+")
"""What parts the clauses of a sentence."""

_ASKS = re.compile(
    r"(?:for |until |since |by |at |in |to |from |with )?(?:how|what|when|where|which|who|whom|whose|why)\b"
    r"|(?:do|does|did|can|could|may|might|must|am|is|are|was|were|will|would|should|shall|have|has)(?:n't|n’t)?\s+"
    r"(?:i|we|you|he|she|it|they|there|one|my|our|your|the|this|that|these|those|an?)\b",
    re.IGNORECASE,
)
"""How an English clause begins that asks."""

_SAYS_IT_ASKS = re.compile(
    r"\b(?:(?:like|want|need|glad|happy|love) to (?:know|ask|hear|learn)|wonder(?:ed|ing)?|tell me|question is|let me know)\b",
    re.IGNORECASE,
)
"""What an English clause holds that says that it asks."""


def ends_as_question(line: str) -> bool:
    """Whether a line ends with a question mark of any script."""
    return bool(_QUESTION_MARK.search(line))


def is_question(heading: str) -> bool:
    """Whether a heading ends with a question mark or begins with a question word ("How to apply")."""
    return ends_as_question(heading) or bool(_QUESTION_WORD.match(heading.strip()))


def begins_as_question(line: str) -> bool:
    """Whether a line begins as English questions do: "May I leave early?", and not "Leaving early?"."""
    return bool(_ASKS.match(line))


def asking_part(text: str) -> tuple[int, int]:
    """The span of a text, in characters, that asks; all before it tells what the question is about.

    It begins with the first sentence that asks, and where this is long, with the clause in it that does; it is the whole text
    where this is short, or where nothing in it is seen to ask.
    """
    spans = list(sentences(text))
    asking = [(start, end) for start, end in spans if ends_as_question(text[start:end])]
    if not asking:
        asking = [(start, end) for start, end in spans if _asking_clause(text, start, end) is not None]
    if not asking or len(text.split()) < _LONG:
        return 0, len(text)
    start, end = asking[0][0], asking[-1][1]
    if len(text[slice(*asking[0])].split()) >= _LONG:
        clause = _asking_clause(text, *asking[0])
        start = start if clause is None else clause
    return start, end


def _asking_clause(text: str, start: int, end: int) -> int | None:
    """Where in a sentence the first clause begins that asks."""
    begins = [start, *(match.end() for match in _CLAUSE.finditer(text, start, end))]
    ends = [*begins[1:], end]
    return next(
        (
            begin
            for begin, until in zip(begins, ends, strict=True)
            if _ASKS.match(text, begin, end) or _SAYS_IT_ASKS.search(text, begin, until)
        ),
        None,
    )
