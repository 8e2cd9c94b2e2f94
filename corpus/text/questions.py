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

_TELLS_WHEN = re.compile(
    r"(?:when|where|which|who|how|what)\s+(?:i|we|you|he|she|it|they|there|my|our|your|the|this|that|these|those|an?)\b",
    re.IGNORECASE,
)
"""How an English clause begins that tells something of another, though it looks as if it asked."""

_SAYS_IT_ASKS = re.compile(
    r"\b(?:(?:like|want|need|glad|happy|love) to (?:know|ask|hear|learn)|wonder(?:ed|ing)?|tell me|question is|let me know"
    r"|(?:do not|don['’]t|not|no idea|unsure|wish I) ?(?:know|sure|clear)?(?: of| about)?"
    r" (?:how|what|when|where|which|who|whom|whose|why|whether))\b",
    re.IGNORECASE,
)
"""What an English clause holds that says that it asks."""

_ASKS_FOR_HELP = re.compile(
    r"(?:(?:please|so|hello|hi|hey|dear all|maybe|perhaps),?\s+)*"
    r"(?:how are you|how is it going|any(?:one|body)? (?:ideas?|help|advice|knows?)"
    r"|(?:can|could|would|will|may|do|does) (?:you|i|any(?:one|body)|some(?:one|body))(?: please| maybe| perhaps)?"
    r" (?:help|tell|advise|explain|assist|know|ask|have an idea|be so kind))\b"
    r"(?:\W+(?:me|us|you|it|this|out|here|there|please|today|doing|a|quick|question|something|with|that|all))*\W*",
    re.IGNORECASE,
)
"""An English clause that asks for help or an answer, and says nothing of what about."""

_THANKS = re.compile(
    r"[\s,;:.!–—]+(?:(?:and|many|so|with|kind|best|warm) )*"
    r"(?:thank(?:s| you)|thx|cheers|regards|wishes|greetings|yours|sincerely)\b[^?]*$",
    re.IGNORECASE,
)
"""What closes a letter."""


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
    where this is short, or where nothing in it is seen to ask. To ask for help alone, or to thank, is no part of it.
    """
    spans = [span for span in sentences(text) if not _ASKS_FOR_HELP.fullmatch(text, *span)]
    asking = [(start, end) for start, end in spans if ends_as_question(text[start:end])]
    if not asking:
        asking = [(start, end) for start, end in spans if _asking_clause(text, start, end) is not None]
    if not asking or len(text.split()) < _LONG:
        return 0, len(text)
    start, end = asking[0][0], asking[-1][1]
    if len(text[slice(*asking[0])].split()) >= _LONG:
        clause = _asking_clause(text, *asking[0])
        start = start if clause is None else clause
    thanks = _THANKS.search(text, start, end)
    return start, thanks.start() if thanks and thanks.start() > start else end


def clause_starts(text: str) -> list[int]:
    """Where the clauses of all sentences of a text begin, in its order."""
    return [start for span in sentences(text) for start in _clause_starts(text, *span)]


def _clause_starts(text: str, start: int, end: int) -> list[int]:
    return [start, *(match.end() for match in _CLAUSE.finditer(text, start, end))]


def _asking_clause(text: str, start: int, end: int) -> int | None:
    """Where in a sentence the first clause begins that asks; "when I came home" does only where no other does."""
    begins = _clause_starts(text, start, end)
    ends = [*begins[1:], end]
    asking = [
        begin
        for begin, until in zip(begins, ends, strict=True)
        if not _ASKS_FOR_HELP.fullmatch(text, begin, until)
        and (_ASKS.match(text, begin, end) or _SAYS_IT_ASKS.search(text, begin, until))
    ]
    return next((begin for begin in asking if not _TELLS_WHEN.match(text, begin, end)), asking[0] if asking else None)
