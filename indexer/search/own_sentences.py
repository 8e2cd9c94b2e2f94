"""What a collection's own sentences tell, asked as questions whose answer is the passage without the sentence.

How near an answer lies in it; and how far words are to be trusted: where they find the passage as well as meaning does, or
better, the model knows little of the language.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import NamedTuple

import numpy as np

from askdex.corpus.passages import Tokens
from askdex.corpus.text.sentences import sentences
from askdex.indexer.engine import arrays
from askdex.indexer.engine.analyzer import terms
from askdex.indexer.engine.embedded import EmbeddedEngine
from askdex.indexer.models.encoder import DEFAULT_MODEL, Encoder
from askdex.indexer.store import read
from askdex.indexer.store.embedded_texts import texts_of_stored
from askdex.indexer.store.states import StateView
from askdex.indexer.types import Numbers, Vectors

_SAMPLE = 128
_FEWEST = 32
_LOOKED_AT = 4 * _SAMPLE
_LEAST_WORDS = 5
_CANDIDATES = 100
_DEEPEST = 10
_RESAMPLES = 200
_KNOWN = frozenset(("en", "und"))
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


@dataclass(frozen=True, slots=True)
class OwnSentences:
    """What was found out: of each sentence the cosine with what is nearest, of shape (sentences,); and the trust in words.

    That is what words count beside what they do where the model knows the language, 1 to 3.
    """

    nearest: Numbers
    trust: float


def asked(view: StateView, engine: EmbeddedEngine, encoder: Encoder) -> OwnSentences:
    """Ask some of the sentences of a collection."""
    trials = list(islice(_trials(view, engine, encoder), _SAMPLE))
    if not trials:
        return OwnSentences(np.empty(0), _presumed_trust(view))
    asking = encoder.encode_questions([trial.sentence for trial in trials])
    rests = encoder.encode_documents([trial.rest for trial in trials])
    found = [_tried(engine, *of) for of in zip(trials, asking, rests, strict=True)]
    words, meaning, nearest = np.array(found).T
    return OwnSentences(nearest, _trust(words, meaning) if len(trials) >= _FEWEST else _presumed_trust(view))


def _presumed_trust(view: StateView) -> float:
    """The trust where sentences are too few to tell: the model that comes with Askdex knows English alone."""
    documents = read.languages(view)
    foreign = sum(number for language, number in documents.items() if language not in _KNOWN)
    return _MOST if view.model.name == DEFAULT_MODEL and 2 * foreign > sum(documents.values()) else 1.0


def _trust(words: Numbers, meaning: Numbers) -> float:
    if meaning.mean() >= _ENOUGH:
        return 1.0
    # In whole numbers, so that the same passages are ranked the same, whenever they were measured.
    return float(np.clip(round(1 + _STEEPNESS * (_least_ratio(words, meaning) - _FROM)), 1, _MOST))


def _trials(view: StateView, engine: EmbeddedEngine, tokens: Tokens) -> Iterator[_Trial]:
    chosen = arrays.spread(np.sort(engine.ids[1]), _LOOKED_AT)
    for number, passage in zip(chosen.tolist(), read.passages(view, chosen.tolist()), strict=True):
        for start, end in list(sentences(passage.text))[1:]:
            if len(set(terms(passage.text[start:end]))) >= _LEAST_WORDS:
                rest = replace(passage, text=passage.text[:start] + passage.text[end:], question=None)
                yield _Trial(number, passage.text[start:end], next(iter(texts_of_stored(rest, tokens))))
                break


def _tried(engine: EmbeddedEngine, trial: _Trial, sentence: Vectors, rest: Vectors) -> tuple[float, float, float]:
    """What finding the passage is worth, by words and by meaning, and the cosine with what is nearest."""
    by_words, by_meaning = engine.matching(trial.sentence, _CANDIDATES), engine.nearest(sentence, _CANDIDATES)
    score, cosine = engine.score(trial.sentence, terms(trial.rest)), float(sentence @ rest)
    others = [hits.scores[hits.ids != trial.id] for hits in (by_words, by_meaning)]
    return _gain(others[0], score), _gain(others[1], cosine), float(others[1].max(initial=cosine))


def _gain(others: Vectors, score: float) -> float:
    """The gain of nDCG@10 for the rank that a score has among others."""
    rank = int(np.count_nonzero(others > score))
    return 1 / math.log2(rank + 2) if rank < _DEEPEST else 0.0


def _least_ratio(words: Numbers, meaning: Numbers) -> float:
    """The ratio of two means that is surely reached, by resampling."""
    chosen = np.random.default_rng(0).integers(0, len(words), (_RESAMPLES, len(words)))
    means = words[chosen].mean(axis=1), np.maximum(meaning[chosen].mean(axis=1), np.finfo(np.float64).tiny)
    return float(np.quantile(means[0] / means[1], _SURE))
