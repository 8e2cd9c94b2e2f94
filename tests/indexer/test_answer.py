"""The sentence of a passage that answers the question."""

import pytest

from indexer.answer import answering_sentence
from tests.stubs import StubEncoder


def answer(question: str, text: str) -> str | None:
    encoder = StubEncoder()
    span = answering_sentence(question, encoder.encode_questions([question])[0], text, encoder)
    return None if span is None else text[span.start : span.end]


@pytest.mark.parametrize(
    ("question", "text", "expected"),
    [
        pytest.param(
            "Who issues the card?",
            "Keep it safe. The office issues the card. It costs nothing.",
            "The office issues the card.",
            id="a sentence",
        ),
        pytest.param(
            "Who issues the card?",
            "Keep it safe.\n\nThe office issues the card. It costs nothing.\n\nAsk there.",
            "The office issues the card.",
            id="in the middle of a paragraph",
        ),
        pytest.param(
            "How long is the leave?",
            "You must:\n1. bring the form\n2. take the leave, how long it is\n3. return",
            "2. take the leave, how long it is",
            id="an item of a list",
        ),
        pytest.param(
            "fee for a copy",
            "Service | Fee\nRegistration | none\nA copy | a fee of 2",
            "A copy | a fee of 2",
            id="a row of a table",
        ),
        pytest.param(
            "Service and fee", "Service | Fee\nRegistration | none", "Registration | none", id="not the names of the columns"
        ),
        pytest.param(
            "Who issues the card?",
            "Who issues the card? The office does. Go there.",
            "The office does.",
            id="not the question itself",
        ),
        pytest.param("社保卡 谁发？", "请妥善保管。社保卡 由社保局发。免费。", "社保卡 由社保局发。", id="Chinese"),
        pytest.param("anything", "Only one sentence here.", "Only one sentence here.", id="the only one"),
        pytest.param("Who?", "  \n Only this.\n ", "Only this.", id="without the blanks around it"),
        pytest.param("Is it?", "Is it so?", "Is it so?", id="a question where there is nothing else"),
        pytest.param("name", "Name | Fee", "Name | Fee", id="column names where there is nothing else"),
        pytest.param("Who?", "", None, id="no text"),
        pytest.param("Who?", " \n\n ", None, id="blanks"),
    ],
)
def test_the_answer_is(question: str, text: str, expected: str | None) -> None:
    assert answer(question, text) == expected


def test_of_equal_sentences_the_first_is_the_answer() -> None:
    encoder = StubEncoder()
    text = "The same. The same. The same."
    span = answering_sentence("same", encoder.encode_questions(["same"])[0], text, encoder)
    assert span is not None
    assert (span.start, span.end) == (0, 9)


def test_inflected_words_of_the_question_count_beside_the_vectors() -> None:
    # No sentence has a word in the asked form, so the vectors of these words are as good as chance.
    text = "Employers keep the books. Employers register their employees. Employers pay the office."
    assert answer("registering an employee", text) == "Employers register their employees."


def test_a_sentence_that_is_wrapped_by_hand_is_one_answer() -> None:
    sentence = "If you are outside the country, contact your nearest\nembassy or consulate\nto replace a lost passport."
    assert answer("replace lost passport outside country", f"Fees differ.\n{sentence} Wait.") == sentence


def test_short_lines_and_items_are_answers_of_their_own() -> None:
    assert answer("phone number", "Office hours\nPhone number 12333\nPostal address") == "Phone number 12333"
    assert answer("phone number", "- ask at the office\n- ask by phone number\n- write") == "- ask by phone number"
