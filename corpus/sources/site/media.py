"""What a server's bytes are: what it says, unless they show that it is wrong."""

import mimetypes
import re
from collections.abc import Mapping
from email.message import Message
from pathlib import PurePosixPath

from askdex.corpus.errors import UnreadableError
from askdex.corpus.sources.site.addresses import path_of
from askdex.corpus.text.decoding import decode, decode_as

HTML_TYPES = ("text/html", "application/xhtml+xml")
XML_TYPES = ("application/xml", "text/xml")
_VAGUE = frozenset(
    {
        *("", "text/plain", "application/octet-stream", "binary/octet-stream", *XML_TYPES),
        *("application/zip", "application/x-zip-compressed", "application/download", "application/force-download"),
        "application/x-download",
    }
)
"""What servers say of files that they do not know: the name of the file tells more."""
_OPENS_PAGE = re.compile(
    rb"\s*(?:<\?xml[^>]{0,200}>\s*)?(?:<!--.{0,500}?-->\s*)?<(?:!doctype\s+html|html)\b", re.IGNORECASE | re.DOTALL
)
_HEAD = 2_000
_PDF, _ZIP = b"%PDF-", b"PK\x03\x04"
_UNREAD_KINDS = ("image/", "audio/", "video/", "font/")


def said_type(headers: Mapping[str, str]) -> tuple[str, str]:
    """The media type and the encoding that a server says; "" for what it does not say."""
    message = Message()
    message["content-type"] = headers.get("content-type", "")
    if not headers.get("content-type"):
        return "", ""
    return message.get_content_type(), message.get_content_charset("")


def file_name(address: str) -> PurePosixPath:
    """The name of the file that an address ends in."""
    return PurePosixPath(path_of(address).rpartition("/")[2])


def is_picture(address: str) -> bool:
    """Whether an address ends in the name of a picture, a film and the like."""
    kind = mimetypes.guess_type(file_name(address).name)[0] or ""
    return kind.startswith(_UNREAD_KINDS)


def true_type(media_type: str, data: bytes, *, has_known_name: bool) -> str:
    """The media type of bytes; "" where the name of their file says it best.

    Servers know pages, and few of the files of offices: a name that says its format is right more often than they are.
    """
    head = data[:_HEAD]
    if head.startswith(_PDF):
        return "application/pdf"
    is_page = media_type in HTML_TYPES and not head.startswith(_ZIP)
    if is_page or (media_type in _VAGUE and _OPENS_PAGE.match(head)):
        return media_type if is_page else HTML_TYPES[0]
    return "" if has_known_name else media_type


def is_vague(media_type: str) -> bool:
    """Whether a media type says so little that the bytes have to be looked at."""
    return media_type in _VAGUE


def in_utf8(data: bytes, media_type: str, encoding: str) -> bytes:
    """A text in UTF-8, whatever encoding its server says: what is no UTF-8 is in that encoding, if it can be."""
    if not encoding or not media_type.startswith("text/") or media_type == "text/rtf":
        return data
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        try:
            return decode_as(data, encoding).encode("utf-8", "replace")
        except UnreadableError:
            return data
    return data


def text_of(data: bytes) -> str:
    """The text of a page; "" where it is none."""
    try:
        return decode(data)
    except UnreadableError:
        return ""
