"""The kinds of answer that are asked for, and the texts that hold them."""

import pytest

from askdex.indexer.search.answer_kinds import KINDS, asked_kinds, held_weight


def kinds(question: str) -> set[str]:
    return {name for name, kind in KINDS.items() if kind in asked_kinds(question)}


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("How many kayaks are there?", {"number"}),
        ("What does a lesson cost?", {"money"}),
        ("How long is the hall closed?", {"number", "duration"}),
        ("Who keeps the ropes?", {"person"}),
        ("How do I phone the hall?", {"contact"}),
        ("May guests climb alone?", {"decision"}),
        ("Wie lange ist die Halle zu?", {"number", "duration"}),
        ("谁管绳子", {"person"}),
        ("the ropes", set()),
    ],
)
def test_a_question_asks_for_kinds_of_answer(question: str, expected: set[str]) -> None:
    assert kinds(question) == expected


def test_of_a_long_question_the_part_that_asks_decides() -> None:
    story = "Last week I paid 20 euros for a lesson at the climbing hall and then left my own rope on the bench there. "
    assert kinds(f"{story}Who keeps such things?") == {"person"}


@pytest.mark.parametrize(
    ("question", "holds", "lacks"),
    [
        ("How many kayaks are there?", "There are nine.", "There are some."),
        ("What does a lesson cost?", "It is 20 euros.", "It is free at noon."),
        ("Until when is it closed?", "For two weeks.", "For repairs."),
        ("Who keeps the ropes?", "They are kept by Iva Lund.", "They are kept dry."),
        ("How do I phone the hall?", "Dial 555-123-456.", "Dial nothing."),
        ("May guests climb alone?", "Guests never climb alone.", "Guests climb with friends."),
    ],
)
def test_a_text_holds_a_kind_of_answer(question: str, holds: str, lacks: str) -> None:
    assert held_weight(asked_kinds(question), holds) > held_weight(asked_kinds(question), lacks)


def test_the_number_of_an_item_is_no_number() -> None:
    asked = asked_kinds("How many kayaks are there?")
    assert held_weight(asked, "3. some kayaks") == 0
    assert held_weight(asked, "3. four kayaks") > 0
