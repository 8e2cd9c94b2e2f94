"""Decoding: from a file's bytes to its text."""

import codecs
import re
import string

from charset_normalizer import from_bytes

from askdex.corpus.errors import UnreadableError
from askdex.corpus.text import language

_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CHARSET = re.compile(rb"<meta[^>]{0,200}charset\s*=\s*[\"']?([\w.:-]{2,40})", re.IGNORECASE)
_CONTROL_CHARACTERS = bytes(set(range(32)) - set(b"\t\n\r\f\v\x1b\x1a"))
"""Those that no text holds; escape sequences of terminals and the end mark of DOS (0x1A) do occur in texts."""
_HEAD = 4_096
"""Bytes that are looked at to tell a binary file, and for a declared encoding."""
_MOST_CONTROL = 0.01
"""The share of a text's bytes that may be control characters; some stray ones occur, in a binary file they are many."""
_BINARY = "a binary file"
_REPLACEMENT = "\ufffd"
_MOST_BROKEN = 0.1
"""The share of the characters beyond ASCII that may be broken in UTF-8; in a text of an older encoding almost all are."""
_LATIN_ENCODINGS = frozenset({"cp1250", "cp1252", "cp1254", "cp1257", "iso8859_2", "iso8859_15"})
"""They differ in a few accented letters, too few to guess one from the bytes: the language decides."""
_OTHER_ENCODINGS = (
    "cp1251 cp1253 cp1255 cp1256 cp874 iso8859_5 iso8859_7 koi8_r koi8_u gb18030 big5 euc_jp shift_jis euc_kr".split()
)
_LEGACY_ENCODINGS = [*sorted(_LATIN_ENCODINGS), *_OTHER_ENCODINGS]
_USUAL_ENCODINGS = {
    **dict.fromkeys(["cs", "hr", "hu", "pl", "ro", "sk", "sl"], "cp1250"),
    **dict.fromkeys(["et", "lt", "lv"], "cp1257"),
    "tr": "cp1254",
}
"""The encoding that Windows uses for a language in Latin letters."""
_WESTERN_ENCODING = "cp1252"
_BEYOND_ASCII = bytes(range(128, 256))
_ASCII_LETTERS = string.ascii_letters.encode()
_MOST_ACCENTS = 0.2
"""The share of a text's letters beyond ASCII up to which they are accents; in another script nearly all letters are."""


def decode(data: bytes) -> str:
    """The text of a file's bytes.

    The encoding is that of the byte order mark, UTF-8, the one that an HTML page declares, or a guess, in this order.
    Raises UnreadableError where the bytes are no text.
    """
    for mark, encoding in _BYTE_ORDER_MARKS:
        if data.startswith(mark):
            return data.decode(encoding, errors="replace").removeprefix("\ufeff")
    head = data[:_HEAD]
    if _count(head, _CONTROL_CHARACTERS) > _MOST_CONTROL * len(head):
        raise UnreadableError(_BINARY)
    text = data.decode("utf-8", errors="replace")
    broken = text.count(_REPLACEMENT) - data.count(_REPLACEMENT.encode())
    beyond_ascii = len(text) - len(text.encode("ascii", errors="ignore"))
    if broken <= _MOST_BROKEN * beyond_ascii:
        return text
    if (declared_text := _as_declared(data, head)) is not None:
        return declared_text
    if _is_latin(data):
        return _from_latin(data)
    guess = from_bytes(data, cp_isolation=_LEGACY_ENCODINGS).best()
    if guess is None:
        raise UnreadableError(_BINARY)
    return _from_latin(data) if guess.encoding in _LATIN_ENCODINGS else str(guess)


def _as_declared(data: bytes, head: bytes) -> str | None:
    """The text in the encoding that it declares; None where it declares none, or one that it cannot be in."""
    declaration = _CHARSET.search(head)
    if declaration is None:
        return None
    encoding = declaration[1].decode("ascii")
    try:
        # The declaration was found as ASCII. An encoding that would read it otherwise, as UTF-16, is not the text's own.
        is_possible = declaration[0].decode(encoding) == declaration[0].decode("ascii")
        return data.decode(encoding) if is_possible else None
    except (LookupError, UnicodeError):
        return None


def _is_latin(data: bytes) -> bool:
    """Whether so few of the letters lie beyond ASCII that they are accented Latin letters, not those of another script."""
    beyond = _count(data, _BEYOND_ASCII)
    return beyond <= _MOST_ACCENTS * (beyond + _count(data, _ASCII_LETTERS))


def _count(data: bytes, values: bytes) -> int:
    """How many of the bytes have one of these values."""
    return len(data) - len(data.translate(None, values))


def _from_latin(data: bytes) -> str:
    """The text in the encoding that is usual for its language, which its unaccented letters tell."""
    encoding = _USUAL_ENCODINGS.get(language.detect(data.decode("ascii", errors="ignore")), _WESTERN_ENCODING)
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        # Windows encodings leave up to 16 bytes without a meaning; ISO 8859-1 has one for each.
        return data.decode("iso8859_1")
