"""The parts of a mail: those that are its text, and those that are files."""

import mimetypes
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import Message
from functools import partial

from askdex.corpus.builder import InnerFile
from askdex.corpus.errors import UnreadableError
from askdex.corpus.readers.mail.headers import Headers, decoded_field
from askdex.corpus.text.decoding import decode_as

_SIGNATURES = (
    "application/pgp-signature",
    "application/pkcs7-signature",
    "application/x-pkcs7-signature",
    "message/delivery-status",
)
"""What proves something to programs, and says nothing to people."""
_UNUSABLE = re.compile(r"[\s/\\:]+")
"""What stands in no name of a file."""
_LONGEST_NAME = 100


@dataclass(frozen=True, slots=True)
class MailText:
    """A part of the text of a mail, in HTML or as plain text."""

    text: str
    is_html: bool


@dataclass(slots=True)
class MailParts:
    """What a mail holds."""

    texts: list[MailText] = field(default_factory=list)
    files: list[InnerFile] = field(default_factory=list)


def parts_of(message: Message) -> MailParts:
    """The texts of a mail and the files attached to it. Pictures within the text are left out."""
    found = MailParts()
    _collect(message, found, set())
    return found


def _collect(part: Message, found: MailParts, names: set[str]) -> None:
    content_type = part.get_content_type()
    payload = part.get_payload()
    if content_type == "multipart/alternative" and isinstance(payload, list):
        for chosen in _chosen([one for one in payload if isinstance(one, Message)]):
            _collect(chosen, found, names)
    elif part.is_multipart() and content_type != "message/rfc822" and isinstance(payload, list):
        for one in payload:
            if isinstance(one, Message):
                _collect(one, found, names)
    elif _is_file(part, has_text=bool(found.texts)):
        if not _is_silent(part):
            found.files.append(InnerFile(_own_name(_file_name(part), names), partial(_bytes_of, part)))
    else:
        text = text_of(part)
        if text.strip():
            is_html = content_type == "text/html"
            is_flowed = not is_html and str(part.get_param("format", "")).lower() == "flowed"
            joint = "" if str(part.get_param("delsp", "")).lower() == "yes" else " "
            found.texts.append(MailText(_unflowed(text, joint) if is_flowed else text, is_html))


def _chosen(alternatives: list[Message]) -> Iterator[Message]:
    """Of several forms of the same text the last that is HTML, or else plain text; beside it, all files."""
    texts = [one for one in alternatives if _holds(one, "text/html")] or [
        one for one in alternatives if _holds(one, "text/plain")
    ]
    for one in alternatives:
        if (texts and one is texts[-1]) or (not one.is_multipart() and one.get_content_disposition() == "attachment"):
            yield one


def _holds(part: Message, content_type: str) -> bool:
    """Whether a part is a text of a type, or has one in it."""
    return any(one.get_content_type() == content_type and _payload(one).strip() for one in part.walk())


def _is_file(part: Message, *, has_text: bool) -> bool:
    disposition = part.get_content_disposition()
    is_text = part.get_content_type() in ("text/plain", "text/html")
    return not is_text or disposition == "attachment" or (disposition == "inline" and has_text and bool(part.get_filename()))


def _is_silent(part: Message) -> bool:
    """Whether a part is left out without a word: a picture in the text, or a signature."""
    is_attached = part.get_content_disposition() == "attachment" and part.get("Content-ID") is None
    return (part.get_content_maintype() == "image" and not is_attached) or part.get_content_type() in _SIGNATURES


def _file_name(part: Message) -> str:
    """The name of an attached file; one of its type where it has none."""
    name = decoded_field(part.get_filename() or "")
    if part.get_content_type() == "message/rfc822":
        payload = part.get_payload()
        inner = payload[0] if isinstance(payload, list) and payload and isinstance(payload[0], Message) else Message()
        stem = name.removesuffix(".eml") or Headers(inner).text("Subject") or "message"
        name = f"{_UNUSABLE.sub(' ', stem)[:_LONGEST_NAME].strip()}.eml"
    return _UNUSABLE.sub(" ", name).strip(" .") or f"attachment{mimetypes.guess_extension(part.get_content_type()) or '.bin'}"


def _own_name(name: str, names: set[str]) -> str:
    """A name that no file of the mail has yet."""
    stem, dot, suffix = name.rpartition(".")
    number = 1
    while name in names:
        number += 1
        name = f"{stem}-{number}{dot}{suffix}"
    names.add(name)
    return name


def _bytes_of(part: Message) -> bytes:
    """The bytes of an attached file; of a mail those of the mail."""
    payload = part.get_payload()
    if part.get_content_type() != "message/rfc822":
        return _payload(part)
    try:
        inner = payload[0] if isinstance(payload, list) else None
        return inner.as_bytes() if isinstance(inner, Message) else _payload(part)
    except Exception as error:  # the library raises many kinds for headers and texts of mixed encodings
        raise UnreadableError("damaged in the mail") from error


def text_of(part: Message) -> str:
    """The text of a part; nothing where it is none."""
    try:
        return decode_as(_payload(part), part.get_content_charset() or "")
    except UnreadableError:
        return ""


def _payload(part: Message) -> bytes:
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def _unflowed(text: str, joint: str) -> str:
    """A text with the lines joined that a program broke (RFC 3676): those that end in a blank and are quoted alike."""
    lines: list[str] = []
    depth, goes_on = 0, False
    for raw in text.splitlines():
        line = raw.lstrip(">")
        own_depth = len(raw) - len(line)
        line = line.removeprefix(" ")
        if goes_on and own_depth == depth and line != "-- ":
            lines[-1] += joint + line.rstrip(" ")
        else:
            lines.append(f"{'>' * own_depth} {line.rstrip(' ')}" if own_depth else line.rstrip(" "))
        depth, goes_on = own_depth, line.endswith(" ") and line != "-- "
    return "\n".join(lines)
