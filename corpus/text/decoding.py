"""Decoding: from a file's bytes to its text."""

import codecs
import re
import string
import unicodedata

import chardet

from askdex.corpus.errors import UnreadableError

_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CHARSET = re.compile(rb"<(?:meta[^>]{0,200}charset|\?xml[^>]{0,200}encoding)\s*=\s*[\"']?([\w.:-]{2,40})", re.IGNORECASE)
_DECLARED_ENCODINGS = {
    **dict.fromkeys(["ascii", "us-ascii", "latin1", "iso-8859-1", "iso8859-1"], "cp1252"),
    **dict.fromkeys(["iso-8859-9", "latin5"], "cp1254"),
    **dict.fromkeys(["gb2312", "gbk", "x-gbk"], "gb18030"),
    **dict.fromkeys(["shift_jis", "shift-jis", "sjis", "x-sjis", "windows-31j"], "cp932"),
    **dict.fromkeys(["euc-kr", "ks_c_5601-1987"], "cp949"),
    **dict.fromkeys(["tis-620", "iso-8859-11", "windows-874"], "cp874"),
    "big5": "big5hkscs",
    "x-mac-cyrillic": "mac_cyrillic",
}
"""What browsers take a declared encoding for, where it is another one (https://encoding.spec.whatwg.org/#names-and-labels)."""
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
_ISO_2022_JP = b"\x1b$"
"""What switches to Japanese letters in an encoding of which each byte is ASCII."""
_ERAS = (
    chardet.EncodingEra.MODERN_WEB | chardet.EncodingEra.LEGACY_ISO | chardet.EncodingEra.LEGACY_MAC | chardet.EncodingEra.DOS
)
"""The encodings that a file may be in: all but those of mainframes and a few that one region used."""
_WESTERN_ENCODING = "cp1252"
_WESTERN_GUESS = "Windows-1252"
"""Its name among the guesses."""
_TIE = 0.998
"""The share of the best guess's confidence from which a guess is as good. A lone sign, such as a quotation mark, has a
meaning in most encodings; Windows writes by far the most of them."""
_CONTEXT = 2_000
"""Bytes before the first one beyond ASCII from which an encoding is guessed."""
_LONGEST_SAMPLE = 200_000
"""Bytes from which an encoding is guessed."""
_UNUSUAL = re.compile(r"[a-zß-ÿ][À-ÖØ-Þ]|(?<!\S)[À-ÖØ-Þ](?!\S)|[¤¨]")
"""A capital behind a small letter, one that stands alone, and two signs: as what the quotation marks and dashes of other
encodings are read in that of Windows."""
_UNPRINTED = frozenset({"Cc", "Cn", "Co", "Cs"})
"""The Unicode categories of control characters, and of what is not assigned, private, or half of a pair."""
_LAST_LATIN = "\u024f"
_BEYOND_ASCII = bytes(range(128, 256))
_ASCII_LETTERS = string.ascii_letters.encode()
_MOST_ACCENTS = 0.2
"""The share of a text's letters beyond ASCII up to which they are accents; in another script nearly all letters are."""


def decode(data: bytes) -> str:
    """The text of a file's bytes.

    The encoding is that of the byte order mark, UTF-8, the one that a page declares, or a guess, in this order.
    Raises UnreadableError where the bytes are no text.
    """
    for mark, encoding in _BYTE_ORDER_MARKS:
        if data.startswith(mark):
            return data.decode(encoding, errors="replace").removeprefix("\ufeff")
    head = data[:_HEAD]
    if _count(head, _CONTROL_CHARACTERS) > _MOST_CONTROL * len(head):
        return _from_unmarked_unicode(data)
    if _ISO_2022_JP in head and (japanese := _decoded(data, "iso2022_jp_ext")) is not None:
        return japanese
    text = data.decode("utf-8", errors="replace")
    broken = text.count(_REPLACEMENT) - data.count(_REPLACEMENT.encode())
    if not broken:
        return text
    if (mixed := _from_mixed_lines(data)) is not None:
        return mixed
    beyond_ascii = len(text) - len(text.encode("ascii", errors="ignore"))
    if broken <= _MOST_BROKEN * beyond_ascii:
        return text
    if (declared_text := _as_declared(data, head)) is not None:
        return declared_text
    return _guessed(data)


def decode_as(data: bytes, encoding: str) -> str:
    """The text in the encoding that it is said to be in, as browsers take that; the text as `decode` gives it where it is not.

    Raises UnreadableError where the bytes are no text.
    """
    said = _decoded(data, _DECLARED_ENCODINGS.get(encoding.lower(), encoding)) if encoding else None
    return decode(data) if said is None else said


def _decoded(data: bytes, encoding: str) -> str | None:
    """The text in an encoding; None where it is not in it."""
    try:
        return data.decode(encoding)
    except (LookupError, UnicodeError):
        return None


def _from_unmarked_unicode(data: bytes) -> str:
    """The text of UTF-16 or UTF-32 without a byte order mark."""
    encoding = chardet.detect(data)["encoding"] or ""
    text = _decoded(data, encoding) if encoding.lower().startswith(("utf-16", "utf-32")) else None
    if text is None or not _is_text(text[:_HEAD]):
        raise UnreadableError(_BINARY)
    return text


def _is_text(text: str) -> bool:
    """Whether all characters are printed or blanks."""
    return all(character.isspace() or unicodedata.category(character) not in _UNPRINTED for character in set(text))


def _from_mixed_lines(data: bytes) -> str | None:
    """The text of lines in UTF-8 among which some are in an older encoding; None where it is not such a mixture.

    Letters of two bytes may look like UTF-8 by chance, accents among unaccented letters do not.
    """
    lines = data.split(b"\n")
    texts = [_decoded(line, "utf-8") for line in lines]
    good = sum(text is not None and not text.isascii() for text in texts)
    older = [line for line, text in zip(lines, texts, strict=True) if text is None and _is_older(line)]
    if not older or not (good >= len(older) or (good and _is_latin(data))):
        return None
    older_texts = dict(zip(older, _guessed(b"\n".join(older)).split("\n"), strict=False))
    return "\n".join(
        older_texts.get(line) or line.decode("utf-8", errors="replace") if text is None else text
        for line, text in zip(lines, texts, strict=True)
    )


def _is_older(line: bytes) -> bool:
    """Whether nothing beyond ASCII in a line is UTF-8."""
    return line.decode("utf-8", errors="ignore").isascii()


def _as_declared(data: bytes, head: bytes) -> str | None:
    """The text in the encoding that it declares; None where it declares none, or one that it cannot be in."""
    declaration = _CHARSET.search(head)
    if declaration is None:
        return None
    name = declaration[1].decode("ascii")
    encoding = _DECLARED_ENCODINGS.get(name.lower(), name)
    # The name was found as ASCII. An encoding that would read it otherwise, as UTF-16, is not the text's own.
    if _decoded(declaration[1], encoding) != name:
        return None
    return _decoded(data, encoding)


def _guessed(data: bytes) -> str:
    """The text in the encoding in which it looks most like a language."""
    first = next(re.finditer(rb"[\x80-\xff]", data)).start()
    sample = data[max(0, first - _CONTEXT) :][:_LONGEST_SAMPLE]
    guesses = chardet.detect_all(sample, encoding_era=_ERAS)
    confidences = {guess["encoding"] or "": guess["confidence"] for guess in guesses}
    if "" in confidences:
        raise UnreadableError(_BINARY)
    best = max(confidences.values())
    is_latin = _is_latin(sample)
    if confidences.get(_WESTERN_GUESS, 0) >= _TIE * best:
        text = _decoded(data, _WESTERN_ENCODING)
        if text is not None and not _UNUSUAL.search(text):
            return text
    for encoding in confidences:
        text = _decoded(data, encoding)
        if text is not None and not (is_latin and _has_other_script(text)):
            return text
    return _decoded(data, _WESTERN_ENCODING) or data.decode("iso8859_1")


def _has_other_script(text: str) -> bool:
    """Whether a text has letters that are not Latin."""
    return any(character > _LAST_LATIN and character.isalpha() for character in set(text))


def _is_latin(data: bytes) -> bool:
    """Whether so few of the letters lie beyond ASCII that they are accented Latin letters, not those of another script."""
    beyond = _count(data, _BEYOND_ASCII)
    return beyond <= _MOST_ACCENTS * (beyond + _count(data, _ASCII_LETTERS))


def _count(data: bytes, values: bytes) -> int:
    """How many of the bytes have one of these values."""
    return len(data) - len(data.translate(None, values))
