"""Telling lines that were wrapped from lines that end by themselves."""


def is_full(line: str, following: str, widest: int) -> bool:
    """Whether the first word of the next line, which has one, would not have fitted: `widest` is the most characters of any."""
    return len(line) + 1 + len(following.split(maxsplit=1)[0]) > widest
