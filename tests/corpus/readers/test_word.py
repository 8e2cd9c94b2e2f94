import tracemalloc

import pytest

from askdex.corpus.errors import UnreadableError
from askdex.corpus.readers.word import read_word
from tests.corpus.readers.outline import outline, outside_blocks
from tests.corpus.readers.packages import BULLET, NOTE, docx, paragraph, table


class TestWhatIsRead:
    def test_headings_paragraphs_lists_and_tables(self) -> None:
        builder = read_word(
            docx(
                paragraph("Lost card", "H1"),
                paragraph("Report it & wait."),
                paragraph("What to bring", "H2"),
                paragraph("Your passport", properties=BULLET),
                paragraph("A photograph", properties=BULLET),
                table(["Card", "Costs"], ["First", "Nothing"]),
            )
        )
        assert builder.title == "Lost card"
        assert outline(builder) == [
            "title: Lost card",
            "paragraph: Report it & wait.",
            "heading 2: What to bring",
            "item: Your passport",
            "item: A photograph",
            "row 1: Card | Costs",
            "row: First | Nothing",
        ]
        assert outside_blocks(builder).strip() == ""

    def test_a_footnote_comes_last_without_the_way_back(self) -> None:
        builder = read_word(docx(paragraph("Report it", more=NOTE), paragraph("Then wait."), note="At the counter."))
        assert outline(builder) == ["paragraph: Report it[1]", "paragraph: Then wait.", "item: 1. At the counter."]

    def test_what_was_deleted_is_left_out(self) -> None:
        gone = "<w:del><w:r><w:delText> Or not.</w:delText></w:r></w:del>"
        assert outline(read_word(docx(paragraph("Report it.", more=gone)))) == ["paragraph: Report it."]

    @pytest.mark.parametrize("body", ["", paragraph(""), paragraph(" ")])
    def test_a_file_without_text_has_no_blocks(self, body: str) -> None:
        assert read_word(docx(body)).blocks == []


class TestTitle:
    def test_it_is_the_paragraph_in_the_style_of_a_title(self) -> None:
        body = [paragraph("Lost  card", "T"), paragraph("Loss", "H1"), paragraph("Report it.")]
        builder = read_word(docx(*body, title="Draft of May"))
        assert builder.title == "Lost card"
        assert outline(builder) == ["title: Lost card", "heading 1: Loss", "paragraph: Report it."]

    def test_else_it_is_what_the_properties_say(self) -> None:
        builder = read_word(docx(paragraph("Loss", "H1"), paragraph("Report it."), title="Cards & passes"))
        assert builder.title == "Cards & passes"
        assert outline(builder) == ["heading 1: Loss", "paragraph: Report it."]

    @pytest.mark.parametrize("title", ["", " ", "Microsoft Word - card", "card_2.docx", "Untitled", "lost_card", None])
    def test_what_a_program_put_there_says_nothing(self, title: str | None) -> None:
        assert read_word(docx(paragraph("Loss", "H1"), paragraph("Report it."), title=title)).title == "Loss"


class TestWhatIsRefused:
    @pytest.mark.parametrize("data", [b"", b"Lost card", b"PK\x03\x04 and no more", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 of old"])
    def test_what_is_no_word_file(self, data: bytes) -> None:
        with pytest.raises(UnreadableError, match="not a Word file"):
            read_word(data)

    @pytest.mark.parametrize("document", ["<w:document", "", "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>"])
    def test_a_package_without_a_document_in_it(self, document: str) -> None:
        with pytest.raises(UnreadableError, match="not a Word file"):
            read_word(docx(parts={"word/document.xml": document}))

    def test_a_file_with_a_password(self) -> None:
        locked = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le")
        with pytest.raises(UnreadableError, match="protected by a password"):
            read_word(locked)

    def test_a_bomb_is_not_unpacked(self) -> None:
        bomb = docx(parts={"word/document.xml": " " * (65 * 2**20)})
        tracemalloc.start()
        with pytest.raises(UnreadableError, match="too large when unpacked"):
            read_word(bomb)
        assert tracemalloc.get_traced_memory()[1] < 2**20
        tracemalloc.stop()
