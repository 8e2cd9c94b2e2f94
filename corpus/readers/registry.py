"""The formats of files that Askdex reads, and from a file's bytes to its documents."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import PurePath, PurePosixPath
from typing import Protocol, TypeAlias
from urllib.parse import urljoin

from askdex.corpus.builder import DocumentBuilder, InnerFile, Part
from askdex.corpus.errors import FailedReadingError, RefusedError, UnreadableError
from askdex.corpus.readers.archives import read_tar, read_zip
from askdex.corpus.readers.asciidoc import read_asciidoc
from askdex.corpus.readers.epub import read_epub
from askdex.corpus.readers.excel import read_excel
from askdex.corpus.readers.excel.binary import read_xls
from askdex.corpus.readers.html import page_regions, read_html
from askdex.corpus.readers.html.hints import page_hints
from askdex.corpus.readers.html.repeats import Region
from askdex.corpus.readers.images import read_image
from askdex.corpus.readers.latex import read_latex
from askdex.corpus.readers.mail import read_mail
from askdex.corpus.readers.mail.mailbox import read_mailbox
from askdex.corpus.readers.mail.outlook import read_outlook
from askdex.corpus.readers.markdown import read_markdown, read_mdx
from askdex.corpus.readers.mhtml import read_mhtml
from askdex.corpus.readers.notebook import read_notebook
from askdex.corpus.readers.office import TOO_DEEP
from askdex.corpus.readers.opendocument import read_odp, read_ods, read_odt
from askdex.corpus.readers.pdf import read_pdf
from askdex.corpus.readers.plain import read_plain
from askdex.corpus.readers.powerpoint import read_powerpoint
from askdex.corpus.readers.powerpoint.binary import read_ppt
from askdex.corpus.readers.recognition import is_installed
from askdex.corpus.readers.records.csv_files import read_csv
from askdex.corpus.readers.records.json_files import read_json, read_jsonl
from askdex.corpus.readers.restructured import read_restructured
from askdex.corpus.readers.rtf import read_rtf
from askdex.corpus.readers.word import read_word
from askdex.corpus.readers.word.binary import read_doc
from askdex.corpus.readers.xml import read_xml
from askdex.corpus.sources import Item
from askdex.corpus.sources.kinds import unread_kind
from askdex.corpus.sources.site.addresses import host_of, is_address, path_of
from askdex.corpus.sources.site.hints import Reading
from askdex.corpus.sources.site.media import text_of
from askdex.corpus.text import language
from askdex.corpus.text.decoding import decode
from askdex.corpus.text.links import with_bare_links
from askdex.corpus.types import Document, Link, Metadata, Skipped
from askdex.corpus.versions import version_metadata

_WORD_SEPARATORS = re.compile(r"_|(?<!\d)-|-(?!\d)")
"""What stands for a blank in the name of a file; the hyphens of a date do not."""
_OTHERS = {b"%PDF-": "a PDF file", b"{\\rtf": "an RTF file"}
"""How files begin that may pass for text, but hold none that anybody would read."""
_EMPTY = "empty"
_NO_TEXT = "no text in it"
_OFFICE = "application/vnd.openxmlformats-officedocument"
_OPEN_DOCUMENT = "application/vnd.oasis.opendocument"
_WORD_TYPES = (
    f"{_OFFICE}.wordprocessingml.document",
    f"{_OFFICE}.wordprocessingml.template",
    "application/vnd.ms-word.document.macroEnabled.12",
    "application/vnd.ms-word.template.macroEnabled.12",
)
_EXCEL_TYPES = (
    f"{_OFFICE}.spreadsheetml.sheet",
    f"{_OFFICE}.spreadsheetml.template",
    "application/vnd.ms-excel.sheet.macroEnabled.12",
    "application/vnd.ms-excel.template.macroEnabled.12",
)
_POWERPOINT_TYPES = (
    f"{_OFFICE}.presentationml.presentation",
    f"{_OFFICE}.presentationml.slideshow",
    f"{_OFFICE}.presentationml.template",
    "application/vnd.ms-powerpoint.presentation.macroEnabled.12",
    "application/vnd.ms-powerpoint.slideshow.macroEnabled.12",
    "application/vnd.ms-powerpoint.template.macroEnabled.12",
)
_POWERPOINT_SUFFIXES = (".pptx", ".ppsx", ".pptm", ".ppsm", ".potx", ".potm")
_IMAGE_SUFFIXES = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".webp", ".bmp", ".gif")
_IMAGE_TYPES = ("image/png", "image/jpeg", "image/tiff", "image/webp", "image/bmp", "image/gif")
_TAR_SUFFIXES = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz")
_DEEPEST_FILE = 3
"""Files within files: an archive in a mail in an archive. Nobody packs deeper but who wants to fill a disk."""

_MANY_FILES = 10_000
_BYTES_OF_FILE = 20
"""Bytes of a file for each further one within it. ZIP takes 76 to name one; archives that hold the same archive many times
take next to none: 114 KB hold 216,000, which took a minute."""

ReadBytes: TypeAlias = Callable[[bytes], Iterator[Part | InnerFile]]
"""From a file's bytes to its documents, each with its name within the file ("" for one that is the whole file), to the files
in it, and to what was left out. Raises UnreadableError where the file as a whole cannot be read."""


@dataclass(frozen=True, slots=True)
class Format:
    """A format of files.

    `name` is the value of the metadata key `format`, `label` is what people call the format. `suffixes` are in lower case,
    with their full stop.
    """

    name: str
    label: str
    suffixes: tuple[str, ...]
    media_types: tuple[str, ...]
    read: ReadBytes


def _whole_file(read: Callable[[bytes], DocumentBuilder]) -> ReadBytes:
    """The reader of a format in which a file is one document."""

    def documents(data: bytes) -> Iterator[Part]:
        yield "", read(data)

    return documents


def _whole_text(read: Callable[[str], DocumentBuilder]) -> ReadBytes:
    """The reader of a text format in which a file is one document."""
    return _whole_file(lambda data: read(_decoded(data)))


def _texts(read: Callable[[str], Iterator[Part]]) -> ReadBytes:
    """The reader of a text format in which a file may hold several documents."""
    return lambda data: read(_decoded(data))


def _decoded(data: bytes) -> str:
    if other := next((other for start, other in _OTHERS.items() if data.startswith(start)), None):
        raise UnreadableError(f"{other} under another name")
    text = decode(data)
    if not text.strip():
        raise UnreadableError(_EMPTY)
    return text


IMAGES = Format("image", "pictures", _IMAGE_SUFFIXES, _IMAGE_TYPES, _whole_file(read_image))
"""What is read only where text recognition is installed."""

HTML = Format("html", "HTML", (".html", ".htm", ".xhtml"), ("text/html", "application/xhtml+xml"), _whole_text(read_html))

FORMATS: tuple[Format, ...] = (
    Format("text", "text", ("", ".txt", ".text", ".log"), ("text/plain",), _whole_text(read_plain)),
    Format("markdown", "Markdown", (".md", ".markdown"), ("text/markdown",), _whole_text(read_markdown)),
    Format("mdx", "MDX", (".mdx",), ("text/mdx",), _whole_text(read_mdx)),
    Format("restructured", "reStructuredText", (".rst", ".rest"), ("text/x-rst",), _whole_text(read_restructured)),
    Format("asciidoc", "AsciiDoc", (".adoc", ".asciidoc"), ("text/asciidoc",), _whole_text(read_asciidoc)),
    Format("latex", "LaTeX", (".tex", ".latex"), ("application/x-tex", "text/x-tex"), _whole_text(read_latex)),
    HTML,
    Format("mhtml", "MHTML", (".mht", ".mhtml"), ("multipart/related", "application/x-mimearchive"), _whole_file(read_mhtml)),
    Format("pdf", "PDF", (".pdf",), ("application/pdf",), _whole_file(read_pdf)),
    Format("word", "Word", (".docx", ".docm", ".dotx", ".dotm"), _WORD_TYPES, _whole_file(read_word)),
    Format("doc", "DOC", (".doc", ".dot"), ("application/msword",), _whole_file(read_doc)),
    Format("excel", "Excel", (".xlsx", ".xlsm", ".xltx", ".xltm"), _EXCEL_TYPES, read_excel),
    Format("xls", "XLS", (".xls", ".xlt"), ("application/vnd.ms-excel",), read_xls),
    Format("powerpoint", "PowerPoint", _POWERPOINT_SUFFIXES, _POWERPOINT_TYPES, _whole_file(read_powerpoint)),
    Format("ppt", "PPT", (".ppt", ".pps", ".pot"), ("application/vnd.ms-powerpoint",), _whole_file(read_ppt)),
    Format(
        "odt", "ODT", (".odt", ".ott"), (f"{_OPEN_DOCUMENT}.text", f"{_OPEN_DOCUMENT}.text-template"), _whole_file(read_odt)
    ),
    Format(
        "ods", "ODS", (".ods", ".ots"), (f"{_OPEN_DOCUMENT}.spreadsheet", f"{_OPEN_DOCUMENT}.spreadsheet-template"), read_ods
    ),
    Format(
        "odp",
        "ODP",
        (".odp", ".otp"),
        (f"{_OPEN_DOCUMENT}.presentation", f"{_OPEN_DOCUMENT}.presentation-template"),
        _whole_file(read_odp),
    ),
    Format("epub", "EPUB", (".epub",), ("application/epub+zip",), _whole_file(read_epub)),
    Format("notebook", "Jupyter", (".ipynb",), ("application/x-ipynb+json",), _whole_text(read_notebook)),
    Format("rtf", "RTF", (".rtf",), ("application/rtf", "text/rtf"), _whole_file(read_rtf)),
    Format("xml", "XML", (".xml", ".dita", ".dbk", ".docbook", ".fb2"), ("application/xml", "text/xml"), _whole_text(read_xml)),
    Format("csv", "CSV", (".csv", ".tsv"), ("text/csv", "text/tab-separated-values"), _texts(read_csv)),
    Format("json", "JSON", (".json",), ("application/json",), _texts(read_json)),
    Format("jsonl", "JSON Lines", (".jsonl", ".ndjson"), ("application/jsonl", "application/x-ndjson"), _texts(read_jsonl)),
    Format("mail", "EML", (".eml",), ("message/rfc822",), read_mail),
    Format("outlook", "MSG", (".msg",), ("application/vnd.ms-outlook",), read_outlook),
    Format("mailbox", "MBOX", (".mbox",), ("application/mbox",), read_mailbox),
    IMAGES,
    Format("zip", "ZIP", (".zip",), ("application/zip",), read_zip),
    Format("tar", "TAR", _TAR_SUFFIXES, ("application/x-tar", "application/gzip"), read_tar),
)
"""Every format that Askdex reads: a new one is a module beside this and a line here."""


def format_of(path: PurePath) -> Format | None:
    """The format of a file by its suffix; None where it is of none that Askdex reads."""
    suffixes = ("".join(path.suffixes[-2:]).lower(), path.suffix.lower())  # .tar.gz goes before .gz
    return next((file_format for suffix in suffixes for file_format in FORMATS if suffix in file_format.suffixes), None)


def is_read(path: PurePath) -> bool:
    """Whether a file has a format that Askdex reads."""
    return _can_read(format_of(path))


def _can_read(file_format: Format | None) -> bool:
    return file_format is not None and (file_format is not IMAGES or is_installed())


def format_said(media_type: str, path: PurePath) -> Format | None:
    """The format of what a server gives: by its media type, or by the name of the file where that is ""."""
    if not media_type:
        return format_of(path) if path.suffix else None
    return next((each for each in FORMATS if media_type in map(str.lower, each.media_types)), None)


SITE_READING = Reading(
    is_read=lambda media_type, path: format_said(media_type, path) not in (None, IMAGES),
    hints=lambda data: page_hints(text_of(data)),
)
"""What the readers know of the pages of sites, whose pictures are left alone: most show no text."""


def is_page(item: Item) -> bool:
    """Whether an item is an HTML page, by what its source says of it."""
    return format_said(item.media_type, PurePosixPath(item.uri)) is HTML


def regions_of(data: bytes) -> list[Region]:
    """The elements of a page, for `repeated`. Raises UnreadableError."""
    return page_regions(_decoded(data))


def described() -> str:
    """The formats in words: "text, Markdown, ... JSON Lines, EML, MBOX, ZIP or TAR"."""
    *labels, last = (file_format.label for file_format in FORMATS)
    return f"{', '.join(labels)} or {last}"


class Visitor(Protocol):
    """Goes along where files within a file are read."""

    def enter(self, uri: str) -> bool:
        """A file within the latest one that was not left is next. Whether it is to be read."""

    def opened(self, size: int) -> None:
        """The file that was entered last has so many bytes."""

    def leave(self) -> None:
        """The file that was entered last is read, or is left out."""


class _ReadsAll:
    """Has every file within a file read."""

    def enter(self, uri: str) -> bool:  # noqa: ARG002
        return True

    def opened(self, size: int) -> None:
        pass

    def leave(self) -> None:
        pass


class _TooManyFilesError(Exception):
    """A file holds more files than one of its size would. What is behind them is left out."""


class _CountedFiles:
    """Goes along for another visitor, and counts the files within a file, those within them too."""

    def __init__(self, visitor: Visitor, size: int) -> None:
        """`size` is that of the file in bytes."""
        self._visitor = visitor
        self._most = _MANY_FILES + size // _BYTES_OF_FILE
        self._number = 0
        self.opened, self.leave = visitor.opened, visitor.leave

    def enter(self, uri: str) -> bool:
        """See Visitor. Raises _TooManyFilesError."""
        self._number += 1
        if self._number > self._most:
            raise _TooManyFilesError(f"more than {self._most:,} files in it, too many for one of its size")
        return self._visitor.enter(uri)


def parse(item: Item, data: bytes, visitor: Visitor | None = None) -> Iterator[Document | Skipped]:
    """The documents in a file's bytes, and the parts of it that were left out.

    Raises UnreadableError where the file as a whole cannot be read, FailedReadingError where that is the fault of Askdex,
    RefusedError where it is that of the system, MemoryError.
    """
    try:
        yield from _safely_parsed(item, data, _CountedFiles(visitor or _ReadsAll(), len(data)), 0)
    except _TooManyFilesError as error:
        yield _left_out(item, Skipped("the rest", str(error)))


def _safely_parsed(item: Item, data: bytes, visitor: Visitor, depth: int) -> Iterator[Document | Skipped]:
    """What is in a file within so many others. Raises as `parse` does, whatever its reader raises."""
    try:
        yield from _parsed(item, data, visitor, depth)
    except (UnreadableError, MemoryError, _TooManyFilesError):
        raise
    except RecursionError as error:
        raise UnreadableError(TOO_DEEP) from error
    except Exception as error:  # one unusual file must not keep all others out of the index
        # Readers have the bytes and ask for no file, but libraries write and load some of their own. Those that say by OSError
        # that data is damaged give no number.
        if isinstance(error, OSError) and error.errno is not None:
            raise RefusedError(f"its reader failed ({error.strerror}): index it again") from error
        raise FailedReadingError(f"Askdex failed to read it ({type(error).__name__})") from error


def _require_format(item: Item) -> Format:
    path = PurePosixPath(item.uri)
    name = PurePosixPath(path_of(item.uri)) if is_address(item.uri) else path
    # The name of a file in an archive may stand behind the query of the archive's address.
    file_format = format_said(item.media_type, name) or format_of(path)
    if file_format is None or not _can_read(file_format):
        raise UnreadableError(unread_kind(path))
    return file_format


def _parsed(item: Item, data: bytes, visitor: Visitor, depth: int) -> Iterator[Document | Skipped]:
    file_format = _require_format(item)
    if not data or data.isspace():
        raise UnreadableError(_EMPTY)
    for part in _reader(item, file_format)(data):
        if isinstance(part, Skipped):
            yield _left_out(item, part)
            continue
        if isinstance(part, InnerFile):
            yield from _inner_documents(item, part, visitor, depth + 1)
            continue
        name, builder = part
        if not builder.blocks and not name:
            raise UnreadableError(_NO_TEXT)
        if builder.left_out is not None:
            yield _left_out(item, builder.left_out)
        yield _document(item, name, builder, file_format) if builder.blocks else _left_out(item, Skipped(name, _NO_TEXT))


def _reader(item: Item, file_format: Format) -> ReadBytes:
    """What reads an item: it leaves out of a page what repeats in those beside it."""
    if file_format is HTML and item.repeated:
        return _whole_text(partial(read_html, repeated=frozenset(item.repeated)))
    return file_format.read


def _inner_documents(item: Item, file: InnerFile, visitor: Visitor, depth: int) -> Iterator[Document | Skipped]:
    """The documents of a file within a file; one that cannot be read is left out, and the others are read."""
    inner = replace(item, uri=f"{item.uri}/{file.path}", modified=file.modified, media_type="", repeated=())
    if not visitor.enter(inner.uri):
        return
    try:
        _require_format(inner)
        if depth > _DEEPEST_FILE:
            raise UnreadableError(f"a file within more than {_DEEPEST_FILE} others")
        data = file.load()
        visitor.opened(len(data))
        for part in _safely_parsed(inner, data, visitor, depth):
            yield replace(part, metadata={**file.metadata, **part.metadata}) if isinstance(part, Document) else part
    except UnreadableError as error:
        yield Skipped(inner.uri, str(error), key=item.key, version=item.version)
    visitor.leave()


def _left_out(item: Item, part: Skipped) -> Skipped:
    return Skipped(f"{item.uri}, {part.uri}", part.reason, key=item.key, version=item.version)


def _document(item: Item, name: str, builder: DocumentBuilder, file_format: Format) -> Document:
    is_page = is_address(item.uri)
    path = PurePosixPath(path_of(item.uri).lstrip("/") if is_page else item.uri)
    folder: Metadata = {"folder": path.parent.as_posix()} if path.parent.name else {}
    site: Metadata = {"site": host_of(item.uri)} if is_page else {}
    links = with_bare_links(builder.text, builder.links)
    version = version_metadata(item.uri, builder.metadata, builder.text, item.modified)
    return Document(
        uri=f"{item.uri}#{name}" if name else item.uri,
        title=builder.title or _title_of(PurePosixPath(name).stem or path.stem or host_of(item.uri)),
        text=builder.text,
        blocks=tuple(builder.blocks),
        language=builder.language or language.detect(builder.text),
        metadata={"format": file_format.name, **site, **folder, **builder.metadata, **version},
        links=tuple(_from_page(item.uri, link) for link in links) if is_page else links,
        page_starts=tuple(builder.page_starts),
    )


def _from_page(address: str, link: Link) -> Link:
    """A link of a page with its whole address: what it is relative to is not here."""
    try:
        return replace(link, address=urljoin(address, link.address))
    except ValueError:
        return link


def _title_of(stem: str) -> str:
    """A file's name as a title: "lost-social-security-card" is "Lost social security card"; a date keeps its hyphens."""
    words = " ".join(_WORD_SEPARATORS.sub(" ", stem).split()) or stem
    return words[:1].upper() + words[1:]
