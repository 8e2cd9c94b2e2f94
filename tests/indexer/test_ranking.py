"""One order of passages, and their groups."""

from collections.abc import Sequence

import numpy as np
import pytest

from indexer.engine import PLACES, Places
from indexer.likeness import alike, fingerprint
from indexer.postings import word_hash
from indexer.ranking import grouped
from indexer.terms import terms

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
    return np.array([(document, n, 0, likeness) for n, (document, likeness) in enumerate(rows)], PLACES)


def fingerprints(texts: Sequence[str]) -> list[int]:
    return [fingerprint([word_hash(word) for word in terms(text)]) for text in texts]


def test_copies_are_alike_and_other_texts_are_not() -> None:
    found = alike(np.array(fingerprints([*COPIES, *OTHERS]), np.uint64))
    assert found[:3, :3].all()
    np.testing.assert_array_equal(found[3:], np.eye(7, dtype=np.bool_)[3:])


def test_a_text_without_words_has_a_fingerprint() -> None:
    assert fingerprint([]) == 0


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
