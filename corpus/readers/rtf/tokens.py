"""The tokens of RTF: words that control, bytes of text, and where groups begin and end (RTF specification 1.9.1)."""

import re
from collections.abc import Iterator
from typing import NamedTuple

_TOKEN = re.compile(
    rb"\\(?P<word>[a-zA-Z]{1,32})(?P<number>-?\d{1,9})?[ ]?|\\'(?P<hexadecimal>[0-9a-fA-F]{2})|\\(?P<sign>[^a-zA-Z])|"
    rb"(?P<brace>[{}])|[\r\n]+|(?P<text>[^\\{}\r\n]+)",
    re.DOTALL,
)


class RtfToken(NamedTuple):
    """A word that controls with its number (None where it has none), or bytes of text, which have no word."""

    word: str
    number: int | None = None
    text: bytes = b""


def tokens(data: bytes) -> Iterator[RtfToken]:
    """The tokens of a file. The bytes that it holds as such, of pictures, are passed over."""
    position = 0
    while (match := _TOKEN.search(data, position)) is not None:
        position = match.end()
        word, number, hexadecimal, sign, brace, text = match.groups()
        if word == b"bin":
            position += max(0, int(number or 0))
        elif word is not None:
            yield RtfToken(word.decode("ascii"), None if number is None else int(number))
        elif hexadecimal is not None:
            yield RtfToken("", None, bytes.fromhex(hexadecimal.decode("ascii")))
        elif text is not None:
            yield RtfToken("", None, text)
        elif sign is not None or brace is not None:
            yield RtfToken((sign or brace or b"").decode("latin-1") if sign is None else f"\\{sign.decode('latin-1')}")
