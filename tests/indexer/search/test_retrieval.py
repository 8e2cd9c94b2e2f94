"""From a question to its ranked candidates."""

from pathlib import Path
from typing import cast

import numpy as np
import pytest

from askdex.indexer.engine.build import built
from askdex.indexer.engine.files import EngineWriter
from askdex.indexer.engine.protocol import Opened
from askdex.indexer.search import retrieval
from askdex.indexer.search.relevance import THRESHOLD
from askdex.indexer.search.retrieval import Search
from askdex.indexer.types import Calibration, IndexedPassage, Place, Vectors

NEAR, FURTHER, FAR = (np.array([[of, (1 - of**2) ** 0.5]], np.float32) for of in (1.0, 0.8, 0.1))


def indexed(number: int, text: str, vectors: Vectors) -> IndexedPassage:
    return IndexedPassage(number, "", text, vectors, Place(document=number), [(0, len(text))])


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
    entries = [indexed(n, text, vectors) for n, (text, vectors) in texts.items()]
    opened = cast(Opened, built(entries, EngineWriter(tmp_path)))
    assert retrieval.ranked(opened, Search(question, NEAR[0])).candidates.ids[0] == first


@pytest.mark.parametrize(
    ("question", "is_answered"),
    [
        ("What does error E01 mean?", True),
        ("What does error E45 mean?", False),
        ("Where is SOP-017 kept?", True),
        ("Where is SOP 017 kept?", True),
        ("Where is SOP-099 kept?", False),
        ("Where is SOP-017-B kept?", False),
        ("What does error 45 mean?", False),
        ("Who earns 45000 a year?", True),
        ("I am 45 and was laid off, who earns less?", True),
        ("I have a pump E45 at home, and now it is blocked; what can I do about it, is it error E01?", True),
    ],
)
def test_a_code_that_no_passage_holds_leaves_nothing_relevant(tmp_path: Path, question: str, *, is_answered: bool) -> None:
    texts = ["Error E01 means that the pump is blocked.", "SOP-017 is kept in the laboratory.", "Who earns less pays less."]
    entries = [indexed(n, text, NEAR) for n, text in enumerate(texts)]
    opened = cast(Opened, built(entries, EngineWriter(tmp_path)))
    usual = Calibration(foreign=0.1, own=0.5, passages=len(texts))
    ranking = retrieval.ranked(opened, Search(question, NEAR[0]), usual)
    relevance = retrieval.relevance_features(opened, usual, question, ranking).relevance()
    assert bool(relevance.max() >= THRESHOLD) == is_answered
