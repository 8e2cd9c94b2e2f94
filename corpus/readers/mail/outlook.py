"""Mails of Outlook (MSG): their properties (MS-OXMSG, MS-OXPROPS) become a message as others have it, which is then read."""

import struct
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email import encoders
from email.header import Header
from email.message import Message
from email.mime.base import MIMEBase
from email.mime.message import MIMEMessage
from email.mime.multipart import MIMEMultipart
from email.utils import format_datetime, formataddr

from askdex.corpus.builder import InnerFile, Part, clean
from askdex.corpus.errors import UnreadableError
from askdex.corpus.readers.mail import message_parts
from askdex.corpus.readers.office import TOO_DEEP, errors_told
from askdex.corpus.readers.ole import OleFile
from askdex.corpus.readers.rtf import read_rtf
from askdex.corpus.text.decoding import decode, decode_as

_LABEL = "MSG"
_PROPERTIES = "__properties_version1.0"
_ATTACHMENT, _RECIPIENT = "__attach_version1.0_", "__recip_version1.0_"
_HEAD, _INNER_HEAD, _PART_HEAD = 32, 24, 8
"""Bytes before the properties of a mail, of one within another, and of a recipient or an attached file."""
_PROPERTY = struct.Struct("<HHI8s")
_SUBJECT, _BODY, _RTF, _HTML = 0x0037, 0x1000, 0x1009, 0x1013
_SENDER, _SENDER_ADDRESS, _SENDER_MAIL, _FOR = 0x0C1A, 0x0C1F, 0x5D01, 0x0042
_SHOWN_TO, _SHOWN_CC, _TRANSPORT = 0x0E04, 0x0E03, 0x007D
_TIMES = (0x0039, 0x0E06, 0x3007, 0x3008)
"""When the mail was sent, came, was made, and was changed."""
_NAME, _ADDRESS, _MAIL, _KIND = 0x3001, 0x3003, 0x39FE, 0x0C15
_DATA, _LONG_NAME, _SHORT_NAME, _MEDIA_TYPE, _CONTENT_ID, _SUFFIX = 0x3701, 0x3707, 0x3704, 0x370E, 0x3712, 0x3703
_UNICODE, _STRING, _BINARY, _EMBEDDED = 0x001F, 0x001E, 0x0102, 0x000D
_CODE_PAGES = (0x3FDE, 0x3FFD)
_FIELDS = {1: "To", 2: "Cc"}
_EPOCH = datetime(1601, 1, 1, tzinfo=UTC)
_DEEPEST = 8
"""Mails within mails."""
_MOST_RECIPIENTS = 1_000
_RTF_HEAD = struct.Struct("<IIII")
_COMPRESSED, _UNCOMPRESSED = 0x75465A4C, 0x414C454D
_DICTIONARY = (
    rb"{\rtf1\ansi\mac\deff0\deftab720{\fonttbl;}{\f0\fnil \froman \fswiss \fmodern \fscript \fdecor MS Sans SerifSymbolArial"
    rb"Times New RomanCourier{\colortbl\red0\green0\blue0" + b"\r\n" + rb"\par \pard\plain\f0\fs20\b\i\u\tab\tx"
)
"""What every compressed text begins to refer to (MS-OXRTFCP)."""
_WINDOW = 4_096
_LARGEST_RTF = 64 * 2**20


def read_outlook(data: bytes) -> Iterator[Part | InnerFile]:
    """Read a mail of Outlook and the files that are attached to it. Raises UnreadableError where it is none."""
    with errors_told(_LABEL):
        message = _message(OleFile(data, _LABEL), "", 0)
    yield from message_parts(message, "", set())


class _Properties:
    """The properties in a folder of the file."""

    def __init__(self, file: OleFile, folder: str, head: int) -> None:
        self._file = file
        self._folder = folder
        stream = file.bytes_of(self._path(_PROPERTIES)) or b""
        whole = stream[head : head + (len(stream) - head) // _PROPERTY.size * _PROPERTY.size]
        self._fixed = {identifier: value for _, identifier, _, value in _PROPERTY.iter_unpack(whole)}

    def _path(self, name: str) -> str:
        return f"{self._folder}/{name}" if self._folder else name

    def bytes_of(self, identifier: int, kind: int = _BINARY) -> bytes | None:
        """A property that is as long as it is."""
        return self._file.bytes_of(self._path(f"__substg1.0_{identifier:04X}{kind:04X}"))

    def text(self, identifier: int) -> str:
        """A text, which an older program wrote in the encoding of its computer."""
        wide = self.bytes_of(identifier, _UNICODE)
        if wide is not None:
            return clean(wide.decode("utf-16-le", "replace")).rstrip("\ufffd")
        narrow = self.bytes_of(identifier, _STRING)
        return "" if not narrow else decode_as(narrow.rstrip(b"\0"), self._encoding())

    def number(self, identifier: int) -> int:
        """A number; 0 where there is none."""
        return int.from_bytes(self._fixed.get(identifier, b"")[:4], "little")

    def moment(self, *identifiers: int) -> datetime | None:
        """The first of these times that is there."""
        for identifier in identifiers:
            ticks = int.from_bytes(self._fixed.get(identifier, b""), "little")
            if 0 < ticks < 2**62:
                return _EPOCH + timedelta(microseconds=ticks // 10)
        return None

    def _encoding(self) -> str:
        page = next(filter(None, map(self.number, _CODE_PAGES)), 0)
        return "utf-8" if page == 65001 else f"cp{page}" if page else ""


def _message(file: OleFile, folder: str, depth: int) -> Message:
    """The mail in a folder of the file. Raises UnreadableError where there is none."""
    if depth > _DEEPEST:
        raise UnreadableError(TOO_DEEP)
    properties = _Properties(file, folder, _INNER_HEAD if folder else _HEAD)
    if not any(path.lower().startswith(f"{folder}/__substg1.0_".lstrip("/").lower()) for path in file.paths):
        raise UnreadableError("not a mail")
    message = MIMEMultipart()
    for name, value in _fields(file, folder, properties):
        if value:
            message[name] = value
    text = _text_part(properties)
    if text is not None:
        message.attach(text)
    for attachment in file.folders(folder, _ATTACHMENT):
        part = _attached(file, attachment, depth)
        if part is not None:
            message.attach(part)
    return message


def _fields(file: OleFile, folder: str, properties: _Properties) -> Iterator[tuple[str, str]]:
    """The head of the mail: its sender, recipients, date and subject."""
    name = properties.text(_SENDER) or properties.text(_FOR)
    address = properties.text(_SENDER_MAIL) or properties.text(_SENDER_ADDRESS)
    yield "From", _person(name, address)
    people: dict[str, list[str]] = {field: [] for field in _FIELDS.values()}
    for recipient in file.folders(folder, _RECIPIENT)[:_MOST_RECIPIENTS]:
        person = _Properties(file, recipient, _PART_HEAD)
        field = _FIELDS.get(person.number(_KIND) & 0xF)
        if field is not None:
            people[field].append(_person(person.text(_NAME), person.text(_MAIL) or person.text(_ADDRESS)))
    for field, shown in (("To", _SHOWN_TO), ("Cc", _SHOWN_CC)):
        yield field, ", ".join(people[field]) or ", ".join(_person(one, "") for one in properties.text(shown).split(";"))
    moment = properties.moment(*_TIMES)
    yield "Date", "" if moment is None else format_datetime(moment)
    yield "Subject", Header(" ".join(properties.text(_SUBJECT).split()), "utf-8").encode()


def _person(name: str, address: str) -> str:
    """A person as fields of mails have it. Addresses within a company ("/O=...") say nothing to people."""
    name, address = " ".join(name.split()).strip("'"), " ".join(address.split())
    if "@" not in address:
        address = ""
    if not address:
        return formataddr((name, "x"), "utf-8").removesuffix(" <x>") if name else ""
    return formataddr(("" if name == address else name, address if address.isascii() else ""), "utf-8")


def _text_part(properties: _Properties) -> Message | None:
    """The text of the mail in HTML, else as plain text, else out of its RTF."""
    page = properties.bytes_of(_HTML)
    text = properties.text(_HTML) if page is None else _decoded(page)
    kind = "html"
    if not text.strip():
        kind, text = "plain", properties.text(_BODY)
    if not text.strip() and (packed := properties.bytes_of(_RTF)):
        text = _text_of_rtf(packed)
    if not text.strip():
        return None
    part = MIMEBase("text", kind, charset="utf-8")
    part.set_payload(text.encode("utf-8", "replace"))
    return part


def _decoded(page: bytes) -> str:
    try:
        return decode(page)
    except UnreadableError:
        return ""


def _attached(file: OleFile, folder: str, depth: int) -> Message | None:
    """An attached file, or a mail that is attached as a whole."""
    properties = _Properties(file, folder, _PART_HEAD)
    name = properties.text(_LONG_NAME) or properties.text(_SHORT_NAME) or properties.text(_NAME)
    data = properties.bytes_of(_DATA)
    inner = f"{folder}/__substg1.0_{_DATA:04X}{_EMBEDDED:04X}"
    if data is None:
        is_mail = any(path.lower() == f"{inner}/{_PROPERTIES}".lower() for path in file.paths)
        return MIMEMessage(_message(file, inner, depth + 1)) if is_mail else None
    main, _, kind = properties.text(_MEDIA_TYPE).partition("/")
    part = MIMEBase(main or "application", kind or "octet-stream")
    part.set_payload(data)
    encoders.encode_base64(part)
    content_id = properties.text(_CONTENT_ID)
    if content_id:
        part["Content-ID"] = content_id
    part.add_header(
        "Content-Disposition", "attachment", filename=("utf-8", "", clean(name) or f"attachment{properties.text(_SUFFIX)}")
    )
    return part


def _text_of_rtf(packed: bytes) -> str:
    try:
        return read_rtf(_unpacked_rtf(packed)).text
    except UnreadableError:
        return ""


def _unpacked_rtf(packed: bytes) -> bytes:
    """RTF that is compressed in the way of Outlook (MS-OXRTFCP). Raises UnreadableError where it is not, or is damaged."""
    if len(packed) < _RTF_HEAD.size:
        raise UnreadableError(_LABEL)
    _, size, kind, _ = _RTF_HEAD.unpack_from(packed)
    body = packed[_RTF_HEAD.size :]
    if kind == _UNCOMPRESSED:
        return body[:size]
    if kind != _COMPRESSED or size > _LARGEST_RTF:
        raise UnreadableError(_LABEL)
    out = bytearray(_DICTIONARY)
    position = 0
    while position < len(body) and len(out) < size + len(_DICTIONARY):
        control, position = body[position], position + 1
        for bit in range(8):
            if not control >> bit & 1:
                out += body[position : position + 1]
                position += 1
                continue
            reference = int.from_bytes(body[position : position + 2], "big")
            position += 2
            start, length = reference >> 4, (reference & 0xF) + 2
            distance = (len(out) - start) % _WINDOW
            if not distance or distance > len(out):
                return bytes(out[len(_DICTIONARY) :])
            for _ in range(length):
                out.append(out[-distance])
    return bytes(out[len(_DICTIONARY) :])
