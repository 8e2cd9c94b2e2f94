"""Synonyms: words that mean the same where a collection comes from, such as an abbreviation and what it stands for."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from askdex.indexer.engine.analyzer import Token, in_order, located_words
from askdex.indexer.engine.function_words import function_terms, stem
from askdex.indexer.engine.protocol import Vocabulary

_MOST_ADDED = 8
"""Words or phrases that a question is looked up by beside its own."""


class Expanded(NamedTuple):
    """A question with the words for it that the documents use, and the others that it is looked up by too."""

    question: str
    added: tuple[str, ...] = ()


class _Named(NamedTuple):
    """Words of a question that are in a group, and the span that they fill."""

    start: int
    end: int
    words: str
    group: Sequence[str]


def expanded(question: str, groups: Sequence[Sequence[str]], vocabulary: Vocabulary, *, replaces: bool = True) -> Expanded:
    """A question that is found by all words of a group of which it has one.

    Words that no passage holds give place to those of their group that most passages hold, if it `replaces`; all others
    that some passage holds are added.
    """
    if not groups:
        return Expanded(question)
    added: dict[str, None] = {}
    pieces, done = [], 0
    for named in _named(question, groups):
        others = [words for words in named.group if in_order(words) != in_order(named.words)]
        usual = sorted((words for words in others if _held(words, vocabulary)), key=lambda words: -_held(words, vocabulary))
        if usual and replaces and not _held(named.words, vocabulary):
            pieces += [question[done : named.start], usual.pop(0)]
            done = named.end
        added.update(dict.fromkeys(usual))
    return Expanded("".join([*pieces, question[done:]]), tuple(added)[:_MOST_ADDED])


def unheld(groups: Sequence[Sequence[str]], vocabulary: Vocabulary) -> list[Sequence[str]]:
    """The groups of which no passage holds any words."""
    return [group for group in groups if not any(_held(words, vocabulary) for words in group)]


def _named(question: str, groups: Sequence[Sequence[str]]) -> Iterator[_Named]:
    """Where a question has words of a group, in its order; of several at one place the longest."""
    tokens = located_words(question)
    members = sorted(((in_order(words), words, group) for group in groups for words in group), key=lambda each: -len(each[0]))
    at = 0
    while at < len(tokens):
        for terms, words, group in members:
            if terms and _terms(tokens[at : at + len(terms)]) == terms:
                yield _Named(tokens[at].start, tokens[at + len(terms) - 1].end, words, group)
                at += len(terms)
                break
        else:
            at += 1


def _terms(tokens: Sequence[Token]) -> list[str]:
    return [stem(token.text) for token in tokens]


def _held(words: str, vocabulary: Vocabulary) -> int:
    """How many passages hold words, as far as one can tell from the rarest of them; 0 where one of them is held by none."""
    terms = in_order(words)
    content = [term for term in terms if term not in function_terms()] or terms
    return min((vocabulary.document_frequency((term,)) for term in content), default=0)
