"""Token vectors in one bit a dimension, and how well questions match them."""

import numpy as np
import pytest

from askdex.indexer.models import token_codes
from askdex.indexer.types import Vectors


def unit_vectors(number: int, seed: int = 0) -> Vectors:
    """Vectors that have the centre in common, as those of a model do."""
    noise = np.random.default_rng(seed).standard_normal((number, token_codes.DIMENSION)).astype(np.float32)
    vectors = token_codes.centre() + noise * 0.64 / np.sqrt(token_codes.DIMENSION)
    scaled: Vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return scaled


def test_a_token_takes_a_bit_for_each_dimension_and_two_bytes() -> None:
    assert len(token_codes.passage_codes(unit_vectors(7))) == 7 * (48 + 2)


def test_a_match_is_near_the_mean_of_the_best_cosines() -> None:
    question = unit_vectors(5)
    passages = [unit_vectors(20 + n, seed=n) for n in range(1, 9)]
    exact = np.array([(question @ passage.T).max(axis=1).mean() for passage in passages])
    found = token_codes.matches(question, [token_codes.passage_codes(passage) for passage in passages])
    np.testing.assert_allclose(found, exact, atol=0.05)


def test_the_passage_that_holds_the_tokens_matches_best() -> None:
    question, other = unit_vectors(4), unit_vectors(30, seed=1)
    passages = [other, np.concatenate([other, question])]
    without, holding = token_codes.matches(question, [token_codes.passage_codes(passage) for passage in passages])
    assert holding > without + 0.1


def test_no_match_is_more_than_whole() -> None:
    question = unit_vectors(3)
    assert token_codes.matches(question, [token_codes.passage_codes(question)])[0] == pytest.approx(0.9)


def test_a_match_does_not_depend_on_other_passages() -> None:
    question = unit_vectors(6)
    codes = [token_codes.passage_codes(unit_vectors(10 + n, seed=n)) for n in range(5)]
    together = token_codes.matches(question, codes)
    alone = [token_codes.matches(question, [of_passage])[0] for of_passage in codes]
    np.testing.assert_allclose(together, alone, atol=1e-6)
