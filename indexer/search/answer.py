"""Choosing the unit of a passage that answers a question: a sentence, a list item or a row.

The score of a unit is

    score = share + kinds + under + named + 0.65 * cosine + 0.15 * log_odds
    share = sum over terms of weight * rarity * held / sum over terms of weight * rarity
    rarity = ln(1 + units / units that hold the term)

`share` is the share of the question that the unit holds, each term weighed by its rarity in the passage; words of the unit
before, or of what leads in to a list, count a little. `kinds` is what it holds of the kinds of answer that are asked for
(`search.answer_kinds`), `under` the bonus of what stands under a question like this one, `named` that of a row whose first cell
the question names. In the first passage the four units with the best of this are compared with the question by their vectors
too, and read by the cross-encoder where one reads the passage (`search.close_reading`). The weights were fitted on public sets
and real collections (`python -m tests.benchmarks fit-answers`).
"""

import math
import re
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from askdex.corpus.text.lines import is_closed, leads_in, opens_clause, opens_item
from askdex.corpus.text.questions import asking_part, ends_as_question
from askdex.corpus.text.rows import cells
from askdex.corpus.text.units import Unit
from askdex.corpus.types import CELL_JOINT, Kind
from askdex.indexer.engine.analyzer import content_forms, in_order, stems, terms
from askdex.indexer.search.answer_kinds import AnswerKind, asked_kinds, held_weight
from askdex.indexer.types import Span, Vectors

_FUNCTION_WORD = 0.1
"""The weight of a function word beside a content word: enough to tell units apart that hold the same content words."""

_TOLD = 0.35
"""The weight of a word that only the part of a question holds which tells what it is about, beside one of the part that asks.

By words alone the right unit is then found for 163 of 307 long questions instead of 154 (`tests/benchmarks/questions`).
"""

_RELATED = 0.5
"""What a word counts that only begins like one of the question (register, registration) beside that word itself."""

_BEGINNING = 4
"""Letters that related words have in common."""

_CARRIED = 0.2
"""What a word counts that stands in the unit before, in the line that leads in to the list, or in the row that names the
columns, beside a word of the unit itself."""

_NAMED = 0.1
"""The bonus of a row whose first cell has only words of the question; less in proportion where it has others."""

_BEGINS = 0.4
"""The bonus of the first unit under the very question: it need not repeat its words."""

_SHORT_PASSAGE = 3
"""Units; in a passage with more, the bonus of the unit that stands first under the passage's question is less in proportion."""

COSINE = 0.65
"""What the cosine of a unit with the question counts beside the share of the question's words."""

_LOG_ODDS = 0.15
"""What a point of a cross-encoder's log-odds counts beside the share of the question's words."""

_MOST_READ = 4
"""Units whose vectors are compared, or which a cross-encoder reads; to read more finds no more right ones."""

_WITHIN_REACH = 0.5
"""Units whose scores lie further behind the best are not read: hardly any vector makes up for it."""

_HARDLY_WORSE = 0.3
"""A sentence next to the best one whose score lies no further behind is marked with it: which of the two answers is open.

Of 988 passages that answer, of seven collections in three languages, the right sentence is marked in 844 instead of 813; in 131
two are marked.
"""

_LONGEST_PAIR = 400
"""Characters of two sentences that are marked together."""

_LONGEST_READ = 300
"""Characters of a unit that are encoded or read: some rows are as long as a passage."""

LEAST_MARKED = 1 / 6
"""The least score of a unit that is marked in a passage after the first. It keeps nine in ten of the right ones in second and
third passages of a real collection, and leaves out a quarter of the wrong ones (AUROC of the score .75)."""

_MOST_UNITS = 24
"""Units of a passage that are looked at."""

_LONGEST_LIST = 600
"""Characters of a list that are shown with the line that leads in to it."""

_ANALYSED_REMEMBERED = 2_048
"""Passages whose terms are kept: many questions share their best passages, and finding terms takes longest here."""

_QUESTIONS_REMEMBERED = 64
"""Questions whose terms are kept: each of the best passages asks for them."""

_SCORED_REMEMBERED = 512
"""Passages whose units' scores for a question are kept: the best is read to tell whether it answers, then to mark what does."""

_NOWHERE = "\n"
"""What no term contains."""

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

_REMARK = re.compile(r"\([^)]*\)")
_ONLY_OPENS = re.compile(
    r"(?:a: )?(?:yes|no|perhaps|(?:it|that) (?:all )?depends|of course(?: not)?|not (?:always|yet|at all)|\w+)\W*",
    re.IGNORECASE,
)
"""A sentence that says too little by itself: "It depends.", or a single word."""

_SAYS_NO = re.compile(
    r"\b(?:not|no|nor|never|none|neither|without|unless|except|excluded|excluding|cannot|nicht|nie|kein\w*)\b|n['’]t\b",
    re.IGNORECASE,
)

Judge = Callable[[Sequence[str]], Vectors]
"""Gives texts numbers of shape (n,): cosines with the question, or log-odds."""


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


class ScoredUnit(NamedTuple):
    """A unit that can answer, the span that is shown for it, and its score before any model has read it."""

    span: Span
    shown: Span
    score: float


class AskedRow(NamedTuple):
    """A row of a table that a question asks about, with the names of its columns: "Van: Lyra, Seats: 11".

    A cross-encoder finds nothing in a long table, and seldom takes a bare row for an answer; written so it does.
    `is_looked_up` is whether the question names the column of the cell that it names, and another: "Which van has 11 seats?"
    Then the row answers.
    """

    text: str
    is_looked_up: bool


class _Part(NamedTuple):
    """A unit that can answer.

    `terms` are its terms with a blank before and after each, which makes them quick to search, `carried` in the same way those
    of the unit before, of the line that leads in to the list, or of the names of the columns. `question` is the question in the
    text right before it. `leading` is the position of the part that leads in to the list which this one is in.
    """

    span: Span
    terms: str
    carried: str
    question: str | None
    leading: int | None


@dataclass(frozen=True, slots=True)
class _Question:
    """The terms of a question with their weights, which of them are content words, and the kinds of answer that it asks for.

    `patterns` are how each term, and its beginning, are found among the terms of a unit.
    """

    terms: Sequence[str]
    patterns: Sequence[tuple[str, str]]
    weights: Sequence[float]
    kinds: Sequence[AnswerKind]

    @classmethod
    @lru_cache(maxsize=_QUESTIONS_REMEMBERED)
    def of(cls, question: str) -> "_Question":
        every, content = sorted(set(_terms(question))), _digits(content_forms(question))
        asking = set(_terms(question[slice(*asking_part(question))]))
        weights = [(1.0 if term in content else _FUNCTION_WORD) * (1.0 if term in asking else _TOLD) for term in every]
        patterns = [(f" {term} ", f" {term[:_BEGINNING]}" if len(term) >= _BEGINNING else _NOWHERE) for term in every]
        return cls(every, patterns, weights, asked_kinds(question))

    def held(self, unit_terms: str) -> list[float]:
        """How much of each term a unit holds: 1, less for a related word, 0 without either."""
        return [1.0 if term in unit_terms else _RELATED * (beginning in unit_terms) for term, beginning in self.patterns]


def answering_units(
    question: str, passages: Sequence[PassageText], cosines: Judge | None = None, log_odds: Judge | None = None
) -> list[Span | None]:
    """The span of the unit of each passage that answers.

    It is None where no unit can, where the best score is below the `least` of the passage, and where the best unit is the row
    of another thing than the one asked about.

    It is the unit with the highest score, of equal ones the first. For the first of these passages `cosines` of the units with
    the question count, and `log_odds` of a cross-encoder, where they are given; then a sentence beside it in its paragraph that
    is hardly worse is marked too. Cosines are spread as in fusion.
    """
    judges = [(weight, judge) for weight, judge in ((COSINE, cosines), (_LOG_ODDS, log_odds)) if judge is not None]
    return [_best(question, passage, () if n else judges) for n, passage in enumerate(passages)]


def scored_units(question: str, passage: PassageText) -> list[ScoredUnit]:
    """The units of a passage that can answer, in the order of the text."""
    parts, scores = _scored(question, passage)
    return [ScoredUnit(part.span, _shown(passage.text, parts, n), scores[n]) for n, part in enumerate(parts)]


def foremost_sentences(question: str, passage: PassageText) -> list[str]:
    """The texts of the units of a passage that are read to choose the one that answers; none where there is no choice.

    Where a row of a table is among them there are none either: by itself it says too little.
    """
    parts, scores = _scored(question, passage)
    if len(parts) < 2:
        return []
    foremost = _foremost(scores)
    if any(CELL_JOINT in passage.text[parts[n].span.start : parts[n].span.end] for n in foremost):
        return []
    return _read_texts(passage.text, parts, foremost)


def row_asked_about(question: str, passage: PassageText) -> AskedRow | None:
    """The row of a table of which a question names a whole cell. None without one, or with several."""
    words, text = set(_Question.of(question).terms), passage.text
    rows = [unit for unit in passage.units if unit.kind is Kind.ROW and not unit.names_columns]
    cells_of = [cells(text[row.start : row.end]) for row in rows]
    named = [n for n, row_cells in enumerate(cells_of) if any(_names(words, cell) for cell in row_cells)]
    if len(named) != 1:
        return None
    row = cells_of[named[0]]
    names = _column_names(rows[named[0]], passage.units, text, passage.columns)
    columns = cells(names) if names else []
    pairs = list(zip(columns, row, strict=False))
    asked_columns = [cell for column, cell in pairs if _names(words, column)]
    is_looked_up = len(asked_columns) > 1 and any(_names(words, cell) for cell in asked_columns)
    named_cells = (f"{column}: {cell}" if column else cell for column, cell in pairs if cell)
    return AskedRow(", ".join([*named_cells, *filter(None, row[len(columns) :])]), is_looked_up)


def _names(words: Collection[str], cell: str) -> bool:
    """Whether all terms of a cell are among these words."""
    # Identifiers and joined forms are left out: "key number 517" is another identifier than "517" alone.
    named = _digits(in_order(_REMARK.sub("", cell)))
    return bool(named) and all(term in words for term in named)


def _best(question: str, passage: PassageText, judges: Sequence[tuple[float, Judge]]) -> Span | None:
    """The span of the unit that answers, as `_shown` shows it; None for a row of another thing, or where all scores are low."""
    text = passage.text
    parts, own_scores = _scored(question, passage)
    if len(parts) < 2:
        return parts[0].span if parts else None
    if max(own_scores) < passage.least:
        return None
    scores = list(own_scores)
    foremost = _foremost(scores)
    if len(foremost) > 1:
        texts = _read_texts(text, parts, foremost)
        for weight, judge in judges:
            for n, number in zip(foremost, judge(texts).tolist(), strict=True):
                scores[n] += weight * number
    chosen = max(foremost, key=scores.__getitem__)
    if _is_row_of_another(_Question.of(question), parts[chosen], text):
        return None
    return _with_hardly_worse(text, parts, chosen, foremost, scores) if judges else _shown(text, parts, chosen)


def _with_hardly_worse(
    text: str, parts: Sequence[_Part], chosen: int, foremost: Sequence[int], scores: Sequence[float]
) -> Span:
    """The span to show for a unit, with the better of the sentences beside it in its paragraph that are hardly worse."""
    shown = _shown(text, parts, chosen)
    beside = [n for n in foremost if abs(n - chosen) == 1 and scores[n] >= scores[chosen] - _HARDLY_WORSE]
    if not beside:
        return shown
    second = max(beside, key=scores.__getitem__)
    one, other = (parts[n].span for n in sorted((chosen, second)))
    if not _is_of_one_paragraph(text, one, other):
        return shown
    wider = _shown(text, parts, second)
    return Span(min(shown.start, wider.start), max(shown.end, wider.end))


def _is_of_one_paragraph(text: str, first: Span, last: Span) -> bool:
    """Whether two units are sentences of one paragraph, and short enough to be marked together."""
    between = text[first.start : last.end]
    return "\n" not in between and CELL_JOINT not in between and len(between) <= _LONGEST_PAIR


def _read_texts(text: str, parts: Sequence[_Part], numbers: Sequence[int]) -> list[str]:
    """What models read of the parts at these positions."""
    return [text[parts[n].span.start : parts[n].span.end][:_LONGEST_READ] for n in numbers]


def _terms(text: str) -> list[str]:
    """The terms of a text, small numbers in digits: "five years" is asked, "5 years" stands in the table."""
    return _digits(terms(text))


def _digits(words: Iterable[str]) -> list[str]:
    return [_IN_DIGITS.get(word, word) for word in words]


def _foremost(scores: Sequence[float]) -> list[int]:
    """The positions of the best scores in the order of the text, those that are within reach of the best."""
    best = sorted(range(len(scores)), key=lambda n: -scores[n])[:_MOST_READ]
    return sorted(n for n in best if scores[n] >= max(scores) - _WITHIN_REACH)


def _is_row_of_another(question: _Question, part: _Part, text: str) -> bool:
    """Whether a unit is a row that holds none of the words of the question: it is about another thing than is asked about."""
    if CELL_JOINT not in text[part.span.start : part.span.end]:
        return False
    held = zip(question.held(part.terms), question.weights, strict=True)
    return not any(held_share for held_share, weight in held if weight > _FUNCTION_WORD)


def _shown(text: str, parts: Sequence[_Part], chosen: int) -> Span:
    """The span to show for a unit: wider where the unit cannot stand alone.

    What leads in to a list is shown with the list, a sentence that says too little with the one after it, and an item of a list
    that says what is *not* the case with what leads in to it.
    """
    part = parts[chosen]
    if (end := _list_end(text, parts, chosen)) > part.span.end:
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


def _list_end(text: str, parts: Sequence[_Part], at: int) -> int:
    """Where the list ends that a part leads in to, as far as it is shown; the part's own end where it leads in to none."""
    span = parts[at].span
    if not leads_in(text[span.start : span.end]):
        return span.end
    listed = [other.span.end for other in parts[at + 1 :] if other.leading == at]
    # What is no list, such as a paragraph, is shown as far as its first sentence.
    listed = listed or [other.span.end for other in parts[at + 1 : at + 2]]
    return max((end for end in listed if end - span.start <= _LONGEST_LIST), default=span.end)


def _says_too_little(text: str, unit: Span, following: Span) -> bool:
    """Whether a unit is no more than "Yes." before a sentence in the same line."""
    goes_on = not text[unit.end : following.start].strip(" ")
    return goes_on and bool(_ONLY_OPENS.fullmatch(text, unit.start, unit.end))


def _under(question: _Question, passage: PassageText, parts: Sequence[_Part]) -> list[float]:
    """The bonus of each unit for standing under a question that is like the one asked, of length (units)."""
    bonuses = [_BEGINS * _likeness(question, part.question) if part.question else 0.0 for part in parts]
    first = parts[0].span
    if passage.question is not None and not leads_in(passage.text[first.start : first.end]):
        bonuses[0] += _BEGINS * _likeness(question, passage.question) * min(1.0, _SHORT_PASSAGE / len(parts))
    return bonuses


def _likeness(question: _Question, heading: str) -> float:
    """How like a question of the text is to the one asked: the share of the asked one's terms in it, by weight, squared."""
    held = set(_terms(heading))
    share = sum(weight for term, weight in zip(question.terms, question.weights, strict=True) if term in held)
    return (share / max(_FUNCTION_WORD, sum(question.weights))) ** 2


@lru_cache(maxsize=_SCORED_REMEMBERED)
def _scored(question: str, passage: PassageText) -> tuple[Sequence[_Part], Sequence[float]]:
    """The units of a passage that can answer, and the score of each before any model has read it."""
    parts = _analysed(passage.text, passage.units, passage.columns)
    return parts, _scores(_Question.of(question), passage, parts) if parts else []


def _scores(question: _Question, passage: PassageText, parts: Sequence[_Part]) -> list[float]:
    """The score of each unit, at least one, before any model has read it, of length (units)."""
    text, under = passage.text, _under(question, passage, parts)
    held = [question.held(part.terms) for part in parts]
    columns = zip(question.weights, map(sum, zip(*held, strict=True)), strict=True)
    weights = [weight * math.log1p(len(parts) / max(holding, _RELATED)) for weight, holding in columns]
    whole = max(sum(weights), _FUNCTION_WORD)
    scores = []
    for n, (part, own) in enumerate(zip(parts, held, strict=True)):
        shares = zip(own, question.held(part.carried), weights, strict=True)
        score = under[n] + sum([weight * max(here, _CARRIED * carried) for here, carried, weight in shares]) / whole
        score += _NAMED * _share_named(question.terms, part, text)
        scores.append(score + held_weight(question.kinds, text[part.span.start : _list_end(text, parts, n)]))
    return scores


def _share_named(words: Sequence[str], part: _Part, text: str) -> float:
    """Of a row the share of the terms of its first cell, which says what it is about, that are in the question."""
    first, *others = cells(text[part.span.start : part.span.end])
    named = _terms(_REMARK.sub("", first)) if others else []
    return sum(term in words for term in named) / len(named) if named else 0.0


@lru_cache(maxsize=_ANALYSED_REMEMBERED)
def _analysed(text: str, units: tuple[Unit, ...], columns: str) -> tuple[_Part, ...]:
    """The units that can answer; for `columns` see PassageText.

    A question is no answer, nor a heading, nor a row that names columns; they count only where there is nothing else.
    """
    answering = [unit for unit in units if not _only_asks_or_names(unit, text)] or list(units)
    chosen = answering[:_MOST_UNITS]
    leading = _leading(chosen, text)
    own = [f" {' '.join(_terms(text[unit.start : unit.end]))} " for unit in chosen]
    parts = []
    for n, unit in enumerate(chosen):
        lead = leading[n]
        before = own[n - 1] if n else ""
        carried = before + (own[lead] if lead is not None and lead < n - 1 else "") + _column_terms(unit, units, text, columns)
        parts.append(_Part(Span(unit.start, unit.end), own[n], carried, _question_before(unit, units, text), lead))
    return tuple(parts)


def _only_asks_or_names(unit: Unit, text: str) -> bool:
    is_heading = unit.kind in (Kind.HEADING, Kind.TITLE)
    return unit.names_columns or is_heading or ends_as_question(text[unit.start : unit.end])


def _leading(units: Sequence[Unit], text: str) -> list[int | None]:
    """For each unit the position of the one that leads in to the list which it is in, None where it is in none.

    A list has units of one kind. Lines that are no items belong to it as long as they are no whole sentences.
    """
    found: list[int | None] = []
    lead: int | None = None
    for n, unit in enumerate(units):
        words = text[unit.start : unit.end]
        if lead is not None and not (unit.kind is units[lead + 1].kind and _may_be_listed(unit, words)):
            lead = None
        found.append(lead)
        if leads_in(words) and n + 1 < len(units):
            lead = n
    return found


def _may_be_listed(unit: Unit, words: str) -> bool:
    opens = opens_item(words) or opens_clause(words)
    return unit.kind in _LISTED or opens or words.endswith((";", "；")) or not is_closed(words)


def _column_terms(unit: Unit, units: Sequence[Unit], text: str, columns: str) -> str:
    """The terms of the row that names the columns of the table which a row is in."""
    names = _column_names(unit, units, text, columns) if unit.kind is Kind.ROW else ""
    return f" {' '.join(_terms(names))} " if names else ""


def _column_names(row: Unit, units: Sequence[Unit], text: str, columns: str) -> str:
    """The row that names the columns of the table which a row is in: one above it, or `columns`, that of an earlier passage."""
    above = [unit for unit in units if unit.names_columns and unit.start < row.start]
    return text[above[-1].start : above[-1].end] if above else columns


def _question_before(unit: Unit, units: Sequence[Unit], text: str) -> str | None:
    """The question that stands right before a unit."""
    before = [text[other.start : other.end] for other in units if other.start < unit.start][-1:]
    return before[0] if before and ends_as_question(before[0]) else None
