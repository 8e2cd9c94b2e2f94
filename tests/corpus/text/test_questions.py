import pytest

from askdex.corpus.text.questions import ends_as_question, is_question


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
