"""How likely a passage answers a question: a probability that means the same for every question and collection.

It is the product of two: that the collection answers the question at all, and that it is this passage that does. Both are
logistic in a few numbers. What is usual for a collection and its model is measured when it is indexed, on questions that are
foreign to it and on its own sentences (`askdex.indexer.search.calibrate`); all else was fitted on public sets
(`python -m tests.benchmarks fit`).
"""

from dataclasses import dataclass, replace

import numpy as np

from askdex.indexer.search.fusion import Candidates
from askdex.indexer.types import Calibration, Numbers, Places, Positions

THRESHOLD = 0.2
"""The least relevance of an answer; where no passage has it, the documents hold none."""

OPEN = 0.02
"""The least relevance at which no answer is found only after a look at single sentences."""

_SENTENCE = 0.2
"""What a sentence has to be nearer than a passage to count as much: the nearest of several is nearer by chance."""

_MOST_WORDS = 2.0
_OTHERS = 5
_LARGEST_LEAD = 0.4
_UNKNOWN_CODE = 0.1
"""What is left of the relevance where the question names a code that no passage holds: what is near it is on another."""


@dataclass(frozen=True, slots=True)
class RelevanceWeights:
    """What a question's meaning, words and focus count for its being answered, and a passage's lag and the first one's lead.

    `reading` is what the log-odds count that a cross-encoder gives the best passage that it read.
    """

    meaning: float = 4.6
    words: float = 2.3
    focus: float = 5.0
    answered: float = -4.5
    lag: float = 14.0
    lead: float = 6.4
    first: float = -0.7
    reading: float = 0.0


FAST = RelevanceWeights()
PRECISE = RelevanceWeights(meaning=2.8, words=0.5, focus=3.0, answered=-2.0, lag=13.0, lead=6.6, first=-0.9, reading=0.4)


@dataclass(frozen=True, slots=True)
class RelevanceFeatures:
    """What relevance is told by: of the question how near meaning and words come, of its ranked passages lag and lead.

    `focus` is the share of the question that the first passage covers, by the square of the number of its content words: who
    types one word has found what holds it, while one of many may stand in any passage. `lag` is how far a passage is behind
    the first, of shape (n,), 0 or less; `lead` how far the first is before the mean of the next five that answer another
    question. `log_odds` are the best that a cross-encoder gave, None where it read nothing. `has_codes` is whether all codes
    of the question are held by some passage.
    """

    meaning: float
    words: float
    focus: float
    lag: Numbers
    lead: float
    log_odds: float | None = None
    has_codes: bool = True

    def with_sentence(self, meaning: float) -> "RelevanceFeatures":
        """The same where a sentence of the passages comes so near: an answer may stand in a passage on much else."""
        return replace(self, meaning=max(self.meaning, meaning - _SENTENCE))

    def relevance(self, weights: RelevanceWeights | None = None) -> Numbers:
        """The probability of each passage to answer, of shape (n,)."""
        weights = weights or (FAST if self.log_odds is None else PRECISE)
        whole = weights.meaning * self.meaning + weights.words * self.words + weights.focus * self.focus + weights.answered
        whole += weights.reading * (self.log_odds or 0.0)
        passage = _logistic(weights.lag * self.lag + weights.lead * self.lead + weights.first)
        return _logistic(np.asarray(whole)) * passage * (1.0 if self.has_codes else _UNKNOWN_CODE)


def features(
    calibration: Calibration, ranked: Candidates, places: Places, unknown: float, content: int, *, has_codes: bool = True
) -> RelevanceFeatures:
    """The signs of candidates, at least one, in their order.

    `places` are where they stand; `unknown` is what a word weighs that no passage holds, `content` how many content words the
    question has, at least one; for `has_codes` see Signs.
    """
    words = float(ranked.bm25.max() / unknown * ranked.coverage[0])
    group = _group(places)
    best = np.maximum.reduceat(ranked.fused[np.argsort(group, kind="stable")], _starts(group))[group]
    others = ranked.fused[group != group[0]][:_OTHERS]
    lead = _LARGEST_LEAD if len(others) < _OTHERS else float(np.clip(ranked.fused[0] - others.mean(), 0, _LARGEST_LEAD))
    meaning = calibration.meaning(float(ranked.cosines.max()))
    log_odds = None if ranked.log_odds is None else float(np.nanmax(ranked.log_odds))
    focus = float(ranked.coverage[0]) / content**2
    return RelevanceFeatures(meaning, min(_MOST_WORDS, words), focus, best - ranked.fused[0], lead, log_odds, has_codes)


def _group(places: Places) -> Positions:
    """The number of the question that each passage answers; a passage under none has a number for itself."""
    questions = places["question"]
    # The numbers of questions are hashes, far from the last numbers that there are.
    alone = np.uint64(2**64 - 1) - np.arange(len(places), dtype=np.uint64)
    found: Positions = np.unique(np.where(questions == 0, alone, questions), return_inverse=True)[1]
    return found


def _starts(group: Positions) -> Positions:
    """Where each group begins among all in the order of their groups."""
    sizes = np.bincount(group)
    found: Positions = np.cumsum(sizes) - sizes
    return found


def _logistic(numbers: Numbers) -> Numbers:
    found: Numbers = np.exp(-np.logaddexp(0, -numbers))
    return found
