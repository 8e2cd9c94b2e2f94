"""Old files of Word and PowerPoint, which LibreOffice made from a text and two slides of ours."""

import struct
from pathlib import Path

import pytest

from askdex.corpus.errors import UnreadableError
from askdex.corpus.readers.powerpoint.binary import read_ppt
from askdex.corpus.readers.word.binary import read_doc
from tests.corpus.readers.containers import ole
from tests.corpus.readers.outline import outline, outside_blocks
from tests.corpus.readers.packages import docx, paragraph
from tests.corpus.readers.presentations import line, pptx, shape, slide

_FOLDER = Path(__file__).parents[2] / "data" / "office97"
_DOC, _PPT = ((_FOLDER / f"cards.{suffix}").read_bytes() for suffix in ("doc", "ppt"))
_LOCKED_USER = struct.pack("<HHIII", 0, 4086, 20, 20, 0xF3D1C4DF) + bytes(12)


def test_an_old_text() -> None:
    builder = read_doc(_DOC)
    assert (builder.title, builder.metadata["author"]) == ("Lost cards", "Ada Lovelace")
    assert outline(builder) == [
        "title: Lost cards",
        "heading 2: What does it cost?",
        "paragraph: Nothing at “the office” – see the form. Käte & Šárka.",
        "heading 3: Steps",
        "item: Report it",
        "item 1: by phone",
        "item: Wait",
        "row 1: Card | Price",
        "row: first | 0",
        "paragraph: Last line\nbroken here.",
        "paragraph: For the first card.",
    ]
    assert [(builder.text[link.start : link.end], link.address) for link in builder.links] == [
        ("the form", "https://cards.example/form")
    ]
    assert not outside_blocks(builder).strip()


def test_old_slides_are_pages_with_their_notes() -> None:
    builder = read_ppt(_PPT)
    assert builder.title == "Lost cards"
    assert outline(builder) == [
        "title: Lost cards",
        "item: Report it",
        "item: Wait",
        "paragraph: A box of its own, for Käte.",
        "paragraph: Tell them not to worry.",
        "heading 1: What does it cost?",
        "paragraph: Nothing.",
    ]
    assert [builder.text[start:].split("\n")[0] for start in builder.page_starts] == ["Lost cards", ""]
    assert builder.text[builder.page_starts[1] :].strip().startswith("What does it cost?")


def test_a_new_file_with_an_old_name_is_read() -> None:
    assert outline(read_doc(docx(paragraph("Call us.")))) == ["paragraph: Call us."]
    assert outline(read_doc(rb"{\rtf1\ansi Call us.\par}")) == ["paragraph: Call us."]
    assert outline(read_ppt(pptx(slide(shape(line("Call us at once, by phone or by mail."))))))


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (ole({"WordDocument": struct.pack("<HHHHHH", 0xA5EC, 0xC1, 0, 0, 0, 0x0100) + bytes(900)}), "protected by a password"),
        (
            ole({"WordDocument": struct.pack("<HHHHHH", 0xA5EC, 0x68, 0, 0, 0, 0) + bytes(900)}),
            "older than Word 97: save it as .docx",
        ),
        (ole({"WordDocument": bytes(900)}), "not a DOC file"),
        (ole({"Workbook": bytes(900)}), "not a DOC file"),
        (ole({"WordDocument": struct.pack("<HHHHHH", 0xA5EC, 0xC1, 0, 0, 0, 0) + bytes(900)}), "a damaged DOC file"),
        (_DOC[:3_000], "a damaged DOC file"),
        (b"Call us.", "not a DOC file"),
    ],
    ids=["password", "older", "magic", "other", "no text", "cut", "plain"],
)
def test_a_text_that_cannot_be_read_is_refused_with_the_reason(data: bytes, reason: str) -> None:
    with pytest.raises(UnreadableError, match=f"^{reason}$"):
        read_doc(data)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (ole({"Current User": _LOCKED_USER, "PowerPoint Document": bytes(900)}), "protected by a password"),
        (ole({"Current User": bytes(40), "PowerPoint Document": bytes(900)}), "a damaged PPT file"),
        (ole({"WordDocument": bytes(900)}), "not a PPT file"),
        (_PPT[:3_000], "a damaged PPT file"),
        (b"Call us.", "not a PPT file"),
    ],
    ids=["password", "no slides", "other", "cut", "plain"],
)
def test_slides_that_cannot_be_read_are_refused_with_the_reason(data: bytes, reason: str) -> None:
    with pytest.raises(UnreadableError, match=f"^{reason}$"):
        read_ppt(data)
