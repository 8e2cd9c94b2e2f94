"""What the pages say, in the language of the reader, and how they write a date."""

from datetime import date

_MONTHS = "January February March April May June July August September October November December".split()


def text(message: str, **values: object) -> str:
    """A message of the pages with its values."""
    return message.format(**values) if values else message


def spoken_date(written: str) -> str:
    """A date of ISO 8601 as people write it: "2024-03-03" is "3 March 2024", "2024-03" is "March 2024"."""
    year, *rest = written.split("-")
    try:
        month, *day = map(int, rest)
        date(int(year), month, day[0] if day else 1)
    except ValueError:
        return written
    return " ".join([*map(str, day), _MONTHS[month - 1], year])
