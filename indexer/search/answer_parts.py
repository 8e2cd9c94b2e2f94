"""The units of a passage that can answer: their terms, what leads in to them, and what is shown for each.

All of this is so whatever is asked; `search.answer` chooses among them.
"""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from askdex.corpus.text.lines import is_closed, leads_in, opens_clause, opens_item
from askdex.corpus.text.questions import ends_as_question
from askdex.corpus.text.units import Unit
from askdex.corpus.types import Kind
from askdex.indexer.engine.analyzer import stems, terms
from askdex.indexer.types import Span

_MOST_UNITS = 24
"""Units of a passage that are looked at."""

_LONGEST_LIST = 600
"""Characters of a list that are shown with the line that leads in to it."""

_LONGEST_LABEL = 80
"""Characters of a line that names the table below it."""

_ANALYSED_REMEMBERED = 2_048
"""Passages whose terms are kept: many questions share their best passages, and finding terms takes longest here."""

_GOES_ON = (",", ";", "，", "；", "、")
"""Ends of lines of an enumeration that goes on in the next line."""

_LISTED = frozenset({Kind.ITEM, Kind.ROW, Kind.CODE})
"""The kinds of units that a list consists of, whatever they end with."""

_IN_DIGITS = {
    word: str(number)
    for words in (
        "two three four five six seven eight nine ten eleven twelve",
        "zwei drei vier fünf sechs sieben acht neun zehn elf zwölf",
        "dos tres cuatro cinco seis siete ocho nueve diez",
    )
    for number, word in enumerate(stems(words.split()), 2)
}
"""Terms of small numbers. The Spanish "once" is left out: it is an English word too."""

_ORDINALS = {
    term: str(number)
    for words, endings in (
        ("third fourth fifth sixth seventh eighth ninth tenth", ("",)),
        ("dritt viert fünft sechst siebt acht neunt zehnt", ("e", "er", "es", "em", "en")),
        ("tercer cuart quint sext séptim octav noven décim", ("", "o", "a")),
    )
    for number, word in enumerate(words.split(), 3)
    for term in stems([word + ending for ending in endings])
}
"""Terms of small ordinals: "the third match" is asked, "3. match" stands in the plan. "Second" is a time as well."""

_ONLY_OPENS = re.compile(
    r"(?:a: )?(?:yes|no|perhaps|(?:it|that) (?:all )?depends|of course(?: not)?|not (?:always|yet|at all)|\w+)\W*",
    re.IGNORECASE,
)
"""A sentence that says too little by itself: "It depends.", or a single word."""

_SAYS_NO = re.compile(
    r"\b(?:not|no|nor|never|none|neither|without|unless|except|excluded|excluding|cannot|nicht|nie|kein\w*)\b|n['’]t\b",
    re.IGNORECASE,
)


class PassageText(NamedTuple):
    """The text of a passage, its units, and the question that it stands under, if any; `least` is the least score to answer.

    Where a passage has one unit, that answers whatever its score. `columns` is the row that names the columns of a table which
    began in an earlier passage, "" without one.
    """

    text: str
    units: tuple[Unit, ...]
    question: str | None = None
    least: float = 0.0
    columns: str = ""


class Part(NamedTuple):
    """A unit that can answer.

    `terms` are its terms with a blank before and after each, which makes them quick to search, `carried` in the same way those
    of the unit before (no row holds those of another row), of the line that leads in to the list, or of the names of the
    columns. `question` is the question in the text right before it. `leading` is the position of the part that leads in to the
    list which this one is in.
    """

    span: Span
    terms: str
    carried: str
    question: str | None
    leading: int | None


@lru_cache(maxsize=_ANALYSED_REMEMBERED)
def parts_of(text: str, units: tuple[Unit, ...], columns: str) -> tuple[Part, ...]:
    """The units that can answer; for `columns` see PassageText.

    A question is no answer, nor a heading, nor what names a table or its columns; they count only where there is nothing else.
    """
    labels = _labels_of_tables(units, text)
    answering = [unit for unit in units if unit not in labels and not _only_asks_or_names(unit, text)] or list(units)
    chosen = answering[:_MOST_UNITS]
    leading = _leading(chosen, text)
    own = [f" {' '.join(digit_terms(text[unit.start : unit.end]))} " for unit in chosen]
    parts = []
    for n, unit in enumerate(chosen):
        lead = leading[n]
        is_row_below = n > 0 and unit.kind is Kind.ROW and chosen[n - 1].kind is Kind.ROW  # each is about another thing
        before = own[n - 1] if n and not is_row_below else ""
        carried = before + (own[lead] if lead is not None and lead < n - 1 else "") + _column_terms(unit, units, text, columns)
        parts.append(Part(Span(unit.start, unit.end), own[n], carried, _question_before(unit, units, text), lead))
    return tuple(parts)


def shown_span(text: str, parts: Sequence[Part], chosen: int) -> Span:
    """The span to show for a unit: wider where the unit cannot stand alone.

    What leads in to a list is shown with the list, a sentence that says too little with the one after it, and an item of a list
    that says what is *not* the case with what leads in to it.
    """
    part = parts[chosen]
    if (end := list_end(text, parts, chosen)) > part.span.end:
        return Span(part.span.start, end)
    following = [other.span for other in parts[chosen + 1 : chosen + 2]]
    if following and _says_too_little(text, part.span, following[0]):
        return Span(part.span.start, following[0].end)
    if part.leading is not None:
        leading = parts[part.leading].span
        is_near = part.span.start - leading.start <= _LONGEST_LIST
        if is_near and _SAYS_NO.search(text, leading.start, leading.end):
            return Span(leading.start, part.span.end)
    return part.span


def list_end(text: str, parts: Sequence[Part], at: int) -> int:
    """Where the list ends that a part leads in to, as far as it is shown; the part's own end where it leads in to none."""
    span = parts[at].span
    listed = [other.span.end for other in parts[at + 1 :] if other.leading == at]
    if not listed and not leads_in(text[span.start : span.end]):
        return span.end
    # What is no list, such as a paragraph, is shown as far as its first sentence.
    listed = listed or [other.span.end for other in parts[at + 1 : at + 2]]
    return max((end for end in listed if end - span.start <= _LONGEST_LIST), default=span.end)


def _says_too_little(text: str, unit: Span, following: Span) -> bool:
    """Whether a unit is no more than "Yes." before a sentence in the same line."""
    goes_on = not text[unit.end : following.start].strip(" ")
    return goes_on and bool(_ONLY_OPENS.fullmatch(text, unit.start, unit.end))


def _only_asks_or_names(unit: Unit, text: str) -> bool:
    is_heading = unit.kind in (Kind.HEADING, Kind.TITLE)
    return unit.names_columns or is_heading or ends_as_question(text[unit.start : unit.end])


def _labels_of_tables(units: Sequence[Unit], text: str) -> set[Unit]:
    """The lines that are no sentences and stand above the names of columns: "For single people"."""
    pairs = pairwise(units)
    return {unit for unit, row in pairs if unit.kind is Kind.PARAGRAPH and row.names_columns and _is_label(unit, text)}


def _is_label(unit: Unit, text: str) -> bool:
    words = text[unit.start : unit.end]
    return len(words) <= _LONGEST_LABEL and not is_closed(words)


def _leading(units: Sequence[Unit], text: str) -> list[int | None]:
    """For each unit the position of the one that leads in to the list which it is in, None where it is in none.

    A list has units of one kind. Lines that are no items belong to it as long as they are no whole sentences, and so does the
    one behind a comma, which ends it.
    """
    found: list[int | None] = []
    lead: int | None = None
    texts = [text[unit.start : unit.end] for unit in units]
    for n, (unit, words) in enumerate(zip(units, texts, strict=True)):
        is_listed = lead is not None and (_may_be_listed(unit, words) or texts[n - 1].endswith(_GOES_ON))
        if lead is not None and not (unit.kind is units[lead + 1].kind and is_listed):
            lead = None
        found.append(lead)
        if n + 1 < len(units) and (leads_in(words) or (lead is None and _opens_enumeration(words, texts[n + 1]))):
            lead = n
    return found


def _opens_enumeration(line: str, following: str) -> bool:
    """Whether a line without an end leads in to lines with commas: "Excluded are", then "members of the council,"."""
    return not is_closed(line) and not line.endswith(_GOES_ON) and following.endswith(_GOES_ON)


def _may_be_listed(unit: Unit, words: str) -> bool:
    opens = opens_item(words) or opens_clause(words)
    return unit.kind in _LISTED or opens or words.endswith((";", "；")) or not is_closed(words)


def _column_terms(unit: Unit, units: Sequence[Unit], text: str, columns: str) -> str:
    """The terms of the row that names the columns of the table which a row is in."""
    names = column_names(unit, units, text, columns) if unit.kind is Kind.ROW else ""
    return f" {' '.join(digit_terms(names))} " if names else ""


def column_names(row: Unit, units: Sequence[Unit], text: str, columns: str) -> str:
    """The row that names the columns of the table which a row is in: one above it, or `columns`, that of an earlier passage."""
    above = [unit for unit in units if unit.names_columns and unit.start < row.start]
    return text[above[-1].start : above[-1].end] if above else columns


def _question_before(unit: Unit, units: Sequence[Unit], text: str) -> str | None:
    """The question that stands right before a unit."""
    before = [text[other.start : other.end] for other in units if other.start < unit.start][-1:]
    return before[0] if before and ends_as_question(before[0]) else None


def digit_terms(text: str) -> list[str]:
    """The terms of a text, small numbers in digits: "five years" is asked, "5 years" stands in the table."""
    return with_digits(terms(text))


def with_digits(words: Iterable[str]) -> list[str]:
    """Terms, those of small numbers in digits."""
    return [_IN_DIGITS.get(word) or _ORDINALS.get(word, word) for word in words]
