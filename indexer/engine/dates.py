"""Dates, however they are written: 2025-03-01, 1.3.2025, 1/3/2025, March 1st, 2025, 1. März, 2025年3月1日.

Each gives terms after ISO 8601, which no word looks like: the day (2025-03-01), the day of any year (--03-01), the month
(2025-03).
"""

import re
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import NamedTuple

from askdex.corpus.text.dates import MONTHS

_MOST_DAYS = 31
_MONTHS_OF_YEAR = 12
_NAME = r"(?P<name>[^\W\d_]{3,10})\.?"
_YEAR = r"(?P<year>[12]\d{3})(?!\d)"
_BEGIN = r"(?<![\w.,/-])"
_END = r"(?![\w/-]|[.,]\d)"
_PATTERNS = (
    # 2025-03-01, 2025/3/1
    re.compile(rf"{_BEGIN}(?P<year>[12]\d{{3}})(?P<joint>[-/.])(?P<month>\d{{1,2}})(?P=joint)(?P<day>\d{{1,2}}){_END}"),
    # 1.3.2025, 1/3/2025, 01-03-2025
    re.compile(rf"{_BEGIN}(?P<day>\d{{1,2}})(?P<joint>[-/.])\s?(?P<month>\d{{1,2}})(?P=joint)\s?(?P<year>[12]\d{{3}}){_END}"),
    # 1 March 2025, 1st of March, 1. März, 1er mars, 1 de marzo de 2025
    re.compile(
        rf"{_BEGIN}(?P<day>\d{{1,2}})(?:st|nd|rd|th|er|º|ª|\.)?\s+(?:of\s+|de\s+|di\s+)?{_NAME}(?:,?\s+(?:de[l]?\s+|of\s+)?{_YEAR})?",
        re.IGNORECASE,
    ),
    # March 1, 2025; March 1st
    re.compile(rf"\b{_NAME}\s+(?:the\s+)?(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?![\w:])(?:,?\s+{_YEAR})?", re.IGNORECASE),
    # March 2025
    re.compile(rf"\b{_NAME},?\s+(?:de[l]?\s+|of\s+)?{_YEAR}", re.IGNORECASE),
    # 2025年3月1日, 3月1日, 2025년 3월 1일
    re.compile(r"(?:(?P<year>[12]\d{3})\s?[年년]\s?)?(?P<month>\d{1,2})\s?[月월]\s?(?P<day>\d{1,2})\s?[日号일]"),
)


class Date(NamedTuple):
    """A date in a text, its span in characters, and its terms, the most exact of each reading first (1/3/2025 has two)."""

    terms: Sequence[str]
    start: int
    end: int


def dates(text: str) -> list[Date]:
    """The dates of a text, in its order; none overlaps another."""
    found: list[Date] = []
    for date in chain.from_iterable(map(_matching, _PATTERNS, [text] * len(_PATTERNS))):
        if all(date.end <= other.start or date.start >= other.end for other in found):
            found.append(date)
    return sorted(found, key=lambda date: date.start)


def _matching(pattern: re.Pattern[str], text: str) -> Iterator[Date]:
    for match in pattern.finditer(text):
        parts = match.groupdict()
        name = parts.get("name")
        month = int(parts["month"]) if name is None else MONTHS.get(name.lower(), 0)
        terms = _terms(parts.get("year"), month, int(parts.get("day") or 0))
        if parts.get("joint") == "/" and match.start("day") < match.start("month"):
            # Americans write the month first.
            terms += _terms(parts["year"], int(parts["day"]), month)
        if terms:
            yield Date(list(dict.fromkeys(terms)), *match.span())


def _terms(year: str | None, month: int, day: int) -> list[str]:
    """The terms of a date, none for a month above 12 or a day above 31; day 0 stands for the whole month."""
    if not (1 <= month <= _MONTHS_OF_YEAR and 0 <= day <= _MOST_DAYS):
        return []
    of_year = [f"{year}-{month:02}-{day:02}"] if year and day else []
    of_any_year = [f"--{month:02}-{day:02}"] if day else []
    of_month = [f"{year}-{month:02}"] if year else []
    return of_year + of_any_year + of_month
