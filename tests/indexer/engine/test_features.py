"""What the words of a question say of passages by where they stand: as simple code says it."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

import numpy as np
import pytest

from askdex.indexer.engine import bm25
from askdex.indexer.engine.features import keyword_features, score_of, term_gains
from askdex.indexer.engine.postings import END, term_hash
from askdex.indexer.engine.protocol import Found
from askdex.indexer.engine.question import weighed
from askdex.indexer.types import PLACES

Passage = list[list[str]]
"""The words of the context, then those of each sentence."""

WORDS = ["card", "lost", "offic", "fee", "the", "of", *(f"w{n}" for n in range(12))]


def passages(number: int, seed: int) -> list[Passage]:
    chances = np.random.default_rng(seed)
    sizes = [chances.integers(0, 9, chances.integers(1, 6)) for _ in range(number)]
    return [[chances.choice(WORDS, size).tolist() for size in of_passage] for of_passage in sizes]


@dataclass(frozen=True)
class Words:
    """The vocabulary of some passages."""

    of: Sequence[Passage]

    @property
    def passage_count(self) -> int:
        return len(self.of)

    @property
    def average_length(self) -> float:
        return max(1.0, sum(len(words(passage)) for passage in self.of) / max(1, len(self.of)))

    def document_frequency(self, forms: tuple[str, ...]) -> int:
        return sum(not set(forms).isdisjoint(words(passage)) for passage in self.of)

    def spellings(self, word: str, edits: int) -> list[str]:
        raise NotImplementedError


def words(passage: Passage) -> list[str]:
    return [word for part in passage for word in part]


def found(every: Sequence[Passage]) -> Found:
    """Passages as an engine gives them, without vectors."""
    sequences = [[code for part in passage for code in (*map(term_hash, part), END)] for passage in every]
    ends = np.array([0, *accumulate(map(len, sequences))])
    terms = np.array([code for sequence in sequences for code in sequence], np.uint32)
    nothing = np.zeros(len(every) + 1, np.intp)
    return Found(np.arange(len(every)), np.zeros(len(every), PLACES), np.empty((0, 0), np.float32), nothing, terms, ends)


def simply(every: Sequence[Passage], passage: Passage, question: Sequence[str]) -> list[float]:
    """BM25, pairs, best sentence, context and coverage of a passage among all."""
    texts = list(map(words, every))
    average = sum(map(len, texts)) / len(texts)
    own = words(passage)
    weights = {
        word: bm25.idf(sum(word in text for text in texts), len(texts)) * (0.5 if word in ("the", "of") else 1)
        for word in question
        if any(word in text for text in texts)
    }
    norm = 0.8 * (1 - 0.9 + 0.9 * len(own) / average)
    whole = sum(weight * 1.8 * own.count(word) / (own.count(word) + norm) for word, weight in weights.items())
    beside = {two for part in passage for two in pairwise(part)}
    pairs = sum(
        max(weights[word] for word in two) for two in set(pairwise(question)) if two in beside and not {"the", "of"} >= set(two)
    )
    context, *sentences = (sum(weight for word, weight in weights.items() if word in part) for part in passage)
    telling = set(question) - {"the", "of"} or set(question)
    asked = {word: weights.get(word, bm25.idf(0, len(texts))) for word in telling}
    held = sum(weight for word, weight in asked.items() if word in own)
    return [whole, pairs, max(sentences, default=0.0), context, held / (sum(asked.values()) or 1)]


@pytest.mark.parametrize(
    "question",
    [
        "the card of the offic",
        "card",
        "lost card lost card fee",
        "w1 w2 w3 unknown w4 w5",
        "of the",
        "unknown",
        "",
        " ".join(WORDS * 20),
    ],
)
def test_the_features_are_what_simple_code_finds(question: str) -> None:
    small: list[Passage] = [[[], ["card"]], [["card", "office"]], [[]]]
    every = [*passages(60, 1), *passages(9, 2), *small]
    terms = weighed(question, Words(every))
    expected = np.array([simply(every, passage, question.split()) for passage in every])
    np.testing.assert_allclose(np.array(keyword_features(found(every), terms, Words(every))).T, expected, rtol=1e-5, atol=1e-6)


def test_a_passage_has_the_same_features_in_any_company() -> None:
    every = passages(60, 1)
    terms = weighed("card of the office fee w3", Words(every))
    together = np.array(keyword_features(found(every), terms, Words(every)))
    apart = [np.array(keyword_features(found([passage]), terms, Words(every)))[:, 0] for passage in every]
    np.testing.assert_array_equal(together.T, apart)


def test_a_joined_form_stands_for_each_of_its_words() -> None:
    every: list[Passage] = [[[], ["health", "care"]], [[], ["healthcar"]], [[], ["care"]]]
    result = keyword_features(found(every), weighed("health care", Words(every)), Words(every))
    assert result.coverage[:2].tolist() == [1, 1] > result.coverage[2:].tolist()
    assert result.sentence[0] == result.sentence[1] > result.sentence[2]
    assert [bool(pair) for pair in result.pairs] == [True, False, False]


def test_terms_whose_hashes_end_alike_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    codes = {"card": 0x10001, "lost": 0x20001, "fee": 0x30001, "w1": 0x10002, "lostcard": 0x40005}
    monkeypatch.setattr("askdex.indexer.engine.features.term_hash", codes.__getitem__)
    monkeypatch.setitem(globals(), "term_hash", codes.__getitem__)
    every: list[Passage] = [[[], ["card"]], [[], ["lost"]], [[], ["fee"]], [[], ["w1", "card"]]]
    gains = term_gains(found(every), weighed("lost card", Words(every)), Words(every))
    assert [set(of_passage) for of_passage in gains] == [{"card"}, {"lost"}, set(), {"card"}]


def test_a_text_that_is_not_in_the_index_is_scored_as_if_it_were() -> None:
    every = passages(60, 1)
    terms = weighed("card of the office", Words(every))
    scores = keyword_features(found(every), terms, Words(every)).bm25
    assert [score_of(words(passage), terms, Words(every)) for passage in every] == pytest.approx(scores.tolist(), rel=1e-6)
