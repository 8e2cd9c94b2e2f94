"""What is suggested while somebody types."""

from collections.abc import Sequence

import pytest

from askdex.server.suggestions import Suggestions

QUESTIONS = [
    "Who issues the card?",
    "What does it cost if the card is lost, and who pays?",
    "3. Who pays for a lost card?",
    "Is the résumé kept?",
    "社保卡丢了怎么办？",
    "Who is dismissed first?",
    "Who pays?",
    "How do I apply?",
]


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("who", ["Who issues the card?", "Who is dismissed first?", "Who pays for a lost card?", QUESTIONS[1]]),
        ("WHO PAYS", ["Who pays for a lost card?", QUESTIONS[1]]),
        ("card lo", ["Who pays for a lost card?", QUESTIONS[1]]),
        ("card?", ["Who issues the card?", "Who pays for a lost card?", QUESTIONS[1]]),
        ("ard", []),
        ("card zebra", []),
        ("résu", ["Is the résumé kept?"]),
        ("卡丢", ["社保卡丢了怎么办？"]),
        ("", []),
        ("?!", []),
    ],
)
def test_questions_are_suggested_that_hold_all_words(typed: str, found: Sequence[str]) -> None:
    assert Suggestions(QUESTIONS).of(typed, 10) == found


def test_no_more_are_suggested_than_are_asked_for() -> None:
    assert Suggestions(QUESTIONS).of("who", 2) == ["Who issues the card?", "Who is dismissed first?"]


@pytest.mark.parametrize("denied", [("dismissed",), ("Is  DISMISSED",), ("", "dismissed first")])
def test_what_is_denied_is_not_suggested(denied: Sequence[str]) -> None:
    suggestions = Suggestions(QUESTIONS, denied)
    assert "Who is dismissed first?" not in suggestions.of("who", 10)
    assert len(suggestions.of("who", 10)) == 3
    assert Suggestions(QUESTIONS, ("miss",)).of("dismissed", 10) == ["Who is dismissed first?"]
