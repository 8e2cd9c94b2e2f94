"""Acronyms in questions, as the documents explain them: "Can I get ESA?" asks for Employment and Support Allowance too."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import combinations

from askdex.corpus.passages import context
from askdex.indexer.engine.acronyms import explained_acronyms, letters_term, name_term
from askdex.indexer.engine.analyzer import Token, located_words
from askdex.indexer.engine.function_words import asks_nothing
from askdex.indexer.engine.protocol import Ask, Opened, QueryTerm
from askdex.indexer.search.spelling import Interpretation

_SHORTEST, _LONGEST = 2, 7
"""Letters of an acronym."""

_MOST_WORDS = 8
"""Words of what an acronym stands for."""

_WORDS_READ = 64
"""Words of a question among which acronyms and what they stand for are looked for."""

_EXPLANATIONS = 8
"""Passages that explain an acronym, of which the explanation that most of them give is taken."""


def with_acronyms(opened: Opened, reading: Interpretation, is_whole: Callable[[str], bool]) -> Interpretation:
    """A reading of a question with what its acronyms stand for behind them, and with the acronyms of what it names in full.

    In small letters a word is an acronym where the model's tokenizer does not have it as one token (`is_whole`).
    """
    question, words = (_explained(opened, text, is_whole) for text in (reading.question, reading.words))
    return reading if question == reading.question else replace(reading, question=question, words=words, shown=reading.question)


def _explained(opened: Opened, text: str, is_whole: Callable[[str], bool]) -> str:
    """A text with an explanation in brackets behind each acronym, and an acronym behind each name that has one."""
    words = located_words(text)[:_WORDS_READ]
    added = {}
    for end, term in (*_acronyms(text, words, is_whole), *_names(words)):
        explanation = _explanation(opened, term)
        if explanation is not None:
            letters, name = explanation
            other = name if term == letters_term(letters) else letters
            if other.lower() not in text.lower():
                added[end] = other
    for end, other in sorted(added.items(), reverse=True):
        text = f"{text[:end]} ({other}){text[end:]}"
    return text


def _acronyms(text: str, words: list[Token], is_whole: Callable[[str], bool]) -> Iterator[tuple[int, str]]:
    """Where each word of a text ends that may be an acronym, and its term."""
    for word in words:
        written = text[word.start : word.end]
        is_short = _SHORTEST <= len(written) <= _LONGEST and written.replace("&", "").isalpha()
        is_in_capitals = written.isupper() and not text.isupper()
        if is_short and (is_in_capitals or not (asks_nothing([word.text]) or is_whole(word.text))):
            yield word.end, letters_term(written)


def _names(words: list[Token]) -> Iterator[tuple[int, str]]:
    """Where each run of words of a text ends that may be what an acronym stands for, and its term."""
    ends = [n for n, word in enumerate(words) if not asks_nothing([word.text])]
    for first, last in combinations(ends, 2):
        if last - first < _MOST_WORDS:
            yield words[last].end, name_term([word.text for word in words[first : last + 1]])


def _explanation(opened: Opened, term: str) -> tuple[str, str] | None:
    """The acronym and its name with this term that most of some passages give; None where none gives one."""
    frequency = opened.vocabulary.document_frequency((term,))
    if not frequency:
        return None
    found = opened.candidates(Ask(None, (QueryTerm(term, (term,), frequency, 1.0),), limit=_EXPLANATIONS))
    texts = (f"{context(one.document.title, one.heading_path)}\n{one.text}" for one in opened.passages(found.ids.tolist()))
    given = Counter((one.letters, one.name) for text in texts for one in explained_acronyms(text) if term in one.terms)
    return next((one for one, _ in given.most_common(1)), None)
