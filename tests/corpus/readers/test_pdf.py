import sys
import threading
from itertools import accumulate
from types import FrameType

import pytest

from askdex.corpus.builder import DocumentBuilder
from askdex.corpus.errors import UnreadableError
from askdex.corpus.readers.pdf import read_pdf
from askdex.corpus.types import Kind
from tests.corpus.readers.outline import outline, outside_blocks, texts
from tests.corpus.readers.pdfs import BOLD, ITALIC, MONO, TEXT, Element, at, column, marked, pdf

_LONG = (
    "Whoever loses a card reports it at the counter of the agency that issued it,",
    "or by telephone at any hour of the day, and is told at once which of the other",
    "papers have to be shown before a new card is made and handed out to them.",
)
_TEXT = " ".join(_LONG)
_WORDS = "Firstly Secondly Thirdly Again Lastly Indeed Perhaps Surely".split()


def _page(number: int) -> str:
    """A paragraph whose lines are others on each page."""
    word = _WORDS[number % len(_WORDS)]
    return column(50, 680, *(f"{word} {line}" for line in _LONG))


def _text(number: int) -> str:
    return " ".join(f"{_WORDS[number % len(_WORDS)]} {line}" for line in _LONG)


def _read(*pages: str) -> DocumentBuilder:
    builder = read_pdf(pdf(*pages))
    assert outside_blocks(builder).strip() == ""
    return builder


class TestHeadings:
    def test_what_is_larger_or_bolder_than_the_text_is_one(self) -> None:
        builder = _read(
            at(50, 750, "Lost card", BOLD, 20)
            + column(50, 720, *_LONG)
            + at(50, 660, "What to do", BOLD, 14)
            + column(50, 640, *_LONG)
            + at(50, 580, "By telephone", BOLD)
            + column(50, 565, *_LONG)
            + at(50, 500, "Costs", BOLD, 14)
            + column(50, 480, *_LONG)
        )
        assert builder.title == "Lost card"
        text = f"paragraph: {_TEXT}"
        assert outline(builder) == [
            "title: Lost card",
            text,
            "heading 2: What to do",
            text,
            "heading 3: By telephone",
            text,
            "heading 2: Costs",
            text,
        ]

    def test_numbers_say_which_is_below_which(self) -> None:
        heads = ["1 Loss", "1.1 By telephone", "1.2 At the counter", "2 Costs"]
        builder = _read(
            "".join(at(50, 700 - 90 * n, head, BOLD) + column(50, 680 - 90 * n, *_LONG) for n, head in enumerate(heads))
        )
        levels = [block.level for block in builder.blocks if block.kind is Kind.HEADING]
        assert texts(builder, Kind.HEADING) == heads[builder.title == heads[0] :]
        assert levels[-3:] == [2, 2, 1]

    def test_one_of_two_lines_is_one(self) -> None:
        page = column(50, 750, "What has to be done as soon as", "a card is lost?", font=BOLD) + column(50, 710, *_LONG)
        assert _read(page).title == "What has to be done as soon as a card is lost?"

    @pytest.mark.parametrize(
        "line", ["Never lend your card.", "Note, all of you,", "• Never", "www://a.b", "Figure 2: The card"]
    )
    def test_a_bold_line_may_be_none(self, line: str) -> None:
        assert texts(_read(column(50, 750, *_LONG) + at(50, 690, line, BOLD) + column(50, 660, *_LONG)), Kind.HEADING) == []

    def test_a_bold_line_that_goes_on_in_other_letters_is_none(self) -> None:
        page = column(50, 750, *_LONG) + at(50, 690, "Never lend your card to anybody, not even", BOLD)
        page += at(50, 678, "to those who live with you.")
        assert texts(_read(page), Kind.PARAGRAPH)[1:] == [
            "Never lend your card to anybody, not even to those who live with you."
        ]

    @pytest.mark.parametrize(("line", "font"), [("Lost Papers", ITALIC), ("LOST PAPERS", TEXT)])
    def test_a_line_in_italics_or_capitals_above_text_is_one(self, line: str, font: str) -> None:
        builder = _read(column(50, 750, *_LONG) + at(50, 700, line, font) + column(50, 688, *_LONG))
        assert outline(builder)[1] == f"heading 1: {line}" or builder.title == line

    @pytest.mark.parametrize(
        "page",
        [
            column(50, 750, *_LONG) + at(50, 700, "Whoever asks.", ITALIC) + column(50, 688, *_LONG),
            column(50, 750, *_LONG)
            + at(50, 700, "Whoever asks", ITALIC)
            + at(50, 688, "is told", ITALIC)
            + column(50, 676, *_LONG),
            column(50, 750, *_LONG, "Whoever loses") + at(50, 702, "A Card", ITALIC) + column(50, 690, *_LONG),
            column(50, 750, *_LONG) + at(50, 700, "Whoever asks", ITALIC),
        ],
        ids=["a sentence", "several lines", "within a text", "nothing below"],
    )
    def test_other_lines_in_italics_are_none(self, page: str) -> None:
        assert not [block for block in _read(page).blocks if block.kind is Kind.HEADING]

    def test_tags_say_it_and_its_level(self) -> None:
        page = marked(0, at(50, 750, "Lost card")) + marked(1, column(50, 738, *_LONG)) + marked(2, at(50, 690, "Costs"))
        tags: list[Element] = [("Document", [("H2", [0]), ("P", [1]), ("Sect", [("H3", [2])])])]
        builder = read_pdf(pdf(page + column(50, 678, *_LONG), tags=tags))
        assert outline(builder) == ["heading 2: Lost card", f"paragraph: {_TEXT}", "heading 3: Costs", f"paragraph: {_TEXT}"]

    def test_tags_that_call_all_text_so_say_nothing(self) -> None:
        page = marked(0, column(50, 750, *_LONG)) + marked(1, column(50, 690, *_LONG))
        builder = read_pdf(pdf(page, tags=[("H1", [0]), ("H1", [1])]))
        assert texts(builder, Kind.PARAGRAPH) == [_TEXT, _TEXT]

    def test_samples_of_print_leave_the_usual_ones_their_levels(self) -> None:
        samples = "".join(at(50, 700 - 30 * n, f"A sample of {n}", size=12.5 + n) for n in range(14))
        heads = [at(50, 720, word, BOLD, 13) + at(50, 700, "By telephone", BOLD) + _page(n) for n, word in enumerate(_WORDS)]
        builder = _read(at(50, 750, "Lost card", BOLD, 40) + column(50, 720, *_LONG), samples, *heads)
        levels = {builder.text_of(block): block.level for block in builder.blocks if block.kind is Kind.HEADING}
        assert 1 < levels["Firstly"] < levels["By telephone"] <= 6

    def test_no_line_of_a_table_of_contents_is_one(self) -> None:
        page = at(50, 750, "Loss" + " ." * 20 + " 3", BOLD, 14) + column(50, 700, *_LONG)
        assert outline(_read(page))[0] == "item: Loss … 3"


class TestParagraphs:
    def test_its_lines_are_put_together(self) -> None:
        assert outline(_read(column(50, 700, *_LONG))) == [f"paragraph: {_TEXT}"]

    @pytest.mark.parametrize("hyphen", ["-", "\x03"])
    def test_a_word_that_was_parted_is_put_together(self, hyphen: str) -> None:
        page = column(50, 700, f"Whoever loses a card reports it at the coun{hyphen}", "ter of the agency that issued it.")
        assert outline(_read(page)) == [
            "paragraph: Whoever loses a card reports it at the counter of the agency that issued it."
        ]

    def test_a_hyphen_before_a_name_stays(self) -> None:
        page = column(50, 700, "Whoever loses a card reports it on the Anglo-", "Saxon line of the agency that issued it.")
        assert "Anglo-Saxon line" in _read(page).text

    def test_a_gap_parts_two(self) -> None:
        assert outline(_read(column(50, 700, *_LONG) + column(50, 650, *_LONG))) == [f"paragraph: {_TEXT}"] * 2

    def test_an_indent_parts_two(self) -> None:
        first = _LONG[2] + " Then it is done."
        page = column(50, 700, *_LONG[:2], first) + at(62, 664, "Nothing has to be paid for any of this, unless a card is lost")
        page += at(50, 652, "for the third time.")
        assert len(texts(_read(page), Kind.PARAGRAPH)) == 2

    def test_a_short_last_line_parts_two(self) -> None:
        page = column(50, 700, *_LONG, "That is all.", *_LONG)
        assert outline(_read(page)) == [f"paragraph: {_TEXT} That is all.", f"paragraph: {_TEXT}"]

    def test_one_goes_on_over_the_end_of_a_page(self) -> None:
        assert outline(_read(column(50, 100, *_LONG[:2]), at(50, 750, _LONG[2]))) == [f"paragraph: {_TEXT}"]

    def test_one_goes_on_over_a_note_at_the_foot(self) -> None:
        first = column(50, 100, *_LONG[:2]) + at(50, 60, "1 Since the first of May.", size=8)
        assert outline(_read(first, at(50, 750, _LONG[2]))) == [f"paragraph: {_TEXT}", "paragraph: 1 Since the first of May."]

    def test_one_that_is_closed_ends_with_its_page(self) -> None:
        assert outline(_read(column(50, 100, *_LONG), column(50, 750, *_LONG))) == [f"paragraph: {_TEXT}"] * 2

    def test_signs_are_levelled_and_those_without_meaning_left_out(self) -> None:
        assert outline(_read(at(50, 700, "Of\x01ce\xa0of the\x02 ca\x03rd"))) == [
            "paragraph: Ofﬁce of the card".replace("ﬁ", "fi")
        ]

    def test_a_script_from_right_to_left_is_read_from_the_right(self) -> None:
        assert outline(_read(at(50, 700, "\x06\x05\x04 30 \x05\x05\x04"))) == [
            "paragraph: \u05d0\u05d1\u05d1 30 \u05d0\u05d1\u05d2"
        ]

    def test_latin_words_among_others_stand_alone(self) -> None:
        assert _read(at(50, 700, "\x04\x05 see\x04\x06 \x05\x06")).text.split() == ["גב", "גא", "see", "בא"]

    @pytest.mark.parametrize("gap", [2, 5])
    def test_letters_that_are_set_apart_are_words(self, gap: int) -> None:
        widths = {" ": 2.8, "A": 6.7, "d": 5.6, "k": 5, "s": 5, "t": 2.8, "u": 5.6, "y": 5, "a": 5.6, "o": 5.6}
        text = "Ask us today"
        places = accumulate((widths[letter] + gap for letter in text), initial=50.0)
        page = "".join(at(x, 700, letter) for x, letter in zip(places, text, strict=False))
        assert _read(page).text == text

    def test_a_word_in_capitals_that_are_set_apart_is_one(self) -> None:
        assert _read("".join(at(50 + 11 * n, 700, letter, BOLD) for n, letter in enumerate("ADHERE"))).text == "ADHERE"

    def test_initials_and_short_words_are_not_put_together(self) -> None:
        assert _read(at(50, 700, "So a b or c do is to be in it")).text == "So a b or c do is to be in it"


class TestListsTablesAndCode:
    @pytest.mark.parametrize("mark", ["•", "-", "*"])
    def test_each_item_is_a_block_without_its_mark(self, mark: str) -> None:
        page = column(50, 700, *_LONG)
        items = ["Your passport, or what the agency takes for", "it", "A photograph"]
        page += at(50, 650, mark) + column(70, 650, *items[:2]) + at(50, 626, mark) + at(70, 626, items[2])
        assert texts(_read(page), Kind.ITEM) == ["Your passport, or what the agency takes for it", "A photograph"]

    def test_a_number_stays(self) -> None:
        page = column(50, 700, "1. Report it.", "2. Wait for", "    an answer.", "(a) Or do not.")
        assert texts(_read(page), Kind.ITEM) == ["1. Report it.", "2. Wait for an answer.", "(a) Or do not."]

    def test_a_dash_within_a_numbered_item_stays(self) -> None:
        page = column(50, 700, "1. Report it - at once.", "2. Wait for the land- und", "    forstwirtschaftlich office.")
        assert texts(_read(page), Kind.ITEM) == [
            "1. Report it - at once.",
            "2. Wait for the land- und forstwirtschaftlich office.",
        ]

    def test_a_bullet_may_be_drawn(self) -> None:
        page = column(50, 700, *_LONG) + "50 652 3 3 re f\n" + at(60, 650, "Your passport, or what the agency takes for")
        page += at(60, 638, "it") + "50 628 3 3 re f\n" + at(60, 626, "A photograph") + column(50, 600, *_LONG)
        assert texts(_read(page), Kind.ITEM) == ["Your passport, or what the agency takes for it", "A photograph"]

    def test_the_cells_of_a_row_stay_together(self) -> None:
        page = at(50, 700, "Card", BOLD) + at(250, 700, "Costs", BOLD)
        for n, (card, costs) in enumerate([("First card", "Nothing"), ("Second card", "5 yuan")], 1):
            page += at(50, 700 - 15 * n, card) + at(250, 700 - 15 * n, costs)
        assert outline(_read(page)) == ["row 1: Card | Costs", "row: First card | Nothing", "row: Second card | 5 yuan"]

    def test_a_cell_may_have_several_lines(self) -> None:
        page = column(50, 700, "First", "card") + column(250, 700, "Nothing, where the", "old one is shown")
        page += column(50, 665, "Second") + column(250, 665, "5 yuan, which are", "paid in advance")
        assert texts(_read(page), Kind.ROW) == [
            "First card | Nothing, where the old one is shown",
            "Second | 5 yuan, which are paid in advance",
        ]

    def test_the_cells_of_a_tight_table_are_parted(self) -> None:
        rows = [("Photograph", "12 yuan", "9 yuan"), ("Copy", "5 yuan", "4 yuan"), ("Second copy", "3 yuan", "2 yuan")]
        page = "".join(
            at(50, 700 - 14 * n, name) + at(115, 700 - 14 * n, price) + at(158, 700 - 14 * n, reduced)
            for n, (name, price, reduced) in enumerate(rows)
        )
        assert outline(_read(page)) == [f"row: {' | '.join(row)}" for row in rows]

    def test_a_row_without_digits_above_rows_with_digits_names_the_columns(self) -> None:
        rows = [("Paper", "Fee"), ("Card", "12 yuan"), ("Copy", "5 yuan")]
        page = "".join(at(50, 700 - 14 * n, name) + at(150, 700 - 14 * n, fee) for n, (name, fee) in enumerate(rows))
        assert [block.level for block in _read(page).blocks] == [1, 0, 0]
        assert [block.level for block in _read(page.replace("12 yuan", "free")).blocks] == [0, 0, 0]

    def test_gaps_of_running_text_part_nothing(self) -> None:
        # Blanks of 5 points stand over each other, as they do by chance in a text that is spread to both margins.
        page = "".join(
            f"BT /F1 10 Tf 4 Tw 50 {700 - 12 * n} Td ({line}) Tj ET\n" for n, line in enumerate(["The card is free of"] * 4)
        )
        assert all(block.kind is Kind.PARAGRAPH for block in _read(page).blocks)

    def test_tags_say_what_is_in_a_row(self) -> None:
        page = (
            marked(0, at(50, 750, "Paper"))
            + marked(1, at(95, 750, "Fee"))
            + marked(2, at(50, 738, "Card,"))
            + marked(2, at(50, 726, "second"))
            + marked(3, at(95, 732, "5 yuan"))
            + marked(4, at(95, 714, "free"))
        )
        rows: list[Element] = [
            ("TR", [("TH", [0]), ("TH", [1])]),
            ("TR", [("TD", [2]), ("TD", [3])]),
            ("TR", [("TD", []), ("TD", [4])]),
        ]
        assert outline(read_pdf(pdf(page, tags=[("Table", rows)]))) == [
            "row 1: Paper | Fee",
            "row: Card, second | 5 yuan",
            "row: | free",
        ]

    def test_a_table_that_lays_out_the_page_is_none(self) -> None:
        page = marked(0, column(50, 750, *_LONG * 2)) + marked(1, column(50, 650, "Write to us."))
        tags: list[Element] = [("Table", [("TR", [("TD", [0]), ("TD", [1])]), ("TR", [("TD", [])])])]
        assert {block.kind for block in read_pdf(pdf(page, tags=tags)).blocks} == {Kind.PARAGRAPH}

    def test_code_keeps_its_lines(self) -> None:
        page = column(50, 700, *_LONG) + column(50, 650, "if lost:", "    report()", font=MONO)
        assert texts(_read(page), Kind.CODE) == ["if lost:\n    report()"]


class TestPages:
    def _columns(self) -> tuple[list[str], list[str]]:
        left = [f"left {n} of what is said about a lost card" for n in range(12)]
        return left, [line.replace("left", "right") for line in left]

    def test_columns_are_read_one_after_the_other(self) -> None:
        left, right = self._columns()
        page = at(50, 750, "Lost card", BOLD, 20) + column(50, 700, *left) + column(320, 700, *right)
        assert outline(_read(page)) == ["title: Lost card", f"paragraph: {' '.join(left + right)}"]

    def test_columns_that_are_written_line_by_line_too(self) -> None:
        left, right = self._columns()
        pairs = zip(left, right, strict=True)
        rows = [at(50, 700 - 12 * n, one) + at(320, 700 - 12 * n, other) for n, (one, other) in enumerate(pairs)]
        page = at(50, 750, "Lost card", BOLD, 20) + "".join(rows)
        assert outline(_read(page)) == ["title: Lost card", f"paragraph: {' '.join(left + right)}"]

    def test_running_heads_and_feet_and_page_numbers_are_left_out(self) -> None:
        pages = [at(50, 780, f"Handbook, part {n}") + _page(n) + at(50 + n, 30, f"{n} of 4") for n in range(4)]
        assert outline(_read(*pages)) == [f"paragraph: {_text(n)}" for n in range(4)]

    def test_heads_of_left_and_right_pages_may_differ(self) -> None:
        pages = [at(50, 780, ("Handbook", "Loss")[n % 2]) + _page(n) for n in range(8)]
        assert outline(_read(*pages)) == [f"paragraph: {_text(n)}" for n in range(8)]

    def test_what_a_browser_prints_around_a_single_page_is_left_out(self) -> None:
        head = at(30, 780, "11/27/26, 3:24 PM") + at(300, 780, "Handbook")
        page = _page(1) + at(30, 20, "file:///home/handbook.html")
        assert outline(_read(head + page + at(560, 20, "1/1"))) == [f"paragraph: {_text(1)}"]
        assert "Handbook" in _read(head + page).text

    def test_what_only_looks_alike_stays(self) -> None:
        pages = [at(50, 780 - 20 * n, "Handbook") + _page(n) for n in range(4)]
        assert _read(*pages).text.count("Handbook") == 4

    @pytest.mark.parametrize("turned", [0, 90, 180, 270])
    def test_a_page_may_be_turned(self, turned: int) -> None:
        axes = {0: "1 0 0 1 0 0", 90: "0 1 -1 0 600 0", 180: "-1 0 0 -1 600 800", 270: "0 -1 1 0 0 800"}[turned]
        page = f"q {axes} cm\n{column(50, 300, *_LONG)}Q"
        assert outline(read_pdf(pdf(page, turned=turned))) == [f"paragraph: {_TEXT}"]

    def test_what_runs_across_is_left_out(self) -> None:
        page = column(50, 700, *_LONG) + "q 0 1 -1 0 600 0 cm\n" + at(50, 580, "DocumentBuilder") + "Q"
        assert outline(_read(page)) == [f"paragraph: {_TEXT}"]

    def test_the_document_knows_where_each_begins(self) -> None:
        builder = _read(_page(0), "", column(50, 700, *_LONG[:2]), column(50, 700, _LONG[2]), _page(3))
        starts = builder.page_starts
        assert [builder.text[start:].split()[0] for start in starts] == ["Firstly", "Whoever", "Whoever", "papers", "Again"]
        assert starts == sorted(starts)

    def test_the_work_grows_with_the_number_of_pages(self) -> None:
        def calls(pages: int) -> int:
            """How many functions are called to read so many pages."""
            data = pdf(*[at(50, 780, f"Page {n}") + _page(n) for n in range(pages)])
            count = 0

            def counting(_frame: FrameType, _event: str, _argument: object) -> None:
                nonlocal count
                count += 1

            sys.setprofile(counting)
            try:
                read_pdf(data)
            finally:
                sys.setprofile(None)
            return count

        calls(1)
        assert calls(80) < 4.4 * calls(20)


class TestTitleAndLanguage:
    def test_the_properties_say_it(self) -> None:
        page = at(50, 750, "Loss", BOLD, 20) + column(50, 700, *_LONG)
        assert read_pdf(pdf(page, title="Lost card")).title == "Lost card"

    def test_a_heading_that_says_the_same_is_the_title(self) -> None:
        builder = read_pdf(pdf(at(50, 750, "LOST CARD", BOLD, 20) + column(50, 700, *_LONG), title="Lost card"))
        assert outline(builder)[0] == "title: LOST CARD"

    @pytest.mark.parametrize("title", ["", " ", "Microsoft Word - card.doc", "a.pdf", "a.cdr", "untitled", "lost_card_2", "12"])
    def test_what_a_program_put_there_says_nothing(self, title: str) -> None:
        assert read_pdf(pdf(at(50, 750, "Loss", BOLD, 20) + column(50, 700, *_LONG), title=title)).title == "Loss"

    def test_a_text_without_headings_has_none(self) -> None:
        assert _read(column(50, 700, *_LONG)).title is None

    @pytest.mark.parametrize(("tag", "language"), [("de-AT", "de"), (None, None), ("?", None), ("x" * 300, None)])
    def test_the_catalogue_says_the_language(self, tag: str | None, language: str | None) -> None:
        assert read_pdf(pdf(at(50, 700, "Karte"), language=tag)).language == language


class TestPropertiesAndLinks:
    def test_the_author_and_the_day_of_the_latest_change(self) -> None:
        properties = "/Author (Ada Moss) /CreationDate (D:20210203040506Z) /ModDate (D:20230405060708+02'00')"
        assert read_pdf(pdf(column(50, 700, *_LONG), properties=properties)).metadata == {
            "author": "Ada Moss",
            "updated": "2023-04-05",
        }

    def test_a_link_has_the_words_that_it_lies_over(self) -> None:
        page = at(50, 700, "Use the form, or the form of another office.")
        links = [((85, 695, 109, 710), "https://forms.example/a"), ((139, 695, 163, 710), "https://forms.example/b")]
        builder = read_pdf(pdf(page, links=[*links, ((300, 100, 350, 120), "https://nowhere.example/")]))
        assert [(builder.text[link.start : link.end], link.address[-1]) for link in builder.links] == [
            ("form", "a"),
            ("form", "b"),
        ]
        assert builder.links[0].start < builder.links[1].start


class TestWhatIsRefused:
    def test_what_is_no_pdf(self) -> None:
        with pytest.raises(UnreadableError, match="not a PDF file"):
            read_pdf(b"Lost card")

    @pytest.mark.parametrize("data", [b"%PDF-1.4\n", b"\n%PDF-1.4\n%%EOF", pdf()])
    def test_what_is_no_whole_pdf(self, data: bytes) -> None:
        with pytest.raises(UnreadableError, match=r"^a damaged PDF file$"):
            read_pdf(data)

    def test_streams_without_end(self) -> None:
        with pytest.raises(UnreadableError, match="a damaged PDF file: its parts do not end"):
            read_pdf(b"%PDF-1.7\n" + b"".join(b"%d 0 obj<<>>stream\n" % n for n in range(30_000)))

    def test_pages_that_are_not_there_are_not_looked_for_without_end(self) -> None:
        data = pdf(column(50, 700, *_LONG))
        with_count = data.replace(b"/Count 1", b"/Count 2000000000")
        assert with_count != data
        assert read_pdf(with_count).text == read_pdf(data).text

    @pytest.mark.parametrize("pages", [[""], [at(50, 700, "\x02")]])
    def test_pages_without_text(self, pages: list[str]) -> None:
        with pytest.raises(UnreadableError, match=r"^no text in it(?:: scanned pages need text recognition .*)?$"):
            read_pdf(pdf(*pages))

    def test_signs_that_are_no_letters(self) -> None:
        with pytest.raises(UnreadableError, match="it does not say which letters its signs are"):
            read_pdf(pdf(column(50, 700, *["!\"# $ %& ' ( ) * + , - 70 !#", "$ % & ' < = ; : # - 4 $ +"] * 8)))

    def test_pages_with_nothing_but_their_numbers_or_a_stamp(self) -> None:
        with pytest.raises(UnreadableError, match=r"^no text in it but what its pages repeat$"):
            read_pdf(pdf(*(at(50, 780, "Library of the town") + at(300, 20, str(n)) for n in range(1, 9))))

    def test_a_file_with_a_password(self) -> None:
        with pytest.raises(UnreadableError, match="protected by a password"):
            read_pdf(pdf(column(50, 700, *_LONG), locked=True))


def test_several_threads_may_read() -> None:
    data = pdf(*map(_page, range(20)))
    counts: list[int] = []
    threads = [threading.Thread(target=lambda: counts.append(len(read_pdf(data).blocks))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counts == [20] * 4
