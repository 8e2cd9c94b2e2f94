"""Words and terms: those that the index stores of a text, and those that it looks up for a question.

A word is as written but for case and width; a term is a word without its English ending. A joined form is the term of two
words that stand side by side, or of a word with a hyphen, as one (health care: healthcar). An acronym that is written as a
function word is (IT, U.S.) is a term in capitals. Identifiers and dates are terms as well; see `identifiers` and `dates`.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import chain, pairwise
from typing import NamedTuple

import regex

from askdex.indexer.engine.dates import dates
from askdex.indexer.engine.function_words import function_terms, is_function_word, stem
from askdex.indexer.engine.identifiers import asked_identifiers, index_forms

_VOICED = "\u3099\u309a\uff9e\uff9f"
"""The marks that voice a kana; with half-width kana they stand apart."""

_UNSPACED = rf"[\p{{Han}}\p{{Hiragana}}\p{{Katakana}}\p{{Thai}}\p{{Lao}}\p{{Khmer}}\p{{Myanmar}}ーｰ{_VOICED}]"
# Python's own re takes a combining mark for the end of a word, which breaks Hindi, and any letter that is written in two.
_WORD = rf"(?:[[\p{{L}}\p{{N}}]--{_UNSPACED}--\p{{Hangul}}][\p{{M}}\u00ad\u200c\u200d]*)+"
_NUMBER = r"[0-9]{1,3}(?:,[0-9]{3})+(?![0-9])"
# What follows an apostrophe (John's, you're) says nothing and is left out; but don't is another word than do.
_ENDING = "s|re|ve|ll|d|m"
_SPOKEN = rf"{_WORD}(?:(?<=[nN])['’][tT]\b)?"
_CODE = r"[0-9]+(?:\([A-Za-z0-9]{1,2}\))+"
# The v of v4.2.0 says no more than the word version does, and is left out.
_DOTTED = r"[vV]?[0-9]+(?:\.[0-9]+)+"
_TOKEN = regex.compile(
    rf"""(?P<ending>['’](?<=\w.)(?i:{_ENDING})\b)
       | (?P<joined>\b(?:\p{{L}}\.){{2,}} | {_NUMBER})
       | (?P<unspaced>{_UNSPACED}+)
       | (?P<hangul>\p{{Hangul}}+)
       | (?P<word>(?i:can(?=not\b)) | {_CODE} | {_DOTTED} | {_SPOKEN}(?:[-‐‑]{_SPOKEN})*)""",
    regex.VERBOSE | regex.V1,
)
_PART = regex.compile(_SPOKEN, regex.V1)
_SCRIPT_DIGITS = "²³¹⁰⁴⁵⁶⁷⁸⁹₀₁₂₃₄₅₆₇₈₉"
_SCRIPT_BEHIND_NUMBER = re.compile(rf"(?<=[0-9])(?=[{_SCRIPT_DIGITS}])")
_KANA = re.compile(rf".[{_VOICED}]*")
_JOINTS = frozenset("-‐‑(")
# Soft hyphens, joiners and apostrophes are no letters of a word.
_NO_LETTERS = str.maketrans("", "", "\u00ad\u200c\u200d'’")
_LONGEST = 64
"""Characters of a word that count; the rest is cut off."""

_PARTICLES = frozenset(("in", "on", "up"))
# The same for text that is all ASCII and lower case, for which the standard library's `re` does, in a tenth of the time.
_ASCII_WORD = r"[a-z0-9]+(?:(?<=n)'t\b)?"
_ASCII_TOKEN = re.compile(
    rf"'(?<=[a-z0-9]')(?:{_ENDING})\b|\b(?:[a-z]\.){{2,}}|{_NUMBER}|can(?=not\b)|{_CODE}|{_DOTTED}"
    rf"|{_ASCII_WORD}(?:-{_ASCII_WORD})*"
)
_ASCII_PART = re.compile(_ASCII_WORD)
_NEGATED = frozenset(
    "aint arent cant couldnt didnt doesnt dont hadnt hasnt havent isnt mightnt mustnt neednt shant shouldnt wasnt werent wont "
    "wouldnt".split()
)
"""Words in which "not" is drawn together with a verb; "not" is a word of the text as well."""

_ACRONYM = re.compile(r"\b(?:(?:[A-Z]\.){2,}|(?:IT|US|WHO)\b)")
"""Initials, and the acronyms that look like function words but for their capitals."""

_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ø": "oe", "å": "aa"})
_LIGATURES = str.maketrans({"æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i", "ħ": "h"})
_ACCENTS = re.compile("[\u0300-\u036f]")
_QUESTIONS_REMEMBERED = 64
"""Questions whose terms are remembered: several steps of a search need those of the same question."""


class Token(NamedTuple):
    """A word or a term, and the span of the text that it stands for, in characters."""

    text: str
    start: int
    end: int


def located_terms(text: str) -> list[Token]:
    """The terms of a text with their spans, in its order: in lower case and normal width, without English endings.

    Initials are joined (U.S. is us), and so are the thousands of a number (1,000 is 1000) and what has an apostrophe for a
    letter (don't is dont). Two words with a hyphen between them give their joined form too (e-mail: e, mail, email), a code
    likewise (401(k): 401, k, 401k), and a number with points itself (4.2.0: 4, 2, 0, 4.2.0). Text without spaces gives its
    characters and its pairs of characters, Korean its pairs of syllables. A raised digit ends a number and belongs to a word,
    which stands without it too (10³: 10, 3; m²: m2, m). A word with accents gives the same without them
    too (Zürich: zürich, zurich, zuerich), and "cannot" and "don't" give "not". Identifiers, dates and acronyms come last.
    """
    return [Token(stem(word.text), word.start, word.end) for word in _all(text)]


def word_spans(text: str) -> list[tuple[int, int]]:
    """Where the words of a text stand, in its order; text without spaces has none."""
    return [match.span() for match in _TOKEN.finditer(text) if match.lastgroup in ("word", "joined", "hangul")]


def terms(text: str) -> list[str]:
    """The terms of a text, in its order."""
    return stems(words(text))


def words(text: str) -> list[str]:
    """The words of a text, in its order: its terms before their endings are cut."""
    if not text.isascii():
        return [word.text for word in _all(text)]
    found: list[str] = []
    for token in _ASCII_TOKEN.findall(text.lower()):
        if token.isalnum():
            found.append(token[:_LONGEST])
        elif token[0] != "'":
            found += _words_of(token)
    if not _NEGATED.isdisjoint(found):
        found = [part for word in found for part in ((word, "not") if word in _NEGATED else (word,))]
    if named := [name.text for name in _named(text)]:
        spoken = set(found)
        found += [name for name in named if name not in spoken]
    return found


def stems(words: Iterable[str]) -> list[str]:
    """The terms that words give."""
    return [stem(word) for word in words]


@lru_cache(maxsize=_QUESTIONS_REMEMBERED)
def located_words(question: str) -> list[Token]:
    """The words of a question with their spans, as `words` gives them, but each in one form alone and with numbers whole.

    Acronyms stand in the place of the function words that they look like.
    """
    acronyms = {acronym.start: acronym for acronym in _acronyms(question)}
    return [acronyms.get(word.start, word) for word in _raw(question, forms=False)]


@lru_cache(maxsize=_QUESTIONS_REMEMBERED)
def query_terms(question: str) -> dict[str, list[str]]:
    """The terms of a question, each with the joined forms that stand for it in a passage.

    Where people write health care, "healthcare" stands for health, and for care.
    """
    spoken = located_words(question)
    found: dict[str, list[str]] = {stem(word.text): [] for word in spoken}
    for one, other in pairwise(spoken):
        joined = (one.text + other.text).casefold()[:_LONGEST]
        gap = question[one.end : other.start]
        if not joined.isdigit() and (gap in _JOINTS or (gap == " " and may_be_one(one.text, other.text))):
            for word in (one, other):
                found[stem(word.text)].append(stem(joined))
    return found


@lru_cache(maxsize=_QUESTIONS_REMEMBERED)
def folded_terms(question: str) -> dict[str, list[str]]:
    """The terms of a question that have accents, each with its forms without them."""
    return {stem(word.text): stems(folds) for word in located_words(question) if (folds := _folded(word.text))}


@lru_cache(maxsize=_QUESTIONS_REMEMBERED)
def date_terms(question: str) -> list[str]:
    """The terms of the dates in a question."""
    return list(chain.from_iterable(date.terms for date in dates(question)))


@lru_cache(maxsize=_QUESTIONS_REMEMBERED)
def in_order(question: str) -> list[str]:
    """The terms of a question, in its order, without joined forms."""
    return [stem(word.text) for word in located_words(question)]


def content_terms(question: str) -> set[str]:
    """The terms of a question that are no function words, without joined forms, dates and identifiers; there may be none."""
    return set(in_order(question)) - function_terms()


def content_forms(question: str) -> set[str]:
    """The terms of a question that are no function words, and all their forms; where there are none, all its terms."""
    forms_of = query_terms(question)
    forms = {*forms_of, *chain.from_iterable(forms_of.values())}
    forms.update(chain.from_iterable(folded_terms(question).values()))
    return (forms - function_terms() or forms).union(
        date_terms(question), *(stems(form.text for form in identifier.forms) for identifier in asked_identifiers(question))
    )


def may_be_one(word: str, other: str) -> bool:
    """Whether two words side by side may be one compound: log in, health care; but not "in form", nor "cost of"."""
    return not is_function_word(word) and len(other) > 1 and (not is_function_word(other) or other in _PARTICLES)


def _all(text: str) -> Iterator[Token]:
    """The words of a text, and then what it names, but for what is a word already."""
    spoken = list(_raw(text))
    yield from spoken
    texts = {word.text for word in spoken}
    yield from (name for name in _named(text) if name.text not in texts)


def _raw(text: str, *, forms: bool = True) -> Iterator[Token]:
    """The words of a text; with `forms` all forms of each."""
    for match in _TOKEN.finditer(text):
        start, end = match.span()
        if match.lastgroup == "joined":
            yield Token(_normalised(match.group().replace(".", "").replace(",", "")), start, end)
        elif match.lastgroup == "word":
            # Of a number with points a question asks for the whole, of all else for the parts.
            has_points = "." in match.group()
            start += has_points and match.group()[0] in "vV"
            parts = list(_parts(text, start, end))
            if not forms:
                # "Who isn't" asks what "who is not" does.
                parts = [part._replace(text="not") if part.text in _NEGATED else part for part in parts]
            if forms or not has_points:
                yield from chain.from_iterable(map(_with_forms, parts)) if forms else parts
            if forms and not text[start:end].isascii():
                yield from _without_marks(text, parts)
            if forms or has_points:
                whole = _joined_form([part.text for part in parts], text[start:end])
                yield from (Token(joined, start, end) for joined in whole)
        elif match.lastgroup == "unspaced":
            yield from _signs(text, start, end)
        elif match.lastgroup == "hangul":
            yield from _syllables(text, start, end)


def _parts(text: str, start: int, end: int) -> Iterator[Token]:
    """The parts of a token; a number ends before a digit that is raised or lowered (10³: 10, 3)."""
    for part in _PART.finditer(text, start, end):
        begin, stop = part.span()
        for cut in () if part.group().isascii() else _SCRIPT_BEHIND_NUMBER.finditer(text, begin, stop):
            yield Token(_normalised(text[begin : cut.start()]), begin, cut.start())
            begin = cut.start()
        yield Token(_normalised(text[begin:stop]), begin, stop)


def _without_marks(text: str, parts: Iterable[Token]) -> Iterator[Token]:
    """The words that have raised or lowered digits behind them, without these, which may be the mark of a note (fee¹: fee)."""
    for part in parts:
        word = text[part.start : part.end]
        bare = word.rstrip(_SCRIPT_DIGITS)
        if bare and bare != word:
            yield part._replace(text=_normalised(bare))


def _with_forms(word: Token) -> Iterator[Token]:
    """A word, and what else stands for it: without accents; "not" for "don't"."""
    yield word
    for other in (*_folded(word.text), *(("not",) if word.text in _NEGATED else ())):
        yield word._replace(text=other)


def _signs(text: str, start: int, end: int) -> Iterator[Token]:
    """The characters of text without spaces, and its pairs of characters; a kana is one with the mark that voices it."""
    signs = [Token(_normalised(sign.group()), *sign.span()) for sign in _KANA.finditer(text, start, end)]
    yield from signs
    yield from (Token(one.text + other.text, one.start, other.end) for one, other in pairwise(signs))


def _syllables(text: str, start: int, end: int) -> Iterator[Token]:
    """The pairs of syllables of a Korean word, as its noun may have one particle or another behind it; or its only one."""
    word = unicodedata.normalize("NFKC", text[start:end])
    if len(word) != end - start:
        # Written in letters of syllables, of which none has a place of its own.
        yield from (Token(word[at : at + 2], start, end) for at in range(max(1, len(word) - 1)))
    else:
        yield from (Token(word[at : at + 2], start + at, min(start + at + 2, end)) for at in range(max(1, len(word) - 1)))


def _words_of(token: str) -> list[str]:
    """The words of a token that is all ASCII and in lower case."""
    if "," in token or ("." in token and not token[-1].isdigit()):
        return [token.replace(".", "").replace(",", "")[:_LONGEST]]
    if "." in token:
        token = token.removeprefix("v")
    parts = [part.replace("'", "")[:_LONGEST] for part in _ASCII_PART.findall(token)]
    return parts + _joined_form(parts, token)


def _joined_form(parts: Sequence[str], token: str) -> list[str]:
    """The joined form of the parts of a token, if it has one.

    A number with points has one (4.2.0), other numbers have none here (20-30, see identifiers), nor has a phrase
    (state-of-the-art).
    """
    if "." in token:
        return [token[:_LONGEST]]
    whole = "".join(parts)[:_LONGEST]
    return [whole] if (len(parts) == 2 or "(" in token) and not whole.isdigit() else []


def _named(text: str) -> Iterator[Token]:
    """What a text names: acronyms, identifiers and dates."""
    yield from _acronyms(text)
    yield from (Token(*form) for form in index_forms(text))
    yield from (Token(term, date.start, date.end) for date in dates(text) for term in date.terms)


def _acronyms(text: str) -> Iterator[Token]:
    """The acronyms of a text that would be function words in small letters; none in a text that is all capitals."""
    if text.isupper() and not _ACRONYM.fullmatch(text):
        return
    for match in _ACRONYM.finditer(text):
        acronym = match.group().replace(".", "")
        if is_function_word(acronym.lower()):
            yield Token(acronym, *match.span())


def _normalised(word: str) -> str:
    return unicodedata.normalize("NFKC", word.translate(_NO_LETTERS)).casefold()[:_LONGEST]


def _folded(word: str) -> list[str]:
    """A word in small letters without its accents, in up to two spellings (zurich, zuerich); none where it has none."""
    if word.isascii():
        return []
    bare = _without_accents(word.translate(_LIGATURES))
    spelt_out = _without_accents(word.translate(_UMLAUTS).translate(_LIGATURES))
    return [other for other in dict.fromkeys((bare, spelt_out)) if other != word]


def _without_accents(word: str) -> str:
    return unicodedata.normalize("NFC", _ACCENTS.sub("", unicodedata.normalize("NFD", word)))
