"""Finding out what repeats across the HTML pages of a folder or a site: it is left out of each (corpus/readers/html/repeats).

A few pages of a folder stand for all of it, chosen by their names alone, so that neither another order of the files nor one
page more changes much. What repeats is a part of the version of each page: the pages are read again where it changes, and only
then.

No page of a site is fetched for this. Of those that are here, as they have just been fetched, some are kept to be looked at in
later runs. A page that has not changed stays as it was read, whatever repeats in those that have.
"""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from heapq import nsmallest
from itertools import islice, takewhile
from typing import TypeAlias

from askdex.corpus.errors import UnreadableError
from askdex.corpus.readers.html.repeats import FEWEST, SAMPLE, Region, repeated
from askdex.corpus.sources.site.addresses import is_address_key
from askdex.indexer.ingest.scan import KnownFile, Scan, SourceItem
from askdex.indexer.types import LeftOut

_MARK_SIZE = 8
"""Bytes of a version that stand for what repeats."""
_MANY = 3 * SAMPLE
"""Pages of a folder that is looked at by itself: to look at a page takes a quarter of the time that reading it does. Of a site
as many are kept: some of them will have changed."""
_LARGEST = 2**20
"""Bytes of a page that is looked at; the text of a larger one is no measure for others."""

RegionsOf = Callable[[bytes], list[Region]]
Folder: TypeAlias = tuple[bytes, bytes]
"""The root of a source, and the key of a folder in it, or of the site that it is."""


def note_repeats(result: Scan, left_out: Iterable[LeftOut], regions_of: RegionsOf) -> None:
    """Say of the pages of a scan what repeats in their folders and sites, and compare them with the index again.

    `left_out` is what could not be read before, and is not to be read again. A folder in which no page is new or changed is as
    it was. Raises OSError where no page can be read.
    """
    marks = _Marks(result.known, left_out)
    # A page may be chosen for a folder and for that around it.
    regions = lru_cache(_MANY)(lambda key: _regions(result.pages[key], regions_of))
    below = _pages_below(result.pages.values())
    members: defaultdict[Folder, list[SourceItem]] = defaultdict(list)
    for entry in result.pages.values():
        folder = _folder_of(entry, below)
        if folder is not None:
            members[folder].append(entry)
        elif not _is_whole(entry) or _is_of_site(entry):
            _compare(result, entry, marks.of(entry) or b"", ())
    for folder, pages in members.items():
        found: tuple[str, ...] = ()
        looked_at = nsmallest(_MANY, filter(_is_here, below[folder]), key=_lot)
        for entry in looked_at:
            entry.source.keep(entry.item)
        mark = marks.of_all(pages)
        if mark is None:
            found = _repeated([entry.item.key for entry in looked_at[:SAMPLE]], regions)
            mark = _mark(found)
        for entry in pages:
            own = marks.of(entry) if _is_of_site(entry) else None
            _compare(result, entry, mark if own is None else own, found)


def _compare(result: Scan, entry: SourceItem, mark: bytes, found: tuple[str, ...]) -> None:
    result.compare(entry.source, replace(entry.item, version=entry.item.version + mark, repeated=found))


class _Marks:
    """What the versions of pages, as the index has them, say of what repeats."""

    def __init__(self, known: Mapping[bytes, KnownFile], left_out: Iterable[LeftOut]) -> None:
        self._known = known
        self._left_out = {row.key: row.version for row in left_out if row.version is not None}

    def of(self, entry: SourceItem) -> bytes | None:
        """The mark of a page; None where it is new or has changed."""
        key, own = entry.item.key, entry.item.version
        known = self._known.get(key)
        version = known.version if known is not None and known.root == entry.source.root else self._left_out.get(key, b"")
        return version[len(own) :] if version.startswith(own) else None

    def of_all(self, entries: Iterable[SourceItem]) -> bytes | None:
        """The mark that all of these pages have; None where they have none in common."""
        marks = set(map(self.of, entries))
        return marks.pop() if len(marks) == 1 else None


def _folder_of(entry: SourceItem, below: Mapping[Folder, Sequence[SourceItem]]) -> Folder | None:
    """The innermost folder around a page with many pages, or the outermost, if that has some.

    None where there are too few, or all that the outermost holds was not looked at.
    """
    folders = list(_folders(entry))
    innermost = next((folder for folder in folders if len(below[folder]) >= _MANY), None)
    if innermost is None and _is_whole(entry) and len(below[folders[-1]]) >= SAMPLE:
        return folders[-1]
    return innermost


def _is_whole(entry: SourceItem) -> bool:
    """Whether a page was found with all that the outermost folder around it holds."""
    return entry.source.holds(entry.source.root)


def _is_of_site(entry: SourceItem) -> bool:
    return is_address_key(entry.item.key)


def _is_here(entry: SourceItem) -> bool:
    return entry.source.has_here(entry.item)


def _pages_below(pages: Iterable[SourceItem]) -> dict[Folder, list[SourceItem]]:
    """The pages in and below each folder."""
    below: defaultdict[Folder, list[SourceItem]] = defaultdict(list)
    for entry in pages:
        for folder in _folders(entry):
            below[folder].append(entry)
    return below


def _folders(entry: SourceItem) -> Iterator[Folder]:
    """The folders around a page, from the innermost to the one that its source begins with; a site is one."""
    source = entry.source
    around = islice(source.levels(entry.item.key), 1, None)
    return ((source.root, folder) for folder in takewhile(source.holds, around))


def _lot(entry: SourceItem) -> bytes:
    """By which a page is chosen or not: nothing but its name."""
    return hashlib.blake2b(entry.item.uri.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def _repeated(keys: Sequence[bytes], regions_of: Callable[[bytes], list[Region]]) -> tuple[str, ...]:
    """The digests of what repeats in these pages, sorted."""
    pages: list[list[Region]] = []
    for number, key in enumerate(keys, 1):
        if regions := regions_of(key):
            pages.append(regions)
        elif number - len(pages) > SAMPLE - FEWEST:
            return ()
    return tuple(sorted(repeated(pages)))


def _regions(entry: SourceItem, regions_of: RegionsOf) -> list[Region]:
    """The elements of a page; none where it cannot be read, which is told when it is."""
    try:
        return regions_of(entry.source.read(entry.item)) if entry.item.size <= _LARGEST else []
    except UnreadableError:
        return []


def _mark(found: Sequence[str]) -> bytes:
    return hashlib.blake2b("\n".join(found).encode(), digest_size=_MARK_SIZE).digest() if found else b""
