import pytest

from askdex.corpus.text import lines as shapes
from askdex.corpus.text.lines import Line, continues, counts_on, lines, runs

_WIDTH = 60
_FULL = "The form is handed in at the office of the local National".ljust(56, ".")


@pytest.mark.parametrize("line", ["- a form", "• a form", "  * a form", "– a form", "➢  a form", "+ a form"])
def test_a_bullet_opens_an_item_and_can_be_taken_away(line: str) -> None:
    assert shapes.has_bullet(line)
    assert shapes.opens_item(line)
    assert shapes.without_bullet(line) == "a form"


@pytest.mark.parametrize(
    "line", ["1. a form", "12) a form", "(3) a form", "b) a form", "(iv) a form", "①表格", "（1）表格", "1、表格", "1,表格"]
)
def test_a_number_opens_an_item_and_stays(line: str) -> None:
    assert shapes.has_number(line)
    assert shapes.opens_item(line)
    assert shapes.without_bullet(line) == line


@pytest.mark.parametrize(
    "line", ["a form", "-5 degrees", "1,000 yuan", "12, the other one", "3.5 per cent", "2024. Later", "it. Then", "*", "1."]
)
def test_what_opens_no_item(line: str) -> None:
    assert not shapes.opens_item(line)


@pytest.mark.parametrize(
    ("line", "rest"), [("1. a form", "a form"), (" (iv) a form", "a form"), ("5 forms", "5 forms"), ("", "")]
)
def test_the_number_of_an_item_ends_where_its_text_begins(line: str, rest: str) -> None:
    assert line[shapes.number_end(line) :] == rest


def test_a_bullet_within_a_line_stays() -> None:
    assert shapes.without_bullet("1. a form – or none") == "1. a form – or none"


@pytest.mark.parametrize("word", ["•", "-", "1.", "(a)", "iv)", "2.3", "2.3.", "4"])
def test_a_marker_is_a_word_that_numbers_what_follows(word: str) -> None:
    assert shapes.is_marker(word)


@pytest.mark.parametrize("word", ["form", "1,000", "--", "x", "12345"])
def test_other_words_are_no_markers(word: str) -> None:
    assert not shapes.is_marker(word)


@pytest.mark.parametrize(
    ("line", "number"),
    [
        ("2.3 Fees", "2.3"),
        ("2.3. Fees", "2.3"),
        ("4 Fees", "4"),
        ("4", None),
        ("Fees 4", None),
        ("4) Fees", None),
        ("1234 Fees", None),
    ],
)
def test_the_number_of_a_section(line: str, number: str | None) -> None:
    assert shapes.outline_number(line) == number


@pytest.mark.parametrize(
    "line", ["It is.", "Is it?", "He said: “It is.”", "You need:", "and;", "是。", "（是。）", "Wait…", "（表）；", "(Ask.) "]
)
def test_a_closed_line_ends_with_a_mark(line: str) -> None:
    assert shapes.is_closed(line)


@pytest.mark.parametrize("line", ["It is", "It is,", "the law.3", "It is (so)", "v. 2"])
def test_other_lines_are_not_closed(line: str) -> None:
    assert not shapes.is_closed(line)


@pytest.mark.parametrize("line", ["the law.3", "the law.”12", "the law.[3]"])
def test_a_line_may_be_closed_before_the_number_of_a_note(line: str) -> None:
    assert shapes.is_closed_before_note(line)
    assert not shapes.is_closed(line)


def test_running_text_ends_as_no_heading_does() -> None:
    assert all(map(shapes.ends_as_running_text, ["It is.", "It is,", "是、", "是；"]))
    assert not any(map(shapes.ends_as_running_text, ["in the U.S.", "It is?", "It is:", "It is"]))


def test_a_colon_leads_in() -> None:
    assert shapes.leads_in("You need: ")
    assert shapes.leads_in("材料：")
    assert not shapes.leads_in("You need")


@pytest.mark.parametrize("line", ["=====", " --- ", "~~~", "***", "___"])
def test_an_underline_is_a_row_of_one_sign(line: str) -> None:
    assert shapes.is_underline(line)
    assert not shapes.is_underline(line.strip()[:2])
    assert not shapes.is_underline(f"{line} x")


def test_the_lines_of_a_text_know_how_wide_their_paragraph_is() -> None:
    assert lines("Lost\ncards\n\nA\n") == [Line(0, 4, 5), Line(5, 10, 5), Line(11, 11, 0), Line(12, 13, 1)]
    assert lines("a\fbc") == [Line(0, 1, 2), Line(2, 4, 2)]
    assert lines("") == []


@pytest.mark.parametrize(
    ("line", "following"),
    [
        (_FULL, "Insurance, where it is stamped"),
        ("If you are outside,", "contact the office"),
        ("It is issued by the office", "(nearest to you)"),
        ("It is issued by the", "“nearest” office"),
    ],
    ids=["no room", "lower case", "lower case in brackets", "lower case in quotation marks"],
)
def test_a_sentence_goes_on_in_the_next_line(line: str, following: str) -> None:
    assert continues(line, following, _WIDTH)


@pytest.mark.parametrize(
    ("line", "following", "width"),
    [
        ("The office", "Room 12", _WIDTH),
        (_FULL, "Insurance", 200),
        ("The form is handed in at the office.", "and more", _WIDTH),
        ("You need:", "a form", _WIDTH),
        ("It is issued by", "(a) the office", _WIDTH),
        ("It is issued by", "- the office", _WIDTH),
        ("Service | fee", "a copy", _WIDTH),
        ("", "a copy", _WIDTH),
        ("a form", " ", _WIDTH),
    ],
    ids=[
        "room left",
        "not wrapped",
        "closed",
        "a lead-in",
        "a number",
        "a bullet",
        "a row",
        "after a blank line",
        "a blank line",
    ],
)
def test_a_sentence_does_not_go_on_in_the_next_line(line: str, following: str, width: int) -> None:
    assert not continues(line, following, width)


def test_the_entries_of_a_list_may_begin_in_lower_case() -> None:
    text = "Fees:\nregistration\ncopies of the register\nstamps\n\nHe asks\nwhere it is"
    assert [text[start:end] for start, end in runs(text, lines(text))] == [
        "Fees:",
        "registration",
        "copies of the register",
        "stamps",
        "",
        "He asks\nwhere it is",
    ]


@pytest.mark.parametrize(
    "line", ["She asks at the", "Er fragt beim Amt der", "Se paga en el Instituto de", "Il demande au bureau des"]
)
def test_a_line_that_ends_as_no_sentence_does_goes_on_in_the_next(line: str) -> None:
    assert continues(line, "Office", 100)
    assert not continues(f"{line}.", "Office", 100)


@pytest.mark.parametrize(
    ("line", "following", "expected"),
    [
        ("1. a", "2. b", True),
        ("h) a", "i) b", True),
        ("(iv) a", "(v) b", True),
        ("① a", "② b", True),
        ("1、表", "2、表", True),
        ("- a", "- b", True),
        ("- a", "* b", False),
        ("1) a", "2. b", False),
        ("1. a", "3. b", False),
        ("a. x", "B. y", False),
    ],
)
def test_items_of_a_list_count_on(line: str, following: str, expected: bool) -> None:  # noqa: FBT001
    assert counts_on(line, following) is expected
