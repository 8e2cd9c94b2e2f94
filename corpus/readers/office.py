"""The package of an Office file: a ZIP archive of XML parts.

Those of Microsoft name each other by relationships (ECMA-376, part 2), those of OpenDocument have names that are the same in
each file (ISO/IEC 26300-2). Books (EPUB) are such packages too.
"""

import posixpath
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from io import BytesIO
from typing import NamedTuple
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, ParseError
from zipfile import BadZipFile, ZipFile, ZipInfo

from askdex.corpus.errors import UnreadableError
from askdex.corpus.readers.properties import property_metadata, property_title

_SPOKEN_WITH_VOWEL = "FHLMNRSX"
"""Letters whose names begin with a vowel."""
TOO_DEEP = "nested too deeply"
LOCKED = "protected by a password"
_CORE_PROPERTIES = "docProps/core.xml"
_TOO_LARGE = "too large when unpacked"
_LARGEST_UNPACKED = 2**30
"""Bytes of all parts of a package together."""
_LARGEST_XML = 64 * 2**20
"""Bytes of a part that is parsed into a tree, which takes many times as much memory."""
_LEAST_RATIO_OF_XML = 20
"""A part that is compressed to less than one byte in this many may be XML, whatever its name; pictures hardly shrink."""
# A file with a password is an OLE container, in which this stream holds the encrypted package.
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ZIP = b"PK\3\4"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_LOCKED_PART = 0x1
"""The bit by which a part says that it is encrypted, as a part of any ZIP archive may be."""
_DOCUMENT_TYPES = tuple("<!DOCTYPE".encode(encoding) for encoding in ("ascii", "utf-16-le", "utf-16-be"))
"""What begins a declaration of entities, which may grow without bound; the standard forbids it."""

_OPEN_DOCUMENT = "manifest meta office presentation style table text".split()
_PREFIXES = {
    "http://schemas.openxmlformats.org/wordprocessingml/2006/main": "w:",
    "http://purl.oclc.org/ooxml/wordprocessingml/main": "w:",
    "http://schemas.openxmlformats.org/officeDocument/2006/relationships": "r:",
    "http://purl.oclc.org/ooxml/officeDocument/relationships": "r:",
    "http://schemas.openxmlformats.org/officeDocument/2006/math": "m:",
    "http://purl.oclc.org/ooxml/officeDocument/math": "m:",
    "http://schemas.openxmlformats.org/markup-compatibility/2006": "mc:",
    "http://schemas.openxmlformats.org/presentationml/2006/main": "p:",
    "http://purl.oclc.org/ooxml/presentationml/main": "p:",
    "http://schemas.openxmlformats.org/drawingml/2006/main": "a:",
    "http://purl.oclc.org/ooxml/drawingml/main": "a:",
    "http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing": "xdr:",
    "http://purl.oclc.org/ooxml/drawingml/spreadsheetDrawing": "xdr:",
    "http://schemas.openxmlformats.org/drawingml/2006/chart": "c:",
    "http://purl.oclc.org/ooxml/drawingml/chart": "c:",
    "http://schemas.openxmlformats.org/drawingml/2006/diagram": "dgm:",
    "http://purl.oclc.org/ooxml/drawingml/diagram": "dgm:",
    "http://schemas.openxmlformats.org/package/2006/relationships": "",
    "http://schemas.openxmlformats.org/package/2006/metadata/core-properties": "",
    "http://purl.org/dc/elements/1.1/": "dc:",
    "http://www.w3.org/1999/xlink": "xlink:",
    "http://www.idpf.org/2007/opf": "opf:",
    "urn:oasis:names:tc:opendocument:xmlns:container": "container:",
    "urn:oasis:names:tc:opendocument:xmlns:drawing:1.0": "draw:",
    "urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0": "fo:",
    **{f"urn:oasis:names:tc:opendocument:xmlns:{name}:1.0": f"{name}:" for name in _OPEN_DOCUMENT},
    "http://purl.org/dc/terms/": "dcterms:",
}
"""The short name of each namespace, which has one in the transitional and one in the strict form of the standard."""
TEXTS = frozenset(("w:t", "m:t", "a:t"))
"""The elements that hold letters."""


class Relationship(NamedTuple):
    """What a part refers to; `type` is the last word of its type, such as "styles". `target` is a part or an address."""

    type: str
    target: str
    is_external: bool


class Package:
    """The parts of an Office file. Their elements and attributes have short names, such as "w:p"."""

    def __init__(self, data: bytes, label: str) -> None:
        """`label` is what people call its format, such as "Word".

        Raises UnreadableError where the file is no package, is protected by a password, or should not be unpacked.
        """
        self._label = label
        try:
            self._archive = ZipFile(BytesIO(data))
        except BadZipFile as error:
            is_locked = data.startswith(_OLE) and _ENCRYPTED in data
            other_reason = _damaged(label) if data.startswith(_ZIP) else not_one(label)
            raise UnreadableError(LOCKED if is_locked else other_reason) from error
        infos = self._archive.infolist()
        if any(info.flag_bits & _LOCKED_PART for info in infos):
            raise UnreadableError(LOCKED)
        if sum(info.file_size for info in infos) > _LARGEST_UNPACKED or any(map(_is_bomb, infos)):
            raise UnreadableError(_TOO_LARGE)
        self._names = {info.filename.lower(): info.filename for info in infos}

    def bytes_of(self, part: str) -> bytes | None:
        """What a part holds; None where there is no such part. Names are compared without regard to case."""
        name = self._names.get(part.lower())
        return None if name is None else self._archive.read(name)

    def xml_of(self, part: str) -> Element | None:
        """The root element of a part; None where there is no such part."""
        data = self.bytes_of(part)
        return None if data is None else self._parsed(data)

    def require_plain_xml(self) -> None:
        """Raises UnreadableError where a part declares a document type: for a library that parses the parts by itself."""
        for info in self._archive.infolist():
            if _may_be_xml(info):
                self._require_no_document_type(self._archive.read(info))

    def relationships_of(self, part: str) -> Mapping[str, Relationship]:
        """The relationships of a part by their ids; those of the package itself for the part ""."""
        folder, name = posixpath.split(part)
        root = self.xml_of(posixpath.join(folder, "_rels", f"{name}.rels"))
        return {} if root is None else {one.get("Id", ""): _relationship(folder, one) for one in root}

    def properties(self) -> Mapping[str, str]:
        """The properties of the document: its title ("dc:title"), author and dates."""
        part = part_of_type(self.relationships_of(""), "core-properties") or _CORE_PROPERTIES
        root = None
        with suppress(ParseError):  # the text can be read without them
            root = self.xml_of(part)
        return {} if root is None else {element.tag: element.text or "" for element in root}

    def metadata(self) -> dict[str, str]:
        """The author of the document and the day of its latest change, as far as its properties tell."""
        properties = self.properties()
        times = (properties.get(f"dcterms:{name}", "") for name in ("modified", "created"))
        return property_metadata(properties.get("dc:creator", ""), *times)

    def title(self) -> str | None:
        """The title that its properties give to the document."""
        return property_title(self.properties().get("dc:title", ""))

    def _parsed(self, data: bytes) -> Element:
        self._require_no_document_type(data)
        # Without a document type there are no entities, which are what makes XML of strangers dangerous.
        root = ElementTree.fromstring(data)  # noqa: S314
        names: dict[str, str] = {}
        for element in root.iter():
            element.tag = _short_name(element.tag, names)
            if element.attrib:
                element.attrib = {_short_name(key, names): value for key, value in element.attrib.items()}
        return root

    def _require_no_document_type(self, data: bytes) -> None:
        if any(mark in data for mark in _DOCUMENT_TYPES):
            raise UnreadableError(f"it declares a document type, which no {self._label} file may")


@contextmanager
def errors_told(label: str) -> Iterator[None]:
    """Raise UnreadableError, with the reason for a file of this format, for what the libraries raise that parse it."""
    try:
        yield
    except (MemoryError, UnreadableError):
        raise
    except RecursionError as error:
        raise UnreadableError(TOO_DEEP) from error
    except Exception as error:  # they raise many kinds for what is damaged, encrypted or of an unknown compression
        raise UnreadableError(_damaged(label)) from error


def _damaged(label: str) -> str:
    return f"a damaged {label} file"


def not_one(label: str) -> str:
    """The reason why a file is left out that only has the name of one of this format."""
    begins_with_vowel = label[0] in "AEIO" or (label.isupper() and label[0] in _SPOKEN_WITH_VOWEL)
    return f"not {'an' if begins_with_vowel else 'a'} {label} file"


def part_of_type(relationships: Mapping[str, Relationship], relationship_type: str) -> str | None:
    """The part that the first relationship of a type leads to."""
    targets = (one.target for one in relationships.values() if one.type == relationship_type and not one.is_external)
    return next(targets, None)


def is_on(element: Element | None) -> bool:
    """Whether an element that switches something on is there, and does not say that it is off."""
    return element is not None and element.get("w:val", "true") not in ("0", "false", "off")


def child(element: Element | None, *path: str) -> Element | None:
    """The first child of a name, its first child of the next name, and so on; None where one of them is not there."""
    found = element
    for tag in path:
        if found is None:
            return None
        for one in found:
            if one.tag == tag:
                found = one
                break
        else:
            return None
    return found


def children(element: Element | None, tag: str) -> Iterator[Element]:
    """The children of a name."""
    return (one for one in (() if element is None else element) if one.tag == tag)


def shown_alternative(element: Element) -> Element:
    """The element itself, or of alternatives the first that has a text in it."""
    if element.tag != "mc:AlternateContent":
        return element
    return next((branch for branch in element if any(node.tag in TEXTS for node in branch.iter())), Element(element.tag))


def value_of(element: Element | None, *path: str) -> str | None:
    """The value of a child, which `path` leads to; None where there is none."""
    found = child(element, *path)
    return None if found is None else found.get("w:val")


def _relationship(folder: str, element: Element) -> Relationship:
    target = element.get("Target", "")
    is_external = element.get("TargetMode") == "External"
    if not is_external:
        target = posixpath.normpath(posixpath.join("/", folder, target)).lstrip("/")
    return Relationship(element.get("Type", "").rsplit("/", 1)[-1], target, is_external)


def _short_name(name: str, names: dict[str, str]) -> str:
    """A name such as "w:p"; one of a namespace without a prefix stays as it is. `names` holds those that are known."""
    if name not in names:
        namespace, _, local_name = name[1:].partition("}")
        prefix = _PREFIXES.get(namespace) if name.startswith("{") else None
        names[name] = name if prefix is None else f"{prefix}{local_name}"
    return names[name]


def _is_bomb(info: ZipInfo) -> bool:
    """Whether a part would fill the memory when it is parsed."""
    return info.file_size > _LARGEST_XML and _may_be_xml(info)


def _may_be_xml(info: ZipInfo) -> bool:
    return info.filename.lower().endswith((".xml", ".rels")) or info.file_size > _LEAST_RATIO_OF_XML * info.compress_size
