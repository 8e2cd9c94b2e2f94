"""Acronyms that texts explain."""

import pytest

from askdex.indexer.engine.acronyms import explained_acronyms, letters_term, name_term
from askdex.indexer.engine.analyzer import terms


@pytest.mark.parametrize(
    ("text", "letters", "name"),
    [
        ("Whoever is ill gets a Sick Leave Grant (SLG) for a month.", "SLG", "Sick Leave Grant"),
        ("An SLG (sick leave grant) is paid.", "SLG", "sick leave grant"),
        ("the Office of Boats and Ferries (OBF)", "OBF", "Office of Boats and Ferries"),
        ("Rules of Order (ROO) hold.", "ROO", "Rules of Order"),
        ("Care for Older Workers (COW)", "COW", "Care for Older Workers"),
        ("the Self-Employed Sailors' Association (SESA)", "SESA", "Self-Employed Sailors' Association"),
        ("our “Minimal Travel Plans” (MTPs)", "MTP", "Minimal Travel Plans"),
        ("Search & Rescue (S&R)", "S&R", "Search & Rescue"),
        ("das Amt für Fähren (AF)", "AF", "Amt für Fähren"),
    ],
)
def test_each_letter_begins_a_word_of_the_name(text: str, letters: str, name: str) -> None:
    assert [(one.letters, one.name) for one in explained_acronyms(text)] == [(letters, name)]


@pytest.mark.parametrize(
    "text", ["", "Ask early (NB)", "the form (PDF)", "NB (see there)", "Sick Leave, and then (SL)", "(SLG) Sick Leave"]
)
def test_what_stands_beside_a_bracket_by_chance_explains_nothing(text: str) -> None:
    assert explained_acronyms(text) == []


def test_a_passage_that_explains_an_acronym_has_a_term_for_it_and_for_its_name() -> None:
    held = terms("He gets a Sick Leave Grant (SLG).")
    assert letters_term("SLG") in held
    assert name_term(["sick", "leave", "grants"]) in held
    assert letters_term("SLG") not in terms("The SLG is paid.")
