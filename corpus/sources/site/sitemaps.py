"""Sitemaps: the lists of pages that sites keep for search engines (https://www.sitemaps.org/protocol.html)."""

import zlib
from typing import NamedTuple
from xml.etree import ElementTree

from askdex.corpus.errors import UnreadableError

_LARGEST = 50 * 2**20
"""Bytes of a sitemap when unpacked, as its protocol has it."""
_MOST = 50_000
"""Addresses in a sitemap, likewise."""
_GZIP = b"\x1f\x8b"
_INDEX = "sitemapindex"
_ROOTS = frozenset(("urlset", _INDEX))
_DAMAGED = "a damaged sitemap, or one that is too large"
_HEAD = 1_000
"""Bytes in which the first element of a sitemap begins."""


class Listed(NamedTuple):
    """The addresses in a sitemap: those of pages, or of further sitemaps."""

    addresses: list[str]
    are_sitemaps: bool


def listed(data: bytes) -> Listed | None:
    """What a sitemap lists; None where it is none. Raises UnreadableError where it is a damaged one.

    It may be packed with gzip. What it says of each address is not looked at: the server knows better what has changed.
    """
    head = _unpacked(data, _HEAD)
    if not any(root.encode() in head for root in _ROOTS):
        return None
    source = _unpacked(data, _LARGEST + 1)
    if len(source) > _LARGEST:
        raise UnreadableError(_DAMAGED)
    try:
        # Its parser expands no entities beyond a hundredfold.
        root = ElementTree.fromstring(source)  # noqa: S314
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise UnreadableError(_DAMAGED) from error
    if _local(root.tag) not in _ROOTS:
        return None
    entries = (entry for entry in root if _local(entry.tag) in ("url", "sitemap"))
    addresses = (part.text.strip() for entry in entries for part in entry if _local(part.tag) == "loc" and part.text)
    return Listed(list(dict.fromkeys(addresses))[:_MOST], _local(root.tag) == _INDEX)


def _unpacked(data: bytes, most: int) -> bytes:
    """The first bytes, or the first of those that they are packed from; fewer where they are damaged."""
    if not data.startswith(_GZIP):
        return data[:most]
    try:
        return zlib.decompressobj(wbits=zlib.MAX_WBITS | 16).decompress(data, most)
    except zlib.error:
        return b""


def _local(tag: str) -> str:
    """The name of an element without its namespace, which not every sitemap gets right."""
    return tag.rpartition("}")[2]
