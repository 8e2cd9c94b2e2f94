"""Sites as sources of an index: what is known of their pages is kept in it, and goes on with it."""

import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from askdex.corpus.readers.registry import SITE_READING
from askdex.corpus.sources import Source
from askdex.corpus.sources.site.addresses import is_below
from askdex.corpus.sources.site.hints import Hints
from askdex.corpus.sources.site.records import Bodies, PageRecord, PagesInMemory, PageStore
from askdex.corpus.sources.site.rules import CrawlProgress, SiteRules
from askdex.indexer.ingest.scan import KnownFile
from askdex.indexer.store import commits, database, pages
from askdex.indexer.store.folder import FETCHED, has_index
from askdex.indexer.store.sqlite import Connection

_LONGEST_DAYS = 2
"""Days after which a crawl that was stopped is not gone on with: what it found first may have changed."""


class KeptPages:
    """A PageStore in an index."""

    def __init__(self, connection: Connection, folder: Path) -> None:
        self._connection = connection
        self._begun: set[str] = set()
        self.bodies = Bodies(folder / FETCHED)

    def begin(self, start: str) -> str:
        """See PageStore."""
        self._begun.add(start)
        name = pages.unfinished_crawl(self._connection, start, _LONGEST_DAYS)
        if name is None:
            name = secrets.token_hex(8)
            with commits.writing(self._connection):
                pages.begin_crawl(self._connection, start, name)
        return name

    def addresses(self, start: str) -> set[str]:
        """See PageStore."""
        return pages.addresses(self._connection, start)

    def get(self, address: str) -> PageRecord | None:
        """See PageStore."""
        return pages.record_of(self._connection, address)

    def put(self, start: str, record: PageRecord) -> None:
        """See PageStore."""
        with commits.writing(self._connection):
            pages.put(self._connection, start, record)

    def end(self, start: str, crawl: str, *, forgets: bool) -> None:
        """See PageStore."""
        with commits.writing(self._connection):
            if forgets:
                pages.forget_others(self._connection, start, crawl)
            is_last = pages.end_crawl(self._connection, start)
        if is_last:
            self.bodies.clear(pages.digests_of_others(self._connection, self._begun))


@contextmanager
def unkept_pages(folder: Path) -> Iterator[PageStore]:
    """What an index knows of pages, for a run that changes nothing of it."""
    records: list[PageRecord] = []
    if has_index(folder):
        with database.errors_reported(folder), closing(database.open_for_reading(folder)) as connection:
            records = list(pages.all_records(connection))
    with TemporaryDirectory(prefix="askdex-") as place:
        yield PagesInMemory(Bodies(Path(place) / FETCHED), records)


def site_sources(
    addresses: Sequence[str],
    known: Mapping[bytes, KnownFile],
    store: PageStore,
    rules: SiteRules,
    hints: Callable[[bytes], Hints],
    progress: CrawlProgress,
) -> list[Source]:
    """A source for each of these addresses; `hints` finds out what a page says. Raises AddressError."""
    if not addresses:
        return []
    # Only here: what fetches takes a while to import, and most indexes hold no site.
    from askdex.corpus.sources.site.source import SitePlace, SiteSource, site_places

    def _is_of(key: bytes, place: SitePlace) -> bool:
        return place.start == place.base or is_below(key.decode(), place.start)

    roots = {file.root for file in known.values()}
    places = site_places(addresses, roots)
    return [
        SiteSource(
            place,
            rules,
            store,
            replace(SITE_READING, hints=hints),
            [key for key, file in known.items() if file.root == place.base.encode() and _is_of(key, place)],
            progress,
        )
        for place in places
    ]
