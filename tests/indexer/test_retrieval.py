"""From a question to its ranked candidates."""

from pathlib import Path

import numpy as np
import pytest

from indexer import retrieval
from indexer.building import built
from indexer.engine import Entry, Place
from indexer.manifest import Draft

NEAR, FURTHER, FAR = (np.array([[of, (1 - of**2) ** 0.5]], np.float32) for of in (1.0, 0.8, 0.1))


@pytest.mark.parametrize(
    ("question", "first"),
    [
        ("Oduya", 2),
        ("who is Oduya?", 2),
        ("0.35", 2),
        ("How do I ask the office about pensions, cards, leave or Oduya?", 1),
        ("somebody", 1),
    ],
    ids=["a name", "a name in a question", "a number", "one word of many", "a word that is not held"],
)
def test_the_fewer_words_a_question_has_the_more_they_count(tmp_path: Path, question: str, first: int) -> None:
    texts = {1: ("The office answers.", NEAR), 2: ("Oduya pays 0.35 a mile.", FURTHER)}
    texts |= {n: (f"Nothing is told here of number {n}.", FAR) for n in range(3, 100)}
    entries = [Entry(n, "", text, vectors, Place(document=n)) for n, (text, vectors) in texts.items()]
    found, _ = retrieval.ranked(built(entries, Draft(tmp_path)), question, NEAR[0])
    assert found.ids[0] == first
