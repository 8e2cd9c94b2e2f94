"""Word: a .docx file, by way of the HTML that it is turned into."""

import html
import re
from collections.abc import Iterable
from io import BytesIO
from zipfile import BadZipFile, ZipFile, ZipInfo

import mammoth

from askdex.corpus.builder import DocumentBuilder
from askdex.corpus.errors import UnreadableError
from askdex.corpus.readers.html import read_html
from askdex.corpus.readers.properties import told_title

_LARGEST_UNPACKED = 2**30
_LARGEST_XML = 64 * 2**20
# A picture is packed hardly smaller than it is; what is, may be read as XML, whatever its name.
_MOST_PACKED = 20
_NOT_WORD = "not a Word file"
_TOO_LARGE = "too large when unpacked"
# What a file with a password is: a folder of OLE, in which this stream holds the zip.
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_PROPERTIES = "docProps/core.xml"
_TITLE_PROPERTY = re.compile(r"<dc:title\b[^<>]*>([^<]*)</dc:title>")
_TITLE_STYLE = "p[style-name='Title'] => h1.title:fresh"
_TITLE = re.compile(r'<h1 class="title">(.*?)</h1>', re.DOTALL)
_TAG = re.compile(r"<[^<>]*>")
_WAY_BACK = re.compile(r'<a href="#[^"]*">↑</a>')


def read_word(data: bytes) -> DocumentBuilder:
    """Read the headings, paragraphs, lists, tables and notes of a Word file, without pictures, comments and what is deleted.

    Raises UnreadableError where it is none, is protected by a password, or would be too large when unpacked.
    """
    told = _told_title(data)
    try:
        page: str = mammoth.convert_to_html(
            BytesIO(data), style_map=_TITLE_STYLE, include_embedded_style_map=False, convert_image=_no_picture
        ).value
    except MemoryError:
        raise
    except Exception as error:  # of a damaged file the library may trip over anything
        raise UnreadableError(_NOT_WORD) from error
    shown = _TITLE.search(page)
    title = " ".join(html.unescape(_TAG.sub("", shown[1])).split()) if shown else None
    return read_html(_WAY_BACK.sub("", page), title or told)


def _told_title(data: bytes) -> str | None:
    """The title in the file's properties, once it is sure that the file may be unpacked."""
    try:
        with ZipFile(BytesIO(data)) as package:
            parts = package.infolist()
            if sum(part.file_size for part in parts) > _LARGEST_UNPACKED or any(map(_is_bomb, parts)):
                raise UnreadableError(_TOO_LARGE)
            if _PROPERTIES not in package.namelist():
                return None
            found = _TITLE_PROPERTY.search(package.read(_PROPERTIES).decode("utf-8", errors="replace"))
    except UnreadableError:
        raise
    except BadZipFile as error:
        is_locked = data.startswith(_OLE) and _ENCRYPTED in data
        raise UnreadableError("protected by a password" if is_locked else _NOT_WORD) from error
    except Exception as error:  # what is damaged, encrypted or packed in an unknown way
        raise UnreadableError(_NOT_WORD) from error
    return told_title(html.unescape(found[1])) if found else None


def _is_bomb(part: ZipInfo) -> bool:
    is_xml = part.filename.endswith((".xml", ".rels")) or part.file_size > _MOST_PACKED * part.compress_size
    return is_xml and part.file_size > _LARGEST_XML


def _no_picture(_: object) -> Iterable[object]:
    return ()
