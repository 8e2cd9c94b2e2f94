"""Word: a .docx file is converted to HTML, which is then read."""

import html
import re
from collections.abc import Iterable
from io import BytesIO
from zipfile import BadZipFile, ZipFile, ZipInfo

import mammoth

from askdex.corpus.builder import DocumentBuilder
from askdex.corpus.errors import UnreadableError
from askdex.corpus.readers.html import read_html
from askdex.corpus.readers.properties import property_title

_LARGEST_UNPACKED = 2**30
"""Bytes of all parts of a package together."""
_LARGEST_XML = 64 * 2**20
"""Bytes of a part that the library parses into a tree, which takes many times as much memory."""
_LEAST_RATIO_OF_XML = 20
"""A part that is compressed to less than one byte in this many may be XML, whatever its name; pictures hardly shrink."""
_NOT_WORD = "not a Word file"
_TOO_LARGE = "too large when unpacked"
# A file with a password is an OLE container, in which this stream holds the encrypted package.
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_PROPERTIES = "docProps/core.xml"
_TITLE_PROPERTY = re.compile(r"<dc:title\b[^<>]*>([^<]*)</dc:title>")
_TITLE_STYLE = "p[style-name='Title'] => h1.title:fresh"
_TITLE_HEADING = re.compile(r'<h1 class="title">(.*?)</h1>', re.DOTALL)
_HTML_TAG = re.compile(r"<[^<>]*>")
_BACKLINK = re.compile(r'<a href="#[^"]*">↑</a>')


def read_word(data: bytes) -> DocumentBuilder:
    """Read the headings, paragraphs, lists, tables and notes of a Word file, without pictures, comments and deleted text.

    Raises UnreadableError where it is no Word file, is protected by a password, or would be too large when unpacked.
    """
    title_in_properties = _title_in_properties(data)
    try:
        page: str = mammoth.convert_to_html(
            BytesIO(data), style_map=_TITLE_STYLE, include_embedded_style_map=False, convert_image=_no_picture
        ).value
    except MemoryError:
        raise
    except Exception as error:  # the library may trip over anything in a damaged file
        raise UnreadableError(_NOT_WORD) from error
    heading = _TITLE_HEADING.search(page)
    title = " ".join(html.unescape(_HTML_TAG.sub("", heading[1])).split()) if heading else None
    return read_html(_BACKLINK.sub("", page), title or title_in_properties)


def _title_in_properties(data: bytes) -> str | None:
    """The title in the file's properties.

    Raises UnreadableError where the file should not be unpacked; the library that reads it afterwards does not check.
    """
    try:
        with ZipFile(BytesIO(data)) as package:
            parts = package.infolist()
            if sum(part.file_size for part in parts) > _LARGEST_UNPACKED or any(map(_is_bomb, parts)):
                raise UnreadableError(_TOO_LARGE)
            if _PROPERTIES not in package.namelist():
                return None
            title = _TITLE_PROPERTY.search(package.read(_PROPERTIES).decode("utf-8", errors="replace"))
    except UnreadableError:
        raise
    except BadZipFile as error:
        is_locked = data.startswith(_OLE) and _ENCRYPTED in data
        raise UnreadableError("protected by a password" if is_locked else _NOT_WORD) from error
    except Exception as error:  # the library raises many kinds for what is damaged, encrypted or of an unknown compression
        raise UnreadableError(_NOT_WORD) from error
    return property_title(html.unescape(title[1])) if title else None


def _is_bomb(part: ZipInfo) -> bool:
    """Whether a part would fill the memory when it is parsed."""
    is_xml = part.filename.endswith((".xml", ".rels")) or part.file_size > _LEAST_RATIO_OF_XML * part.compress_size
    return is_xml and part.file_size > _LARGEST_XML


def _no_picture(_: object) -> Iterable[object]:
    return ()
