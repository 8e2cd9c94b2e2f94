"""Best bets: questions whose answer editors have chosen, found again in other words.

A question is meant that is as near to one of the editors' in meaning as the limit says, and has the same numbers in it. Of
1,200 pairs of different questions on one subject, written to be hard to tell apart, 4.3% are as near as that with the default
model, 5.2% with the multilingual one; of 1,249 rephrasings of 125 questions none was as near to another one of these. To its
own 21% are, and 7%: wrong matches are rare, and editors name the wordings that are usual.
"""

import threading
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from cachetools import LRUCache

from askdex.indexer.engine.analyzer import located_words
from askdex.indexer.engine.protocol import Opened
from askdex.indexer.models.encoder import DEFAULT_MODEL, MULTILINGUAL_MODEL, Encoder, canonical_name
from askdex.indexer.types import BestBet, Curation, Vectors

LEAST_COSINES = {DEFAULT_MODEL: 0.85, MULTILINGUAL_MODEL: 0.965}
"""The least cosine of two questions that mean the same, by the model; see `python -m tests.benchmarks best-bets`."""

_UNMEASURED = 0.95
"""The same for other models."""

_READERS_REMEMBERED = 64
"""Different accesses to a generation for which the bets are kept at hand."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """A question of the editors, and the passages of its document that may answer, by their ids."""

    question: str
    passages: Sequence[int]


@dataclass(frozen=True, slots=True)
class _Readable:
    """The bets whose documents may be read, a wording each; `vectors` has shape (wordings, dimension)."""

    wordings: Sequence[Chosen]
    vectors: Vectors


class BestBets:
    """Finds what editors have chosen for a question; many threads may ask at once."""

    def __init__(self, encoder: Encoder) -> None:
        self._encode = encoder.encode_questions
        self._least = LEAST_COSINES.get(canonical_name(encoder.name), _UNMEASURED)
        self._known: LRUCache[tuple[str, Curation], _Readable] = LRUCache(_READERS_REMEMBERED)
        # Even reading an LRUCache changes the order of its entries.
        self._lock = threading.Lock()

    def chosen(self, opened: Opened, question: str, vector: Vectors) -> Chosen | None:
        """What is chosen for a question with this vector, of the documents that may be read; the first of equally near ones."""
        if not opened.curation.best_bets:
            return None
        bets = self._readable(opened)
        if not bets.wordings:
            return None
        cosines = bets.vectors @ vector
        asked = _plain(question)
        order: list[int] = np.argsort(-cosines, kind="stable").tolist()
        for n in order:
            wording = bets.wordings[n]
            if _plain(wording.question) == asked:
                return wording
            if cosines[n] < self._least:
                return None
            if _figures(wording.question) == _figures(question):
                return wording
        return None

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
