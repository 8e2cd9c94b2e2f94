"""What a page says to programs that go through a site."""

import random
import time

import pytest

from askdex.corpus.readers.html.hints import page_hints
from askdex.corpus.sources.site.hints import (
    Hints,
    forbids_following,
    forbids_indexing,
    header_canonical,
    header_directives,
)

PAGE = """<!doctype html><html><head>
<base href="/base/"><link rel="icon" href="i.png"><link rel="alternate canonical" href="/own">
<meta name="robots" content="noindex, NoFollow"><meta name="AskDex" content="noarchive"><meta name="googlebot" content="none">
<meta http-equiv="refresh" content="5; url='/next'"></head>
<body><a href="a">a</a><a>b</a><a href="">c</a><a href="d" rel="nofollow">d</a><map><area href="e"></map><a href="a">again</a>
<frame src="f"></body></html>"""


def test_a_page_says_where_it_leads_and_what_it_does_not_want() -> None:
    assert page_hints(PAGE) == Hints(
        links=("/next", "a", "e"), canonical="/own", base="/base/", directives=frozenset({"noindex", "nofollow", "noarchive"})
    )


def test_the_frames_of_a_page_are_followed() -> None:
    assert page_hints('<frameset><frame src="menu"><frame src="page"></frameset>').links == ("menu", "page")


@pytest.mark.parametrize(
    "page", ["", " ", "<", "<a", "<a href", "<a href=", "<meta name=robots>", "\0", "\ud800", "<base><link>"]
)
def test_a_page_that_is_none_says_nothing(page: str) -> None:
    assert page_hints(page).canonical == ""


def test_hostile_pages_take_no_time() -> None:
    pages = [
        "<div>" * 200_000,
        "<a href=" * 200_000,
        "<a " + "b=c " * 200_000 + ">",
        "<a href=x>" * 2_000_000,
        "<!--" * 500_000,
    ]
    started = time.process_time()
    hints = [page_hints(page) for page in pages]
    # Of the processor, which other programs take nothing of.
    assert time.process_time() - started < 10
    assert hints[3].links == ("x",)


def test_damaged_pages_end_in_no_error() -> None:
    chance = random.Random(1)
    for _ in range(300):
        signs = list(PAGE)
        for _ in range(chance.randint(1, 40)):
            signs[chance.randrange(len(signs))] = chance.choice("<>\"'=/ \0a\ud800é")
        assert isinstance(page_hints("".join(signs)), Hints)


@pytest.mark.parametrize(
    ("value", "directives"),
    [
        ("", {""}),
        ("noindex", {"noindex"}),
        ("NoIndex , nofollow", {"noindex", "nofollow"}),
        ("otherbot: noindex", set()),
        ("askdex: noindex, nofollow", {"noindex", "nofollow"}),
        ("otherbot: noindex, askdex: nofollow", {"nofollow"}),
        ("unavailable_after: 25 Jun 2030 15:00:00 GMT, noindex", {"unavailable_after: 25 jun 2030 15:00:00 gmt", "noindex"}),
    ],
)
def test_a_header_says_what_a_page_does_not_want(value: str, directives: set[str]) -> None:
    assert header_directives(value) == directives


def test_none_is_neither() -> None:
    assert forbids_indexing(frozenset({"none"}))
    assert forbids_following(frozenset({"none"}))
    assert not forbids_indexing(frozenset({"nofollow"}))
    assert not forbids_following(frozenset({"noindex"}))


@pytest.mark.parametrize(
    ("value", "address"),
    [
        ("", ""),
        ('<https://h/a>; rel="canonical"', "https://h/a"),
        ("</b>; rel=next, </a>; rel=canonical", "/a"),
        ('</a>; title="canonical"', ""),
        ('</a>; type="text/html"; rel="canonical"', "/a"),
    ],
)
def test_a_header_names_the_own_address(value: str, address: str) -> None:
    assert header_canonical({"link": value}) == address
