"""From a file's bytes to its text."""

import codecs
import re

from charset_normalizer import from_bytes

from corpus.errors import UnreadableError

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
_SLIGHT_MESS = 0.05
_WESTERN = "cp1252"
# The older encodings that the Encoding Standard of the web knows; with those of DOS too, a guess goes wrong more often.
_LEGACY = (
    "cp1252 cp1250 cp1251 cp1253 cp1254 cp1255 cp1256 cp1257 cp874 iso8859_2 iso8859_5 iso8859_7 iso8859_15 koi8_r "
    "koi8_u gb18030 big5 euc_jp iso2022_jp shift_jis euc_kr"
).split()


def decode(data: bytes) -> str:
    """The text of a file: by its byte order mark, as UTF-8, as it declares (HTML), or by what its bytes look like.

    Raises UnreadableError where the bytes are no text.
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return data.decode(encoding, errors="replace").removeprefix("\ufeff")
    head = data[:_HEAD]
    if len(head) - len(head.translate(None, _CONTROL)) > _MOST_CONTROL * len(head):
        raise UnreadableError(_BINARY)
    text = data.decode("utf-8", errors="replace")
    broken = text.count(_REPLACEMENT) - data.count(_REPLACEMENT.encode())
    beyond_ascii = len(text) - len(text.encode("ascii", errors="ignore"))
    if broken <= _MOST_BROKEN * beyond_ascii:
        return text
    if (declared := _DECLARED.search(head)) is not None:
        try:
            return data.decode(declared[1].decode("ascii"))
        except (LookupError, UnicodeDecodeError):
            pass
    guesses = list(from_bytes(data, cp_isolation=_LEGACY))
    if not guesses:
        raise UnreadableError(_BINARY)
    # Of the guesses that give clean text, the one that looks most like a language is better than the very cleanest; of those
    # that do alike, the commonest encoding.
    clean = [guess for guess in guesses if guess.chaos <= guesses[0].chaos + _SLIGHT_MESS]
    return str(max(clean, key=lambda guess: (round(guess.coherence, 1), _WESTERN in guess.could_be_from_charset)))
