"""Sites in an index: what is kept of them, from run to run."""

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from askdex.corpus.sources.site.network import Fetcher, ServerAnswer
from askdex.corpus.sources.site.rules import SiteRules
from askdex.indexer.errors import BrokenAnswersError, DocumentsError
from askdex.indexer.generations import publish
from askdex.indexer.ingest.remove import remove
from askdex.indexer.ingest.update import Report, plan, update
from askdex.indexer.search.searcher import open_searcher
from askdex.indexer.store.folder import FETCHED
from askdex.indexer.store.lock import changing
from askdex.indexer.types import Query
from askdex.indexer.upkeep.info import inventory, left_out_files
from tests.corpus.readers.html import site as town
from tests.indexer.collection import contents, generation
from tests.site_server import Page, SiteServer, html, serving
from tests.stubs import Counts, StubEncoder, counts_of, write_files

RULES = SiteRules(delay_s=0.0, again_s=0.01, allows_private=True, silence_s=1.0)
LINKS = [f"/{n}" for n in range(12)]


@pytest.fixture
def site() -> Iterator[SiteServer]:
    with serving({"/": html("Start", LINKS), **{link: html(f"Page number {link[1:]}") for link in LINKS}}) as site:
        yield site


@pytest.fixture
def crawl(index: Path, stub: StubEncoder) -> Callable[..., Counts]:
    """Updates the index with what is named, and gives what was done."""

    def crawled(*named: str | Path, rules: SiteRules = RULES) -> Counts:
        return counts_of(update(index, named, load_encoder=lambda _: stub, site_rules=rules))

    return crawled


def texts(index: Path, site: SiteServer) -> dict[str, str]:
    """The texts of the index by their paths."""
    return {uri.removeprefix(site.address): text for uri, text in contents(index).items()}


def test_a_site_is_indexed_and_only_what_has_changed_is_fetched_again(
    site: SiteServer, index: Path, crawl: Callable[..., Counts]
) -> None:
    first = crawl(f"{site.address}/")
    assert (first.read, first.skipped) == (13, ())
    assert texts(index, site).keys() == {"/", *LINKS}
    site.asked.clear()
    second = crawl(f"{site.address}/")
    assert (second.read, second.unchanged, second.embedded, second.generation) == (0, 13, 0, 1)
    assert site.counts() == {304: 13, 404: 1}
    site.pages["/3"], site.pages["/4"] = html("Something new"), Page(status=410)
    site.asked.clear()
    third = crawl(f"{site.address}/")
    assert (third.read, third.removed, third.unchanged) == (1, 1, 11)
    assert site.counts() == {304: 11, 200: 1, 404: 1, 410: 1}
    assert "Something new" in texts(index, site)["/3"]


def some_pages(number: int) -> dict[str, str]:
    """Pages of a site around whose own text much repeats."""
    return {f"{n}.html": town.page(town.content(f"thing {n}")) for n in range(number)}


def served(pages: dict[str, str]) -> dict[str, Page]:
    """Pages as a server gives them, and a first one that leads to them."""
    links = [f"/{name}" for name in pages]
    return {"/": html("Start", links), **{f"/{name}": replace(html(), body=text.encode()) for name, text in pages.items()}}


def with_repeated(index: Path, site: SiteServer) -> set[str]:
    """The paths of the pages that have something of what repeats in the site."""
    words = ("since 1204", "comes each month", "Monday to Friday")
    return {path.lstrip("/") for path, text in texts(index, site).items() if any(some in text for some in words)}


def test_what_repeats_in_a_site_is_left_out_and_nothing_is_fetched_for_it(index: Path, crawl: Callable[..., Counts]) -> None:
    with serving(served(some_pages(40))) as site:
        address = f"{site.address}/"
        crawl(address)
        assert site.counts() == {200: 41, 404: 1}
        assert len(contents(index)) == 41
        assert with_repeated(index, site) == set()
        assert len([*(index / FETCHED).iterdir()]) == 30
        assert crawl(address).read == 0
        # Changed and new pages are read as the others are.
        names = list(some_pages(44))
        changed = {name: town.page(town.content(f"new {name}")) for name in names[:20]}
        site.pages = served({**some_pages(44), **changed})
        site.asked.clear()
        counts = crawl(address)
        assert (counts.read, counts.unchanged) == (25, 20)
        assert site.counts() == {304: 20, 200: 25, 404: 1}
        assert with_repeated(index, site) == set()
        # Where something else repeats from now on, pages that have not changed stay as they were read.
        other = {name: town.page(town.content(f"newest {name}"), footer="") for name in names[:12]}
        site.pages = served({**some_pages(44), **changed, **other})
        site.asked.clear()
        assert crawl(address).read == 12
        assert site.counts() == {304: 33, 200: 12, 404: 1}
        assert with_repeated(index, site) <= other.keys()
        assert crawl(address).read == 0
        remove(index, [address])
    assert not (index / FETCHED).exists()


def test_pages_of_one_site_are_kept_when_another_is_indexed(
    site: SiteServer, index: Path, crawl: Callable[..., Counts]
) -> None:
    crawl(f"{site.address}/")
    kept = {*(index / FETCHED).iterdir()}
    assert len(kept) == 13
    with serving(served(some_pages(12))) as other:
        crawl(f"{other.address}/")
        assert len({*(index / FETCHED).iterdir()} - kept) == 13
        remove(index, [f"{other.address}/"])
    assert {*(index / FETCHED).iterdir()} == kept


def test_a_folder_and_a_site_are_in_one_index(site: SiteServer, docs: Path, index: Path, crawl: Callable[..., Counts]) -> None:
    crawl(docs, f"{site.address}/")
    assert len(contents(index)) == 16
    assert inventory(index)["sites"] == {f"{site.address}/": 13}
    assert inventory(index)["gone_folders"] == {}
    (docs / "cards.md").unlink()
    assert crawl(docs).removed == 1
    assert len(contents(index)) == 15


def test_documents_have_the_address_of_their_page(
    site: SiteServer, docs: Path, index: Path, crawl: Callable[..., Counts]
) -> None:
    crawl(docs, f"{site.address}/")
    with closing(open_searcher(index, lambda _: StubEncoder())) as searcher:
        urls = {
            result.passage.document.uri: result.passage.document.url
            for result in searcher.search(Query("page card", limit=50)).results
        }
    assert urls[f"{site.address}/3"] == f"{site.address}/3"
    assert urls["cards.md"] is None


def test_a_server_that_fails_keeps_its_pages_and_others_are_indexed(
    site: SiteServer, docs: Path, index: Path, crawl: Callable[..., Counts]
) -> None:
    crawl(f"{site.address}/")
    before = contents(index)
    site.pages |= dict.fromkeys(["/", *LINKS], Page(status=503))
    counts = crawl(docs, f"{site.address}/")
    assert (counts.read, counts.removed, counts.unchanged) == (3, 0, 13)
    assert contents(index).items() >= before.items()
    assert "the rest of it was not asked for" in left_out_files(index)[0].reason
    site.pages["/"] = html("Start again")
    assert crawl(f"{site.address}/").removed == 12
    assert left_out_files(index) == []


def test_a_server_that_has_never_answered_is_an_error_and_leaves_nothing(index: Path, crawl: Callable[..., Counts]) -> None:
    with serving({}) as site:
        address = f"{site.address}/"
    with pytest.raises(DocumentsError, match="Nothing was changed"):
        crawl(address)
    assert not index.exists()


def test_a_site_without_its_first_page_is_an_error_and_is_asked_again(site: SiteServer, crawl: Callable[..., Counts]) -> None:
    crawl(f"{site.address}/")
    start = site.pages.pop("/")
    with pytest.raises(DocumentsError, match="has no such page"):
        crawl(f"{site.address}/")
    site.pages["/"] = start
    assert crawl(f"{site.address}/").unchanged == 13


def _stopped_after(monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    """Stops a run by Ctrl-C with the request after so many."""
    fetch = Fetcher.fetch

    def stopping(self: Fetcher, *arguments: object) -> ServerAnswer:
        if self.sent == number:
            raise KeyboardInterrupt
        return fetch(self, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(Fetcher, "fetch", stopping)


@pytest.mark.parametrize("number", [1, 2, 7, 13])
def test_a_crawl_that_was_stopped_is_gone_on_with(
    site: SiteServer, index: Path, crawl: Callable[..., Counts], monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    # Without tags, so that nothing but what is kept of the first run can save a request.
    for page in site.pages.values():
        page.has_tag = False
    with monkeypatch.context() as patch:
        _stopped_after(patch, number)
        with pytest.raises(KeyboardInterrupt):
            crawl(f"{site.address}/")
    assert len(site.asked) == number
    crawl(f"{site.address}/")
    assert len(site.asked) == 14
    assert texts(index, site).keys() == {"/", *LINKS}


def test_a_crawl_that_was_stopped_long_ago_is_begun_anew(
    site: SiteServer, index: Path, crawl: Callable[..., Counts], monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        _stopped_after(patch, 5)
        with pytest.raises(KeyboardInterrupt):
            crawl(f"{site.address}/")
    with changing(index) as connection:
        connection.execute("UPDATE crawls SET begun = '2020-01-01'")
    site.asked.clear()
    crawl(f"{site.address}/")
    assert site.counts() == {304: 4, 200: 9, 404: 1}


def test_a_run_that_was_stopped_while_it_embeds_is_gone_on_with(site: SiteServer, index: Path, stub: StubEncoder) -> None:
    def failing(_: str) -> StubEncoder:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        update(index, [f"{site.address}/"], load_encoder=failing, site_rules=RULES)
    site.asked.clear()
    update(index, [f"{site.address}/"], load_encoder=lambda _: stub, site_rules=RULES)
    assert site.asked == []
    assert texts(index, site).keys() == {"/", *LINKS}


def test_a_site_is_gone_through_again_after_a_check_has_stopped_a_run(
    site: SiteServer, index: Path, stub: StubEncoder, crawl: Callable[..., Counts]
) -> None:
    def refuse(_searcher: object, _changes: object) -> None:
        raise BrokenAnswersError("no")

    crawl(f"{site.address}/")
    site.pages["/3"], site.pages["/4"] = html("A mistake"), html("Something new")
    with pytest.raises(BrokenAnswersError):
        update(index, [f"{site.address}/"], load_encoder=lambda _: stub, site_rules=RULES, check=refuse)
    assert "Page number 3" in texts(index, site)["/3"]
    site.pages["/3"] = html("Page number 3")
    again = crawl(f"{site.address}/")
    assert (again.read, again.embedded) == (1, 0)
    assert "Page number 3" in texts(index, site)["/3"]
    assert "Something new" in texts(index, site)["/4"]


def test_pages_come_back_after_a_rollback(site: SiteServer, index: Path, crawl: Callable[..., Counts]) -> None:
    crawl(f"{site.address}/")
    site.pages["/3"] = html("Something new")
    crawl(f"{site.address}/")
    publish.roll_back(index)
    assert "Page number 3" in texts(index, site)["/3"]
    crawl(f"{site.address}/")
    assert "Something new" in texts(index, site)["/3"]


def test_a_dry_run_changes_nothing(site: SiteServer, index: Path, crawl: Callable[..., Counts]) -> None:
    planned = plan(index, [f"{site.address}/"], site_rules=RULES)
    assert len(planned.new) == 13
    assert not index.exists()
    crawl(f"{site.address}/")
    site.pages["/3"], site.pages["/"] = html("Something new"), html("Start", LINKS[:-1])
    for _ in range(2):
        site.asked.clear()
        planned = plan(index, [f"{site.address}/"], site_rules=RULES)
        assert site.counts() == {304: 10, 200: 2, 404: 1}
        assert planned.changed == (f"{site.address}/".encode(), f"{site.address}/3".encode())
        assert planned.removed == (f"{site.address}/11".encode(),)
    assert generation(index) == 1


def test_a_site_is_taken_out_by_its_address(site: SiteServer, docs: Path, index: Path, crawl: Callable[..., Counts]) -> None:
    crawl(docs, f"{site.address}/")
    assert len(remove(index, [f"{site.address}/3"]).changes.removed) == 1
    assert len(remove(index, [site.address]).changes.removed) == 12
    assert contents(index).keys() == {"cards.md", "pension.md", "sub/widow.md"}
    assert crawl(f"{site.address}/").read == 13


def test_a_part_of_a_site_keeps_its_place(site: SiteServer, index: Path, crawl: Callable[..., Counts]) -> None:
    site.pages["/"] = html("Start", ["/sub/"])
    site.pages |= {"/sub/": html("Sub", ["/sub/a"]), "/sub/a": html("A")}
    assert crawl(f"{site.address}/").read == 3
    del site.pages["/sub/a"]
    counts = crawl(f"{site.address}/sub/")
    assert (counts.read, counts.unchanged, counts.removed) == (0, 1, 1)
    assert texts(index, site).keys() == {"/", "/sub/"}
    assert crawl(f"{site.address}/").unchanged == 2


def test_pages_of_another_host_leave_with_the_option(site: SiteServer, index: Path, crawl: Callable[..., Counts]) -> None:
    with serving({"/x": html("Elsewhere", ["/gone"])}) as other:
        site.pages["/"] = html("Start", [f"{other.address}/x"])
        rules = replace(RULES, also_hosts=(other.address.removeprefix("http://"),))
        crawl(f"{site.address}/", rules=rules)
        assert contents(index).keys() == {f"{site.address}/", f"{other.address}/x"}
        assert [row.uri for row in left_out_files(index)] == [f"{other.address}/gone"]
        crawl(f"{site.address}/")
        assert contents(index).keys() == {f"{site.address}/"}
        assert left_out_files(index) == []


def test_a_page_that_cannot_be_read_is_not_read_again_before_it_changes(
    site: SiteServer, index: Path, crawl: Callable[..., Counts], stub: StubEncoder
) -> None:
    site.pages["/a.pdf"] = Page(b"%PDF-1.7 no pages", headers={"Content-Type": "application/pdf"})
    site.pages["/"] = html("Start", ["/a.pdf"])
    (skipped,) = crawl(f"{site.address}/").skipped
    assert skipped.uri == f"{site.address}/a.pdf"
    (again,) = crawl(f"{site.address}/").skipped
    assert (again.uri, again.reason) == (skipped.uri, skipped.reason)
    site.asked.clear()
    report: Report = update(index, [f"{site.address}/"], load_encoder=lambda _: stub, site_rules=RULES, retries=True)
    assert site.paths(200) == ["/a.pdf"]
    assert [each.uri for each in report.changes.skipped] == [skipped.uri]


def test_the_date_of_the_server_is_the_last_resort(site: SiteServer, index: Path, crawl: Callable[..., Counts]) -> None:
    when = "Wed, 01 Jan 2025 10:00:00 GMT"
    site.pages["/"] = html("Start", ["/a"], Last_Modified=when)
    site.pages["/a"] = html("A", head='<meta name="date" content="2024-03-04">', Last_Modified=when)
    crawl(f"{site.address}/")
    with closing(open_searcher(index, lambda _: StubEncoder())) as searcher:
        results = searcher.search(Query("start a")).results
    dates = {result.passage.document.title: result.passage.document.metadata for result in results}
    assert (dates["Start"]["updated"], dates["Start"]["updated_from"]) == ("2025-01-01", "file")
    assert (dates["A"]["updated"], dates["A"]["updated_from"]) == ("2024-03-04", "metadata")


def test_a_folder_of_the_name_of_ours_is_not_touched(index: Path, site: SiteServer, crawl: Callable[..., Counts]) -> None:
    write_files(index / FETCHED, {"own.txt": "mine"})
    write_files(index, {".hidden": ""})
    with pytest.raises(Exception, match="holds no index but other things"):
        crawl(f"{site.address}/")
    assert (index / FETCHED / "own.txt").read_text() == "mine"
