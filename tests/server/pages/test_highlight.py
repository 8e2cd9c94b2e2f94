"""The marks on a text: they cut it, and never change it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from askdex.corpus.types import Link
from askdex.indexer.engine.analyzer import content_forms, terms
from askdex.server.pages.highlight import Mark, linked, segments, word_marks

NAMES = st.sampled_from(["answer", "passage", "word"])
TEXTS = st.text(max_size=40)
# A machine that is busy with other things is no failure.
unhurried = settings(deadline=None)


@st.composite
def marked_texts(draw: st.DrawFn) -> tuple[str, int, int, list[Mark]]:
    """A text, a span of it, and marks that may lie over each other or reach out of the span."""
    text = draw(TEXTS)
    places = st.integers(0, len(text))

    def span() -> tuple[int, int]:
        first, second = draw(places), draw(places)
        return min(first, second), max(first, second)

    marks = [Mark(*span(), draw(NAMES)) for _ in range(draw(st.integers(0, 6)))]
    return text, *span(), marks


@unhurried
@given(marked_texts())
def test_segments_put_together_give_back_the_text(case: tuple[str, int, int, list[Mark]]) -> None:
    text, start, end, marks = case
    assert "".join(segment.text for segment in segments(text, start, end, marks)) == text[start:end]


@unhurried
@given(marked_texts())
def test_every_character_has_the_names_of_the_marks_over_it(case: tuple[str, int, int, list[Mark]]) -> None:
    text, start, end, marks = case
    names = [segment.names for segment in segments(text, start, end, marks) for _ in segment.text]
    assert names == [{mark.name for mark in marks if mark.start <= at < mark.end} for at in range(start, end)]


@unhurried
@given(marked_texts())
def test_no_segment_is_empty(case: tuple[str, int, int, list[Mark]]) -> None:
    assert all(segment.text for segment in segments(*case))


def test_marks_over_each_other_are_cut_where_they_cross() -> None:
    parts = segments("the card costs", 0, 14, [Mark(0, 8, "answer"), Mark(4, 14, "word")])
    assert [(segment.text, set(segment.names)) for segment in parts] == [
        ("the ", {"answer"}),
        ("card", {"answer", "word"}),
        (" costs", {"word"}),
    ]


@pytest.mark.parametrize(
    ("text", "question", "marked"),
    [
        ("The cards are issued here.", "Who issues the card?", ["cards", "issued"]),
        ("Who is it? It is who.", "Who issues it?", []),
        ("Where is what?", "Where is it?", ["Where", "is"]),
        ("CARD, Card; card.", "card", ["CARD", "Card", "card"]),
        ("The E.U. office", "eu office", ["E.U.", "office"]),
        ("A cardboard box", "card", []),
        ("社保卡", "卡", ["卡"]),
    ],
    ids=[
        "stems",
        "function words are left out",
        "unless there is nothing else",
        "case",
        "initials",
        "whole words",
        "no spaces",
    ],
)
def test_the_words_of_the_question_are_marked(text: str, question: str, marked: list[str]) -> None:
    assert [text[mark.start : mark.end] for mark in word_marks(text, content_forms(question))] == marked


@unhurried
@given(TEXTS, TEXTS)
def test_word_marks_lie_on_words_of_the_question(text: str, question: str) -> None:
    question_terms = content_forms(question)
    for mark in word_marks(text, question_terms):
        assert mark.name == "word"
        assert 0 <= mark.start < mark.end <= len(text)
        assert question_terms & set(terms(text[mark.start : mark.end]))


@unhurried
@given(marked_texts(), st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), max_size=4))
def test_linked_texts_put_together_give_back_the_text(
    case: tuple[str, int, int, list[Mark]], places: list[tuple[int, int]]
) -> None:
    text, start, end, marks = case
    links = sorted((Link(min(place), max(place), "https://card.example") for place in places), key=lambda link: link.start)
    parts = list(linked(text, start, end, marks, links))
    assert "".join(segment.text for part in parts for segment in part.segments) == text[start:end]
    assert all(part.segments[0].text for part in parts)


def test_links_part_a_text_where_they_lead_somewhere() -> None:
    links = [Link(4, 7, "https://card.example"), Link(8, 12, "javascript:alert(1)")]
    parts = linked("the red card", 0, 12, [Mark(4, 12, "answer")], links)
    assert [(part.address, "".join(segment.text for segment in part.segments)) for part in parts] == [
        (None, "the "),
        ("https://card.example", "red"),
        (None, " card"),
    ]
