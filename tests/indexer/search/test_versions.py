"""Which of several versions of a passage comes first."""

from collections.abc import Mapping, Sequence
from datetime import date

import numpy as np
import pytest

from askdex.indexer.search.fusion import Candidates
from askdex.indexer.search.retrieval import Ranking
from askdex.indexer.search.versions import copies, newest_first
from askdex.indexer.types import FILE_TIME, PLACES, PRINTED, REPLACED, Places

TODAY = date(2024, 6, 15)
OLD, NEW = date(2022, 1, 1).toordinal(), date(2024, 1, 1).toordinal()
RENT, PETS = 7, 8
ALIKE, OTHER = (1.0, 0.0), (0.0, 1.0)


def placed(rows: Sequence[Mapping[str, int]]) -> Places:
    """Places of passages, each of another document; fingerprints of texts differ unless they are given."""
    places = np.zeros(len(rows), PLACES)
    places["document"] = places["figures"] = range(1, len(rows) + 1)
    places["simhash"] = [0xFFFF << (16 * (n % 4)) | n // 4 for n in range(len(rows))]
    for n, row in enumerate(rows):
        for name, value in row.items():
            places[name][n] = value
    return places


def order(
    rows: Sequence[Mapping[str, int]],
    coverage: Sequence[float] = (),
    vectors: Sequence[tuple[float, float]] = (),
    fused: Sequence[float] = (),
    cosine_scale: float = 1.0,
) -> list[int]:
    """The positions that the passages had before, in their new order."""
    number = len(rows)
    scores = np.array(fused or np.linspace(1.0, 0.5, number))
    zeros = np.zeros(number)
    candidates = Candidates(
        np.arange(number), zeros, zeros, np.array(coverage or [1.0] * number), zeros, zeros, zeros, zeros, scores
    )
    ranking = Ranking(candidates, placed(rows), np.array(vectors or [ALIKE] * number, np.float32))
    ordered = newest_first(ranking, TODAY, cosine_scale)
    assert ordered.candidates.fused.tolist() == scores.tolist()
    shares = ordered.candidates.shares()
    assert [sum(share.values()) for share in shares] == pytest.approx(scores.tolist())
    return list(map(int, ordered.candidates.ids))


def test_of_two_versions_the_newer_comes_first() -> None:
    assert order([{"headings": RENT, "updated": OLD}, {"headings": RENT, "updated": NEW}]) == [1, 0]


def test_other_passages_keep_their_places() -> None:
    rows = [{"headings": RENT, "updated": OLD}, {"headings": PETS, "updated": NEW}, {"headings": RENT, "updated": NEW}]
    assert order(rows) == [2, 1, 0]


def test_passages_under_the_same_headings_that_mean_other_things_are_no_versions() -> None:
    rows = [{"headings": RENT, "updated": OLD}, {"headings": RENT, "updated": NEW}]
    assert order(rows, vectors=[ALIKE, OTHER]) == [0, 1]
    # A model that gives all texts similar vectors says by less that two mean other things.
    rather_alike = (0.85, 0.53)
    assert order(rows, vectors=[ALIKE, rather_alike]) == [1, 0]
    assert order(rows, vectors=[ALIKE, rather_alike], cosine_scale=2.8) == [0, 1]


def test_the_version_that_has_more_of_the_questions_words_comes_first() -> None:
    rows = [{"headings": RENT, "updated": OLD}, {"headings": RENT, "updated": NEW}]
    assert order(rows, coverage=[1.0, 0.7]) == [0, 1]


def test_a_version_out_of_force_comes_last_even_if_it_is_newer() -> None:
    rows = [{"headings": RENT, "updated": NEW, "flags": REPLACED}, {"headings": RENT, "updated": OLD}]
    assert order(rows) == [1, 0]
    for key, day in (("valid_until", TODAY.toordinal() - 1), ("valid_from", TODAY.toordinal() + 1)):
        assert order([{"headings": RENT, "updated": NEW, key: day}, {"headings": RENT, "updated": OLD}]) == [1, 0]
        assert order([{"headings": RENT, "updated": NEW, key: TODAY.toordinal()}, {"headings": RENT, "updated": OLD}]) == [0, 1]


def test_the_time_of_a_file_counts_only_beside_others_of_the_kind() -> None:
    filed = {"headings": RENT, "updated": NEW, "flags": FILE_TIME}
    assert order([{"headings": RENT, "updated": OLD}, filed]) == [0, 1]
    assert order([{"headings": RENT, "updated": OLD, "flags": FILE_TIME}, filed]) == [1, 0]


def test_of_copies_the_clean_one_comes_first_whatever_its_date() -> None:
    same = {"simhash": 5, "figures": 5}
    assert order([{**same, "updated": NEW, "flags": PRINTED}, {**same, "updated": OLD}]) == [1, 0]


def test_a_passage_out_of_force_is_not_first_where_one_in_force_answers_about_as_well() -> None:
    rows = [{"flags": REPLACED}, {}, {}]
    vectors = [ALIKE, OTHER, OTHER]
    assert order(rows, vectors=vectors, fused=[1.0, 0.95, 0.2]) == [1, 0, 2]
    assert order(rows, vectors=vectors, fused=[1.0, 0.8, 0.2]) == [0, 1, 2]
    assert order(rows, vectors=vectors, fused=[1.0, 0.95, 0.2], coverage=[1.0, 0.5, 1.0]) == [0, 1, 2]


def test_what_a_document_repeats_under_the_same_headings_is_there_once() -> None:
    same = {"simhash": 5, "figures": 5, "headings": RENT, "document": 1}
    assert copies(placed([same, {}, same, {**same, "document": 3}])) == [[0, 3], [1]]
    assert copies(placed([same, {**same, "headings": PETS}])) == [[0], [1]]
    assert copies(placed([same, {**same, "simhash": 4}])) == [[0], [1]]


def test_copies_are_together_unless_their_numbers_differ_or_they_are_of_one_document() -> None:
    same = {"simhash": 5, "figures": 5}
    assert copies(placed([same, {}, same, {"simhash": 5, "figures": 6}])) == [[0, 2], [1], [3]]
    assert copies(placed([same, {**same, "document": 1}])) == [[0], [1]]
