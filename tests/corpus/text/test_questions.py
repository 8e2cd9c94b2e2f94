import pytest

from askdex.corpus.text.questions import asking_part, ends_as_question, is_question


@pytest.mark.parametrize(
    "line", ["Why?", "Who pays? ", "谁来缴费？", "هل هو مجاني؟", 'He asked: "Who pays?"', "(Who pays?)", "“Who pays?”"]
)
def test_a_line_that_closes_with_a_question_mark_ends_as_a_question(line: str) -> None:
    assert ends_as_question(line)
    assert is_question(line)


@pytest.mark.parametrize("line", ["", "Who pays? The employer", "Costs", "?!"])
def test_a_line_with_another_end_does_not(line: str) -> None:
    assert not ends_as_question(line)


@pytest.mark.parametrize("heading", ["How to apply", " what you need", "WHO PAYS", "When it is paid"])
def test_a_heading_that_opens_with_an_asking_word_is_a_question(heading: str) -> None:
    assert is_question(heading)


@pytest.mark.parametrize("heading", ["", "Legal basis", "Whatever happens", "Howard Street", "The card: how to apply"])
def test_other_headings_are_no_questions(heading: str) -> None:
    assert not is_question(heading)


@pytest.mark.parametrize(
    ("text", "asking"),
    [
        (
            "Hello, we moved to the third floor last week and the lift has been broken since then, whom do we tell?",
            "whom do we tell?",
        ),
        (
            "Our cat ran off. We put up notices all over the street and in the shop. Does the shelter keep a list?",
            "Does the shelter keep a list?",
        ),
        (
            "The boiler makes a noise at night that wakes the whole house, and I would like to know who repairs it, thank you",
            "I would like to know who repairs it",
        ),
        (
            "Hello, how are you? Our cat ran off on Monday and we put up notices. Does the shelter keep a list?",
            "Does the shelter keep a list?",
        ),
        (
            "Two visitors come on Friday with a van that is high, and I do not know where they may park, can you help me?",
            "I do not know where they may park, can you help me?",
        ),
        (
            "I was on the ferry, and when I came home my keys were gone and the neighbours were asleep, who has a spare key?",
            "who has a spare key?",
        ),
        ("This is a long story about a cat and a dog that met in a wood, when they met it rained.", "when they met it rained."),
        ("Our cat ran off, does the shelter keep a list?", "Our cat ran off, does the shelter keep a list?"),
    ],
    ids=[
        "the last clause",
        "the last sentence",
        "without a question mark",
        "not how one is",
        "not for help",
        "not when",
        "when alone",
        "a short one as a whole",
    ],
)
def test_of_a_long_question_one_part_asks(text: str, asking: str) -> None:
    start, end = asking_part(text)
    assert text[start:end] == asking


@pytest.mark.parametrize("text", ["", "lost keys", " ".join(["word"] * 40)])
def test_where_nothing_is_seen_to_ask_all_does(text: str) -> None:
    assert asking_part(text) == (0, len(text))
