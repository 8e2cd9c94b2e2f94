import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from askdex.corpus.text.sentences import sentences


def _parted(text: str) -> list[str]:
    return [text[start:end] for start, end in sentences(text)]


@pytest.mark.parametrize(
    "expected",
    [
        ["Report it at once.", "Then go to the agency."],
        ["Is it lost?", "Report it!", "Wait…", "Then ask."],
        ["He said: “Report it.”", "So I did."],
        ["(Report it at once.)", "[Then wait.]", "Done."],
        ["It costs 3.5 yuan.", "See example.org for more."],
        ["See Chapter 5.", "Then read on."],
        ["What?!", "Really..."],
        ["Is it plan A?", "No, it is plan B...", "Or C!", "Both."],
        ["Das regelt Absatz 2.", "Die Frist beträgt 14.", "Danach ist es zu spät."],
        ["Geöffnet ist nur So.", "Danach nicht."],
        ["Se abona en la tesorería.-", "El recibo se conserva.-"],
        ["Without an end"],
    ],
)
def test_sentences_end_at_their_marks(expected: list[str]) -> None:
    assert _parted(" ".join(expected)) == expected


@pytest.mark.parametrize(
    "expected",
    [
        ["职工应当参加工伤保险。", "由用人单位缴纳！", "职工不缴纳？", "是的"],
        ["他说：“先挂失。”", "然后补卡。"],
        ["カードをなくしました。", "どうすればいいですか？"],
    ],
)
def test_scripts_without_spaces_need_none_between_sentences(expected: list[str]) -> None:
    assert _parted("".join(expected)) == expected


def test_a_devanagari_bar_ends_a_sentence() -> None:
    assert _parted("यह एक वाक्य है। यह दूसरा है।") == ["यह एक वाक्य है।", "यह दूसरा है।"]


@pytest.mark.parametrize(
    "sentence",
    [
        "Ask Dr. Smith for it.",
        "Bring papers, e.g. A visa or Form B.",
        "It is due on Jan. 5 at noon.",
        "Mr. J. Smith lives in the U.S. Army base.",
        "See No. 5 and Art. 12 of the law.",
        "Die Frist beträgt z.B. Drei Tage.",
        "Der Austritt ist nur zum 30. November möglich und muss bis zum 31. August erklärt werden.",
        "Sie gilt ab der Vollendung des 6. und bis zum Ende des 18. Lebensjahres.",
        "Ihn vertritt der 1. Vorsitzende im 2. Stock.",
        "Kinder ab vollendetem 5. Lebensjahr und im 3. bis 4. Schuljahr sind frei.",
        "Sprechzeiten: Mo. – Fr. 08:30 Uhr, Mi. und Do. 15 Uhr.",
        "Se paga en el Dpto. Tesorería, Av. Mitre y Corresp. Expte. O-12.",
        "Call the gate (ext. 1000) or the office (Tel. 2000).",
        "Es kostet 9 € inkl. MwSt. und zzgl. Versand.",
        "1. Go to the counter.",
        "2.1. Go to the counter.",
        "iv. Go to the counter.",
        "XIV. Go to the counter.",
        "It ends in .txt and goes on.",
        "The site is called Yahoo! and it is old.",
    ],
)
def test_other_full_stops_end_no_sentence(sentence: str) -> None:
    assert _parted(sentence) == [sentence]


def test_blanks_around_sentences_belong_to_none() -> None:
    assert _parted("\n  One.  \n\t Two.  ") == ["One.", "Two."]


def test_only_the_span_asked_for_is_parted() -> None:
    text = "Zero. One. Two. Three."
    assert [text[start:end] for start, end in sentences(text, 6, 15)] == ["One.", "Two."]


@pytest.mark.parametrize("marks", [".", "?)", "…'", ".\"'", "。", "1. ", "(", "e.g. "])
def test_marks_without_end_are_read_once(marks: str) -> None:
    text = marks * 200_000 + "x"
    assert "".join("".join(_parted(text)).split()) == "".join(text.split())


@settings(max_examples=300, deadline=None)
@given(st.text(st.sampled_from("aB1 \n.!?…。？”)(中") | st.characters(codec="utf-8"), max_size=80))
def test_every_character_but_blanks_is_in_one_sentence(text: str) -> None:
    spans = list(sentences(text))
    assert spans == sorted(spans)
    assert "".join("".join(text[start:end].split()) for start, end in spans) == "".join(text.split())
    assert all(text[start:end] == text[start:end].strip() for start, end in spans)


def test_a_short_remark_in_brackets_belongs_to_the_sentence_before_it() -> None:
    text = "Paper jam. (E-14) No ink! [E-15]. Call us. (We are there until five. Always.) Bye."
    expected = ["Paper jam. (E-14)", "No ink! [E-15].", "Call us.", "(We are there until five.", "Always.)", "Bye."]
    assert [text[start:end] for start, end in sentences(text)] == expected
