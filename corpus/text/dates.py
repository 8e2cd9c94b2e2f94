"""Dates in texts and in metadata, in the ways that people and programs write them, as dates of ISO 8601.

A date is as exact as it is written: "2025-02-01", "2025-02" or "2025". Of 1/2/2025 the day is taken to come first.
"""

import re
from calendar import monthrange
from collections.abc import Iterator
from datetime import date
from functools import lru_cache

_MONTH_NAMES = (
    "january jan januar jänner janvier enero gennaio janeiro januari stycznia января",
    "february feb februar februari février febrero febbraio fevereiro lutego февраля",
    "march mar märz mars marzo março maart marca марта",
    "april apr avril abril aprile kwietnia апреля",
    "may mai mayo maggio maio mei maj maja мая",
    "june jun juni juin junio giugno junho czerwca июня",
    "july jul juli juillet julio luglio julho lipca июля",
    "august aug août agosto augustus augusti sierpnia августа",
    "september sep sept septembre septiembre settembre setembro września сентября",
    "october oct oktober okt octobre octubre ottobre outubro października октября",
    "november nov novembre noviembre novembro listopada ноября",
    "december dec dezember dez décembre diciembre dicembre dezembro grudnia декабря",
)
"""The names of the months with their abbreviations, in English, German, French, Spanish, Italian, Portuguese, Dutch,
Swedish, Polish and Russian."""
MONTHS = {name: number for number, names in enumerate(_MONTH_NAMES, 1) for name in names.split()}
"""The numbers of the months by their names, in small letters."""
_NAME = rf"(?P<name>{'|'.join(sorted(MONTHS, key=len, reverse=True))})\b\.?"
_YEAR = r"(?P<year>(?:19|20)\d\d)"
_WRITTEN_OUT_YEAR = r"(?P<year>(?:19|20|2\.0)\d\d)"
_ANY_YEAR = re.compile(r"(?:19|20|2\.0)\d\d")
"""The year of a date whose month has a name; where a point marks thousands, as in Argentina, it is 2.025."""
_MONTH = r"(?P<month>0?[1-9]|1[0-2])"
_DAY = r"(?P<day>0?[1-9]|[12]\d|3[01])"
_FORMS = (
    rf"{_YEAR}(?P<joint>[-/._ ]){_MONTH}(?P=joint){_DAY}(?=[T ]\d|\D|$)",  # 2025-02-01, 2025-02-01T12:00
    rf"(?:D:)?{_YEAR}(?P<month>0[1-9]|1[0-2])(?P<day>0[1-9]|[12]\d|3[01])(?=\d{{4}}|[TZ]|\D|$)",  # 20250201, D:20250201120000
    rf"{_DAY}(?P<joint>[-/._ ]) ?{_MONTH}(?P=joint) ?{_YEAR}(?!\d)",  # 1.2.2025, 1. 2. 2025
    rf"(?P<month>0?[1-9]|1[0-2])/(?P<day>1[3-9]|2\d|3[01])/{_YEAR}(?!\d)",  # 2/28/2025
    # 1st of May 2025, 1 de mayo de 2025
    rf"{_DAY}(?:st|nd|rd|th|er|\.|º)?[\s_-]+(?:of\s+|de\s+)?{_NAME},?[\s_-]+(?:de[l]?\s+|of\s+)?{_WRITTEN_OUT_YEAR}(?!\d)",
    rf"{_NAME}[\s_-]+{_DAY}(?:st|nd|rd|th)?,?[\s_-]+{_YEAR}(?!\d)",  # May 1, 2025
    rf"{_YEAR}\s?[年년]\s?{_MONTH}\s?[月월](?:\s?{_DAY}\s?[日일号])?",  # 2025年2月1日
    rf"{_NAME},?[\s_-]*(?:de[l]?\s+|of\s+)?{_YEAR}(?!\d)",  # May 2025
    rf"{_YEAR}[-/._](?P<month>0[1-9]|1[0-2])(?![-/.]?\d)",  # 2025-02
    rf"(?P<month>0?[1-9]|1[0-2])[/.-]{_YEAR}(?!\d)",  # 02/2025
)
_BEGIN = r"(?<![\w./-])"
_DATE = [re.compile(_BEGIN + form, re.IGNORECASE) for form in _FORMS]
_IN_NAME = [re.compile(r"(?<!\d)" + form, re.IGNORECASE) for form in _FORMS]
_WEEKDAY = re.compile(r"[^\W\d_]{2,10},\s+")
_YEAR_ALONE = re.compile(r"(?<![A-Za-z\d.])(?<!\d-)" + _YEAR + r"(?![\d.])(?!-\d)")


def has_year(text: str) -> bool:
    """Whether a text holds what may be a year, as each of the dates does that are read here."""
    return _ANY_YEAR.search(text) is not None


def date_at_start(text: str) -> str | None:
    """The date that a text begins with; None where it begins with another thing or is no day of the calendar."""
    if weekday := _WEEKDAY.match(text):
        text = text[weekday.end() :]
    return next(filter(None, (_iso(match) for form in _DATE if (match := form.match(text)))), None) or _year_alone(text)


def date_of_value(value: object) -> str | None:
    """The date that a value of metadata is; None where it is something else."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    return date_at_start(str(value).strip())


@lru_cache
def date_in_name(name: str) -> str | None:
    """The last date in the name of a file, or the last year that stands alone in it."""
    found = next(filter(None, (last for form in _IN_NAME if (last := _last_iso(form.finditer(name))))), None)
    if found is not None:
        return found
    years = [match["year"] for match in _YEAR_ALONE.finditer(name)]
    return years[-1] if years else None


def first_day(written: str) -> date | None:
    """The first day of a date of ISO 8601, which may be a month or a year; None where it is none."""
    return _day(written, is_last=False)


def last_day(written: str) -> date | None:
    """The last day of a date of ISO 8601, which may be a month or a year; None where it is none."""
    return _day(written, is_last=True)


_ISO = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d))?)?(?=$|[T ])")


def _day(written: str, *, is_last: bool) -> date | None:
    match = _ISO.match(written)
    if match is None:
        return None
    year, month, day = (int(part) if part else None for part in match.groups())
    try:
        month = month or (12 if is_last else 1)
        return date(year or 0, month, day or (monthrange(year or 0, month)[1] if is_last else 1))
    except ValueError:
        return None


def _year_alone(text: str) -> str | None:
    match = re.match(_YEAR + r"(?=\s*$|\s*\n)", text)
    return match["year"] if match else None


def _last_iso(matches: Iterator[re.Match[str]]) -> str | None:
    dates = list(filter(None, map(_iso, matches)))
    return dates[-1] if dates else None


def _iso(match: re.Match[str]) -> str | None:
    """The date of a match; None where the calendar has no such day."""
    parts = match.groupdict()
    month = MONTHS[parts["name"].lower()] if parts.get("name") else int(parts["month"])
    written = f"{parts['year'].replace('.', '')}-{month:02}" + (f"-{int(parts['day']):02}" if parts.get("day") else "")
    return written if first_day(written) else None
