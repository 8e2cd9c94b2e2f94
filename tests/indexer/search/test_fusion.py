"""One order of passages, and their groups."""

from collections.abc import Sequence

import numpy as np
import pytest

from askdex.indexer.engine.analyzer import terms
from askdex.indexer.engine.features import KeywordFeatures
from askdex.indexer.engine.postings import word_hash
from askdex.indexer.engine.simhash import near_duplicates, simhash
from askdex.indexer.search.fusion import Candidates, fuse, grouped, ordered
from askdex.indexer.types import PLACES, Ids, Mode, Numbers, Places, Scores, Vectors

LEAVE = (
    "Employees who have worked for the same employer for at least one year without a break are entitled to paid annual leave. "
    "The leave is five days after one year, ten days after ten years and fifteen days after twenty years. Public holidays and "
    "days of rest do not count. Whoever cannot take it in a year may take it in the next, if the employer agrees in writing."
)
COPIES = [
    LEAVE,
    LEAVE.replace("ten days after ten years", "10 days after ten years"),
    LEAVE.upper().replace("  ", " "),
]
OTHERS = [
    "The office issues the card within ten days.",
    "The office issues the card within five days, free of charge.",
    LEAVE[:110],
    "Employees who have fallen ill for more than six months are entitled to a sickness benefit, which the fund pays.",
]


def places(*rows: tuple[int, int]) -> Places:
    """Places of passages by the numbers of their documents and their fingerprints."""
    found = np.zeros(len(rows), PLACES)
    found["document"], found["ordinal"] = [document for document, _ in rows], range(len(rows))
    found["simhash"] = [likeness for _, likeness in rows]
    return found


def fingerprints(texts: Sequence[str]) -> list[int]:
    return [simhash([word_hash(word) for word in terms(text)]) for text in texts]


def test_copies_are_alike_and_other_texts_are_not() -> None:
    every = np.array(fingerprints([*COPIES, *OTHERS]), np.uint64)
    found = near_duplicates(every[:, None], every)
    assert found[:3, :3].all()
    np.testing.assert_array_equal(found[3:], np.eye(7, dtype=np.bool_)[3:])


def test_a_text_without_words_has_a_fingerprint() -> None:
    assert simhash([]) == 0


@pytest.mark.parametrize(
    ("rows", "groups"),
    [
        ([], []),
        ([(1, 0)], [[0]]),
        ([(1, 0), (2, 255), (1, 2**40 - 1), (3, 255 << 50), (2, 0xFFFF << 30)], [[0, 2], [1, 4], [3]]),
        ([(1, 0), (2, 255), (3, 7)], [[0, 2], [1]]),
        # The third is a copy of the second, which is of the first one's document.
        ([(1, 2**63), (1, 255), (2, 255), (2, 2**20 - 1)], [[0, 1, 2, 3]]),
    ],
    ids=["none", "one", "by document", "by text", "by both"],
)
def test_a_passage_stands_behind_the_first_of_its_document_or_with_its_text(
    rows: list[tuple[int, int]], groups: list[list[int]]
) -> None:
    assert grouped(places(*rows)) == groups


def numbers(*given: float) -> Numbers:
    return np.array(given, np.float64)


def fused(cosines: Numbers, keyword: Numbers, vectors: Vectors | None = None, mode: Mode = Mode.FAST) -> Candidates:
    """Candidates of which only BM25 is known by words; where no vectors are given, none is like another."""
    zeros = np.zeros(len(cosines))
    vectors = np.eye(len(cosines), dtype=np.float32) if vectors is None else vectors
    ids: Ids = np.arange(len(cosines))
    return fuse(ids, cosines, KeywordFeatures(keyword, zeros, zeros, zeros, zeros), vectors, mode)


def test_a_score_is_the_sum_of_meaning_words_standing_and_nearness() -> None:
    vectors = np.array([[1, 0], [0.6, 0.8], [0, 1]], np.float32)
    found = fused(numbers(0.5, 0.4, 0.1), numbers(20, 18.5, 0), vectors)
    standing = np.exp(numbers(20, 18.5, 0) / 1.5)
    np.testing.assert_allclose(found.keyword_softmax, 0.1 * standing / standing.sum())
    alone = found.cosines + 0.008 * found.keyword + found.keyword_softmax
    weights = np.exp((alone - alone.max()) / 0.05)
    others = weights[None] * (1 - np.eye(3))
    nearness = (vectors @ vectors.T * others).sum(axis=1) / others.sum(axis=1)
    np.testing.assert_allclose(found.cluster_bonus, 0.15 * nearness, rtol=1e-6)
    np.testing.assert_allclose(found.fused, alone + 0.15 * nearness, rtol=1e-6)


def test_words_that_are_trusted_more_count_more() -> None:
    zeros = np.zeros(3)
    evidence = KeywordFeatures(numbers(20, 18.5, 0), zeros, zeros, zeros, zeros)
    vectors = np.eye(3, dtype=np.float32)
    once, twice = (fuse(np.arange(3), zeros, evidence, vectors, Mode.FAST, trust) for trust in (1.0, 2.0))
    np.testing.assert_allclose(twice.fused, 2 * once.fused)


def test_cosines_that_lie_close_together_are_spread() -> None:
    zeros = np.zeros(2)
    evidence = KeywordFeatures(zeros, zeros, zeros, zeros, zeros)
    vectors = np.eye(2, dtype=np.float32)
    found = fuse(np.arange(2), numbers(0.9, 0.8), evidence, vectors, Mode.FAST, cosine_scale=3.0)
    assert found.fused[0] - found.fused[1] == pytest.approx(0.3)
    assert sum(found.shares()[0].values()) == pytest.approx(found.fused[0])
    assert found.scores(Mode.FAST)[0].semantic == 0.9


def test_each_kind_of_words_counts() -> None:
    evidence = KeywordFeatures(
        numbers(1, 0, 0, 0), numbers(0, 1, 0, 0), numbers(0, 0, 1, 0), numbers(0, 0, 0, 1), numbers(0, 0, 0, 0)
    )
    found = fuse(np.arange(4), np.zeros(4), evidence, np.eye(4, dtype=np.float32), Mode.KEYWORD)
    assert found.fused.tolist() == found.keyword.tolist() == [1, 0.5, 0.35, 0.5]


def test_of_passages_that_are_as_good_that_which_others_are_like_comes_first() -> None:
    vectors = np.array([[0, 0, 1], [1, 0, 0], [0.8, 0.6, 0]], np.float32)
    found = fused(numbers(0.5, 0.5, 0.4), numbers(0, 0, 0), vectors)
    assert ordered(found, places((1, 0), (2, 0), (3, 0))).tolist() == [1, 0, 2]


@pytest.mark.parametrize(("mode", "order"), [(Mode.SEMANTIC, [0, 1, 2]), (Mode.KEYWORD, [2, 1, 0])])
def test_a_ranker_alone_orders_by_its_own_score(mode: Mode, order: list[int]) -> None:
    found = fused(numbers(0.9, 0.8, 0.7), numbers(1, 2, 30), mode=mode)
    assert ordered(found, places((1, 0), (2, 0), (3, 0))).tolist() == order


def test_one_candidate_and_none_have_scores() -> None:
    (scores,) = fused(numbers(0.5), numbers(10)).scores(Mode.FAST)
    assert scores == Scores(0.5, 10, scores.fused)
    assert scores.fused == pytest.approx(0.5 + 0.08 + 0.1)
    assert fused(numbers(), numbers()).scores(Mode.FAST) == []


def test_equal_scores_come_by_document_and_place() -> None:
    found = fused(numbers(0.5, 0.5, 0.5), numbers(0, 0, 0))
    assert ordered(found, places((3, 0), (1, 0), (1, 0))).tolist() == [1, 2, 0]
