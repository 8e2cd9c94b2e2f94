"""The terms of a question, weighed by the vocabulary of a generation."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice, pairwise

import numpy as np

from askdex.corpus.text.questions import asking_part
from askdex.indexer.engine import bm25
from askdex.indexer.engine.analyzer import content_forms, date_terms, folded_terms, in_order, located_words, query_terms
from askdex.indexer.engine.analyzer import terms as terms_of
from askdex.indexer.engine.dates import dates
from askdex.indexer.engine.function_words import function_terms, stem
from askdex.indexer.engine.identifiers import Certainty, Form, Identifier, asked_identifiers
from askdex.indexer.engine.protocol import QueryTerm, Vocabulary
from askdex.indexer.types import Numbers

_FUNCTION_WORD = 0.5
"""The weight of a function word beside a content word with the same idf."""

_TELLING = 0.5
"""The least idf of a word worth pointing at, beside that of the rarest word of the question that some passage has."""

_TOLD = 0.7
"""The weight of a word that only the part of a question holds which tells what it is about, beside one of the part that asks.

With .7 one more right passage comes first than with 1, of 35 long questions on four collections. It is the best of some thirty
tries on these questions themselves, so the gain may be chance.
"""


@dataclass(frozen=True, slots=True)
class QuestionTerms:
    """The terms of a question that some passage has, and what the whole question weighs.

    `weights` and `content_weights` have shape (terms,). `weights` are those of the terms, times .7 for a term that only the
    part of the question has which does not ask. `content_weights` are those of the terms with 0 for function words; where the
    question has nothing but function words, these count as content words. `pairs` maps the positions of two terms that stand
    side by side in the question to the weight of the pair, the larger of the two: a pair cannot be more frequent than the rarer
    term. Two function words make no pair. `content_weight` is the sum of the weights of all content words of the question,
    those that no passage holds among them. Behind the words stand the identifiers and dates that the question names and some
    passage has; they are no content words, as their parts are. `named` are the positions of the identifiers that an answer must
    have, and `missing` counts those that no passage has.
    """

    terms: Sequence[QueryTerm]
    weights: Numbers
    content_weights: Numbers
    content_weight: float
    pairs: dict[tuple[int, int], float]
    named: Sequence[int] = ()
    missing: int = 0


def weighed(question: str, vocabulary: Vocabulary) -> QuestionTerms:
    """The terms of a question with their idf in a vocabulary."""
    terms = [term for term in _all_terms(question, vocabulary) if term.document_frequency]
    position = {term.text: n for n, term in enumerate(terms)}
    order = in_order(question)
    content = set(order) - function_terms() or set(order)
    named, missing = required_identifiers(question, vocabulary)
    for text in (*named, *date_terms(question)):
        if text not in position and (frequency := vocabulary.document_frequency((text,))):
            position[text] = len(terms)
            terms.append(QueryTerm(text, (text,), frequency, bm25.idf(frequency, vocabulary.passage_count)))
    asking = _asking_terms(question) or position.keys()
    # One array for both, and its rows: each call of NumPy costs a question a microsecond.
    weights, content_weights = np.array(
        [
            [term.weight if term.text in asking else _TOLD * term.weight for term in terms],
            [term.weight if term.text in content else 0.0 for term in terms],
        ]
    )
    unknown = unknown_weight(vocabulary) * len(content - position.keys())
    content_weight = float(np.add.reduce(content_weights)) + unknown
    pairs = _pairs(order, terms, position)
    return QuestionTerms(terms, weights, content_weights, content_weight, pairs, [position[text] for text in named], missing)


def required_identifiers(question: str, vocabulary: Vocabulary) -> tuple[list[str], int]:
    """The identifiers that an answer must have, as passages spell them, and how many more it must have that no passage has.

    Only those count that the asking part of the question names.
    """
    start, end = asking_part(question)
    held: list[str] = []
    missing = 0
    for identifier in asked_identifiers(question):
        if not start <= identifier.start < end:
            continue
        if form := held_form(identifier, vocabulary):
            held.append(stem(form.text))
        else:
            missing += _must_be_held(identifier, vocabulary)
    return held, missing


def held_form(identifier: Identifier, vocabulary: Vocabulary) -> Form | None:
    """The most exact spelling of an identifier that some passage has."""
    return next((form for form in identifier.forms if vocabulary.document_frequency((stem(form.text),))), None)


def _must_be_held(identifier: Identifier, vocabulary: Vocabulary) -> bool:
    """Whether an identifier that no passage has is one that an answer must have, as far as this collection tells.

    A noun with a number is likely to name something where the collection numbers things of this noun, or has the number
    nowhere; where only both together speak for a name, both must.
    """
    if identifier.certainty is Certainty.CERTAIN or identifier.mark is None or identifier.number is None:
        return True
    signs = (
        vocabulary.document_frequency((identifier.mark,)) > 0,
        vocabulary.document_frequency((identifier.number,)) == 0,
    )
    return any(signs) if identifier.certainty is Certainty.LIKELY else all(signs)


def known_forms(question: str, vocabulary: Vocabulary) -> dict[str, tuple[str, ...]]:
    """The terms of a question, in its order, each with the forms that stand for it in a passage.

    A word that no passage holds is looked up without its accents, or as the whole of the identifier or the date that it is a
    part of.
    """
    folded = folded_terms(question)
    forms: dict[str, tuple[str, ...]] = {}
    for text, joined in query_terms(question).items():
        forms[text] = (text, *joined)
        if text in folded and not vocabulary.document_frequency(forms[text]):
            forms[text] += tuple(folded[text])
    wholes = [held for identifier in asked_identifiers(question) if (held := held_form(identifier, vocabulary))]
    for date in dates(question):
        held_terms = (term for term in date.terms if vocabulary.document_frequency((term,)))
        wholes += [Form(term, date.start, date.end) for term in islice(held_terms, 1)]
    for whole in wholes:
        for word in located_words(question):
            text = stem(word.text)
            if whole.start <= word.start < whole.end and not vocabulary.document_frequency(forms[text]):
                forms[text] += (stem(whole.text),)
    return forms


def telling_forms(question: str, vocabulary: Vocabulary) -> set[str]:
    """The forms of the words of a question that are worth pointing at in a text: no function words, nor any common ones."""
    content = content_forms(question)
    weights = {
        forms: bm25.idf(frequency, vocabulary.passage_count)
        for forms in known_forms(question, vocabulary).values()
        if not content.isdisjoint(forms) and (frequency := vocabulary.document_frequency(forms))
    }
    least = _TELLING * max(weights.values(), default=0.0)
    return content - {form for forms, weight in weights.items() if weight < least for form in forms}


def _asking_terms(question: str) -> set[str]:
    """The terms of the part of a question that asks; none where this is the whole question."""
    start, end = asking_part(question)
    return set() if end - start == len(question) else set(terms_of(question[start:end]))


def unknown_weight(vocabulary: Vocabulary) -> float:
    """The idf of a term that no passage holds."""
    return bm25.idf(0, vocabulary.passage_count)


def _all_terms(question: str, vocabulary: Vocabulary) -> list[QueryTerm]:
    """The terms of a question, in its order, those that no passage has among them."""
    terms = []
    for text, forms in known_forms(question, vocabulary).items():
        frequency = vocabulary.document_frequency(forms)
        weight = bm25.idf(frequency, vocabulary.passage_count) * (_FUNCTION_WORD if text in function_terms() else 1)
        terms.append(QueryTerm(text, forms, frequency, weight))
    return terms


def _pairs(order: Sequence[str], terms: Sequence[QueryTerm], position: dict[str, int]) -> dict[tuple[int, int], float]:
    """The pairs of QuestionTerms, from the terms in the order of the question and the position of each among `terms`."""
    pairs: dict[tuple[int, int], float] = {}
    for pair in pairwise(order):
        if position.keys() >= set(pair) and not function_terms().issuperset(pair):
            first, second = (position[term] for term in pair)
            pairs[first, second] = max(terms[first].weight, terms[second].weight)
    return pairs
