"""The sentence of a passage that answers the question."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import groupby, repeat
from typing import NamedTuple

import numpy as np

from askdex.corpus.text.lines import is_full
from askdex.corpus.text.questions import ends_as_question
from askdex.corpus.text.sentences import sentences
from askdex.corpus.types import CELL_JOINT
from askdex.indexer.engine.analyzer import content_terms, terms
from askdex.indexer.types import Numbers, Positions, Span, Vectors

# Round numbers on broad plateaus: half or twice of one changes the share of right sentences by less than .006.
_FUNCTION_WORD = 0.1
"""A function word beside a content word: enough to tell sentences apart that hold the same content words."""
_RELATED = 0.5
"""A word that only begins like one of the question (register, registration) beside that word itself."""
_CARRIED = 0.2
"""A word of the sentence before, which is often what "it" or "they" stand for, beside a word of the sentence itself."""
_NUMBER = 0.1
"""A number in the sentence where the question asks for one, beside all words of the question."""
_NAMED = 0.1
"""A row whose first cell is wholly what is asked about, beside all words of the question."""
_BEGINS = 0.4
"""To be the first sentence of a short passage under the very question, beside all words of the question: it need not say
them again."""
_SHORT_PASSAGE = 3
"""Sentences; in a longer one the first counts as much less as there are more."""
_OPEN = 0.1
"""Words decide where they put a sentence so far before all others; where they do not, meaning is asked too."""
_TRUSTED = 1 / 3
"""The share of the question from which on a sentence is trusted for its words, unless another is its equal."""
_MOST_COMPARED = 300
"""Characters of a sentence; lists and tables have some that are as long as a passage."""
_LEADS_IN = frozenset(":：")
_EQUAL = 1e-9
_LOG_ODDS = 0.3
"""What a cross-encoder's log-odds for a sentence are worth beside the share of the question's words that it holds."""
_WITHIN_REACH = 0.25
"""A cross-encoder reads the sentences that words put no further behind: to read more finds no more right ones."""
_MOST_READ = 4
_MOST_OPEN = 3
"""The most sentences whose meaning is compared: to encode one takes as long as all else here."""

_MOST_SENTENCES = 24
_REMEMBERED = 2_048

Judged = Callable[[Sequence[str]], Vectors]
_BEGINNING = 4
_NOWHERE = "\n"
"""What no term has."""
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
_LINE_END = "\n"
_CLOSED = re.compile(r"[.!?:;。！？：；]['\"”’)\]]*\s*$")
_BULLET = re.compile(r"\s*(?:[*+\-•–]|\(?\w{1,3}[.)])\s")
_SHORTEST_WRAPPED = 40
_SAYS_NO = re.compile(
    r"\b(?:not|no|nor|never|none|neither|without|unless|except|excluded|excluding|cannot|nicht|nie|kein\w*)\b|n['’]t\b",
    re.IGNORECASE,
)
_LONGEST_LIST = 600
"""Characters of a list that are shown for the sake of its last item."""


class PassageText(NamedTuple):
    """The text of a passage, the question that it stands under, if any, and the headings above it, to the nearest.

    Where that is the names of a table's columns, the text begins within the table.
    """

    text: str
    question: str | None = None
    heading_path: Sequence[str] = ()


class _Part(NamedTuple):
    """A sentence, list item or row: its place, and its terms with a blank before and after each, which are soon searched."""

    span: Span
    words: str


@dataclass(frozen=True, slots=True)
class _AnswerQuery:
    """The terms of a question, how each and its beginning are found among a part's, what it weighs; what a number is worth."""

    words: Sequence[str]
    patterns: Sequence[tuple[str, str]]
    weights: Numbers
    number: float


def answering_sentences(
    question: str, texts: Sequence[PassageText], cosines: Judged | None = None, log_odds: Judged | None = None
) -> list[Span | None]:
    """The sentence, list item or row of each text that answers; None where there is none.

    It is the one that holds most of the question's words, by their rarity in the text; of equal ones the first. A text under
    the very question is answered by what comes first. Where words leave the first text's open, for several hold the same or
    none holds many, it is decided by `cosines`, which gives those of sentences with the question; or, where several come
    near, by the `log_odds` of a cross-encoder as well.
    """
    asked = _answer_query(question)
    first = partial(_read, log_odds) if log_odds else partial(_decided, cosines)
    return [_best(asked, text, first if n == 0 else partial(_decided, None)) for n, text in enumerate(texts)]


def _answer_query(question: str) -> _AnswerQuery:
    words, content = sorted(set(terms(question))), content_terms(question)
    weights = np.array([1.0 if word in content else _FUNCTION_WORD for word in words])
    patterns = [(f" {word} ", f" {word[:_BEGINNING]}" if len(word) >= _BEGINNING else _NOWHERE) for word in words]
    return _AnswerQuery(words, patterns, weights, _NUMBER if _ASKS_NUMBER.search(question) else 0.0)


def _best(asked: _AnswerQuery, passage: PassageText, decide: Callable[[Numbers, Sequence[str]], int]) -> Span | None:
    text, under, heading_path = passage
    parts = _analysed(text, goes_on=CELL_JOINT in "".join(heading_path[-1:]))
    if len(parts) < 2:
        return parts[0].span if parts else None
    sentences = [text[part.span.start : part.span.end][:_MOST_COMPARED] for part in parts]
    scores = _scores(asked, parts, text)
    if under is not None and sentences[0][-1] not in _LEADS_IN:
        scores[0] += _BEGINS * _likeness(asked, under) * min(1.0, _SHORT_PASSAGE / len(parts))
    number = decide(scores, sentences)
    # A single word, such as "Yes.", is shown with what it is followed by.
    span, following = parts[number].span, [part.span for part in parts[number + 1 : number + 2]]
    if following and len(parts[number].words.split()) == 1 and not text[span.end : following[0].start].strip(" "):
        return Span(span.start, following[0].end)
    return Span(_negated_from(text, [part.span for part in parts[: number + 1]]), span.end)


def _negated_from(text: str, spans: Sequence[Span]) -> int:
    """Where to begin showing the last of these parts: with what leads in to the list that it is an item of, if that says no.

    By itself an item of "The tenant shall not:" says the opposite.
    """
    own = spans[-1].start
    for span in reversed(spans):
        said = text[span.start : span.end]
        if said[-1] in _LEADS_IN:
            return span.start if _SAYS_NO.search(said) and own - span.start <= _LONGEST_LIST else own
        if _CLOSED.search(said) and said[-1] != ";" and not _BULLET.match(said):
            return own
    return own


def _likeness(asked: _AnswerQuery, under: str) -> float:
    """How far a passage's own question is the one that is asked: the square of the share of this that it holds."""
    said = set(terms(under))
    share = sum(weight for word, weight in zip(asked.words, asked.weights, strict=True) if word in said)
    return float(share / max(_FUNCTION_WORD, asked.weights.sum())) ** 2


def _decided(cosines: Judged | None, scores: Numbers, texts: Sequence[str]) -> int:
    """Which of the parts answers by its words, and where these leave it open by its meaning."""
    foremost = _foremost(scores, _MOST_OPEN, _OPEN if scores.max() < _TRUSTED else _EQUAL)
    if cosines is not None and len(foremost) > 1:
        scores[foremost] += cosines([texts[n] for n in foremost])
    return int(foremost[np.argmax(scores[foremost])])


def _read(log_odds: Judged, scores: Numbers, texts: Sequence[str]) -> int:
    """Which of the parts answers by its words and by a cross-encoder."""
    foremost = _foremost(scores, _MOST_READ, _WITHIN_REACH)
    if len(foremost) == 1:
        return int(foremost[0])
    return int(foremost[np.argmax(scores[foremost] + _LOG_ODDS * log_odds([texts[n] for n in foremost]))])


def _foremost(scores: Numbers, most: int, margin: float) -> Positions:
    """The places of the best, in the order of the text: so many at the most, and none further behind than the margin."""
    best = np.argsort(-scores, kind="stable")[:most]
    return np.sort(best[scores[best] >= scores.max() - margin])


def _scores(asked: _AnswerQuery, parts: Sequence[_Part], text: str) -> Numbers:
    """The share of the question that each part holds, of shape (parts,).

    A word counts by its weight and its rarity: log(1 + parts / parts that hold it).
    """
    # How much of each word a part holds: 1, less for a related word, or 0.
    held = np.array(
        [[1.0 if word in words else _RELATED * (like in words) for word, like in asked.patterns] for _, words in parts]
    )
    weights = asked.weights * np.log1p(len(parts) / np.maximum(held.sum(axis=0), _RELATED))
    held[1:] = np.maximum(held[1:], _CARRIED * held[:-1])
    scores: Numbers = held @ weights / max(weights.sum(), _FUNCTION_WORD)
    scores += [_NAMED * _share_named(asked.words, part, text) for part in parts]
    if asked.number:
        scores += [asked.number * bool(_HAS_NUMBER.search(text, part.span.start, part.span.end)) for part in parts]
    return scores


def _share_named(words: Sequence[str], part: _Part, text: str) -> float:
    """Of a row the share of the words of its first cell, which says what it is on, that are words of the question."""
    cell, joint, _ = text[part.span.start : part.span.end].partition(CELL_JOINT)
    named = terms(_REMARK.sub("", cell)) if joint else []
    return sum(word in words for word in named) / len(named) if named else 0.0


@lru_cache(maxsize=_REMEMBERED)
def _analysed(text: str, *, goes_on: bool) -> tuple[_Part, ...]:
    # Many questions share their best passages, and to find the words of one takes longer than all else here.
    parts = _parts(text, was_row=goes_on)[:_MOST_SENTENCES]
    return tuple(_Part(Span(start, end), f" {' '.join(terms(text[start:end]))} ") for start, end in parts)


def _parts(text: str, *, was_row: bool) -> list[tuple[int, int]]:
    """The sentences of each paragraph and item, and the rows; `was_row` is whether the text goes on with a table.

    A question is no answer, nor is the first row of a table, which names its columns; they count only where nothing else
    is there.
    """
    spans: list[tuple[int, int]] = []
    named: list[tuple[int, int]] = []
    for start, end in _runs(text):
        is_row = CELL_JOINT in text[start:end]
        for span in [(start, end)] if is_row else sentences(text, start, end):
            names_columns = is_row and not was_row
            (named if names_columns or ends_as_question(text[slice(*span)]) else spans).append(span)
        was_row = is_row
    return spans or named


def _runs(text: str) -> list[tuple[int, int]]:
    """The spans of the lines, those put together that a sentence runs on over: plain text is often wrapped by hand."""
    runs: list[tuple[int, int]] = []
    start = 0
    last, is_list = "", False
    lines = text.split(_LINE_END)
    for line, widest in zip(lines, _widths(lines), strict=True):
        end = start + len(line)
        if _may_run_on(last, line) and _is_wrapped(last, line, widest, is_list=is_list):
            runs[-1] = (runs[-1][0], end)
        else:
            runs.append((start, end))
            is_list = last.rstrip()[-1:] in _LEADS_IN or (is_list and not _CLOSED.search(last) and bool(last.strip()))
        start, last = end + 1, line
    return runs


def _widths(lines: Sequence[str]) -> Iterator[int]:
    """Of each line the length of the longest of those that no blank line parts from it."""
    for _, group in groupby(lines, key=lambda line: bool(line.strip())):
        lengths = list(map(len, group))
        yield from repeat(max(lengths), len(lengths))


def _may_run_on(line: str, following: str) -> bool:
    if not line.strip() or not following.strip() or CELL_JOINT in line or CELL_JOINT in following:
        return False
    return not (_CLOSED.search(line) or _BULLET.match(following))


def _is_wrapped(line: str, following: str, widest: int, *, is_list: bool) -> bool:
    """Whether a line ends where the next word would not have fitted; or, but in a list, the next goes on in lower case."""
    is_long, goes_on = len(line) >= _SHORTEST_WRAPPED, following.lstrip()[0].islower()
    return is_long or goes_on if is_full(line.rstrip(), following, widest) else goes_on and not is_list
