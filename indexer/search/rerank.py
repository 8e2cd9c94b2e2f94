"""A cross-encoder reads the question with the best candidates, and with sentences of the best one.

In the mode fast the reader of the installation does, with two candidates; in precise mode whatever cross-encoder is used, with
more.
"""

import math
import threading
from collections.abc import Callable, Sequence
from copy import copy
from itertools import accumulate

import numpy as np
from cachetools import LRUCache

from askdex.corpus.passages import context
from askdex.indexer.models import packaged, reranker
from askdex.indexer.models.encoder import Encoder
from askdex.indexer.models.multilingual_reader import MultilingualReader
from askdex.indexer.models.reader import PassageReader
from askdex.indexer.models.reranker import Reranker
from askdex.indexer.search import fusion
from askdex.indexer.search.asked import asked_text
from askdex.indexer.search.fusion import Candidates
from askdex.indexer.types import Mode, Numbers, Positions, StoredPassage, Vectors

DEFAULT_TOKENS = 3_000
"""Tokens of passages to read for a question: about 400 ms on two cores (AMD EPYC, bfloat16), which read some 8,000 a second.
The few sentences that are read to mark one come on top."""

DEEPEST = 20
"""Candidates that may be read; what stands further down is seldom what was looked for."""

_READERS_DEEPEST = 5
"""The same for the reader of the installation: with more, fewer questions get the right passage first (three collections)."""

_FAST_DEEPEST = 2
"""Candidates that the reader reads in the mode fast."""

_ANSWERS = 0.0
"""Log-odds by which the reader says that a passage answers: then no other has to be read to tell whether one does."""

_MOST_LOG_ODDS, _READERS_MOST_LOG_ODDS = 9.0, 2.5
"""Taken as the largest log-odds that the next candidate may have: about the 98th percentile of those of ms-marco-MiniLM-L12-v2.
The reader's is a margin above its own 98th percentile, which is 1.8."""

_REMEMBERED = 256
"""Texts read for a question whose log-odds are kept: those of some twenty questions."""


class RerankStage:
    """A cross-encoder, loaded when it is first needed, and how many tokens it may read to rank for one question.

    Many threads may use it at once. `is_at_hand` is whether it is installed. Without `load` it is the default one, a reader:
    it reads the best passages in the mode fast too, and tells whether they answer. Beside the multilingual encoder another
    reader reads those in other languages than English, on the same scale.
    """

    def __init__(
        self,
        tokens: int = DEFAULT_TOKENS,
        load: Callable[[], Reranker] | None = None,
        *,
        is_at_hand: bool | None = None,
    ) -> None:
        self.is_at_hand = reranker.is_reranker_installed() if is_at_hand is None else is_at_hand
        self._tokens = tokens
        self._most_log_odds = _MOST_LOG_ODDS if load else _READERS_MOST_LOG_ODDS
        self._deepest = DEEPEST if load else _READERS_DEEPEST
        self._weights = fusion.FUSION_WEIGHTS if load else fusion.READER_WEIGHTS
        self._named = load
        self._load = load or reranker.load_reranker
        self._load_multilingual: Callable[[], Reranker] | None = None
        self._loaded: dict[Callable[[], Reranker], Reranker] = {}
        self._read: LRUCache[tuple[str, str, str], float] = LRUCache(_REMEMBERED)
        self._lock = threading.Lock()

    def beside(self, encoder: Encoder) -> "RerankStage":
        """The same for an index that was made with this encoder."""
        stage = copy(self)
        stage._load_multilingual = None if self._named else reranker.multilingual_loader(encoder)
        return stage

    def tells_answers(self, language: str) -> bool:
        """Whether a reader of the installation reads documents in a language."""
        if self._named is not None or not self.is_at_hand or not self.knows(language):
            return False
        return isinstance(self._model(language), PassageReader | MultilingualReader)

    def depth(self, mode: Mode) -> int:
        """How many of the best candidates may be read in the mode fast or precise."""
        return _FAST_DEEPEST if mode is Mode.FAST else self._deepest

    def reranked(self, question: str, language: str, ranked: Candidates, texts: Sequence[str]) -> tuple[Candidates, Positions]:
        """Ranked candidates, at least one, with what reading the first adds, and their new order.

        `texts` are those of the first candidates, as many as may be read (`depth`). `language` is that of the first.

        They are read from the best down until the tokens are spent or the first rank is settled: the next candidate could not
        come first even with the largest log-odds. To read on finds no better order (nDCG@10); with ms-marco-MiniLM-L12-v2, of
        20 candidates, it takes four to eight times as many tokens. The reader of the installation reads the second too where
        the first does not answer. A candidate that lacks what the question names is not read where another has it: it would
        gain by words on something else. Raises MissingExtraError, ModelError.
        """
        affordable = _affordable(self._model(language).count(question, texts), self._tokens)
        is_passed_over = _passed_over(ranked, affordable)
        log_odds: list[float] = []
        for text, passes in zip(texts[:affordable], is_passed_over, strict=True):
            if not self._is_undecided(log_odds) and self._is_settled(ranked.fused, log_odds):
                break
            log_odds.append(math.nan if passes else self.score(question, language, text))
        return fusion.reranked(ranked, log_odds, self._weights)

    def score(self, question: str, language: str, text: str) -> float:
        """The log-odds that a text of a document in a language answers. Raises MissingExtraError, ModelError."""
        return self._scores(question, language, [text])[0]

    def log_odds(self, question: str, passage: StoredPassage, sentences: Sequence[str]) -> Vectors:
        """The log-odds that each sentence of a passage answers, of shape (n,). Raises MissingExtraError, ModelError."""
        # A sentence that says "it" is understood from the title.
        texts = [read_text(passage, sentence) for sentence in sentences]
        return np.array(self._scores(question, passage.document.language, texts), np.float32)

    def knows(self, language: str) -> bool:
        """Whether something reads documents in a language; of a model that the user named this is taken for granted."""
        return self._named is not None or self._load_multilingual is not None or language in packaged.LANGUAGES

    def _scores(self, question: str, language: str, texts: Sequence[str]) -> list[float]:
        """The log-odds that each text answers; of a long question the mean with those of the part of it that asks.

        They are kept: sentences are read to tell whether one answers, and again to mark it.
        """
        with self._lock:
            kept = ((text, self._read.get((language, question, text))) for text in texts)
            known = {text: log_odds for text, log_odds in kept if log_odds is not None}
        new = [text for text in texts if text not in known]
        if new:
            model = self._model(language)
            log_odds = [model.scores(asked, new) for asked in dict.fromkeys((question, asked_text(question)))]
            mean: Vectors = np.mean(log_odds, axis=0, dtype=np.float32)
            known |= zip(new, map(float, mean), strict=True)
            with self._lock:
                self._read.update(((language, question, text), known[text]) for text in new)
        return [known[text] for text in texts]

    def _is_undecided(self, log_odds: Sequence[float]) -> bool:
        """Whether the second has to be read because the first does not answer."""
        read = [odds for odds in log_odds if not math.isnan(odds)]
        return self._named is None and len(read) == 1 and read[0] < _ANSWERS

    def _is_settled(self, fused: Numbers, log_odds: Sequence[float]) -> bool:
        """Whether the next candidate cannot come first any more, whatever is read in it."""
        if all(map(math.isnan, log_odds)):
            return False
        scores = fused[: len(log_odds) + 1] + fusion.rerank_gains([*log_odds, self._most_log_odds], self._weights)
        return bool(scores[:-1].max() > scores[-1])

    def _model(self, language: str) -> Reranker:
        """What reads documents in a language."""
        others = self._load_multilingual
        load = self._load if others is None or language in packaged.LANGUAGES else others
        with self._lock:
            if load not in self._loaded:
                self._loaded[load] = load()
            return self._loaded[load]


def read_text(passage: StoredPassage, text: str | None = None) -> str:
    """What a cross-encoder reads for a passage, or for a part of its text: title and headings, then the text."""
    return f"{context(passage.document.title, passage.heading_path)}\n{passage.text if text is None else text}"


def _passed_over(ranked: Candidates, number: int) -> list[bool]:
    """Which of so many of the best lack what the question names; none where all do."""
    lacks = [False] * number if ranked.lacks is None else ranked.lacks[:number].tolist()
    return [False] * number if all(lacks) else lacks


def _affordable(counts: Sequence[int], tokens: int) -> int:
    """How many texts may be read, at least one."""
    return max(1, sum(spent <= tokens for spent in accumulate(counts)))
