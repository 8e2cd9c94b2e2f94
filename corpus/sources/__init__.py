"""Where documents come from: the interface that a source of documents implements.

A source lists its items and gives their bytes. The index knows an item by the source's root and the item's key. Only the
source itself knows whether a key is a path, an address or the name of an upload.
"""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

from askdex.corpus.errors import RefusedError, UnreadableError
from askdex.corpus.types import Skipped

READING_RECIPE = b"askdex documents 15"
"""Part of every version. Raise it when the same bytes give other documents or passages than before: then all is read again."""


OWN_VERSION_SIZE = 16
"""Bytes of a version that stand for the item itself; what is behind them stands for the items beside it."""


@dataclass(frozen=True, slots=True)
class Item:
    """Something that documents can be read from, such as a file.

    `key` is its address, which no other item of any source has. `uri` is the name that its documents go by. `version` is an
    opaque value that changes with the content: a digest, or what a server gives. `size` is in bytes. `modified` is when it was
    last written, in seconds since 1970, None where that is not known; it is no part of its identity. `media_type` is what it
    is; where it is "", the name says that. `repeated` are the digests of elements that stand in most pages beside this one; the
    version stands for them too.
    """

    key: bytes
    uri: str
    version: bytes
    size: int
    modified: float | None = field(default=None, compare=False)
    media_type: str = ""
    repeated: tuple[str, ...] = ()

    @property
    def own_version(self) -> bytes:
        """The part of the version that stands for the item itself."""
        return self.version[:OWN_VERSION_SIZE]


class Source(Protocol):
    """Something that holds items, such as a folder."""

    @property
    def name(self) -> str:
        """What a user calls it, for messages."""

    @property
    def root(self) -> bytes:
        """The address that the uris of its items are relative to. Several sources may share it."""

    def items(self) -> Iterator[Item | Skipped]:
        """The present items, and those that are left out; the order is the same each time."""

    def read(self, item: Item) -> bytes:
        """The bytes of an item.

        Raises UnreadableError where Askdex does not read items of this kind, RefusedError where the source does not give it
        or it has another version by now.
        """

    def has_here(self, item: Item) -> bool:
        """Whether `read` asks nobody else for the bytes of an item."""

    def keep(self, item: Item) -> None:
        """Have the bytes of an item, which are here, at the next run too."""

    def holds(self, key: bytes) -> bool:
        """Whether an item with this key would belong to this source; the item need not exist."""

    def levels(self, key: bytes) -> Iterator[bytes]:
        """A key and the keys of all that contains the item. If one of them was refused, nothing is known of the item."""

    def finish(self) -> None:
        """Note that the run is done, and that the next one need not go on with it."""

    def close(self) -> None:
        """Give back what the system was asked for."""


def left_out(key: bytes, uri: str, error: UnreadableError, version: bytes | None = None) -> Skipped:
    """What to report of an item that cannot be read; `version` is given where it need not be read again for that."""
    return Skipped(uri, str(error), key if isinstance(error, RefusedError) else None, key, version)


def sorted_keys(keys: Iterable[bytes]) -> list[bytes]:
    """Keys sorted level by level, so that the items of a folder stand together: a/b before a.txt."""
    return sorted(keys, key=lambda key: os.fsdecode(key).split("/"))
