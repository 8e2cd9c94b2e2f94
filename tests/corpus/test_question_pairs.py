import pytest

from askdex.corpus.builder import DocumentBuilder
from askdex.corpus.readers.html import read_html
from askdex.corpus.readers.markdown import read_markdown
from askdex.corpus.readers.plain import read_plain
from tests.corpus.readers.outline import outline

_ANSWERED = ["heading 2: Where is it?", "paragraph: At the station."]


@pytest.mark.parametrize(
    "builder",
    [
        read_plain("Lost card\n\nQ: Where is it?\n\nA: At the station."),
        read_plain("Lost card\n\nQ: Where is it?\nA: At the station."),
        read_plain("Lost card\n\nFrage 1: Where is it?\nAntwort 1: At the station."),
        read_plain("Lost card\n\nP: Where is it?\nR: At the station."),
        read_plain("Lost card\n\n问：Where is it?\n答：At the station."),
        read_markdown("# Lost card\n\nQ. Where is it?\nA. At the station."),
        read_markdown("# Lost card\n\n**Q:** Where is it?\n\n**A:** At the station."),
        read_html("<h1>Lost card</h1><p>Q. Where is it? A. At the station.</p>"),
        read_html("<h1>Lost card</h1><p><b>Q: Where is it?</b><br>A: At the station.</p>"),
        read_html("<h1>Lost card</h1><dl><dt>Q: Where is it?</dt><dd>A: At the station.</dd></dl>"),
    ],
)
def test_a_question_with_a_label_is_a_heading_and_neither_it_nor_its_answer_keeps_the_label(builder: DocumentBuilder) -> None:
    assert outline(builder) == ["title: Lost card", *_ANSWERED]


def test_a_question_needs_no_question_mark_behind_a_label_that_is_sure() -> None:
    builder = read_markdown("## Cards\n\nSee below.\n\nQ: Tell me more\n\nA: No.\n\nQ: Why?\n\nA: So.")
    assert outline(builder)[2:] == ["heading 3: Tell me more", "paragraph: No.", "heading 3: Why?", "paragraph: So."]


def test_a_title_with_a_label_is_the_question() -> None:
    builder = read_plain("Q: Where is it?\n\nA: At the station.")
    assert (builder.title, outline(builder)[1:]) == ("Where is it?", ["paragraph: At the station."])


@pytest.mark.parametrize(
    "source",
    [
        "P: 555 1234\n\nR: 12",
        "Q: Who is there?\n\nNobody.",
        "F: 555 1234\n\nA: 12 Main Street",
        "Plan A: Go there?\n\nA: Now.",
    ],
)
def test_labels_of_other_things_stay(source: str) -> None:
    assert outline(read_markdown(source)) == [f"paragraph: {line}" for line in source.split("\n\n")]


def test_the_choices_below_a_question_are_no_answers() -> None:
    assert outline(read_markdown("Q. Who?\nA. Ada\nB. Bob")) == [
        "paragraph: Q. Who?",
        "item: A. Ada",
        "item: B. Bob",
    ]
