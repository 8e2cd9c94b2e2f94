"""Token vectors in one bit a dimension, and how well questions match them."""

from dataclasses import replace

import numpy as np
import pytest

from askdex.indexer.models import late_interaction, token_codes, token_models
from askdex.indexer.models.token_codes import QuestionTokens, TokenCodec
from askdex.indexer.types import Numbers, Vectors

CODECS = [late_interaction.CODEC, token_models.MULTILINGUAL_CODEC]
every_codec = pytest.mark.parametrize("codec", CODECS, ids=lambda codec: codec.model)


def matches(codec: TokenCodec, question: Vectors, passages: list[Vectors]) -> Numbers:
    return QuestionTokens(question, codec).matches([codec.codes(passage) for passage in passages])


def unit_vectors(codec: TokenCodec, number: int, seed: int = 0) -> Vectors:
    """Vectors that have the centre in common, as those of a model do."""
    noise = np.random.default_rng(seed).standard_normal((number, token_codes.DIMENSION)).astype(np.float32)
    vectors = codec.centre + noise * 0.64 / np.sqrt(token_codes.DIMENSION)
    scaled: Vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return scaled


@pytest.mark.parametrize(("codec", "size"), [(CODECS[0], 48 + 2), (CODECS[1], 96 + 2)])
def test_a_token_takes_some_bits_for_each_dimension_and_two_bytes(codec: TokenCodec, size: int) -> None:
    assert len(codec.codes(unit_vectors(codec, 7))) == 7 * size


@every_codec
def test_a_match_is_near_the_mean_of_the_best_cosines(codec: TokenCodec) -> None:
    unbounded = replace(codec, same_word=1.0, whole_match=1.0, unrelated=0.0, scale=1.0)
    question = unit_vectors(codec, 5)
    passages = [unit_vectors(codec, 20 + n, seed=n) for n in range(1, 9)]
    exact = np.array([(question @ passage.T).max(axis=1).mean() for passage in passages])
    np.testing.assert_allclose(matches(unbounded, question, passages), exact, atol=0.05 / codec.bits)


@every_codec
def test_the_passage_that_holds_the_tokens_matches_best(codec: TokenCodec) -> None:
    question, other = unit_vectors(codec, 4), unit_vectors(codec, 30, seed=1)
    without, holding = matches(codec, question, [other, np.concatenate([other, question])])
    assert holding > without + 0.1 * codec.scale


@every_codec
def test_no_match_is_more_than_whole(codec: TokenCodec) -> None:
    question = unit_vectors(codec, 3)
    assert matches(codec, question, [question])[0] == pytest.approx(codec.scale * (codec.whole_match - codec.unrelated))


@every_codec
def test_a_match_does_not_depend_on_other_passages(codec: TokenCodec) -> None:
    question = unit_vectors(codec, 6)
    passages = [unit_vectors(codec, 10 + n, seed=n) for n in range(5)]
    alone = [matches(codec, question, [passage])[0] for passage in passages]
    np.testing.assert_allclose(matches(codec, question, passages), alone, atol=1e-6)
