from datetime import date

import pytest

from askdex.corpus.text.dates import date_at_start, date_in_name, date_of_value, first_day, last_day


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("2024-09-03", "2024-09-03"),
        ("2024-09-03T07:30:00+02:00", "2024-09-03"),
        ("20240903", "2024-09-03"),
        ("D:20240903073000+02'00'", "2024-09-03"),
        ("3.9.2024", "2024-09-03"),
        ("03/09/2024", "2024-09-03"),
        ("09/23/2024", "2024-09-23"),
        ("3rd of September 2024", "2024-09-03"),
        ("Tue, 03 Sep 2024 07:30:00 GMT", "2024-09-03"),
        ("September 3, 2024", "2024-09-03"),
        ("3. September 2024", "2024-09-03"),
        ("3 de setembro de 2024", "2024-09-03"),
        ("2024年9月3日", "2024-09-03"),
        ("September 2024", "2024-09"),
        ("09/2024", "2024-09"),
        ("2024-09", "2024-09"),
        ("2024", "2024"),
        ("31.2.2024", None),
        ("2024 was a good year", None),
        ("on 3.9.2024", None),
        ("version 3.9", None),
    ],
)
def test_a_date_is_found_however_it_is_written(written: str, expected: str | None) -> None:
    assert date_at_start(written) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("rent-2024", "2024"),
        ("2024-09-03 minutes", "2024-09-03"),
        ("minutes_20240903", "2024-09-03"),
        ("rent list sep 2024", "2024-09"),
        ("rent_2024_old", "2024"),
        ("Lease-2024-017", None),
        ("accounts 2023-2024", None),
        ("RFC2026", None),
        ("letter 4711", None),
    ],
)
def test_the_name_of_a_file_may_hold_a_date(name: str, expected: str | None) -> None:
    assert date_in_name(name) == expected


def test_a_value_is_a_date_only_where_it_is_text_or_a_year() -> None:
    assert [date_of_value(value) for value in ("2024-09-03", 2024, True, 2.5, ["2024"], None)] == [
        "2024-09-03",
        "2024",
        None,
        None,
        None,
        None,
    ]


def test_a_month_and_a_year_have_a_first_and_a_last_day() -> None:
    assert [first_day(written) for written in ("2024", "2024-02", "soon")] == [date(2024, 1, 1), date(2024, 2, 1), None]
    assert [last_day(written) for written in ("2024", "2024-02", "2024-13")] == [date(2024, 12, 31), date(2024, 2, 29), None]
