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
    relevance = retrieval.relevance_features(opened, usual, question, ranking, None).relevance()
    assert bool(relevance.max() >= THRESHOLD) == is_answered


TICKETS = {1: "The season ticket is green.", 2: "A ticket of the season.", 3: "No student has a season ticket.", 4: "The The"}


def first_ids(folder: Path, search: Search) -> list[int]:
    opened = cast(Opened, built([indexed(n, text, NEAR) for n, text in TICKETS.items()], EngineWriter(folder)))
    ids: list[int] = retrieval.ranked(opened, search).candidates.ids.tolist()
    return ids


def test_passages_that_hold_a_phrase_come_first(tmp_path: Path) -> None:
    assert set(first_ids(tmp_path, Search("season ticket", NEAR[0], phrases=["season ticket"]))[:2]) == {1, 3}


def test_passages_that_hold_an_excluded_word_are_left_out(tmp_path: Path) -> None:
    assert set(first_ids(tmp_path, Search("season ticket", NEAR[0], excluded=["students"]))) == {1, 2, 4}


def test_function_words_alone_are_a_phrase(tmp_path: Path) -> None:
    assert first_ids(tmp_path, Search("The The", NEAR[0]))[0] == 4


@pytest.mark.parametrize(("question", "first"), [("student pensions", 2), ("Which student pensions are there?", 1)])
def test_names_alone_are_found_where_all_stand_before_where_none_does(tmp_path: Path, question: str, first: int) -> None:
    texts = {1: ("Wells are deep.", NEAR), 2: ("Pensions of a student.", FURTHER)}
    entries = [indexed(n, text, vectors) for n, (text, vectors) in texts.items()]
    opened = cast(Opened, built(entries, EngineWriter(tmp_path)))
    assert retrieval.ranked(opened, Search(question, NEAR[0])).candidates.ids[0] == first


def test_what_is_named_comes_first_and_its_document_next(tmp_path: Path) -> None:
    texts = ["All wells are deep.", "Rule 7 is on wells.", "Wells are registered.", "A well is a hole."]
    documents = [1, 2, 2, 3]
    entries = [
        IndexedPassage(n, "", text, NEAR if n == 0 else FURTHER, Place(document=document), [(0, len(text))])
        for n, (text, document) in enumerate(zip(texts, documents, strict=True))
    ]
    opened = cast(Opened, built(entries, EngineWriter(tmp_path)))
    assert retrieval.ranked(opened, Search("What does rule 7 say of wells?", FURTHER[0])).candidates.ids[:2].tolist() == [1, 2]


def test_synonyms_of_the_one_word_of_a_question_do_not_lessen_what_words_count(tmp_path: Path) -> None:
    opened = cast(Opened, built([indexed(n, text, NEAR) for n, text in TICKETS.items()], EngineWriter(tmp_path)))
    searches = Search("ticket", NEAR[0]), Search("ticket", NEAR[0], synonyms=["the season student"])
    alone, beside = (retrieval.ranked(opened, search).candidates.keyword_softmax for search in searches)
    assert beside.sum() == pytest.approx(alone.sum())
