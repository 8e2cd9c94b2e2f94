"""The names of a document: words that tell which one it is, and that need not stand in its text."""

import re
from calendar import month_name
from collections.abc import Iterator
from urllib.parse import unquote

from askdex.corpus.sources.site.addresses import is_address, without_scheme
from askdex.corpus.text.dates import first_day
from askdex.corpus.types import Metadata
from askdex.corpus.versions import Origin

_SUFFIX = re.compile(r"\.[A-Za-z0-9]{1,9}(?=#|$)")
"""The suffix of a file, which may have the name of a row behind it."""
_WORD_JOINTS = re.compile(r"[_/#+]|(?<=[a-z])(?=[A-Z][a-z])")
"""What stands for a blank in names: stateTaxes, price_list, shops/Wells."""
_QUERY_JOINTS = re.compile(r"[?&=]")
"""The same in the query of an address."""
_NO_NAMES = frozenset(("format", "folder", "site", "language", "updated_from"))
"""Metadata keys whose values say nothing that the path does not, or nothing of what a document is about."""
_DATE = re.compile(r"\d{4}(?:-\d\d){1,2}(?=$|[T ])|\d{4}$")
"""Dates, which are no names; see `corpus.versions` for those that tell versions apart."""
_ADDRESS = re.compile(r"\w+://|[\w.-]*/\S*$|[^\s@]+@[^\s@]+$|\S+\.[A-Za-z]{2,5}$")
"""Values that are an address, a path or a file: they lead to something else."""
_DIGEST = re.compile(r"(?=\S*\d)[0-9A-Fa-f-]{16,}$")
"""Values such as checksums, which nobody types."""
_VERSION_DATES = ("updated", "valid_from")
_YEAR = len("2025")
_LONGEST = 300
"""Characters of a value; a longer one is a text, which would outvote the document's own."""
_MOST = 1_000
"""Characters of all names together, which count with every passage of a document."""


def names(uri: str, metadata: Metadata) -> str:
    """The names of a document, a line each: its file with its folders, then what its metadata say in words.

    These are tags, aliases, authors, a summary and whatever else is there, and the month that the document is of. Numbers,
    addresses and other dates are left out.
    """
    lines = [_spaced(_SUFFIX.sub("", unquote(_in_site(uri) if is_address(uri) else uri))), *_months(metadata)]
    for key, value in metadata.items():
        if key not in _NO_NAMES:
            values = value if isinstance(value, list) else [value]
            lines += [text for text in values if isinstance(text, str) and _is_name(text)]
    return "\n".join(_as_many_as_fit(lines))


def _in_site(address: str) -> str:
    """An address without its host, which all pages of a site have."""
    return _QUERY_JOINTS.sub(" ", without_scheme(address).partition("/")[2])


def _months(metadata: Metadata) -> Iterator[str]:
    """The month and year, or the year, from which this version is; the time of a file says little of that."""
    for key in _VERSION_DATES:
        written = metadata.get(key)
        if isinstance(written, str) and not (key == "updated" and metadata.get("updated_from") == Origin.FILE):
            day = first_day(written)
            yield "" if day is None else f"{month_name[day.month]} {day.year}" if len(written) > _YEAR else str(day.year)


def _spaced(name: str) -> str:
    return " ".join(_WORD_JOINTS.sub(" ", name).split())


def _is_name(value: str) -> bool:
    return 0 < len(value.strip()) <= _LONGEST and not any(pattern.match(value) for pattern in (_DATE, _ADDRESS, _DIGEST))


def _as_many_as_fit(lines: list[str]) -> Iterator[str]:
    """The first of these lines, once each, that have no more than the most characters together."""
    room = _MOST
    for line in filter(None, dict.fromkeys(lines)):
        room -= len(line)
        if room < 0:
            return
        yield line
