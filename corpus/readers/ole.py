"""OLE containers: the files of older Office programs and of Outlook, which hold streams of bytes in folders (MS-CFB).

olefile is imported where a file is read.
"""

import struct
from datetime import UTC, datetime, timedelta
from functools import cached_property
from io import BytesIO
from typing import Any

from askdex.corpus.builder import TextAllowance
from askdex.corpus.errors import UnreadableError
from askdex.corpus.readers.office import LOCKED, not_one
from askdex.corpus.readers.properties import property_metadata, property_title
from askdex.corpus.text.decoding import decode

START = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_MOST_ENTRIES = 20_000
"""Streams of a file, and folders."""
_ENCRYPTED = "encryptedpackage"
"""The stream that holds a package of XML (see `office`), encrypted."""
_SUMMARY = "\x05SummaryInformation"
_TITLE, _AUTHOR, _CREATED, _SAVED = 2, 4, 12, 13
_NARROW, _WIDE, _TIME = 30, 31, 64
"""The kinds of properties: texts of bytes, texts in Unicode, and times."""
_MOST_PROPERTIES = 1_000
_LONGEST = 10_000
_EPOCH = datetime(1601, 1, 1, tzinfo=UTC)


class OleFile:
    """The streams of a file."""

    def __init__(self, data: bytes, label: str) -> None:
        """`label` is what people call its format.

        Raises UnreadableError where it is no such container, or a newer file that is protected by a password.
        """
        from olefile import OleFileIO

        if not data.startswith(START):
            raise UnreadableError(not_one(label))
        self._file: Any = OleFileIO(BytesIO(data))
        self._allowance = TextAllowance(len(data))
        entries = self._file.listdir(streams=True, storages=True)
        if len(entries) > _MOST_ENTRIES:
            raise UnreadableError(f"more than {_MOST_ENTRIES:,} parts in it")
        self.paths = ["/".join(entry) for entry in entries]
        self._names = {path.lower(): path for path in self.paths}
        if _ENCRYPTED in self._names:
            raise UnreadableError(LOCKED)

    def bytes_of(self, path: str) -> bytes | None:
        """What a stream holds; None where there is no such stream. Names are compared without regard to case."""
        name = self._names.get(path.lower())
        if name is None or self._file.get_type(name) != 2:
            return None
        self._allowance.take(self._file.get_size(name))  # streams may share their sectors
        with self._file.openstream(name) as stream:
            return bytes(stream.read())

    def folders(self, inside: str, prefix: str) -> list[str]:
        """The folders within a folder ("" is the outermost) whose names begin so, in order."""
        start = (f"{inside}/{prefix}" if inside else prefix).lower()
        found = (path for path in self.paths if path.lower().startswith(start) and "/" not in path[len(start) :])
        return sorted(path for path in found if self._file.get_type(path) == 1)

    def title(self) -> str | None:
        """The title that the properties of the document give to it."""
        return property_title(self._property(_TITLE))

    def metadata(self) -> dict[str, str]:
        """The author of the document and the day of its latest change, as far as its properties tell."""
        return property_metadata(self._property(_AUTHOR), self._property(_SAVED), self._property(_CREATED))

    def _property(self, number: int) -> str:
        """A property of the document (MS-OLEPS); "" where it has none, or a damaged one."""
        data = self._summary
        try:
            (section,) = struct.unpack_from("<I", data, 44)
            (count,) = struct.unpack_from("<I", data, section + 4)
            for n in range(min(count, _MOST_PROPERTIES)):
                identifier, offset = struct.unpack_from("<II", data, section + 8 + 8 * n)
                if identifier == number:
                    return _value(data, section + offset)
        except struct.error:  # the text can be read without them
            pass
        return ""

    @cached_property
    def _summary(self) -> bytes:
        return self.bytes_of(_SUMMARY) or b""


def _value(data: bytes, position: int) -> str:
    """A text, or a time as ISO 8601 has it."""
    kind, length = struct.unpack_from("<II", data, position)
    if kind == _TIME:
        (ticks,) = struct.unpack_from("<Q", data, position + 4)
        return (_EPOCH + timedelta(microseconds=ticks // 10)).isoformat() if 0 < ticks < 2**61 else ""
    content = data[position + 8 : position + 8 + min(length, _LONGEST) * (2 if kind == _WIDE else 1)]
    if kind == _WIDE:
        return content.decode("utf-16-le", "replace").rstrip("\0")
    try:
        return decode(content.rstrip(b"\0")) if kind == _NARROW else ""
    except UnreadableError:
        return ""
