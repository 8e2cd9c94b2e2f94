"""From a question to its ranked candidates."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from askdex.indexer.engine.analyzer import content_terms, terms
from askdex.indexer.engine.features import keyword_features
from askdex.indexer.engine.protocol import Ask, Found, Opened, Vocabulary
from askdex.indexer.engine.question import QuestionTerms, unknown_weight, weighed
from askdex.indexer.search import fusion, relevance
from askdex.indexer.search.fusion import Candidates
from askdex.indexer.search.relevance import RelevanceFeatures
from askdex.indexer.types import Calibration, Filter, Mode, Numbers, Places, Positions, Vectors

_CODE = re.compile(r"\b[^\W\d_]+-?\d[^\W_]*\b")
"""A code such as E45 or SOP-099: letters, then digits."""

_USUAL_WORDS = 2.5
"""Content words of a question. With fewer, such as a name alone, the vector says less, and terms count more."""


@dataclass(frozen=True, slots=True)
class Search:
    """What is searched for: the words of a question, its vector (None in keyword mode), and how."""

    words: str
    vector: Vectors | None
    mode: Mode = Mode.FAST
    filter: Filter = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Ranking:
    """Candidates in their order, and where each stands; both of length n."""

    candidates: Candidates
    places: Places

    def __len__(self) -> int:
        return len(self.candidates)

    def take(self, positions: Positions | Sequence[int]) -> "Ranking":
        """The candidates at these positions, in this order."""
        return Ranking(self.candidates.take(positions), self.places[positions])


def ranked(opened: Opened, search: Search, usual: Calibration | None = None) -> Ranking:
    """The candidates of each ranker that the mode uses, best first. Raises RequestError for an unknown filter key.

    `usual` is the calibration of the collection, None where it was not measured.
    """
    question = weighed(search.words, opened.vocabulary)
    found = opened.candidates(_ask(search, question))
    weight = (1.0 if usual is None else usual.keyword_weight) * _few_words_weight(search.words)
    candidates = _fused(found, search, question, opened.vocabulary, weight)
    order = fusion.ordered(candidates, found.places)
    return Ranking(candidates.take(order), found.places[order])


def relevance_features(opened: Opened, usual: Calibration, words: str, ranking: Ranking) -> RelevanceFeatures:
    """The features that tell how relevant the ranked candidates of a question are, at least one."""
    return relevance.features_of(
        usual,
        ranking.candidates,
        ranking.places,
        unknown_weight(opened.vocabulary),
        _count_content_words(words),
        codes_known=_codes_known(words, opened.vocabulary),
    )


def _ask(search: Search, question: QuestionTerms) -> Ask:
    terms = () if search.mode is Mode.SEMANTIC else question.terms
    return Ask(search.vector, terms, filter=search.filter)


def _fused(found: Found, search: Search, question: QuestionTerms, vocabulary: Vocabulary, weight: float) -> Candidates:
    """The candidates with their scores, in no order."""
    if search.vector is not None and len(found):
        cosines, vectors = compared(found, search.vector)
    else:
        cosines, vectors = np.zeros(len(found)), np.zeros((len(found), 0), np.float32)
    return fusion.fuse(found.ids, cosines, keyword_features(found, question, vocabulary), vectors, search.mode, weight)


def compared(found: Found, vector: Vectors) -> tuple[Numbers, Vectors]:
    """The cosine of each candidate's best vector with a question's, of shape (n,), and its first vector, (n, dimension)."""
    starts = found.vector_ends[:-1]
    # Summed row by row: a matrix product may give one row other last digits in other company.
    cosines: Numbers = np.maximum.reduceat(np.vecdot(found.vectors, vector), starts).astype(np.float64)
    return cosines, found.vectors[starts]


def _few_words_weight(words: str) -> float:
    """A factor on what terms add: max(1, (2.5 / n)^2) for n content words, so 6.25 for one, 1.56 for two, 1 for more."""
    return max(1.0, (_USUAL_WORDS / _count_content_words(words)) ** 2)


def _codes_known(words: str, vocabulary: Vocabulary) -> bool:
    """Whether, for each code that a question names, some passage holds it or its number: SOP-099 is known where 099 is."""
    codes = ([term for term in terms(code) if not term.isalpha()] for code in _CODE.findall(words))
    return all(any(vocabulary.document_frequency((form,)) for form in forms) for forms in codes)


def _count_content_words(words: str) -> int:
    """How many different content words a question has, 1 where it has none."""
    return max(1, len(content_terms(words)))
