"""Synonyms: a question with one word of a group is found by the others."""

from contextlib import closing
from pathlib import Path

import pytest

from askdex.indexer.ingest.update import update
from askdex.indexer.search.searcher import open_searcher
from askdex.indexer.search.synonyms import Expanded, expanded, unheld
from askdex.indexer.types import Curation, Query
from tests.stubs import StubEncoder, write_files

ESA = ("ESA", "Employment and Support Allowance")
PTO = ("PTO", "annual leave", "paid holidays")


class StubVocabulary:
    passage_count, average_length = 100, 10.0

    def __init__(self, **held: int) -> None:
        self.held = held

    def document_frequency(self, forms: tuple[str, ...]) -> int:
        return sum(self.held.get(form, 0) for form in forms)

    def spellings(self, _word: str, _edits: int) -> list[str]:
        return []


BOTH = StubVocabulary(esa=3, employ=4, support=5, allow=6, annual=2, leav=9, pto=1)
LONG_ALONE = StubVocabulary(employ=4, support=5, allow=6, annual=2, leav=9, paid=1, holiday=1)


@pytest.mark.parametrize(
    ("question", "found"),
    [
        ("Who gets ESA?", Expanded("Who gets ESA?", ("Employment and Support Allowance",))),
        ("who gets esa", Expanded("who gets esa", ("Employment and Support Allowance",))),
        (
            "Is the employment and support allowance taxed?",
            Expanded("Is the employment and support allowance taxed?", ("ESA",)),
        ),
        ("Is my employment safe?", Expanded("Is my employment safe?")),
        ("How much PTO do I get?", Expanded("How much PTO do I get?", ("annual leave",))),
    ],
)
def test_others_of_the_group_that_documents_hold_are_added(question: str, found: Expanded) -> None:
    assert expanded(question, [ESA, PTO], BOTH) == found


def test_words_that_no_document_holds_give_place_to_the_usual_ones() -> None:
    asked = "Does ESA end when my PTO begins?"
    taken = "Does Employment and Support Allowance end when my annual leave begins?"
    assert expanded(asked, [ESA, PTO], LONG_ALONE) == Expanded(taken, ("paid holidays",))
    added = ("Employment and Support Allowance", "annual leave", "paid holidays")
    assert expanded(asked, [ESA, PTO], LONG_ALONE, replaces=False) == Expanded(asked, added)


def test_there_is_a_bound() -> None:
    group = [f"word{letter}" for letter in "abcdefghijklmnopqrst"]
    held = StubVocabulary(**dict.fromkeys(group, 1))
    assert len(expanded("worda", [group], held).added) == 8


def test_groups_of_which_nothing_is_held_are_told() -> None:
    assert unheld([ESA, ("dole", "jobless pay")], BOTH) == [("dole", "jobless pay")]


def test_a_question_is_found_by_the_words_of_the_documents(tmp_path: Path) -> None:
    pages = {f"{room}.md": f"# The {room}\n\nWe clean the {room} on Mondays.\n" for room in ("attic", "cellar", "kitchen")}
    write_files(tmp_path / "docs", {**pages, "leave.md": "# Annual leave\n\nEverybody has thirty days of annual leave.\n"})
    index = tmp_path / "index"
    update(index, [tmp_path / "docs"], load_encoder=StubEncoder, curation=Curation(synonyms=(PTO,)))
    with closing(open_searcher(index, StubEncoder)) as searcher:
        response = searcher.search(Query("How much PTO is there?"))
        assert response.results[0].passage.document.uri == "leave.md"
        assert response.corrected == "How much annual leave is there?"
        as_written = searcher.search(Query("How much PTO is there?", correct=False))
        assert as_written.corrected is None
        assert as_written.synonyms == ("annual leave",)
        assert as_written.results[0].passage.document.uri == "leave.md"
        assert searcher.search(Query("How much PTO is there?", curated=False)).synonyms == ()
