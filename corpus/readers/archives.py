"""Archives: the files in a ZIP or TAR archive, each read as if it lay in a folder of the archive's name."""

import lzma
import tarfile
import zipfile
import zlib
from calendar import timegm
from collections.abc import Iterator, Sequence
from functools import partial
from io import BytesIO

from askdex.corpus.builder import InnerFile, Part, clean
from askdex.corpus.errors import UnreadableError
from askdex.corpus.readers.office import LOCKED
from askdex.corpus.sources.kinds import is_hidden
from askdex.corpus.text.decoding import decode
from askdex.corpus.types import Skipped

_LARGEST_UNPACKED = 2**30
"""Bytes of all files of an archive together."""
_LARGEST_FILE = 256 * 2**20
"""Bytes of a file in an archive, as of one in a folder."""
_MOST_FILES = 100_000
_TOO_LARGE = "too large when unpacked"
_NO_FILES = "no files in it"
_DAMAGED = "damaged in the archive"
_ENCRYPTED, _UTF8 = 0x1, 0x800
"""Bits of what a ZIP archive says of a file."""
_ZIP_START = b"PK"
_UNSET_TIME = (1980, 1, 1)
"""What programs that know no time write into a ZIP archive, which has no earlier one."""
_TAR_ERRORS = (tarfile.TarError, EOFError, OSError, ValueError, zlib.error, lzma.LZMAError)
_ZIP_ERRORS = (zipfile.BadZipFile, EOFError, OSError, ValueError, RuntimeError, zlib.error, lzma.LZMAError)


def read_zip(data: bytes) -> Iterator[Part | InnerFile]:
    """The files in a ZIP archive; hidden ones are left out without a word.

    Raises UnreadableError where it is none, is damaged, or would be too large when unpacked.
    """
    try:
        archive = zipfile.ZipFile(BytesIO(data))
    except _ZIP_ERRORS as error:
        raise UnreadableError("a damaged ZIP archive" if data.startswith(_ZIP_START) else "not a ZIP archive") from error
    infos = [info for info in archive.infolist() if not info.is_dir()]
    if not infos:
        raise UnreadableError(_NO_FILES)
    if len(infos) > _MOST_FILES or sum(info.file_size for info in infos) > _LARGEST_UNPACKED:
        raise UnreadableError(_TOO_LARGE)
    latest = {_plain_path(name): info for name, info in zip(_names(infos), infos, strict=True)}
    for path, info in latest.items():
        if path:
            yield InnerFile(path, partial(_unzipped, archive, info), _zip_time(info))


def read_tar(data: bytes) -> Iterator[Part | InnerFile]:
    """The files in a TAR archive, which may be compressed as a whole; hidden ones are left out without a word.

    Raises UnreadableError where it is none, or would be too large when unpacked.
    """
    paths: set[str] = set()
    size = 0
    try:
        with tarfile.open(fileobj=BytesIO(data)) as archive:
            # One after the other: to go back in a compressed archive is to unpack it once more.
            for number, member in enumerate(archive):
                size += max(member.size, 0)
                if size > _LARGEST_UNPACKED or number >= _MOST_FILES:
                    raise UnreadableError(_TOO_LARGE)
                path = _plain_path(member.name)
                if member.isreg() and path and path not in paths:
                    paths.add(path)
                    yield InnerFile(path, partial(_untarred, archive, member), float(member.mtime))
    except _TAR_ERRORS as error:
        if not paths:
            raise UnreadableError("not a TAR archive, or a damaged one") from error
        yield Skipped("the rest", _DAMAGED)
    if not paths:
        raise UnreadableError(_NO_FILES)


def _unzipped(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    _require_fitting(info.file_size)
    if info.flag_bits & _ENCRYPTED:
        raise UnreadableError(LOCKED)
    try:
        return archive.read(info)
    except NotImplementedError as error:
        raise UnreadableError("compressed in a way that is not read") from error
    except _ZIP_ERRORS as error:
        raise UnreadableError(_DAMAGED) from error


def _untarred(archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    _require_fitting(member.size)
    try:
        file = archive.extractfile(member)
        data = b"" if file is None else file.read()
    except _TAR_ERRORS as error:
        raise UnreadableError(_DAMAGED) from error
    if len(data) < member.size:
        raise UnreadableError(_DAMAGED)
    return data


def _require_fitting(size: int) -> None:
    if size > _LARGEST_FILE:
        raise UnreadableError(f"larger than {_LARGEST_FILE // 2**20} MiB")


def _plain_path(name: str) -> str:
    """The path of a file within its archive; nothing where it is hidden."""
    parts = [part for part in clean(name).replace("\\", "/").split("/") if part not in ("", ".", "..")]
    return "" if any(map(is_hidden, parts)) else "/".join(parts)


def _names(infos: Sequence[zipfile.ZipInfo]) -> list[str]:
    """The names of files in a ZIP archive. An old one does not say in which encoding they are."""
    names = [info.filename for info in infos]
    unclear = [n for n, info in enumerate(infos) if not info.flag_bits & _UTF8 and not info.filename.isascii()]
    try:
        decoded = decode(b"\n".join(names[n].encode("cp437") for n in unclear)).split("\n") if unclear else []
    except (UnreadableError, UnicodeEncodeError):
        return names
    if len(decoded) == len(unclear):
        for n, name in zip(unclear, decoded, strict=True):
            names[n] = name
    return names


def _zip_time(info: zipfile.ZipInfo) -> float | None:
    """When a file was last written, as far as its archive tells; the time is that of an unknown place."""
    return None if info.date_time[:3] <= _UNSET_TIME else float(timegm((*info.date_time, 0, 0, 0)))
