"""How likely a passage answers a question: a probability that means the same for every question and collection.

    relevance = logistic(question) * logistic(passage) * (0.1 unless `codes_known`, else 1)
    question = 4.6 * meaning + 2.3 * words + 5.0 * focus - 4.5 + shift
    passage = 14 * lag + 6.4 * lead - 0.7

Where a reader has read the first passage both have READ_WEIGHTS, where the match of tokens decides MATCH_WEIGHTS.

The first factor is the probability that the collection answers the question at all, the second that this passage does. The
features are described in `RelevanceFeatures`. What is usual for a collection and its model is measured when it is indexed
(`search.calibrate`). WEIGHTS were fitted on public sets, without a reader (`python -m tests.benchmarks fit`, which prints what
the threshold refuses); `python -m tests.benchmarks quality` measures on real collections what is refused with all of them. Of
cross-encoders only the reader that comes with the installation decides here; another, which the user names, orders passages.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from askdex.indexer.search.fusion import Candidates
from askdex.indexer.types import Calibration, Numbers, Places

THRESHOLD = 0.2
"""The least relevance of an answer; where no passage has it, the documents hold none.

Chosen by hand. For a collection `askdex tune` fits a shift of relevance, which has the same effect.
"""

UNDECIDED_FROM = 0.02
"""From this relevance up to the threshold, single sentences are compared with the question before saying that none answers.

Chosen by hand; in a collection of long clauses one question in three was refused before, though its passage was first.
"""

_SENTENCE_HANDICAP = 0.2
"""What is taken off the meaning of the nearest sentence: the nearest of several is near by chance.
Chosen by hand."""

_MOST_WORDS = 2.0
"""The largest value of the feature `words`. Chosen by hand, as the bounds of `lead` below, before the weights were fitted."""

_LEAD_OVER = 5
"""Passages on other questions with whose mean score that of the first is compared."""

_LARGEST_LEAD = 0.4
"""The largest value of the feature `lead`; also its value where there are fewer than five others, so nothing to be behind."""

_UNKNOWN_CODE = 0.1
"""The factor for a question that names a code which no passage holds: what is near it is about another code. With any weights
it keeps the relevance below the threshold."""


@dataclass(frozen=True, slots=True)
class RelevanceWeights:
    """The weights of the features; each is named as its feature.

    `question_bias` is the constant of the sum of a question, `passage_bias` that of the sum of a passage. The defaults are the
    fit where no reader has read and no match of tokens decides (see the head of this module).
    """

    meaning: float = 4.6
    words: float = 2.3
    focus: float = 5.0
    question_bias: float = -4.5
    lag: float = 14.0
    lead: float = 6.4
    passage_bias: float = -0.7
    read: float = 0.0
    match: float = 0.0


WEIGHTS = RelevanceWeights()

READ_WEIGHTS = RelevanceWeights(meaning=0.0, words=0.0, focus=0.0, read=1.1, question_bias=0.42, lead=0.0, passage_bias=2.0)
"""The weights where a reader has read the best passages.

The share of near questions (on the documents' subject, not answered there) that is refused where 10% of the answerable are, by
what was read:

    collections              passages        sentences       mean of both
    three in English         .53 .71 .72     .65 .76 .74     .65 .82 .73
    German, Spanish          .64 .63         .67 .63         .71 .72

So both count, and half each: from a quarter to three quarters the figures are nearly the same. Meaning, words or focus beside
it tell no more. The constant is that with which 8 in 100 answerable questions of the first three are refused in the mean.

The weight of `read` was fitted on all but one of four collections in turn, when only passages were read; `lag` is that of
WEIGHTS; `passage_bias` was chosen by hand. No program here repeats this fit.
"""

MATCH_WEIGHTS = RelevanceWeights(meaning=0.0, words=0.0, focus=0.0, match=9.3, question_bias=-2.3, lead=0.0, passage_bias=2.0)
"""The weights where the match of tokens decides, fitted on a set in German, Spanish and Chinese each and one more in Chinese.

Words, meaning and focus beside it tell no more on sets that the weights were not fitted on. `lag` and `passage_bias` are those
of READ_WEIGHTS. No program here repeats this fit.
"""


@dataclass(frozen=True, slots=True)
class RelevanceFeatures:
    """What relevance is computed from: features of a question, and of its n ranked passages.

    `meaning` is 0 where the nearest passage is as near as for foreign questions, 1 where it is as near as for the collection's
    own sentences. `words`, 0 to 2, is the largest BM25 of a passage divided by the idf of an unknown word, times the coverage
    of the first passage. `focus` is that coverage divided by the square of the number of content words: a passage that holds
    the one word that was typed is what was looked for, one of many words may stand anywhere. `lag`, of shape (n,), 0 or less,
    is the fused score of the first passage that answers the same question as this one, less that of the first of all. `lead`, 0
    to .4, is the fused score of the first less the mean of the next five passages on other questions. `codes_known` is
    whether some passage of the collection holds each code that the asking part of the question names; of a noun with a number,
    which may be no name, it may hold the number alone. A question of function words alone must be a name or a saying that one
    of the first passages holds. `read` is what a reader
    (`models.reader`) says, None where it has read nothing: the logarithm of the mean odds that a passage answers, over those
    that it has read, which does not grow with their number. Where it has read sentences of the first passage, `read` is the
    mean of this and of the largest log-odds of a sentence. `match` is the best match of tokens where that decides
    (`models.token_codes`), else None. `shift` is that of the collection's tuning.
    """

    meaning: float
    words: float
    focus: float
    lag: Numbers
    lead: float
    codes_known: bool = True
    read: float | None = None
    match: float | None = None
    shift: float = 0.0

    def with_reading(self, passages: Sequence[float], sentences: Sequence[float] = ()) -> "RelevanceFeatures":
        """The same with the log-odds that a reader gives passages, at least one, and sentences of the first."""
        read = float(np.logaddexp.reduce(passages)) - math.log(len(passages))
        return replace(self, read=(read + max(sentences)) / 2 if sentences else read)

    def with_sentence(self, meaning: float) -> "RelevanceFeatures":
        """The same where a sentence of the passages comes so near: an answer may stand in a passage on other things."""
        return replace(self, meaning=max(self.meaning, meaning - _SENTENCE_HANDICAP))

    def relevance(self, weights: RelevanceWeights | None = None) -> Numbers:
        """The probability of each passage to answer, of shape (n,); by the weights in use, or by others."""
        weights = weights or self._weights()
        question = weights.read * (self.read or 0.0) + weights.match * (self.match or 0.0)
        question += weights.meaning * self.meaning + weights.words * self.words + weights.focus * self.focus
        question += weights.question_bias + self.shift
        passage = _logistic(weights.lag * self.lag + weights.lead * self.lead + weights.passage_bias)
        return _logistic(np.float64(question)) * passage * (1.0 if self.codes_known else _UNKNOWN_CODE)

    def _weights(self) -> RelevanceWeights:
        if self.read is not None:
            return READ_WEIGHTS
        return WEIGHTS if self.match is None else MATCH_WEIGHTS


def features_of(
    usual: Calibration,
    ranked: Candidates,
    places: Places,
    unknown: float,
    content: int,
    *,
    codes_known: bool = True,
    match: float | None = None,
    shift: float = 0.0,
) -> RelevanceFeatures:
    """The features of ranked candidates, at least one, and of where they stand.

    `unknown` is the idf of a word that no passage holds, `content` the number of content words of the question, at least one;
    for the others see RelevanceFeatures.
    """
    leaders = _leaders(places["question"].tolist())
    fused = ranked.fused.tolist()
    # The leader at position 0 is that of the passages on the same question as the first.
    others = [fused[n] for n, leader in enumerate(leaders) if leader != 0][:_LEAD_OVER]
    lead = _LARGEST_LEAD
    if len(others) == _LEAD_OVER:
        lead = min(max(fused[0] - sum(others) / _LEAD_OVER, 0.0), _LARGEST_LEAD)
    return RelevanceFeatures(
        meaning=usual.meaning(max(ranked.cosines.tolist())),
        words=min(_MOST_WORDS, max(ranked.bm25.tolist()) / unknown * float(ranked.coverage[0])),
        focus=float(ranked.coverage[0]) / content**2,
        lag=ranked.fused[leaders] - ranked.fused[0],
        lead=lead,
        codes_known=codes_known,
        match=match,
        shift=shift,
    )


def _leaders(questions: list[int]) -> list[int]:
    """For each passage the position of the first that stands under the same question; its own where it stands under none."""
    first: dict[int, int] = {}
    return [first.setdefault(question, n) if question else n for n, question in enumerate(questions)]


def _logistic(numbers: Numbers | np.float64) -> Numbers:
    probabilities: Numbers = np.exp(-np.logaddexp(0, -numbers))
    return probabilities
