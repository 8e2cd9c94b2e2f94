"""The terms of a question, weighed by the vocabulary of a generation."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from askdex.indexer.engine import bm25
from askdex.indexer.engine.analyzer import function_terms, in_order, query_terms
from askdex.indexer.engine.protocol import QueryTerm, Vocabulary
from askdex.indexer.types import Numbers

_FUNCTION_WORD = 0.5
"""The weight of a function word beside a content word with the same idf."""


@dataclass(frozen=True, slots=True)
class QuestionTerms:
    """The terms of a question that some passage has, and what the whole question weighs.

    `weights` and `content` have shape (terms,): the weights of all terms, and the same with 0 for function words. `pairs` maps
    the positions of two terms that stand side by side in the question to the weight of the pair, that of the rarer term: a pair
    cannot be more frequent than either. Two function words make no pair. `content_weight` is what all content words of the
    question weigh, those that no passage holds among them.
    """

    terms: Sequence[QueryTerm]
    weights: Numbers
    content: Numbers
    content_weight: float
    pairs: dict[tuple[int, int], float]


def weighed(question: str, vocabulary: Vocabulary) -> QuestionTerms:
    """The terms of a question with their idf in a vocabulary."""
    terms = [term for term in _all_terms(question, vocabulary) if term.document_frequency]
    position = {term.text: n for n, term in enumerate(terms)}
    order = in_order(question)
    telling = set(order) - function_terms() or set(order)
    weights = [term.weight for term in terms]
    content = [term.weight if term.text in telling else 0.0 for term in terms]
    unknown = unknown_weight(vocabulary) * len(telling - position.keys())
    both = np.array([weights, content])
    whole = float(np.add.reduce(both[1])) + unknown
    return QuestionTerms(terms, both[0], both[1], whole, _pairs(order, terms, position))


def unknown_weight(vocabulary: Vocabulary) -> float:
    """The idf of a term that no passage holds."""
    return bm25.idf(0, vocabulary.passage_count)


def _all_terms(question: str, vocabulary: Vocabulary) -> list[QueryTerm]:
    terms = []
    for text, joined in query_terms(question).items():
        forms = (text, *joined)
        frequency = vocabulary.document_frequency(forms)
        weight = bm25.idf(frequency, vocabulary.passage_count) * (_FUNCTION_WORD if text in function_terms() else 1)
        terms.append(QueryTerm(text, forms, frequency, weight))
    return terms


def _pairs(order: Sequence[str], terms: Sequence[QueryTerm], position: dict[str, int]) -> dict[tuple[int, int], float]:
    pairs: dict[tuple[int, int], float] = {}
    for both in pairwise(order):
        if position.keys() >= set(both) and not function_terms().issuperset(both):
            first, second = (position[term] for term in both)
            pairs[first, second] = max(terms[first].weight, terms[second].weight)
    return pairs
