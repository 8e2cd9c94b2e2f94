"""What is known of the addresses of a site, and where it is kept from one crawl to the next."""

import hashlib
import os
import re
import zlib
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Protocol

_DIGEST_BYTES = 16
_BODY = re.compile(r"[0-9a-f]{32}(\.unfinished)?")
"""The names of files with the bytes of a page."""
_OWNER_ONLY_FILE, _OWNER_ONLY_FOLDER = 0o600, 0o700


class RecordKind(StrEnum):
    """What a server has at an address."""

    PAGE = "page"
    """Something to read. `target` is its own address, where it names another one (canonical)."""
    REDIRECT = "redirect"
    """Nothing but the way to another address: `target`."""
    SITEMAP = "sitemap"
    SITEMAPS = "sitemaps"
    """A list of sitemaps."""
    ROBOTS = "robots"
    GONE = "gone"
    LEFT_OUT = "left out"
    """Something that is not read: `reason`."""
    UNKNOWN = "unknown"
    """The server has never answered."""


@dataclass(frozen=True, slots=True)
class PageRecord:
    """What the server last said of an address.

    `crawl` names the crawl in which it was last asked; `failure` is why it then gave no answer, which is all else that is here.
    `etag` and `last_modified` are what it gave to ask whether there is something new. `media_type`, `digest` and `size` are
    those of the bytes. `packed` are the addresses on the page; see `lines`.
    """

    address: str
    crawl: str
    kind: RecordKind = RecordKind.UNKNOWN
    failure: str = ""
    reason: str = ""
    etag: str | None = None
    last_modified: str | None = None
    media_type: str = ""
    digest: bytes = b""
    size: int = 0
    target: str = ""
    packed: bytes = b""

    @property
    def lines(self) -> list[str]:
        """The addresses on the page, or in the sitemap; of robots.txt its lines."""
        return zlib.decompress(self.packed).decode("utf-8", "surrogatepass").split("\n") if self.packed else []

    @property
    def conditions(self) -> Mapping[str, str]:
        """The headers that ask for the page only if it has changed."""
        given = {"If-None-Match": self.etag, "If-Modified-Since": self.last_modified}
        return {name: value for name, value in given.items() if value}

    def failed(self, crawl: str, failure: str) -> "PageRecord":
        """The same, of which the server said nothing new in this crawl."""
        return replace(self, crawl=crawl, failure=failure)


def packed(lines: Iterable[str]) -> bytes:
    """Lines as a record keeps them: the addresses of a page are much alike."""
    text = "\n".join(lines)
    return zlib.compress(text.encode("utf-8", "surrogatepass")) if text else b""


def digest_of(data: bytes) -> bytes:
    """The digest by which the bytes of a page are known."""
    return hashlib.blake2b(data, digest_size=_DIGEST_BYTES).digest()


class Bodies:
    """The bytes of fetched pages in a folder, until they are read or for as long as they are kept: a file each, by digests."""

    def __init__(self, folder: Path) -> None:
        """The folder need not be there."""
        self._folder = folder
        self._kept: set[bytes] = set()

    def add(self, digest: bytes, data: bytes) -> None:
        """Keep bytes. A process that is killed leaves the whole file or none of this name."""
        file = self._file(digest)
        if file.exists():
            return
        self._folder.mkdir(mode=_OWNER_ONLY_FOLDER, exist_ok=True)
        unfinished = file.with_suffix(".unfinished")
        with open(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _OWNER_ONLY_FILE), "wb") as opened:  # noqa: PTH123
            opened.write(data)
        unfinished.replace(file)

    def get(self, digest: bytes) -> bytes | None:
        """The bytes of this digest; None where they are not here, or damaged."""
        try:
            data = self._file(digest).read_bytes()
        except OSError:
            return None
        return data if digest_of(data) == digest else None

    def has(self, digest: bytes) -> bool:
        """Whether the bytes of this digest are here."""
        return self._file(digest).exists()

    def keep(self, digest: bytes) -> None:
        """Do not delete these bytes."""
        self._kept.add(digest)

    def clear(self, others: Iterable[bytes] = ()) -> None:
        """Delete all of them but those that are kept, and others of these digests."""
        kept = {digest.hex() for digest in (*self._kept, *others)}
        for file in self._folder.glob("*"):
            if _BODY.fullmatch(file.name) and file.name not in kept:
                file.unlink(missing_ok=True)
        with suppress(OSError):
            self._folder.rmdir()

    def _file(self, digest: bytes) -> Path:
        return self._folder / digest.hex()


class PageStore(Protocol):
    """Keeps what is known of the pages of sites. `start` is the address that a site was named by."""

    bodies: Bodies

    def begin(self, start: str) -> str:
        """The name of the crawl to go on with: that of one that was stopped, or else a new one."""

    def addresses(self, start: str) -> set[str]:
        """All addresses that something is known of."""

    def get(self, address: str) -> PageRecord | None:
        """What is known of an address."""

    def put(self, start: str, record: PageRecord) -> None:
        """Keep what is known of an address, at once."""

    def end(self, start: str, crawl: str, *, forgets: bool) -> None:
        """Note that the index has all of a crawl; with `forgets`, forget the addresses that it did not come to."""


class PagesInMemory:
    """A PageStore that ends with the process: for a run that changes nothing."""

    def __init__(self, bodies: Bodies, records: Iterable[PageRecord] = ()) -> None:
        self.bodies = bodies
        self._records = {record.address: record for record in records}
        self._crawl = 0

    def begin(self, start: str) -> str:  # noqa: ARG002
        """See PageStore."""
        self._crawl += 1
        return f"{self._crawl}"

    def addresses(self, start: str) -> set[str]:  # noqa: ARG002
        """See PageStore; those of other sites too."""
        return {*self._records}

    def get(self, address: str) -> PageRecord | None:
        """See PageStore."""
        return self._records.get(address)

    def put(self, start: str, record: PageRecord) -> None:  # noqa: ARG002
        """See PageStore."""
        self._records[record.address] = record

    def end(self, start: str, crawl: str, *, forgets: bool) -> None:
        """See PageStore."""
