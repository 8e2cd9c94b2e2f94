"""Choosing the unit of a passage that answers a question: a sentence, a list item or a row.

The score of a unit is the share of the question that it holds, each term weighed by its rarity in the passage,

    share = sum over terms of weight * rarity * held / sum over terms of weight * rarity
    rarity = ln(1 + units / units that hold the term)

plus small bonuses, in the same unit, for what words alone do not show. The constants are round numbers on broad plateaus: half
or twice of one changes the share of right sentences by less than .006 on the public sets.
"""

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import NamedTuple

from askdex.corpus.text.lines import is_closed, leads_in, number_end, opens_item
from askdex.corpus.text.questions import ends_as_question
from askdex.corpus.text.units import Unit
from askdex.corpus.types import CELL_JOINT, Kind
from askdex.indexer.engine.analyzer import content_forms, terms
from askdex.indexer.types import Span, Vectors

_FUNCTION_WORD = 0.1
"""The weight of a function word beside a content word: enough to tell units apart that hold the same content words."""

_RELATED = 0.5
"""What a word counts that only begins like one of the question (register, registration) beside that word itself."""

_BEGINNING = 4
"""Letters that related words have in common."""

_CARRIED = 0.2
"""What a word of the unit before counts, which "it" or "they" may stand for, beside a word of the unit itself."""

_NUMBER = 0.1
"""The bonus of a unit with a number where the question asks for one."""

_NAMED = 0.1
"""The bonus of a row whose first cell has only words of the question; less in proportion where it has others."""

_BEGINS = 0.4
"""The bonus of the first unit of a short passage that stands under the very question: it need not repeat its words."""

_SHORT_PASSAGE = 3
"""Units; in a passage with more, the first unit's bonus is less in proportion."""

_UNDECIDED = 0.1
"""Where the best score is below `_TRUSTED`, units whose scores lie within this of it are also compared by their vectors."""

_TRUSTED = 1 / 3
"""From this best score on, only units with an equal score are compared by their vectors."""

_EQUAL = 1e-9
"""The difference up to which scores are equal, for rounding."""

_LOG_ODDS = 0.3
"""What a point of a cross-encoder's log-odds counts beside the share of the question's words."""

_WITHIN_REACH = 0.25
"""A cross-encoder reads the units whose scores lie within this of the best; reading more finds no more right ones."""

_MOST_READ = 4
"""Units that a cross-encoder reads."""

_MOST_COMPARED = 3
"""Units whose vectors are compared; encoding one takes as long as all else here."""

_LONGEST_COMPARED = 300
"""Characters of a unit that are encoded or read: some rows are as long as a passage."""

_MOST_UNITS = 24
"""Units of a passage that are looked at."""

_LONGEST_LIST = 600
"""Characters of a list that may be shown before an item for the sake of a lead-in that says no."""

_ANALYSED_REMEMBERED = 2_048
"""Passages whose terms are kept: many questions share their best passages, and finding terms takes longest here."""

_NOWHERE = "\n"
"""What no term contains."""

_ASKS_NUMBER = re.compile(
    r"\b(?:when|how (?:many|much|long|old|often|far|fast|soon|large|big|high|tall)"
    r"|what (?:year|date|day|month|time|age|amount|number|percentage|share))\b",
    re.IGNORECASE,
)
_HAS_NUMBER = re.compile(
    r"\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|dozen|hundred|thousand|million|billion|half|once|twice)\b",
    re.IGNORECASE,
)
_REMARK = re.compile(r"\([^)]*\)")
_SAYS_NO = re.compile(
    r"\b(?:not|no|nor|never|none|neither|without|unless|except|excluded|excluding|cannot|nicht|nie|kein\w*)\b|n['’]t\b",
    re.IGNORECASE,
)

Judge = Callable[[Sequence[str]], Vectors]
"""Gives texts numbers of shape (n,): cosines with the question, or log-odds."""


class PassageText(NamedTuple):
    """The text of a passage, its units, and the question that it stands under, if any."""

    text: str
    units: Sequence[Unit]
    question: str | None = None


class _Part(NamedTuple):
    """A unit's place, and its terms with a blank before and after each, which makes them quick to search."""

    span: Span
    terms: str


@dataclass(frozen=True, slots=True)
class _Question:
    """The terms of a question with their weights, and the bonus of a number.

    `patterns` are how each term, and its beginning, are found among the terms of a unit.
    """

    terms: Sequence[str]
    patterns: Sequence[tuple[str, str]]
    weights: Sequence[float]
    number: float

    @classmethod
    def of(cls, question: str) -> "_Question":
        every, content = sorted(set(terms(question))), content_forms(question)
        weights = [1.0 if term in content else _FUNCTION_WORD for term in every]
        patterns = [(f" {term} ", f" {term[:_BEGINNING]}" if len(term) >= _BEGINNING else _NOWHERE) for term in every]
        return cls(every, patterns, weights, _NUMBER if _ASKS_NUMBER.search(question) else 0.0)


def answering_units(
    question: str, passages: Sequence[PassageText], cosines: Judge | None = None, log_odds: Judge | None = None
) -> list[Span | None]:
    """The span of the unit of each passage that answers; None for a passage without units.

    It is the unit with the highest score, of equal ones the first. For the first of these passages, where words leave the
    choice open, `cosines` of the units with the question decide; or the `log_odds` of a cross-encoder, where several units
    come near.
    """
    asked = _Question.of(question)
    first = partial(_by_log_odds, log_odds) if log_odds else partial(_by_words, cosines)
    return [_best(asked, passage, partial(_by_words, None) if n else first) for n, passage in enumerate(passages)]


def _best(question: _Question, passage: PassageText, choose: Callable[[list[float], Sequence[str]], int]) -> Span | None:
    """The span of the unit that answers, which `choose` picks by the scores and texts of the units.

    It is widened where it cannot stand alone: a single word to the unit after it, an item of a negated list to the lead-in.
    """
    text = passage.text
    parts = _analysed(text, tuple(passage.units))
    if len(parts) < 2:
        return parts[0].span if parts else None
    texts = [text[part.span.start : part.span.end][:_LONGEST_COMPARED] for part in parts]
    scores = _scores(question, parts, text)
    if passage.question is not None and not leads_in(texts[0]):
        scores[0] += _BEGINS * _likeness(question, passage.question) * min(1.0, _SHORT_PASSAGE / len(parts))
    chosen = choose(scores, texts)
    # A single word, such as "Yes.", is shown with what follows it.
    span, following = parts[chosen].span, [part.span for part in parts[chosen + 1 : chosen + 2]]
    if following and len(parts[chosen].terms.split()) == 1 and not text[span.end : following[0].start].strip(" "):
        return Span(span.start, following[0].end)
    return Span(_negated_from(text, [part.span for part in parts[: chosen + 1]]), span.end)


def _negated_from(text: str, spans: Sequence[Span]) -> int:
    """Where to begin showing the last of these units: at the lead-in of its list, if that says no.

    By itself an item of "The tenant shall not:" says the opposite.
    """
    own = spans[-1].start
    for span in reversed(spans):
        unit = text[span.start : span.end]
        if leads_in(unit):
            return span.start if _SAYS_NO.search(unit) and own - span.start <= _LONGEST_LIST else own
        # A whole sentence that is no item: the list began after it, without a lead-in.
        if is_closed(unit) and not unit.endswith(";") and not opens_item(unit):
            return own
    return own


def _likeness(question: _Question, heading: str) -> float:
    """How like a passage's own question is to the one asked: the share of the asked one's terms in it, by weight, squared."""
    held = set(terms(heading))
    share = sum(weight for term, weight in zip(question.terms, question.weights, strict=True) if term in held)
    return (share / max(_FUNCTION_WORD, sum(question.weights))) ** 2


def _by_words(cosines: Judge | None, scores: list[float], texts: Sequence[str]) -> int:
    """The unit that answers by its words, or by its vector where words leave it open."""
    foremost = _foremost(scores, _MOST_COMPARED, _UNDECIDED if max(scores) < _TRUSTED else _EQUAL)
    if cosines is not None and len(foremost) > 1:
        for n, cosine in zip(foremost, cosines([texts[n] for n in foremost]).tolist(), strict=True):
            scores[n] += cosine
    return max(foremost, key=scores.__getitem__)


def _by_log_odds(log_odds: Judge, scores: list[float], texts: Sequence[str]) -> int:
    """The unit that answers by its words and by a cross-encoder."""
    foremost = _foremost(scores, _MOST_READ, _WITHIN_REACH)
    if len(foremost) > 1:
        for n, odds in zip(foremost, log_odds([texts[n] for n in foremost]).tolist(), strict=True):
            scores[n] += _LOG_ODDS * odds
    return max(foremost, key=scores.__getitem__)


def _foremost(scores: Sequence[float], most: int, margin: float) -> list[int]:
    """The positions of the best scores in the order of the text: at most so many, none further than the margin behind."""
    best = sorted(range(len(scores)), key=lambda n: -scores[n])[:most]
    return sorted(n for n in best if scores[n] >= max(scores) - margin)


def _scores(question: _Question, parts: Sequence[_Part], text: str) -> list[float]:
    """The score of each unit, of length (units)."""
    # How much of each term a unit holds: 1, less for a related word, 0 without either.
    held = [
        [1.0 if term in part.terms else _RELATED * (beginning in part.terms) for term, beginning in question.patterns]
        for part in parts
    ]
    columns = zip(question.weights, map(sum, zip(*held, strict=True)), strict=True)
    weights = [weight * math.log1p(len(parts) / max(holding, _RELATED)) for weight, holding in columns]
    whole = max(sum(weights), _FUNCTION_WORD)
    scores = []
    before = [0.0] * len(weights)
    for part, own in zip(parts, held, strict=True):
        shares = zip(own, before, weights, strict=True)
        score = sum([weight * max(here, _CARRIED * above) for here, above, weight in shares]) / whole
        score += _NAMED * _share_named(question.terms, part, text)
        before = own
        if question.number and _has_number(text[part.span.start : part.span.end]):
            score += question.number
        scores.append(score)
    return scores


def _has_number(unit: str) -> bool:
    """Whether a unit says a number; that of an item says only its place."""
    return bool(_HAS_NUMBER.search(unit, number_end(unit)))


def _share_named(words: Sequence[str], part: _Part, text: str) -> float:
    """Of a row the share of the terms of its first cell, which says what it is about, that are in the question."""
    cell, joint, _ = text[part.span.start : part.span.end].partition(CELL_JOINT)
    named = terms(_REMARK.sub("", cell)) if joint else []
    return sum(term in words for term in named) / len(named) if named else 0.0


@lru_cache(maxsize=_ANALYSED_REMEMBERED)
def _analysed(text: str, units: tuple[Unit, ...]) -> tuple[_Part, ...]:
    """The units that can answer, with their terms.

    A question is no answer, nor a heading, nor a row that names columns; they count only where there is nothing else.
    """
    answering = [unit for unit in units if not _only_asks_or_names(unit, text)] or list(units)
    return tuple(
        _Part(Span(unit.start, unit.end), f" {' '.join(terms(text[unit.start : unit.end]))} ")
        for unit in answering[:_MOST_UNITS]
    )


def _only_asks_or_names(unit: Unit, text: str) -> bool:
    is_heading = unit.kind in (Kind.HEADING, Kind.TITLE)
    return unit.names_columns or is_heading or ends_as_question(text[unit.start : unit.end])
