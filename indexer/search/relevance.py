"""How likely a passage answers a question: a probability that means the same for every question and collection.

    relevance = logistic(answered) * logistic(passage)
    answered = 4.6 * meaning + 2.3 * words + 5.0 * focus - 4.5        (fast mode)
    passage = 14 * lag + 6.4 * lead - 0.7

The first factor is the probability that the collection answers the question at all, the second that this passage does. What is
usual for a collection and its model is measured when it is indexed (`search.calibrate`); the weights were fitted on public sets
(`python -m tests.benchmarks fit`).
"""

from dataclasses import dataclass, replace

import numpy as np

from askdex.indexer.search.fusion import Candidates
from askdex.indexer.types import Calibration, Numbers, Places

THRESHOLD = 0.2
"""The least relevance of an answer; where no passage has it, the documents hold none."""

OPEN = 0.02
"""From this relevance up to the threshold, single sentences are looked at before saying that nothing answers."""

_SENTENCE_HANDICAP = 0.2
"""What is taken off the meaning of the nearest sentence: the nearest of several is near by chance."""

_MOST_WORDS = 2.0
_LEAD_OVER = 5
"""Passages on other questions whose mean score the first one is compared with."""

_LARGEST_LEAD = 0.4
_UNKNOWN_CODE = 0.1
"""The factor for a question that names a code which no passage holds: what is near it is about another code."""


@dataclass(frozen=True, slots=True)
class RelevanceWeights:
    """The weights of the features of a question (up to `answered`, the constant) and of a passage (up to `first`, too).

    `log_odds` weighs those that a cross-encoder gives the best passage that it read.
    """

    meaning: float = 4.6
    words: float = 2.3
    focus: float = 5.0
    answered: float = -4.5
    lag: float = 14.0
    lead: float = 6.4
    first: float = -0.7
    log_odds: float = 0.0


FAST = RelevanceWeights()
PRECISE = RelevanceWeights(meaning=2.8, words=0.5, focus=3.0, answered=-2.0, lag=13.0, lead=6.6, first=-0.9, log_odds=0.4)


@dataclass(frozen=True, slots=True)
class RelevanceFeatures:
    """What relevance is computed from: features of a question, and of its n ranked passages.

    `meaning` is 0 where the nearest passage is as near as for foreign questions, 1 where it is as near as for the collection's
    own sentences. `words` is the BM25 of the best passage beside the idf of an unknown word, times its coverage. `focus` is the
    coverage of the first passage divided by the square of the number of content words: a passage that holds the one word that
    was typed is what was looked for, one of many words may stand anywhere. `lag`, of shape (n,), 0 or less, is how far the best
    passage on the same question is behind the first. `lead` is how far the first is before the mean of the next five passages
    on other questions. `log_odds` are the best that a cross-encoder gave, None where it read nothing. `has_codes` is whether
    some passage holds each code that the question names.
    """

    meaning: float
    words: float
    focus: float
    lag: Numbers
    lead: float
    log_odds: float | None = None
    has_codes: bool = True

    def with_sentence(self, meaning: float) -> "RelevanceFeatures":
        """The same where a sentence of the passages comes so near: an answer may stand in a passage on other things."""
        return replace(self, meaning=max(self.meaning, meaning - _SENTENCE_HANDICAP))

    def relevance(self, weights: RelevanceWeights | None = None) -> Numbers:
        """The probability of each passage to answer, of shape (n,)."""
        weights = weights or (FAST if self.log_odds is None else PRECISE)
        whole = weights.meaning * self.meaning + weights.words * self.words + weights.focus * self.focus + weights.answered
        whole += weights.log_odds * (self.log_odds or 0.0)
        passage = _logistic(weights.lag * self.lag + weights.lead * self.lead + weights.first)
        return _logistic(np.float64(whole)) * passage * (1.0 if self.has_codes else _UNKNOWN_CODE)


def features(
    usual: Calibration, ranked: Candidates, places: Places, unknown: float, content: int, *, has_codes: bool = True
) -> RelevanceFeatures:
    """The features of ranked candidates, at least one, that stand at `places`.

    `unknown` is the idf of a word that no passage holds, `content` the number of content words of the question, at least one;
    for `has_codes` see RelevanceFeatures.
    """
    leaders = _leaders(places["question"].tolist())
    fused = ranked.fused.tolist()
    others = [fused[n] for n, leader in enumerate(leaders) if leader][:_LEAD_OVER]
    lead = _LARGEST_LEAD
    if len(others) == _LEAD_OVER:
        lead = min(max(fused[0] - sum(others) / _LEAD_OVER, 0.0), _LARGEST_LEAD)
    return RelevanceFeatures(
        meaning=usual.meaning(max(ranked.cosines.tolist())),
        words=min(_MOST_WORDS, max(ranked.bm25.tolist()) / unknown * float(ranked.coverage[0])),
        focus=float(ranked.coverage[0]) / content**2,
        lag=ranked.fused[leaders] - ranked.fused[0],
        lead=lead,
        log_odds=None if ranked.log_odds is None else float(np.nanmax(ranked.log_odds)),
        has_codes=has_codes,
    )


def _leaders(questions: list[int]) -> list[int]:
    """For each passage the position of the first that answers the same question; its own where it stands under none."""
    first: dict[int, int] = {}
    return [first.setdefault(question, n) if question else n for n, question in enumerate(questions)]


def _logistic(numbers: Numbers | np.float64) -> Numbers:
    probabilities: Numbers = np.exp(-np.logaddexp(0, -numbers))
    return probabilities
