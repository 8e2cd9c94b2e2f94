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

    `weights` and `content_weights` have shape (terms,): the weights of all terms, and the same with 0 for function words; where
    the question has nothing but function words, these are content words. `pairs` maps
    the positions of two terms that stand side by side in the question to the weight of the pair, that of the rarer term: a pair
    cannot be more frequent than either. Two function words make no pair. `content_weight` is the sum of the weights of all
    content words of the question, those that no passage holds among them.
    """

    terms: Sequence[QueryTerm]
    weights: Numbers
    content_weights: Numbers
    content_weight: float
    pairs: dict[tuple[int, int], float]


def weighed(question: str, vocabulary: Vocabulary) -> QuestionTerms:
    """The terms of a question with their idf in a vocabulary."""
    terms = [term for term in _all_terms(question, vocabulary) if term.document_frequency]
    position = {term.text: n for n, term in enumerate(terms)}
    order = in_order(question)
    content = set(order) - function_terms() or set(order)
    # One array for both, and its rows: each call of NumPy costs a question a microsecond.
    weights, content_weights = np.array(
        [[term.weight for term in terms], [term.weight if term.text in content else 0.0 for term in terms]]
    )
    unknown = unknown_weight(vocabulary) * len(content - position.keys())
    content_weight = float(np.add.reduce(content_weights)) + unknown
    return QuestionTerms(terms, weights, content_weights, content_weight, _pairs(order, terms, position))


def unknown_weight(vocabulary: Vocabulary) -> float:
    """The idf of a term that no passage holds."""
    return bm25.idf(0, vocabulary.passage_count)


def _all_terms(question: str, vocabulary: Vocabulary) -> list[QueryTerm]:
    """The terms of a question, in its order, those that no passage has among them."""
    terms = []
    for text, joined in query_terms(question).items():
        forms = (text, *joined)
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
