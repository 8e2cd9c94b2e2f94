from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from askdex.corpus.builder import DocumentBuilder
from askdex.corpus.readers.html import read_html
from askdex.corpus.readers.markdown import read_markdown
from askdex.corpus.readers.plain import read_plain
from askdex.corpus.text.units import Unit, clipped, units
from askdex.corpus.types import Block, Kind


def texts(document: DocumentBuilder, kind: Kind | None = None) -> list[str]:
    """The texts of the units of a whole document, of one kind if that is given."""
    whole = units(document.text, document.blocks)
    return [document.text[unit.start : unit.end] for unit in whole if kind in (None, unit.kind)]


def paragraph(text: str) -> list[str]:
    return [text[unit.start : unit.end] for unit in units(text, [Block(Kind.PARAGRAPH, 0, len(text))])]


def test_a_paragraph_is_cut_into_its_sentences() -> None:
    text = "Keep it safe. The office issues the card.\n\nIt costs nothing."
    blocks = [Block(Kind.PARAGRAPH, 0, 41), Block(Kind.PARAGRAPH, 43, 60)]
    assert units(text, blocks) == [
        Unit(Kind.PARAGRAPH, 0, 13),
        Unit(Kind.PARAGRAPH, 14, 41),
        Unit(Kind.PARAGRAPH, 43, 60),
    ]


def test_lines_that_were_wrapped_by_hand_are_put_together() -> None:
    sentence = "If you are outside the country, contact your nearest\nembassy or consulate\nto replace a lost passport."
    assert paragraph(f"{sentence} Wait for\nthe reply.") == [sentence, "Wait for\nthe reply."]
    upper = "The form is to be handed in at the office of the\nNational Insurance, where it is stamped."
    assert paragraph(upper) == [upper]


@pytest.mark.parametrize(
    "lines",
    [
        ["Office hours", "Phone number 12333", "Postal address"],
        ["National Insurance Office", "12 Main Street", "Springfield 12345"],
        ["Fees:", "registration", "copies of the register", "stamps"],
        ["必须带来的材料：", "身份证", "社保卡"],
        ["- ask at the office", "- ask by phone number", "- write"],
        ["Service | Fee", "A copy | 2. Paid in cash."],
        [
            "Actions",
            "Anna writes to the council about the trees by Friday",
            "Ben pays the deposit for the hall by Monday",
            "All members read the minutes of the last meeting before they come to the next.",
        ],
    ],
    ids=["entries", "an address", "after a lead-in", "after a lead-in in Chinese", "bullets", "columns", "a list of tasks"],
)
def test_lines_that_end_by_themselves_are_units_of_their_own(lines: Sequence[str]) -> None:
    assert paragraph("\n".join(lines)) == lines


def test_the_width_of_a_list_tells_whether_one_of_its_items_was_wrapped() -> None:
    long = "- The registry on the ground floor of the main building next to the gate takes forms"
    document = read_plain(f"Offices\n\n- The cash desk on the second floor\n  Building B\n{long}\n")
    assert texts(document, Kind.ITEM) == ["- The cash desk on the second floor", "Building B", long]


def test_the_items_of_a_list_are_units_and_a_long_one_is_cut_into_sentences() -> None:
    document = read_html(
        "<p>You need:</p><ul><li>a form<li>a card, one of<ul><li>the old one<li>a new one. It is free.</ul><li>time</ul>"
    )
    assert texts(document) == ["You need:", "a form", "a card, one of", "the old one", "a new one.", "It is free.", "time"]
    assert texts(document, Kind.PARAGRAPH) == ["You need:"]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("<dl><dt>Notice<dt>Term<dd>Three months. Not less.</dl>", ["Notice\nTerm\nThree months.", "Not less."]),
        ("<dl><dt>Deposit:<dd>Two rents.<dt>Key<dd>None</dl>", ["Deposit:\nTwo rents.", "Key\nNone"]),
        ("<ul><li>Say it at once.<br>Then wait</ul>", ["Say it at once.", "Then wait"]),
        (
            "<ul><li>A name of more words than a term has<br>Then wait</ul>",
            ["A name of more words than a term has", "Then wait"],
        ),
    ],
)
def test_a_term_is_a_unit_with_what_it_means(source: str, expected: list[str]) -> None:
    builder = read_html(source)
    assert [builder.text[unit.start : unit.end] for unit in units(builder.text, builder.blocks)] == expected


def test_items_that_are_wrapped_and_nested_in_plain_text() -> None:
    document = read_plain(
        "Leave\n\nYou need:\n- a form\n  from the office\n- a card:\n  a) the old one\n  b) a new one\n- time\n"
    )
    assert texts(document, Kind.ITEM) == [
        "- a form\n  from the office",
        "- a card:",
        "a) the old one",
        "b) a new one",
        "- time",
    ]


def test_a_row_is_one_unit_and_knows_whether_it_names_the_columns() -> None:
    document = read_markdown("| Service | Fee |\n|---|---|\n| A copy | 2. Paid in cash. |\n| Stamps<br>and seals | 1 |\n")
    assert texts(document) == ["Service | Fee", "A copy | 2. Paid in cash.", "Stamps\nand seals | 1"]
    assert [unit.names_columns for unit in units(document.text, document.blocks)] == [True, False, False]
    assert [unit.kind for unit in units(document.text, document.blocks)] == [Kind.ROW] * 3


def test_a_row_of_several_lines_is_one_unit() -> None:
    text = " A copy |\n2 "
    assert units(text, [Block(Kind.ROW, 0, len(text), 1)]) == [Unit(Kind.ROW, 1, 11, names_columns=True)]


def test_the_lines_of_code_that_are_not_blank_are_units() -> None:
    text = "if free. Then:\n\n    print(2)\n"
    assert units(text, [Block(Kind.CODE, 0, len(text))]) == [Unit(Kind.CODE, 0, 14), Unit(Kind.CODE, 20, 28)]


def test_a_heading_that_stands_as_text_is_a_unit_without_the_line_below_it() -> None:
    text = "Lost cards\n=========="
    assert units(text, [Block(Kind.HEADING, 0, len(text), 2)]) == [Unit(Kind.HEADING, 0, 10)]
    assert units(text, [Block(Kind.TITLE, 0, len(text))]) == [Unit(Kind.TITLE, 0, 10)]


def test_a_text_without_spaces_is_cut_at_its_marks() -> None:
    assert paragraph("请妥善保管。社保卡由社保局发。免费") == ["请妥善保管。", "社保卡由社保局发。", "免费"]


def test_what_lies_outside_the_blocks_is_in_no_unit() -> None:
    assert units(" \n\n ", []) == []
    assert units("One. \n\n Two.", [Block(Kind.PARAGRAPH, 8, 12)]) == [Unit(Kind.PARAGRAPH, 8, 12)]
    assert units("  \n ", [Block(kind, 0, 4) for kind in Kind]) == []


def test_the_blocks_of_a_passage_are_cut_to_it() -> None:
    blocks = [
        Block(Kind.HEADING, 0, 4, 2),
        Block(Kind.ROW, 6, 16, 1),
        Block(Kind.ROW, 17, 27),
        Block(Kind.PARAGRAPH, 29, 60),
    ]
    assert clipped(blocks, 10, 40) == [Block(Kind.ROW, 0, 6, 1), Block(Kind.ROW, 7, 17), Block(Kind.PARAGRAPH, 19, 30)]
    assert clipped(blocks, 17, 27) == [Block(Kind.ROW, 0, 10)]
    assert clipped(blocks, 27, 29) == []


def test_a_passage_that_begins_within_a_paragraph_has_the_units_that_lie_in_it() -> None:
    text = "The card is lost. Report it to the\noffice at once. Then wait.\n\nIt is free."
    blocks = [Block(Kind.PARAGRAPH, 0, 61), Block(Kind.PARAGRAPH, 63, 74)]
    start = text.index("Report")
    passage = text[start:70]
    unit_texts = [passage[unit.start : unit.end] for unit in units(passage, clipped(blocks, start, 70))]
    assert unit_texts == ["Report it to the\noffice at once.", "Then wait.", "It is f"]


@given(
    st.text(alphabet="aB.:|- \n。1", max_size=80),
    st.lists(st.tuples(st.sampled_from(Kind), st.integers(0, 80)), max_size=6),
    st.integers(0, 80),
    st.integers(0, 80),
)
def test_units_are_in_order_lie_in_their_blocks_and_hold_all_but_blanks(
    text: str, cuts: list[tuple[Kind, int]], start: int, end: int
) -> None:
    ends = sorted(min(at, len(text)) for _, at in cuts)
    kinds = [kind for kind, _ in cuts if kind not in (Kind.HEADING, Kind.TITLE)]
    blocks = [Block(kind, begin, stop) for kind, begin, stop in zip(kinds, [0, *ends], ends, strict=False)]
    passage, own = text[start:end], clipped(blocks, start, min(end, len(text)))
    last = 0
    for unit in units(passage, own):
        assert last <= unit.start < unit.end
        assert passage[last : unit.start].isspace() or last == unit.start or not any(b.start < unit.start < b.end for b in own)
        assert any(block.kind is unit.kind and block.start <= unit.start < unit.end <= block.end for block in own)
        assert passage[unit.start : unit.end].strip() == passage[unit.start : unit.end]
        last = unit.end
    covered = "".join(passage[unit.start : unit.end] for unit in units(passage, own))
    assert "".join(covered.split()) == "".join("".join(passage[block.start : block.end] for block in own).split())
