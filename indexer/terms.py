"""The words that the keyword index knows: what is stored of a text and what is looked up for a question."""

import re
import threading
import unicodedata
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import NamedTuple

import regex
import Stemmer

_UNSPACED = r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}ー]"
# Python's own re takes a combining mark for the end of a word, which breaks Hindi, and any letter that is written in two.
_TOKEN = regex.compile(
    rf"""(?P<possessive>['’]s?\b)
       | (?P<initials>\b(?:\p{{L}}\.){{2,}})
       | (?P<unspaced>{_UNSPACED}+)
       | (?P<word>(?:[[\p{{L}}\p{{N}}]--{_UNSPACED}][\p{{M}}\u00ad\u200c\u200d]*)+)""",
    regex.VERBOSE | regex.V1,
)
# What shows where a word may be parted or joined is no part of it.
_INVISIBLE = str.maketrans("", "", "\u00ad\u200c\u200d")
_LONGEST = 64
_FUNCTION_WORDS = frozenset(
    "a about all am an and any are as at be been but by can could did do does for from had has have he her him his how i if "
    "in into is it its just may me might much must my no not of on or our shall she should so some such than that the their "
    "them then there these they this those to too up us was we were what when where which who whom whose why will with would "
    "you your".split()
)
# The same for text that is all ASCII and lower case, for which the standard library's `re` does, in a third of the time.
_ASCII_TOKEN = re.compile(r"'s?\b|\b((?:[a-z]\.){2,})|([a-z0-9]+)")
_local = threading.local()


class Term(NamedTuple):
    """A term and the span of the text that it stands for, in characters."""

    text: str
    start: int
    end: int


def located_terms(text: str) -> list[Term]:
    """The terms of a text, in its order: case and width levelled, English endings cut, initials joined (U.S. is us).

    Text without spaces gives its characters and its pairs of characters.
    """
    return [Term(_stem(term.text), term.start, term.end) for term in _raw(text)]


def word_spans(text: str) -> list[tuple[int, int]]:
    """Where the words of a text stand, in its order; text without spaces has none."""
    return [match.span() for match in _TOKEN.finditer(text) if match.lastgroup in ("word", "initials")]


def terms(text: str) -> list[str]:
    """The terms of a text, without their places."""
    if not text.isascii():
        return [_stem(term.text) for term in _raw(text)]
    tokens = _ASCII_TOKEN.findall(text.lower())
    return [_stem((word or initials.replace(".", ""))[:_LONGEST]) for initials, word in tokens if word or initials]


def content_terms(text: str) -> set[str]:
    """The terms that say what a text is about; all of them where it has none but function words."""
    found = set(terms(text))
    return found - function_terms() or found


def _raw(text: str) -> Iterator[Term]:
    for match in _TOKEN.finditer(text):
        start, end = match.span()
        if match.lastgroup == "word":
            yield Term(_levelled(match.group()), start, end)
        elif match.lastgroup == "initials":
            yield Term(_levelled(match.group().replace(".", "")), start, end)
        elif match.lastgroup == "unspaced":
            yield from (Term(_levelled(text[at]), at, at + 1) for at in range(start, end))
            yield from (Term(_levelled(text[at : at + 2]), at, at + 2) for at in range(start, end - 1))


def _levelled(word: str) -> str:
    return unicodedata.normalize("NFKC", word.translate(_INVISIBLE)).casefold()[:_LONGEST]


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
