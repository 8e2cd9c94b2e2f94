"""Titles, authors and dates from the properties of PDF and Office files, as often as not filled in by programs."""

import re
from datetime import date

from askdex.corpus.builder import clean

_PROGRAM = re.compile(r"^(?:Microsoft \w+|PowerPoint) - ", re.IGNORECASE)
_FILE_NAME = re.compile(
    r"\.(?:ai|cdr|docx?|dvi|dwg|eps|fm|html?|indd|jpe?g|md|od[tpsg]|p65|pdf|png|pptx?|psd?|pub|qxd|rtf|svg|tex|tiff?|txt|vsdx?"
    r"|wpd|xlsx?)$|^[^\s_]*_\S*$|://",
    re.IGNORECASE,
)
_PLACEHOLDER = re.compile(r"(?:untitled|title|document|presentation|powerpoint presentation|slide|pdf)?[\W\d_]*", re.IGNORECASE)
_NOBODY = re.compile(
    r"(?:(?:local )?admin(?:istrator)?|anonymous|author|default|guest|microsoft office user|microsoft corporation|owner|"
    r"python-docx|openpyxl|python-pptx|root|un-?known|(?:windows )?user|apache poi|libreoffice user)?[\W\d_]*",
    re.IGNORECASE,
)
"""What programs give as the author where they do not know one."""
_LONGEST_AUTHOR = 200
"""Characters."""
_DATE = re.compile(r"(?:D:)?(\d{4})-?(\d{2})-?(\d{2})")
"""The date at the beginning of a time: "2024-05-01T08:30:00Z" in Office files, "D:20240501083000+02'00'" in PDFs."""
_FIRST_YEAR = 1980
"""Clocks that were never set show earlier dates."""


def property_title(raw: str) -> str | None:
    """The title on one line; None where it is blank, the name of a file, or a placeholder that a program put there."""
    title = " ".join(clean(raw).split())
    if not title or _PROGRAM.match(title) or _FILE_NAME.search(title) or _PLACEHOLDER.fullmatch(title):
        return None
    return title


def property_metadata(author: str, *times: str) -> dict[str, str]:
    """The metadata keys `author` and `updated`, as far as they are known; the first time that is one counts."""
    days = filter(None, map(property_date, times))
    known = {"author": property_author(author), "updated": next(days, None)}
    return {key: value for key, value in known.items() if value is not None}


def property_author(raw: str) -> str | None:
    """The author on one line; None where it is blank, too long for names, or what a program put there."""
    author = " ".join(clean(raw).split())
    return None if _NOBODY.fullmatch(author) or len(author) > _LONGEST_AUTHOR else author


def property_date(raw: str) -> str | None:
    """The day of a time, as YYYY-MM-DD; None where there is none, or one that cannot be."""
    found = _DATE.match(raw.strip())
    if found is None:
        return None
    year, month, day = map(int, found.groups())
    try:
        stated = date(year, month, day)
    except ValueError:
        return None
    return stated.isoformat() if _FIRST_YEAR <= year <= date.today().year + 1 else None


def listed_words(keywords: str) -> list[str]:
    """The keywords in a list that is separated by commas or semicolons."""
    return list(filter(None, (" ".join(word.split()) for word in re.split("[,;]", clean(keywords)))))
