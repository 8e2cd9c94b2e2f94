"""What a collection's own sentences tell, asked as questions that the rest of their passage answers.

They tell how near an answer lies. Of a model whose languages are not known here they also tell what weight terms deserve: where
terms find the passage as well as vectors do, or better, it knows little of the language. Of the models of the installation the
languages are known, and decide. To measure is too coarse for them: English collections that the default model knows well gave
ratios from .81 to 1.10, German ones that it hardly knows 1.03 and 1.13; with 128 sentences one of them in eight got twice the
weight, which put the right passage first for 31 of 50 questions instead of 34.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import NamedTuple

import numpy as np

from askdex.corpus.passages import Tokens
from askdex.corpus.text.sentences import sentences
from askdex.indexer.engine.analyzer import terms
from askdex.indexer.engine.features import keyword_features, score_of
from askdex.indexer.engine.protocol import Ask, Opened
from askdex.indexer.engine.question import weighed
from askdex.indexer.models.encoder import DEFAULT_MODEL, MULTILINGUAL_MODEL, Encoder
from askdex.indexer.search.retrieval import best_cosines
from askdex.indexer.store.embedded_texts import texts_of_stored
from askdex.indexer.types import Ids, Numbers, Vectors

_SAMPLE = 128
"""Sentences that are asked; encoding them and the rests of their passages takes about a second."""

_FEWEST = 32
"""Sentences below which they tell no weight."""

_LOOKED_AT = 4 * _SAMPLE
"""Passages that are looked at for a sentence to ask."""

_LEAST_WORDS = 5
"""Different words of a sentence that is asked."""

_DEEPEST = 10
"""The rank below which finding the passage is worth nothing, as in nDCG@10."""

_RESAMPLES = 200
"""Resamples of the sentences (bootstrap)."""

_SURE = 0.1
"""The quantile of the resampled ratios that is taken: terms weigh more only where nine in ten resamples say so."""

_KNOWN_LANGUAGES = frozenset(("en", "und"))
"""What the default model knows, and documents whose language is undetermined."""

_ENOUGH = 0.9
"""The share of nDCG@10 by vectors alone from which on the model knows the language, whatever terms find."""

_FROM, _STEEPNESS, _MOST = 0.95, 10.0, 3.0
"""weight = clip(round(1 + 10 * (ratio - 0.95)), 1, 3), where ratio is nDCG@10 by terms divided by that by vectors."""


class _Trial(NamedTuple):
    """A passage, a sentence of it, and the rest of its text with its title and headings."""

    id: int
    sentence: str
    rest: str


@dataclass(frozen=True, slots=True)
class SelfQuestions:
    """The results: each sentence's cosine with the nearest passage, of shape (sentences,); the weight of terms, 1 to 3."""

    nearest: Numbers
    keyword_weight: float


def asked(opened: Opened, encoder: Encoder) -> SelfQuestions:
    """Ask some of the sentences of a collection."""
    trials = list(islice(_trials(opened, encoder), _SAMPLE))
    weight = _known_weight(opened)
    if not trials:
        return SelfQuestions(np.empty(0), weight or 1.0)
    questions = encoder.encode_questions([trial.sentence for trial in trials])
    rests = encoder.encode_documents([trial.rest for trial in trials])
    by_vectors, nearest = np.array([_by_vector(opened, *parts) for parts in zip(trials, questions, rests, strict=True)]).T
    if weight is None and len(trials) >= _FEWEST:
        weight = keyword_weight(np.array([_by_terms(opened, trial) for trial in trials]), by_vectors)
    return SelfQuestions(nearest, weight or 1.0)


def _known_weight(opened: Opened) -> float | None:
    """The weight of terms beside a model of the installation, None beside another: the default model knows English alone."""
    if opened.model.name == MULTILINGUAL_MODEL:
        return 1.0
    if opened.model.name != DEFAULT_MODEL:
        return None
    documents = opened.languages()
    foreign = sum(number for language, number in documents.items() if language not in _KNOWN_LANGUAGES)
    return _MOST if 2 * foreign > sum(documents.values()) else 1.0


def keyword_weight(by_terms: Numbers, by_vectors: Numbers) -> float:
    """The weight of terms, 1, 2 or 3, from the nDCG@10 of each sentence by terms and by vectors, of shape (sentences,)."""
    if by_vectors.mean() >= _ENOUGH:
        return 1.0
    # Whole numbers only, so that the same passages get the same weight whenever they are measured.
    return float(np.clip(round(1 + _STEEPNESS * (_least_ratio(by_terms, by_vectors) - _FROM)), 1, _MOST))


def _trials(opened: Opened, encoder: Tokens) -> Iterator[_Trial]:
    """Passages with a sentence to ask: not the first, which often says no more than the title, but the next of enough words."""
    ids = opened.sample(_LOOKED_AT).tolist()
    for passage_id, passage in zip(ids, opened.passages(ids), strict=True):
        for start, end in list(sentences(passage.text))[1:]:
            if len(set(terms(passage.text[start:end]))) >= _LEAST_WORDS:
                rest = replace(passage, text=passage.text[:start] + passage.text[end:], question=None)
                yield _Trial(passage_id, passage.text[start:end], next(iter(texts_of_stored(rest, encoder))))
                break


def _by_terms(opened: Opened, trial: _Trial) -> float:
    """What finding the passage by terms is worth; it competes with the others as the rest of its text without the sentence."""
    question = weighed(trial.sentence, opened.vocabulary)
    found = opened.candidates(Ask(terms=question.terms))
    scores = _others(found.ids, keyword_features(found, question, opened.vocabulary).bm25, trial.id)
    return _gain(scores, score_of(terms(trial.rest), question, opened.vocabulary))


def _by_vector(opened: Opened, trial: _Trial, sentence: Vectors, rest: Vectors) -> tuple[float, float]:
    """What finding the passage by vectors is worth, in the same way, and the cosine with the nearest passage."""
    found = opened.candidates(Ask(vector=sentence))
    cosine = float(sentence @ rest)
    every_cosine, _ = best_cosines(found, sentence)
    cosines = _others(found.ids, every_cosine, trial.id)
    return _gain(cosines, cosine), float(cosines.max(initial=cosine))


def _others(ids: Ids, scores: Numbers, passage: int) -> Numbers:
    """The scores of the candidates other than a passage."""
    others: Numbers = scores[ids != passage]
    return others


def _gain(others: Numbers, score: float) -> float:
    """The gain of nDCG@10, 1 / log2(rank + 1), for the rank, from 1, that a score has among others."""
    rank = 1 + int(np.count_nonzero(others > score))
    return 1 / math.log2(rank + 1) if rank <= _DEEPEST else 0.0


def _least_ratio(by_terms: Numbers, by_vectors: Numbers) -> float:
    """The ratio of two means that nine in ten resamples exceed (bootstrap)."""
    chosen = np.random.default_rng(0).integers(0, len(by_terms), (_RESAMPLES, len(by_terms)))
    means = by_terms[chosen].mean(axis=1), np.maximum(by_vectors[chosen].mean(axis=1), np.finfo(np.float64).tiny)
    return float(np.quantile(means[0] / means[1], _SURE))
