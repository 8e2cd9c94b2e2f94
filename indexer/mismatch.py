"""How far words are to be trusted where a model does not know the language of a collection.

A sentence of a passage is asked as a question, whose answer is the passage without that sentence. Where words find it as well
as meaning does, or better, the model knows little of the language.
"""

import math
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from typing import NamedTuple

import numpy as np

from corpus.passages import Tokens
from corpus.sentences import sentences
from indexer import arrays, catalogue
from indexer.embedded import EmbeddedEngine
from indexer.encoder import Encoder
from indexer.engine import Hits, Numbers, Vectors
from indexer.states import View
from indexer.terms import terms
from indexer.texts import texts_of_stored

_SAMPLE = 128
_FEWEST = 32
_LOOKED_AT = 4 * _SAMPLE
_LEAST_WORDS = 5
_CANDIDATES = 100
_DEEPEST = 10
_RESAMPLES = 200
_SURE = 0.1
"""The share of resamples that may say less: a sample is small, and words are trusted more only where that is sure."""

_ENOUGH = 0.9
"""Of what there is to find; a model that finds as much by meaning knows the language, whatever words find."""

_FROM, _STEEPNESS, _MOST = 0.95, 10.0, 3.0
"""From which quality of words, in that of meaning, they are trusted more, how fast, and how far at the most."""


class _Trial(NamedTuple):
    """A passage, a sentence of it, and the rest of its text with what stands above it."""

    id: int
    sentence: str
    rest: str


def trusted(view: View, engine: EmbeddedEngine, encoder: Encoder) -> float:
    """What words count beside what they do where the model knows the language, 1 to 3."""
    trials = list(islice(_trials(view, engine, encoder), _SAMPLE))
    if len(trials) < _FEWEST:
        return 1.0
    asked = encoder.encode_questions([trial.sentence for trial in trials])
    rests = encoder.encode_documents([trial.rest for trial in trials])
    gains = np.array([_gains(engine, *of) for of in zip(trials, asked, rests, strict=True)])
    if gains[:, 1].mean() >= _ENOUGH:
        return 1.0
    ratio = _least_ratio(gains[:, 0], gains[:, 1])
    # In whole numbers, so that the same passages are ranked the same, whenever they were measured.
    return float(np.clip(round(1 + _STEEPNESS * (ratio - _FROM)), 1, _MOST))


def _trials(view: View, engine: EmbeddedEngine, tokens: Tokens) -> Iterator[_Trial]:
    chosen = arrays.spread(np.sort(engine.ids[1]), _LOOKED_AT)
    for number, passage in zip(chosen.tolist(), catalogue.passages(view, chosen.tolist()), strict=True):
        for start, end in list(sentences(passage.text))[1:]:
            if len(set(terms(passage.text[start:end]))) >= _LEAST_WORDS:
                rest = replace(passage, text=passage.text[:start] + passage.text[end:], question=None)
                yield _Trial(number, passage.text[start:end], next(iter(texts_of_stored(rest, tokens))))
                break


def _gains(engine: EmbeddedEngine, trial: _Trial, asked: Vectors, rest: Vectors) -> tuple[float, float]:
    """What finding the passage is worth, by words and by meaning (the gain of nDCG@10 for its rank)."""
    by_words = engine.matching(trial.sentence, _CANDIDATES), engine.score(trial.sentence, terms(trial.rest))
    by_meaning = engine.nearest(asked, _CANDIDATES), float(asked @ rest)
    return _gain(*by_words, trial.id), _gain(*by_meaning, trial.id)


def _gain(hits: Hits, score: float, own: int) -> float:
    rank = int(np.count_nonzero(hits.scores[hits.ids != own] > score))
    return 1 / math.log2(rank + 2) if rank < _DEEPEST else 0.0


def _least_ratio(words: Numbers, meaning: Numbers) -> float:
    """The ratio of two means that is surely reached, by resampling."""
    chosen = np.random.default_rng(0).integers(0, len(words), (_RESAMPLES, len(words)))
    means = words[chosen].mean(axis=1), np.maximum(meaning[chosen].mean(axis=1), np.finfo(np.float64).tiny)
    return float(np.quantile(means[0] / means[1], _SURE))
