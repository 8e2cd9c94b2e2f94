"""A public site as a source of documents, fetched page by page. The key of a page is its address."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from email.utils import parsedate_to_datetime

from askdex.corpus.errors import AddressError, RefusedError
from askdex.corpus.sources import READING_RECIPE, Item
from askdex.corpus.sources.site import media
from askdex.corpus.sources.site.addresses import host_of, is_address, is_below, normalized
from askdex.corpus.sources.site.answers import AskedAddress, Recorder
from askdex.corpus.sources.site.crawl import Crawl, CrawlResult
from askdex.corpus.sources.site.hints import Reading
from askdex.corpus.sources.site.network import Fetcher, FetchError
from askdex.corpus.sources.site.records import PageRecord, PageStore, RecordKind
from askdex.corpus.sources.site.rules import CrawlProgress, SiteRules
from askdex.corpus.types import Skipped

_STAYS = "what was read of it before stays"


@dataclass(frozen=True, slots=True)
class SitePlace:
    """A site to index: the address that it is named by, and that of the site that it is a part of, the outermost one."""

    start: str
    base: str


class SiteSource:
    """The pages of a site: one page, those that a sitemap lists, or those at and below an address.

    `items` goes through the site and keeps in `store` what it finds; `read` gives the bytes that were kept.
    """

    def __init__(
        self,
        place: SitePlace,
        rules: SiteRules,
        store: PageStore,
        reading: Reading,
        known: Iterable[bytes] = (),
        progress: CrawlProgress = lambda _done, _waiting: None,
    ) -> None:
        """`known` are the keys of the pages that the index has of this site."""
        rules = replace(rules, also_hosts=tuple(map(_host_named, rules.also_hosts)))
        self._place, self._rules, self._store = place, rules, store
        self._recorder = Recorder(reading, store.bodies, rules.largest_page)
        self._fetcher = Fetcher(allows_private=rules.allows_private, silence_s=rules.silence_s, longest_s=rules.longest_s)
        self._progress = progress
        self._known = {*known}
        self._members = {*self._known, *(address.encode() for address in store.addresses(place.start))}
        self._records: dict[bytes, PageRecord] = {}
        self._crawl: Crawl | None = None
        self._is_whole = False

    @property
    def name(self) -> str:
        """See Source."""
        return self._place.start

    @property
    def root(self) -> bytes:
        """See Source."""
        return self._place.base.encode()

    def items(self) -> Iterator[Item | Skipped]:
        """See Source; the pages are fetched for it, those that are known already only if they have changed.

        Raises PatternError.
        """
        self._crawl = Crawl(self._place.start, self._rules, self._store, self._fetcher, self._recorder, self._progress)
        found = self._crawl.run()
        self._is_whole = not found.problem
        yield from self._skipped(found)
        others = self._others(found)
        records = {**others, **found.records}
        targets = {**{address: record.target for address, record in others.items() if record.target}, **found.targets}
        for address in sorted(_homes(records, targets)):
            item = self._item(records[address])
            self._records[item.key] = records[address]
            self._members.add(item.key)
            yield item

    def read(self, item: Item) -> bytes:
        """See Source; a page whose bytes are not here any more is fetched again."""
        record = self._records.get(item.key)
        if record is None or self._crawl is None:
            raise RefusedError("it was not fetched: index it again")
        data = self._store.bodies.get(record.digest)
        return self._fetched_again(record, self._crawl) if data is None else data

    def has_here(self, item: Item) -> bool:
        """See Source; those of a page that was not fetched in this run are not, unless they were kept."""
        record = self._records.get(item.key)
        return record is not None and self._store.bodies.has(record.digest)

    def keep(self, item: Item) -> None:
        """See Source."""
        self._store.bodies.keep(self._records[item.key].digest)

    def holds(self, key: bytes) -> bool:
        """See Source."""
        address = key.decode("utf-8", "replace")
        is_here = is_below(address, self._place.start) or host_of(address) in self._rules.also_hosts
        return key in self._members or ("://" in address and is_here)

    def levels(self, key: bytes) -> Iterator[bytes]:
        """See Source; a site contains all of its pages."""
        yield key
        yield self._place.start.encode()

    def finish(self) -> None:
        """See Source."""
        if self._crawl is not None:
            self._store.end(self._place.start, self._crawl.name, forgets=self._is_whole)

    def close(self) -> None:
        """See Source."""
        self._fetcher.close()

    def _others(self, found: CrawlResult) -> dict[str, PageRecord]:
        """What is known of the addresses that a crawl did not come to, where it could not: they are as they were."""
        if not found.problem:
            return {}
        others = self._store.addresses(self._place.start) - found.records.keys() - found.forbidden.keys()
        return {address: record for address in others if (record := self._store.get(address)) is not None}

    def _skipped(self, found: CrawlResult) -> Iterator[Skipped]:
        start, key = self._place.start, self._place.start.encode()
        if found.problem:
            kept = f", {_STAYS}" if self._known else ""
            yield Skipped(start, f"{found.problem}; the rest of it was not asked for{kept}", refused=key, key=key)
        for number, limit in enumerate(found.limits, 1):
            yield Skipped(f"{start}, the rest{'' if number == 1 else f' {number}'}", limit, key=key)
        for address, reason in found.forbidden.items():
            yield Skipped(address, reason, key=address.encode())
        for address, record in found.records.items():
            page = address.encode()
            if record.failure and not (found.problem and address == start):
                kept = f"; {_STAYS}" if page in self._known else ""
                yield Skipped(address, f"{record.failure}{kept}", refused=page, key=page)
            elif record.reason:
                yield Skipped(address, record.reason, key=page)
        for address in _circles(found):
            yield Skipped(address, "it leads around in a circle", key=address.encode())

    def _item(self, record: PageRecord) -> Item:
        key = record.address.encode()
        said = f"{record.media_type}{media.file_name(record.address).suffix}".encode()
        version = hashlib.blake2b(READING_RECIPE + said + b"\0" + record.digest, digest_size=16).digest()
        return Item(key, record.address, version, record.size, _modified(record), record.media_type)

    def _fetched_again(self, record: PageRecord, crawl: Crawl) -> bytes:
        """The bytes of a page, whatever of it is known. Raises RefusedError."""
        address = record.address
        try:
            answer = crawl.answer(address, {}, lambda status, _: status == 200, self._rules.largest_page)
        except FetchError as error:
            raise RefusedError(str(error)) from error
        again = self._recorder.record(AskedAddress(address, record.crawl, None), answer)
        data = self._store.bodies.get(again.digest) if again.kind is RecordKind.PAGE else None
        if data is None or again.digest != record.digest:
            raise RefusedError("it changed while it was read: index it again")
        return data


def site_places(named: Iterable[str], known_roots: Iterable[bytes]) -> list[SitePlace]:
    """The sites of these addresses. Raises AddressError.

    One that lies below another that is among them, or that was indexed before, is a part of that one.
    """
    starts = list(dict.fromkeys(map(_start_of, named)))
    bases = {*starts, *(root.decode() for root in known_roots if root.startswith((b"http://", b"https://")))}
    return [SitePlace(start, min((base for base in bases if is_below(start, base)), key=len)) for start in starts]


def _start_of(named: str) -> str:
    start = normalized(named)
    if start is None:
        raise AddressError(f"{named} is no address of a page: write it as in https://example.org/help/, without a password.")
    return start


def _host_named(name: str) -> str:
    address = normalized(name if is_address(name) else f"https://{name}/")
    if address is None:
        raise AddressError(f"{name} is no name of a host: write it as in docs.example.org.")
    return host_of(address)


def _homes(records: dict[str, PageRecord], targets: dict[str, str]) -> set[str]:
    """The addresses under which pages are read: those that they call their own, and one of those with the same content."""
    homes = {home for address, record in records.items() if (home := _home(address, record, records, targets))}
    chosen: dict[tuple[bytes, str], str] = {}
    for address in sorted(homes, key=lambda address: (len(address), address)):
        chosen.setdefault((records[address].digest, records[address].media_type), address)
    return set(chosen.values())


def _home(address: str, record: PageRecord, records: dict[str, PageRecord], targets: dict[str, str]) -> str | None:
    """Where the content of a page is at home: the last page of those that call each other their own; None for no page."""
    if record.kind is not RecordKind.PAGE:
        return None
    way = _way(address, records, targets)
    pages = [place for place in way if records[place].kind is RecordKind.PAGE]
    last = targets.get(way[-1])
    circle = [place for place in way[way.index(last) :] if place in pages] if last in way else []
    return min(circle, key=lambda place: (len(place), place)) if circle else pages[-1]


def _way(address: str, records: dict[str, PageRecord], targets: dict[str, str]) -> list[str]:
    """An address and those that it leads to, one after the other, each once."""
    way = [address]
    while (target := targets.get(way[-1])) is not None and target in records and target not in way:
        way.append(target)
    return way


def _circles(found: CrawlResult) -> Iterator[str]:
    """The addresses of redirects that lead nowhere but to each other, one for each circle."""
    seen: set[str] = set()
    for address, record in found.records.items():
        if record.kind is RecordKind.REDIRECT and address not in seen:
            way = _way(address, found.records, found.targets)
            if found.targets.get(way[-1]) in way and not seen.intersection(way):
                yield address
            seen.update(way)


def _modified(record: PageRecord) -> float | None:
    """When a page was last changed, as its server says, in seconds since 1970."""
    try:
        return parsedate_to_datetime(record.last_modified or "").timestamp()
    except (ValueError, TypeError, OverflowError):
        return None
