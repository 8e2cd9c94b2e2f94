"""Best bets: questions whose answer editors have chosen, found again in other words.

A question is meant that has the same numbers as one of the editors', and is as near to it in meaning as the limits say: as a
whole, and each of its tokens (`alike`). Past the higher limit it is taken for theirs; of 1,200 pairs of different questions on
one subject, written to be hard to tell apart, 1% are. From the lower limit on it is if a reader says that the passage answers
it. With the default model, of 54 other wordings of questions on the starter collection 27 are then taken for them (of 46 that
ask for something else there, 8), and of 161 hard pairs on documents that no model was fitted on, one.
"""

import math
import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from operator import itemgetter

import numpy as np
from cachetools import LRUCache

from askdex.indexer.engine.analyzer import located_words
from askdex.indexer.engine.protocol import Opened
from askdex.indexer.models.encoder import DEFAULT_MODEL, MULTILINGUAL_MODEL, Encoder, canonical_name
from askdex.indexer.models.token_codes import QuestionTokens
from askdex.indexer.search.late_interaction import LateInteractionStage
from askdex.indexer.types import BestBet, Curation, Vectors

SURELY_ALIKE = {DEFAULT_MODEL: 3.6, MULTILINGUAL_MODEL: 4.45}
"""The likeness (see `alike`) from which two questions mean the same, by the model: `python -m tests.benchmarks best-bets`."""

LEAST_ALIKE = {DEFAULT_MODEL: 3.0, MULTILINGUAL_MODEL: 4.07}
"""The least likeness of two questions that may mean the same. A fifth of the pairs of different questions have it, and with the
default model two thirds of the wordings of one."""

LEAST_READ = 1.0
"""The log-odds by which a reader must say that the passage answers a question that may mean the same.
Chosen by hand on the figures above."""

_COMPARED = 8
"""The nearest questions of editors, whose tokens are compared. Chosen by hand."""

_LEAST_COSINE = 0.5
"""The cosine of questions whose tokens are compared: with less hardly any has the least likeness. Chosen by hand."""

LEAST_COSINES = {DEFAULT_MODEL: 0.85, MULTILINGUAL_MODEL: 0.965}
"""The least cosine of two questions that mean the same, by the model, where no tokens can be compared. Chosen by
hand on what `python -m tests.benchmarks best-bets` told of cosines alone: they find one wording in six."""

_UNMEASURED = 0.95
"""The same for other models, of which nothing was measured. Chosen by hand."""

_TOKENS_REMEMBERED = 256
"""Questions of editors whose tokens are kept at hand, of some 15 KB each."""

_READERS_REMEMBERED = 64
"""Different accesses to a generation for which the bets are kept at hand."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """A question of the editors, and the passages of its document that may answer, by their ids.

    `is_sure` is whether what was asked means the same; else it is to be taken only where one of them answers it.
    """

    question: str
    passages: Sequence[int]
    is_sure: bool = True


@dataclass(frozen=True, slots=True)
class _Readable:
    """The bets whose documents may be read, a wording each; `vectors` has shape (wordings, dimension)."""

    wordings: Sequence[Chosen]
    vectors: Vectors


class BestBets:
    """Finds what editors have chosen for a question; many threads may ask at once."""

    def __init__(self, encoder: Encoder, late_interaction: LateInteractionStage) -> None:
        name = canonical_name(encoder.name)
        self._encode = encoder.encode_questions
        self._late_interaction = late_interaction
        self._least = LEAST_COSINES.get(name, _UNMEASURED)
        self._least_alike, self._surely_alike = LEAST_ALIKE.get(name, math.inf), SURELY_ALIKE.get(name, math.inf)
        self._tokens: LRUCache[str, QuestionTokens | None] = LRUCache(_TOKENS_REMEMBERED)
        self._known: LRUCache[tuple[str, Curation], _Readable] = LRUCache(_READERS_REMEMBERED)
        # Even reading an LRUCache changes the order of its entries.
        self._lock = threading.Lock()

    def chosen(self, opened: Opened, question: str, vector: Vectors, tokens: QuestionTokens | None = None) -> Chosen | None:
        """What is chosen for a question with this vector and these tokens, of the documents that may be read; the most alike.

        Raises ModelError.
        """
        if not opened.curation.best_bets:
            return None
        bets = self._readable(opened)
        if not bets.wordings:
            return None
        cosines = bets.vectors @ vector
        nearest: list[int] = np.argsort(-cosines, kind="stable")[:_COMPARED].tolist()
        asked, figures = _plain(question), _figures(question)
        likeness: list[tuple[float, Chosen]] = []
        for n in nearest:
            wording = bets.wordings[n]
            if _plain(wording.question) == asked:
                return wording
            if _figures(wording.question) == figures:
                likeness.append((self._likeness(opened, float(cosines[n]), tokens, wording), wording))
        if not likeness:
            return None
        best, wording = max(likeness, key=itemgetter(0))
        return replace(wording, is_sure=best >= self._surely_alike) if best >= self._least_alike else None

    def _likeness(self, opened: Opened, cosine: float, tokens: QuestionTokens | None, wording: Chosen) -> float:
        """See `alike`; where no tokens can be compared, what the cosine alone says: all or nothing."""
        if tokens is None or cosine < _LEAST_COSINE:
            return math.inf if cosine >= self._least else -math.inf
        other = self._tokens_of(opened, wording.question)
        return -math.inf if other is None else alike(cosine, tokens, other)

    def _tokens_of(self, opened: Opened, question: str) -> QuestionTokens | None:
        with self._lock:
            if question in self._tokens:
                return self._tokens[question]
        tokens = self._late_interaction.question(opened, question)
        with self._lock:
            self._tokens[question] = tokens
        return tokens

    def _readable(self, opened: Opened) -> _Readable:
        key = opened.state.token, opened.curation
        with self._lock:
            if key in self._known:
                return self._known[key]
        # The lock is not held here: another thread may do the same, which costs time but no correctness.
        wordings = [
            Chosen(question, passages)
            for bet, passages in zip(opened.curation.best_bets, passages_of(opened, opened.curation.best_bets), strict=True)
            if passages
            for question in bet.questions
        ]
        texts = [wording.question for wording in wordings]
        bets = _Readable(wordings, self._encode(texts) if texts else np.zeros((0, 0), np.float32))
        with self._lock:
            self._known[key] = bets
        return bets


def alike(cosine: float, one: QuestionTokens, other: QuestionTokens) -> float:
    """How much two questions, with the cosine of their vectors, mean the same: up to 5.

    cosine + 2 * (that of the token of one which the other meets worst) + 2 * (the same the other way round)
    """
    return cosine + 2 * sum(one.least_met(other))


def passages_of(opened: Opened, bets: Sequence[BestBet]) -> list[Sequence[int]]:
    """The passages that each bet points to; none where its document, or one with its words, may not be read or is not there."""
    found = opened.passages_of_documents([bet.document for bet in bets])
    return [_with_words(opened, found.get(bet.document, ()), bet.words) for bet in bets]


def _with_words(opened: Opened, passages: Sequence[int], words: str) -> Sequence[int]:
    wanted = _plain(words)
    if not wanted:
        return passages
    texts = opened.passages(passages)
    return [number for number, passage in zip(passages, texts, strict=True) if wanted in _plain(passage.text)]


def _figures(question: str) -> set[str]:
    """The words of a question that have a digit: the hotline 12333 is another than 12393."""
    return {word.text for word in located_words(question) if any(map(str.isdigit, word.text))}


def _plain(text: str) -> str:
    """A text without what is only typed or laid out otherwise."""
    return " ".join(text.casefold().split())
