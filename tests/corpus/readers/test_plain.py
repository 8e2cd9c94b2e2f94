import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from askdex.corpus.readers.plain import read_plain
from askdex.corpus.types import Kind
from tests.corpus.readers.outline import outline, outside_blocks, texts


def _headings(*groups: str) -> list[str]:
    """The headings found in these groups of lines between a title and a closing sentence, with their levels."""
    builder = read_plain("\n\n".join(("Lost card", *groups, "This is the text below.")))
    return [line.removeprefix("heading ") for line in outline(builder) if line.startswith("heading")]


def _body(source: str) -> list[str]:
    """The blocks below a title."""
    return outline(read_plain(f"Lost card\n\n{source}"))[1:]


class TestTitle:
    @pytest.mark.parametrize(
        "source",
        [
            "Lost card\n\nReport it at once.",
            "\n\n  Lost card\n\nReport it at once.",
            "Lost card\n=========\n\nReport it at once.",
            "Lost card",
        ],
    )
    def test_a_first_line_standing_alone_is_the_title(self, source: str) -> None:
        builder = read_plain(source)
        assert builder.title == "Lost card"
        assert builder.blocks[0].kind is Kind.TITLE

    def test_a_question_can_be_the_title(self) -> None:
        assert read_plain("How do I report a lost card?\n\nBy telephone.").title == "How do I report a lost card?"

    def test_a_title_repeated_below_a_breadcrumb_line_is_taken_without_it(self) -> None:
        builder = read_plain("Site - Cards - Lost card\n\nLost card\n\nReport it at once.")
        assert builder.title == "Lost card"
        assert outline(builder) == ["title: Site - Cards - Lost card", "title: Lost card", "paragraph: Report it at once."]

    def test_a_second_line_that_does_not_repeat_the_first_is_a_heading(self) -> None:
        builder = read_plain("Site - Cards\n\nLost card\n\nReport it at once.")
        assert builder.title == "Site - Cards"
        assert outline(builder)[1] == "heading 2: Lost card"

    @pytest.mark.parametrize(
        "first",
        ["Report a lost card at once.", "- Report a lost card", "A first line\nand a second one", "Lost card " * 25],
        ids=["a sentence", "a list item", "a paragraph", "too long"],
    )
    def test_a_first_line_that_is_text_is_no_title(self, first: str) -> None:
        builder = read_plain(f"{first}\n\nMore of it follows here.")
        assert builder.title is None
        assert outside_blocks(builder).strip() == ""

    @pytest.mark.parametrize("source", ["", " \n\t\n"])
    def test_a_text_of_blanks_has_no_blocks(self, source: str) -> None:
        assert read_plain(source).blocks == []


class TestHeadings:
    @pytest.mark.parametrize(
        "line",
        [
            "Legal basis",
            "Working in the U.S.",
            "What does it cost?",
            "Documents needed:",
            "法律依据",
            "丢了社会保障卡怎么办？",
            "3 Time limits",
        ],
    )
    def test_a_short_line_standing_alone_is_a_heading(self, line: str) -> None:
        assert _headings(line) == [f"2: {line}"]

    @pytest.mark.parametrize(
        "line",
        [
            "Report it at once.",
            "see the page on lost cards",
            "https://example.org/lost-card",
            "• Identity card",
            "(a) Identity card",
            "* * *",
            "2024",
            "Word " * 30,
            "单位应当在三十日内为其职工向社会保险经办机构申请办理社会保险登记，未办理的由社会保险经办机构核定其应当缴纳的费用",
        ],
    )
    def test_a_line_that_reads_as_text_is_no_heading(self, line: str) -> None:
        assert _headings(line) == []

    @pytest.mark.parametrize("mark", "=-~^*#_")
    def test_an_underlined_line_is_a_heading_whatever_it_ends_in(self, mark: str) -> None:
        underlined = f"Report it at once.\n{mark * 18}"
        assert _headings(underlined) == [f"2: {underlined}"]

    @pytest.mark.parametrize("line", ["1. Scope", "2.1 Persons"])
    def test_an_underlined_line_with_a_number_is_a_heading(self, line: str) -> None:
        assert [heading[3:] for heading in _headings(f"{line}\n=====")] == [f"{line}\n====="]

    def test_an_underlined_list_item_is_none(self) -> None:
        assert _headings("- Scope\n-------") == []

    @pytest.mark.parametrize("text", ["By telephone.", "By telephone.\nOr at the counter.", "by telephone"])
    @pytest.mark.parametrize("gap", ["\n", "\n\n"], ids=["no blank line", "a blank line"])
    def test_a_question_line_is_a_heading_with_or_without_a_blank_line_below(self, gap: str, text: str) -> None:
        assert _body(f"How do I report it?{gap}{text}") == ["heading 2: How do I report it?", f"paragraph: {text}"]

    def test_questions_and_answers_without_any_blank_line_are_parted(self) -> None:
        assert _body("What is it?\nA card.\nWho issues it?\nThe agency.") == [
            "heading 2: What is it?",
            "paragraph: A card.",
            "heading 2: Who issues it?",
            "paragraph: The agency.",
        ]

    @pytest.mark.parametrize(
        "paragraph",
        [
            "Many people ask themselves\nWho issues the card?\nand find no answer.",
            "Is it lost? Was it stolen?\nReport it at once.",
            "Report it at once.\nWhat else is there to do?",
        ],
        ids=["in the middle of a sentence", "two questions on a line", "nothing follows"],
    )
    def test_a_question_within_running_text_is_no_heading(self, paragraph: str) -> None:
        assert _body(paragraph) == [f"paragraph: {paragraph}"]

    def test_up_to_three_headings_above_a_text_are_nested(self) -> None:
        assert _headings("Legal basis", "Social Insurance Law", "Article 58") == [
            "2: Legal basis",
            "3: Social Insurance Law",
            "4: Article 58",
        ]

    def test_many_short_lines_in_a_row_are_of_one_level(self) -> None:
        assert {
            heading[0] for heading in _headings("Identity card", "Birth certificate", "Residence permit", "Photograph")
        } == {"2"}

    def test_short_lines_that_nothing_follows_are_text(self) -> None:
        assert _body("Report it at once.\n\nBristol, 19 August\n\nThe caretaker") == [
            "paragraph: Report it at once.",
            "paragraph: Bristol, 19 August",
            "paragraph: The caretaker",
        ]

    @pytest.mark.parametrize(
        "line",
        [
            "Please bring the following to the counter:",
            "For details, see:",
            "Bringen Sie bitte diese Unterlagen mit：",
        ],
    )
    def test_a_line_that_leads_to_what_follows_is_no_heading(self, line: str) -> None:
        assert _headings(line) == []

    @pytest.mark.parametrize("numbers", ["1. 2. 3.", " 9. 10. 11.", "0) 1) 2)"])
    def test_numbered_sentences_that_go_on_in_order_above_text_are_headings(self, numbers: str) -> None:
        first, second, third = re.findall(r" *\S+", numbers)
        text = "    Wait a day."
        groups = (f"{first} The card is lost.", text, f"{second} card() fails.", text, f"{third} What now?", text)
        assert [heading[3:] for heading in _headings(*groups)] == [group for group in groups if group != text]

    @pytest.mark.parametrize(
        "groups",
        [
            ("1. Go to the counter.", "2. Show your card."),
            ("1. Go to the counter.", "Wait there.", "3. Show your card."),
            ("1. Go there.", "(a) By bus.", "2. Show your card."),
            ("1. Go there. Wait.", "By bus.", "2. Show it. Wait.", "Then go."),
            ("1. Go there\nby bus.", "Or walk.", "2. Show your\ncard.", "Then go."),
        ],
        ids=["nothing below", "out of order", "a list below", "several sentences", "several lines"],
    )
    def test_other_numbered_sentences_are_items(self, groups: tuple[str, ...]) -> None:
        assert _headings(*groups) == []

    def test_a_numbered_question_may_take_several_lines(self) -> None:
        question = "2. The law says that a card must be kept. Does\n   that mean always?"
        assert _headings("1. Where is it?", "Here.", question, "Yes.") == ["2: 1. Where is it?", f"2: {question}"]

    def test_in_a_manual_capitals_above_indented_text_are_headings_and_what_is_a_little_in_lies_below_them(self) -> None:
        manual = (
            "OPTIONS\n   Of the card\n       -a     keep it\n\n       -D     delete it\n\n       Examples are\n\n"
            "   Of the file\n       -f     name it\n\nEXIT STATUS\n       3      It is locked."
        )
        assert [block for block in _body(manual) if block.startswith("heading")] == [
            "heading 2: OPTIONS",
            "heading 3:    Of the card",
            "heading 3:    Of the file",
            "heading 2: EXIT STATUS",
        ]

    def test_an_opening_line_above_indented_text_alone_is_text(self) -> None:
        assert _body("Card\n    What proves who you are.") == ["paragraph: Card\n    What proves who you are."]

    @pytest.mark.parametrize("heading", ["OPTIONS", "4. Bonfires", "3. Of the plots", "§ 4 Mitgliedschaft", "Article 58"])
    def test_a_number_or_capitals_make_a_heading_of_a_line_right_above_a_sentence(self, heading: str) -> None:
        text = f"{heading}\nThey are allowed for all of the winter.\n{heading}\nThey go on."
        assert _body(text)[::2] == [f"heading 2: {heading}"] * 2
        assert _body(text)[1::2] == ["paragraph: They are allowed for all of the winter.", "paragraph: They go on."]

    def test_the_number_of_an_article_makes_a_heading_of_a_line_right_above_numbered_paragraphs(self) -> None:
        assert _body("§ 4 Mitgliedschaft\n(1) Mitglied kann jeder werden.")[0] == "heading 2: § 4 Mitgliedschaft"

    @pytest.mark.parametrize(
        "text",
        [
            "JOHN SMITH\n12 Main Street\nSpringfield",
            "NEVER OPEN\nTHE LOWER DOOR.",
            "4. Bonfires\nare allowed in winter.",
            "3. Der Mieter zahlt die Miete am ersten Tag jedes\nMonats ohne Aufforderung.",
            "1. Milk\n2. Eggs and a great deal of butter for the cake.",
        ],
    )
    def test_a_line_that_goes_on_or_is_one_of_several_is_no_heading(self, text: str) -> None:
        assert not any(block.startswith("heading") for block in _body(text))

    def test_an_article_whose_text_begins_in_its_first_line_is_no_heading(self) -> None:
        text = (
            "Title 2. Moorings\n"
            "Article 3: Whoever moors a boat here for more than one night\nenters it in the book.\n"
            "Article 4: Nobody may\n1. Light a fire that is seen from the other bank,\n2. Keep bees.\n"
            "Article 5: Fees\nare paid on the spot."
        )
        assert [block for block in _body(text) if block.startswith("heading")] == ["heading 2: Title 2. Moorings"]

    def test_articles_with_a_name_behind_a_colon_are_headings(self) -> None:
        text = "Article 3: Moorings\nWhoever moors a boat here pays.\n\nArtículo 4: Tasas\nSe pagan en el acto, sin excepción."
        assert _body(text)[::2] == ["heading 2: Article 3: Moorings", "heading 2: Artículo 4: Tasas"]

    def test_an_item_that_was_wrapped_before_a_capital_is_no_heading(self) -> None:
        first, rest = "1. All boats in the book of the Harbour", "Master, and all that have been in it for a year."
        assert _body(f"{first}\n{rest}\n2. Rafts.") == [f"item: {first}", f"paragraph: {rest}", "item: 2. Rafts."]

    def test_a_line_further_in_than_others_is_no_heading_unless_it_is_in_the_middle(self) -> None:
        centred = "Terms and conditions".center(72).rstrip()
        assert _headings("    Examples", "Some text.", centred) == [f"2: {centred}"]

    def test_how_far_in_a_line_stands_is_counted_from_the_margin(self) -> None:
        builder = read_plain("    Lost card\n\n    What to do\n\n      Report it.")
        assert outline(builder)[1:] == ["heading 2:     What to do", "paragraph:       Report it."]

    def test_a_paragraph_that_opens_with_wide_blanks_stands_at_the_margin(self) -> None:
        assert _headings("\u3000" * 4 + "法律依据") == ["2: " + "\u3000" * 4 + "法律依据"]

    def test_outline_numbers_nest_headings(self) -> None:
        text = "This is a sentence."
        sections = ("1. Scope", text, "1.1 Persons", text, "1.1.1 Foreigners", text, "1.2 Places", text, "2. Costs", text)
        assert _headings(*sections) == ["2: 1. Scope", "3: 1.1 Persons", "4: 1.1.1 Foreigners", "3: 1.2 Places", "2: 2. Costs"]

    @pytest.mark.parametrize(
        ("chapter", "article"), [("Chapter {}", "Article {}"), ("PART {}", "Section {}"), ("第{}章 总则", "第{}条")]
    )
    def test_articles_keep_the_level_of_the_first_article(self, chapter: str, article: str) -> None:
        text = "This is a sentence."
        sections = (
            chapter.format(1),
            article.format(1),
            text,
            article.format(2),
            text,
            chapter.format(2),
            article.format(3),
            text,
        )
        assert [heading[0] for heading in _headings(*sections)] == ["2", "3", "3", "2", "3"]

    @pytest.mark.parametrize("gap", ["\n", "\n\n"], ids=["no blank line", "a blank line"])
    def test_the_underline_of_a_question_is_part_of_the_heading(self, gap: str) -> None:
        underlined = "What is it?\n==========="
        assert _body(f"{underlined}{gap}A card.") == [f"heading 2: {underlined}", "paragraph: A card."]

    def test_blanks_behind_a_heading_do_not_part_it_from_its_underline(self) -> None:
        builder = read_plain("Lost card\n\nLegal basis  \n===========\n\nThis is the text below.")
        assert outside_blocks(builder).strip() == ""

    def test_a_heading_ends_before_a_page_break(self) -> None:
        builder = read_plain("Lost card\n\nLegal basis\n\f===\n\nThis is the text below.")
        assert outside_blocks(builder).strip() == ""


class TestLists:
    @pytest.mark.parametrize(
        "markers",
        ["* *", "- -", "• •", "– –", "1. 2.", "1) 2)", "(1) (2)", "a) b)", "(i) (ii)", "①- ②-", "（1） （2）", "1、 2、"],
    )
    def test_each_marked_line_is_an_item(self, markers: str) -> None:
        first, second = (f"{marker} the card" for marker in markers.split())
        assert _body(f"{first}\n{second}") == [f"item: {first}", f"item: {second}"]

    def test_text_around_a_list_is_not_part_of_it(self) -> None:
        assert _body("You need these:\n- identity card\n- photograph\nBring them along.") == [
            "paragraph: You need these:",
            "item: - identity card",
            "item: - photograph",
            "paragraph: Bring them along.",
        ]

    def test_an_indented_line_goes_on_with_the_item_above(self) -> None:
        assert _body("- identity card or\n  residence permit\n- photograph") == [
            "item: - identity card or\n  residence permit",
            "item: - photograph",
        ]

    @pytest.mark.parametrize(
        "item",
        [
            "b) Contar con licencia nacional de conducir habilitante para la categoría\nrespectiva del vehículo.",
            "- The registry on the ground floor of the main building next to the National\nLibrary takes all of the forms in.",
        ],
        ids=["in lower case", "in upper case, where no room was left"],
    )
    def test_an_item_that_was_wrapped_to_the_margin_is_one(self, item: str) -> None:
        assert _body(f"{item}\n- photograph\nBring them along.") == [
            f"item: {item}",
            "item: - photograph",
            "paragraph: Bring them along.",
        ]

    def test_items_between_blank_lines_stay_items(self) -> None:
        assert _body("1. Go to the counter.\n\n2. Show your card.") == [
            "item: 1. Go to the counter.",
            "item: 2. Show your card.",
        ]

    @pytest.mark.parametrize(
        "line",
        [
            "1,000 yuan are paid at once.",
            "3.5 per cent is paid by the worker.",
            "-5 degrees and less.",
            "12, the house at the end.",
        ],
    )
    def test_a_line_that_opens_with_a_number_is_no_item(self, line: str) -> None:
        assert _body(line) == [f"paragraph: {line}"]


def test_the_text_is_the_files_own() -> None:
    source = "Lost card\n\n  Legal basis\n\n\tThe  law says\nso.  \n\n- item\n"
    assert read_plain(source).text == source


def _pages(letterhead: str, number: int, *, lines: int = 24) -> str:
    body = "\n".join(f"Line {{0}}-{n} says what is said on it." for n in range(lines))
    return "\n\n".join(f"{letterhead}\n\n{body.format(page)}" for page in range(number))


def test_a_letterhead_that_returns_on_every_page_is_read_once() -> None:
    letterhead = "Harbour of River Town\nThe Harbour Master\n\nTel: 555 0101 - Quay 3"
    text = read_plain(_pages(letterhead, 4)).text
    assert text.count("Harbour Master") == text.count("Tel: 555 0101") == 1
    assert all(f"Line {page}-{n} says" in text for page in range(4) for n in range(24))


def test_a_sentence_goes_on_over_a_page_with_a_number_and_a_letterhead() -> None:
    letterhead = "Harbour of River Town\nThe Harbour Master\nTel: 555 0101 - Quay 3"
    pages = f"\n\nPage 2 of 4\n\n{letterhead}\n\n".join(
        ["Whoever moors here", *("pays the\n" + "\n".join(f"fee number {n}-{m}" for m in range(24)) for n in range(3))]
    )
    text = read_plain(f"{letterhead}\n\n{pages}").text
    assert "Whoever moors here\npays the\n" in text
    assert "Page 2" not in text


@pytest.mark.parametrize(
    "text",
    [
        _pages("Harbour of River Town\nTel: 555 0101 - Quay 3", 4),
        _pages("Name:\nBoat and where it comes from:\nLength in metres:", 12, lines=4),
        _pages("Harbour of River Town\nThe Harbour Master\nTel: 555 0101 - Quay 3", 2),
    ],
    ids=["two lines", "the lines of a form", "twice"],
)
def test_what_else_returns_stays(text: str) -> None:
    assert read_plain(text).text == text


def test_rows_of_dashes_that_fill_the_lines_of_an_article_are_left_out() -> None:
    others = "\n\n----------\n\n---- --- x\n\n---- Original message ----\n\n-----BEGIN KEY-----\n\n---- | ----"
    builder = read_plain(f"Article 1: The boats of the harbour are\n-------------- counted in May.{others}")
    assert builder.text == f"Article 1: The boats of the harbour are\ncounted in May.{others}"


@pytest.mark.parametrize("ending", ["\r\n", "\r"])
def test_line_ends_are_made_alike(ending: str) -> None:
    source = "Lost card\n\nWhat to do\n\nReport it\nat once.\n"
    assert read_plain(source.replace("\n", ending)) == read_plain(source)


def test_characters_that_cannot_be_stored_are_replaced_one_by_one() -> None:
    builder = read_plain("Lost\x00card\n\nReport it \ud800at once.")
    assert builder.text == "Lost\ufffdcard\n\nReport it \ufffdat once."


_LINES = st.one_of(
    st.just(""),
    st.sampled_from(
        "=== --- Title 1.1 Article*3 -*item 1.*item (a)*item What*is*it? A*sentence. *and*on 第三条 工伤认定。".split()
    ).map(lambda line: line.replace("*", " ")),
    st.text(st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp")), max_size=30).map(str.rstrip),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(_LINES, max_size=25))
def test_whatever_the_lines_no_text_is_outside_the_blocks(lines: list[str]) -> None:
    builder = read_plain("\n".join(lines))
    assert outside_blocks(builder).strip() == ""
    assert all(text.strip() for kind in Kind for text in texts(builder, kind))


class TestOrigin:
    """Lines that say when, in which version or by whom a text was made."""

    @pytest.mark.parametrize(
        "line",
        [
            "Last updated: 1 March 2024",
            "Stand: 1. März 2024",
            "Effective 3rd March 2023",
            "Version 2.3",
            "Version: v2",
            "Ausgabe Nr. 4",
            "Author: Anna Smith",
            "Next meeting: 4 May 2024",
        ],
    )
    def test_they_are_no_headings(self, line: str) -> None:
        assert _headings("Fees", line, "Cards cost five euro.") == ["2: Fees"]

    @pytest.mark.parametrize(
        "line", ["Article 4: Whoever", "Effective help", "Version control", "Authors and rights", "Dated words"]
    )
    def test_headings_with_such_words_stay(self, line: str) -> None:
        assert _headings(line, "Cards cost five euro.") == [f"2: {line}"]

    def test_the_title_may_stand_below_them(self) -> None:
        builder = read_plain("Version 2.3\nAuthor: Anna Smith\n\nLost card\n\nReport it at once.")
        assert outline(builder) == [
            "paragraph: Version 2.3\nAuthor: Anna Smith",
            "title: Lost card",
            "paragraph: Report it at once.",
        ]
        assert builder.title == "Lost card"

    def test_the_versions_of_a_list_of_changes_are_headings(self) -> None:
        assert _headings("Version 2.3", "Cards are blue.", "Version 2.2", "Cards are red.") == [
            "2: Version 2.3",
            "2: Version 2.2",
        ]
