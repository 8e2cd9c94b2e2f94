import pytest

from askdex.corpus.errors import UnreadableError
from askdex.corpus.readers.rtf import read_rtf
from tests.corpus.readers.outline import outline, outside_blocks

_HEAD = (
    r"{\fonttbl{\f0\fcharset0 Arial;}{\f1\fcharset204 Arial Cyr;}{\f2\fcharset128 MS Gothic;}}{\colortbl;\red0\green0\blue0;}"
    r"{\stylesheet{\s0 Normal;}{\s1\outlinelevel0 Own;}{\s2 heading 2;}{\s3 Title;}{\*\cs9 Default Paragraph Font;}}"
)
_ABOUT = r"{\info{\title Fees of cards}{\author Ada}{\operator Bob}{\revtim\yr2024\mo3\dy1\hr10}}"


def _rtf(body: str, head: str = _HEAD) -> bytes:
    return rf"{{\rtf1\ansi\ansicpg1252\uc1 {head}{body}}}".encode("latin-1")


def _outline(body: str) -> list[str]:
    return outline(read_rtf(_rtf(body)))


def test_title_headings_paragraphs_and_properties() -> None:
    body = (
        r"\pard\s3 Lost cards\par\pard\s1 Report it\par\pard\s0 Call {\b at once} & wait.\par "
        r"\pard\s2 Fees\par\pard None.\line At first.\par\pard\outlinelevel2 Later\par\pard Ten.\par"
    )
    builder = read_rtf(_rtf(body, _HEAD + _ABOUT))
    assert builder.title == "Lost cards"
    assert builder.metadata == {"author": "Ada", "updated": "2024-03-01"}
    assert outline(builder) == [
        "title: Lost cards",
        "heading 1: Report it",
        "paragraph: Call at once & wait.",
        "heading 2: Fees",
        "paragraph: None.\nAt first.",
        "heading 3: Later",
        "paragraph: Ten.",
    ]
    assert outside_blocks(builder).strip() == ""


def test_the_title_may_be_that_of_the_properties() -> None:
    assert read_rtf(_rtf(r"\pard Call us.\par", _ABOUT)).title == "Fees of cards"


def test_lists_have_their_numbers_and_levels() -> None:
    body = r"{\listtext\f0 1.\tab}\ls1\ilvl0 by phone\par{\pntext\f0\'b7\tab}\ilvl1 or by mail\par\pard Then wait.\par"
    assert _outline(body) == ["item: 1. by phone", "item 1: or by mail", "paragraph: Then wait."]


def test_tables_have_rows() -> None:
    body = (
        r"\trowd\trhdr\cellx9\cellx99\pard\intbl Card\cell Price\cell\row\trowd\cellx9\cellx99\pard\intbl first\par card\cell 0"
        r"\cell\row\pard After it.\par"
    )
    assert _outline(body) == ["row 1: Card | Price", "row: first\ncard | 0", "paragraph: After it."]


def test_letters_of_all_encodings_are_read() -> None:
    assert _outline(r"Gr\'f6\'dfe {\f1 \'ca\'e0\'f0\'f2\'e0} {\f2 \'83\'4a\'81\'5b\'83\'68} \u8364? \u-10179?\u-8704?\par") == [
        "paragraph: Größe Карта カード € 😀"
    ]
    assert _outline(r"{\uc2 \u8364\'80x\uc0 \u8364 y} \endash  \ldblquote a\rdblquote\~b\_c\-d \{x\} \\\par") == [
        "paragraph: €€y – “a” b-cd {x} \\"
    ]


def test_links_are_kept() -> None:
    body = r'See {\field{\*\fldinst{HYPERLINK "https://a.example"}}{\fldrslt{there}}} now.\par'
    builder = read_rtf(_rtf(body))
    (link,) = builder.links
    assert (builder.text, builder.text[link.start : link.end], link.address) == ("See there now.", "there", "https://a.example")


def test_notes_come_last() -> None:
    assert _outline(r"Report it{\footnote\pard At the counter.\par}.\par\pard Then wait.\par") == [
        "paragraph: Report it[1].",
        "paragraph: Then wait.",
        "item: [1] At the counter.",
    ]


@pytest.mark.parametrize(
    "gone",
    [
        r"{\v secret}",
        r"{\deleted old}",
        r"{\header Acme\par}",
        r"{\pict\wmetafile8 ABCDEF0123}",
        r"{\pict\bin9 }}}}}}}}}}",
        r"{\*\unknown text}",
        r"{\*\atnid AM}{\*\annotation A comment.\par}",
        r"{\xe index}",
        r"{\object\objemb{\*\objdata 0105}}",
    ],
)
def test_what_is_hidden_deleted_or_no_text_is_left_out(gone: str) -> None:
    assert _outline(rf"Call {gone}us.\par") == ["paragraph: Call us."]


def test_what_stands_in_a_text_box_is_read() -> None:
    assert _outline(r"Call us.\par{\shp{\*\shpinst{\sp{\sn x}{\sv 1}}{\shptxt\pard In the box.\par}}{\shprslt Twice.}}") == [
        "paragraph: Call us.",
        "paragraph: In the box.",
    ]


def test_what_looks_like_the_tag_of_a_template_is_text() -> None:
    assert _outline(r"Dear \{\{NAME\}\}, welcome.\par") == ["paragraph: Dear {{NAME}}, welcome."]


@pytest.mark.parametrize(
    "body", [r"Call us.\par}}}} ", r"{{{Call us.", r"Call us.\u", r"\trowd\cell\row Call us.\bin99", r"}Call us."]
)
def test_a_file_that_is_cut_off_or_has_too_many_ends_is_read(body: str) -> None:
    assert _outline(body)[-1] == "paragraph: Call us."


@pytest.mark.parametrize("data", [b"Lost cards", b"PK\x03\x04", b"\\rtf1 x", b" " * 200 + b"{\\rtf1 x}"])
def test_what_is_no_rtf_is_left_out_with_the_reason(data: bytes) -> None:
    with pytest.raises(UnreadableError, match="not an RTF file"):
        read_rtf(data)


def test_groups_without_end_are_refused() -> None:
    with pytest.raises(UnreadableError, match="nested too deeply"):
        read_rtf(_rtf("{" * 20_000))


def test_raised_and_lowered_digits_do_not_run_on_from_a_number() -> None:
    body = r"\pard\s3 Rooms of 20 m{\super 2}\par\pard 10{\super 3} cards, 5\super 1\nosupersub  euro, CO{\sub 2}\par"
    builder = read_rtf(_rtf(body))
    assert builder.title == "Rooms of 20 m²"
    assert outline(builder)[1:] == ["paragraph: 10³ cards, 5¹ euro, CO₂"]
