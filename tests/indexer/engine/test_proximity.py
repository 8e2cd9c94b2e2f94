"""What the words of a question say of passages by where they stand: as simple code says it."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest

from askdex.indexer.engine import bm25
from askdex.indexer.engine.keywords import KeywordIndex, SegmentPostings
from askdex.indexer.engine.postings import PostingsWriter

Passage = list[list[str]]
"""The words of the context, then those of each sentence."""

WORDS = ["card", "lost", "office", "fee", "the", "of", *(f"w{n}" for n in range(12))]


def passages(number: int, seed: int) -> list[Passage]:
    chances = np.random.default_rng(seed)
    sizes = [chances.integers(0, 9, chances.integers(1, 6)) for _ in range(number)]
    return [[chances.choice(WORDS, size).tolist() for size in of_passage] for of_passage in sizes]


def index(segments: Sequence[Sequence[Passage]]) -> KeywordIndex:
    found = []
    for segment in segments:
        writer = PostingsWriter()
        for passage in segment:
            writer.add(passage)
        found.append(SegmentPostings(writer.finish(np.arange(len(segment), dtype=np.int32)), None))
    return KeywordIndex(found)


def alone(words: Sequence[str]) -> dict[str, Sequence[str]]:
    """The words of a question that have no other forms."""
    return dict.fromkeys(words, ())


def simply(every: Sequence[Passage], passage: Passage, question: Sequence[str]) -> list[float]:
    """BM25, pairs, best sentence, context and coverage of a passage among all."""
    words = [[word for part in of for word in part] for of in every]
    average = sum(map(len, words)) / len(words)
    own = [word for part in passage for word in part]
    weights = {
        word: bm25.idf(sum(word in of for of in words), len(words)) * (0.5 if word in ("the", "of") else 1)
        for word in question
        if any(word in of for of in words)
    }
    norm = 0.8 * (1 - 0.9 + 0.9 * len(own) / average)
    whole = sum(weight * 1.8 * own.count(word) / (own.count(word) + norm) for word, weight in weights.items())
    beside = {two for part in passage for two in pairwise(part)}
    pairs = sum(
        max(weights[word] for word in two) for two in set(pairwise(question)) if two in beside and not {"the", "of"} >= set(two)
    )
    context, *sentences = (sum(weight for word, weight in weights.items() if word in part) for part in passage)
    telling = set(question) - {"the", "of"} or set(question)
    asked = {word: weights.get(word, bm25.idf(0, len(words))) for word in telling}
    held = sum(weight for word, weight in asked.items() if word in own)
    return [whole, pairs, max(sentences, default=0.0), context, held / (sum(asked.values()) or 1)]


@pytest.mark.parametrize(
    "question",
    [
        "the card of the office",
        "card",
        "lost card lost card fee",
        "w1 w2 w3 unknown w4 w5",
        "of the",
        "unknown",
        "",
        " ".join(WORDS * 20),
    ],
)
def test_the_evidence_of_all_segments_is_what_simple_code_finds(question: str) -> None:
    small: list[Passage] = [[[], ["card"]], [["card", "office"]], [[]]]
    segments = [passages(60, 1), passages(9, 2), small]
    every = [passage for segment in segments for passage in segment]
    known = index(segments)
    asked = known.asked(alone(question.split()), question.split())
    for number, segment in enumerate(segments):
        rows = np.arange(len(segment), dtype=np.int32)[::-2]
        found = np.array(known.evidence(number, asked, rows))
        expected = np.array([simply(every, segment[row], question.split()) for row in rows])
        np.testing.assert_allclose(found.T, expected, rtol=1e-5, atol=1e-6)


def test_a_passage_has_the_same_evidence_in_any_company() -> None:
    known = index([passages(60, 1)])
    words = ["card", "of", "the", "office", "fee", "w3"]
    asked = known.asked(alone(words), words)
    together = np.array(known.evidence(0, asked, np.arange(60, dtype=np.int32)))
    apart = [np.array(known.evidence(0, asked, np.array([row], np.int32)))[:, 0] for row in range(60)]
    np.testing.assert_array_equal(together.T, apart)


def test_a_joined_form_stands_for_each_of_its_words() -> None:
    known = index([[[[], ["health", "care"]], [[], ["healthcare"]], [[], ["care"]]]])
    asked = known.asked({"health": ["healthcare"], "care": ["healthcare"]}, ["health", "care"])
    found = known.evidence(0, asked, np.arange(3, dtype=np.int32))
    assert found.coverage[:2].tolist() == [1, 1] > found.coverage[2:].tolist()
    assert found.sentence[0] == found.sentence[1] > found.sentence[2]
    assert [bool(pair) for pair in found.pairs] == [True, False, False]
