"""ZIP and TAR archives."""

import bz2
import gzip
import lzma
import tarfile
import zipfile
from collections.abc import Callable
from io import BytesIO

_COMPRESS: dict[str, Callable[[bytes], bytes]] = {
    "": bytes,
    "gz": lambda data: gzip.compress(data, mtime=0),
    "bz2": bz2.compress,
    "xz": lzma.compress,
}
_TIME = (2024, 3, 1, 10, 0, 0)
_SECONDS = 1_709_287_200
"""The same since 1970."""


def zipped(files: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A ZIP archive of files, written on 1 March 2024."""
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name, _TIME), data, compression)
    return buffer.getvalue()


def tarred(files: dict[str, bytes], compression: str = "") -> bytes:
    """A TAR archive of files, written on 1 March 2024; `compression` is "gz", "bz2" or "xz"."""
    buffer = BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size, member.mtime = len(data), _SECONDS
            archive.addfile(member, BytesIO(data))
    return _COMPRESS[compression](buffer.getvalue())
