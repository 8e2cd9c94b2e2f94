"""Dates, however they are written."""

import pytest

from askdex.indexer.engine.dates import dates


@pytest.mark.parametrize(
    "written",
    [
        "2024-09-03",
        "2024/9/3",
        "3.9.2024",
        "03. 09. 2024",
        "03-09-2024",
        "3 September 2024",
        "the 3rd of Sept, 2024",
        "September 3, 2024",
        "Sep. 3rd 2024",
        "3. September 2024",
        "3 septembre 2024",
        "3 de septiembre de 2024",
        "2024年9月3日",
        "2024년 9월 3일",
    ],
)
def test_a_date_has_the_same_terms_however_it_is_written(written: str) -> None:
    (date,) = dates(f"until {written}.")
    assert list(date.terms) == ["2024-09-03", "--09-03", "2024-09"]


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("9/3/2024", ["2024-03-09", "--03-09", "2024-03", "2024-09-03", "--09-03", "2024-09"]),
        ("31/12/2024", ["2024-12-31", "--12-31", "2024-12"]),
        ("from 3 September", ["--09-03"]),
        ("on Sept. 3rd at ten", ["--09-03"]),
        ("1. März", ["--03-01"]),
        ("1er août", ["--08-01"]),
        ("9月3日", ["--09-03"]),
        ("since September 2024", ["2024-09"]),
    ],
)
def test_what_is_left_open_is_left_open(text: str, terms: list[str]) -> None:
    assert [term for date in dates(text) for term in date.terms] == terms


@pytest.mark.parametrize(
    "text", ["", "in 2024", "version 4.2.0", "3.9", "2024-13-40", "0/0/2024", "at 18:30", "10.0.0.1", "3 pens"]
)
def test_other_numbers_are_no_dates(text: str) -> None:
    assert dates(text) == []


def test_dates_come_in_the_order_of_the_text_and_do_not_overlap() -> None:
    text = "from 1 May to 31.8.2024, not on June 2"
    assert [text[date.start : date.end] for date in dates(text)] == ["1 May", "31.8.2024", "June 2"]
