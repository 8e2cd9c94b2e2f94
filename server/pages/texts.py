"""What the pages say, in the language of the reader, and how they write a date.

The templates and modules hold the English words; `languages` has a file for each other language, which maps them to its own.
"""

import tomllib
from datetime import date
from functools import cache
from pathlib import Path

from flask import has_request_context, request

_FOLDER = Path(__file__).with_name("languages")
_ENGLISH, _CHINESE = "en", "zh"
_RIGHT_TO_LEFT = frozenset(("ar", "fa", "he", "ur"))
_MONTHS = "January February March April May June July August September October November December".split()


def language() -> str:
    """The language that the reader prefers of those that the pages speak, as an ISO 639-1 code."""
    offered = (_ENGLISH, *_others())
    return (has_request_context() and request.accept_languages.best_match(offered)) or _ENGLISH


def direction() -> str:
    """The direction that this language is written in, as HTML has it."""
    return "rtl" if language() in _RIGHT_TO_LEFT else "ltr"


def text(message: str, **values: object) -> str:
    """A message of the pages in the language of the reader, with its values."""
    words = _others().get(language(), {}).get(message, message)
    return words.format(**values) if values else words


def spoken_date(written: str) -> str:
    """A date of ISO 8601 as people write it: "2024-03-03" is "3 March 2024", "2024-03" is "March 2024"."""
    year, *rest = written.split("-")
    try:
        month, *day = map(int, rest)
        date(int(year), month, day[0] if day else 1)
    except ValueError:
        return written
    if language() == _CHINESE:
        return f"{year}年{month}月" + "".join(f"{number}日" for number in day)
    return " ".join([*map(str, day), _MONTHS[month - 1], year])


@cache
def _others() -> dict[str, dict[str, str]]:
    """The messages of every language but English."""
    return {path.stem: tomllib.loads(path.read_text(encoding="utf-8")) for path in sorted(_FOLDER.glob("*.toml"))}
