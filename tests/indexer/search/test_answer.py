"""The unit of a passage that answers the question."""

from collections.abc import Iterator, Sequence
from itertools import groupby

import numpy as np
import pytest

from askdex.corpus.text.units import Unit, units
from askdex.corpus.types import CELL_JOINT, Block, Kind
from askdex.indexer.search.answer import AskedRow, Judge, answering_units, foremost_sentences, row_asked_about
from askdex.indexer.search.answer_parts import PassageText
from askdex.indexer.types import Span, Vectors


def passage(text: str, question: str | None = None, *, names_columns: bool = True) -> PassageText:
    """A passage whose lines with cells are rows, of each table the first one names the columns; all else is paragraphs."""
    return PassageText(text, tuple(units(text, list(blocks(text, names_columns=names_columns)))), question)


def blocks(text: str, *, names_columns: bool) -> Iterator[Block]:
    start = 0
    for is_row, lines in groupby(text.splitlines(keepends=True), key=lambda line: CELL_JOINT in line):
        sizes = list(map(len, lines))
        for n, size in enumerate(sizes if is_row else [sum(sizes)]):
            yield Block(Kind.ROW if is_row else Kind.PARAGRAPH, start, start + size, int(is_row and n == 0 and names_columns))
            start += size


def answer(question: str, text: str, under: str | None = None) -> str | None:
    [span] = answering_units(question, [passage(text, under)])
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
    assert answering_units("same", [passage("The same. The same. The same.")]) == [Span(0, 9)]


def test_rare_words_of_the_question_count_for_more_than_common_ones() -> None:
    text = "A card is lost. A card is new. The PIN is kept apart. A card is old."
    assert answer("card with PIN", text) == "The PIN is kept apart."


@pytest.mark.parametrize("question", ["registering an employee", "the registration of employees"])
def test_other_forms_of_a_word_and_related_words_count(question: str) -> None:
    text = "Employers keep the books. Employers register their employees. Employers pay the office."
    assert answer(question, text) == "Employers register their employees."


def test_a_sentence_that_goes_on_about_the_one_before_is_preferred_to_one_that_does_not() -> None:
    text = "Rent is paid monthly. Ask for the pension form. It is paid monthly. Tax is paid monthly."
    assert answer("Is the pension paid monthly?", text) == "It is paid monthly."


def test_a_question_for_a_number_is_answered_by_one() -> None:
    text = "The fee was paid at the desk. The fee was 25 at noon."
    assert answer("How much is the fee?", text) == "The fee was 25 at noon."
    assert answer("Where is the fee paid?", text) == "The fee was paid at the desk."


class Asked:
    """Cosines that favour the sentences with a word, and the sentences that they were asked for."""

    def __init__(self, word: str) -> None:
        self.word = word
        self.asked: list[str] = []

    def __call__(self, sentences: Sequence[str]) -> Vectors:
        self.asked += sentences
        return np.array([self.word in sentence for sentence in sentences], np.float32)


def test_meaning_decides_between_sentences_that_hold_the_same_words() -> None:
    asked = Asked("second")
    text = "The first card. The second card. A third thing."
    found = answering_units("card", [passage(text), passage(text)], [Judge.by_cosines(asked)])
    assert found == [Span(16, 32), Span(0, 15)]
    assert asked.asked == ["The first card.", "The second card."]


def test_meaning_is_not_asked_where_words_decide() -> None:
    asked = Asked("thing")
    judges = [Judge.by_cosines(asked)]
    assert answering_units("Who issues the card?", [passage("The office issues the card. A third thing.")], judges) == [
        Span(0, 27)
    ]
    assert answering_units("Who?", [passage("Only one sentence here.")], judges) == [Span(0, 23)]
    assert not asked.asked


def test_meaning_is_asked_of_few_sentences() -> None:
    asked = Asked("nothing")
    words = "One Two Three Four Five Six Seven Eight Nine".split()
    answering_units("?!", [passage(". ".join([*words, ""]))], [Judge.by_cosines(asked)])
    assert asked.asked == [f"{word}." for word in words[:8]]


def test_a_sentence_that_is_wrapped_by_hand_is_one_answer() -> None:
    sentence = "If you are outside the country, contact your nearest\nembassy or consulate\nto replace a lost passport."
    assert answer("replace lost passport outside country", f"Fees differ.\n{sentence} Wait.") == sentence


def test_short_lines_and_items_are_answers_of_their_own() -> None:
    assert answer("phone number", "Office hours\nPhone number 12333\nPostal address") == "Phone number 12333"
    assert answer("phone number", "- ask at the office\n- ask by phone number\n- write") == "- ask by phone number"


def test_of_rows_that_hold_as_much_that_is_chosen_whose_name_is_what_is_asked_about() -> None:
    text = "Card | Issued by\nElectronic pension card | The national office\nPension card (plastic) | The local office"
    (span,) = answering_units("Who issues the pension card?", [passage(text)])
    assert span is not None
    assert text[span.start : span.end] == "Pension card (plastic) | The local office"


def test_a_line_that_names_a_table_does_not_answer() -> None:
    text = "For single people with children\nChildren | Credit\n1 | 775\n2 | 1281"
    rows = [(Kind.PARAGRAPH, 0, 31, False), (Kind.ROW, 32, 49, True), (Kind.ROW, 50, 57, False), (Kind.ROW, 58, 66, False)]
    table = PassageText(text, tuple(Unit(*row) for row in rows))
    (span,) = answering_units("credit for single people with 2 children", [table])
    assert span is not None
    assert text[span.start : span.end] == "2 | 1281"


@pytest.mark.parametrize(
    "question", ["When is the third match?", "Wann beginnt das dritte match?", "Wann ist der dritten match?"]
)
def test_an_ordinal_is_its_number(question: str) -> None:
    text = "10:30 | 1. match\n13:00 | 2. match\n15:30 | 3. match"
    (span,) = answering_units(question, [passage(text, names_columns=False)])
    assert span is not None
    assert text[span.start : span.end] == "15:30 | 3. match"


def test_a_row_does_not_hold_what_the_row_above_is_about() -> None:
    text = "Board | 5 V output pin\nArduino Nano IoT | VUSB\nArduino Nano ESP32 | VBUS\nArduino Nano Matter | 5V"
    (span,) = answering_units("what is the 5V pin called on the Nano ESP32", [passage(text)])
    assert span is not None
    assert text[span.start : span.end] == "Arduino Nano ESP32 | VBUS"


@pytest.mark.parametrize(("names_columns", "expected"), [(True, "A copy | 2"), (False, "Registration | 5")])
def test_a_row_answers_unless_it_names_the_columns(*, names_columns: bool, expected: str) -> None:
    text = "Registration | 5\nA copy | 2"
    (span,) = answering_units("fee for registration", [passage(text, names_columns=names_columns)])
    assert span is not None
    assert text[span.start : span.end] == expected


def test_a_heading_that_stands_as_text_is_no_answer() -> None:
    text = "The lost card\n\nReport it to the office."
    parts = tuple(units(text, [Block(Kind.HEADING, 0, 13, 2), Block(Kind.PARAGRAPH, 15, len(text))]))
    assert answering_units("lost card", [PassageText(text, parts)]) == [Span(15, len(text))]
    assert answering_units("lost card", [PassageText(text, parts[:1])]) == [Span(0, 13)]


@pytest.mark.parametrize(
    ("question", "text", "expected"),
    [
        ("How long does the battery last?", "Eighteen months. No other battery is sold.", "Eighteen months."),
        ("how long will a battery last", "Eighteen months. No other battery is sold.", "Eighteen months."),
        ("Is another battery sold?", "Eighteen months. No other battery is sold.", "No other battery is sold."),
        ("How long does the battery last?", "It depends:\n- on the battery\n- on you", "- on the battery"),
    ],
    ids=["the very question", "nearly", "another question", "what only leads in"],
)
def test_under_the_very_question_what_comes_first_is_the_answer(question: str, text: str, expected: str) -> None:
    (span,) = answering_units(question, [passage(text, "How long does the battery last?")])
    assert span is not None
    assert text[span.start : span.end] == expected


def test_a_sentence_under_the_very_question_in_the_text_is_the_answer() -> None:
    text = "Q: Is the ladder insured? A: Not in the shed. Q: Is the kayak insured? A: Up to its price. Ask Iva for the ladder."
    assert answer("Is the kayak insured?", text) == "A: Up to its price."


def test_in_a_long_passage_the_first_sentence_is_less_sure_to_answer() -> None:
    text = "Let me tell. The battery lasts long." + " Nothing else is told here." * 20
    (span,) = answering_units("How long does the battery last?", [passage(text, "How long does the battery last?")])
    assert span == Span(13, 36)


def test_a_single_word_is_shown_with_what_follows_it() -> None:
    assert answer("Is the card free? Yes", "Yes. It costs nothing. Keep it.") == "Yes. It costs nothing."
    assert answer("Is the card free? Yes", "Yes\nIt costs nothing.") == "Yes"
    assert answer("It depends, is the card free?", "It depends. Ask for it at noon.") == "It depends. Ask for it at noon."


LEASE = (
    "3.1 The tenant shall not:\n(a) keep any animal;\n(b) smoke inside, the balcony excepted;\n(c) sublet.\n"
    "The rent is due on the first day of each month."
)


def test_an_item_of_a_list_is_shown_with_what_leads_in_to_it_where_that_says_no() -> None:
    assert answer("smoke on the balcony", LEASE) == LEASE[: LEASE.index("\n(c)")]
    assert answer("smoke on the balcony", LEASE.replace(" not:", ":")) == "(b) smoke inside, the balcony excepted;"
    assert answer("when is the rent due", LEASE) == "The rent is due on the first day of each month."


def test_lines_with_commas_are_a_list_under_a_line_without_an_end() -> None:
    excluded = "Not admitted are\nMembers of the council,\nGuests of members,\nPilots of the harbour."
    assert answer("May pilots of the harbour come?", f"{excluded}\nBoats pay a fee.") == excluded


def test_the_items_of_a_list_are_not_one_sentence() -> None:
    text = "Covered is:\nlimescale\ndamage in transit that is told within five days\ngrinder discs"
    assert answer("limescale", text) == "limescale"
    text = "Actions\nAnna writes to the council about the trees by Friday\nBen pays the deposit for the hall by Monday\n"
    text += "All members read the minutes of the last meeting before they come to the next."
    assert answer("who pays the deposit", text) == "Ben pays the deposit for the hall by Monday"


KIT = "The climbing hall lends gear.\n\nFor a first lesson bring:\n\nold shoes\na rope\n\nLessons begin at noon."


def kit(question: str) -> str:
    kinds = [Kind.PARAGRAPH, Kind.PARAGRAPH, Kind.ITEM, Kind.ITEM, Kind.PARAGRAPH]
    lines = [line for line in KIT.splitlines() if line]
    parts = [Block(kind, KIT.index(line), KIT.index(line) + len(line)) for kind, line in zip(kinds, lines, strict=True)]
    (span,) = answering_units(question, [PassageText(KIT, tuple(units(KIT, parts)))])
    assert span is not None
    return KIT[span.start : span.end]


def test_what_leads_in_to_a_list_is_shown_with_the_list() -> None:
    assert kit("What do I bring for the first lesson?") == "For a first lesson bring:\n\nold shoes\na rope"
    assert kit("Is a rope needed?") == "a rope"
    assert kit("When do lessons begin?") == "Lessons begin at noon."


def test_small_numbers_are_the_same_in_words_and_in_digits() -> None:
    rows = "After | Pay\n8 years | 95\n5 years | 90"
    assert answer("pay after five years", rows) == "5 years | 90"


@pytest.mark.parametrize(
    ("question", "text", "expected"),
    [
        (
            "Wie hoch ist die Gebühr?",
            "Die Gebühr ist eine Sache für sich. Sie beträgt 20 Prozent davon.",
            "Sie beträgt 20 Prozent davon.",
        ),
        ("¿Cuándo abre?", "La oficina abre a todos. Abre los lunes.", "Abre los lunes."),
    ],
)
def test_kinds_of_answer_are_known_in_other_languages(question: str, text: str, expected: str) -> None:
    assert answer(question, text) == expected


def test_the_clauses_that_a_chinese_sentence_leads_in_to_are_its_list() -> None:
    text = "图书馆出借下列物品:\n\n（一）图书；\n\n（二）唱片。\n\n每人可借五件。"
    assert answer("图书馆出借什么？", text) == text.rpartition("\n\n")[0]


def test_of_a_long_list_as_much_is_shown_as_fits() -> None:
    text = "Bring this for the lesson:\n" + "\n".join(f"- thing {n} that is needed there" for n in range(40))
    shown = answer("What do I bring for the lesson?", text)
    assert shown is not None
    assert shown.startswith("Bring this for the lesson:\n- thing 0")
    assert 500 < len(shown) <= 600
    assert shown.endswith("there")


def test_before_a_paragraph_what_leads_in_is_shown_with_its_first_sentence() -> None:
    text = "The rule for the lesson is:\n\nNobody climbs alone. Helmets are blue."
    assert answer("What is the rule for the lesson?", text) == "The rule for the lesson is:\n\nNobody climbs alone."


def test_what_leads_in_holds_what_its_list_holds() -> None:
    text = "The hall is open to guests for a fee of 9 euros.\nFor a lesson guests pay:\n- 20 euros on weekdays\n- 30 on Sunday"
    assert answer("How much do guests pay?", text) == text[text.index("For a") :]


def test_a_row_that_holds_no_word_of_the_question_is_not_marked() -> None:
    table = "Kayak | Length\nOtter | 4 metres\nMink | 5 metres"
    assert answer("How long is the Otter?", table) == "Otter | 4 metres"
    assert answer("How long is the Vole?", table) is None


def test_an_item_is_also_about_what_leads_in_to_it_and_a_row_about_its_columns() -> None:
    text = "Sundays are free.\nOpening hours of the pool:\n- daily from noon\nOpening hours of the hall:\n- daily from nine"
    assert answer("daily hours of the hall", text) in ("- daily from nine", text[text.rindex("Opening") :])


def test_a_unit_answers_only_where_it_holds_enough_of_the_question() -> None:
    texts = ["The card is here. It is kept.", "Go home. Stay."]
    near, far = answering_units("Who issues the card?", [passage(text)._replace(least=1 / 6) for text in texts])
    assert near == Span(0, 17)
    assert far is None


TABLE = "Van | Seats | Day rate\nCorvo | 2 | 50 euros\nLyra | 11 | 113 euros\nDelta | 2 | 57 euros"


@pytest.mark.parametrize(
    ("question", "row"),
    [
        ("How many seats has the van Lyra?", AskedRow("Van: Lyra, Seats: 11, Day rate: 113 euros", is_looked_up=True)),
        ("Which van has 11 seats?", AskedRow("Van: Lyra, Seats: 11, Day rate: 113 euros", is_looked_up=True)),
        ("What about Lyra?", AskedRow("Van: Lyra, Seats: 11, Day rate: 113 euros", is_looked_up=False)),
        ("Which van costs 57 euros?", AskedRow("Van: Delta, Seats: 2, Day rate: 57 euros", is_looked_up=False)),
        ("Which van has 2 seats?", None),
        ("What does a van cost?", None),
    ],
)
@pytest.mark.parametrize("is_continued", [False, True], ids=["whole table", "continued table"])
def test_the_row_that_a_question_names_is_read_with_its_columns(
    question: str, row: AskedRow | None, *, is_continued: bool
) -> None:
    spans = [(0, 22), (23, 43), (44, 65), (66, 86)]
    rows = tuple(Unit(Kind.ROW, start, end, names_columns=not n) for n, (start, end) in enumerate(spans))
    assert [TABLE[start:end] for start, end in spans] == TABLE.split("\n")
    passage = PassageText(TABLE, rows)
    if is_continued:
        passage = PassageText(TABLE, rows[1:], columns=TABLE.split("\n")[0])
    assert row_asked_about(question, passage) == row


def test_a_cell_has_the_name_of_its_column_behind_empty_cells() -> None:
    table = "| Adults | Children\nDay | 9 | 5\nMonth | | 40"
    rows = (Unit(Kind.ROW, 0, 19, names_columns=True), Unit(Kind.ROW, 20, 31), Unit(Kind.ROW, 32, 44))
    assert [table[row.start : row.end] for row in rows] == table.split("\n")
    found = row_asked_about("What does a month cost for children?", PassageText(table, rows))
    assert found == AskedRow("Month, Children: 40", is_looked_up=False)


def test_the_sentences_to_read_are_those_near_the_best_and_none_of_a_table() -> None:
    text = "The card is kept at home. The card is kept in the office. An umbrella may be wet."
    assert foremost_sentences("Where is the card kept?", passage(text)) == [
        "The card is kept at home.",
        "The card is kept in the office.",
    ]
    assert foremost_sentences("Where is the card kept?", passage("The card is kept at home.")) == []
    assert foremost_sentences("How many seats has the van Lyra?", passage(TABLE)) == []


def test_in_a_long_question_the_words_of_the_part_that_asks_decide() -> None:
    text = "A grey cat that was lost is back home from the old shelter in a week. Dogs are kept for two weeks."
    story = "My grey cat was lost for a week and is back home from the old shelter where it was kept"
    question = f"{story}, now for how long are dogs kept there?"
    [span] = answering_units(question, [passage(text)])
    assert span is not None
    assert text[span.start : span.end] == "Dogs are kept for two weeks."


@pytest.mark.parametrize(
    ("text", "log_odds", "expected"),
    [
        pytest.param("A card is lost. Call us. We are here.", [0, 0, -1], "A card is lost. Call us.", id="the one behind"),
        pytest.param("We are here. Call us. A card is lost.", [-3, 0, 0], "Call us. A card is lost.", id="the one before"),
        pytest.param("A card is lost. Call us. We are here.", [9, 0, 0], "A card is lost.", id="clearly worse"),
        pytest.param("A card is lost. We are here. Call us.", [2, -9, 2], "A card is lost.", id="not beside it"),
        pytest.param("A card is lost.\n\nCall us.", [0, 0], "A card is lost.", id="another paragraph"),
        pytest.param(f"A card is lost. Call us{' now' * 100}.", [0, 0], "A card is lost.", id="too long together"),
    ],
)
def test_a_sentence_beside_the_best_that_is_hardly_worse_is_marked_with_it(
    text: str, log_odds: list[int], expected: str
) -> None:
    def read(sentences: Sequence[str]) -> Vectors:
        # No sentence holds a word of the question: only what is read tells them apart.
        return np.array(log_odds[: len(sentences)], np.float32)

    [span] = answering_units("zebra", [passage(text)], [Judge.by_reading(read)])
    assert span is not None
    assert text[span.start : span.end] == expected
