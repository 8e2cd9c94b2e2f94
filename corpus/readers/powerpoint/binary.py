"""The files of PowerPoint 97 to 2003 (PPT): records within records, some of which hold text (MS-PPT)."""

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from askdex.corpus.builder import DocumentBuilder, TextAllowance
from askdex.corpus.errors import UnreadableError
from askdex.corpus.readers.office import LOCKED, TOO_DEEP, errors_told, not_one
from askdex.corpus.readers.ole import START, OleFile
from askdex.corpus.readers.powerpoint import read_powerpoint
from askdex.corpus.text.headings import could_be_heading
from askdex.corpus.types import Kind

_LABEL = "PPT"
_ZIP = b"PK\3\4"
_MAIN, _USER = "PowerPoint Document", "Current User"
_ENCRYPTED = 0xF3D1C4DF
_CONTAINER = 0xF
_HEAD = struct.Struct("<HHI")
_DOCUMENT, _SLIDE, _NOTES, _SLIDE_ATOM, _SHOW = 1000, 1006, 1008, 1007, 1017
_TEXT_LIST, _PLACE, _PERSISTENT, _EDIT = 4080, 1011, 6002, 4085
_HEADER, _WIDE, _NARROW, _OUTLINE_REFERENCE, _TEXT_BOX = 3999, 4000, 4008, 3998, 0xF00D
_SLIDES, _NOTES_LIST = 0, 2
_TITLES, _LISTS, _NOTES_TEXT = (0, 6), (1, 5, 7, 8), 2
"""The kinds of texts."""
_HIDDEN = 0x0004
_DEEPEST = 60
"""Records within records."""
_MOST_EDITS = 10_000
_FIELD = "*"
"""What stands in place of a date or of the number of a slide."""


@dataclass(frozen=True, slots=True)
class _Record:
    kind: int
    instance: int
    is_container: bool
    data: memoryview


@dataclass(slots=True)
class _Text:
    """A text and its kind."""

    kind: int
    text: str


@dataclass(slots=True)
class _Listed:
    """A slide, or its notes, in the list of the document: where it is found, its number, and its titles and texts."""

    reference: int
    number: int
    texts: list[_Text] = field(default_factory=list)


def read_ppt(data: bytes) -> DocumentBuilder:
    """Read the titles, texts and notes of the slides of an old PowerPoint file, or of a new one with an old name.

    Raises UnreadableError where it is none, is protected by a password, or is damaged.
    """
    if data.startswith(_ZIP):
        return read_powerpoint(data)
    if not data.startswith(START):
        raise UnreadableError(not_one(_LABEL))
    with errors_told(_LABEL):
        file = OleFile(data, _LABEL)
        main, user = file.bytes_of(_MAIN), file.bytes_of(_USER)
        if main is None or user is None:
            raise UnreadableError(not_one(_LABEL))
        token, edit = struct.unpack_from("<II", user, 12)
        if token == _ENCRYPTED:
            raise UnreadableError(LOCKED)
        builder = DocumentBuilder(title=file.title(), metadata=file.metadata())
        _Presentation(memoryview(main), edit, TextAllowance(len(data))).add_to(builder)
        builder.settle_title()
    return builder


class _Presentation:
    """The slides of a file."""

    def __init__(self, data: memoryview, edit: int, allowance: TextAllowance) -> None:
        """`edit` is where the latest change to the file is described."""
        self._data = data
        self._allowance = allowance
        self._places, document = _places_of(data, edit)
        lists = [record for record in _records(self._record_of(document).data) if record.kind == _TEXT_LIST]
        self._slides = self._listed(lists, _SLIDES)
        self._notes = {one.number: one for one in self._listed(lists, _NOTES_LIST)}

    def add_to(self, builder: DocumentBuilder) -> None:
        """Add the slides to a document, whose pages they are."""
        for slide in self._slides:
            builder.page_starts.append(len(builder.text))
            record = self._record_of(slide.reference) if slide.reference in self._places else None
            if record is None:
                texts, notes = slide.texts, 0
            elif _is_hidden(record):
                continue
            else:
                texts = [text for text in self._texts(record.data, slide.texts) if text.kind != _NOTES_TEXT]
                notes = next((_number(one.data, 16) for one in _records(record.data) if one.kind == _SLIDE_ATOM), 0)
            _add_slide(builder, texts)
            self._add_notes(builder, notes)

    def _add_notes(self, builder: DocumentBuilder, number: int) -> None:
        listed = self._notes.pop(number, None)
        if listed is not None and listed.reference in self._places:
            texts = list(self._texts(self._record_of(listed.reference).data, listed.texts))
            for text in [text for text in texts if text.kind == _NOTES_TEXT] or texts:
                for line in _lines(text.text):
                    builder.append(Kind.PARAGRAPH, line)

    def _record_of(self, reference: int) -> _Record:
        place = self._places[reference]
        return next(_records(self._data[place:]))

    def _listed(self, lists: list[_Record], instance: int) -> list[_Listed]:
        found: list[_Listed] = []
        kind = 0
        for record in (one for each in lists if each.instance == instance for one in _records(each.data)):
            if record.kind == _PLACE:
                found.append(_Listed(_number(record.data, 0), _number(record.data, 12)))
            elif record.kind == _HEADER:
                kind = _number(record.data, 0)
                if found:
                    found[-1].texts.append(_Text(kind, ""))
            elif record.kind in (_WIDE, _NARROW) and found and found[-1].texts:
                found[-1].texts[-1].text = self._decoded(record)
        return found

    def _decoded(self, record: _Record) -> str:
        self._allowance.take(len(record.data))
        encoding = "utf-16-le" if record.kind == _WIDE else "latin-1"
        return bytes(record.data).decode(encoding, "replace")

    def _texts(self, data: memoryview, outline: list[_Text], depth: int = 0) -> Iterator[_Text]:
        """The texts in records, some of which stand in the list of the document."""
        if depth > _DEEPEST:
            raise UnreadableError(TOO_DEEP)
        for record in _records(data):
            if record.kind == _TEXT_BOX:
                yield from self._texts_of_box(record.data, outline)
            elif record.is_container:
                yield from self._texts(record.data, outline, depth + 1)

    def _texts_of_box(self, data: memoryview, outline: list[_Text]) -> Iterator[_Text]:
        kind = 4
        for record in _records(data):
            if record.kind == _HEADER:
                kind = _number(record.data, 0)
            elif record.kind in (_WIDE, _NARROW):
                yield _Text(kind, self._decoded(record))
            elif record.kind == _OUTLINE_REFERENCE and _number(record.data, 0) < len(outline):
                yield outline[_number(record.data, 0)]


def _places_of(data: memoryview, edit: int) -> tuple[Mapping[int, int], int]:
    """Where in the file its parts begin, by their references, and the reference of the document.

    What was saved later goes before what was saved earlier.
    """
    places: dict[int, int] = {}
    document, seen = 0, set[int]()
    while edit and edit not in seen and len(seen) < _MOST_EDITS:
        seen.add(edit)
        record = next(_records(data[edit:]))
        if record.kind != _EDIT:
            raise UnreadableError(f"a damaged {_LABEL} file")
        edit, directory, reference = struct.unpack_from("<III", record.data, 8)
        document = document or reference
        for known, place in _persistent(next(_records(data[directory:])).data):
            places.setdefault(known, place)
    return places, document


def _persistent(data: memoryview) -> Iterator[tuple[int, int]]:
    position = 0
    while position + 4 <= len(data):
        first = _number(data, position)
        reference, count = first & 0xFFFFF, first >> 20
        for n in range(count):
            position += 4
            if position + 4 > len(data):
                return
            yield reference + n, _number(data, position)
        position += 4


def _records(data: memoryview) -> Iterator[_Record]:
    """The records that stand one after the other."""
    position = 0
    while position + _HEAD.size <= len(data):
        version, kind, length = _HEAD.unpack_from(data, position)
        start = position + _HEAD.size
        yield _Record(kind, version >> 4, version & 0xF == _CONTAINER, data[start : start + length])
        position = start + length


def _number(data: memoryview, position: int) -> int:
    return int.from_bytes(data[position : position + 4], "little")


def _is_hidden(slide: _Record) -> bool:
    return any(one.kind == _SHOW and int.from_bytes(one.data[10:12], "little") & _HIDDEN for one in _records(slide.data))


def _add_slide(builder: DocumentBuilder, texts: list[_Text]) -> None:
    """Add the title of a slide, and then its other texts; a slide without a title has its first line as one, if it can be."""
    titles = [" ".join(_lines(text.text)) for text in texts if text.kind in _TITLES]
    has_title = any(titles)
    for title in titles:
        builder.append(Kind.HEADING, " ".join(title.split()), 1)
    for text in texts:
        if text.kind in _TITLES:
            continue
        lines = list(_lines(text.text))
        kind = Kind.ITEM if text.kind in _LISTS and len(lines) > 1 else Kind.PARAGRAPH
        for line in lines:
            is_heading = not has_title and could_be_heading(line)
            has_title = True
            builder.append(Kind.HEADING if is_heading else kind, line, int(is_heading))


def _lines(text: str) -> Iterator[str]:
    """The paragraphs of a text that hold more than a field."""
    for line in text.replace("\v", "\n").split("\r"):
        if line.strip() and line.strip() != _FIELD:
            yield line.strip()
