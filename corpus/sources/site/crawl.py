"""Going through a site: from its first address along its links, politely, and on from where a crawl was stopped.

What the server says of an address is kept at once. A crawl that goes on after it was stopped goes the same way again, along
what is kept, and asks only for the rest: so it ends where one would have ended that was never stopped.
"""

import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from askdex.corpus.sources.rules import Excluded
from askdex.corpus.sources.site import media
from askdex.corpus.sources.site.addresses import (
    host_of,
    is_below,
    is_one_page,
    origin_of,
    path_of,
    without_scheme,
)
from askdex.corpus.sources.site.answers import AskedAddress, Recorder, failure_text, is_busy, is_failure, redirected, spelt
from askdex.corpus.sources.site.network import (
    BrokenPageError,
    Fetcher,
    FetchError,
    PrivateAddressError,
    ResponseHeaders,
    ServerAnswer,
)
from askdex.corpus.sources.site.records import PageRecord, PageStore, RecordKind, packed
from askdex.corpus.sources.site.robots import LARGEST, RobotRules, robot_rules
from askdex.corpus.sources.site.rules import CrawlProgress, SiteRules

MOST_REDIRECTS = 10
"""Redirects from one address to the next that are followed, as many as by most browsers."""
_TRIES = 3
"""Times that an address is asked for, where the server fails."""
_MOST_FAILURES = 25
"""Addresses in a row at which the server fails before it is asked for no more: of 25 pages, each may be broken."""
_SILENCE = 5
"""The number of failures that it counts for if there is no answer at all, or that the server has too much to do."""
_LONGEST_WAIT_S = 60.0
"""Seconds that are waited where the server asks for it; it is left alone where it asks for more."""
_LONGEST_REST_S = 10.0
"""A server that took long gets as long a rest, but no more than these seconds."""
_ROBOTS = "/robots.txt"
_IS_SECURE = "https://"


@dataclass(frozen=True, slots=True)
class _Stop:
    """An address to go to: how many links it is away from the first one, and by how many redirects."""

    address: str
    depth: int
    redirects: int = 0
    may_be_sitemap: bool = False


@dataclass(slots=True)
class CrawlResult:
    """What a crawl came to: records by their addresses, in the order in which it came to them.

    `targets` are the addresses to which redirects lead, and those that pages call their own.
    `forbidden` are addresses that were not asked for, with the reason of each. `limits` are those that ended it, in words.
    `problem` is why it could not go on, "" where it could: then all that it did not come to is as it was.
    """

    records: dict[str, PageRecord] = field(default_factory=dict)
    targets: dict[str, str] = field(default_factory=dict)
    forbidden: dict[str, str] = field(default_factory=dict)
    limits: list[str] = field(default_factory=list)
    problem: str = ""


class Crawl:
    """Goes through a site once."""

    def __init__(
        self, start: str, rules: SiteRules, store: PageStore, fetcher: Fetcher, recorder: Recorder, progress: CrawlProgress
    ) -> None:
        self._excluded = Excluded.by(rules.exclude)
        self.name = store.begin(start)
        self._start, self._rules, self._store = start, rules, store
        self._fetcher, self._recorder, self._progress = fetcher, recorder, progress
        self._hosts = {host_of(start), *rules.also_hosts}
        self._place = start
        self._lists_pages = False
        self._robots: dict[str, RobotRules | FetchError] = {}
        self._ready: dict[str, float] = {}
        self._pending: deque[_Stop] = deque()
        self._queued: set[str] = set()
        self._failures = 0
        self._found = CrawlResult()

    def run(self) -> CrawlResult:
        """Go through the site; what was kept of a crawl that was stopped is not asked for again."""
        self._queue(_Stop(self._start, 0, may_be_sitemap=True))
        size, is_deeper, found = 0, False, self._found
        while self._pending and not found.problem:
            if len(found.records) >= self._rules.most_pages:
                found.limits.append(f"{self._rules.most_pages:,} addresses were asked for, and --max-pages allows no more")
                break
            self._progress(len(found.records), len(self._pending))
            stop = self._pending.popleft()
            record = self._looked_at(stop)
            if record is None:
                continue
            found.records[stop.address] = record
            size += record.size
            if size > self._rules.most_bytes:
                limit = self._rules.most_bytes / 2**20
                found.limits.append(f"{limit:,.4g} MiB were taken, and --max-size allows no more")
                break
            is_deeper |= self._go_on(stop, record)
        if is_deeper:
            found.limits.append(f"some pages are more than {self._rules.depth} links away, which --depth allows")
        self._progress(len(found.records), 0)
        return found

    def _queue(self, stop: _Stop) -> None:
        if stop.address not in self._queued:
            self._queued.add(stop.address)
            self._pending.append(stop)

    def _go_on(self, stop: _Stop, record: PageRecord) -> bool:
        """Note where an address leads. Returns whether there are links that lead too far."""
        if stop.address == self._place:
            self._settle_place(stop, record)
        if record.kind is RecordKind.REDIRECT:
            self._follow(stop, record)
            return False
        if record.kind in (RecordKind.SITEMAP, RecordKind.SITEMAPS):
            self._take_list(stop, record)
            return False
        if record.target and self._is_inside(record.target):
            target = self._found.targets[stop.address] = self._secured(record.target)
            self._queue(_Stop(target, stop.depth, stop.redirects))
        if self._lists_pages or is_one_page(self._start):
            return False
        inside = [address for address in map(self._secured, record.lines) if self._is_inside(address)]
        if stop.depth >= self._rules.depth:
            return any(address not in self._queued for address in inside)
        for address in inside:
            self._queue(_Stop(address, stop.depth + 1))
        return False

    def _take_list(self, stop: _Stop, record: PageRecord) -> None:
        """Go to what a sitemap lists."""
        for address in map(self._secured, record.lines):
            if record.kind is RecordKind.SITEMAP and self._is_inside(address):
                self._queue(_Stop(address, stop.depth + 1))
            elif record.kind is RecordKind.SITEMAPS and stop.redirects < MOST_REDIRECTS and host_of(address) in self._hosts:
                self._queue(_Stop(address, stop.depth, stop.redirects + 1, may_be_sitemap=True))

    def _settle_place(self, stop: _Stop, record: PageRecord) -> None:
        """Take note of what the first address turned out to be: a site, a sitemap, or the way to one of them."""
        if record.kind in (RecordKind.SITEMAP, RecordKind.SITEMAPS):
            self._lists_pages = True
        elif record.kind is RecordKind.REDIRECT and host_of(record.target) in self._hosts:
            self._place = record.target
        elif record.kind is not RecordKind.REDIRECT and not is_one_page(self._start):
            rules = self._robots.get(origin_of(stop.address))
            sitemaps = rules.sitemaps if isinstance(rules, RobotRules) else ()
            for address in map(self._secured, spelt(sitemaps, stop.address)):
                if host_of(address) in self._hosts:
                    self._queue(_Stop(address, 0, may_be_sitemap=True))

    def _follow(self, stop: _Stop, record: PageRecord) -> None:
        target = record.target
        if stop.redirects >= MOST_REDIRECTS:
            self._found.forbidden[stop.address] = f"more than {MOST_REDIRECTS} redirects"
        elif self._is_inside(target) or target == self._place:
            self._found.targets[stop.address] = target
            self._queue(_Stop(target, stop.depth, stop.redirects + 1, stop.may_be_sitemap))
        elif stop.depth == 0:
            self._found.forbidden[stop.address] = f"it leads to {target}, which is elsewhere: name that"

    def _secured(self, address: str) -> str:
        """An address with the scheme that the first one has in the end: links of old pages may have the other."""
        is_here = self._place.startswith(_IS_SECURE) and host_of(address) == host_of(self._place)
        return _IS_SECURE + without_scheme(address) if is_here else address

    def _is_inside(self, address: str) -> bool:
        """Whether an address belongs to what is fetched."""
        host, path = host_of(address), path_of(address)
        if host not in self._hosts or path == _ROBOTS or media.is_picture(address) or self._excluded.leaves_out(path):
            return False
        return (
            self._lists_pages
            or host != host_of(self._place)
            or any(is_below(address, place) for place in (self._start, self._folder()))
        )

    def _folder(self) -> str:
        """The address below which the pages of the site lie: where the first one led to, or the folder of that page."""
        if self._place == self._start or not is_one_page(self._place):
            return self._place
        return self._place.partition("?")[0].rpartition("/")[0] + "/"

    def _looked_at(self, stop: _Stop) -> PageRecord | None:
        """What is known of an address after it was asked for, if it had to be; None where it may not be asked for."""
        address = stop.address
        before = self._store.get(address)
        origin = origin_of(address)
        try:
            rules = self._rules_of(origin)
        except FetchError as error:
            return self._kept(self._failed(address, before, error))
        if not rules.allows(address):
            self._found.forbidden[address] = "robots.txt forbids it"
            return None
        if before is not None and before.crawl == self.name and not before.failure:
            self._failures = 0
            return before
        asked = AskedAddress(address, self.name, before, stop.may_be_sitemap)
        try:
            answer = self.answer(
                address,
                self._recorder.conditions(before),
                lambda status, headers: self._recorder.is_wanted(address, status, headers, may_be_sitemap=stop.may_be_sitemap),
                self._rules.largest_page,
            )
        except FetchError as error:
            return self._kept(self._failed(address, before, error))
        self._failures = 0
        return self._kept(self._recorder.record(asked, answer))

    def _kept(self, record: PageRecord) -> PageRecord:
        self._store.put(self._start, record)
        return record

    def _failed(self, address: str, before: PageRecord | None, error: FetchError) -> PageRecord:
        """What is known of an address at which the server failed; one that fails again and again is left alone."""
        reason = str(error)
        record = (before or PageRecord(address, self.name)).failed(self.name, reason)
        self._failures += 1 if isinstance(error, BrokenPageError) else _SILENCE
        if self._failures >= _MOST_FAILURES or (address == self._start and record.kind is RecordKind.UNKNOWN):
            self._found.problem = reason
        return record

    def _rules_of(self, origin: str) -> RobotRules:
        """The rules in robots.txt of a host. Raises FetchError where it cannot be known what it allows."""
        if origin not in self._robots:
            try:
                self._robots[origin] = self._fetched_rules(origin)
            except FetchError as error:
                self._robots[origin] = error
        rules = self._robots[origin]
        if isinstance(rules, FetchError):
            raise rules
        return rules

    def _fetched_rules(self, origin: str) -> RobotRules:
        address = origin + _ROBOTS
        before = self._store.get(address)
        if before is None or before.crawl != self.name or before.failure:
            answer, place = self._robots_answer(address, before)
            if answer.status == 304 and before is not None:
                before = before.failed(self.name, "")
            else:
                lines = answer.body.decode("utf-8", "replace").splitlines() if answer.status == 200 else []
                given = answer.headers if place == address and answer.status == 200 else {}
                before = PageRecord(
                    address,
                    self.name,
                    RecordKind.ROBOTS,
                    etag=given.get("etag"),
                    last_modified=given.get("last-modified"),
                    packed=packed(lines),
                )
            self._store.put(self._start, before)
        return robot_rules("\n".join(before.lines))

    def _robots_answer(self, address: str, before: PageRecord | None) -> tuple[ServerAnswer, str]:
        """The answer for robots.txt, after its redirects within the site, and the address that gave it."""
        conditions = before.conditions if before is not None and before.kind is RecordKind.ROBOTS else {}
        answer = self.answer(address, conditions, lambda status, _: status == 200, LARGEST)
        place = address
        for _ in range(MOST_REDIRECTS):
            target = redirected(answer, place)
            if target is None or host_of(target) not in self._hosts:
                break
            place = target
            answer = self.answer(place, {}, lambda status, _: status == 200, LARGEST)
        return answer, place

    def answer(
        self, address: str, conditions: ResponseHeaders, is_wanted: Callable[[int, ResponseHeaders], bool], most_bytes: int
    ) -> ServerAnswer:
        """The server's answer, asked for more than once where it fails. Raises FetchError."""
        host = host_of(address)
        failure = FetchError("it was not asked for")
        for pause in _pauses(self._rules.again_s):
            time.sleep(max(0.0, self._ready.get(host, 0.0) - time.monotonic()))
            began = time.monotonic()
            try:
                answer = self._fetcher.fetch(address, conditions, is_wanted, most_bytes)
                if not is_failure(answer.status):
                    self._rest(host, time.monotonic() - began)
                    return answer
                failure = (FetchError if is_busy(answer.status) else BrokenPageError)(failure_text(answer.status))
                wanted = max(pause, _retry_after(answer.headers.get("retry-after", "")))
            except PrivateAddressError:
                raise
            except FetchError as error:
                failure, wanted = error, pause
            if wanted > _LONGEST_WAIT_S:
                raise FetchError(f"{failure}, and asks to be left alone for {wanted:,.0f} s")
            self._ready[host] = time.monotonic() + wanted
        raise failure

    def _rest(self, host: str, took: float) -> None:
        """Leave a host alone for as long as it is owed after an answer."""
        rules_of_host = (rules for origin, rules in self._robots.items() if host_of(origin) == host)
        asked = [rules.delay for rules in rules_of_host if isinstance(rules, RobotRules)]
        rest = min(took, _LONGEST_REST_S) if self._rules.delay_s else 0.0
        self._ready[host] = time.monotonic() + max(self._rules.delay_s, rest, *asked)


def _pauses(first: float) -> Iterator[float]:
    """Seconds to wait after each try, twice as many each time."""
    yield from (first * 2**number for number in range(_TRIES))


def _retry_after(value: str) -> float:
    """The seconds that Retry-After asks to wait for; 0 where it says nothing that makes sense."""
    if (seconds := value.strip()).isdecimal():
        return float(seconds[:9])
    try:
        return max(0.0, (parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError):
        return 0.0
