"""From what a server answers to what is known of an address."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from askdex.corpus.errors import UnreadableError
from askdex.corpus.sources.kinds import unread_kind
from askdex.corpus.sources.site import media
from askdex.corpus.sources.site.addresses import normalized
from askdex.corpus.sources.site.hints import (
    Hints,
    Reading,
    forbids_following,
    forbids_indexing,
    header_canonical,
    header_directives,
)
from askdex.corpus.sources.site.network import ServerAnswer
from askdex.corpus.sources.site.records import Bodies, PageRecord, RecordKind, digest_of, packed
from askdex.corpus.sources.site.sitemaps import listed

_OK, _NOT_MODIFIED = 200, 304
_GONE = frozenset((404, 410))
_REDIRECTS = frozenset((301, 302, 303, 307, 308))
_LATER = frozenset((408, 425))
_BUSY = frozenset((429, 503))
_FIRST_FAILURE = 500
_PAGE_SUFFIXES = (".html", ".htm", ".xhtml")
UNWANTED = "it asks not to be found (noindex)"


@dataclass(frozen=True, slots=True)
class AskedAddress:
    """An address that was asked for in a crawl, and what was known of it; it may be a sitemap."""

    address: str
    crawl: str
    before: PageRecord | None
    may_be_sitemap: bool = False


def is_failure(status: int) -> bool:
    """Whether the server could not answer, and may be able to later."""
    return status >= _FIRST_FAILURE or status in _LATER or is_busy(status)


def is_busy(status: int) -> bool:
    """Whether the server has too much to do."""
    return status in _BUSY


def failure_text(status: int) -> str:
    """What to say of a status that is no answer."""
    return f"the server failed ({status})" if is_failure(status) else f"the server refuses it ({status})"


class Recorder:
    """Makes records of answers, and keeps the bytes of pages."""

    def __init__(self, reading: Reading, bodies: Bodies, largest: int) -> None:
        self._reading = reading
        self._bodies = bodies
        self._too_large = f"larger than {largest / 2**20:,.3g} MiB"

    def conditions(self, before: PageRecord | None) -> Mapping[str, str]:
        """The headers that ask for an address only if it has changed; none where it was too large by another measure."""
        if before is None or before.reason not in ("", UNWANTED, self._too_large):
            return {}
        return before.conditions

    def is_wanted(self, address: str, status: int, headers: Mapping[str, str], *, may_be_sitemap: bool) -> bool:
        """Whether the bytes that come with these headers are to be read."""
        if status != _OK:
            return False
        said, _ = media.said_type(headers)
        name = media.file_name(address)
        return may_be_sitemap or media.is_vague(said) or self._reading.is_read(said, name) or self._reading.is_read("", name)

    def record(self, asked: AskedAddress, answer: ServerAnswer) -> PageRecord:
        """What an answer says of an address."""
        address, status = asked.address, answer.status
        if status == _NOT_MODIFIED and asked.before is not None and asked.before.kind is not RecordKind.UNKNOWN:
            return replace(asked.before, crawl=asked.crawl, failure="")
        if (target := redirected(answer, address)) is not None:
            return PageRecord(address, asked.crawl, RecordKind.REDIRECT, target=target)
        if status in _GONE:
            return PageRecord(address, asked.crawl, RecordKind.GONE, reason=f"the server has no such page ({status})")
        if status != _OK:
            unknown = asked.before or PageRecord(address, asked.crawl)
            return unknown.failed(asked.crawl, failure_text(status))
        return self._found(asked, answer)

    def _found(self, asked: AskedAddress, answer: ServerAnswer) -> PageRecord:
        validators = PageRecord(
            asked.address,
            asked.crawl,
            RecordKind.LEFT_OUT,
            etag=answer.headers.get("etag"),
            last_modified=answer.headers.get("last-modified"),
        )
        if answer.is_too_large:
            return replace(validators, reason=self._too_large)
        try:
            sitemap = listed(answer.body) if asked.may_be_sitemap or _is_xml(answer) else None
        except UnreadableError as error:
            return replace(validators, reason=str(error))
        if sitemap is not None:
            kind = RecordKind.SITEMAPS if sitemap.are_sitemaps else RecordKind.SITEMAP
            return replace(validators, kind=kind, packed=packed(spelt(sitemap.addresses, asked.address)))
        return self._page(asked, answer, validators)

    def _page(self, asked: AskedAddress, answer: ServerAnswer, validators: PageRecord) -> PageRecord:
        name = media.file_name(asked.address)
        said, encoding = media.said_type(answer.headers)
        media_type = media.true_type(said, answer.body, has_known_name=self._reading.is_read("", name))
        if not media_type and name.suffix.lower() in _PAGE_SUFFIXES:
            media_type = media.HTML_TYPES[0]
        if not self._reading.is_read(media_type, name):
            # Without validators: another Askdex may read it.
            reason = f"not a kind of file that Askdex reads ({media_type})" if media_type else unread_kind(name)
            return PageRecord(asked.address, asked.crawl, RecordKind.LEFT_OUT, reason=reason)
        data = media.in_utf8(answer.body, media_type or said, encoding)
        hints = self._hints(data) if media_type in media.HTML_TYPES else Hints()
        directives = hints.directives | header_directives(answer.headers.get("x-robots-tag", ""))
        base = normalized(hints.base, asked.address) if hints.base else asked.address
        links = [] if forbids_following(directives) else spelt(hints.links, base or asked.address)
        if forbids_indexing(directives):
            return replace(validators, reason=UNWANTED, packed=packed(links))
        digest = digest_of(data)
        self._bodies.add(digest, data)
        canonical = hints.canonical or header_canonical(answer.headers)
        target = normalized(canonical, base or asked.address) if canonical else None
        return replace(
            validators,
            kind=RecordKind.PAGE,
            media_type=media_type,
            digest=digest,
            size=len(data),
            target="" if target in (None, asked.address) else target or "",
            packed=packed(links),
        )

    def _hints(self, data: bytes) -> Hints:
        try:
            return self._reading.hints(data)
        except UnreadableError:  # one unusual page must not keep all others out of the index
            return Hints()


def _is_xml(answer: ServerAnswer) -> bool:
    return media.said_type(answer.headers)[0] in media.XML_TYPES


def redirected(answer: ServerAnswer, address: str) -> str | None:
    """Where an answer sends whoever asked for an address; None where it is no redirect."""
    return normalized(answer.headers.get("location", ""), address) if answer.status in _REDIRECTS else None


def spelt(addresses: Iterable[str], base: str) -> list[str]:
    """The addresses that stand on a page, in their one spelling, each once."""
    spelt = (normalized(address, base) for address in addresses)
    return list(dict.fromkeys(address for address in spelt if address is not None))
