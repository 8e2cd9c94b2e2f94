"""The kinds of answer: what a question asks for (an amount, a time, a person), and which texts hold such a thing.

Questions and answers are told by words and signs, mostly English ones; in other languages numbers and signs still tell.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from askdex.corpus.text.lines import number_end
from askdex.corpus.text.questions import asking_part

_QUESTIONS_REMEMBERED = 64
"""Questions whose kinds are remembered: each of the best passages asks for them."""

_COUNTED = (
    r"second|minute|hour|day|night|week|month|quarter|year"
    r"|sekunde|minute|stunde|tag|woche|monat|jahr|segundo|minuto|hora|día|semana|mes|año"
)
_MONTHS_AND_DAYS = (
    "january|february|march|april|may|june|july|august|september|october|november|december"
    "|monday|tuesday|wednesday|thursday|friday|saturday|sunday"
)
_SMALL_NUMBERS = "one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|dozen"


class AnswerKind(NamedTuple):
    """A kind of answer: how it is asked for, how a text holds it, and what that counts beside all words of the question."""

    asked: re.Pattern[str]
    held: re.Pattern[str]
    weight: float


def _kind(weight: float, asked: str, held: str, *, is_cased: bool = False) -> AnswerKind:
    return AnswerKind(re.compile(asked, re.IGNORECASE), re.compile(held, 0 if is_cased else re.IGNORECASE), weight)


KINDS: dict[str, AnswerKind] = {
    "number": _kind(
        0.22,
        r"\b(?:when|how (?:many|much|long|old|often|far|fast|soon|large|big|high|tall)"
        r"|what (?:year|date|day|month|time|age|amount|number|percentage|share)"
        r"|wann|wie (?:viele?|lange|hoch|oft|alt|groß|weit)|cuánt\w+|cuándo)\b|多少|几|何时|什么时候",
        rf"\d|\b(?:{_SMALL_NUMBERS}|hundred|thousand|million|billion|half|once|twice)\b|[一二三四五六七八九十百千]",
    ),
    "money": _kind(
        0.32,
        r"\b(?:how much|costs?|prices?|fees?|salary|budget|rate|bonus|amount|limit|charged?|pays?|paid"
        r"|kosten|kostet|preis|gebühr|cuesta|precio)\b|多少钱|费用",
        r"[$€£¥]\s?\d|\d\s?(?:[$€£¥%]|percent|per cent|euros?|dollars?|pounds?|usd|eur|gbp|cents?|yuan)(?!\w)|\d\s?[元％]",
    ),
    "duration": _kind(
        0.27,
        r"\b(?:how (?:long|soon|often|fast|quickly|old|far ahead|many (?:days|weeks|months|years|hours))|when|deadline|until"
        r"|wann|wie lange|bis wann|cuándo|cuánto tiempo)\b|多久|何时|什么时候|几天",
        rf"\b(?:\d+|{_SMALL_NUMBERS}|an?|each|every|per)[-\s)]+(?:\w+\s){{0,2}}(?:{_COUNTED})(?:e?n|s)?\b"
        rf"|\b(?:{_MONTHS_AND_DAYS}|immediately|daily|weekly|monthly|yearly|annually|at once)\b|\d\s?h\b|[日天月年周]",
    ),
    "person": _kind(
        0.13,
        r"\b(?:who|whom|whose|wer|wem|wen|quién)\b|谁",
        r"(?<=[a-z,;:(] )[A-Z][a-z]+|[A-Z][a-z]+ [A-Z][a-z]+|[\w.]+@[\w.]+|\bteam\b",
        is_cased=True,
    ),
    "contact": _kind(
        0.23,
        r"\b(?:e-?mail|phone|call|contact|reach|address|write to|telephone|post|mail|telefon\w*|adresse|teléfono|correo)\b"
        r"|电话|地址",
        r"@|\b\d{3}[-. )]+\d{3}|\b(?:box|street|avenue|extension)\b|https?:",
    ),
    "decision": _kind(
        0.10,
        r"(?:^|[.,;] )(?:do|does|did|is|are|am|was|were|can|could|may|must|should|will|would|has|have)\b[^.?]*\?\s*$",
        r"\b(?:may|can|cannot|must|shall|should|not|no|yes|never|only|allowed|required|permitted|need|will|do)\b|n['’]t\b",
    ),
}
"""The weights were fitted with those of `search.answer` (`python -m tests.benchmarks fit-answers`)."""


@lru_cache(maxsize=_QUESTIONS_REMEMBERED)
def asked_kinds(question: str) -> Sequence[AnswerKind]:
    """The kinds of answer that a question asks for; of a long one the part that asks decides."""
    start, end = asking_part(question)
    return [kind for kind in KINDS.values() if kind.asked.search(question[start:end])]


def held_weight(kinds: Sequence[AnswerKind], text: str) -> float:
    """The weights of those kinds that a text holds; the number of an item says only its place."""
    start = number_end(text)
    return sum(kind.weight for kind in kinds if kind.held.search(text, start))
