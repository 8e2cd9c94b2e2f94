"""Questions to suggest while somebody types: only those that a document asks and answers itself."""

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from askdex.corpus.text.lines import number_end
from askdex.indexer.engine.analyzer import content_terms

MOST_QUESTIONS = 20_000
"""Questions of a collection that are looked through, which takes some milliseconds."""

_LEAST_CONTENT = 2
"""Words that say what a question is about. "How do I apply?" under a heading is a question, without it none."""

_WORD = re.compile(r"\w+")


class _Suggested(NamedTuple):
    """A question, and its words in small letters, each with a blank before it."""

    question: str
    words: str


class Suggestions:
    """The questions of a generation that may be suggested: those without any of the denied words."""

    def __init__(self, questions: Iterable[str], denied: Sequence[str] = ()) -> None:
        shown = (question[number_end(question) :] for question in allowed(questions, denied))
        known = {question: _words(question) for question in shown if len(content_terms(question)) >= _LEAST_CONTENT}
        self._suggested = [
            _Suggested(question, words) for question, words in sorted(known.items(), key=lambda item: (len(item[0]), item[0]))
        ]

    def of(self, typed: str, limit: int) -> list[str]:
        """The questions that hold all words that were typed, the last of which may have just begun.

        Those that begin like it come first, then the short ones.
        """
        typed_words = _words(typed)
        words = [f" {word}" if word.isascii() else word for word in typed_words.split()]
        if not words:
            return []
        held = [suggested for suggested in self._suggested if all(word in suggested.words for word in words)]
        held.sort(key=lambda suggested: not suggested.words.startswith(typed_words))
        return [suggested.question for suggested in held[:limit]]


def allowed(questions: Iterable[str], denied: Sequence[str]) -> list[str]:
    """The questions without any of the denied words."""
    refused = [words for text in denied if (words := _words(text))]
    return [question for question in questions if not any(f"{words} " in f"{_words(question)} " for words in refused)]


def _words(text: str) -> str:
    return "".join(f" {word}" for word in _WORD.findall(text.casefold()))
