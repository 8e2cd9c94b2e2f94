"""From a file's bytes to its text."""

import codecs
import re
import string

from charset_normalizer import from_bytes

from askdex.corpus.errors import UnreadableError
from askdex.corpus.text import language

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_DECLARED = re.compile(rb"<meta[^>]{0,200}charset\s*=\s*[\"']?([\w.:-]{2,40})", re.IGNORECASE)
_CONTROL = bytes(set(range(32)) - set(b"\t\n\r\f\v\x1b\x1a"))
_HEAD = 4_096
_MOST_CONTROL = 0.01
_BINARY = "a binary file"
_REPLACEMENT = "\ufffd"
# The share of the letters beyond ASCII that may be broken in UTF-8; in a text of an older encoding almost all of them are.
_MOST_BROKEN = 0.1
# Of the older encodings, those that are worth guessing, and among them the Latin ones, which look too much alike to guess.
_LATIN = frozenset({"cp1250", "cp1252", "cp1254", "cp1257", "iso8859_2", "iso8859_15"})
_OTHERS = "cp1251 cp1253 cp1255 cp1256 cp874 iso8859_5 iso8859_7 koi8_r koi8_u gb18030 big5 euc_jp shift_jis euc_kr".split()
_LEGACY = [*sorted(_LATIN), *_OTHERS]
_CUSTOMARY = {
    **dict.fromkeys(["cs", "hr", "hu", "pl", "ro", "sk", "sl"], "cp1250"),
    **dict.fromkeys(["et", "lt", "lv"], "cp1257"),
    "tr": "cp1254",
}
_WESTERN = "cp1252"
_BEYOND_ASCII = bytes(range(128, 256))
_ASCII_LETTERS = string.ascii_letters.encode()
_MOST_ACCENTS = 0.2


def decode(data: bytes) -> str:
    """The text of a file: by its byte order mark, as UTF-8, as it declares (HTML), or by what its bytes look like.

    Raises UnreadableError where the bytes are no text.
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return data.decode(encoding, errors="replace").removeprefix("\ufeff")
    head = data[:_HEAD]
    if _count(head, _CONTROL) > _MOST_CONTROL * len(head):
        raise UnreadableError(_BINARY)
    text = data.decode("utf-8", errors="replace")
    broken = text.count(_REPLACEMENT) - data.count(_REPLACEMENT.encode())
    beyond_ascii = len(text) - len(text.encode("ascii", errors="ignore"))
    if broken <= _MOST_BROKEN * beyond_ascii:
        return text
    if (declared := _declared(data, head)) is not None:
        return declared
    best = from_bytes(data, cp_isolation=_LEGACY).best()
    if best is None and _is_foreign(data):
        raise UnreadableError(_BINARY)
    if best is not None and best.encoding not in _LATIN and _is_foreign(data):
        return str(best)
    return _latin(data)


def _declared(data: bytes, head: bytes) -> str | None:
    """The text in the encoding that it declares; None where it declares none, or one that it cannot be in.

    A declaration that was read as ASCII is none of an encoding that would read it otherwise, as UTF-16 would.
    """
    declared = _DECLARED.search(head)
    if declared is None:
        return None
    encoding = declared[1].decode("ascii")
    try:
        return data.decode(encoding) if declared[0].decode(encoding) == declared[0].decode("ascii") else None
    except (LookupError, UnicodeError):
        return None


def _is_foreign(data: bytes) -> bool:
    """Whether so much of the words lies beyond ASCII that they are of another script; a few such bytes are accents."""
    beyond = _count(data, _BEYOND_ASCII)
    return beyond > _MOST_ACCENTS * (beyond + _count(data, _ASCII_LETTERS))


def _count(data: bytes, among: bytes) -> int:
    return len(data) - len(data.translate(None, among))


def _latin(data: bytes) -> str:
    """The text of bytes in the encoding that is customary for its language, which its unaccented letters tell."""
    customary = _CUSTOMARY.get(language.detect(data.decode("ascii", errors="ignore")), _WESTERN)
    try:
        return data.decode(customary)
    except UnicodeDecodeError:
        # Five bytes stand for nothing in it; ISO 8859-1 has a meaning for each.
        return data.decode("iso8859_1")
