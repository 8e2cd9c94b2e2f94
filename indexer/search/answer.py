"""Choosing the unit of a passage that answers a question: a sentence, a list item or a row.

The score of a unit is

    score = share + kinds + under + named + 0.15 * log_odds + 0.65 * cosine
    share = sum over terms of weight * rarity * held / sum over terms of weight * rarity
    rarity = ln(1 + units / units that hold the term)

`share` is the share of the question that the unit holds, each term weighed by its rarity in the passage; words of the unit
before, or of what leads in to a list, count a little. `kinds` is what it holds of the kinds of answer that are asked for
(`search.answer_kinds`), `under` the bonus of what stands under a question like this one, `named` that of a row whose first cell
the question names. In the first passage models help to choose among the units with the best of this. A cross-encoder reads
them, where one reads the passage (`search.close_reading`). Their vectors are compared with that of the question where none
reads, or where the two may be in different languages. The weights of the cosine and of the kinds of answer were fitted on
public sets and real collections (`python -m tests.benchmarks fit-answers`, which also tells the share of right units with the
weights in use). The others are chosen by hand, unless they say what was measured.
"""

import math
import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from askdex.corpus.text.lines import leads_in
from askdex.corpus.text.questions import asking_part
from askdex.corpus.text.rows import cells
from askdex.corpus.types import CELL_JOINT, Kind
from askdex.indexer.engine.analyzer import content_forms, in_order
from askdex.indexer.search.answer_kinds import AnswerKind, asked_kinds, held_weight
from askdex.indexer.search.answer_parts import (
    Part,
    PassageText,
    column_names,
    digit_terms,
    list_end,
    parts_of,
    shown_span,
    with_digits,
)
from askdex.indexer.types import Span, Vectors

_FUNCTION_WORD = 0.1
"""The weight of a function word beside a content word: enough to tell units apart that hold the same content words. Half or
twice of it, of what a related word counts or of a carried one, changed the share of right sentences by less than .006 (2,910
questions of SQuAD, with an earlier score)."""

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
"""What a point of a cross-encoder's log-odds counts beside the share of the question's words.

The share of 2,700 written questions about passages of 20 collections, and of 307 English questions about German and Spanish
passages, that get a right sentence marked, by what decides beside words:

    what decides                   English  German  Spanish  across languages
    log-odds of 4 units, cosines   .866     .796    .826     .893
    log-odds of 8 units, cosines   .875     .808    .830     .906
    log-odds of 8 units            .877     .810    .826     .883
    the same with a weight of .2   .874     .797    .826     .876
    cosines of 8 units             .822     .726    .796     .850
"""

_MOST_READ = 8
"""Units that a cross-encoder reads, or whose vectors are compared: 5.3 in the mean of those questions."""

_WITHIN_REACH = 0.7
"""Units whose scores lie further behind the best are not read: with 1.0 no more right ones are found."""

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


_QUESTIONS_REMEMBERED = 64
"""Questions whose terms are kept: each of the best passages asks for them."""

_SCORED_REMEMBERED = 512
"""Passages whose units' scores for a question are kept: the best is read to tell whether it answers, then to mark what does."""

_NOWHERE = "\n"
"""What no term contains."""


_REMARK = re.compile(r"\([^)]*\)")


class Judge(NamedTuple):
    """What a model says of texts, numbers of shape (n,), and what a point of it counts beside the share of words."""

    scores: Callable[[Sequence[str]], Vectors]
    weight: float

    @classmethod
    def by_cosines(cls, cosines: Callable[[Sequence[str]], Vectors]) -> "Judge":
        """Judges by the cosines of texts with the question, spread as in fusion."""
        return cls(cosines, COSINE)

    @classmethod
    def by_reading(cls, log_odds: Callable[[Sequence[str]], Vectors]) -> "Judge":
        """Judges by the log-odds that texts answer, of a cross-encoder that has read them."""
        return cls(log_odds, _LOG_ODDS)


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
        every, content = sorted(set(digit_terms(question))), with_digits(content_forms(question))
        asking = set(digit_terms(question[slice(*asking_part(question))]))
        weights = [(1.0 if term in content else _FUNCTION_WORD) * (1.0 if term in asking else _TOLD) for term in every]
        patterns = [(f" {term} ", f" {term[:_BEGINNING]}" if len(term) >= _BEGINNING else _NOWHERE) for term in every]
        return cls(every, patterns, weights, asked_kinds(question))

    def held(self, unit_terms: str) -> list[float]:
        """How much of each term a unit holds: 1, less for a related word, 0 without either."""
        return [1.0 if term in unit_terms else _RELATED * (beginning in unit_terms) for term, beginning in self.patterns]


def answering_units(question: str, passages: Sequence[PassageText], judges: Sequence[Judge] = ()) -> list[Span | None]:
    """The span of the unit of each passage that answers.

    It is None where no unit can, where the best score is below the `least` of the passage, and where the best unit is the row
    of another thing than the one asked about.

    It is the unit with the highest score, of equal ones the first. In the first of these passages judges, if given, help to
    choose; then a sentence beside it in its paragraph that is hardly worse is marked too.
    """
    return [_best(question, passage, () if n else judges) for n, passage in enumerate(passages)]


def scored_units(question: str, passage: PassageText) -> list[ScoredUnit]:
    """The units of a passage that can answer, in the order of the text."""
    parts, scores = _scored(question, passage)
    return [ScoredUnit(part.span, shown_span(passage.text, parts, n), scores[n]) for n, part in enumerate(parts)]


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
    names = column_names(rows[named[0]], passage.units, text, passage.columns)
    columns = cells(names) if names else []
    pairs = list(zip(columns, row, strict=False))
    asked_columns = [cell for column, cell in pairs if _names(words, column)]
    is_looked_up = len(asked_columns) > 1 and any(_names(words, cell) for cell in asked_columns)
    named_cells = (f"{column}: {cell}" if column else cell for column, cell in pairs if cell)
    return AskedRow(", ".join([*named_cells, *filter(None, row[len(columns) :])]), is_looked_up)


def _names(words: Collection[str], cell: str) -> bool:
    """Whether all terms of a cell are among these words."""
    # Identifiers and joined forms are left out: "key number 517" is another identifier than "517" alone.
    named = with_digits(in_order(_REMARK.sub("", cell)))
    return bool(named) and all(term in words for term in named)


def _best(question: str, passage: PassageText, judges: Sequence[Judge]) -> Span | None:
    """The span of the unit that answers (see `shown_span`); None for a row of another thing, or where all scores are low."""
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
        for judge in judges:
            for n, number in zip(foremost, judge.scores(texts).tolist(), strict=True):
                scores[n] += judge.weight * number
    chosen = max(foremost, key=scores.__getitem__)
    if _is_row_of_another(_Question.of(question), parts[chosen], text):
        return None
    return _with_hardly_worse(text, parts, chosen, foremost, scores) if judges else shown_span(text, parts, chosen)


def _with_hardly_worse(text: str, parts: Sequence[Part], chosen: int, foremost: Sequence[int], scores: Sequence[float]) -> Span:
    """The span to show for a unit, with the better of the sentences beside it in its paragraph that are hardly worse."""
    shown = shown_span(text, parts, chosen)
    beside = [n for n in foremost if abs(n - chosen) == 1 and scores[n] >= scores[chosen] - _HARDLY_WORSE]
    if not beside:
        return shown
    second = max(beside, key=scores.__getitem__)
    one, other = (parts[n].span for n in sorted((chosen, second)))
    if not _is_of_one_paragraph(text, one, other):
        return shown
    wider = shown_span(text, parts, second)
    return Span(min(shown.start, wider.start), max(shown.end, wider.end))


def _is_of_one_paragraph(text: str, first: Span, last: Span) -> bool:
    """Whether two units are sentences of one paragraph, and short enough to be marked together."""
    between = text[first.start : last.end]
    return "\n" not in between and CELL_JOINT not in between and len(between) <= _LONGEST_PAIR


def _read_texts(text: str, parts: Sequence[Part], numbers: Sequence[int]) -> list[str]:
    """What models read of the parts at these positions."""
    return [text[parts[n].span.start : parts[n].span.end][:_LONGEST_READ] for n in numbers]


def _foremost(scores: Sequence[float]) -> list[int]:
    """The positions of the best scores in the order of the text, those that are within reach of the best."""
    best = sorted(range(len(scores)), key=lambda n: -scores[n])[:_MOST_READ]
    return sorted(n for n in best if scores[n] >= max(scores) - _WITHIN_REACH)


def _is_row_of_another(question: _Question, part: Part, text: str) -> bool:
    """Whether a unit is a row that holds none of the words of the question: it is about another thing than is asked about."""
    if CELL_JOINT not in text[part.span.start : part.span.end]:
        return False
    held = zip(question.held(part.terms), question.weights, strict=True)
    return not any(held_share for held_share, weight in held if weight > _FUNCTION_WORD)


def _under(question: _Question, passage: PassageText, parts: Sequence[Part]) -> list[float]:
    """The bonus of each unit for standing under a question that is like the one asked, of length (units)."""
    bonuses = [_BEGINS * _likeness(question, part.question) if part.question else 0.0 for part in parts]
    first = parts[0].span
    if passage.question is not None and not leads_in(passage.text[first.start : first.end]):
        bonuses[0] += _BEGINS * _likeness(question, passage.question) * min(1.0, _SHORT_PASSAGE / len(parts))
    return bonuses


def _likeness(question: _Question, heading: str) -> float:
    """How like a question of the text is to the one asked: the share of the asked one's terms in it, by weight, squared."""
    held = set(digit_terms(heading))
    share = sum(weight for term, weight in zip(question.terms, question.weights, strict=True) if term in held)
    return (share / max(_FUNCTION_WORD, sum(question.weights))) ** 2


@lru_cache(maxsize=_SCORED_REMEMBERED)
def _scored(question: str, passage: PassageText) -> tuple[Sequence[Part], Sequence[float]]:
    """The units of a passage that can answer, and the score of each before any model has read it."""
    parts = parts_of(passage.text, passage.units, passage.columns)
    return parts, _scores(_Question.of(question), passage, parts) if parts else []


def _scores(question: _Question, passage: PassageText, parts: Sequence[Part]) -> list[float]:
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
        scores.append(score + held_weight(question.kinds, text[part.span.start : list_end(text, parts, n)]))
    return scores


def _share_named(words: Sequence[str], part: Part, text: str) -> float:
    """Of a row the share of the terms of its first cell, which says what it is about, that are in the question."""
    first, *others = cells(text[part.span.start : part.span.end])
    named = digit_terms(_REMARK.sub("", first)) if others else []
    return sum(term in words for term in named) / len(named) if named else 0.0
