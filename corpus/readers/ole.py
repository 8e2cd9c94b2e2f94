"""OLE containers: the files of older Office programs and of Outlook, which hold streams of bytes in folders (MS-CFB).

olefile is imported where a file is read.
"""

from io import BytesIO
from typing import Any

from askdex.corpus.builder import TextAllowance
from askdex.corpus.errors import UnreadableError
from askdex.corpus.readers.office import not_one
from askdex.corpus.readers.properties import property_metadata, property_title
from askdex.corpus.text.decoding import decode

START = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_MOST_ENTRIES = 20_000
"""Streams of a file, and folders."""


class OleFile:
    """The streams of a file."""

    def __init__(self, data: bytes, label: str) -> None:
        """`label` is what people call its format. Raises UnreadableError where it is no such container."""
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
        return property_title(_text(self._properties().title))

    def metadata(self) -> dict[str, str]:
        """The author of the document and the day of its latest change, as far as its properties tell."""
        said = self._properties()
        times = (f"{moment:%Y-%m-%d}" if moment else "" for moment in (said.last_saved_time, said.create_time))
        return property_metadata(_text(said.author), *times)

    def _properties(self) -> Any:  # noqa: ANN401  # the library has no types
        from olefile import OleMetadata

        try:
            return self._file.get_metadata()
        except Exception:  # the text can be read without them
            return OleMetadata()


def _text(value: object) -> str:
    if not isinstance(value, bytes):
        return ""
    try:
        return decode(value.rstrip(b"\0"))
    except UnreadableError:
        return ""
