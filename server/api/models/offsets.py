"""What the offsets of a response count."""

import re
from bisect import bisect_left
from enum import StrEnum

_WIDE = re.compile("[\U00010000-\U0010ffff]")


class Offsets(StrEnum):
    """Characters, which are Unicode code points, or the units of UTF-16."""

    CHARACTERS = "characters"
    UTF_16 = "utf-16"


class Utf16:
    """The offsets of a text in UTF-16 units: a character above U+FFFF, such as an emoji, counts two."""

    def __init__(self, text: str) -> None:
        self._wide = [match.start() for match in _WIDE.finditer(text)]

    def __call__(self, offset: int) -> int:
        """An offset in units, from one in characters."""
        return offset + bisect_left(self._wide, offset)
