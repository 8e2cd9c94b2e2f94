"""What a text names by numbers and codes, and what it only counts."""

import pytest

from askdex.indexer.engine.identifiers import Certainty, asked_identifiers, index_forms


def forms(text: str) -> set[str]:
    return {form.text for form in index_forms(text)}


def first_asked(question: str) -> list[str]:
    """The most exact spelling of each identifier that has no word beside it in it."""
    return [
        next(form.text for form in identifier.forms if form.text in forms(question))
        for identifier in asked_identifiers(question)
    ]


@pytest.mark.parametrize(
    ("text", "spellings"),
    [
        ("The pump is a PX200.", {"px200"}),
        ("The pump is a PX-200-C.", {"px200c", "px200"}),
        ("Valve TR.0311-20", {"tr031120", "tr0311"}),
        ("an A4x2.5 nut", {"a4x25", "a4x2", "a4"}),
        ("release 7.1", {"7.1", "version7.1", "version#"}),
        ("v7.1.3", {"7.1.3", "version7.1.3", "version#"}),
        ("Rule 8 holds.", {"rule8", "rule#"}),
        ("Sec. 8 holds.", {"section8", "section#"}),
        ("§ 8a holds.", {"8a", "section8a", "section#"}),
        ("EN 197-1", {"1971", "197", "en1971", "en197", "en#"}),
        ("Rules 4, 5 and 9", {"rule4", "rule5", "rule9", "rule#"}),
        ("Rules 4 to 6", {"rule4", "rule5", "rule6", "rule#"}),
        ("Rules 4-6", {"rule4", "rule5", "rule6", "rule#"}),
        ("hall no. 3, hall: 4", {"hall3", "hall4", "hall#"}),
        ("Fire doors | 12 | 3 euros", {"#12"}),
        ("7. Closing times", {"#7"}),
        ("第十二条", {"第12条"}),
        ("제12조", {"第12조"}),
    ],
)
def test_a_passage_is_found_under_these_spellings(text: str, spellings: set[str]) -> None:
    assert forms(text) == spellings


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("PX-200", "PX200"),
        ("PX 200", "px-200"),
        ("v7.1.3", "Version 7.1.3"),
        ("TR 0311-20", "TR031120"),
        ("Windows 10", "Windows10"),
        ("Sections 8", "§ 8"),
        ("第一百零三条", "第103条"),
        ("第一〇三条", "第103条"),
        ("第十条", "第10条"),
    ],
)
def test_spellings_of_the_same_share_one_form(one: str, other: str) -> None:
    assert first_asked(one)[0] in forms(other)


@pytest.mark.parametrize(("question", "whole"), [("PX-200 CDE", "px200cde"), ("KL PX200 CD", "klpx200cd")])
def test_short_words_beside_a_code_may_be_parts_of_it(question: str, whole: str) -> None:
    assert asked_identifiers(question)[0].forms[0].text == whole


@pytest.mark.parametrize(
    "text",
    [
        "I walked 25 km in 3 hours, aged 61, and paid 40 euros.",
        "It costs $1,350.50 or 20%.",
        "a 30-day notice since 2019, in 2019-20, at 18:30, open 24/7",
        "My son is 9 and my income was 45000.",
        "until 3 May 2024",
        "No number at all, in three words.",
        "on the 21st, 5kg each",
    ],
)
def test_what_is_counted_or_measured_names_nothing(text: str) -> None:
    assert asked_identifiers(text) == []
    assert {form for form in forms(text) if not form.startswith("#")} <= {"1350.50"}


@pytest.mark.parametrize(
    ("question", "certainty"),
    [
        ("What does rule 8 say about dogs in the yard?", Certainty.CERTAIN),
        ("Is the pump PX200 quiet enough for a small flat?", Certainty.CERTAIN),
        ("Does it run on the old Ferrite 8 that we have?", Certainty.LIKELY),
        ("ferrite 8", Certainty.LIKELY),
        ("Does it run on the old ferrite 8 that we have?", Certainty.POSSIBLE),
        ("331", Certainty.CERTAIN),
    ],
)
def test_some_nouns_with_a_number_are_surely_names(question: str, certainty: Certainty) -> None:
    assert [identifier.certainty for identifier in asked_identifiers(question)] == [certainty]


def test_a_form_stands_for_its_span_of_the_text() -> None:
    text = "As rule 8 says, PX-200 is loud."
    assert {(form.text, text[form.start : form.end]) for form in index_forms(text)} == {
        ("rule8", "rule 8"),
        ("rule#", "rule 8"),
        ("px200", "PX-200"),
    }


def test_a_long_range_names_only_its_ends() -> None:
    assert forms("Rules 1 to 900") == {"rule1", "rule900", "rule#"}


def test_a_code_without_end_has_a_bounded_form() -> None:
    assert max(map(len, forms("x1" * 1_000))) == 64


def test_capitals_behind_a_code_may_be_a_part_of_it() -> None:
    held = {form.text for form in index_forms("Send the form W-8 BEN and the form E45 soon.")}
    assert {"w8", "w8ben", "e45"} <= held
    assert "e45soon" not in held
