"""What people write into a question to steer the search."""

import pytest

from askdex.indexer.search.operators import Steered, steered


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("ticket -student", Steered("ticket", (), ("student",))),
        ("-student ticket for a -season", Steered("ticket for a", (), ("student", "season"))),
        ("ticket NOT student", Steered("ticket", (), ("student",))),
        ("ticket AND NOT student", Steered("ticket", (), ("student",))),
        ('"season ticket" price', Steered('"season ticket" price', ("season ticket",))),
        ("What is a »season ticket« for?", Steered("What is a »season ticket« for?", ("season ticket",))),
    ],
)
def test_phrases_and_excluded_words_are_told_apart(question: str, expected: Steered) -> None:
    assert steered(question) == expected


@pytest.mark.parametrize(
    "question",
    [
        "lost card",
        "What does -verbose do?",
        "a well-known part-time job",
        "from 3 - 5 o'clock",
        "grep -v",
        "-student",
        "ticket NOT valid?",
        "I have NOT paid",
        "card NOT received",
        "TICKET NOT STUDENT",
        'a 12" pipe',
    ],
)
def test_all_else_is_asked_as_it_is(question: str) -> None:
    assert steered(question) == Steered(question)
