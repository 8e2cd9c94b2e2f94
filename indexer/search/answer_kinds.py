"""The kinds of answer: what a question asks for (an amount, a time, a person), and which texts hold such a thing.

Questions are told by words in English, German, Spanish and Chinese; in other languages they ask for no kind. Answers are told
by words, numbers and signs. In Chinese no decision is told: its marks (可以, 不得) stand in most sentences of a law; nor is a
name, which nothing marks.
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
    "second|minute|hour|day|night|week|month|quarter|year",
    "sekunde|minute|stunde|tag|woche|monat|jahr|uhr",
    "segundo|minuto|hora|día|semana|mes|año",
)
_MONTHS_AND_DAYS = (
    "january|february|march|april|may|june|july|august|september|october|november|december",
    "monday|tuesday|wednesday|thursday|friday|saturday|sunday",
    "januar|februar|märz|mai|juni|juli|oktober|dezember",
    "(?:mon|diens|donners|frei|sams|sonn)tags?|mittwochs?",
    "enero|febrero|marzo|abril|mayo|junio|julio|agosto|septiembre|octubre|noviembre|diciembre",
    "lunes|martes|miércoles|jueves|viernes|sábados?|domingos?",
)
_SMALL_NUMBERS = (
    "one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|dozen",
    "zwei|drei|vier|fünf|sechs|sieben|acht|neun|zehn|elf|zwölf|dutzend",
    "dos|tres|cuatro|cinco|seis|siete|ocho|nueve|diez|once|doce|docena",
)
_DIGITS = r"\d+"
_ONE_OR_EACH = ("an?|each|every|per", "eine[mnrs]?|jede[mnrs]?|pro", "una?|cada|por")


class AnswerKind(NamedTuple):
    """A kind of answer: how it is asked for, how a text holds it, and what that counts beside all words of the question."""

    asked: re.Pattern[str]
    held: re.Pattern[str]
    weight: float


def _kind(weight: float, asked: Sequence[str], held: Sequence[str], *, is_cased: bool = False) -> AnswerKind:
    return AnswerKind(
        re.compile("|".join(asked), re.IGNORECASE), re.compile("|".join(held), 0 if is_cased else re.IGNORECASE), weight
    )


def _words(*alternatives: str) -> str:
    """A pattern of whole words; the alternatives are those of one language each."""
    return rf"\b(?:{'|'.join(alternatives)})\b"


KINDS: dict[str, AnswerKind] = {
    "number": _kind(
        0.22,
        asked=(
            _words(
                "when|how (?:many|much|long|old|often|far|fast|soon|large|big|high|tall)",
                "what (?:year|date|day|month|time|age|amount|number|percentage|share)",
                "wann|wie ?viele?|wie (?:lange|hoch|oft|alt|groß|weit|schnell|breit|tief|schwer)|uhrzeit",
                "cuánt\\w+|cuándo|qué (?:año|fecha|día|mes|hora|edad|porcentaje)",
            ),
            "多少|几|何时|什么时候|多[大高长久远宽]|哪[天年]",
        ),
        held=(
            r"\d",
            _words(
                *_SMALL_NUMBERS,
                "hundred|thousand|million|billion|half|once|twice",
                "hundert|tausend|millionen|hälfte|einmal|zweimal",
                "cien|ciento|millones|mitad",
            ),
            "[一二三四五六七八九十百千万两半]",
        ),
    ),
    "money": _kind(
        0.32,
        asked=(
            _words(
                "how much|costs?|prices?|fees?|salary|budget|rate|bonus|amount|limit|charged?|pays?|paid",
                "kosten|kostet|preise?|gebühr(?:en)?|strafe|bußgeld|gehalt|lohn|zuschuss|steuer|bezahl\\w+|zahl(?:e|t|en)",
                "cuestan?|costos?|precios?|tarifas?|tasas?|multas?|sueldo|salario|importe|pag(?:ar?|o|an|amos)",
            ),
            "多少钱|费用|价格|罚款",
        ),
        held=(
            r"[$€£¥]\s?\d",
            r"\d\s?(?:[$€£¥%]|per ?cent|prozent|por ciento|euros?|dollars?|dólares|pesos?|pounds?|usd|eur|cents?|yuan)(?!\w)",
            r"\d\s?万?[元％]|[一二三四五六七八九十百千万]元|百分之",
        ),
    ),
    "duration": _kind(
        0.27,
        asked=(
            _words(
                "how (?:long|soon|often|fast|quickly|old|far ahead|many (?:days|weeks|months|years|hours))|when|deadline|until",
                "wann|wie (?:lange|oft|schnell|alt)|wie ?viele (?:tage|wochen|monate|jahre|stunden)|frist|uhrzeit",
                "cuándo|cuánto tiempo|plazo|hora|cuántos (?:días|meses|años)|cuántas (?:semanas|horas)",
            ),
            "多久|何时|什么时候|几[天年月日周]|多少[天年月日]|期限",
        ),
        held=(
            rf"{_words(_DIGITS, *_SMALL_NUMBERS, *_ONE_OR_EACH)}[-\s)]+(?:\w+\s){{0,2}}(?:{'|'.join(_COUNTED)})(?:e?n|s)?\b",
            _words(
                *_MONTHS_AND_DAYS,
                "immediately|daily|weekly|monthly|yearly|annually|at once",
                "unverzüglich|sofort|täglich|wöchentlich|monatlich|jährlich",
                "inmediatamente|diariamente|mensual\\w*|anual\\w*",
            ),
            r"\d\s?h\b|[日天月年周]",
        ),
    ),
    "person": _kind(
        0.13,
        asked=(_words("who|whom|whose", "wer|wem|wen|wessen", "quién(?:es)?"), "谁"),
        held=(r"(?<=[a-z,;:(] )[A-Z][a-z]+", r"[A-Z][a-z]+ [A-Z][a-z]+", r"[\w.]+@[\w.]+", r"\bteam\b"),
        is_cased=True,
    ),
    "contact": _kind(
        0.23,
        asked=(
            _words(
                "e-?mail|phone|call|contact|reach|address|write to|telephone|post|mail",
                "telefon\\w*|(?:mail)?adresse|anschrift|erreich\\w+",
                "teléfono|correo|dirección|contact(?:o|ar)",
            ),
            "电话|地址|联系|邮箱",
        ),
        held=(
            r"@",
            r"\b\d{3}[-./ )]+\d{3}",
            r"\b(?:box|street|avenue|extension|postfach|calle|avenida)\b",
            r"straße|https?:|\d{7}",
        ),
    ),
    "decision": _kind(
        0.10,
        asked=(
            r"(?:^|[.,;] |¿)(?:do|does|did|is|are|am|was|were|can|could|may|must|should|will|would|has|have"
            r"|darf|dürfen|kann|können|muss|müssen|soll|sollte|ist|sind|wird|werden|hat|haben"
            r"|puedo|puede|pueden|podemos|debo|debe|deben|tengo que|hay que|está)\b[^.?]*\?\s*$",
        ),
        held=(
            _words(
                "may|can|cannot|must|shall|should|not|no|yes|never|only|allowed|required|permitted|need|will|do",
                "darf|dürfen|kann|können|muss|müssen|nicht|kein\\w*|nur|erlaubt|verboten|untersagt|zulässig|unzulässig",
                "puede\\w*|debe\\w*|nunca|solo|sólo|permitid\\w+|prohibid\\w+|obligatori\\w+",
            ),
            r"n['’]t\b",
        ),
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
