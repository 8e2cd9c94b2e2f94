"""The words of a segment as people write them."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz.distance import OSA

from askdex.indexer.engine.vocabulary import SpellingIndex

WORDS = st.text("abcé登ß", min_size=3, max_size=9)


@given(st.sets(WORDS), WORDS, st.integers(0, 2))
def test_the_near_words_are_those_within_the_distance(words: set[str], word: str, edits: int) -> None:
    near = SpellingIndex.of(words).within(word, edits)
    assert sorted(near) == sorted(other for other in words if OSA.distance(word, other) <= edits)


@pytest.mark.parametrize("mistake", ["insurnce", "insuurance", "insurence", "insuarnce"])
def test_a_letter_may_be_left_out_put_in_changed_or_turned_with_its_neighbour(mistake: str) -> None:
    assert SpellingIndex.of(["insurance", "assurance", "insure"]).within(mistake, 1) == ["insurance"]


def test_numbers_and_words_of_two_letters_are_left_out() -> None:
    assert SpellingIndex.of(["of", "w2form", "2024", "care", "card", "a" * 65]).words() == ["card", "care"]


def test_it_is_the_same_in_whatever_order_the_words_come(tmp_path: Path) -> None:
    SpellingIndex.of(["widow", "card", "rent", "card"]).save(tmp_path)
    other = SpellingIndex.of(["card", "rent", "widow"])
    for name in ("signatures", "ends", "spelling", "spelling_ends"):
        np.testing.assert_array_equal(getattr(SpellingIndex.load(tmp_path), name), getattr(other, name))


def test_one_without_words_has_none_near() -> None:
    assert SpellingIndex.of([]).within("card", 2) == []
