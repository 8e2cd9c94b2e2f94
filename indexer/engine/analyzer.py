"""Words and terms: those that the index stores of a text, and those that it looks up for a question.

A word is as written but for case and width; a term is a word without its English ending. A joined form is the term of two
words that stand side by side, or of a word with a hyphen, as one (health care: healthcar).
"""

import re
import threading
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from functools import cache, lru_cache
from itertools import chain, pairwise
from typing import NamedTuple

import regex
import Stemmer

_UNSPACED = r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}ー]"
# Python's own re takes a combining mark for the end of a word, which breaks Hindi, and any letter that is written in two.
_WORD = rf"(?:[[\p{{L}}\p{{N}}]--{_UNSPACED}][\p{{M}}\u00ad\u200c\u200d]*)+"
_NUMBER = r"[0-9]{1,3}(?:,[0-9]{3})+(?![0-9])"
# What follows an apostrophe (John's, you're) says nothing and is left out; but don't is another word than do.
_ENDING = "s|re|ve|ll|d|m"
_SPOKEN = rf"{_WORD}(?:(?<=[nN])['’][tT]\b)?"
_CODE = r"[0-9]+(?:\([A-Za-z0-9]{1,2}\))+"
_DOTTED = r"[0-9]+(?:\.[0-9]+)+"
_TOKEN = regex.compile(
    rf"""(?P<ending>['’](?<=\w.)(?i:{_ENDING})\b)
       | (?P<joined>\b(?:\p{{L}}\.){{2,}} | {_NUMBER})
       | (?P<unspaced>{_UNSPACED}+)
       | (?P<word>{_CODE} | {_DOTTED} | {_SPOKEN}(?:[-‐‑]{_SPOKEN})*)""",
    regex.VERBOSE | regex.V1,
)
_PART = regex.compile(_SPOKEN, regex.V1)
_JOINTS = frozenset("-‐‑(")
# Soft hyphens, joiners and apostrophes are no letters of a word.
_NO_LETTERS = str.maketrans("", "", "\u00ad\u200c\u200d'’")
_LONGEST = 64
"""Characters of a word that count; the rest is cut off."""

_FUNCTION_WORDS = frozenset(
    "a about all am an and any are as at be been but by can could did do does for from had has have he her him his how i if "
    "in into is it its just may me might much must my no not of on or our shall she should so some such than that the their "
    "them then there these they this those to too up us was we were what when where which who whom whose why will with would "
    "you your "
    # Written with an apostrophe or without.
    "aint arent cant couldnt didnt doesnt dont hadnt hasnt havent isnt mightnt mustnt neednt shant shouldnt wasnt werent wont "
    "wouldnt hows im ive thats theres theyre theyve weve whats wheres whos youll youre youve".split()
)
_PARTICLES = frozenset(("in", "on", "up"))
# The same for text that is all ASCII and lower case, for which the standard library's `re` does, in a tenth of the time.
_ASCII_WORD = r"[a-z0-9]+(?:(?<=n)'t\b)?"
_ASCII_TOKEN = re.compile(
    rf"'(?<=[a-z0-9]')(?:{_ENDING})\b|\b(?:[a-z]\.){{2,}}|{_NUMBER}|{_CODE}|{_DOTTED}|{_ASCII_WORD}(?:-{_ASCII_WORD})*"
)
_ASCII_PART = re.compile(_ASCII_WORD)
_local = threading.local()
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
    characters and its pairs of characters.
    """
    return [Token(_stem(term.text), term.start, term.end) for term in _raw(text)]


def word_spans(text: str) -> list[tuple[int, int]]:
    """Where the words of a text stand, in its order; text without spaces has none."""
    return [match.span() for match in _TOKEN.finditer(text) if match.lastgroup in ("word", "joined")]


def terms(text: str) -> list[str]:
    """The terms of a text, in its order."""
    return stems(words(text))


def words(text: str) -> list[str]:
    """The words of a text, in its order: its terms before their endings are cut."""
    if not text.isascii():
        return [term.text for term in _raw(text)]
    found: list[str] = []
    for token in _ASCII_TOKEN.findall(text.lower()):
        if token.isalnum():
            found.append(token[:_LONGEST])
        elif token[0] != "'":
            found += _words_of(token)
    return found


def stems(words: Iterable[str]) -> list[str]:
    """The terms that words give."""
    return [_stem(word) for word in words]


@lru_cache(maxsize=_QUESTIONS_REMEMBERED)
def located_words(question: str) -> list[Token]:
    """The words of a question with their spans, as `words` gives them, but without joined forms and with numbers whole."""
    return list(_raw(question, joins=False))


@lru_cache(maxsize=_QUESTIONS_REMEMBERED)
def query_terms(question: str) -> dict[str, list[str]]:
    """The terms of a question, each with the joined forms that stand for it in a passage.

    Where people write health care, "healthcare" stands for health, and for care.
    """
    spoken = located_words(question)
    found: dict[str, list[str]] = {_stem(word.text): [] for word in spoken}
    for one, other in pairwise(spoken):
        joined = (one.text + other.text)[:_LONGEST]
        gap = question[one.end : other.start]
        if not joined.isdigit() and (gap in _JOINTS or (gap == " " and may_be_one(one.text, other.text))):
            for word in (one, other):
                found[_stem(word.text)].append(_stem(joined))
    return found


@lru_cache(maxsize=_QUESTIONS_REMEMBERED)
def in_order(question: str) -> list[str]:
    """The terms of a question, in its order, without joined forms."""
    return [_stem(word.text) for word in located_words(question)]


def content_terms(question: str) -> set[str]:
    """The terms of a question that are no function words, without joined forms; there may be none."""
    return set(in_order(question)) - function_terms()


def content_forms(question: str) -> set[str]:
    """The terms of a question that are no function words, and their joined forms; where there are none, all its terms."""
    forms_of = query_terms(question)
    forms = {*forms_of, *chain.from_iterable(forms_of.values())}
    return forms - function_terms() or forms


def is_function_word(word: str) -> bool:
    """Whether a word, in lower case, says nothing of what a text is about."""
    return word in _FUNCTION_WORDS


def may_be_one(word: str, other: str) -> bool:
    """Whether two words side by side may be one compound: log in, health care; but not "in form", nor "cost of"."""
    return word not in _FUNCTION_WORDS and len(other) > 1 and (other not in _FUNCTION_WORDS or other in _PARTICLES)


def _raw(text: str, *, joins: bool = True) -> Iterator[Token]:
    for match in _TOKEN.finditer(text):
        start, end = match.span()
        if match.lastgroup == "joined":
            yield Token(_normalised(match.group().replace(".", "").replace(",", "")), start, end)
        elif match.lastgroup == "word":
            parts = [Token(_normalised(part.group()), *part.span()) for part in _PART.finditer(text, start, end)]
            # Of a number with points a question asks for the whole, of all else for the parts.
            has_points = "." in match.group()
            if joins or not has_points:
                yield from parts
            if joins or has_points:
                yield from (Token(whole, start, end) for whole in _joined_form([part.text for part in parts], match.group()))
        elif match.lastgroup == "unspaced":
            yield from (Token(_normalised(text[at]), at, at + 1) for at in range(start, end))
            yield from (Token(_normalised(text[at : at + 2]), at, at + 2) for at in range(start, end - 1))


def _words_of(token: str) -> list[str]:
    """The words of a token that is all ASCII and in lower case."""
    if "," in token or ("." in token and not token[0].isdigit()):
        return [token.replace(".", "").replace(",", "")[:_LONGEST]]
    parts = [part.replace("'", "")[:_LONGEST] for part in _ASCII_PART.findall(token)]
    return parts + _joined_form(parts, token)


def _joined_form(parts: Sequence[str], token: str) -> list[str]:
    """The joined form of the parts of a token, if it has one.

    A number with points has one (4.2.0), other numbers have none (20-30), nor has a phrase (state-of-the-art).
    """
    if "." in token:
        return [token[:_LONGEST]]
    whole = "".join(parts)[:_LONGEST]
    return [whole] if (len(parts) == 2 or "(" in token) and not whole.isdigit() else []


def _normalised(word: str) -> str:
    return unicodedata.normalize("NFKC", word.translate(_NO_LETTERS)).casefold()[:_LONGEST]


@cache
def function_terms() -> frozenset[str]:
    """The terms that say little of what a text is about, such as "the" and "how"."""
    return frozenset(map(_stem, _FUNCTION_WORDS))


@lru_cache(maxsize=2**16)
def _stem(word: str) -> str:
    return str(_stemmer().stemWord(word))


def _stemmer() -> Stemmer.Stemmer:
    """A stemmer for each thread: one stemmer may not be used by two at once."""
    if not hasattr(_local, "stemmer"):
        _local.stemmer = Stemmer.Stemmer("english")
    stemmer: Stemmer.Stemmer = _local.stemmer
    return stemmer
