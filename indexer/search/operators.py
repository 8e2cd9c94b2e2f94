"""What people write into a question to steer the search: "a phrase" in quotation marks, -word and NOT word to exclude."""

import re
from dataclasses import dataclass

from askdex.corpus.text.questions import is_question
from askdex.indexer.engine.analyzer import content_terms
from askdex.indexer.engine.function_words import is_function_word

_QUOTED = re.compile(r'"([^"]{3,})"|“([^”]{3,})”|„([^“”]{3,})[“”]|»([^«]{3,})«|«([^»]{3,})»')
_MINUS = re.compile(r"(?:(?<=\s)|^)[-–−](?P<word>[^\W\d_][\w-]{2,})(?=\s|$)")
_NOT = re.compile(r"(?P<before>[\w-]+)\s+(?:AND\s+)?NOT\s+(?P<word>[^\W\d_][\w-]+)(?=\s|$)")
_STATE = re.compile(r"\w+(?:ing|ed|en)", re.IGNORECASE)
"""A word that NOT denies rather than excludes: "card NOT received", "printer NOT working"."""


@dataclass(frozen=True, slots=True)
class Steered:
    """A question without the words that it excludes; phrases stay in it, with their quotation marks.

    Passages that lack one of `phrases` lose by it, in the modes fast and precise, where others have it. Those with a word of
    `excluded` are left out.
    """

    question: str
    phrases: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()


def steered(question: str) -> Steered:
    """Take a question apart; where no content word is left to ask, it is as it was written, and nothing steers it.

    Words are excluded only from a list of keywords: in a whole question a hyphen is an option or a mistake (what does -v do?),
    and NOT is stressed.
    """
    phrases = tuple(next(filter(None, match.groups())) for match in _QUOTED.finditer(question))
    if is_question(question):
        return Steered(question, phrases)
    excluded = [match["word"] for match in _MINUS.finditer(question)]
    rest = _MINUS.sub(" ", question)
    if not question.isupper():
        for match in _NOT.finditer(rest):
            if not is_function_word(match["before"].lower()) and not _STATE.fullmatch(match["word"]):
                excluded.append(match["word"])
                rest = rest.replace(match[0], match["before"])
    rest = " ".join(rest.split()) if excluded else question
    return Steered(rest, phrases, tuple(excluded)) if content_terms(rest) else Steered(question)
