"""Acronyms that documents explain: "Employment and Support Allowance (ESA)", or the same the other way round.

A passage that explains one is indexed with a term of the acronym ("esa=") and one of what it stands for
("employsupportallow="), by which questions find the explanation.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

from askdex.indexer.engine.function_words import asks_nothing, stem

_ACRONYM = r"[A-Z](?:[A-Z]|&(?=[A-Z])){1,6}"
_NAMED_BEFORE = re.compile(rf"[\s\"'“”„’»«]*\((?P<acronym>{_ACRONYM})s?\)")
_NAMED_BEHIND = re.compile(rf"\b(?P<acronym>{_ACRONYM})s?\s\((?P<name>[^()\n]{{5,100}})\)")
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_FARTHEST = 120
"""Characters before an acronym in which what it stands for is looked for."""

_LONGEST = 60
"""Characters of a term that count."""


class Acronym(NamedTuple):
    """An acronym and what it stands for, as a text has both; `start` and `end` are the span of the acronym in characters."""

    letters: str
    name: str
    start: int
    end: int

    @property
    def terms(self) -> tuple[str, str]:
        """The terms under which the passage that explains it is found: that of the letters and that of the name."""
        return letters_term(self.letters), name_term(_words(self.name))


def explained_acronyms(text: str) -> list[Acronym]:
    """The acronyms that a text explains, in no order.

    Each letter is that with which a word of the name begins; function words need not have one.
    """
    if "(" not in text:
        return []
    behind = (match for match in _NAMED_BEHIND.finditer(text) if _first(_words(match["name"]), match["acronym"]) == 0)
    found = [Acronym(match["acronym"], match["name"], *match.span("acronym")) for match in behind]
    for match in _NAMED_BEFORE.finditer(text):
        begin = max(0, match.start() - _FARTHEST)
        spans = [word.span() for word in _WORD.finditer(text, begin, match.start())]
        first = _first(_words(text[begin : match.start()]), match["acronym"])
        if first is not None and spans[-1][1] == match.start():
            found.append(Acronym(match["acronym"], text[spans[first][0] : match.start()], *match.span("acronym")))
    return found


def letters_term(letters: str) -> str:
    """The term of an acronym, in whatever case."""
    return f"{letters.replace('&', '').lower()}="


def name_term(words: Sequence[str]) -> str:
    """The term of what an acronym stands for, of its words in lower case."""
    return f"{''.join(stem(word) for word in words if not asks_nothing([word]))[:_LONGEST]}="


def _words(text: str) -> list[str]:
    return [word.lower() for word in _WORD.findall(text)]


def _first(words: Sequence[str], letters: str) -> int | None:
    """The position of the first of the last words that the letters of an acronym stand for; None where they do for none."""
    if not words or asks_nothing(words[-1:]):
        return None
    return _matched(words, len(words), letters.replace("&", "").lower())


def _matched(words: Sequence[str], end: int, letters: str) -> int | None:
    """See `_first`; the words end before a position."""
    if not letters or not end:
        return None if letters else end
    word = words[end - 1]
    is_function_word = asks_nothing([word])
    # A name does not begin with a function word.
    if word[0] == letters[-1] and (len(letters) > 1 or not is_function_word):
        first = _matched(words, end - 1, letters[:-1])
        if first is not None:
            return first
    return _matched(words, end - 1, letters) if is_function_word else None
