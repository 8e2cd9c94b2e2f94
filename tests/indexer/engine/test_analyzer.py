"""The words that the keyword index knows."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from askdex.indexer.engine.analyzer import content_forms, folded_terms, in_order, located_terms, query_terms, terms, word_spans


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        (" \n\t?!…_", []),
        ("Lost Card", ["lost", "card"]),
        ("snake_case and COVID-19", ["snake", "case", "and", "covid", "19", "covid19"]),
        ("the U.S. law", ["the", "us", "law", "US"]),
        ("It is with IT", ["it", "is", "with", "it", "IT"]),
        ("IT", ["it", "IT"]),
        ("WHO ARE WE", ["who", "are", "we"]),
        ("at 5 p.m.", ["at", "5", "pm"]),
        ("401(k)", ["401", "k", "401k"]),
        ("501(c)(3) rules", ["501", "c", "3", "501c3", "rule"]),
        ("form(s)", ["form", "s"]),
        ("I-9, W-2", ["i", "9", "i9", "w", "2", "w2"]),
        ("e-mail e‑mail", ["e", "mail", "email", "e", "mail", "email"]),
        ("sign-up", ["sign", "up", "signup"]),
        ("state-of-the-art", ["state", "of", "the", "art"]),
        ("2019-20", ["2019", "20"]),
        ("1,000 or 12,345,678.90", ["1000", "or", "12345678", "90", "12345678.90"]),
        ("1,000元", ["1000", "元"]),
        ("12,34 1,2345", ["12", "34", "1", "2345"]),
        ("3.5 percent", ["3", "5", "3.5", "percent"]),
        ("in 4.2.0.", ["in", "4", "2", "0", "4.2.0"]),
        ("in v4.2.0", ["in", "4", "2", "0", "4.2.0", "version4.2.0", "version#"]),
        ("on 2 May", ["on", "2", "may", "--05-02"]),
        ("the employer's duty", ["the", "employ", "duti"]),
        ("the employers’ duty", ["the", "employ", "duti"]),
        ("You’re sure THEY'LL say I'd", ["you", "sure", "they", "say", "i"]),
        ("It DOESN'T, I can’t", ["it", "doesnt", "not", "i", "cant", "not"]),
        ("We cannot, and wont", ["we", "can", "not", "and", "wont", "not"]),
        ("'re-use' the 'd-day", ["re", "use", "reus", "the", "d", "day", "dday"]),
        ("o'clock, l'été", ["o", "clock", "l", "été", "ete"]),
        ("ＡＢＣ１２", ["abc12"]),
        ("STRASSE Straße", ["strass", "strass"]),
        ("登记", ["登", "记", "登记"]),
        ("社保卡", ["社", "保", "卡", "社保", "保卡"]),
        ("办card卡", ["办", "card", "卡"]),
        ("Москва", ["москва"]),
        ("café", ["café", "cafe"]),
        ("Günther Æsop", ["günther", "gunther", "guenther", "æsop", "aesop"]),
        ("Łódź", ["łódź", "lodz"]),
        ("도서관", ["도서", "서관"]),
        ("책 3권", ["책", "3", "권"]),
        ("ﾌﾟﾘﾝ", ["プ", "リ", "ン", "プリ", "リン"]),
    ],
)
def test_a_text_gives_these_terms(text: str, expected: list[str]) -> None:
    assert terms(text) == expected


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("registering", "registered"),
        ("contributions", "contribution"),
        ("the U.S.", "the US"),
        ("a.m.", "AM"),
        ("company's", "companies"),
        ("ﬁle", "file"),
        ("cafe\u0301", "café"),
        ("regis\u00adtration", "registration"),
        ("of 1,000", "of 1000"),
        ("won't", "wont"),
        ("ｶﾞｽ", "ガス"),
        ("도서", "도서"),
    ],
)
def test_forms_of_a_word_share_a_term(one: str, other: str) -> None:
    assert terms(one) == terms(other)


def test_a_term_stands_for_its_span_of_the_text() -> None:
    text = "The U.S. employer’s 登记 (registering)"
    assert [(term.text, text[term.start : term.end]) for term in located_terms(text)] == [
        ("the", "The"),
        ("us", "U.S."),
        ("employ", "employer"),
        ("登", "登"),
        ("记", "记"),
        ("登记", "登记"),
        ("regist", "registering"),
        ("US", "U.S."),
    ]


def test_a_word_without_end_is_a_term_of_bounded_length() -> None:
    assert [len(term) for term in terms("x" * 100_000)] == [64]


def test_content_terms_leave_out_words_that_say_nothing() -> None:
    assert content_forms("What are the duties of an employer?") == set(terms("duties employer"))


@pytest.mark.parametrize("question", ["Why don't I owe it?", "why dont i owe it", "Why’s it that they’re owed this?"])
def test_what_is_drawn_together_says_nothing_either(question: str) -> None:
    assert content_forms(question) == {"owe"}


@pytest.mark.parametrize(
    ("question", "content"), [("Where is IT?", {"IT"}), ("the us", {"the", "us"}), ("Who in the U.S.?", {"US"})]
)
def test_an_acronym_is_no_function_word(question: str, content: set[str]) -> None:
    assert content_forms(question) == content


def test_a_word_with_accents_is_looked_up_without_them_too() -> None:
    assert folded_terms("Die Gebühren am Schloß") == {"gebühren": ["gebuhren", "gebuehren"]}


def test_dates_and_identifiers_tell_what_a_text_is_about() -> None:
    assert {"--06-03", "rule7"} <= content_forms("Rule 7 on June 3")


def test_of_function_words_alone_all_are_content() -> None:
    assert content_forms("Who are we?") == {"who", "are", "we"}


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("health care", {"health": ["healthcar"], "care": ["healthcar"]}),
        ("log in", {"log": ["login"], "in": ["login"]}),
        ("an e-mail", {"an": [], "e": ["email"], "mail": ["email"]}),
        ("401(k)", {"401": ["401k"], "k": ["401k"]}),
        ("cost of care", {"cost": [], "of": [], "care": []}),
        ("in form", {"in": [], "form": []}),
        ("health, care", {"health": [], "care": []}),
        ("2019 20", {"2019": [], "20": []}),
        ("card 登记", {"card": [], "登": [], "记": [], "登记": []}),
    ],
)
def test_words_that_may_be_one_are_looked_up_in_their_joined_form_too(question: str, expected: dict[str, list[str]]) -> None:
    assert query_terms(question) == expected


@pytest.mark.parametrize(("question", "text"), [("e-mail", "email"), ("email", "e-mail"), ("health care", "healthcare")])
def test_a_compound_is_told_by_what_is_written_in_another_way(question: str, text: str) -> None:
    assert content_forms(question) & set(terms(text))


def test_threads_share_no_stemmer() -> None:
    texts = [f"registering contributions payments {n}" for n in range(400)]
    expected = [terms(text) for text in texts]
    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(terms, texts)) == expected


@given(st.text(st.sampled_from("aAbnStTred.'_-1,0() \n\t") | st.characters(max_codepoint=127)))
def test_text_that_is_all_ascii_has_the_terms_that_any_text_has(text: str) -> None:
    assert terms(text) == [term.text for term in located_terms(text)]


def test_initials_and_numbers_with_thousands_are_words_with_a_place() -> None:
    text = "the U.S. pays 1,000 a month"
    assert [text[start:end] for start, end in word_spans(text)] == ["the", "U.S.", "pays", "1,000", "a", "month"]


def test_half_width_kana_are_those_of_full_width() -> None:
    assert set(in_order("ﾌﾟﾘﾝﾀｰ")) <= set(terms("プリンター"))
    assert "ター" in in_order("ﾌﾟﾘﾝﾀｰ")


def test_raised_digits_are_no_part_of_a_number() -> None:
    assert terms("10³") == ["10", "3"]
    assert {"m2", "m"} <= set(terms("20 m²"))
    assert terms("m²")[:1] == terms("m2")
    assert {"fee", "fee1"} <= set(terms("fee¹"))
    assert in_order("10³ m²") == ["10", "3", "m2"]
