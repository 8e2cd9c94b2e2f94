"""What a crawl comes to, over a real server on loopback."""

import gzip
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from askdex.corpus.errors import AddressError, FailedReadingError, PatternError, RefusedError
from askdex.corpus.readers.registry import FORMATS, SITE_READING, parse
from askdex.corpus.sources import Item
from askdex.corpus.sources.site import crawl
from askdex.corpus.sources.site.hints import Hints
from askdex.corpus.sources.site.records import Bodies, PagesInMemory
from askdex.corpus.sources.site.rules import SiteRules
from askdex.corpus.sources.site.source import SitePlace, SiteSource, site_places
from askdex.corpus.types import Document, Skipped
from tests.site_server import Page, SiteServer, html, leads_to, serving
from tests.stubs import PATIENCE_S

PDF = next(each for each in FORMATS if each.name == "pdf")


class Visitor:
    """Crawls sites, with what it knows of them from before."""

    def __init__(self, folder: Path) -> None:
        self.store = PagesInMemory(Bodies(folder / "bodies"))
        self.skipped: dict[str, str] = {}
        self.known: set[bytes] = set()

    def source(self, site: SiteServer, start: str = "/", **rules: Any) -> SiteSource:  # noqa: ANN401
        given = SiteRules(**{"delay_s": 0.0, "again_s": 0.01, "allows_private": True, "silence_s": PATIENCE_S, **rules})
        address = f"{site.address}{start}"
        return SiteSource(SitePlace(address, address), given, self.store, SITE_READING, self.known)

    def items(self, site: SiteServer, start: str = "/", **rules: Any) -> list[Item]:  # noqa: ANN401
        """The items of a site; what is left out stands in `skipped`, by path."""
        with closing(self.source(site, start, **rules)) as source:
            found = list(source.items())
        self.skipped = {each.uri.removeprefix(site.address): each.reason for each in found if isinstance(each, Skipped)}
        items = [each for each in found if isinstance(each, Item)]
        self.known = {item.key for item in items}
        return items

    def paths(self, site: SiteServer, start: str = "/", **rules: Any) -> list[str]:  # noqa: ANN401
        """The paths of the items."""
        return [item.uri.removeprefix(site.address) for item in self.items(site, start, **rules)]


@pytest.fixture
def visitor(tmp_path: Path) -> Visitor:
    return Visitor(tmp_path)


def test_the_pages_below_an_address_are_items(visitor: Visitor) -> None:
    pages = {
        "/docs/": html("Docs", ["a.html", "/docs/b/", "/blog/", "http://other.example/docs/", "mailto:a@b.example"]),
        "/docs/a.html": html("A", ["./a.html#part", "/docs/b/c"]),
        "/docs/b/": html("B"),
        "/docs/b/c": html("C"),
        "/blog/": html("Blog"),
    }
    with serving(pages) as site:
        (start, *_) = items = visitor.items(site, "/docs/")
        assert [item.uri for item in items] == [
            f"{site.address}{path}" for path in ("/docs/", "/docs/a.html", "/docs/b/", "/docs/b/c")
        ]
        assert (start.key, start.media_type) == (start.uri.encode(), "text/html")
        assert "/blog/" not in site.paths()
    assert visitor.skipped == {}


def test_an_item_is_read_as_its_media_type_says(visitor: Visitor) -> None:
    table = Page(b"a,b\n1,2\n", headers={"Content-Type": "text/csv"})
    pages = {"/": html("Docs", ["/table?format=csv"]), "/table?format=csv": table}
    with serving(pages) as site, closing(visitor.source(site)) as source:
        items = [each for each in source.items() if isinstance(each, Item)]
        documents = [part for item in items for part in parse(item, source.read(item)) if isinstance(part, Document)]
    assert [document.metadata["format"] for document in documents] == ["html", "csv"]
    assert {document.metadata["site"] for document in documents} == {site.address.removeprefix("http://")}


def test_links_of_a_document_are_whole_addresses(visitor: Visitor) -> None:
    page = Page(
        b"<main><p>See the <a href='../forms/b.pdf'>form</a> and ask us.</p></main>", headers={"Content-Type": "text/html"}
    )
    with serving({"/help/a": page}) as site, closing(visitor.source(site, "/help/a")) as source:
        (item,) = [each for each in source.items() if isinstance(each, Item)]
        (document,) = parse(item, source.read(item))
    assert isinstance(document, Document)
    assert [link.address for link in document.links] == [f"{site.address}/forms/b.pdf"]
    assert (document.uri, document.metadata["folder"]) == (f"{site.address}/help/a", "help")


def test_one_page_is_one_page(visitor: Visitor) -> None:
    with serving({"/a.html": html("A", ["/b.html"]), "/b.html": html("B")}) as site:
        assert visitor.paths(site, "/a.html") == ["/a.html"]
        assert visitor.paths(site, "/a.html", depth=0) == ["/a.html"]


def _sitemap(root: str, *addresses: str) -> bytes:
    entry = {"urlset": "url", "sitemapindex": "sitemap"}[root]
    listed = "".join(f"<{entry}><loc> {address} </loc><lastmod>2020-01-01</lastmod></{entry}>" for address in addresses)
    return f'<?xml version="1.0"?><{root} xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{listed}</{root}>'.encode()


def test_a_sitemap_is_the_pages_that_it_lists(visitor: Visitor) -> None:
    with serving({"/a": html("A", ["/c"]), "/b": html("B"), "/c": html("C")}) as site:
        xml = {"Content-Type": "application/xml"}
        site.pages["/maps/index.xml"] = Page(
            _sitemap("sitemapindex", f"{site.address}/maps/1.xml.gz", "/maps/none.xml"), headers=xml
        )
        packed = gzip.compress(_sitemap("urlset", f"{site.address}/a", f"{site.address}/b", "http://other.example/"))
        site.pages["/maps/1.xml.gz"] = Page(packed, headers={"Content-Type": "application/gzip"})
        assert visitor.paths(site, "/maps/index.xml") == ["/a", "/b"]
        assert visitor.skipped == {"/maps/none.xml": "the server has no such page (404)"}
        site.asked.clear()
        assert visitor.paths(site, "/maps/index.xml") == ["/a", "/b"]
        assert site.counts() == {304: 4, 404: 2}


def test_the_sitemaps_in_robots_txt_lead_to_pages_that_nothing_links_to(visitor: Visitor) -> None:
    with serving({"/": html("Start"), "/a": html("A")}) as site:
        site.pages["/map.xml"] = Page(_sitemap("urlset", f"{site.address}/a"), headers={"Content-Type": "text/xml"})
        site.pages["/robots.txt"] = Page(f"User-agent: *\nDisallow: /x\nSitemap: {site.address}/map.xml\n".encode())
        assert visitor.paths(site) == ["/", "/a"]


def test_a_sitemap_that_a_page_leads_to_is_no_document(visitor: Visitor) -> None:
    with serving({"/": html("Start", ["/map.xml", "/list.xml"]), "/a": html("A")}) as site:
        xml = {"Content-Type": "text/xml"}
        site.pages["/map.xml"] = Page(_sitemap("urlset", f"{site.address}/a"), headers=xml)
        site.pages["/list.xml"] = Page(b"<list><entry>A list of things</entry></list>", headers=xml)
        assert visitor.paths(site) == ["/", "/a", "/list.xml"]


@pytest.mark.parametrize(
    "body",
    [
        b"<urlset><url><loc>http://",
        b'<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa">'
        + b"".join(b'<!ENTITY %c "%s">' % (n, b"&%c;" % (n - 1) * 10) for n in range(ord("b"), ord("k")))
        + b"]><urlset><url><loc>&j;</loc></url></urlset>",
        gzip.compress(b"<urlset>" + bytes(100 * 2**20)),
        gzip.compress(b"<urlset>" + b"<url></url>" * 9 + b"</urlset>")[:-12],
    ],
    ids=["cut off", "entities", "bomb", "damaged"],
)
def test_a_broken_sitemap_is_left_out(visitor: Visitor, body: bytes) -> None:
    with serving({"/map.xml": Page(body, headers={"Content-Type": "text/xml"})}) as site:
        used = time.process_time()  # the clock alone would tell how busy the machine is
        assert visitor.paths(site, "/map.xml") == []
        assert time.process_time() - used < 2
    assert list(visitor.skipped) == ["/map.xml"]


def test_robots_txt_is_obeyed(visitor: Visitor) -> None:
    robots = b"User-agent: *\nDisallow: /\n\nUser-agent: askdex\nDisallow: /private/\nDisallow: /*.pdf$\nAllow: /private/open\n"
    links = ["/private/a", "/private/open", "/b.pdf", "/c"]
    with serving(
        {"/robots.txt": Page(robots), "/": html("Start", links), "/private/open": html("Open"), "/c": html("C")}
    ) as site:
        assert visitor.paths(site) == ["/", "/c", "/private/open"]
        assert visitor.skipped == dict.fromkeys(["/private/a", "/b.pdf"], "robots.txt forbids it")
        assert {"/private/a", "/b.pdf"}.isdisjoint(site.paths())


def test_a_page_that_robots_txt_comes_to_forbid_leaves(visitor: Visitor) -> None:
    with serving({"/": html("Start", ["/a"]), "/a": html("A")}) as site:
        assert visitor.paths(site) == ["/", "/a"]
        site.pages["/robots.txt"] = Page(b"User-agent: *\nDisallow: /a\n")
        assert visitor.paths(site) == ["/"]


@pytest.mark.parametrize("status", [500, 503])
def test_nothing_is_asked_for_where_robots_txt_cannot_be_fetched(visitor: Visitor, status: int) -> None:
    with serving({"/": html("Start"), "/robots.txt": Page(status=status)}) as site:
        assert visitor.paths(site) == []
        assert set(site.paths()) == {"/robots.txt"}
    assert visitor.skipped == {"/": f"the server failed ({status}); the rest of it was not asked for"}


@pytest.mark.parametrize("status", [401, 403, 404, 410])
def test_all_is_allowed_where_there_is_no_robots_txt(visitor: Visitor, status: int) -> None:
    with serving({"/": html("Start"), "/robots.txt": Page(status=status)}) as site:
        assert visitor.paths(site) == ["/"]


def test_robots_txt_may_be_elsewhere_on_the_host(visitor: Visitor) -> None:
    with serving({"/": html("Start", ["/a"]), "/a": html("A"), "/r": Page(b"User-agent: *\nDisallow: /a\n")}) as site:
        site.pages["/robots.txt"] = leads_to("/r", 301)
        assert visitor.paths(site) == ["/"]


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """For how many seconds a crawl has slept each time; it does not sleep here."""
    seconds: list[float] = []
    monkeypatch.setattr(crawl, "time", SimpleNamespace(monotonic=time.monotonic, sleep=seconds.append))
    return seconds


def _pauses(site: SiteServer) -> list[float]:
    return [later - sooner for sooner, later in pairwise(site.times)]


def test_there_is_a_pause_between_two_requests(visitor: Visitor) -> None:
    with serving({"/": html("Start", ["/a"]), "/a": html("A")}) as site:
        visitor.items(site, delay_s=0.2)
        assert len(_pauses(site)) == 2
        assert min(_pauses(site)) >= 0.19


@pytest.mark.parametrize("rule", ["Crawl-delay: 0.2", "Request-rate: 5/1s"])
def test_the_pause_is_as_long_as_robots_txt_asks_for(visitor: Visitor, rule: str) -> None:
    robots = Page(f"User-agent: *\n{rule}\n".encode())
    with serving({"/robots.txt": robots, "/": html("Start", ["/a"]), "/a": html("A")}) as site:
        visitor.items(site)
        assert _pauses(site)[-1] >= 0.19


def test_a_server_that_takes_long_gets_a_rest_as_long(visitor: Visitor) -> None:
    def slow(handler: Any) -> None:  # noqa: ANN401
        time.sleep(0.3)
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 20\r\n\r\n<a href=/a>text</a>\n")

    with serving({"/": Page(act=slow), "/a": html("A")}) as site:
        visitor.items(site, delay_s=0.01)
        assert _pauses(site)[-1] >= 0.59


def _then(*pages: Page) -> Callable[[str], Page | None]:
    """Gives one page after the other at /a, the last one again and again."""
    pending = list(pages)

    def made(path: str) -> Page | None:
        return (pending.pop(0) if len(pending) > 1 else pending[0]) if path == "/a" else None

    return made


@pytest.mark.parametrize("status", [429, 500, 502, 503])
def test_a_server_that_fails_is_asked_again(visitor: Visitor, status: int) -> None:
    with serving({"/": html("Start", ["/a"])}, _then(Page(status=status), html("A"))) as site:
        assert visitor.paths(site) == ["/", "/a"]


def test_a_server_is_asked_again_when_it_says(visitor: Visitor) -> None:
    later = Page(status=503, headers={"Retry-After": "1"})
    with serving({"/": html("Start", ["/a"])}, _then(later, html("A"))) as site:
        assert visitor.paths(site) == ["/", "/a"]
        assert _pauses(site)[-1] >= 0.99


@pytest.mark.parametrize("value", ["soon", "-1", "2\x1c", "\xb2", "1e9", "Wed, 99 Foo 2025", ","])
def test_what_is_no_time_to_wait_is_not_waited_for(visitor: Visitor, value: str, slept: list[float]) -> None:
    with serving({"/": html("Start", ["/a"])}, _then(Page(status=500, headers={"Retry-After": value}), html("A"))) as site:
        assert len(visitor.items(site)) == 2
    assert max(slept) < 3


def test_a_page_that_cannot_be_looked_through_is_read_all_the_same(visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(_: bytes) -> Hints:
        raise FailedReadingError("unusual")

    monkeypatch.setattr("tests.corpus.sources.site.test_source.SITE_READING", replace(SITE_READING, hints=failing))
    with serving({"/": html("Start", ["/a"])}) as site:
        assert visitor.paths(site) == ["/"]


def test_a_server_that_asks_for_much_time_is_left_alone(visitor: Visitor) -> None:
    until = format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True)
    with serving({"/": html("Start", ["/a"])}, _then(Page(status=503, headers={"Retry-After": until}))) as site:
        assert visitor.paths(site) == ["/"]
        assert site.paths().count("/a") == 1
    assert "and asks to be left alone for 3," in visitor.skipped["/a"]


@pytest.mark.parametrize("failing", [Page(status=500), Page(status=503), Page(status=403), Page(status=401), Page(status=429)])
def test_a_page_at_which_the_server_fails_stays_as_it_was_and_so_does_what_it_leads_to(visitor: Visitor, failing: Page) -> None:
    with serving({"/": html("Start", ["/a"]), "/a": html("A", ["/b"]), "/b": html("B")}) as site:
        before = visitor.items(site)
        site.pages["/a"] = failing
        assert visitor.items(site) == before
        assert visitor.skipped["/a"].endswith(f"({failing.status}); what was read of it before stays")


def test_a_server_that_is_gone_loses_nothing(visitor: Visitor, slept: list[float]) -> None:
    links = [f"/{n}" for n in range(20)]
    with serving({"/": html("Start", links), **{link: html(f"Page {link}") for link in links}}) as site:
        before = visitor.items(site)
    assert len(before) == 21
    slept.clear()
    assert visitor.items(site) == before
    assert sum(slept) < 2
    assert "not asked for, what was read of it before stays" in visitor.skipped["/"]


def test_a_server_that_fails_in_between_loses_nothing(visitor: Visitor) -> None:
    links = [f"/{n}" for n in range(20)]
    with serving({"/": html("Start", links), **{link: html(f"Page {link}") for link in links}}) as site:
        before = visitor.items(site)
        site.pages |= {link: Page(status=503) for link in links[3:]}
        assert visitor.items(site) == before
        assert site.counts()[503] == 15
    assert visitor.skipped["/"].startswith("the server failed (503); the rest of it was not asked for")


def test_pages_that_are_broken_do_not_end_a_crawl(visitor: Visitor) -> None:
    links = [f"/{n}" for n in range(30)]
    broken = dict.fromkeys(links[:20], Page(status=500))
    with serving({"/": html("Start", links), **{link: html(link) for link in links}, **broken}) as site:
        assert visitor.paths(site) == ["/", *sorted(links[20:])]
    assert visitor.skipped == dict.fromkeys(links[:20], "the server failed (500)")


@pytest.mark.parametrize("status", [404, 410])
def test_a_page_that_is_deleted_leaves(visitor: Visitor, status: int) -> None:
    with serving({"/": html("Start", ["/a"]), "/a": html("A")}) as site:
        assert visitor.paths(site) == ["/", "/a"]
        site.pages["/a"] = Page(status=status)
        assert visitor.paths(site) == ["/"]
    assert visitor.skipped == {"/a": f"the server has no such page ({status})"}


def test_a_page_that_nothing_leads_to_any_more_leaves(visitor: Visitor) -> None:
    with serving({"/": html("Start", ["/a"]), "/a": html("A")}) as site:
        assert visitor.paths(site) == ["/", "/a"]
        site.pages["/"] = html("Start")
        assert visitor.paths(site) == ["/"]
    assert visitor.skipped == {}


def test_only_what_has_changed_comes_a_second_time(visitor: Visitor) -> None:
    links = ["/a", "/b", "/c"]
    with serving({"/": html("Start", links), **{link: html(link) for link in links}}) as site:
        before = visitor.items(site)
        site.asked.clear()
        assert visitor.items(site) == before
        assert site.counts() == {304: 4, 404: 1}
        site.pages["/b"] = html("another")
        site.asked.clear()
        after = visitor.items(site)
        assert site.paths(200) == ["/b"]
    assert [one.uri for one, other in zip(before, after, strict=True) if one.version != other.version] == [f"{site.address}/b"]


def test_a_server_that_knows_dates_alone_is_asked_by_dates(visitor: Visitor) -> None:
    when = "Wed, 01 Jan 2025 10:00:00 GMT"

    def made(path: str) -> Page | None:
        return dated if path == "/" else None

    dated = html("Start", Last_Modified=when)
    dated.has_tag = False
    with serving({}, made) as site:
        (item,) = visitor.items(site)
    assert item.modified == datetime(2025, 1, 1, 10, tzinfo=UTC).timestamp()
    record = visitor.store.get(item.uri)
    assert record is not None
    assert record.conditions == {"If-Modified-Since": when}


def test_redirects_are_followed_to_the_last_address(visitor: Visitor) -> None:
    pages = {"/": html("Start", ["/a"]), "/a": leads_to("/b", 301), "/b": leads_to("c", 307), "/c": html("C")}
    with serving(pages) as site:
        assert visitor.paths(site) == ["/", "/c"]
    assert visitor.skipped == {}


def test_redirects_in_a_circle_are_left_out(visitor: Visitor) -> None:
    pages = {"/": html("Start", ["/a", "/x"]), "/a": leads_to("/b"), "/b": leads_to("/a"), "/x": leads_to("/x")}
    with serving(pages) as site:
        assert visitor.paths(site) == ["/"]
        assert len(site.paths()) == 5
    assert visitor.skipped == dict.fromkeys(["/a", "/x"], "it leads around in a circle")


def test_redirects_without_end_are_left_out(visitor: Visitor) -> None:
    def next_one(path: str) -> Page | None:
        number = path.removeprefix("/r")
        return leads_to(f"/r{int(number) + 1}") if number.isdecimal() else None

    with serving({"/": html("Start", ["/r0"])}, next_one) as site:
        assert visitor.paths(site) == ["/"]
        assert len(site.paths(302)) == 11
    assert list(visitor.skipped.values()) == ["more than 10 redirects"]


def test_a_redirect_to_another_host_is_not_followed(visitor: Visitor) -> None:
    with serving({"/": html("Secret")}) as other, serving({"/": html("Start", ["/a"])}) as site:
        site.pages["/a"] = leads_to(f"{other.address}/")
        assert visitor.paths(site) == ["/"]
        assert other.asked == []


def test_a_first_address_that_leads_to_another_site_says_so(visitor: Visitor) -> None:
    with serving({"/": html("Other")}) as other, serving({"/": leads_to(f"{other.address}/")}) as site:
        assert visitor.paths(site) == []
        assert visitor.skipped == {"/": f"it leads to {other.address}/, which is elsewhere: name that"}
        assert other.asked == []


def test_the_site_is_where_the_first_address_leads_to(visitor: Visitor) -> None:
    pages = {"/guide": leads_to("/en/guide/start.html"), "/en/guide/start.html": html("Start", ["a.html", "/en/"])}
    with serving({**pages, "/en/guide/a.html": html("A"), "/en/": html("Elsewhere")}) as site:
        assert visitor.paths(site, "/guide") == ["/en/guide/a.html", "/en/guide/start.html"]


def test_a_host_is_fetched_from_if_it_is_named(visitor: Visitor) -> None:
    with serving({"/x": html("X")}) as other, serving({"/": html("Start")}) as site:
        site.pages["/"] = html("Start", [f"{other.address}/x"])
        assert visitor.paths(site) == ["/"]
        host = other.address.removeprefix("http://")
        assert {*visitor.paths(site, also_hosts=(host.upper(),))} == {"/", f"{other.address}/x"}
        assert visitor.source(site, also_hosts=(host,)).holds(f"{other.address}/x".encode())


def test_a_private_address_is_refused_unless_it_is_allowed(visitor: Visitor) -> None:
    with serving({"/": html("Secret")}) as site:
        assert visitor.paths(site, allows_private=False) == []
        assert site.asked == []
    assert "which --allow-private allows" in visitor.skipped["/"]


def test_a_page_is_read_under_the_address_that_it_calls_its_own(visitor: Visitor) -> None:
    canonical = '<link rel="canonical" href="/own">'
    pages = {
        "/": html("Start", ["/a?print=1", "/b"]),
        "/a?print=1": html("A", head=canonical),
        "/own": html("A", head=canonical),
    }
    with serving({**pages, "/b": html("B", Link='</own>; rel="canonical", </x>; rel=next')}) as site:
        assert visitor.paths(site) == ["/", "/own"]
    assert visitor.skipped == {}


@pytest.mark.parametrize("own", [Page(status=404), Page(status=500), html("A", head='<meta name="robots" content="noindex">')])
def test_a_page_keeps_its_address_if_there_is_no_page_at_its_own(visitor: Visitor, own: Page) -> None:
    with serving({"/": html("Start", ["/a"]), "/a": html("A", head='<link rel="canonical" href="/own">'), "/own": own}) as site:
        assert visitor.paths(site) == ["/", "/a"]


def test_an_own_address_elsewhere_is_not_believed(visitor: Visitor) -> None:
    with serving({"/docs/": html("Start", head='<link rel="canonical" href="http://other.example/">')}) as site:
        assert visitor.paths(site, "/docs/") == ["/docs/"]


def test_pages_that_call_each_other_their_own_are_one(visitor: Visitor) -> None:
    pages = {f"/{name}": html(name, head=f'<link rel="canonical" href="/{other}">') for name, other in ("ab", "bc", "cb")}
    with serving({"/": html("Start", ["/a", "/c"]), **pages}) as site:
        assert visitor.paths(site) == ["/", "/b"]


def test_the_same_page_under_several_addresses_is_one(visitor: Visitor) -> None:
    links = ["/a?s=0123456789abcdef0", "/a?view=2", "/a", "/a/"]
    with serving({"/": html("Start", links), **{link: html("A") for link in links}}) as site:
        assert visitor.paths(site) == ["/", "/a"]
        assert links[0] not in site.paths()


def test_what_does_not_want_to_be_found_is_left_out_and_its_links_are_followed(visitor: Visitor) -> None:
    pages = {
        "/": html("Start", ["/a", "/b", "/c", "/d"]),
        "/a": html("A", ["/e"], head='<meta name="ROBOTS" content="NOINDEX">'),
        "/b": html("B", X_Robots_Tag="noindex"),
        "/c": html("C", X_Robots_Tag="otherbot: noindex"),
        "/d": html("D", head='<meta name="askdex" content="none">', links=["/f"]),
        "/e": html("E"),
        "/f": html("F"),
    }
    with serving(pages) as site:
        assert visitor.paths(site) == ["/", "/c", "/e"]
        assert visitor.skipped == dict.fromkeys(["/a", "/b", "/d"], "it asks not to be found (noindex)")
        site.asked.clear()
        assert visitor.paths(site) == ["/", "/c", "/e"]
        assert site.paths(200) == []


def test_links_that_are_not_to_be_followed_are_not(visitor: Visitor) -> None:
    calendar = Page(b'<main><h1>A</h1><a rel="ugc nofollow" href="/b">b</a></main>', headers={"Content-Type": "text/html"})
    pages = {
        "/": html("Start", ["/a", "/c"]),
        "/a": calendar,
        "/b": html("B"),
        "/c": html("C", ["/d"], X_Robots_Tag="nofollow"),
    }
    with serving({**pages, "/d": html("D")}) as site:
        assert visitor.paths(site) == ["/", "/a", "/c"]


def test_addresses_are_relative_to_the_base_of_the_page(visitor: Visitor) -> None:
    pages = {"/": html("Start", ["a"], head='<base href="/deep/down/">'), "/deep/down/a": html("A")}
    with serving(pages) as site:
        assert visitor.paths(site) == ["/", "/deep/down/a"]


def test_a_page_that_leads_on_by_itself_is_followed(visitor: Visitor) -> None:
    pages = {"/": html("", head='<meta http-equiv="Refresh" content="0; URL=\'/en\'">'), "/en": html("English")}
    with serving(pages) as site:
        assert "/en" in visitor.paths(site)


def test_a_calendar_without_end_comes_to_an_end(visitor: Visitor) -> None:
    def month(path: str) -> Page | None:
        number = path.removeprefix("/month/")
        return html(f"Month {number}", [f"/month/{int(number) + 1}"]) if number.isdecimal() else None

    with serving({"/": html("Start", ["/month/1"])}, month) as site:
        assert len(visitor.paths(site, depth=5)) == 6
        assert visitor.skipped == {"/, the rest": "some pages are more than 5 links away, which --depth allows"}
        assert len(visitor.paths(site, most_pages=3)) == 3
        assert visitor.skipped == {"/, the rest": "3 addresses were asked for, and --max-pages allows no more"}


def test_no_more_is_taken_than_may_be(visitor: Visitor) -> None:
    links = [f"/{n}" for n in range(10)]
    with serving({"/": html("Start", links), **{link: html(f"{link} " + 10_000 * "a") for link in links}}) as site:
        assert len(visitor.paths(site, most_bytes=50_000)) == 4
        assert visitor.skipped == {"/, the rest": "0.04768 MiB were taken, and --max-size allows no more"}
        assert len(visitor.paths(site, most_bytes=50_000)) == 4


def test_a_page_that_is_too_large_is_left_out(visitor: Visitor) -> None:
    bomb = gzip.compress(bytes(20 * 2**20))
    packed = Page(bomb, headers={"Content-Type": "text/html", "Content-Encoding": "gzip"})
    with serving({"/": html("Start", ["/a", "/b"]), "/a": html("a" * 2**21), "/b": packed}) as site:
        assert visitor.paths(site, largest_page=2**20) == ["/"]
        assert visitor.skipped == dict.fromkeys(["/a", "/b"], "larger than 1 MiB")
        assert visitor.paths(site) == ["/", "/a", "/b"]


@pytest.mark.parametrize(
    ("page", "media_type"),
    [
        (Page(b"%PDF-1.7 ...", headers={"Content-Type": "text/html"}), "application/pdf"),
        (Page(b"\n<!-- a --><!DOCTYPE html><p>a", headers={"Content-Type": "text/plain"}), "text/html"),
        (Page(b"<html><p>a"), "text/html"),
        (Page(b"a text", headers={"Content-Type": "text/plain"}), "text/plain"),
        (Page(b"a text", headers={"Content-Type": "Text/Plain; Charset=UTF-8"}), "text/plain"),
        (Page(b"PK\x03\x04", headers={"Content-Type": "application/zip"}), "application/zip"),
    ],
)
def test_the_media_type_is_what_the_bytes_show(visitor: Visitor, page: Page, media_type: str) -> None:
    with serving({"/": html("Start", ["/a"]), "/a": page}) as site:
        assert [item.media_type for item in visitor.items(site)][1:] == [media_type]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        *(("a.md", "text/plain"), ("b.docx", "application/octet-stream"), ("c.docx", "application/msword")),
        *(("d.rst", "text/prs.fallenstein.rst"), ("e.csv", "application/vnd.ms-excel")),
    ],
)
def test_the_name_says_what_the_server_does_not_know(visitor: Visitor, name: str, said: str) -> None:
    with serving({"/": html("Start", [name]), f"/{name}": Page(b"text", headers={"Content-Type": said})}) as site:
        assert [item.media_type for item in visitor.items(site)][1:] == [""]


@pytest.mark.parametrize("said", ["image/png", "application/x-unknown", "audio/mpeg"])
def test_what_cannot_be_read_is_not_taken(visitor: Visitor, said: str) -> None:
    with serving({"/": html("Start", ["/a", "/b.png"]), "/a": Page(bytes(2**20), headers={"Content-Type": said})}) as site:
        assert visitor.paths(site) == ["/"]
        assert "/b.png" not in site.paths()
    assert visitor.skipped == {"/a": f"not a kind of file that Askdex reads ({said})"}


@pytest.mark.parametrize(
    ("said", "encoding"),
    [("windows-1251", "windows-1251"), ("utf-8", "windows-1252"), ("iso-8859-1", "utf-8"), ("nonsense", "utf-8")],
)
def test_a_wrong_encoding_does_no_harm(visitor: Visitor, said: str, encoding: str) -> None:
    text = "Карта выдаётся" if encoding == "windows-1251" else "Die Karte für Über­gänge kostet nichts"
    body = f"<main><p>{text}</p></main>".encode(encoding)
    page = Page(body, headers={"Content-Type": f"text/html; charset={said}"})
    with serving({"/": page}) as site, closing(visitor.source(site)) as source:
        (item,) = [each for each in source.items() if isinstance(each, Item)]
        (document,) = parse(item, source.read(item))
    assert isinstance(document, Document)
    assert document.text.replace("\xad", "") == text.replace("\xad", "")


def test_bytes_that_are_not_kept_are_fetched_again(visitor: Visitor) -> None:
    with serving({"/": html("Start")}) as site, closing(visitor.source(site)) as source:
        (item,) = [each for each in source.items() if isinstance(each, Item)]
        visitor.store.bodies.clear()
        assert b"Start" in source.read(item)
        visitor.store.bodies.clear()
        site.pages["/"] = html("Another")
        with pytest.raises(RefusedError, match="changed"):
            source.read(item)
        site.pages["/"] = Page(status=500)
        with pytest.raises(RefusedError, match=r"the server failed \(500\)"):
            source.read(item)


def test_patterns_leave_out_pages(visitor: Visitor) -> None:
    links = ["/blog/", "/blog/a", "/docs/a", "/docs/b.html"]
    with serving({"/": html("Start", links), **{link: html(link) for link in links}}) as site:
        assert visitor.paths(site, exclude=("/blog/", "*.html")) == ["/", "/docs/a"]
        assert "/blog/" not in site.paths()
        with pytest.raises(PatternError):
            visitor.paths(site, exclude=("!",))


def test_the_pages_are_the_same_in_whatever_order_links_stand(visitor: Visitor) -> None:
    links = [f"/{n}" for n in range(30)]
    pages = {link: html(f"Page {int(link[1:]) % 10}", links[:3]) for link in links}
    with serving({"/": html("Start", links), **pages}) as site:
        before = visitor.paths(site)
        site.pages["/"] = html("Start", reversed(links))
        assert visitor.paths(site) == before


def test_a_site_within_another_is_a_part_of_it() -> None:
    places = site_places(
        ["https://h/docs/", "HTTPS://H:443/docs/", "https://h/docs/a.html", "https://g/"], [b"https://h/", b"/docs"]
    )
    assert places == [
        SitePlace("https://h/docs/", "https://h/"),
        SitePlace("https://h/docs/a.html", "https://h/"),
        SitePlace("https://g/", "https://g/"),
    ]


@pytest.mark.parametrize("address", ["https://", "https://user:word@h/", "http://h:port/"])
def test_an_address_that_is_none_is_refused(address: str) -> None:
    with pytest.raises(AddressError, match="no address of a page"):
        site_places([address], [])


def test_a_host_that_is_none_is_refused(visitor: Visitor) -> None:
    with serving({}) as site, pytest.raises(AddressError, match="no name of a host"):
        visitor.source(site, also_hosts=("a b:c",))
